"""Low-frequency modes, proven complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, ClassVar

from vitrify.errors import SampleFailure
from vitrify.study.observable import NUMBER, Column, Measured, Observable, Option, option, register

if TYPE_CHECKING:
    from vitrify.backends import Cpu
    from vitrify.backends.gpu import Gpu
    from vitrify.glass import Glass
    from vitrify.statics.modes import Modes as Found


@register
@dataclass(frozen=True)
class Modes(Observable):
    """Frequencies and participation ratios, which the store keeps as arrays of these names."""

    below: float = option(1.2, "largest frequency, in units of the first shear phonon 2π c_s/L")
    number: int = option(0, "number of lowest modes to find instead, if it is not 0")

    name: ClassVar[str] = "modes"
    summary: ClassVar[str] = (
        "all vibrational modes below `below` times the frequency of the first shear phonon, 2π c_s/L, or the "
        "`number` lowest modes, if that is not 0"
    )
    many_at_once: ClassVar[bool] = True
    columns: ClassVar[Mapping[str, Column]] = {
        "n_modes": Column(NUMBER, "lowest modes found, translations left out", int),
        "first_shear_phonon": Column("√(ε/m)/λ", "2π c_s/L with this glass's own G"),
        "modes_counted_below": Column("√(ε/m)/λ", "ω below which there are these modes and no others"),
        "modes_largest_residual": Column("ε/λ²/m", "largest |M ψ − ω² ψ|, |ψ| = 1"),
        "modes_proof": Column("", "how it was shown that no mode is missing", str),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import low_frequency_modes

        return _measured(*low_frequency_modes(glass, below=self.below, number=self.number))

    def measure_many(self, glasses: Sequence[Glass], machine: Cpu | Gpu) -> list[Measured | SampleFailure]:
        from vitrify.observables.modes import low_frequency_modes_of

        found = low_frequency_modes_of(glasses, machine, below=self.below, number=self.number)
        return [x if isinstance(x, SampleFailure) else _measured(*x) for x in found]


def _measured(found: Found, first: float) -> Measured:
    values: dict[str, Option] = {
        "n_modes": len(found.eigenvalues),
        "first_shear_phonon": first,
        "modes_counted_below": sqrt(found.counted_below),
        "modes_largest_residual": float(found.residuals.max(initial=0.0)),
        "modes_proof": found.proof,
    }
    return Measured(values, {"frequency": found.frequencies, "participation_ratio": found.participation_ratios})
