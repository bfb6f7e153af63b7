"""The Hessian as a compressed sparse matrix, written row by row."""

from __future__ import annotations


def fill_matrix(start, target, r, tension, stiffness, diagonal, row_start, column, value):
    """Blocks −k_ij = −2 φ_s 1 − 4 φ_ss r⊗r, and the diagonal block in its place among them; columns ascend in each row.

    start, target: pairs of each particle, by ascending target. Fills row_start (3n + 1), column and value (9 (p + n))."""
    at = 0
    row_start[0] = 0
    for i in range(len(start) - 1):
        for a in range(3):
            placed = False
            for p in range(start[i], start[i + 1]):
                j = target[p]
                if j > i and not placed:
                    placed = True
                    for b in range(3):
                        column[at + b], value[at + b] = 3 * i + b, diagonal[i, a, b]
                    at += 3
                for b in range(3):
                    along = 4.0 * stiffness[p] * (r[p, a] * r[p, b])  # this product first: symmetric to the last bit
                    column[at + b], value[at + b] = 3 * j + b, -along - (2.0 * tension[p] if a == b else 0.0)
                at += 3
            if not placed:
                for b in range(3):
                    column[at + b], value[at + b] = 3 * i + b, diagonal[i, a, b]
                at += 3
            row_start[3 * i + a + 1] = at
