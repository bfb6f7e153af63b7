"""Vibrality: how far each particle of a glass vibrates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.statics import Hessian
from vitrify.statics.compliance import own_compliance

from .modes import hessian_of


def vibrality(
    glass: Glass, *, hessian: Hessian | None = None, without_rattlers: bool = False
) -> NDArray[np.float64]:  # fmt: skip
    """Ψ_i = Σ_k |ψ_k,i|²/ω_k² over all modes ψ_k, translations left out, (n,), in λ²/ε: k_B T Ψ_i is the mean squared
    displacement of particle i in harmonic vibration (Tong and Xu, Phys. Rev. E 90, 010401, 2014; Richard et al., Phys. Rev.
    Materials 4, 113609, 2020).

    It is the trace of the block of i in M⁺, exact: of more than 1,000 particles by a solve for each of d N unit forces.
    without_rattlers: take only the particles that hold each other; Ψ of a rattler is NaN, as nothing holds it. Raises
    SampleFailure for a glass that is no minimum."""
    hessian = hessian or hessian_of(glass, without_rattlers=without_rattlers)
    found = own_compliance(hessian)
    if hessian.pairs.kept is None:
        return found
    everyone = np.full(glass.n_particles, np.nan)
    everyone[hessian.pairs.kept] = found
    return everyone
