"""The density of vibrational states of a glass over its whole range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.short_forms import ShortForm
from vitrify.solver_sizes import LARGEST_DENSE
from vitrify.statics import Hessian, Pairs
from vitrify.statics.chebyshev import ChebyshevOperator
from vitrify.statics.spectrum import dense_eigenvalues, spectral_density

FloatArray = NDArray[np.float64]
BINS = 200


@dataclass(frozen=True, slots=True, repr=False)
class DensityOfStates(ShortForm):
    """D(ω) per particle, Eq. (A9): its integral is d."""

    UNITS: ClassVar[Mapping[str, str]] = {"omega": "in √(ε/m)/λ", "resolution": "√(ε/m)/λ"}

    omega: FloatArray  # (points,)
    density: FloatArray  # (points,)
    resolution: float  # in ω, at the middle of the range
    method: str  # "dense" or "kernel polynomials"


def density_of_states(glass: Glass, *, hessian: Hessian | None = None) -> DensityOfStates:
    """D(ω) from all eigenvalues (histogram) for up to LARGEST_DENSE particles, and by the kernel polynomial method
    above."""
    hessian = hessian or Hessian(Pairs.of(glass))
    if glass.n_particles <= LARGEST_DENSE:
        omega = np.sqrt(np.maximum(dense_eigenvalues(hessian), 0.0))[glass.dimension :]
        density, edges = np.histogram(omega, bins=BINS, range=(0.0, 1.02 * float(omega[-1])))
        width = float(edges[1] - edges[0])
        return DensityOfStates(0.5 * (edges[1:] + edges[:-1]), density / (glass.n_particles * width), width, "dense")
    found = spectral_density(ChebyshevOperator(hessian))
    omega, density = found.frequency_density()
    middle = 0.5 * float(np.sqrt(found.largest))
    return DensityOfStates(omega, density, float(found.resolution(middle**2)) / (2.0 * middle), "kernel polynomials")
