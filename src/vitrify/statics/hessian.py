"""The Hessian M = ∂²U/∂x∂x of an inherent state, as an operator and as a matrix."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

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
        rows = np.concatenate([pairs.source, np.arange(n)])
        columns = np.concatenate([pairs.target, np.arange(n)])
        blocks = np.concatenate([-pairs.blocks(), self.diagonal])
        order = np.lexsort((columns, rows))
        start = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
        return sparse.csr_array(sparse.bsr_array((blocks[order], columns[order], start), shape=(3 * n, 3 * n)))
