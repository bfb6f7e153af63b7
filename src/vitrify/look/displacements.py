"""Modes and soft spots of a glass as displacements of its particles, each with the numbers that a page shows beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.measuring import Found
from vitrify.observables.soft_spots import core_of
from vitrify.statics.modes import participation_ratio

FloatArray = NDArray[np.float64]
# first words of the frames that measuring names
MODE: Final = "mode"
QUASILOCALISED: Final = "quasilocalised"
SOFT_SPOT: Final = "soft spot"
KINDS = {
    QUASILOCALISED: "Softest quasilocalised mode",
    SOFT_SPOT: "Soft spots",
    MODE: "Lowest modes",
}  # in the page's order
MOST_ARROWS = 200  # more of them hide each other
LEAST_ARROW = 0.05  # of the longest arrow: a shorter one cannot be seen


@dataclass(frozen=True, slots=True)
class Displacement:
    """One mode or soft spot."""

    kind: str  # one of KINDS
    number: int  # by rising frequency, from 0
    frequency: float  # ω in √(ε/m)/λ
    participation_ratio: float
    vector: FloatArray  # (n, d), of any length
    core: FloatArray  # (d,) in the cell: mean place of the particles with weights |vector_i|⁴
    size: float  # radius of gyration about the core with the same weights, in λ

    @property
    def name(self) -> str:
        """Its name on the page."""
        if self.kind == QUASILOCALISED:
            return "quasilocalised mode"
        return f"{self.kind} {self.number}"

    @property
    def phrase(self) -> str:
        """Its name within a sentence."""
        return f"the {self.name}" if self.kind == QUASILOCALISED else self.name

    @property
    def label(self) -> str:
        """Its name with its frequency and its participation ratio, within a sentence."""
        return f"{self.phrase} (ω = {self.frequency:.4g}, participation ratio {self.participation_ratio:.3g})"

    @property
    def short(self) -> str:
        """The same, where there is little room."""
        return f"{self.name} (ω = {self.frequency:.4g}, e = {self.participation_ratio:.3g})"

    @property
    def longest(self) -> NDArray[np.int64]:
        """Particles with the largest displacements, the largest first: at most MOST_ARROWS, none that is too short to be
        seen."""
        length = np.linalg.norm(self.vector, axis=1)
        order = np.argsort(-length, kind="stable")[:MOST_ARROWS]
        return np.asarray(order[length[order] > LEAST_ARROW * length[order[0]]])


def displacements_of(glass: Glass, found: Found) -> list[Displacement]:
    """Those that were found, in the order in which a page offers them: the quasilocalised mode, soft spots, modes."""
    every = [_displacement(glass, *frame) for frame in found.frames]
    return [x for kind in KINDS for x in every if x.kind == kind]


def _displacement(glass: Glass, name: str, eigenvalue: float, vector: FloatArray) -> Displacement:
    kind = next(x for x in KINDS if name.startswith(x))
    number = name.removeprefix(kind).strip()
    square = np.einsum("id,id->i", vector, vector)
    core, size = core_of(glass.cell, glass.positions, square**2)
    ratio, frequency = float(participation_ratio(vector)), float(np.sqrt(max(eigenvalue, 0.0)))
    return Displacement(kind, int(number or 0), frequency, ratio, vector, core, size)
