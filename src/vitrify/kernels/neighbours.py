"""Full neighbour lists: candidates sorted by bin, then one row per particle from the columns of bins around it.

A bin is a part of the periodic cell between planes parallel to its faces, in a cube a small cube. `bins`, `candidates` and
`rows` are those of kernels/views.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, uint32, uint64

from vitrify.backends.vectors import KEPT, Vectors

from .forces import INDEX_BITS, INDEX_MASK

PAD = 8  # a row has space for so many more: eight doubles are one AVX-512 vector


def sort_by_bin(first, last, ticks, kind, reach2, bin_of, bins, candidates):
    """Counting sort of one sample's particles by bin, as candidates for neighbours: fills bins.start and candidates.

    reach2: (kinds, kinds) squared range of the list. bin_of: (n,) scratch."""
    grid, bin_start, upper, limit, entries = bins.grid, bins.start, candidates.upper, candidates.limit, candidates.entries
    n_x, n_y, n_z = uint64(grid[0]), uint64(grid[1]), uint64(grid[2])
    n_all = grid[0] * grid[1] * grid[2]
    shift, half, bits = uint64(32), int64(32), uint32(INDEX_BITS)  # the top 32 bits of a tick times bins, no overflow
    for c in range(n_all + 1):
        bin_start[c] = 0
    for i in range(first, last):
        cx = ((uint64(ticks[i, 0]) >> shift) * n_x) >> shift
        cy = ((uint64(ticks[i, 1]) >> shift) * n_y) >> shift
        cz = ((uint64(ticks[i, 2]) >> shift) * n_z) >> shift
        bin_of[i - first] = int64((cx * n_y + cy) * n_z + cz)
    for i in range(last - first):
        bin_start[bin_of[i] + 1] += 1
    for c in range(n_all):
        bin_start[c + 1] += bin_start[c]
    for i in range(first, last):
        k = bin_start[bin_of[i - first]]
        bin_start[bin_of[i - first]] = k + 1
        for d in range(3):
            upper[d, k] = int32(ticks[i, d] >> half)
        for other in range(reach2.shape[0]):
            limit[other, k] = reach2[other, kind[i]]
        entries[k] = uint32(i) | (uint32(kind[i]) << bits)
    for c in range(n_all, 0, -1):
        bin_start[c] = bin_start[c - 1]
    bin_start[0] = 0


def columns_along(axis, bins):
    """The number of columns of bins in reach along a or b."""
    return min(bins.grid[axis], 2 * bins.span + 1)


def around(k, home, axis, bins):
    """The k-th of the bins in reach of one along an axis; all are, where there are no more than twice `span`."""
    n, span = bins.grid[axis], bins.span
    if n > 2 * span:
        k += home - span
        k += n if k < 0 else 0  # a GPU divides 64-bit numbers slowly
        k -= n if k >= n else 0
    return k


def run_around(piece, bx, by, cz, bins):
    """The candidates in reach of a bin (cx, cy, cz) in column (bx, by), first and last, in two pieces: one may be empty."""
    n_y, n_z, span = bins.grid[1], bins.grid[2], bins.span
    start = (bx * n_y + by) * n_z
    if n_z <= 2 * span:
        low, high = 0, n_z if piece == 0 else 0
    else:
        low, high = cz - span, cz + span + 1
        if piece == 0:
            low, high = max(low, 0), min(high, n_z)
        elif low < 0:
            low, high = low + n_z, n_z
        else:
            low, high = 0, max(high - n_z, 0)
    return bins.start[start + low], bins.start[start + high]


def extend_row_of(vectors: Vectors, *, cubic: bool) -> Callable[..., int]:
    """Body: append the candidates of one run to the row of a particle; its new length. What does not
    fit is counted, not written.

    here: x, y, z of the particle, upper halves of its ticks, and its entry. Distances are in single precision: the skin
    forgives it, and twice as many fit a vector. In a cube their unit is L/2^32; in other cells `shape` makes lengths of
    differences: h in the order xx, yy, zz, xy, xz, yz, in units of its own."""
    keep, keep_in_cell = vectors.keep, vectors.keep_in_cell
    mask, bits, ahead = uint32(INDEX_MASK), uint32(INDEX_BITS), uint64(KEPT)

    def extend_row(here, first, last, candidates, shape, rows, count):
        itself = here[3]
        last_place = uint64(rows.neighbours.shape[1]) - ahead  # sixteen are written at a time
        row, limit = rows.neighbours[int64(itself & mask)], candidates.limit[int64(itself >> bits)]
        end = uint64(last)
        for begin in range(uint64(first), end, ahead):
            place = min(count, last_place)
            if cubic:
                kept = keep(here, candidates, limit, begin, end, row, place)
            else:
                kept = keep_in_cell(here, candidates, limit, begin, end, row, place, shape)
            count += kept - place
        return count

    return extend_row


def end_row_of(vectors: Vectors) -> Callable[..., None]:
    """Body: pad the row of `itself` with itself to whole vectors, and set its length."""
    pad, padded = vectors.pad, vectors.lanes > 1
    mask, ahead, full = uint32(INDEX_MASK), uint64(KEPT), uint64(vectors.lanes)

    def end_row(itself, count, rows):
        i = int64(itself & mask)
        if padded:
            pad(rows.neighbours[i], min(count, uint64(rows.neighbours.shape[1]) - ahead), itself)
        rows.counts[i] = (count + full - uint64(1)) // full * full

    return end_row


def collect_of(vectors: Vectors, run_around: Any, around: Any, columns_along: Any) -> Callable[..., int]:
    """The candidates in reach of a bin, side by side in `near`; returns their number. Each serves all particles of the bin
    from aligned vectors: the list costs two thirds of one from the runs themselves."""
    copy, ahead = vectors.copy, uint64(KEPT)

    def collect(home, bins, candidates, near):
        found, (cx, cy, cz) = uint64(0), home
        for kx in range(columns_along(0, bins)):
            bx = around(kx, cx, 0, bins)
            for ky in range(columns_along(1, bins)):
                by = around(ky, cy, 1, bins)
                for piece in range(2):
                    start, end = run_around(piece, bx, by, cz, bins)
                    first, last = uint64(start), uint64(end)
                    for begin in range(first, last, ahead):
                        at = found + begin - first
                        copy(candidates.entries, begin, near.entries, at)
                        for d in range(3):
                            copy(candidates.upper[d], begin, near.upper[d], at)
                        for other in range(candidates.limit.shape[0]):
                            copy(candidates.limit[other], begin, near.limit[other], at)
                    found += last - first
        for other in range(candidates.limit.shape[0]):  # what is left over from other bins is beyond every reach
            for k in range(ahead):
                near.limit[other, found + k] = float32(-1.0)
        return found

    return collect


def list_neighbours_of(collect: Any, extend_row: Any, end_row: Any) -> Any:
    """Rows of all particles whose bins have cx in from_x ... to_x; returns the longest. Unless that fits a row
    (its width less sixteen) the list is not valid. near: scratch for the candidates in reach of a bin."""

    def list_neighbours(from_x, to_x, bins, candidates, shape, near, rows):
        longest, grid, upper, entries = uint64(0), bins.grid, candidates.upper, candidates.entries
        for cx in range(from_x, to_x):
            for cy in range(grid[1]):
                for cz in range(grid[2]):
                    home = (cx * grid[1] + cy) * grid[2] + cz
                    if bins.start[home] < bins.start[home + 1]:
                        found = collect((cx, cy, cz), bins, candidates, near)
                        for k in range(bins.start[home], bins.start[home + 1]):
                            here = (upper[0, k], upper[1, k], upper[2, k], entries[k])
                            count = extend_row(here, uint64(0), found, near, shape, rows, uint64(0))
                            end_row(entries[k], count, rows)
                            longest = max(longest, count)
        return longest

    return list_neighbours
