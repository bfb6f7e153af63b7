"""Maps of a glass's stress and moduli by coarse cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, check
from vitrify.glass import Glass
from vitrify.short_forms import Fact, ShortForm, brief
from vitrify.statics import Hessian
from vitrify.statics.elastic_tensor import birch_coefficients, bulk_modulus_of, shear_moduli_of, symmetric_tensor
from vitrify.statics.local_tensors import local_tensors

from .elastic_constants import tensor_of

FloatArray = NDArray[np.float64]
MOST_CELLS = 64  # along an axis: a map of matrices in space then takes 75 MB


@dataclass(frozen=True, slots=True, repr=False)
class LocalModuli(ShortForm):
    """Maps of stress and elastic constants, in ε/λᵈ: one entry for each coarse cell, along the cell's vectors a, b (and c).
    Matrices are in Voigt's order, as those of `ElasticConstants`; [..., i, j] is the change of the local stress i under the
    strain j of the whole glass, and not symmetric. Means over cells are the numbers of the whole glass."""

    stress: FloatArray  # (..., d, d) σ, positive under tension
    born: FloatArray  # (..., v, v) Born part of the thermodynamic constants
    nonaffine: FloatArray  # (..., v, v)
    is_minimum: bool

    def _facts(self) -> list[Fact]:
        cells = " by ".join(map(str, self.cells))
        return [
            Fact("maps", f"{cells} cells", f"maps of {cells} cells"),
            Fact("mean K", f"{float(self.bulk_modulus.mean()):.4g} ε/{'λ³' if self.stress.shape[-1] == 3 else 'λ²'}"),
            Fact("relative width of K", brief(self.bulk_modulus_width)),
            Fact("relative width of G", brief(self.shear_modulus_width)),
            Fact("minimum", brief(self.is_minimum)),
        ]

    @property
    def cells(self) -> tuple[int, ...]:
        """Number of coarse cells along each axis."""
        return self.stress.shape[:-2]

    @property
    def thermodynamic(self) -> FloatArray:
        """C_ijkl of each cell, (..., v, v)."""
        return self.born - self.nonaffine

    @property
    def birch(self) -> FloatArray:
        """Birch's coefficients of each cell with its own stress, (..., v, v): the change of its σ under a strain."""
        return birch_coefficients(self.thermodynamic, self.stress)

    @property
    def bulk_modulus(self) -> FloatArray:
        """K = B_iijj/d² of each cell, (...)."""
        return bulk_modulus_of(self.birch)

    @property
    def shear_moduli(self) -> FloatArray:
        """The independent shear moduli of each cell, (..., 5) or (..., 2), in the order of `shear_moduli_of`."""
        return shear_moduli_of(self.birch)

    @property
    def bulk_modulus_width(self) -> float:
        """Standard deviation of K over cells, in units of its mean."""
        return float(self.bulk_modulus.std() / self.bulk_modulus.mean())

    @property
    def shear_modulus_width(self) -> float:
        """Standard deviation of G over cells in units of the mean of G: the root mean square of that of each shear modulus
        about its own mean, as planes of one finite glass differ."""
        shear = self.shear_moduli
        return float(np.sqrt(shear.reshape(-1, shear.shape[-1]).var(axis=0).mean()) / shear.mean())


def local_moduli(
    glass: Glass,
    *,
    cells: int | Sequence[int] = 4,
    hessian: Hessian | None = None,
    without_rattlers: bool = False,
) -> LocalModuli:
    """Maps of local stress and elastic constants: the change of each coarse cell's stress under a strain of the whole
    glass, particles relaxed ("affine strain approach" of Mizuno, Mossa & Barrat, Phys. Rev. E 87, 042306 (2013)).

    cells: number of coarse cells along the cell's vectors, one for all or one each. hessian, without_rattlers: as in
    `elastic_constants`, whose errors it raises; UsageError for a number of cells that cannot be, and for
    an energy beyond pairs."""
    numbers = _numbers(cells, glass.dimension)
    if glass.model.potential.many_body() is not None:
        raise UsageError(
            f"{glass.model} has an energy beyond pairs, which has no place on a map: local moduli are sums over pairs"
        )
    pairs, found, sound = tensor_of(glass, hessian, without_rattlers=without_rattlers)
    stress, born, nonaffine = local_tensors(pairs, found.response_vid, numbers)
    return LocalModuli(symmetric_tensor(stress), born, nonaffine, sound.is_minimum)


def _numbers(cells: object, dimension: int) -> tuple[int, ...]:
    """The number of cells along each axis. Raises UsageError."""
    several = isinstance(cells, Sequence | np.ndarray) and not isinstance(cells, str)
    numbers: list[Any] = list(cells) if several else [cells] * dimension  # type: ignore[call-overload]  # it is a sequence
    whole = all(isinstance(x, int | np.integer) and not isinstance(x, bool) and 0 < x <= MOST_CELLS for x in numbers)
    may_be = f"a whole number from 1 to {MOST_CELLS}, or {dimension} of them"
    check(whole and len(numbers) == dimension, "local_moduli", "cells", cells, may_be)
    return tuple(int(x) for x in numbers)
