"""Response of an inherent state to homogeneous strain: moduli as Born part minus nonaffine part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .pairs import Pairs

FloatArray = NDArray[np.float64]


def _shear(along: tuple[float, ...], across: tuple[float, ...]) -> FloatArray:
    """Displacement gradient of layers that slide in one direction, as far as they lie in another that is normal to it."""
    gradient = np.outer(along, across).astype(np.float64)
    return gradient / (np.linalg.norm(along) * np.linalg.norm(across))


X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
SHEAR_XY, SHEAR_XZ, SHEAR_YZ = _shear(X, Y), _shear(X, Z), _shear(Y, Z)  # Eq. (A2) and its kin
SHEAR_DIAGONAL = _shear((1.0, 1.0, 0.0), (-1.0, 1.0, 0.0))  # in the plane it is independent of xy, as xz is in space
PLANES = {  # by dimension and by column
    3: {"shear_modulus": SHEAR_XY, "shear_modulus_xz": SHEAR_XZ, "shear_modulus_yz": SHEAR_YZ},
    2: {"shear_modulus": SHEAR_XY, "shear_modulus_diagonal": SHEAR_DIAGONAL},
}
BULK = np.eye(3)  # per η of Eq. (A5)


@dataclass(frozen=True, slots=True)
class Modulus:
    """A modulus in its two parts, in ε/λ³."""

    affine: float  # Born part
    nonaffine: float

    @property
    def value(self) -> float:
        return self.affine - self.nonaffine


def strain_force(pairs: Pairs, strain: FloatArray) -> FloatArray:
    """Ξ = ∂²U/∂γ∂x, (n, 3), free of translations. strain: (3, 3) displacement gradient per γ."""
    affine_pd = pairs.r_pd @ strain.T
    return -pairs.sum_to_particles(_tension(pairs, affine_pd))


def strain_modulus(
    pairs: Pairs, strain: FloatArray, response_id: FloatArray, force_id: FloatArray | None = None
) -> Modulus:
    """Athermal modulus (1/V) d²U/dγ², Eqs. (A1) and (11): Born part minus Ξ·M⁺·Ξ/V.

    strain: (3, 3) displacement gradient per γ; response_id: (n, 3) M⁺·Ξ; force_id: (n, 3) Ξ, where it is at hand."""
    affine_pd = pairs.r_pd @ strain.T
    force_id = strain_force(pairs, strain) if force_id is None else force_id
    born = 0.5 * float(np.vdot(affine_pd, _tension(pairs, affine_pd)))  # every pair is met twice
    nonaffine = float(np.vdot(force_id, response_id))
    return Modulus(born / pairs.volume, nonaffine / pairs.volume)


def bulk_modulus(pairs: Pairs, response_id: FloatArray, force_id: FloatArray | None = None) -> Modulus:
    """K = (∂²U/∂η² − d ∂U/∂η − Ξ·M⁺·Ξ)/(V d²), Eq. (A3) as it follows from K = −(1/d) dp/dη and V ∝ e^(dη).

    response_id: (n, 3) M⁺·Ξ for the strain BULK; force_id: (n, 3) Ξ, where it is at hand."""
    slope = 0.5 * float(np.sum(2.0 * pairs.terms[1] * pairs.distance**2)) / pairs.volume
    return bulk_of(strain_modulus(pairs, BULK, response_id, force_id), slope, pairs.dimension)


def bulk_of(parts: Modulus, slope: float, d: int) -> Modulus:
    """K out of the quadratic forms of the strain BULK and ∂U/∂η / V: x(η) = e^η x bends, so that ∂²U/∂η² has ∂U/∂η beside
    the quadratic form."""
    return Modulus((parts.affine + slope - d * slope) / d**2, parts.nonaffine / d**2)


def _tension(pairs: Pairs, displacement_pd: FloatArray) -> FloatArray:
    """(p, 3) pair stiffness times relative displacement: 2 φ_s δ + 4 φ_ss r (r·δ)."""
    along = 4.0 * pairs.terms[2] * np.einsum("pd,pd->p", pairs.r_pd, displacement_pd)
    return np.asarray(2.0 * pairs.terms[1][:, None] * displacement_pd + along[:, None] * pairs.r_pd)
