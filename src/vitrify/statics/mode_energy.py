"""Terms of the energy of a mode, and its coupling to strain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.short_forms import ShortForm

from .pairs import Pairs

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class EnergySplit(ShortForm):
    """u·M·u of a mode by the sign of pair stiffness φ'' and pair force φ', Eqs. (8)-(10), in ε/λ², with the share of each
    particle, (n,), which is half of each of its pairs."""

    k_plus: FloatArray
    k_minus: FloatArray
    f_plus: FloatArray
    f_minus: FloatArray

    @property
    def sums(self) -> dict[str, float]:
        """k₊, k₋, f₊, f₋ of the whole glass; they sum to ω²."""
        return {name: float(getattr(self, name).sum()) for name in ("k_plus", "k_minus", "f_plus", "f_minus")}


def energy_split(pairs: Pairs, mode: FloatArray) -> EnergySplit:
    """k± = Σ φ'' (n·δ)² and f± = Σ (φ'/r) (δ² − (n·δ)²) over pairs of either sign. mode: (n, 3), |mode| = 1.

    An energy beyond pairs has no such parts: they are then those of the pairs, and what is left to ω² is its own."""
    delta = mode[pairs.target] - mode[pairs.source]
    along = (np.einsum("pd,pd->p", pairs.r_pd, delta) / pairs.distance) ** 2
    tension, stiffness = pairs.springs.tension, pairs.springs.stiffness
    curvature = tension + pairs.distance**2 * stiffness  # φ''
    k = 0.5 * curvature * along  # every pair is met twice: half at each end
    f = 0.5 * tension * np.maximum(np.einsum("pd,pd->p", delta, delta) - along, 0.0)
    parts = (np.where(k > 0, k, 0.0), np.where(k < 0, k, 0.0), np.where(f > 0, f, 0.0), np.where(f < 0, f, 0.0))
    shares = (np.bincount(pairs.source, x, minlength=pairs.n_particles).astype(np.float64) for x in parts)
    return EnergySplit(*shares)


def strain_coupling(pairs: Pairs, mode: FloatArray) -> FloatArray:
    """F = ∂²U/∂ε∂x·π, (d, d), symmetric strain, Eq. (A15), in ε/λ."""
    delta = mode[pairs.target] - mode[pairs.source]
    tensor, d = 0.5 * (pairs.r_pd.T @ pairs.pull(delta)), pairs.dimension
    if pairs.surroundings is not None:
        tensor = tensor + np.array([[_along(pairs, mode, a, b) for b in range(3)] for a in range(3)])
    return np.asarray(0.5 * (tensor + tensor.T))[:d, :d]


def _along(pairs: Pairs, mode: FloatArray, a: int, b: int) -> float:
    """Ξ·π of the energy beyond pairs for the displacement gradient that has a one in row a and column b."""
    strain = np.zeros((3, 3))
    strain[a, b] = 1.0
    assert pairs.surroundings is not None  # asked for of such alone
    return float(np.vdot(pairs.surroundings.under(strain)[0], mode))


def dilation_over_shear(coupling: FloatArray) -> float:
    """(Tr F/d)/λ_max, Eq. (A16), where λ_max is the largest eigenvalue of the deviatoric part, and the mode's sign is
    chosen so that the one of largest magnitude is positive."""
    d = len(coupling)
    dilation = float(np.trace(coupling)) / d
    eigenvalues = np.linalg.eigvalsh(coupling - dilation * np.eye(d))
    largest = float(eigenvalues[np.argmax(np.abs(eigenvalues))])
    return dilation / largest
