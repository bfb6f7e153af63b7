"""Third and fourth derivatives of U along displacements, and what Newton's method needs of them: sums over pairs.

With a = 2 r·δ and b = δ² of a pair's relative displacement δ = z_j − z_i, s(r + tδ) = r² + a t + b t², so that
U''':δ³ = Σ φ_sss a³ + 6 φ_ss a b and U''''::δ⁴ = Σ φ_ssss a⁴ + 12 φ_sss a² b + 12 φ_ss b². terms: (5, p) φ, φ_s ... φ_ssss.
"""

from __future__ import annotations

from typing import Any

from vitrify.backends.eight import all_eight, eight_of, put_eight


def cubic_pull(second, third, fourth, a, b):
    """Parts along r and along δ of a pair's share of U''':zz."""
    return 2.0 * third * (a * a) + 4.0 * second * b, 4.0 * second * a


def quartic_pull(second, third, fourth, a, b):
    """The same of U''''⋮zzz."""
    square = a * a
    return (12.0 * third * b + 2.0 * fourth * square) * a, 12.0 * second * b + 6.0 * third * square


def cubic_slope(second, third, fourth, a, b):
    """Parts r⊗r, r⊗δ + δ⊗r, δ⊗δ and 1 of a pair's block of ∂(U''':zz)/∂z."""
    return 8.0 * third * a, 8.0 * second, 0.0, 4.0 * second * a


def quartic_slope(second, third, fourth, a, b):
    """The same of ∂(U''''⋮zzz)/∂z."""
    square, cross = a * a, 24.0 * third * a
    return 24.0 * third * b + 12.0 * fourth * square, cross, 24.0 * second, 12.0 * second * b + 6.0 * third * square


PULLS = {"cubic": cubic_pull, "quartic": quartic_pull}
SLOPES = {"cubic": cubic_slope, "quartic": quartic_slope}


def both_of(pull: Any) -> Any:
    """M·z and U''':zz or U''''⋮zzz of eight displacements in one sweep over the pairs; all of them (n, 3, 8)."""

    def both(start, target, r, terms, z, linear, force):
        for i in range(z.shape[0]):
            here_x, here_y, here_z = eight_of(z, i, 0), eight_of(z, i, 1), eight_of(z, i, 2)
            lx = ly = lz = fx = fy = fz = all_eight(0.0)
            for p in range(start[i], start[i + 1]):
                j, rx, ry, rz = target[p], r[p, 0], r[p, 1], r[p, 2]
                dx, dy, dz = eight_of(z, j, 0) - here_x, eight_of(z, j, 1) - here_y, eight_of(z, j, 2) - here_z
                a, b = 2.0 * (rx * dx + ry * dy + rz * dz), dx * dx + dy * dy + dz * dz
                along, across = pull(terms[2, p], terms[3, p], terms[4, p], a, b)
                stretch, slide = (2.0 * terms[2, p]) * a, 2.0 * terms[1, p]
                lx, ly, lz = lx - rx * stretch - slide * dx, ly - ry * stretch - slide * dy, lz - rz * stretch - slide * dz
                fx, fy, fz = fx - rx * along - across * dx, fy - ry * along - across * dy, fz - rz * along - across * dz
            put_eight(linear, i, 0, lx)
            put_eight(linear, i, 1, ly)
            put_eight(linear, i, 2, lz)
            put_eight(force, i, 0, fx)
            put_eight(force, i, 1, fy)
            put_eight(force, i, 2, fz)

    return both


def blocks_of(slope: Any) -> Any:
    """block (p, 6) of each pair of M − weight ∂F/∂z at z (n, 3): xx, yy, zz, xy, xz, yz; F = U''':zz or U''''⋮zzz."""

    def blocks(start, target, r, terms, z, weight, block):
        for i in range(z.shape[0]):
            for p in range(start[i], start[i + 1]):
                j, rx, ry, rz = target[p], r[p, 0], r[p, 1], r[p, 2]
                dx, dy, dz = z[j, 0] - z[i, 0], z[j, 1] - z[i, 1], z[j, 2] - z[i, 2]
                a, b = 2.0 * (rx * dx + ry * dy + rz * dz), dx * dx + dy * dy + dz * dz
                rr, rd, dd, one = slope(terms[2, p], terms[3, p], terms[4, p], a, b)
                rr, rd, dd = 4.0 * terms[2, p] - weight * rr, -weight * rd, -weight * dd
                one = 2.0 * terms[1, p] - weight * one
                block[p, 0] = rr * rx * rx + 2.0 * rd * rx * dx + dd * dx * dx + one
                block[p, 1] = rr * ry * ry + 2.0 * rd * ry * dy + dd * dy * dy + one
                block[p, 2] = rr * rz * rz + 2.0 * rd * rz * dz + dd * dz * dz + one
                block[p, 3] = rr * rx * ry + rd * (rx * dy + ry * dx) + dd * dx * dy
                block[p, 4] = rr * rx * rz + rd * (rx * dz + rz * dx) + dd * dx * dz
                block[p, 5] = rr * ry * rz + rd * (ry * dz + rz * dy) + dd * dy * dz

    return blocks


def newton(start, target, block, inverse, mode, normal, b, tolerance, max_steps, x, rest, z, d, jd):
    """Conjugate gradients for J x = b among the displacements x·normal = 0; J from its pairs' blocks, b·mode = 0.

    Projections are oblique: v − mode (normal·v) of displacements, f − normal (mode·f) of forces, mode·normal = 1. inverse:
    of M's diagonal blocks, (n, 3, 3). Stops when |b − J x| has fallen to `tolerance` of |b|, at a direction of negative
    curvature, or after max_steps. Returns steps, negative where curvature was."""
    n, size, along = b.shape[0], 0.0, 0.0
    for i in range(n):
        for c in range(3):
            x[i, c], rest[i, c] = 0.0, b[i, c]
            z[i, c] = inverse[i, c, 0] * b[i, 0] + inverse[i, c, 1] * b[i, 1] + inverse[i, c, 2] * b[i, 2]
            size += b[i, c] * b[i, c]
            along += normal[i, c] * z[i, c]
    limit, descent = tolerance * tolerance * size, 0.0
    for i in range(n):
        for c in range(3):
            d[i, c] = z[i, c] - along * mode[i, c]
            descent += d[i, c] * rest[i, c]
    for step in range(max_steps):
        curvature = share = 0.0
        for i in range(n):
            fx = fy = fz = 0.0
            for p in range(start[i], start[i + 1]):
                j = target[p]
                dx, dy, dz = d[i, 0] - d[j, 0], d[i, 1] - d[j, 1], d[i, 2] - d[j, 2]
                fx += block[p, 0] * dx + block[p, 3] * dy + block[p, 4] * dz
                fy += block[p, 3] * dx + block[p, 1] * dy + block[p, 5] * dz
                fz += block[p, 4] * dx + block[p, 5] * dy + block[p, 2] * dz
            jd[i, 0], jd[i, 1], jd[i, 2] = fx, fy, fz
            curvature += d[i, 0] * fx + d[i, 1] * fy + d[i, 2] * fz
            share += mode[i, 0] * fx + mode[i, 1] * fy + mode[i, 2] * fz
        if curvature <= 0.0:
            return -step - 1
        far = descent / curvature
        size = along = 0.0
        for i in range(n):
            for c in range(3):
                x[i, c] += far * d[i, c]
                rest[i, c] -= far * (jd[i, c] - share * normal[i, c])
                size += rest[i, c] * rest[i, c]
            for c in range(3):
                z[i, c] = inverse[i, c, 0] * rest[i, 0] + inverse[i, c, 1] * rest[i, 1] + inverse[i, c, 2] * rest[i, 2]
                along += normal[i, c] * z[i, c]
        if size <= limit:
            return step + 1
        new = 0.0
        for i in range(n):
            for c in range(3):
                z[i, c] -= along * mode[i, c]
                new += z[i, c] * rest[i, c]
        turn, descent = new / descent, new
        for i in range(n):
            for c in range(3):
                d[i, c] = z[i, c] + turn * d[i, c]
    return max_steps
