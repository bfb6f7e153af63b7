"""Full neighbour lists: candidates sorted by cell, then one row a particle from the columns of cells around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, uint32, uint64

from vitrify.backends.vectors import KEPT, Vectors

from .forces import INDEX_BITS, INDEX_MASK

PAD = 8  # a row's length is a multiple of it: eight doubles are one AVX-512 vector


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
    for i in range(last - first):
        cell_start[cell_of[i] + 1] += 1
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


def pieces(n_cells, span):
    """How many pieces run_around has: two for each column in reach."""
    side = min(n_cells, 2 * span + 1)
    return 2 * side * side


def run_around(q, cx, cy, cz, n_cells, span, cell_start):
    """Piece q of the candidates in reach of a cell, first and last: one or two of a column hold any.

    span: cells that the range may cover; all cells are in reach where the box has no more than 2 span of them."""
    column, piece = q // 2, q % 2
    if n_cells <= 2 * span:
        cell, low, high = column * n_cells, 0, n_cells if piece == 0 else 0
    else:
        side = 2 * span + 1
        bx = (cx - span + column // side + n_cells) % n_cells
        by = (cy - span + column % side + n_cells) % n_cells
        cell = (bx * n_cells + by) * n_cells
        low, high = cz - span, cz + span + 1
        if piece == 0:
            low, high = max(low, 0), min(high, n_cells)
        elif low < 0:
            low, high = low + n_cells, n_cells
        else:
            low, high = 0, max(high - n_cells, 0)
    return cell_start[cell + low], cell_start[cell + high]


def extend_row_of(vectors: Vectors) -> Callable[..., int]:
    """Body: append the candidates of one run to the row of `itself` (an entry) at the upper halves x, y, z; its new length.
    A longer row than there is room for is counted, not written.

    Distances are in single precision and in units of L/2^32: the skin forgives it, and twice as many fit a vector."""
    keep = vectors.keep
    mask, bits, ahead = uint32(INDEX_MASK), uint32(INDEX_BITS), uint64(KEPT)

    def extend_row(itself, x, y, z, first, last, upper, limit, entries, neighbours, count):
        room = uint64(neighbours.shape[1]) - ahead  # sixteen are written at a time
        row, limits = neighbours[int64(itself & mask)], limit[int64(itself >> bits)]
        end = uint64(last)
        for begin in range(uint64(first), end, ahead):
            place = min(count, room)
            kept = keep(upper[0], upper[1], upper[2], limits, entries, begin, end, x, y, z, itself, row, place)
            count += kept - place
        return count

    return extend_row


def end_row_of(vectors: Vectors) -> Callable[..., None]:
    """Body: pad the row of `itself` with itself to whole vectors, and set its length."""
    pad = vectors.pad
    mask, ahead, full = uint32(INDEX_MASK), uint64(KEPT), uint64(PAD)

    def end_row(itself, count, neighbours, counts):
        i = int64(itself & mask)
        pad(neighbours[i], min(count, uint64(neighbours.shape[1]) - ahead), itself)
        counts[i] = (count + full - uint64(1)) // full * full

    return end_row


def collect_of(vectors: Vectors, run_around: Any) -> Callable[..., int]:
    """The candidates of a cell, side by side in near_upper, near_limit and near_entries; returns their number. Each serves
    all particles of the cell from aligned vectors: the list costs two thirds of one from the runs themselves."""
    copy, ahead = vectors.copy, uint64(KEPT)

    def collect(
        n_pieces, cx, cy, cz, n_cells, span, cell_start, upper, limit, entries, near_upper, near_limit, near_entries
    ):
        found = uint64(0)
        for q in range(n_pieces):
            start, end = run_around(q, cx, cy, cz, n_cells, span, cell_start)
            first, last = uint64(start), uint64(end)
            for begin in range(first, last, ahead):
                at = found + begin - first
                copy(entries, begin, near_entries, at)
                for d in range(3):
                    copy(upper[d], begin, near_upper[d], at)
                for other in range(limit.shape[0]):
                    copy(limit[other], begin, near_limit[other], at)
            found += last - first
        for other in range(limit.shape[0]):  # what is left over from other cells is beyond every reach
            for k in range(ahead):
                near_limit[other, found + k] = float32(-1.0)
        return found

    return collect


def list_neighbours_of(collect: Any, extend_row: Any, end_row: Any, pieces: Any) -> Any:
    """Rows of all particles whose cells have cx in from_x ... to_x; returns the longest. Unless that fits the room of a row
    (its width less sixteen) the list is not valid."""

    def list_neighbours(
        from_x, to_x, n_cells, span, cell_start, upper, limit, entries, near_upper, near_limit, near_entries,
        neighbours, counts,
    ):  # fmt: skip
        longest = uint64(0)
        n_pieces = pieces(n_cells, span)
        for cx in range(from_x, to_x):
            for cy in range(n_cells):
                for cz in range(n_cells):
                    home = (cx * n_cells + cy) * n_cells + cz
                    if cell_start[home] < cell_start[home + 1]:
                        found = collect(
                            n_pieces, cx, cy, cz, n_cells, span, cell_start, upper, limit, entries,
                            near_upper, near_limit, near_entries,
                        )  # fmt: skip
                        for k in range(cell_start[home], cell_start[home + 1]):
                            x, y, z = upper[0, k], upper[1, k], upper[2, k]
                            count = extend_row(
                                entries[k], x, y, z, uint64(0), found, near_upper, near_limit, near_entries,
                                neighbours, uint64(0),
                            )  # fmt: skip
                            end_row(entries[k], count, neighbours, counts)
                            longest = max(longest, count)
        return longest

    return list_neighbours
