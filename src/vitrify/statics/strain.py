"""Response of inherent states to homogeneous strain: moduli as Born part minus nonaffine part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.kernels.block_jacobi_cg import CONVERGED
from vitrify.short_forms import ShortForm

from .hessians import Hessians
from .pairs import Pairs

FloatArray = NDArray[np.float64]
TOLERANCE = 1e-10


def _shear(along: tuple[float, ...], across: tuple[float, ...]) -> FloatArray:
    """Displacement gradient of layers that slide in one direction, in proportion to their distance along another that is
    normal to it."""
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


@dataclass(frozen=True, slots=True, repr=False)
class StrainResponses(ShortForm):
    """Responses of one glass to several strains, and to one more force."""

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
    """K = (∂²U/∂η² − d ∂U/∂η − Ξ·M⁺·Ξ)/(V d²), which follows from K = −(1/d) dp/dη and V ∝ e^(dη), from the parts of the
    strain BULK and ∂U/∂η / V: x(η) = e^η x bends, so that ∂²U/∂η² has ∂U/∂η in addition to the quadratic form."""
    return Modulus((parts.affine + slope - d * slope) / d**2, parts.nonaffine / d**2)


def _strained(pairs: Pairs, strain: FloatArray) -> tuple[FloatArray, float, float]:
    """Ξ, ∂U/∂γ, and the strain's quadratic form in the pair stiffnesses, for one glass."""
    alone = Hessians([pairs], backend())
    force = alone.put([np.zeros((1, pairs.n_particles, 3))])
    slope, born = alone.strain(strain[None], force)[0, :, 0]
    return np.ascontiguousarray(alone.get(force, 1)[0][0]), float(slope), float(born)


@dataclass(frozen=True, slots=True, repr=False)
class Solved(ShortForm):
    """M⁺b on the machine for the forces of several strains and, after them, one more force of each glass."""

    right: Any  # (n, 3, w) b: Ξ of each strain, then the force
    x: Any  # (n, 3, w) M⁺b
    slopes: FloatArray  # (samples, w) ∂U/∂γ
    born: FloatArray  # (samples, w) quadratic form of each strain in the pair stiffnesses
    states: FloatArray  # (samples, w) CONVERGED where x was found


def solve_strains(hessians: Hessians, strains: Sequence[FloatArray], forces_id: Sequence[FloatArray]) -> Solved:
    """Solve for all strains, and for one more force of each glass. forces_id: (n, 3) of each, free of translations."""
    m = len(strains)
    right = hessians.put([np.concatenate([np.zeros((m, *x.shape)), x[None]]) for x in forces_id])
    slopes, born = np.moveaxis(hessians.strain(np.array(strains), right), 1, 0)
    hessians.free(right)
    x, states, _ = hessians.solve(right, tolerance=TOLERANCE)
    hessians.free(x)
    return Solved(right, x, slopes, born, states)


def strain_responses(
    hessians: Hessians, strains: Sequence[FloatArray], forces_id: Sequence[FloatArray]
) -> list[StrainResponses]:
    """The responses of each glass to all strains and to its own force, as in `solve_strains`."""
    m, found = len(strains), solve_strains(hessians, strains, forces_id)
    nonaffine, squares = hessians.products(found.right, found.x)
    return [
        StrainResponses(
            [Modulus(float(b), float(a)) for b, a in zip(found.born[s, :m] / v, nonaffine[s, :m] / v, strict=True)],
            found.slopes[s, :m] / v,
            found.states[s, : m + 1] == CONVERGED,
            float(np.sqrt(squares[s, m])),
            hessians.dimensions[s],
        )
        for s, v in enumerate(hessians.volumes)
    ]
