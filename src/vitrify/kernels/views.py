"""Arrays that go together, under names: what a body takes instead of a row of positional arguments.

A NamedTuple of arrays costs a kernel nothing: its fields are arguments like any others, on a CPU and on a GPU."""

from __future__ import annotations

from typing import Any, NamedTuple


class PairView(NamedTuple):
    """What the forces of pairs are made of, over the particles of all samples."""

    ticks: Any  # (n, 4) int64: positions in units of L/2^64
    neighbours: Any  # (n, width) uint32: the full list, species above the index
    counts: Any  # (n,) int64: the lengths of its rows, whole vectors
    species: Any  # (n,) int64
    inverse_length2: Any  # (species, species): 1/λ_ij²
    numbers: Any  # coefficients of the potential
    cutoff2: float  # u = r²/λ² where it ends
    tick_length: Any  # (samples,): L/2^64
    energies: Any  # (species, species): ε_ij
    cutoffs2: Any  # (species, species): u where the potential of a pair ends, where pairs have their own
    coefficients: Any  # (species, species, k): `numbers` of each pair, where pairs have their own cutoffs
    sizes: Any  # (n, 4) float64: the records of `ticks` read as doubles, of which the last is the particle's size
    nonadditivity: float  # n_a of the mixing rule of sizes
