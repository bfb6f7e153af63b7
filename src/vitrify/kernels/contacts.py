"""The pairs within the range of their species out of a longer list, with the vector of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .forces import INDEX_MASK


def vector_in_cube(dx, dy, dz, h):
    """The vector of a difference in ticks. h: (6,) xx, yy, zz, xy, xz, yz of the cell's upper triangular matrix, a tick
    each; in a cube the first stands for the diagonal, and the rest is zero."""
    return dx * h[0], dy * h[0], dz * h[0]


def vector_in_cell(dx, dy, dz, h):
    """The vector of a difference in ticks in a cell of any shape; see vector_in_cube."""
    return h[0] * dx + h[3] * dy + h[4] * dz, h[1] * dy + h[5] * dz, h[2] * dz


def count_of(vector: Any) -> Callable[..., None]:
    """number[i]: listed neighbours of i closer than the range of their species."""

    def count(first, last, ticks, species, neighbours, counts, range2, h, number):
        for i in range(first, last):
            found = 0
            for k in range(counts[i]):
                j = neighbours[i, k] & INDEX_MASK
                x, y, z = vector(
                    float(ticks[j, 0] - ticks[i, 0]), float(ticks[j, 1] - ticks[i, 1]), float(ticks[j, 2] - ticks[i, 2]), h
                )
                found += (x * x + y * y + z * z < range2[species[i], species[j]]) & (i != j)
            number[i] = found

    return count


def fill_of(vector: Any) -> Callable[..., None]:
    """Rows of a compressed full list: target[start[i] ...] is j, r the vector from i to j. found[i]: pairs of i, of which
    no more are kept than its row holds: a pair at its range to the last bit is one for either of these kernels alone."""

    def fill(first, last, ticks, species, neighbours, counts, range2, h, start, target, r, found):
        for i in range(first, last):
            p = start[i]
            for k in range(counts[i]):
                j = neighbours[i, k] & INDEX_MASK
                x, y, z = vector(
                    float(ticks[j, 0] - ticks[i, 0]), float(ticks[j, 1] - ticks[i, 1]), float(ticks[j, 2] - ticks[i, 2]), h
                )
                if (x * x + y * y + z * z < range2[species[i], species[j]]) & (i != j):
                    if p < start[i + 1]:
                        target[p] = j
                        r[p, 0], r[p, 1], r[p, 2] = x, y, z
                    p += 1
            found[i] = p - start[i]

    return fill
