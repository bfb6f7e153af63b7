"""Stress and all elastic constants of a glass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.short_forms import Fact, ShortForm, brief
from vitrify.statics import Hessian, Pairs
from vitrify.statics.elastic_tensor import (
    TensorResponse,
    birch_coefficients,
    bulk_modulus_of,
    kelvin,
    shear_moduli_of,
    tensor_response,
)
from vitrify.statics.stability import Stability, probe

from .elasticity import require_moduli, solid_pairs

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IsotropicModuli:
    """K and G of an isotropic solid that stands for an anisotropic one, in ε/λᵈ."""

    bulk: float
    shear: float


@dataclass(frozen=True, slots=True, repr=False)
class ElasticConstants(ShortForm):
    """The elastic constants of one glass, in ε/λᵈ, as matrices in Voigt's order: 6 by 6 for xx, yy, zz, yz, xz, xy, in two
    dimensions 3 by 3 for xx, yy, xy."""

    stress: FloatArray  # (d, d) σ, positive under tension
    born: FloatArray  # (v, v) Born part of the thermodynamic constants
    nonaffine: FloatArray  # (v, v) what the particles' motion relaxes, of these and of Birch's coefficients
    zero_modes: int
    is_minimum: bool

    def _facts(self) -> list[Fact]:
        unit = f"ε/{'λ³' if self.dimension == 3 else 'λ²'}"
        numbers = {"p": self.pressure, "K (Hill)": self.hill.bulk, "G (Hill)": self.hill.shear}
        return [
            *(Fact(k, f"{x:.4g} {unit}", f"{k} = {x:.4g} {unit}") for k, x in numbers.items()),
            Fact("universal anisotropy", f"{self.universal_anisotropy:.3g}"),
            Fact("minimum", brief(self.is_minimum), "a minimum" if self.is_minimum else "not a minimum"),
        ]

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return len(self.stress)

    @property
    def pressure(self) -> float:
        """p = −tr σ/d."""
        return -float(np.trace(self.stress)) / self.dimension

    @property
    def thermodynamic(self) -> FloatArray:
        """C_ijkl = (1/V) ∂²U/∂E_ij∂E_kl, E the Lagrangian strain: Born part minus nonaffine part, (v, v)."""
        return self.born - self.nonaffine

    @property
    def birch(self) -> FloatArray:
        """Birch's coefficients B_ijkl = ∂σ_ij/∂ε_kl, as `birch_coefficients` has them, (v, v): what stress against strain
        shows, and what speeds of sound follow from under pressure. They equal C_ijkl where there is no stress."""
        return birch_coefficients(self.thermodynamic, self.stress)

    @property
    def birch_born(self) -> FloatArray:
        """Born part of Birch's coefficients, (v, v), from which the same nonaffine part is taken."""
        return birch_coefficients(self.born, self.stress)

    @property
    def shear_moduli(self) -> FloatArray:
        """The independent shear moduli of Birch's coefficients, (5,) or (2,), in the order of `shear_moduli_of`."""
        return shear_moduli_of(self.birch)

    @property
    def voigt(self) -> IsotropicModuli:
        """Averages at uniform strain: K = B_iijj/d², G = (B_ijij − B_iijj/d)/((d − 1)(d + 2)). K is that of Eq. (A3)."""
        return IsotropicModuli(float(bulk_modulus_of(self.birch)), float(self.shear_moduli.mean()))

    @property
    def reuss(self) -> IsotropicModuli:
        """Averages at uniform stress, of S = B⁻¹: 1/K = S_iijj, 1/G = 4 (S_ijij − S_iijj/d)/((d − 1)(d + 2)). Not a number
        where B is not positive definite, as no stress is then stable."""
        matrix, d = kelvin(self.birch), self.dimension
        if np.linalg.eigvalsh(0.5 * (matrix + matrix.T))[0] <= 0.0:
            return IsotropicModuli(float("nan"), float("nan"))
        compliance = np.linalg.inv(matrix)
        bulk = float(compliance[:d, :d].sum())
        shear = 4.0 * (float(np.trace(compliance)) - bulk / d) / ((d - 1) * (d + 2))
        return IsotropicModuli(1.0 / bulk, 1.0 / shear)

    @property
    def hill(self) -> IsotropicModuli:
        """Hill's averages: the means of Voigt's and Reuss's."""
        voigt, reuss = self.voigt, self.reuss
        return IsotropicModuli(0.5 * (voigt.bulk + reuss.bulk), 0.5 * (voigt.shear + reuss.shear))

    @property
    def universal_anisotropy(self) -> float:
        """A = n G_V/G_R + K_V/K_R − n − 1 with n = (d − 1)(d + 2)/2: 5 G_V/G_R + K_V/K_R − 6 of Ranganathan &
        Ostoja-Starzewski, PRL 101, 055504 (2008). 0 where the glass is isotropic, positive elsewhere."""
        voigt, reuss, n = self.voigt, self.reuss, len(self.shear_moduli)
        return n * voigt.shear / reuss.shear + voigt.bulk / reuss.bulk - n - 1


def elastic_constants(glass: Glass, *, hessian: Hessian | None = None, without_rattlers: bool = False) -> ElasticConstants:
    """The stress and all elastic constants of a glass, in their Born and nonaffine parts.

    hessian: that of the glass or of those of its particles that hold each other. without_rattlers: take only these, in the
    same volume. Raises SampleFailure as `elasticity` does: where the particles make no solid, or where the solver of M⁺Ξ
    does not converge. A glass that is no minimum is measured all the same if the constants exist, and `is_minimum` says
    so."""
    _, found, sound = tensor_of(glass, hessian, without_rattlers=without_rattlers)
    return ElasticConstants(found.stress, found.born, found.nonaffine, sound.zero_modes, sound.is_minimum)


def tensor_of(
    glass: Glass, hessian: Hessian | None = None, *, without_rattlers: bool = False
) -> tuple[Pairs, TensorResponse, Stability]:
    """The pairs that are measured, their response to all strains, and whether they are at a minimum. Raises SampleFailure
    as `elasticity` does."""
    pairs = solid_pairs(hessian.pairs if hessian else Pairs.of(glass), without_rattlers=without_rattlers)
    measured = hessian if hessian and pairs is hessian.pairs else Hessian(pairs)
    found = tensor_response(measured, probe(pairs))
    return pairs, found, require_moduli(measured, found.converged, found.size_of_last)
