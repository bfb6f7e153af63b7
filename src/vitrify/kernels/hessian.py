"""The Hessian from its pairs: products with columns of vectors, its diagonal blocks, forces of strains, its sparse matrix.

The block of a pair stands once: k_ij = t 1 + k r⊗r with t = 2 φ_s = φ'/r and k = 4 φ_ss, from statics.pairs.Pairs.springs.
Vectors are (n, 3, w), so that columns stand side by side: no gathers, full vectors. Bodies run over columns as
backends/columns.py says."""

from __future__ import annotations

from typing import Any, NamedTuple

from vitrify.backends.lanes import Lanes

SINGULAR = 1e-12  # determinant of a block over its largest entry cubed


class Springs(NamedTuple):
    """The pairs of all samples as M is made of them, in compressed rows: particle i has start[i] ... start[i + 1]."""

    start: Any  # (n + 1,) int64
    target: Any  # (p,) int64: the other end j
    r: Any  # (p, 3): from i to j
    tension: Any  # (p,) t = 2 φ_s = φ'/r
    stiffness: Any  # (p,) k = 4 φ_ss


class Blocks(NamedTuple):
    """M of all samples as rows of blocks, for energies beyond pairs: particle i has start[i] ... start[i + 1]."""

    start: Any  # (n + 1,) int64
    target: Any  # (b,) int64: the other particle j; none is i itself
    block: Any  # (b, 9) −M_ij, row by row


class DiagonalView(NamedTuple):
    """The diagonal blocks of M and their inverses."""

    layout: Any
    springs: Any  # Springs or Blocks
    dimension: Any  # (samples,) int64: 2 or 3
    diagonal: Any  # (n, 3, 3)
    inverse: Any  # (n, 3, 3)


class ProductView(NamedTuple):
    """y ← M x."""

    layout: Any
    width: int
    springs: Any  # Springs or Blocks, here and in all that multiplies
    x: Any  # (n, 3, w)
    y: Any


class StrainView(NamedTuple):
    """The forces of strains, one column per strain."""

    layout: Any
    width: int
    springs: Any  # Springs
    strains: Any  # (3, 3, w) displacement gradients
    force: Any  # (n, 3, w)
    partial: Any  # (chunks, 2, w)
    found: Any  # (samples, 2, w)


def pulled(f, t, k, r, d):
    """f + k_ij δ. Vectors are triples; f and δ may be lanes."""
    along = k * (r[0] * d[0] + r[1] * d[1] + r[2] * d[2])
    return f[0] + t * d[0] + r[0] * along, f[1] + t * d[1] + r[1] * along, f[2] + t * d[2] + r[2] * along


def block_of_pair(t, k, r):
    """k_ij by its entries xx, yy, zz, xy, xz, yz. Products of r come first, so that a block does not depend on its sign."""
    x, y, z = r
    return k * (x * x) + t, k * (y * y) + t, k * (z * z) + t, k * (x * y), k * (x * z), k * (y * z)


def triple_of(lanes: Lanes) -> Any:
    """Part: the three components of x_i in the columns from c."""
    load = lanes.load

    def triple(x, i, c):
        return load(x, i, 0, c), load(x, i, 1, c), load(x, i, 2, c)

    return triple


def put_triple_of(lanes: Lanes) -> Any:
    """Part: x_i ← v in the columns from c."""
    put = lanes.put

    def put_triple(x, i, c, v):
        put(x, i, 0, c, v[0])
        put(x, i, 1, c, v[1])
        put(x, i, 2, c, v[2])

    return put_triple


def product_of(lanes: Lanes, triple: Any, pulled: Any) -> Any:
    """Part: (M x)_i = Σ_j k_ij (x_i − x_j)."""
    splat = lanes.splat

    def product(i, c, springs, x):
        here, zero = triple(x, i, c), splat(0.0)
        f = (zero, zero, zero)
        for p in range(springs.start[i], springs.start[i + 1]):
            there, r = triple(x, springs.target[p], c), (springs.r[p, 0], springs.r[p, 1], springs.r[p, 2])
            d = (here[0] - there[0], here[1] - there[1], here[2] - there[2])
            f = pulled(f, springs.tension[p], springs.stiffness[p], r, d)
        return f

    return product


def product_of_blocks(lanes: Lanes, triple: Any) -> Any:
    """Part: (M x)_i = Σ_j −M_ij (x_i − x_j), as M moves nothing by translations."""
    splat = lanes.splat

    def product(i, c, rows, x):
        here, zero = triple(x, i, c), splat(0.0)
        fx, fy, fz = zero, zero, zero
        for p in range(rows.start[i], rows.start[i + 1]):
            there, b = triple(x, rows.target[p], c), rows.block
            dx, dy, dz = here[0] - there[0], here[1] - there[1], here[2] - there[2]
            fx = fx + b[p, 0] * dx + b[p, 1] * dy + b[p, 2] * dz
            fy = fy + b[p, 3] * dx + b[p, 4] * dy + b[p, 5] * dz
            fz = fz + b[p, 6] * dx + b[p, 7] * dy + b[p, 8] * dz
        return fx, fy, fz

    return product


def multiply_of(product: Any, put_triple: Any) -> Any:
    """Particle: y ← M x."""

    def multiply(i, s, c, view):
        put_triple(view.y, i, c, product(i, c, view.springs, view.x))

    return multiply


def diagonal_of(block_of_pair: Any, inverted: Any) -> Any:
    """Particle: its block Σ_j k_ij of M, and the inverse. Across a plane nothing ever moves: what stands there in two
    dimensions, half of xx + yy, must not spoil inverses and means."""

    def diagonal(i, s, view, scratch):
        springs = view.springs
        xx = yy = zz = xy = xz = yz = 0.0
        for p in range(springs.start[i], springs.start[i + 1]):
            r = (springs.r[p, 0], springs.r[p, 1], springs.r[p, 2])
            block = block_of_pair(springs.tension[p], springs.stiffness[p], r)
            xx, yy, zz = xx + block[0], yy + block[1], zz + block[2]
            xy, xz, yz = xy + block[3], xz + block[4], yz + block[5]
        if view.dimension[s] == 2:
            zz = 0.5 * (xx + yy)
        m = view.diagonal[i]
        m[0, 0], m[1, 1], m[2, 2] = xx, yy, zz
        m[0, 1], m[0, 2], m[1, 2] = xy, xz, yz
        m[1, 0], m[2, 0], m[2, 1] = xy, xz, yz
        inverted(m, view.inverse[i])

    return diagonal


def diagonal_of_blocks(inverted: Any) -> Any:
    """Particle: diagonal_of for rows of blocks."""

    def diagonal(i, s, view, scratch):
        rows, m = view.springs, view.diagonal[i]
        for a in range(3):
            for b in range(a, 3):
                total = 0.0
                for p in range(rows.start[i], rows.start[i + 1]):
                    total += 0.5 * (rows.block[p, 3 * a + b] + rows.block[p, 3 * b + a])
                m[a, b] = m[b, a] = total
        if view.dimension[s] == 2:
            m[2, 2] = 0.5 * (m[0, 0] + m[1, 1])
        inverted(m, view.inverse[i])

    return diagonal


def inverted(m, inverse):
    """Part: the inverse of a symmetric block; of a singular one, and of that of a particle without neighbours, a number."""
    xx, yy, zz, xy, xz, yz = m[0, 0], m[1, 1], m[2, 2], m[0, 1], m[0, 2], m[1, 2]
    most = max(abs(xx), abs(yy), abs(zz), abs(xy), abs(xz), abs(yz))
    a, b, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    volume = xx * a + xy * b + xz * c
    if most == 0.0 or abs(volume) < SINGULAR * most * most * most:
        for d in range(3):
            inverse[d, 0] = inverse[d, 1] = inverse[d, 2] = 0.0
            inverse[d, d] = 1.0 / most if most > 0.0 else 1.0
        return
    inverse[0, 0], inverse[1, 1], inverse[2, 2] = a / volume, (xx * zz - xz * xz) / volume, (xx * yy - xy * xy) / volume
    inverse[0, 1], inverse[0, 2], inverse[1, 2] = b / volume, c / volume, (xy * xz - xx * yz) / volume
    inverse[1, 0], inverse[2, 0], inverse[2, 1] = inverse[0, 1], inverse[0, 2], inverse[1, 2]


def strain_force_of(lanes: Lanes, triple: Any, put_triple: Any, pulled: Any) -> Any:
    """Chunk: force + Ξ, Ξ = ∂²U/∂γ∂x = −Σ_j k_ij δ with δ the affine displacement of a pair; and of ∂U/∂γ, Σ t r·δ, and of
    the strain's quadratic form in the pair stiffnesses, Σ δ·k_ij δ, the part of its particles, half of each pair."""
    put, splat = lanes.put, lanes.splat

    def strain_force(chunk, first, last, s, c, view):
        springs, zero = view.springs, splat(0.0)
        along_x, along_y, along_z = triple(view.strains, 0, c), triple(view.strains, 1, c), triple(view.strains, 2, c)
        slope = born = zero
        for i in range(first, last):
            force = triple(view.force, i, c)
            for p in range(springs.start[i], springs.start[i + 1]):
                t, k, x, y, z = springs.tension[p], springs.stiffness[p], springs.r[p, 0], springs.r[p, 1], springs.r[p, 2]
                dx = x * along_x[0] + y * along_x[1] + z * along_x[2]
                dy = x * along_y[0] + y * along_y[1] + z * along_y[2]
                dz = x * along_z[0] + y * along_z[1] + z * along_z[2]
                f = pulled((zero, zero, zero), t, k, (x, y, z), (dx, dy, dz))
                force = (force[0] - f[0], force[1] - f[1], force[2] - f[2])
                slope = slope + t * (x * dx + y * dy + z * dz)
                born = born + f[0] * dx + f[1] * dy + f[2] * dz
            put_triple(view.force, i, c, force)
        put(view.partial, chunk, 0, c, 0.5 * slope)
        put(view.partial, chunk, 1, c, 0.5 * born)

    return strain_force


# --- the matrix ------------------------------------------------------------------------------------------------------


class MatrixView(NamedTuple):
    """The arrays that the matrix of one glass is made from and written to."""

    springs: Any  # each particle's pairs by ascending target
    diagonal: Any  # (n, 3, 3)
    row_start: Any  # (3n + 1,)
    column: Any  # (9 (p + n),)
    value: Any


def fill_matrix_of(block_of_pair: Any) -> Any:
    """Blocks −k_ij, and the diagonal block in its place among them; columns ascend in each row.

    Each product is made once and written twice, so that the matrix is symmetric to the last bit."""

    def fill_matrix(view):
        springs, column, value = view.springs, view.column, view.value
        start, target = springs.start, springs.target
        view.row_start[0] = 0
        for i in range(len(start) - 1):
            width = 3 * (start[i + 1] - start[i] + 1)
            base = 9 * (start[i] + i)
            at, placed = base, False
            for a in range(3):
                view.row_start[3 * i + a + 1] = base + (a + 1) * width
            for p in range(start[i], start[i + 1] + 1):
                last = p == start[i + 1]
                if not placed and (last or target[p] > i):
                    placed = True
                    for a in range(3):
                        for b in range(3):
                            column[at + a * width + b], value[at + a * width + b] = 3 * i + b, view.diagonal[i, a, b]
                    at += 3
                if not last:
                    r = (springs.r[p, 0], springs.r[p, 1], springs.r[p, 2])
                    xx, yy, zz, xy, xz, yz = block_of_pair(springs.tension[p], springs.stiffness[p], r)
                    value[at], value[at + 1], value[at + 2] = -xx, -xy, -xz
                    value[at + width], value[at + width + 1], value[at + width + 2] = -xy, -yy, -yz
                    value[at + 2 * width], value[at + 2 * width + 1], value[at + 2 * width + 2] = -xz, -yz, -zz
                    for a in range(3):
                        for b in range(3):
                            column[at + a * width + b] = 3 * target[p] + b
                    at += 3

    return fill_matrix
