"""Forces on one particle: a gather over its row of the full list, so each particle writes only its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numba import uint32, uint64

from vitrify.backends.vectors import Vectors

INDEX_BITS = 28  # a neighbour's species stands above its index
INDEX_MASK = 2**INDEX_BITS - 1
MOST_KINDS = 16  # that fit above an index


class PairForm(NamedTuple):
    """The features of a mixture and its cell that are compiled into the sums over pairs; those it lacks cost nothing."""

    n_species: int = 1
    energies: bool = False  # ε_ij are not all 1
    cutoffs: bool = False  # pairs have cutoffs of their own
    sizes: bool = False  # particles have sizes of their own, and no species
    cell: bool = False  # the cell is no cube


def slope_of(radial: Any) -> Callable[..., float]:
    """φ_u alone, out of φ and its derivatives; the others are never computed."""

    def slope(u, numbers):
        return radial(u, numbers)[1]

    return slope


def forces_of(slope_at: Any, vectors: Vectors, vector: Any, form: PairForm) -> Callable[..., None]:
    """Body: f_i = −2 Σ_j ε_ij φ_s (x_i − x_j) with φ_s = φ_u/λ². Rows are padded with the particle itself (u = 0).

    pair: a PairView. vector: of a difference in ticks where the cell is no cube; in cubes lengths stay in ticks inside the
    loop. `stage` is the thread's scratch memory for the displacements of one row."""
    mask, bits = uint32(INDEX_MASK), uint32(INDEX_BITS)
    fetch, fetched = vectors.fetch, vectors.fetched
    n_species, scaled, cut, sized, tilted = form
    second, many, listed = min(1, n_species - 1), n_species > 2, n_species <= MOST_KINDS

    def body(i, s, pair, stage, force):
        ticks, numbers, cutoff2 = pair.ticks, pair.numbers, pair.cutoff2
        x, y, z = ticks[i, 0], ticks[i, 1], ticks[i, 2]
        row, count = pair.neighbours[i], uint64(pair.counts[i])
        mine = pair.species[i]
        weight = pair.inverse_length2[mine]
        scale = 1.0 if tilted else pair.tick_length[s]
        scale2 = scale * scale
        if tilted:
            h = pair.h[s]
        w_first, w_second = weight[0] * scale2, weight[second] * scale2
        energies = pair.energies[mine]
        e_first, e_second = energies[0], energies[second]
        size = pair.sizes[i, 3]
        fetch(ticks, row, count, mask, x, y, z, stage)
        fx = fy = fz = 0.0
        for k in range(count):
            entry = row[k]
            dx, dy, dz = fetched(stage, k, ticks, uint64(entry & mask), x, y, z)  # unsigned: no test for a negative index
            if tilted:
                dx, dy, dz = vector(dx, dy, dz, h)
            kind = entry >> bits
            w = w_first if kind == uint32(0) else w_second  # chosen, not looked up: a gather less
            e = e_first if kind == uint32(0) else e_second
            if many:
                other = uint64(kind) if listed else uint64(pair.species[uint64(entry & mask)])
                w = weight[other] * scale2
                e = energies[other]
            if sized:
                theirs = pair.sizes[uint64(entry & mask), 3]
                length = 0.5 * (size + theirs) * (1.0 - pair.nonadditivity * abs(size - theirs))
                w = scale2 / (length * length)
            u = (dx * dx + dy * dy + dz * dz) * w
            if cut:
                other = uint64(kind) if listed else uint64(pair.species[uint64(entry & mask)])
                cutoff2 = pair.cutoffs2[mine, other]
                slope = slope_at(u, pair.coefficients[mine, other]) * w
            else:
                slope = slope_at(u, numbers) * w
            slope = slope if (u < cutoff2) & (u > 0.0) else 0.0  # a mask, not a branch: the loop stays vector code
            if scaled:
                slope *= e
            fx += slope * dx
            fy += slope * dy
            fz += slope * dz
        unit = -2.0 / scale
        force[i, 0] = unit * fx
        force[i, 1] = unit * fy
        force[i, 2] = unit * fz

    return body


def pair_force_of(radial: Any, vector: Any, form: PairForm) -> Callable[..., None]:
    """Body: Σ_j |ε_ij φ'| of one particle and the number of its interacting neighbours, φ' = 2 r φ_u/λ².

    vector: of a difference in ticks."""
    mask, bits = uint32(INDEX_MASK), uint32(INDEX_BITS)
    n_species, scaled, cut, sized, _ = form
    listed = n_species <= MOST_KINDS

    def body(i, s, pair, total, number):
        ticks, numbers, cutoff2 = pair.ticks, pair.numbers, pair.cutoff2
        row, mine = pair.neighbours[i], pair.species[i]
        weight, h = pair.inverse_length2[mine], pair.h[s]
        forces = met = 0.0
        for k in range(uint64(pair.counts[i])):
            entry = row[k]
            j = uint64(entry & mask)
            other = (uint64(entry >> bits) if listed else uint64(pair.species[j])) if n_species > 1 else uint64(0)
            w = weight[other]
            if sized:
                size, theirs = pair.sizes[i, 3], pair.sizes[j, 3]
                length = 0.5 * (size + theirs) * (1.0 - pair.nonadditivity * abs(size - theirs))
                w = 1.0 / (length * length)
            dx, dy, dz = vector(
                float(ticks[i, 0] - ticks[j, 0]), float(ticks[i, 1] - ticks[j, 1]), float(ticks[i, 2] - ticks[j, 2]), h
            )
            r2 = dx * dx + dy * dy + dz * dz
            if cut:
                cutoff2 = pair.cutoffs2[mine, other]
            if 0.0 < r2 * w < cutoff2:
                slope = radial(r2 * w, pair.coefficients[mine, other])[1] if cut else radial(r2 * w, numbers)[1]
                if scaled:
                    slope *= pair.energies[mine, other]
                forces += abs(2.0 * slope) * w * r2**0.5
                met += 1.0
        total[i] = forces
        number[i] = met

    return body


def pair_terms_of(radial: Any) -> Any:
    """Fill terms (5, n_pairs) with φ, φ_s, φ_ss, φ_sss, φ_ssss at squared distance s (n_pairs,); u = s/λ²."""

    def pair_terms(squared, inverse_length2, numbers, terms):
        for p in range(len(squared)):
            w = inverse_length2[p]
            phi, d1, d2, d3, d4 = radial(squared[p] * w, numbers)
            terms[0, p] = phi
            terms[1, p] = d1 * w
            terms[2, p] = d2 * w * w
            terms[3, p] = d3 * w * w * w
            terms[4, p] = d4 * w * w * w * w

    return pair_terms
