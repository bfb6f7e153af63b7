"""The decay of the response to local force dipoles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vitrify.solver_sizes import DECAY_BINS
from vitrify.study.observable import NUMBER, Column, Measured, Observable, option, register

if TYPE_CHECKING:
    from vitrify.glass import Glass


@register
@dataclass(frozen=True)
class Dipoles(Observable):
    """The decay c(r). The store keeps it as arrays: `distance` in a0, `median` over dipoles, `count`, and `each`
    dipole's."""

    number: int = option(64, "number of interacting pairs, drawn at random")

    name: ClassVar[str] = "dipoles"
    summary: ClassVar[str] = "decay c(r) of the response to `number` force dipoles, each on a random interacting pair"
    version: ClassVar[int] = 2
    columns: ClassVar[Mapping[str, Column]] = {
        "dipoles": Column(NUMBER, "dipole responses asked for", int),
        "dipole_spacing": Column("λ", "a0 = (V/N)^(1/d), the unit of r in c(r)"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import dipole_decay

        found = dipole_decay(glass, number=self.number)
        values = {"dipoles": self.number, "dipole_spacing": glass.spacing}
        arrays = {"distance": found.distance, "median": found.median, "count": found.dipoles, "each": found.each}
        return Measured(values, arrays)

    @property
    def parts(self) -> float:
        return float(self.number)

    @property
    def more_bytes(self) -> float:
        return 8.0 * DECAY_BINS * self.number  # c(r) of each, in doubles
