"""Arrays that go together, under names: what a body takes instead of a row of positional arguments.

A NamedTuple of arrays costs a kernel nothing: its fields are arguments like any others, on a CPU and on a GPU."""

from __future__ import annotations

from typing import Any, NamedTuple


class PairView(NamedTuple):
    """The arrays that the forces of pairs are computed from, over the particles of all samples."""

    ticks: Any  # (n, 4) int64: positions in units of L/2^64
    neighbours: Any  # (n, width) uint32: the full list, species above the index
    counts: Any  # (n,) int64: the lengths of its rows, whole vectors
    species: Any  # (n,) int64
    inverse_length2: Any  # (species, species): 1/λ_ij²
    numbers: Any  # coefficients of the potential
    cutoff2: float  # u = r²/λ² where it ends
    tick_length: Any  # (samples,): L/2^64 of cubes
    h: Any  # (samples, 6) xx, yy, zz, xy, xz, yz of the cell's upper triangular h, a tick each
    energies: Any  # (species, species): ε_ij
    cutoffs2: Any  # (species, species): u where the potential of a pair ends, where pairs have their own
    coefficients: Any  # (species, species, k): `numbers` of each pair, where pairs have their own cutoffs
    sizes: Any  # (n, 4) float64: the records of `ticks` read as doubles, of which the last is the particle's size
    nonadditivity: float  # n_a of the mixing rule of sizes
    single_numbers: Any  # `numbers` as float32, for forces of single precision
    moments: Any  # (n, m) ∂F/∂m of each particle's surrounding, of models with an energy beyond pairs; else (1, 1)
    kept: Any  # Kept


class Kept(NamedTuple):
    """What the first of two sweeps over the surroundings keeps of the bonds within the cutoff; see ManyBody.along. Of other
    models one of each.

    Bonds of a particle stand side by side in whole vectors. Where threads share out a sample, those of particle i begin at
    i · width; where one thread has it all, at its later_begin."""

    near: Any  # (n · width,) uint32: the far ends, entries of the list
    here: Any  # (n · width,) what times r is the pull of the pair and of the energy here
    there: Any  # (n · width,) what times the slope at the far end and r is that of the energy there
    counts: Any  # (n,) int64: how many each particle has
    later: Any  # (n · width,) uint32: of the list those that come later than their particle, behind each other
    later_begin: Any  # (n,) int64: where those of each particle begin
    later_counts: Any  # (n,) int64: and how many they are


class Way(NamedTuple):
    """The places of particles now and when their list was made; four components per particle, the last of them empty."""

    ticks: Any  # (n, 4) int64: those of PairView
    x: Any  # (4 n,) the same, flat: a loop over components is vector code
    anchor: Any  # (n, 4) int64: where the list was made
    travel: Any  # (n, 4) the way up to there, never wrapped
    tick_length: Any  # (samples,): L/2^64 of cubes
    h: Any  # (samples, 6): that of PairView
    inverse_h: Any  # (samples, 6) the entries of h⁻¹ in the same order


class Motion(NamedTuple):
    """Samples in motion: what start, liquid and minimisers take. Flat arrays have four components per particle."""

    layout: Any  # backends.program.Layout
    pair: Any  # PairView
    way: Any  # Way
    force: Any  # (n, 4)
    f: Any  # (4 n,) the same
    velocity: Any  # (4 n,)
    mass: Any  # (4 n,)
    inverse_mass: Any  # (4 n,)
    direction: Any  # (n, 4) of a minimiser: where it goes
    d: Any  # (4 n,) the same
    previous: Any  # (4 n,) and the force at its last turn
    partial: Any  # (chunks, 6) sums of chunks
    state: Any  # (samples, COLUMNS) of kernels/state.py
    bound: Any  # kernels.bonds.BoundView


class Bins(NamedTuple):
    """The bins of one sample; those of a column, which differ along c alone, stand side by side."""

    grid: Any  # (3,) their numbers along a, b and c
    span: Any  # how many the range of a list may cover
    start: Any  # (bins + 1,) the first particle of each, in sorted order


class Candidates(NamedTuple):
    """Particles in the order of their bins, as candidates for neighbours."""

    upper: Any  # (3, n) int32: the upper halves of their ticks
    limit: Any  # (kinds, n) float32: squared range of the list with each kind; below zero for what fills up a vector
    entries: Any  # (n,) uint32: the particle's index, its kind above


class Rows(NamedTuple):
    """The full neighbour list, one row per particle."""

    neighbours: Any  # (n, width) uint32: entries
    counts: Any  # (n,) int64: their lengths, whole vectors


class Listing(NamedTuple):
    """The arrays that kernels/listing.py makes lists from, and what moves with a particle when its sample is sorted."""

    layout: Any  # backends.program.Layout
    way: Any  # Way
    ticks: Any  # (n, 4) int64
    species: Any  # (n,)
    kind: Any  # (n,) what the list tells particles apart by
    label: Any  # (n,)
    carried: Any  # (arrays, n, 4): velocity, travel, masses, ...
    spare_ticks: Any  # as these while a sample is sorted
    spare_species: Any
    spare_kind: Any
    spare_label: Any
    spare: Any
    reach2: Any  # (samples, kinds, kinds) float32, in (L/2^32)²
    grid: Any  # (samples, 3) bins along the axes
    span: Any  # (samples,) bins that the range may cover
    shape: Any  # (samples, 6) float32: of cells that are no cubes, as Batch.shape has it
    inside: Any  # (samples, bins) int32: particles in a bin
    bin_start: Any  # (samples, bins + 1)
    bin_of: Any  # (n,)
    anywhere: Any  # (n,) particles by bin, in any order within
    within: Any  # (chunks,) of a chunk's bins or rows
    candidates: Any  # Candidates, as sort_by_bin leaves them
    rows: Any  # Rows
    lengths: Any  # (n,) of the rows
    longest: Any  # (samples,)
