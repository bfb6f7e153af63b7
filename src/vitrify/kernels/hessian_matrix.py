"""The Hessian as a compressed sparse matrix, written block by block."""

from __future__ import annotations


def fill_matrix(start, target, r, tension, stiffness, diagonal, row_start, column, value):
    """Blocks −k_ij = −2 φ_s 1 − 4 φ_ss r⊗r, and the diagonal block in its place among them; columns ascend in each row.

    start, target: pairs of each particle, by ascending target. Fills row_start (3n + 1), column and value (9 (p + n)). Each
    product is made once and written twice, so that the matrix is symmetric to the last bit."""
    row_start[0] = 0
    for i in range(len(start) - 1):
        width = 3 * (start[i + 1] - start[i] + 1)
        base = 9 * (start[i] + i)
        at, placed = base, False
        for a in range(3):
            row_start[3 * i + a + 1] = base + (a + 1) * width
        for p in range(start[i], start[i + 1] + 1):
            last = p == start[i + 1]
            if not placed and (last or target[p] > i):
                placed = True
                for a in range(3):
                    for b in range(3):
                        column[at + a * width + b], value[at + a * width + b] = 3 * i + b, diagonal[i, a, b]
                at += 3
            if not last:
                x, y, z = r[p, 0], r[p, 1], r[p, 2]
                t, k = 2.0 * tension[p], 4.0 * stiffness[p]
                xy, xz, yz = -k * (x * y), -k * (x * z), -k * (y * z)
                value[at], value[at + 1], value[at + 2] = -k * (x * x) - t, xy, xz
                value[at + width], value[at + width + 1], value[at + width + 2] = xy, -k * (y * y) - t, yz
                value[at + 2 * width], value[at + 2 * width + 1], value[at + 2 * width + 2] = xz, yz, -k * (z * z) - t
                for a in range(3):
                    for b in range(3):
                        column[at + a * width + b] = 3 * target[p] + b
                at += 3
