"""Elastic constants C_ijkl of an inherent state as matrices in Voigt's notation, and what is read off such matrices.

The components of a symmetric tensor stand in Voigt's order, xx, yy, zz, yz, xz, xy (in the plane xx, yy, xy); a shear
strain counts as γ_xy = 2 E_xy, so that C_xyxy stands as it is in a matrix. v is the number of components, 6 or 3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.kernels.block_jacobi_cg import CONVERGED
from vitrify.short_forms import ShortForm

from .hessian import Hessian
from .pairs import Pairs
from .strain import solve_strains

FloatArray = NDArray[np.float64]
VOIGT = {  # axes of each component, by dimension
    3: np.array([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]),
    2: np.array([(0, 0), (1, 1), (0, 1)]),
}
PURE_SHEAR = {  # deviatoric strains of no shear in the axes' planes, E:E = 1, by their diagonals
    3: np.array([(1.0, -1.0, 0.0), (-1.0, -1.0, 2.0)]) / np.sqrt([[2.0], [6.0]]),
    2: np.array([(1.0, -1.0)]) / np.sqrt(2.0),
}


@dataclass(frozen=True, slots=True, repr=False)
class TensorResponse(ShortForm):
    """Stress and elastic constants of one glass, and its responses to strains."""

    stress: FloatArray  # (d, d) σ in ε/λᵈ, positive under tension
    born: FloatArray  # (v, v) of C_ijkl, in ε/λᵈ
    nonaffine: FloatArray  # (v, v) Ξ·M⁺·Ξ/V
    response_vid: FloatArray  # (v, n, 3) M⁺Ξ: particles move by −M⁺Ξ per unit strain, beside what the strain moves
    converged: NDArray[np.bool_]  # (v + 1,), that to the further force last
    size_of_last: float  # |M⁺b| of that force


def _dimension(components: FloatArray) -> int:
    """d of the components of a symmetric tensor along the last axis, (..., v)."""
    return {len(axes): d for d, axes in VOIGT.items()}[components.shape[-1]]


def unit_strains(dimension: int) -> FloatArray:
    """The strain E of each component, (v, 3, 3): E_xx = 1, or E_xy = E_yx = 1/2."""
    axes = VOIGT[dimension]
    strains = np.zeros((len(axes), 3, 3))
    for strain, (a, b) in zip(strains, axes, strict=True):
        strain[a, b] += 0.5
        strain[b, a] += 0.5
    return strains


def tensor_response(hessian: Hessian, force_id: FloatArray) -> TensorResponse:
    """C_ijkl = (1/V) ∂²U/∂E_ij∂E_kl of particles that follow: the Born part (1/V) Σ k r_i r_j r_k r_l over pairs, minus
    Ξ_ij·M⁺·Ξ_kl/V, E the Lagrangian strain. At mechanical equilibrium Ξ is that of a displacement gradient E.

    force_id: (n, 3), one more right-hand side, free of translations. Raises nothing: the result says where a response did
    not converge."""
    operator, strains = hessian.alone, unit_strains(hessian.pairs.dimension)
    v, volume = len(strains), hessian.pairs.volume
    found = solve_strains(operator, list(strains), [force_id])
    stress = symmetric_tensor(found.slopes[0, :v] / volume)
    gradients = _polarised(hessian, strains, found.born[0, :v]) / volume
    _, nonaffine = operator.overlaps(found.right, found.x)[0, :, :v, :v] / volume
    squares = operator.products(found.right, found.x)[1]
    return TensorResponse(
        stress,
        gradients - _turning(stress),
        0.5 * (nonaffine + nonaffine.T),  # as far as it has converged it is symmetric
        operator.get(found.x, v)[0],
        found.states[0, : v + 1] == CONVERGED,
        float(np.sqrt(squares[0, v])),
    )


def virial(pairs: Pairs) -> FloatArray:
    """V σ = Σ (φ'/r) r ⊗ r over pairs, (3, 3) in ε: of any configuration, a minimum or not. An energy beyond pairs adds
    its own."""
    return pairs.virial()


def _polarised(hessian: Hessian, strains: FloatArray, squares: FloatArray) -> FloatArray:
    """The bilinear form Σ δ_a·k_ij δ_b of strains, (v, v), from the quadratic form q of their sums:
    2 q_ab = q(a + b) − q(a) − q(b). squares: (v,) q of each."""
    a, b = np.triu_indices(len(strains), 1)
    scratch = hessian.alone.put([np.zeros((len(a), hessian.pairs.n_particles, 3))])
    of_sums = hessian.alone.strain(strains[a] + strains[b], scratch)[0, 1, : len(a)]
    form = np.diag(squares)
    form[a, b] = form[b, a] = 0.5 * (of_sums - squares[a] - squares[b])
    return form


def _turning(stress: FloatArray) -> FloatArray:
    """½ tr(E_a σ E_b + E_b σ E_a), (v, v), the part of Σ δ·k_ij δ/V that is no Born part: a displacement gradient E makes
    the Lagrangian strain E + E²/2."""
    d = len(stress)
    strains = unit_strains(d)[:, :d, :d]
    form = np.einsum("aij,jk,bki->ab", strains, stress, strains)
    return np.asarray(0.5 * (form + form.T))


def symmetric_tensor(components: FloatArray) -> FloatArray:
    """The symmetric tensors (..., d, d) of their components (..., v)."""
    d = _dimension(components)
    a, b = VOIGT[d].T
    tensor = np.empty((*components.shape[:-1], d, d))
    tensor[..., a, b] = tensor[..., b, a] = components
    return tensor


def full_tensor(matrix: FloatArray) -> FloatArray:
    """C_ijkl, (..., d, d, d, d), of a matrix (..., v, v)."""
    d = _dimension(matrix)
    place = symmetric_tensor(np.arange(matrix.shape[-1], dtype=np.float64)).astype(np.int64)
    return np.asarray(matrix[..., place.reshape(d, d, 1, 1), place.reshape(1, 1, d, d)])


def birch_coefficients(constants: FloatArray, stress: FloatArray) -> FloatArray:
    """B_ijkl = C_ijkl + ½(σ_ik δ_jl + σ_il δ_jk + σ_jk δ_il + σ_jl δ_ik) − σ_ij δ_kl, (..., v, v).

    A strain ε without rotation changes the stress by δσ_ij = B_ijkl ε_kl (Barron & Klein, Proc. Phys. Soc. 85, 523 (1965);
    Wallace, Thermodynamics of Crystals (1972)), as the strained σ is F (σ + C:ε) Fᵀ/det F with F = 1 + ε. B_ijkl = B_klij
    only where σ is a pressure. constants: (..., v, v); stress: (..., d, d)."""
    d = stress.shape[-1]
    one, (i, j) = np.eye(d), VOIGT[d].T[:, :, None]
    k, m = VOIGT[d].T[:, None, :]
    turned = stress[..., i, k] * one[j, m] + stress[..., i, m] * one[j, k]
    turned = turned + stress[..., j, k] * one[i, m] + stress[..., j, m] * one[i, k]
    return np.asarray(constants + 0.5 * turned - stress[..., i, j] * one[k, m])


def kelvin(matrix: FloatArray) -> FloatArray:
    """The same tensor (..., v, v) in an orthonormal basis of symmetric tensors (Kelvin's notation), where products, traces
    and inverses of matrices are those of the tensors."""
    d = _dimension(matrix)
    weight = np.where(VOIGT[d][:, 0] == VOIGT[d][:, 1], 1.0, np.sqrt(2.0))
    return np.asarray(weight[:, None] * matrix * weight)


def bulk_modulus_of(matrix: FloatArray) -> FloatArray:
    """C_iijj/d², (...): −V dp/dV where the matrix holds Birch coefficients, (..., v, v)."""
    d = _dimension(matrix)
    return np.asarray(matrix[..., :d, :d].sum(axis=(-2, -1)) / d**2)


def shear_moduli_of(matrix: FloatArray) -> FloatArray:
    """Shear moduli ½ n:C:n of the independent deviatoric strains n, n:n = 1, (..., (d − 1)(d + 2)/2): in space of
    (xx − yy)/√2, (2zz − xx − yy)/√6 and shear in yz, xz and xy, in the plane of (xx − yy)/√2 and xy. Their mean is Voigt's
    average. matrix: (..., v, v)."""
    d = _dimension(matrix)
    normal = matrix[..., :d, :d]
    pure = 0.5 * np.einsum("na,...ab,nb->...n", PURE_SHEAR[d], normal, PURE_SHEAR[d])
    return np.concatenate([pure, np.diagonal(matrix, axis1=-2, axis2=-1)[..., d:]], axis=-1)
