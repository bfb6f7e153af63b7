"""The density of vibrational states over its whole range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vitrify.study.observable import Column, Measured, Observable, Option, register

if TYPE_CHECKING:
    from vitrify.glass import Glass


@register
@dataclass(frozen=True)
class Spectrum(Observable):
    """The density of states D(ω), which the store keeps as arrays: `omega` and `density`."""

    name: ClassVar[str] = "spectrum"
    summary: ClassVar[str] = (
        "density of states D(ω) over its whole range: by diagonalisation up to 1,000 particles, by kernel polynomials above"
    )
    columns: ClassVar[Mapping[str, Column]] = {
        "spectrum_method": Column("", "how D(ω) was found: dense or kernel polynomials", str),
        "spectrum_resolution": Column("√(ε/m)/λ", "resolution of D(ω) in ω"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import density_of_states

        found = density_of_states(glass)
        values: dict[str, Option] = {"spectrum_method": found.method, "spectrum_resolution": found.resolution}
        return Measured(values, {"omega": found.omega, "density": found.density})
