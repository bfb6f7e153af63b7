"""Forces that lead a liquid and the rough part of a quench: single precision from differences of 32-bit integers.

A tick's upper half places a particle to 2^-32 of the box, and the difference of two is exact and the minimum image. What
follows is good to 1e-6 of a force, which is what thermal motion and a first descent ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float32, uint32, uint64

from vitrify.backends.vectors import Vectors

from .forces import INDEX_BITS, INDEX_MASK, MOST_KINDS, PairForm

UPPER = 2.0**32  # ticks in a unit of their upper halves


def leading_forces_of(slope_at: Any, vectors: Vectors, upper_half: Any, form: PairForm) -> Callable[..., None]:
    """Body: forces.forces_of, called as that is, in single precision; the force of a row is then a double.

    form: without cutoffs of pairs, without sizes. slope_at(u, numbers): φ_u of a float32, as a float32. `stage` holds
    displacements of half its numbers' length."""
    mask, bits, whole = uint32(INDEX_MASK), uint32(INDEX_BITS), uint64(2**64 - vectors.lanes)
    fetch, fetched, eight_a_turn = vectors.fetch_single, vectors.fetched_single, vectors.eight_a_turn
    n_species, scaled, none = form.n_species, form.energies, float32(0.0)
    second, many, listed = min(1, n_species - 1), n_species > 2, n_species <= MOST_KINDS

    def body(i, s, pair, stage, force):
        ticks, numbers, cutoff2 = pair.ticks, pair.single_numbers, float32(pair.cutoff2)
        x, y, z = upper_half(ticks[i, 0]), upper_half(ticks[i, 1]), upper_half(ticks[i, 2])
        row = pair.neighbours[i]
        count = uint64(pair.counts[i]) & whole  # which it is: a compiler then knows that no turn is left over
        weight, energies = pair.inverse_length2[pair.species[i]], pair.energies[pair.species[i]]
        scale = pair.tick_length[s] * UPPER
        scale2 = scale * scale
        w_first, w_second = float32(weight[0] * scale2), float32(weight[second] * scale2)
        e_first, e_second = float32(energies[0]), float32(energies[second])
        fetch(ticks, row, count, x, y, z, stage)
        fx = fy = fz = none
        for k in range(count):
            entry = row[k]
            dx, dy, dz = fetched(stage, k, ticks, uint64(entry & mask), x, y, z)
            kind = entry >> bits
            w = w_first if kind == uint32(0) else w_second
            e = e_first if kind == uint32(0) else e_second
            if many:
                other = uint64(kind) if listed else uint64(pair.species[uint64(entry & mask)])
                w, e = float32(weight[other] * scale2), float32(energies[other])
            u = (dx * dx + dy * dy + dz * dz) * w
            slope = slope_at(u, numbers) * w
            slope = slope if (u < cutoff2) & (u > none) else none
            if scaled:
                slope *= e
            fx += slope * dx
            fy += slope * dy
            fz += slope * dz
            eight_a_turn()
        unit = -2.0 / scale
        force[i, 0] = unit * fx
        force[i, 1] = unit * fy
        force[i, 2] = unit * fz

    return body


def single_slope_of(slope: Any, single: Any, as_float32: Any) -> Callable[..., Any]:
    """φ_u of a float32 as a float32, of a function that takes a number of single precision."""

    def slope_at(u, numbers):
        return as_float32(slope(single(u), numbers))

    return slope_at


def table_of(slope_at: Any) -> Callable[..., None]:
    """Kernel: φ_u at each u. u, slopes: (n,) float32."""

    def table(u, numbers, slopes):
        for k in range(len(u)):
            slopes[k] = slope_at(u[k], numbers)

    return table
