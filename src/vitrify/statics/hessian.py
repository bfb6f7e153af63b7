"""The Hessian M = ∂²U/∂x∂x of an inherent state, as an operator and as a matrix."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from vitrify.backends import backend
from vitrify.errors import SampleFailure
from vitrify.kernels.hessian_matrix import fill_matrix

from .linear_solvers.block_jacobi_cg import Solution, inverse_blocks, solve
from .pairs import Pairs

FloatArray = NDArray[np.float64]


class Hessian:
    """M with blocks M_ij = −k_ij and M_ii = Σ_j k_ij from the pair stiffnesses. In ε/λ²."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self.diagonal = pairs.sum_to_particles(pairs.blocks())  # (n, 3, 3)
        if pairs.dimension == 2:  # across the plane nothing ever moves; what stands there must not spoil inverses and means
            self.diagonal[:, 2, 2] = 0.5 * (self.diagonal[:, 0, 0] + self.diagonal[:, 1, 1])

    def solve(self, right_mid: FloatArray, *, tolerance: float = 1e-10) -> Solution:
        """M⁺ b for translation-free right-hand sides. right_mid: (m, n, 3)."""
        return solve(self.pairs, self.inverse_diagonal, right_mid, tolerance=tolerance)

    @cached_property
    def inverse_diagonal(self) -> FloatArray:
        """(n, 3, 3) inverse of each diagonal block: the preconditioner of conjugate gradients."""
        return inverse_blocks(self.diagonal)

    def response(self, right_mid: FloatArray, *, tolerance: float = 1e-10) -> FloatArray:
        """M⁺b as `solve` gives it. Raises SampleFailure where it does not converge, as where the glass is no minimum."""
        found = self.solve(right_mid, tolerance=tolerance)
        if not found.converged.all():
            self._refuse(bool(found.negative_curvature.any()))
        return found.x_mid

    def _refuse(self, saddle: bool) -> None:
        state = "is no minimum: its Hessian has a negative mode" if saddle else "a response to a force was not found"
        raise SampleFailure(state + self.pairs.told_of_rattlers())

    def matrix(self) -> sparse.csr_array:
        """(d n, d n) sparse matrix."""
        return self._matrix

    @cached_property
    def _matrix(self) -> sparse.csr_array:
        pairs, n = self.pairs, self.pairs.n_particles
        entries = 9 * (len(pairs.target) + n)
        start = np.empty(3 * n + 1, dtype=np.int32 if entries < 2**31 else np.int64)
        column, value = np.empty(entries, dtype=start.dtype), np.empty(entries)
        fill = backend().compile(fill_matrix)
        fill(pairs.start, pairs.target, pairs.r_pd, *pairs.terms[1:3], self.diagonal, start, column, value)
        matrix = sparse.csr_array((value, column, start), shape=(3 * n, 3 * n))
        if pairs.dimension == 3:
            return matrix
        there = np.flatnonzero(np.arange(3 * n) % 3 < pairs.dimension)
        return sparse.csr_array(matrix[there][:, there])
