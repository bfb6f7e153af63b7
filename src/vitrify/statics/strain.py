"""Response of inherent states to homogeneous strain: moduli as Born part minus nonaffine part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.kernels.block_jacobi_cg import CONVERGED

from .hessians import Hessians
from .pairs import Pairs

FloatArray = NDArray[np.float64]
TOLERANCE = 1e-10


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


@dataclass(frozen=True, slots=True)
class StrainResponses:
    """What one glass answers to some strains, and to a force beside them."""

    moduli: list[Modulus]  # Eqs. (A1) and (11): Born part minus Ξ·M⁺·Ξ/V, one a strain
    slopes: FloatArray  # (strains,) ∂U/∂γ / V, in ε/λ³
    converged: NDArray[np.bool_]  # (strains + 1,), the force last
    size_of_last: float  # |M⁺b| of the force
    dimension: int

    def bulk(self, k: int) -> Modulus:
        """K, Eq. (A3), where the k-th strain is BULK."""
        return _bulk_of(self.moduli[k], float(self.slopes[k]), self.dimension)


def strain_force(pairs: Pairs, strain: FloatArray) -> FloatArray:
    """Ξ = ∂²U/∂γ∂x, (n, 3), free of translations. strain: (3, 3) displacement gradient per γ."""
    return _strained(pairs, strain)[0]


def strain_modulus(pairs: Pairs, strain: FloatArray, response_id: FloatArray) -> Modulus:
    """Athermal modulus (1/V) d²U/dγ², Eqs. (A1) and (11): Born part minus Ξ·M⁺·Ξ/V.

    strain: (3, 3) displacement gradient per γ; response_id: (n, 3) M⁺·Ξ."""
    force_id, _, born = _strained(pairs, strain)
    return Modulus(born / pairs.volume, float(np.vdot(force_id, response_id)) / pairs.volume)


def bulk_modulus(pairs: Pairs, response_id: FloatArray) -> Modulus:
    """K, Eq. (A3). response_id: (n, 3) M⁺·Ξ for the strain BULK."""
    slope = _strained(pairs, BULK)[1] / pairs.volume
    return _bulk_of(strain_modulus(pairs, BULK, response_id), slope, pairs.dimension)


def _bulk_of(parts: Modulus, slope: float, d: int) -> Modulus:
    """K = (∂²U/∂η² − d ∂U/∂η − Ξ·M⁺·Ξ)/(V d²) as it follows from K = −(1/d) dp/dη and V ∝ e^(dη), out of the parts of the
    strain BULK and ∂U/∂η / V: x(η) = e^η x bends, so that ∂²U/∂η² has ∂U/∂η beside the quadratic form."""
    return Modulus((parts.affine + slope - d * slope) / d**2, parts.nonaffine / d**2)


def _strained(pairs: Pairs, strain: FloatArray) -> tuple[FloatArray, float, float]:
    """Ξ, ∂U/∂γ, and the strain's quadratic form in the pair stiffnesses, of one glass."""
    alone = Hessians([pairs], backend())
    force = alone.put([np.zeros((1, pairs.n_particles, 3))])
    slope, born = alone.strain(strain[None], force)[0, :, 0]
    return np.ascontiguousarray(alone.get(force, 1)[0][0]), float(slope), float(born)


def strain_responses(
    hessians: Hessians, strains: Sequence[FloatArray], forces_id: Sequence[FloatArray]
) -> list[StrainResponses]:
    """All strains, and one more force of each glass, solved for. forces_id: (n, 3) of each, free of translations."""
    m, volumes = len(strains), hessians.volumes
    right = hessians.put([np.concatenate([np.zeros((m, *x.shape)), x[None]]) for x in forces_id])
    slopes, born = np.moveaxis(hessians.strain(np.array(strains), right), 1, 0)
    hessians.free(right)
    x, states, _ = hessians.solve(right, tolerance=TOLERANCE)
    hessians.free(x)
    nonaffine, squares = hessians.products(right, x)
    return [
        StrainResponses(
            [Modulus(float(b), float(a)) for b, a in zip(born[s, :m] / v, nonaffine[s, :m] / v, strict=True)],
            slopes[s, :m] / v,
            states[s, : m + 1] == CONVERGED,
            float(np.sqrt(squares[s, m])),
            hessians.dimensions[s],
        )
        for s, v in enumerate(volumes)
    ]
