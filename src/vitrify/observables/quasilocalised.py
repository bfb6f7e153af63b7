"""The softest nonlinear quasilocalised mode of a glass, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.short_forms import Fact, ShortForm
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import Order, quartic_force
from vitrify.statics.mode_energy import EnergySplit, dilation_over_shear, energy_split, strain_coupling
from vitrify.statics.modes import participation_ratio
from vitrify.statics.quasilocalised import QuasilocalisedMode, softest_mode

from .modes import hessian_of


@dataclass(frozen=True, slots=True, repr=False)
class QlmMeasurement(ShortForm):
    """One mode π."""

    values: dict[str, float]  # by the names of `measure --json`
    vector: NDArray[np.float64]  # (n, d)
    split: EnergySplit
    coupling: NDArray[np.float64]  # F of Eq. (A15), (d, d)

    def _facts(self) -> list[Fact]:
        return [Fact("particles", f"{len(self.vector):,}", f"{len(self.vector):,} particles"), *facts_of_mode(self.values)]


def facts_of_mode(values: Mapping[str, float]) -> list[Fact]:
    """What is shown of a nonlinear mode, by the names of `measure --json`."""
    frequency, participation = f"{values['frequency']:.4g} √(ε/m)/λ", f"{values['participation_ratio']:.3g}"
    return [
        Fact("ω", frequency, f"ω = {frequency}"),
        Fact("participation ratio", participation),
        Fact("residual", f"{values['residual']:.1e}", ""),
    ]


def quasilocalised_mode(
    glass: Glass, *, order: Order = "quartic", hessian: Hessian | None = None, without_rattlers: bool = False
) -> QlmMeasurement:
    """Frequency, participation ratio, U''''::ππππ, four-term split (Eqs. 8-10) and strain coupling (Eq. A16) of the
    softest nonlinear mode found.

    without_rattlers: take only the particles that hold each other; rattlers stand still in the mode. Raises SampleFailure
    where none is found."""
    hessian = hessian or hessian_of(glass, without_rattlers=without_rattlers)
    return in_numbers(glass, hessian.pairs, softest_mode(hessian, order))


def in_numbers(glass: Glass, pairs: Pairs, mode: QuasilocalisedMode) -> QlmMeasurement:
    """The numbers of a mode, for all particles of the glass. pairs: those that the mode was found with."""
    coupling, split = strain_coupling(pairs, mode.vector), energy_split(pairs, mode.vector)
    vector = pairs.in_glass(mode.vector)[:, : glass.dimension]
    values = {
        "frequency": float(np.sqrt(mode.stiffness)),
        "residual": mode.residual,
        "participation_ratio": float(participation_ratio(vector)),
        "quartic": float(np.vdot(mode.vector, quartic_force(pairs, mode.vector))),
        **split.sums,
        "dilation_over_shear": dilation_over_shear(coupling),
    }
    shares = EnergySplit(*(pairs.in_glass(getattr(split, f.name)) for f in fields(split)))
    return QlmMeasurement(values, vector, shares, coupling)
