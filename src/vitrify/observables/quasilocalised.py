"""The softest nonlinear quasilocalised mode of a glass, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import quartic_force
from vitrify.statics.mode_energy import EnergySplit, dilation_over_shear, energy_split, strain_coupling
from vitrify.statics.modes import participation_ratio
from vitrify.statics.quasilocalised import Order, softest_mode


@dataclass(frozen=True, slots=True)
class QlmMeasurement:
    """One mode π."""

    values: dict[str, float]  # by the names of `measure --json`
    vector: NDArray[np.float64]  # (n, 3)
    split: EnergySplit
    coupling: NDArray[np.float64]  # F of Eq. (A15), (3, 3)


def quasilocalised_mode(glass: Glass, *, order: Order = "quartic", hessian: Hessian | None = None) -> QlmMeasurement:
    """Frequency, participation ratio, U''''::ππππ, four-term split (Eqs. 8-10) and strain coupling (Eq. A16) of the
    softest nonlinear mode found. Raises SampleFailure where none is."""
    hessian = hessian or Hessian(Pairs.of(glass))
    pairs = hessian.pairs
    mode = softest_mode(hessian, order)
    coupling, split = strain_coupling(pairs, mode.vector), energy_split(pairs, mode.vector)
    values = {
        "frequency": float(np.sqrt(mode.stiffness)),
        "residual": mode.residual,
        "participation_ratio": float(participation_ratio(mode.vector)),
        "quartic": float(np.vdot(mode.vector, quartic_force(pairs, mode.vector))),
        **split.sums,
        "dilation_over_shear": dilation_over_shear(coupling),
    }
    return QlmMeasurement(values, mode.vector, split, coupling)
