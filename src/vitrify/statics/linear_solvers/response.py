"""M⁺b for many right-hand sides: through a factor of M without one particle, or by conjugate gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import SampleFailure
from vitrify.solver_sizes import ALWAYS_FACTORED, DENSEST_FACTORED, LARGEST_FACTORED

from .cholmod import CholmodFactor
from .pardiso import POSITIVE_DEFINITE, NotPositive, PardisoFactor, TooLarge
from .superlu import SuperLUFactor

if TYPE_CHECKING:
    from vitrify.statics.hessian import Hessian
    from vitrify.statics.pairs import Pairs

FloatArray = NDArray[np.float64]
AT_ONCE = 64  # right-hand sides in one call of a factor


class ResponseSolver(Protocol):
    """Whatever gives M⁺b."""

    name: str

    def solve(self, right_mid: FloatArray) -> FloatArray:
        """(m, n, 3) M⁺b, free of translations, for (m, n, 3) right-hand sides free of translations."""
        ...


class Factored:
    """Through a factor: M with one particle's rows and columns struck out is positive definite exactly at a minimum, and
    its solution, projected, is exactly M⁺b. Raises NotPositive, TooLarge."""

    def __init__(self, hessian: Hessian) -> None:
        pinned = hessian.matrix()[3:, 3:]
        self._factor: Any
        self.name, self._factor = _first_installed(pinned)

    def solve(self, right_mid: FloatArray) -> FloatArray:
        """M⁺b."""
        m, n = right_mid.shape[0], right_mid.shape[1]
        x = np.zeros((m, n, 3))
        for first in range(0, m, AT_ONCE):
            part = right_mid[first : first + AT_ONCE].reshape(-1, 3 * n)
            x[first : first + AT_ONCE, 1:] = self._factor.solve(part[:, 3:].T).T.reshape(-1, n - 1, 3)
        return np.asarray(x - x.mean(axis=1, keepdims=True))


def _first_installed(matrix: Any) -> tuple[str, Any]:
    """The best factor at hand, by name."""
    try:
        return "MKL Pardiso", PardisoFactor(matrix, POSITIVE_DEFINITE)
    except ImportError:
        pass
    try:
        return "CHOLMOD", CholmodFactor(matrix)
    except ImportError:
        return "SuperLU", SuperLUFactor(matrix)


class Iterative:
    """By conjugate gradients with a block-Jacobi preconditioner: little memory, any size."""

    name = "block-Jacobi conjugate gradients"

    def __init__(self, hessian: Hessian) -> None:
        self._hessian = hessian

    def solve(self, right_mid: FloatArray) -> FloatArray:
        """M⁺b. Raises SampleFailure where it does not converge."""
        found = self._hessian.solve(right_mid, tolerance=1e-12)
        if not found.converged.all():
            state = "the glass is a saddle" if found.negative_curvature.any() else "too many steps"
            raise SampleFailure(f"the response to a force could not be solved for: {state}")
        return found.x_mid


def factor_suits(pairs: Pairs) -> bool:
    """Does a factor of M stay sparse, or else small?"""
    n = pairs.n_particles
    return n <= LARGEST_FACTORED and (n <= ALWAYS_FACTORED or len(pairs.target) <= DENSEST_FACTORED * n)


def response_solver(hessian: Hessian, *, iterative: bool | None = None) -> ResponseSolver:
    """The solver that suits the size: a factor where it stays sparse and fits in memory, conjugate gradients otherwise.

    iterative: demands one or the other. Raises SampleFailure where the glass is no minimum."""
    if factor_suits(hessian.pairs) if iterative is None else not iterative:
        try:
            return Factored(hessian)
        except NotPositive:
            raise SampleFailure(
                "is no minimum: its Hessian has a zero mode beside the translations, or a negative one"
                + hessian.pairs.told_of_rattlers()
            ) from None
        except TooLarge:
            pass
    return Iterative(hessian)
