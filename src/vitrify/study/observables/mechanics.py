"""Energy, forces, pressure, stickiness and coordination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vitrify.study.observable import NUMBER, Column, Measured, Observable, register

if TYPE_CHECKING:
    from vitrify.glass import Glass


@register
@dataclass(frozen=True)
class Mechanics(Observable):
    """The quantities that follow from forces and energies alone."""

    name: ClassVar[str] = "mechanics"
    summary: ClassVar[str] = "energy, forces, pressure, stickiness, coordination"
    columns: ClassVar[Mapping[str, Column]] = {
        "energy_per_particle": Column("ε", "U/N"),
        "max_force": Column("ε/λ", "largest force component"),
        "mean_pair_force": Column("ε/λ", "mean |φ'| over pairs"),
        "pressure": Column("ε/λ³", "p"),
        "pressure_positive": Column("ε/λ³", "p₊ of repulsive pairs"),
        "pressure_negative": Column("ε/λ³", "p₋ of attractive pairs"),
        "p_over_p0": Column(NUMBER, "p/(p₊ + p₋)"),
        "stickiness": Column(NUMBER, "s, Eq. (3)"),
        "coordination": Column(NUMBER, "mean number of interacting neighbours"),
        "min_coordination": Column(NUMBER, "smallest number of interacting neighbours"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import mechanics  # numba and SciPy, half a second that only those who measure spend

        return Measured(dict(mechanics(glass)))
