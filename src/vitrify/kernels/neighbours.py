"""Full neighbour lists: particles sorted by cell, then one row a particle."""

from __future__ import annotations

from numba import float32, int32, int64, uint32, uint64

from .forces import INDEX_BITS

PAD = 8  # a row's length is a multiple of it: eight doubles are one AVX-512 vector


def sort_by_cell(first, last, n_cells, ticks, order, cell_start, cell_of):
    """Counting sort of one sample's particles by cell of a cube of n_cells³: fills order (the particle that comes k-th),
    cell_start (n_cells³ + 1) and, as scratch, cell_of. Indices run within the sample."""
    shift = uint64(32)  # the top 32 bits of a tick times n_cells, without overflow
    for c in range(n_cells * n_cells * n_cells + 1):
        cell_start[c] = 0
    for i in range(first, last):
        cx = ((uint64(ticks[i, 0]) >> shift) * uint64(n_cells)) >> shift
        cy = ((uint64(ticks[i, 1]) >> shift) * uint64(n_cells)) >> shift
        cz = ((uint64(ticks[i, 2]) >> shift) * uint64(n_cells)) >> shift
        cell = int64((cx * uint64(n_cells) + cy) * uint64(n_cells) + cz)
        cell_of[i - first] = cell
        cell_start[cell + 1] += 1
    for c in range(n_cells * n_cells * n_cells):
        cell_start[c + 1] += cell_start[c]
    for i in range(last - first):
        order[cell_start[cell_of[i]]] = i
        cell_start[cell_of[i]] += 1
    for c in range(n_cells * n_cells * n_cells, 0, -1):
        cell_start[c] = cell_start[c - 1]
    cell_start[0] = 0


def list_neighbours(
    first,
    n_cells,
    ticks,
    species,
    reach2,
    tick_length,
    cell_start,
    near,
    near_xyz,
    near2,
    neighbours,
    counts,
):
    """Rows of all particles of one sample that stand sorted by cell; returns the longest row. Unless that fits the
    room of a row the list is not valid.

    n_cells: at most box / range, so that the 27 cells around hold all neighbours. Half-sized cells were slower: they hold
    fewer candidates, but gathering from 125 of them costs more. reach2: (cutoff λ_ij + skin)² by species, float32; near
    (2, n) uint32, near_xyz (3, n) int32, near2 (n,) float32: scratch. Distances in single precision from the upper halves
    of the ticks: the skin forgives it, and twice as many fit a vector."""
    width = neighbours.shape[1]
    longest = uint64(0)
    side = min(3, n_cells)
    scale = float32(tick_length * 4294967296.0)
    half = int64(32)
    bits = uint32(INDEX_BITS)
    entries, kept = near[0], near[1]
    xs, ys, zs = near_xyz[0], near_xyz[1], near_xyz[2]
    for home in range(n_cells * n_cells * n_cells):
        if cell_start[home] == cell_start[home + 1]:
            continue
        cx, cy, cz = home // (n_cells * n_cells), home // n_cells % n_cells, home % n_cells
        itself_at = uint64(0)
        found = uint64(0)  # candidates of this cell: the particles of all cells in reach
        for a in range(side * side * side):
            bx = cx - 1 + a // 9 if side == 3 else a // (side * side)
            by = cy - 1 + a // 3 % 3 if side == 3 else a // side % side
            bz = cz - 1 + a % 3 if side == 3 else a % side
            bx += n_cells if bx < 0 else (-n_cells if bx >= n_cells else 0)
            by += n_cells if by < 0 else (-n_cells if by >= n_cells else 0)
            bz += n_cells if bz < 0 else (-n_cells if bz >= n_cells else 0)
            cell = (bx * n_cells + by) * n_cells + bz
            if cell == home:
                itself_at = found
            for j in range(first + cell_start[cell], first + cell_start[cell + 1]):
                entries[found] = uint32(j) | (uint32(species[j]) << bits)
                xs[found] = int32(ticks[j, 0] >> half)
                ys[found] = int32(ticks[j, 1] >> half)
                zs[found] = int32(ticks[j, 2] >> half)
                found += uint64(1)
        for i in range(first + cell_start[home], first + cell_start[home + 1]):
            x, y, z = int32(ticks[i, 0] >> half), int32(ticks[i, 1] >> half), int32(ticks[i, 2] >> half)
            limits = reach2[species[i]]
            for k in range(found):
                dx = float32(int32(x - xs[k])) * scale
                dy = float32(int32(y - ys[k])) * scale
                dz = float32(int32(z - zs[k])) * scale
                near2[k] = dx * dx + dy * dy + dz * dz - limits[uint64(entries[k] >> bits)]
            itself = uint32(i) | (uint32(species[i]) << bits)
            near2[itself_at] = float32(1.0)
            itself_at += uint64(1)
            count = uint64(0)
            for k in range(found):
                kept[count] = entries[k]  # written always, kept only when inside: no branch to guess
                count += uint64(near2[k] < float32(0.0))
            longest = max(longest, count)
            if count <= uint64(width):
                row = neighbours[i]
                padded = (count + uint64(PAD - 1)) // uint64(PAD) * uint64(PAD)
                for k in range(count):
                    row[k] = kept[k]
                for k in range(count, padded):
                    row[k] = itself
                counts[i] = padded
    return longest
