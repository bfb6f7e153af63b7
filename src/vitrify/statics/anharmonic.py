"""Third and fourth derivatives of U along a displacement, from the same pair terms as the Hessian.

With a = 2 r·δ and b = δ² of a pair's relative displacement δ, s(r + tδ) = r² + a t + b t², so that
U''':δ³ = Σ φ_sss a³ + 6 φ_ss a b and U''''::δ⁴ = Σ φ_ssss a⁴ + 12 φ_sss a² b + 12 φ_ss b². Each pair stands on its own
branch of a piecewise potential."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pairs import Pairs

FloatArray = NDArray[np.float64]


def cubic_force(pairs: Pairs, displacement: FloatArray) -> FloatArray:
    """U''' : zz, (n, 3), in ε/λ³ for a dimensionless z (n, 3)."""
    delta, a, b = _relative(pairs, displacement)
    second, third = pairs.terms[2], pairs.terms[3]
    along = 2.0 * third * a**2 + 4.0 * second * b
    return -pairs.sum_to_particles(along[:, None] * pairs.r_pd + (4.0 * second * a)[:, None] * delta)


def quartic_force(pairs: Pairs, displacement: FloatArray) -> FloatArray:
    """U'''' ⋮ zzz, (n, 3), in ε/λ⁴."""
    delta, a, b = _relative(pairs, displacement)
    second, third, fourth = pairs.terms[2], pairs.terms[3], pairs.terms[4]
    along = 12.0 * third * a * b + 2.0 * fourth * a**3
    across = 12.0 * second * b + 6.0 * third * a**2
    return -pairs.sum_to_particles(along[:, None] * pairs.r_pd + across[:, None] * delta)


def hessian_force(pairs: Pairs, displacement: FloatArray) -> FloatArray:
    """M·z, (n, 3), in ε/λ²."""
    delta, a, _ = _relative(pairs, displacement)
    return -pairs.sum_to_particles((2.0 * pairs.terms[2] * a)[:, None] * pairs.r_pd + 2.0 * pairs.terms[1][:, None] * delta)


def _relative(pairs: Pairs, displacement: FloatArray) -> tuple[FloatArray, Any, Any]:
    """δ = z_j − z_i, a and b of every listed pair."""
    delta = displacement[pairs.target] - displacement[pairs.source]
    return delta, 2.0 * np.einsum("pd,pd->p", pairs.r_pd, delta), np.einsum("pd,pd->p", delta, delta)
