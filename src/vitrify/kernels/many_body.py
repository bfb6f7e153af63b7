"""Sums over the surroundings of particles, for models whose energy is Σ_i F(m_i) beside its pairs (models/many_body.py).

A force takes two sweeps over the list: the moments of all particles and the slopes ∂F/∂m that follow, then the pull of each
bond, which is that of the energies at both of its ends. Statics take the derivatives of the energy by its bonds, ∂U/∂r of
each directed bond r of the full list, as series along a displacement: its part of U is F of the particle that it begins at.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, NamedTuple

from numba import literal_unroll, uint32, uint64
from numba.np.unsafe.ndarray import to_fixed_tuple

from vitrify.backends.vectors import FETCHED

from .forces import INDEX_BITS, INDEX_MASK

OWN = ("moment", "joined", "nothing", "energy", "slopes", "pull")  # functions of a ManyBody


class BondsView(NamedTuple):
    """Directed bonds in compressed rows, and their derivatives along a displacement."""

    start: Any  # (n + 1,) int64
    r: Any  # (p, 3)
    species: Any  # (n,) int64, of particles
    theirs: Any  # (p,) int64, of the far ends
    numbers: Any
    delta: Any  # (p, 3) relative displacement of each bond
    energy: Any  # (n,) F
    gradient: Any  # (4, p, 3) coefficients of the series of ∂U/∂r


class BlocksView(NamedTuple):
    """Blocks of M from the bonds, in rows that hold whoever shares a surrounding."""

    start: Any  # (n + 1,) of the bonds
    target: Any  # (p,)
    r: Any  # (p, 3)
    tension: Any  # (p,) of their pairs, as kernels.hessian.Springs has it
    stiffness: Any
    species: Any  # (n,)
    theirs: Any  # (p,)
    numbers: Any
    row_start: Any  # (n + 1,) of the blocks
    column: Any  # (b,) ascending in each row; none is the row's own
    block: Any  # (b, 9) −M_ij, row by row


class Bodies(NamedTuple):
    """The functions of a ManyBody, inlined, and what is made of them."""

    radial: Any
    located: Any  # None: where no table is looked into
    of_located: Any  # radial of what is located; else radial itself
    moment: Any
    joined: Any
    nothing: Any
    energy: Any
    slopes: Any
    pull: Any
    load: Any
    store: Any
    turned: Any  # (radial) -> that at the far end, of a symmetric one itself; None: where radial must be asked again
    along: Any  # None: where pulls have any direction


def load_of(n: int) -> Callable[..., Any]:
    """The moments of particle i, a tuple, of an array (particles, n)."""

    def load(array, i):
        return to_fixed_tuple(array[i], n)  # type: ignore[call-arg]  # an intrinsic, whose first argument the compiler gives

    return load


def radial_of(located: Any, radial: Any) -> Callable[..., Any]:
    """radial of s, where it is given what is located there."""

    def of_squared(s, mine, theirs, numbers):
        return radial(located(s, 1.0 / sqrt(s), mine, theirs, numbers), mine, theirs, numbers)

    return of_squared


def store(array, i, values):
    """array[i] = values."""
    k = 0
    for value in literal_unroll(values):
        array[i, k] = value
        k += 1  # noqa: SIM113  # a tuple of several types is unrolled by the compiler, which has no enumerate for it


# --- forces of particles on their way ------------------------------------------------------------------------------------


class Near(NamedTuple):
    """How a sweep goes over a row: `gather` (i, s, pair, stage) -> how many entries to look at, and `bond` (k, i, s, pair,
    stage) -> the k-th of them and its vector."""

    gather: Any
    bond: Any


def gather_of(vector: Any, fetch: Any) -> Callable[..., Any]:
    """Part: the vectors and entries of a row that are within the cutoff, into `stage`, and their number: what follows has
    no branch to foresee, and takes two thirds of the time."""
    mask = uint32(INDEX_MASK)

    def gather(i, s, pair, stage):
        ticks, row, h, cutoff2, found = pair.ticks, pair.neighbours[i], pair.h[s], pair.cutoff2, uint64(0)
        count = uint64(pair.counts[i])
        fetch(ticks, row, count, mask, ticks[i, 0], ticks[i, 1], ticks[i, 2], stage)
        for k in range(count):
            x, y, z = vector(-stage[0, k], -stage[1, k], -stage[2, k], h)
            squared = x * x + y * y + z * z
            stage[0, found], stage[1, found], stage[2, found] = x, y, z
            stage[3, found] = float(row[k])
            found += uint64((squared > 0.0) & (squared < cutoff2))
        return found

    return gather


def gathered(k, i, s, pair, stage):
    """Part: a bond that was gathered."""
    return uint32(stage[3, k]), stage[0, k], stage[1, k], stage[2, k]


def gather_none(i, s, pair, stage):
    """Part: the number of entries of a row, all of which are looked at."""
    return uint64(pair.counts[i])


def listed_of(vector: Any) -> Callable[..., Any]:
    """Part: a bond of a row, or what may be one."""
    mask = uint32(INDEX_MASK)

    def listed(k, i, s, pair, stage):
        ticks, entry = pair.ticks, pair.neighbours[i, k]
        j = uint64(entry & mask)
        x, y, z = vector(
            float(ticks[j, 0] - ticks[i, 0]), float(ticks[j, 1] - ticks[i, 1]), float(ticks[j, 2] - ticks[i, 2]), pair.h[s]
        )
        return entry, x, y, z

    return listed


def slopes_of(bodies: Bodies, near: Near) -> Callable[..., None]:
    """Particle: ∂F/∂m of its moments, into pair.moments."""
    bits = uint32(INDEX_BITS)
    gather, bond = near
    radial, moment, joined, nothing = bodies.radial, bodies.moment, bodies.joined, bodies.nothing
    slopes, store = bodies.slopes, bodies.store

    def body(i, s, pair, stage):
        numbers, mine = pair.numbers, pair.species[i]
        total = nothing(0.0)
        for k in range(gather(i, s, pair, stage)):
            entry, x, y, z = bond(k, i, s, pair, stage)
            squared = x * x + y * y + z * z
            if 0.0 < squared < pair.cutoff2:
                theirs = entry >> bits
                total = joined(total, moment(radial(squared, mine, theirs, numbers), x, y, z))
        store(pair.moments, i, slopes(total, mine, numbers))

    return body


def pulls_of(bodies: Bodies, slope_at: Any, near: Near) -> Callable[..., Any]:
    """Part: Σ_j of what each bond of a particle pulls with, and Σ |the same| with their number. slope_at: φ_u of pairs."""
    mask, bits = uint32(INDEX_MASK), uint32(INDEX_BITS)
    gather, bond = near
    radial, pull, load, turned = bodies.radial, bodies.pull, bodies.load, bodies.turned

    def pulls(i, s, pair, stage):
        numbers, mine = pair.numbers, pair.species[i]
        here = load(pair.moments, i)
        fx = fy = fz = size = met = 0.0
        for k in range(gather(i, s, pair, stage)):
            entry, x, y, z = bond(k, i, s, pair, stage)
            j = uint64(entry & mask)
            squared = x * x + y * y + z * z
            if 0.0 < squared < pair.cutoff2:
                theirs = entry >> bits
                forth = radial(squared, mine, theirs, numbers)
                back = radial(squared, theirs, mine, numbers) if turned is None else turned(forth)
                own, other = pull(forth, x, y, z, here), pull(back, -x, -y, -z, load(pair.moments, j))
                slope = 2.0 * slope_at(squared, numbers)
                gx = slope * x + (own[0] - other[0])
                gy = slope * y + (own[1] - other[1])
                gz = slope * z + (own[2] - other[2])
                fx, fy, fz = fx + gx, fy + gy, fz + gz
                size += (gx * gx + gy * gy + gz * gz) ** 0.5
                met += 1.0
        return fx, fy, fz, size, met

    return pulls


def force_of(pulls: Any) -> Callable[..., None]:
    """Body: the force on one particle; called as forces.forces_of."""

    def body(i, s, pair, stage, force):
        force[i, 0], force[i, 1], force[i, 2], _, _ = pulls(i, s, pair, stage)

    return body


def bond_force_of(pulls: Any) -> Callable[..., None]:
    """Body: Σ |force of a bond| of one particle and their number; called as forces.pair_force_of."""

    def body(i, s, pair, total, number):
        _, _, _, total[i], number[i] = pulls(i, s, pair, None)

    return body


# Where pulls lie along the bonds (ManyBody.along), a bond r of particle i to j pulls with (a F'_i + a' F'_j + b) r, F' of
# the first moment. The first sweep computes a, a' and b, and keeps a F'_i + b and a': the second needs no function of r.
# One thread that goes through a sample in order needs each bond once, at the end that comes first: it adds to the sums of
# those that come later, which are whole when their turn comes. Threads that share out a sample look at all bonds of each.


class Sums(NamedTuple):
    """How a sweep goes through a sample whose sums are cleared: `row` (i, pair) -> the entries to look at, their number,
    and where the kept bonds of particle i begin; `add` (moments, j, its) and `push` (force, j, x, y, z) to the far end of a
    bond."""

    row: Any
    add: Any
    push: Any


def sums_of_both(bodies: Bodies) -> Sums:
    """At both ends of a bond, which is met once: one thread, in the order of the particles. All that it reads and keeps
    then stands side by side, so that a processor fetches it in time."""
    load, store, joined = bodies.load, bodies.store, bodies.joined

    def add(moments, j, its):
        store(moments, j, joined(load(moments, j), its))

    return Sums(_later, add, _push)


def sums_of_one() -> Sums:
    """At the particle whose turn it is: any number of threads."""
    return Sums(_all, _add_to_nobody, _push_nobody)


def _later(i, pair):
    begin = uint64(pair.kept.later_begin[i])
    return pair.kept.later[begin:], uint64(pair.kept.later_counts[i]), begin


def _all(i, pair):
    return pair.neighbours[i], uint64(pair.counts[i]), uint64(i * pair.neighbours.shape[1])


def _add_to_nobody(moments, j, its):
    pass


def _push(force, j, x, y, z):
    force[j, 0] += x
    force[j, 1] += y
    force[j, 2] += z


def _push_nobody(force, j, x, y, z):
    pass


def list_later(first, last, neighbours, counts, kept):
    """Those in the row of each particle that come later than it, side by side, in whole vectors, into kept.later."""
    mask, later, end = uint32(INDEX_MASK), kept.later, first * neighbours.shape[1]
    for i in range(first, last):
        begin = end
        for k in range(counts[i]):
            later[end] = neighbours[i, k]
            end += (neighbours[i, k] & mask) > i
        while (end - begin) % FETCHED:
            later[end] = i
            end += 1
        kept.later_begin[i], kept.later_counts[i] = begin, end - begin


def moments_cleared(i, s, view, scratch):
    """Particle: the moments to which others add."""
    for m in range(view.pair.moments.shape[1]):
        view.pair.moments[i, m] = 0.0


def force_cleared(i, s, view, scratch):
    """Particle: the force to which others add."""
    view.force[i, 0] = view.force[i, 1] = view.force[i, 2] = 0.0


def keeping_slopes_of(bodies: Bodies, slope_at: Any, vector: Any, fetch: Any, sums: Sums) -> Callable[..., None]:
    """Particle: what slopes_of leaves, and pair.kept. slope_at: φ_u of pairs.

    Each loop does one thing: the first and the third are vector code, and the last one knows where to read before it
    begins. With roots and places in it, a processor waits for these at each bond, which takes 1.5 times as long."""
    located, radial, moment, joined = bodies.located, bodies.of_located, bodies.moment, bodies.joined
    slopes, store, turned, along = bodies.slopes, bodies.store, bodies.turned, bodies.along
    load, row_of, add = bodies.load, sums.row, sums.add
    mask, bits, whole = uint32(INDEX_MASK), uint32(INDEX_BITS), uint64(FETCHED)

    def body(i, s, pair, stage):
        ticks, h, cutoff2, numbers, mine = pair.ticks, pair.h[s], pair.cutoff2, pair.numbers, pair.species[i]
        (row, count, place), found = row_of(i, pair), uint64(0)
        near, here, there = pair.kept.near[place:], pair.kept.here[place:], pair.kept.there[place:]
        fetch(ticks, row, count, mask, ticks[i, 0], ticks[i, 1], ticks[i, 2], stage)
        for k in range(count):
            x, y, z = vector(stage[0, k], stage[1, k], stage[2, k], h)
            stage[3, k] = x * x + y * y + z * z
        for k in range(count):  # within the cutoff, without a branch to foresee
            squared = stage[3, k]
            stage[3, found], near[found] = squared, row[k]
            found += uint64((squared > 0.0) & (squared < cutoff2))
        if located is not None:
            for k in range(found):
                stage[0, k] = 1.0 / sqrt(stage[3, k])
            for k in range(found):
                stage[0, k], stage[1, k], stage[2, k] = located(stage[3, k], stage[0, k], mine, near[k] >> bits, numbers)
        total = load(pair.moments, i)  # those that came before have added to it
        for k in range(found):
            if located is None:
                forth = radial(stage[3, k], mine, near[k] >> bits, numbers)
            else:
                forth = radial((stage[0, k], stage[1, k], stage[2, k]), mine, near[k] >> bits, numbers)
            turn = turned(forth)
            total = joined(total, moment(forth, 0.0, 0.0, 0.0))
            add(pair.moments, uint64(near[k] & mask), moment(turn, 0.0, 0.0, 0.0))
            (a, b), (back, of_back) = along(forth), along(turn)
            stage[1, k], stage[2, k], there[k] = a, b + of_back + 2.0 * slope_at(stage[3, k], numbers), back
        ended = slopes(total, mine, numbers)
        store(pair.moments, i, ended)
        for k in range(found):
            here[k] = stage[1, k] * ended[0] + stage[2, k]
        last = (found + whole - uint64(1)) // whole * whole
        for k in range(found, last):
            near[k], here[k], there[k] = uint32(i), 0.0, 0.0
        pair.kept.counts[i] = last

    return body


def kept_force_of(vector: Any, fetch: Any, sums: Sums) -> Callable[..., None]:
    """Body: the force on one particle of what keeping_slopes_of has kept; called as forces.forces_of."""
    mask = uint32(INDEX_MASK)
    row_of, push = sums.row, sums.push

    def body(i, s, pair, stage, force):
        ticks, h, moments = pair.ticks, pair.h[s], pair.moments
        _, _, place = row_of(i, pair)
        near, here, there = pair.kept.near[place:], pair.kept.here[place:], pair.kept.there[place:]
        count = uint64(pair.kept.counts[i])
        fetch(ticks, near, count, mask, ticks[i, 0], ticks[i, 1], ticks[i, 2], stage)
        fx = fy = fz = 0.0
        for k in range(count):
            x, y, z = vector(stage[0, k], stage[1, k], stage[2, k], h)
            pull = here[k] + there[k] * moments[uint64(near[k] & mask), 0]
            x, y, z = pull * x, pull * y, pull * z
            stage[0, k], stage[1, k], stage[2, k] = x, y, z
            fx, fy, fz = fx + x, fy + y, fz + z
        for k in range(count):
            push(force, uint64(near[k] & mask), stage[0, k], stage[1, k], stage[2, k])
        force[i, 0], force[i, 1], force[i, 2] = force[i, 0] - fx, force[i, 1] - fy, force[i, 2] - fz

    return body


# --- derivatives of a configuration --------------------------------------------------------------------------------------


def gradients_of(bodies: Bodies, path: Any, coefficient: Any) -> Callable[..., None]:
    """Fill the energy of each particle and the series of ∂U/∂r of each bond r + t δ."""
    radial, moment, joined, nothing = bodies.radial, bodies.moment, bodies.joined, bodies.nothing
    energy, slopes, pull = bodies.energy, bodies.slopes, bodies.pull

    def gradients(view):
        start, r, delta, numbers, theirs = view.start, view.r, view.delta, view.numbers, view.theirs
        for i in range(len(start) - 1):
            mine = view.species[i]
            zero = path(0.0, 0.0, 0.0)
            total = nothing(zero)
            for p in range(start[i], start[i + 1]):
                x, y, z = path(r[p, 0], delta[p, 0], 0.0), path(r[p, 1], delta[p, 1], 0.0), path(r[p, 2], delta[p, 2], 0.0)
                total = joined(total, moment(radial(x * x + y * y + z * z, mine, theirs[p], numbers), x, y, z))
            view.energy[i] = coefficient(energy(total, mine, numbers), 0)
            own = slopes(total, mine, numbers)
            for p in range(start[i], start[i + 1]):
                x, y, z = path(r[p, 0], delta[p, 0], 0.0), path(r[p, 1], delta[p, 1], 0.0), path(r[p, 2], delta[p, 2], 0.0)
                found = pull(radial(x * x + y * y + z * z, mine, theirs[p], numbers), x, y, z, own)
                for d in range(3):
                    view.gradient[0, p, d] = coefficient(found[d], 0)
                    view.gradient[1, p, d] = coefficient(found[d], 1)
                    view.gradient[2, p, d] = coefficient(found[d], 2)
                    view.gradient[3, p, d] = coefficient(found[d], 3)

    return gradients


def shared(start, target, row_start, column, mark):
    """The number of blocks in each row: of all who share a surrounding with its particle. Filled into `column`, unsorted,
    where that is long enough; row_start must then hold where rows begin. mark: (n,) of −1."""
    n = len(start) - 1
    for i in range(n):
        number = 0
        mark[i] = i
        for p in range(start[i], start[i + 1]):
            centre = target[p]
            for at in range(start[centre] - 1, start[centre + 1]):
                j = centre if at < start[centre] else target[at]
                if mark[j] != i:
                    mark[j] = i
                    if len(column):
                        column[row_start[i] + number] = j
                    number += 1
        if not len(column):
            row_start[i + 1] = row_start[i] + number


def place_of(column, first, last, j):
    """Part: where j stands between first and last, in which it is."""
    while last - first > 1:
        middle = (first + last) // 2
        if column[middle] <= j:
            first = middle
        else:
            last = middle
    return first


def blocks_of(bodies: Bodies, line: Any, coefficient: Any, place_of: Any, block_of_pair: Any) -> Callable[..., None]:
    """Add −M of all pairs and surroundings to its blocks. Second derivatives of F by the bonds of a surrounding are the
    first-order series of its pulls along each component of each bond."""
    radial, moment, joined, nothing = bodies.radial, bodies.moment, bodies.joined, bodies.nothing
    slopes, pull = bodies.slopes, bodies.pull

    def blocks(view):
        start, target, r, numbers, theirs = view.start, view.target, view.r, view.numbers, view.theirs
        row_start, column, block = view.row_start, view.column, view.block
        for i in range(len(start) - 1):
            mine, first, last = view.species[i], start[i], start[i + 1]
            for p in range(first, last):
                j = target[p]
                if i != j:
                    k = place_of(column, row_start[i], row_start[i + 1], j)
                    pair = block_of_pair(view.tension[p], view.stiffness[p], (r[p, 0], r[p, 1], r[p, 2]))
                    xx, yy, zz, xy, xz, yz = pair
                    for place, value in enumerate((xx, xy, xz, xy, yy, yz, xz, yz, zz)):
                        block[k, place] += value
            for q in range(first, last):
                rest = nothing(0.0)  # moments of the bonds that stand still
                for p in range(first, last):
                    if p != q:
                        x, y, z = r[p, 0], r[p, 1], r[p, 2]
                        rest = joined(rest, moment(radial(x * x + y * y + z * z, mine, theirs[p], numbers), x, y, z))
                to_q = place_of(column, row_start[i], row_start[i + 1], target[q])
                for c in range(3):
                    dx = line(r[q, 0], 1.0 if c == 0 else 0.0, 0.0)
                    dy = line(r[q, 1], 1.0 if c == 1 else 0.0, 0.0)
                    dz = line(r[q, 2], 1.0 if c == 2 else 0.0, 0.0)
                    moving = radial(dx * dx + dy * dy + dz * dz, mine, theirs[q], numbers)
                    own = slopes(joined(rest, moment(moving, dx, dy, dz)), mine, numbers)
                    for p in range(first, last):
                        if p == q:
                            found = pull(moving, dx, dy, dz, own)
                        else:
                            x, y, z = r[p, 0], r[p, 1], r[p, 2]
                            still = radial(x * x + y * y + z * z, mine, theirs[p], numbers)
                            found = pull(still, x, y, z, own)
                        j, k = target[p], target[q]
                        hx, hy, hz = coefficient(found[0], 1), coefficient(found[1], 1), coefficient(found[2], 1)
                        if k != i:
                            block[to_q, c] += hx
                            block[to_q, 3 + c] += hy
                            block[to_q, 6 + c] += hz
                        if j != i:
                            at = place_of(column, row_start[j], row_start[j + 1], i)
                            block[at, c] += hx
                            block[at, 3 + c] += hy
                            block[at, 6 + c] += hz
                        if j != k:
                            at = place_of(column, row_start[j], row_start[j + 1], k)
                            block[at, c] -= hx
                            block[at, 3 + c] -= hy
                            block[at, 6 + c] -= hz

    return blocks
