"""Full neighbour lists: candidates sorted by cell, then one row a particle from the columns of cells around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import int32, int64, uint32, uint64

from vitrify.backends.vectors import KEPT, Vectors

from .forces import INDEX_BITS, INDEX_MASK

PAD = 8  # a row's length is a multiple of it: eight doubles are one AVX-512 vector
MOST_RUNS = 2 * 7 * 7  # pieces of columns in reach of a cell, for a span of 3


def sort_by_cell(first, last, n_cells, ticks, species, reach2, cell_of, cell_start, upper, limit, entries):
    """Counting sort of one sample's particles by cell of a cube of n_cells³, as candidates for neighbours.

    Fills cell_start (n_cells³ + 1) and, in sorted order, upper (3, n): the upper halves of the ticks; limit (n_species, n):
    reach2, in (L/2^32)², of the candidate's species with each other; entries (n,): its index, species above. cell_of (n,)
    is scratch. z runs fastest, so the cells of a column stand side by side."""
    n_all = n_cells * n_cells * n_cells
    shift, half, bits = uint64(32), int64(32), uint32(INDEX_BITS)  # the top 32 bits of a tick times n_cells, no overflow
    for c in range(n_all + 1):
        cell_start[c] = 0
    for i in range(first, last):
        cx = ((uint64(ticks[i, 0]) >> shift) * uint64(n_cells)) >> shift
        cy = ((uint64(ticks[i, 1]) >> shift) * uint64(n_cells)) >> shift
        cz = ((uint64(ticks[i, 2]) >> shift) * uint64(n_cells)) >> shift
        cell = int64((cx * uint64(n_cells) + cy) * uint64(n_cells) + cz)
        cell_of[i - first] = cell
        cell_start[cell + 1] += 1
    for c in range(n_all):
        cell_start[c + 1] += cell_start[c]
    for i in range(first, last):
        k = cell_start[cell_of[i - first]]
        cell_start[cell_of[i - first]] = k + 1
        for d in range(3):
            upper[d, k] = int32(ticks[i, d] >> half)
        for other in range(reach2.shape[0]):
            limit[other, k] = reach2[other, species[i]]
        entries[k] = uint32(i) | (uint32(species[i]) << bits)
    for c in range(n_all, 0, -1):
        cell_start[c] = cell_start[c - 1]
    cell_start[0] = 0


def runs_around(cx, cy, cz, n_cells, span, cell_start, runs):
    """The candidates in reach of a cell: runs[:, 0] ... runs[:, 1], one or two a column; returns their number.

    span: cells that the range may cover; all cells where the box has no more than 2 span of them."""
    all_of_them = n_cells <= 2 * span
    side = n_cells if all_of_them else 2 * span + 1
    n_runs = 0
    for a in range(side * side):
        bx = a // side if all_of_them else (cx - span + a // side + n_cells) % n_cells
        by = a % side if all_of_them else (cy - span + a % side + n_cells) % n_cells
        column = (bx * n_cells + by) * n_cells
        low, high = (0, n_cells) if all_of_them else (cz - span, cz + span + 1)
        runs[n_runs, 0] = cell_start[column + max(low, 0)]
        runs[n_runs, 1] = cell_start[column + min(high, n_cells)]
        n_runs += 1
        if low < 0:
            runs[n_runs, 0], runs[n_runs, 1] = cell_start[column + low + n_cells], cell_start[column + n_cells]
            n_runs += 1
        if high > n_cells:
            runs[n_runs, 0], runs[n_runs, 1] = cell_start[column], cell_start[column + high - n_cells]
            n_runs += 1
    return n_runs


def row_of(vectors: Vectors) -> Callable[..., int]:
    """Body: the row of the particle `itself` (its entry) at the upper halves x, y, z, out of the candidates of all runs,
    padded with itself; returns its length. A longer row than there is room for is counted, not written.

    Distances are in single precision and in units of L/2^32: the skin forgives it, and twice as many fit a vector."""
    keep, pad = vectors.keep, vectors.pad
    mask, bits, ahead, full = uint32(INDEX_MASK), uint32(INDEX_BITS), uint64(KEPT), uint64(PAD)

    def row_of_one(itself, x, y, z, runs, n_runs, upper, limit, entries, neighbours, counts):
        room = uint64(neighbours.shape[1]) - ahead  # sixteen are written at a time
        i = int64(itself & mask)
        row, limits = neighbours[i], limit[int64(itself >> bits)]
        count = uint64(0)
        for r in range(n_runs):
            end = uint64(runs[r, 1])
            for begin in range(uint64(runs[r, 0]), end, ahead):
                place = min(count, room)
                kept = keep(upper[0], upper[1], upper[2], limits, entries, begin, end, x, y, z, itself, row, place)
                count += kept - place
        pad(row, min(count, room), itself)
        counts[i] = (count + full - uint64(1)) // full * full
        return count

    return row_of_one


def collect_of(vectors: Vectors) -> Callable[..., int]:
    """The candidates of all runs, side by side in near_upper, near_limit and near_entries; returns their number. Each then
    serves all particles of a cell from aligned vectors: the list costs half of one from the runs themselves."""
    copy, ahead = vectors.copy, uint64(KEPT)

    def collect(runs, n_runs, upper, limit, entries, near_upper, near_limit, near_entries):
        found = uint64(0)
        for r in range(n_runs):
            first, last = uint64(runs[r, 0]), uint64(runs[r, 1])
            for begin in range(first, last, ahead):
                at = found + begin - first
                copy(entries, begin, near_entries, at)
                for d in range(3):
                    copy(upper[d], begin, near_upper[d], at)
                for other in range(limit.shape[0]):
                    copy(limit[other], begin, near_limit[other], at)
            found += last - first
        return found

    return collect


def list_neighbours_of(runs_around: Any, collect: Any, row_of_one: Any) -> Any:
    """Rows of all particles whose cells have cx in from_x ... to_x; returns the longest. Unless that fits the room of a row
    (its width less sixteen) the list is not valid."""

    def list_neighbours(
        from_x, to_x, n_cells, span, cell_start, upper, limit, entries, runs, near_upper, near_limit, near_entries,
        neighbours, counts,
    ):  # fmt: skip
        longest = uint64(0)
        for cx in range(from_x, to_x):
            for cy in range(n_cells):
                for cz in range(n_cells):
                    home = (cx * n_cells + cy) * n_cells + cz
                    if cell_start[home] < cell_start[home + 1]:
                        n_runs = runs_around(cx, cy, cz, n_cells, span, cell_start, runs)
                        runs[0, 1] = collect(runs, n_runs, upper, limit, entries, near_upper, near_limit, near_entries)
                        runs[0, 0] = 0
                        for k in range(cell_start[home], cell_start[home + 1]):
                            x, y, z = upper[0, k], upper[1, k], upper[2, k]
                            length = row_of_one(
                                entries[k], x, y, z, runs, 1, near_upper, near_limit, near_entries, neighbours, counts
                            )
                            longest = max(longest, length)
        return longest

    return list_neighbours
