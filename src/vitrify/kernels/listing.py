"""Neighbour lists as lines of programs, one thread per particle: for a GPU, where one sample must keep many threads busy.

The counting sort is parallel within a sample. Only whole numbers are added up by whoever comes first, and places within a
bin go by the particles' own numbers: so what comes out is what neighbours.sort_by_bin makes, however threads run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import int32, int64, uint32, uint64

from .forces import INDEX_BITS, INDEX_MASK
from .views import Bins, Candidates


def bin_along(x, n_bins):
    """The bin of an upper half of ticks along one axis."""
    return int64(((uint64(x) & uint64(0xFFFFFFFF)) * uint64(n_bins)) >> uint64(32))


def settle_of(settle: Any) -> Callable[..., None]:
    """Particle: its way goes on from here."""

    def body(i, s, view, scratch):
        settle(i, s, view.way)

    return body


# --- counting sort: chunk k of a sample's K also has its share of the bins, those from k/K to (k + 1)/K ---


def share_of_bins(c, s, view):
    """The bins of a chunk."""
    n_all = view.grid[s, 0] * view.grid[s, 1] * view.grid[s, 2]
    k, chunks = c - view.layout.chunks[s], view.layout.chunks[s + 1] - view.layout.chunks[s]
    return k * n_all // chunks, (k + 1) * n_all // chunks


def clear_of(share_of_bins: Any) -> Callable[..., None]:
    """Chunk: no particle in its bins yet."""

    def clear(c, first, last, s, view):
        begin, end = share_of_bins(c, s, view)
        for home in range(begin, end):
            view.inside[s, home] = 0

    return clear


def count_of(bin_along: Any, tally: Any) -> Callable[..., None]:
    """Particle: its bin, and one more in there."""

    def count(i, s, view, scratch):
        n, half = view.grid[s], int64(32)
        x, y, z = (view.ticks[i, 0] >> half, view.ticks[i, 1] >> half, view.ticks[i, 2] >> half)
        home = (bin_along(x, n[0]) * n[1] + bin_along(y, n[1])) * n[2] + bin_along(z, n[2])
        view.bin_of[i] = home
        tally(view.inside, s, home)

    return count


def sum_bins_of(share_of_bins: Any) -> Callable[..., None]:
    """Chunk: particles in its bins."""

    def sum_bins(c, first, last, s, view):
        begin, end = share_of_bins(c, s, view)
        total = 0
        for home in range(begin, end):
            total += view.inside[s, home]
        view.within[c] = total

    return sum_bins


def scan_chunks(s, view):
    """Sample: particles before the bins of each chunk."""
    before = 0
    for c in range(view.layout.chunks[s], view.layout.chunks[s + 1]):
        here = view.within[c]
        view.within[c] = before
        before += here
    view.bin_start[s, view.grid[s, 0] * view.grid[s, 1] * view.grid[s, 2]] = before


def start_bins_of(share_of_bins: Any) -> Callable[..., None]:
    """Chunk: where its bins start; they are empty again."""

    def start_bins(c, first, last, s, view):
        begin, end = share_of_bins(c, s, view)
        at = view.within[c]
        for home in range(begin, end):
            view.bin_start[s, home] = at
            at += view.inside[s, home]
            view.inside[s, home] = 0

    return start_bins


def fill_of(tally: Any) -> Callable[..., None]:
    """Particle: any free place in its bin."""

    def fill(i, s, view, scratch):
        home = view.bin_of[i]
        place = view.bin_start[s, home] + tally(view.inside, s, home)
        view.anywhere[view.layout.first[s] + place] = i

    return fill


def order(i, s, view, scratch):
    """Particle: its own place in its bin, by its number; it stands there as a candidate."""
    home, first = view.bin_of[i], view.layout.first[s]
    begin, end = view.bin_start[s, home], view.bin_start[s, home + 1]
    place = first + begin
    for k in range(first + begin, first + end):
        place += 1 if view.anywhere[k] < i else 0
    for d in range(3):
        view.candidates.upper[d, place] = int32(view.ticks[i, d] >> int64(32))
    for other in range(view.reach2.shape[1]):
        view.candidates.limit[other, place] = view.reach2[s, other, view.kind[i]]
    view.candidates.entries[place] = uint32(i) | (uint32(view.kind[i]) << uint32(INDEX_BITS))


def take_out(i, s, view, scratch):
    """Particle: what stands at place i of the sorted order, out of where it was."""
    k = int64(view.candidates.entries[i] & uint32(INDEX_MASK))
    for d in range(4):
        view.spare_ticks[i, d] = view.ticks[k, d]
        for a in range(view.carried.shape[0]):
            view.spare[a, i, d] = view.carried[a, k, d]
    view.spare_species[i], view.spare_kind[i], view.spare_label[i] = view.species[k], view.kind[k], view.label[k]


def put_back(i, s, view, scratch):
    """Particle: into place i, where its list is made too."""
    for d in range(4):
        view.ticks[i, d] = view.spare_ticks[i, d]
        view.way.anchor[i, d] = view.spare_ticks[i, d]
        for a in range(view.carried.shape[0]):
            view.carried[a, i, d] = view.spare[a, i, d]
    view.species[i], view.kind[i], view.label[i] = view.spare_species[i], view.spare_kind[i], view.spare_label[i]


# --- rows ----------------------------------------------------------------------------------------------------------------


def row_of(
    bin_along: Any, columns_along: Any, around: Any, run_around: Any, extend_row: Any, end_row: Any
) -> Callable[..., None]:
    """Particle: the row of the candidate that stands at its place."""

    def row(i, s, view, scratch):
        a, b = view.layout.first[s], view.layout.first[s + 1]
        bins = Bins(view.grid[s], view.span[s], view.bin_start[s])
        upper, limit, entries = view.candidates.upper, view.candidates.limit, view.candidates.entries
        candidates = Candidates(upper[:, a:b], limit[:, a:b], entries[a:b])
        here = (upper[0, i], upper[1, i], upper[2, i], entries[i])
        grid = bins.grid
        cx, cy, cz = bin_along(here[0], grid[0]), bin_along(here[1], grid[1]), bin_along(here[2], grid[2])
        count = uint64(0)
        for kx in range(columns_along(0, bins)):
            bx = around(kx, cx, 0, bins)
            for ky in range(columns_along(1, bins)):
                by = around(ky, cy, 1, bins)
                for piece in range(2):
                    begin, end = run_around(piece, bx, by, cz, bins)
                    count = extend_row(here, begin, end, candidates, view.shape[s], view.rows, count)
        end_row(here[3], count, view.rows)
        view.lengths[i] = count

    return row


def longest_of_chunk(c, first, last, s, view):
    """Chunk: its longest row."""
    longest = 0
    for i in range(first, last):
        longest = max(longest, view.lengths[i])
    view.within[c] = longest


def longest_of_sample(s, view):
    """Sample: its longest row."""
    longest = 0
    for c in range(view.layout.chunks[s], view.layout.chunks[s + 1]):
        longest = max(longest, view.within[c])
    view.longest[s] = longest
