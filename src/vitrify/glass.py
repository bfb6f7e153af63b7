"""A glass: positions in a periodic cube, species, the model they belong to, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from vitrify.errors import UsageError, check
from vitrify.model import LEAST_DENSITY, Model

Provenance = dict[str, str | int | float]
OVERLAP = 1e-6  # in λ(small, small): nearer than this two particles are one, written twice
LARGEST_BOX = 1e6  # in λ, 10^18 particles; its volume must still be a number
SPARSEST = LEAST_DENSITY * (1.0 - 1e-9)  # a box made for the least density may be a rounding error larger
FARTHEST = 1e6  # of a coordinate, in boxes; beyond it the digits that tell where in the box a particle is begin to fail


@dataclass(frozen=True, slots=True, eq=False)
class Glass:
    """Particles in a periodic cube. Lengths in λ(small, small).

    positions: (n, 3), taken into [0, box); species: (n,) index into the mixture. Raises UsageError for what cannot be a
    configuration of the model: positions that are no numbers, coincide or are millions of boxes away; unknown species; a
    box below twice the cutoff or nearly empty."""

    positions: NDArray[np.float64]
    box: float  # edge
    species: NDArray[np.int8]
    model: Model
    provenance: Provenance = field(default_factory=dict)

    def __post_init__(self) -> None:
        positions = np.asarray(self.positions, dtype=np.float64)
        species = np.asarray(self.species, dtype=np.int8)
        shape_fits = positions.ndim == 2 and positions.shape[1:] == (3,) and len(positions) > 0
        check(shape_fits, "glass", "shape of positions", positions.shape, "(n, 3)")
        check(
            species.shape == (len(positions),),
            "glass",
            "shape of species",
            species.shape,
            f"({len(positions)},)",
        )
        check(np.isfinite(self.box) and self.box > 0, "glass", "box", self.box, "a positive length")
        _require_finite(positions)
        _require_known_species(species, self.model)
        _require_room(self.box, self.model)
        _require_dense(self.box, len(positions))
        _require_near(positions, self.box)
        wrapped = positions - self.box * np.floor(positions / self.box)
        wrapped[wrapped >= self.box] = 0.0
        _require_apart(wrapped, self.box)
        object.__setattr__(self, "positions", wrapped)
        object.__setattr__(self, "species", species)
        object.__setattr__(self, "box", float(self.box))

    @property
    def n_particles(self) -> int:
        return len(self.positions)

    @property
    def volume(self) -> float:
        """V in λ³."""
        return self.box**3

    @property
    def density(self) -> float:
        """ρ = N/V in λ⁻³."""
        return self.n_particles / self.volume

    @property
    def spacing(self) -> float:
        """a0 = (V/N)^(1/3) in λ."""
        return float(self.density ** (-1.0 / 3.0))

    def with_positions(self, positions: NDArray[np.float64]) -> Glass:
        """The same glass with its particles elsewhere."""
        return replace(self, positions=positions)

    @classmethod
    def read(cls, path: Any, model: Model | None = None, species: dict[str, str] | None = None) -> Glass:
        """A glass from a file, by its suffix: extended xyz. model: what the particles are, unless the file says so;
        species: names in the file → names in the mixture, where they differ. Raises UsageError."""
        from vitrify.formats import read_glass  # formats stand after glass; only this door looks ahead

        return read_glass(path, model, species)

    def write(self, path: Any) -> None:
        """Write to a file, by its suffix: .xyz or .extxyz (17 digits), .data or .lammps, .gsd. Raises UsageError."""
        from vitrify.formats import write_glass

        write_glass(self, path)


def _require_finite(positions: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(positions).all(axis=1))
    if len(bad):
        raise UsageError(f"position of particle {bad[0]} is not a finite number ({len(bad)} such in all)")


def _require_known_species(species: NDArray[np.int8], model: Model) -> None:
    known = model.mixture.n_species
    bad = np.flatnonzero((species < 0) | (species >= known))
    if len(bad):
        raise UsageError(f"species of particle {bad[0]} is {species[bad[0]]}, must be 0 to {known - 1} for {model}")


def _require_room(box: float, model: Model) -> None:
    if box < 2.0 * model.cutoff:
        raise UsageError(f"box is {box:.6g}, must be at least twice the cutoff of {model}, {2.0 * model.cutoff:.6g}")


def _require_dense(box: float, n_particles: int) -> None:
    if box > LARGEST_BOX:
        raise UsageError(f"box is {box:g}, must be at most {LARGEST_BOX:g}")
    if n_particles < SPARSEST * box**3:
        raise UsageError(f"density is {n_particles / box**3:.3g}, must be at least {LEAST_DENSITY:g}")


def _require_near(positions: NDArray[np.float64], box: float) -> None:
    far = np.flatnonzero(np.abs(positions).max(axis=1) > FARTHEST * box)
    if len(far):
        raise UsageError(f"position of particle {far[0]} is more than {FARTHEST:g} boxes away ({len(far)} such in all)")


def _require_apart(positions: NDArray[np.float64], box: float) -> None:
    # one file may hold a particle 20,000 times, which are 2e8 pairs: the cells refuse that before pairs are listed
    pairs = _in_one_cell(positions) or cKDTree(positions, boxsize=np.full(3, box)).query_pairs(OVERLAP)
    if pairs:
        i, j = min(pairs)
        raise UsageError(f"particles {i} and {j} overlap: they are closer than {OVERLAP:g}")


def _in_one_cell(positions: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs that share a cube whose diagonal is below OVERLAP, at most one a particle."""
    cell = np.floor(positions * (2.0 / OVERLAP)).T
    order = np.lexsort(cell)
    same = np.flatnonzero((np.diff(cell[:, order]) == 0.0).all(axis=0))
    return list(zip(order[same].tolist(), order[same + 1].tolist(), strict=True))
