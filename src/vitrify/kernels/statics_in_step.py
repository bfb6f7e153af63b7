"""Bodies for moduli and modes of many samples in step: one launch does one thing to all of them.

Vectors are (n, 3, w), all samples one after the other. A body is called as body(e, room, ...) where e counts first what it
is for (a particle, a share of particles, or a sample) and then groups of `lanes` of the w columns: eight on a CPU, where
they are one vector, and one on a GPU, where neighbouring threads read neighbouring columns. `room` is (3, lanes), the
thread's own. Sums go from particles to shares to samples in one fixed order, so results depend neither on the batch nor on
the number of threads. What a pair is, stands in hessian_product.py: start, target, r, tension φ_s and stiffness φ_ss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Rows of `state`, (samples, ROWS, w): conjugate gradients between two launches.
SOLVED, RZ, LIMIT, ALPHA, BETA = range(5)
ROWS = 5
GOING, CONVERGED, NEGATIVE = 0.0, 1.0, -1.0  # values of SOLVED
SINGULAR = 1e-12  # determinant of a block over its largest entry cubed


def image_of(lanes: int) -> Callable[..., None]:
    """Part: room ← rows of M x for particle i, columns c0 ... c0 + lanes."""

    def image(i, c0, pairs, x, room):
        start, target, r, tension, stiffness = pairs
        for c in range(lanes):
            room[0, c] = room[1, c] = room[2, c] = 0.0
        for p in range(start[i], start[i + 1]):
            j = target[p]
            t, k = 2.0 * tension[p], 4.0 * stiffness[p]
            rx, ry, rz = r[p, 0], r[p, 1], r[p, 2]
            for c in range(lanes):
                dx = x[i, 0, c0 + c] - x[j, 0, c0 + c]
                dy = x[i, 1, c0 + c] - x[j, 1, c0 + c]
                dz = x[i, 2, c0 + c] - x[j, 2, c0 + c]
                along = k * (rx * dx + ry * dy + rz * dz)
                room[0, c] += t * dx + along * rx
                room[1, c] += t * dy + along * ry
                room[2, c] += t * dz + along * rz

    return image


# --- moduli ----------------------------------------------------------------------------------------------------------


def inverse_block(i, room, pairs, inverse):
    """Particle: the inverse of its block of M, as block_jacobi_cg has it: 1 where nothing interacts."""
    start, _, r, tension, stiffness = pairs
    xx = yy = zz = xy = xz = yz = 0.0
    for p in range(start[i], start[i + 1]):
        t, k = 2.0 * tension[p], 4.0 * stiffness[p]
        x, y, z = r[p, 0], r[p, 1], r[p, 2]
        xx += k * x * x + t
        yy += k * y * y + t
        zz += k * z * z + t
        xy += k * x * y
        xz += k * x * z
        yz += k * y * z
    most = max(abs(xx), abs(yy), abs(zz), abs(xy), abs(xz), abs(yz))
    a, b, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    volume = xx * a + xy * b + xz * c
    if abs(volume) < SINGULAR * most**3 or most == 0.0:
        for d in range(3):
            inverse[i, d, 0] = inverse[i, d, 1] = inverse[i, d, 2] = 0.0
            inverse[i, d, d] = 1.0 / most if most > 0.0 else 1.0
        return
    inverse[i, 0, 0] = a / volume
    inverse[i, 1, 1] = (xx * zz - xz * xz) / volume
    inverse[i, 2, 2] = (xx * yy - xy * xy) / volume
    inverse[i, 0, 1] = inverse[i, 1, 0] = b / volume
    inverse[i, 0, 2] = inverse[i, 2, 0] = c / volume
    inverse[i, 1, 2] = inverse[i, 2, 1] = (xy * xz - xx * yz) / volume


def strain_force_of(lanes: int) -> Callable[..., None]:
    """Particle: Ξ of strain.strain_force, a column a strain, and its halves of ∂U/∂γ and of ∂²U/∂γ²'s Born part.

    strains: (3, 3, w) displacement gradients; half: (n, 2, w)."""

    def body(e, room, pairs, strains, force, half):
        start, _, r, tension, stiffness = pairs
        groups = strains.shape[2] // lanes
        i, c0 = e // groups, e % groups * lanes
        for c in range(c0, c0 + lanes):
            fx = fy = fz = first = second = 0.0
            for p in range(start[i], start[i + 1]):
                t, k = 2.0 * tension[p], 4.0 * stiffness[p]
                x, y, z = r[p, 0], r[p, 1], r[p, 2]
                dx = strains[0, 0, c] * x + strains[0, 1, c] * y + strains[0, 2, c] * z
                dy = strains[1, 0, c] * x + strains[1, 1, c] * y + strains[1, 2, c] * z
                dz = strains[2, 0, c] * x + strains[2, 1, c] * y + strains[2, 2, c] * z
                strained = x * dx + y * dy + z * dz
                tx, ty, tz = t * dx + k * strained * x, t * dy + k * strained * y, t * dz + k * strained * z
                fx -= tx
                fy -= ty
                fz -= tz
                first += t * strained
                second += tx * dx + ty * dy + tz * dz
            force[i, 0, c] += fx
            force[i, 1, c] += fy
            force[i, 2, c] += fz
            half[i, 0, c], half[i, 1, c] = 0.5 * first, 0.5 * second  # every pair is met twice

    return body


# --- conjugate gradients: hessian_product.solve_of, cut where its sums are -------------------------------------------


def multiply_of(lanes: int, image: Any) -> Callable[..., None]:
    """Particle: y ← M x."""

    def body(e, room, busy, sample_of, pairs, x, y):
        groups = x.shape[2] // lanes
        i, c0 = e // groups, e % groups * lanes
        if busy[sample_of[i]] == 1:
            image(i, c0, pairs, x, room)
            for a in range(3):
                for c in range(lanes):
                    y[i, a, c0 + c] = room[a, c]

    return body


def advance(e, room, busy, shares, partial, state):
    """Sample, column: the length of the step along d from d·M·d; where that is not positive the column ends."""
    w = state.shape[2]
    s, c = e // w, e % w
    if busy[s] == 1:
        curvature = 0.0
        for p in range(shares[s], shares[s + 1]):
            curvature += partial[p, 0, c]
        row = state[s]
        if row[SOLVED, c] == GOING and not curvature > 0.0:
            row[SOLVED, c] = NEGATIVE
        row[ALPHA, c] = row[RZ, c] / curvature if row[SOLVED, c] == GOING else 0.0


def step_of(lanes: int) -> Callable[..., None]:
    """Share: x ← x + α d, residual ← residual − α M d; residual·residual and residual·D⁻¹·residual."""

    def body(e, room, busy, parts, inverse, state, d, md, x, residual, partial):
        sample_of_part, begin, end = parts
        groups = x.shape[2] // lanes
        p, c0 = e // groups, e % groups * lanes
        s = sample_of_part[p]
        if busy[s] == 1:
            for c in range(lanes):
                room[0, c] = room[1, c] = 0.0
            for i in range(begin[p], end[p]):
                for c in range(lanes):
                    k, alpha = c0 + c, state[s, ALPHA, c0 + c]
                    for a in range(3):
                        x[i, a, k] += alpha * d[i, a, k]
                    r0 = residual[i, 0, k] - alpha * md[i, 0, k]
                    r1 = residual[i, 1, k] - alpha * md[i, 1, k]
                    r2 = residual[i, 2, k] - alpha * md[i, 2, k]
                    residual[i, 0, k], residual[i, 1, k], residual[i, 2, k] = r0, r1, r2
                    z0 = inverse[i, 0, 0] * r0 + inverse[i, 0, 1] * r1 + inverse[i, 0, 2] * r2
                    z1 = inverse[i, 1, 0] * r0 + inverse[i, 1, 1] * r1 + inverse[i, 1, 2] * r2
                    z2 = inverse[i, 2, 0] * r0 + inverse[i, 2, 1] * r1 + inverse[i, 2, 2] * r2
                    room[0, c] += r0 * r0 + r1 * r1 + r2 * r2
                    room[1, c] += z0 * r0 + z1 * r1 + z2 * r2
            for c in range(lanes):
                partial[p, 0, c0 + c], partial[p, 1, c0 + c] = room[0, c], room[1, c]

    return body


def set_out(e, room, shares, partial, tolerance, state):
    """Sample, column: begin at x = 0, where the residual is the right-hand side; an empty one is solved."""
    w = state.shape[2]
    s, c = e // w, e % w
    square = rz = 0.0
    for p in range(shares[s], shares[s + 1]):
        square += partial[p, 0, c]
        rz += partial[p, 1, c]
    state[s, SOLVED, c] = CONVERGED if square == 0.0 else GOING
    state[s, LIMIT, c] = tolerance * tolerance * square
    state[s, RZ, c], state[s, BETA, c] = rz, 0.0


def judge(e, room, busy, shares, partial, state):
    """Sample, column: has it converged, and if not, how much of d stays."""
    w = state.shape[2]
    s, c = e // w, e % w
    if busy[s] == 1:
        square = rz = 0.0
        for p in range(shares[s], shares[s + 1]):
            square += partial[p, 0, c]
            rz += partial[p, 1, c]
        row = state[s]
        if row[SOLVED, c] == GOING and square <= row[LIMIT, c]:
            row[SOLVED, c] = CONVERGED
        row[BETA, c] = rz / row[RZ, c] if row[SOLVED, c] == GOING else 0.0
        row[RZ, c] = rz


def turn_of(lanes: int) -> Callable[..., None]:
    """Particle: d ← D⁻¹·residual + β d."""

    def body(e, room, busy, sample_of, inverse, state, residual, d):
        groups = d.shape[2] // lanes
        i, c0 = e // groups, e % groups * lanes
        s = sample_of[i]
        if busy[s] == 1:
            for a in range(3):
                for c in range(c0, c0 + lanes):
                    z = (
                        inverse[i, a, 0] * residual[i, 0, c]
                        + inverse[i, a, 1] * residual[i, 1, c]
                        + inverse[i, a, 2] * residual[i, 2, c]
                    )
                    d[i, a, c] = z + state[s, BETA, c] * d[i, a, c]

    return body


# --- sums and their use ----------------------------------------------------------------------------------------------


def products_of(lanes: int) -> Callable[..., None]:
    """Share: column by column x·y. x, y: (n, any, w)."""

    def body(e, room, busy, parts, x, y, partial):
        sample_of_part, begin, end = parts
        groups = x.shape[2] // lanes
        p, c0 = e // groups, e % groups * lanes
        if busy[sample_of_part[p]] == 1:
            for c in range(lanes):
                room[0, c] = 0.0
            for i in range(begin[p], end[p]):
                for a in range(x.shape[1]):
                    for c in range(lanes):
                        room[0, c] += x[i, a, c0 + c] * y[i, a, c0 + c]
            for c in range(lanes):
                partial[p, 0, c0 + c] = room[0, c]

    return body


def sums_of(lanes: int) -> Callable[..., None]:
    """Share: Σ_i x_i, row by row and column by column. x: (n, up to 3, w)."""

    def body(e, room, busy, parts, x, partial):
        sample_of_part, begin, end = parts
        groups = x.shape[2] // lanes
        p, c0 = e // groups, e % groups * lanes
        if busy[sample_of_part[p]] == 1:
            for a in range(x.shape[1]):
                for c in range(lanes):
                    room[a, c] = 0.0
                for i in range(begin[p], end[p]):
                    for c in range(lanes):
                        room[a, c] += x[i, a, c0 + c]
                for c in range(lanes):
                    partial[p, a, c0 + c] = room[a, c]

    return body


def total(e, room, busy, shares, partial, found):
    """Sample, row, column: the sum over its shares. found: (samples, rows, w)."""
    rows, w = found.shape[1], found.shape[2]
    s, a, c = e // (rows * w), e // w % rows, e % w
    if busy[s] == 1:
        sum_ = 0.0
        for p in range(shares[s], shares[s + 1]):
            sum_ += partial[p, a, c]
        found[s, a, c] = sum_


def shift_of(lanes: int) -> Callable[..., None]:
    """Particle: x ← x − Σ/n, free of translations."""

    def body(e, room, busy, sample_of, first, found, x):
        groups = x.shape[2] // lanes
        i, c0 = e // groups, e % groups * lanes
        s = sample_of[i]
        if busy[s] == 1:
            for a in range(3):
                for c in range(c0, c0 + lanes):
                    x[i, a, c] -= found[s, a, c] / (first[s + 1] - first[s])

    return body


def combine_of(lanes: int) -> Callable[..., None]:
    """Particle: y ← gain (y − keep x). gain, keep: (samples, w)."""

    def body(e, room, busy, sample_of, keep, gain, x, y):
        groups = x.shape[2] // lanes
        i, c0 = e // groups, e % groups * lanes
        s = sample_of[i]
        if busy[s] == 1:
            for a in range(3):
                for c in range(c0, c0 + lanes):
                    y[i, a, c] = gain[s, c] * (y[i, a, c] - keep[s, c] * x[i, a, c])

    return body


# --- subspaces -------------------------------------------------------------------------------------------------------


def filter_of(lanes: int, image: Any) -> Callable[..., None]:
    """Particle: step k of the Chebyshev recurrence of chebyshev.step_of, old ← gain (M x − centre x) + keep old.

    plan: (samples, steps, 3) gain, keep and centre; degree: steps that each sample takes."""

    def body(e, room, k, degree, plan, sample_of, pairs, x, old):
        groups = x.shape[2] // lanes
        i, c0 = e // groups, e % groups * lanes
        s = sample_of[i]
        if k < degree[s]:
            image(i, c0, pairs, x, room)
            gain, keep, centre = plan[s, k, 0], plan[s, k, 1], plan[s, k, 2]
            for a in range(3):
                for c in range(lanes):
                    old[i, a, c0 + c] = gain * (room[a, c] - centre * x[i, a, c0 + c]) + keep * old[i, a, c0 + c]

    return body


def overlap_of(lanes: int) -> Callable[..., None]:
    """Share, column l: its entries x_l·x and x_l·y of two matrices. partial: (shares, 2, w, w)."""

    def body(e, room, busy, parts, x, y, partial):
        sample_of_part, begin, end = parts
        w = x.shape[2]
        groups = w // lanes
        p, column, c0 = e // (groups * w), e // groups % w, e % groups * lanes
        if busy[sample_of_part[p]] == 1:
            for c in range(lanes):
                room[0, c] = room[1, c] = 0.0
            for i in range(begin[p], end[p]):
                for a in range(3):
                    left = x[i, a, column]
                    for c in range(lanes):
                        room[0, c] += left * x[i, a, c0 + c]
                        room[1, c] += left * y[i, a, c0 + c]
            for c in range(lanes):
                partial[p, 0, column, c0 + c] = room[0, c]
                partial[p, 1, column, c0 + c] = room[1, c]

    return body


def rotate_of(lanes: int) -> Callable[..., None]:
    """Particle: y ← x R, R (samples, w, w): the unit matrix for a sample that rests."""

    def body(e, room, sample_of, rotation, x, y):
        w = x.shape[2]
        groups = w // lanes
        i, c0 = e // groups, e % groups * lanes
        s = sample_of[i]
        for c in range(lanes):
            room[0, c] = room[1, c] = room[2, c] = 0.0
        for m in range(w):
            for a in range(3):
                for c in range(lanes):
                    room[a, c] += x[i, a, m] * rotation[s, m, c0 + c]
        for a in range(3):
            for c in range(lanes):
                y[i, a, c0 + c] = room[a, c]

    return body


def residual_of(lanes: int) -> Callable[..., None]:
    """Share: |M x − θ x|², column by column. theta: (samples, w)."""

    def body(e, room, busy, parts, theta, x, y, partial):
        sample_of_part, begin, end = parts
        groups = x.shape[2] // lanes
        p, c0 = e // groups, e % groups * lanes
        s = sample_of_part[p]
        if busy[s] == 1:
            for c in range(lanes):
                room[0, c] = 0.0
            for i in range(begin[p], end[p]):
                for a in range(3):
                    for c in range(lanes):
                        rest = y[i, a, c0 + c] - theta[s, c0 + c] * x[i, a, c0 + c]
                        room[0, c] += rest * rest
            for c in range(lanes):
                partial[p, 0, c0 + c] = room[0, c]

    return body
