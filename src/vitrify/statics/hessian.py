"""The Hessian M = ∂²U/∂x∂x of an inherent state, as an operator and as a matrix."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from vitrify.backends import backend
from vitrify.kernels.hessian_matrix import fill_matrix

from .linear_solvers.block_jacobi_cg import Solution, solve
from .linear_solvers.response import ResponseSolver, response_solver
from .pairs import Pairs

FloatArray = NDArray[np.float64]


class Hessian:
    """M with blocks M_ij = −k_ij and M_ii = Σ_j k_ij from the pair stiffnesses. In ε/λ²."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self.diagonal = pairs.sum_to_particles(pairs.blocks())  # (n, 3, 3)

    def solve(self, right_mid: FloatArray, *, tolerance: float = 1e-10) -> Solution:
        """M⁺ b for translation-free right-hand sides. right_mid: (m, n, 3)."""
        return solve(self.pairs, self.diagonal, right_mid, tolerance=tolerance)

    @cached_property
    def response(self) -> ResponseSolver:
        """The solver of M⁺b that suits this size; made once, for many right-hand sides."""
        return response_solver(self)

    def matrix(self) -> sparse.csr_array:
        """(3n, 3n) sparse matrix."""
        return self._matrix

    @cached_property
    def _matrix(self) -> sparse.csr_array:
        pairs, n = self.pairs, self.pairs.n_particles
        entries = 9 * (len(pairs.target) + n)
        start = np.empty(3 * n + 1, dtype=np.int32 if entries < 2**31 else np.int64)
        column, value = np.empty(entries, dtype=start.dtype), np.empty(entries)
        fill = backend().compile(fill_matrix)
        fill(pairs.start, pairs.target, pairs.r_pd, *pairs.terms[1:3], self.diagonal, start, column, value)
        return sparse.csr_array((value, column, start), shape=(3 * n, 3 * n))
