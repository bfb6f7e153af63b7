"""The Hessian as a compressed sparse matrix, written block by block."""

from __future__ import annotations

from typing import Any, NamedTuple


class MatrixView(NamedTuple):
    """What the matrix of one glass is made of, and where it is written."""

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
