"""What the turning view of a page draws, as text of JSON: particles, the cell, and an arrow for each large displacement."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass

from .displacements import Displacement

COLOURS = ("#0072B2", "#B07A00", "#009E73", "#CC79A7", "#7F7F7F")  # of species; arrows have one that none of these is
ARROWS = "#C33C00"
MOST_PARTICLES = 12_000  # that a browser turns smoothly, and that keep a page small
STEPS = 65_535  # of a fractional coordinate: a particle is off by at most 1e-5 of the cell
SHORTEST = 1_000  # parts of the longest arrow in which the others are given


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a view draws."""

    glass: Glass
    displacements: Sequence[Displacement]
    drawn: NDArray[np.int64]  # particles, by rising number

    @property
    def is_whole(self) -> bool:
        """Whether all particles are drawn."""
        return len(self.drawn) == self.glass.n_particles

    @property
    def species(self) -> list[tuple[str, int, str]]:
        """Label, number of particles and colour of each species that is there."""
        return species_of(self.glass)

    @property
    def text(self) -> str:
        """The scene as JSON that can stand within an element of HTML."""
        return json.dumps(self._record(), separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")

    def _record(self) -> dict[str, Any]:
        glass = self.glass
        fractions = glass.cell.fractions(glass.positions[self.drawn]) % 1.0
        radii = radii_of(glass)[self.drawn]
        return {
            "dimension": glass.dimension,
            "cell": glass.cell.matrix.tolist(),
            "spacing": round(glass.spacing, 5),
            "colours": COLOURS,
            "arrows": ARROWS,
            "fractions": _packed(np.rint(fractions * STEPS).astype("<u2")),
            "species": _packed(glass.species[self.drawn].astype(np.uint8)),
            "largest": round(float(radii.max()), 5),
            "radii": _packed(np.rint(radii / radii.max() * 255).astype(np.uint8)),
            "displacements": [self._arrows(x) for x in self.displacements],
        }

    def _arrows(self, x: Displacement) -> dict[str, Any]:
        chosen = x.longest
        chosen = chosen[np.isin(chosen, self.drawn)]
        vectors = x.vector[chosen]
        longest = float(np.linalg.norm(x.vector, axis=1).max())
        return {
            "name": x.name,
            "label": x.label,
            "core": np.round(self.glass.cell.fractions(x.core), 5).tolist(),
            "size": round(x.size, 4),
            "particles": np.searchsorted(self.drawn, chosen).tolist(),
            "vectors": np.rint(vectors / longest * SHORTEST).astype(int).ravel().tolist(),
        }


def scene_of(glass: Glass, displacements: Sequence[Displacement]) -> Scene:
    """The view of a glass. Of a glass with more than MOST_PARTICLES particles it has those nearest to the cores, the same
    number for each mode."""
    n = glass.n_particles
    if n <= MOST_PARTICLES:
        return Scene(glass, displacements, np.arange(n))
    cores = [x.core for x in displacements] or [glass.cell.positions(np.full(glass.dimension, 0.5))]
    each = MOST_PARTICLES // len(cores)
    near = [np.argpartition(_squared(glass, core), each)[:each] for core in cores]
    return Scene(glass, displacements, np.unique(np.concatenate(near)))


def radii_of(glass: Glass) -> NDArray[np.float64]:
    """(n,) ½ λ_ii of each particle."""
    if glass.sizes is not None:
        return 0.5 * np.asarray(glass.sizes)
    return 0.5 * np.diag(np.array(glass.model.mixture.lengths))[glass.species]


def species_of(glass: Glass) -> list[tuple[str, int, str]]:
    """Label, number of particles and colour of each species that is there."""
    counts = np.bincount(glass.species, minlength=glass.model.mixture.n_species)
    rows = enumerate(zip(glass.model.mixture.labels, counts.tolist(), strict=True))
    return [(label, n, COLOURS[k % len(COLOURS)]) for k, (label, n) in rows if n]


def _squared(glass: Glass, place: NDArray[np.float64]) -> NDArray[np.float64]:
    away = glass.cell.nearest(glass.positions - place)
    return np.asarray(np.einsum("id,id->i", away, away))


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
