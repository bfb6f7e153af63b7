"""Radial distribution functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vitrify.study.observable import Measured, Observable, register

if TYPE_CHECKING:
    from vitrify.glass import Glass


@register
@dataclass(frozen=True)
class Structure(Observable):
    """The radial distribution function g(r), which the store keeps as arrays: `x`, and one for each pair of species."""

    name: ClassVar[str] = "structure"
    summary: ClassVar[str] = "radial distribution function g(r) of each type of pair, against r/λ_ij up to 2.5"

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import radial_distribution

        found = radial_distribution(glass)
        return Measured(arrays={"x": found.x, **found.g})
