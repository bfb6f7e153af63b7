"""The Hessian M = ∂²U/∂x∂x of one inherent state, as an operator and as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from vitrify.backends import Cpu, backend
from vitrify.errors import SampleFailure
from vitrify.kernels.block_jacobi_cg import CONVERGED, NEGATIVE
from vitrify.kernels.hessian import Blocks, MatrixView, block_of_pair, fill_matrix_of
from vitrify.short_forms import ShortForm

from .hessians import Hessians
from .pairs import Pairs

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class Solution(ShortForm):
    """x of M x = b, (m, n, 3), and the outcome for each right-hand side."""

    x_mid: FloatArray
    converged: NDArray[np.bool_]  # (m,)
    negative_curvature: NDArray[np.bool_]  # (m,) a direction with d·M·d ≤ 0 was met: M is not positive
    steps: int


class Hessian:
    """M with blocks M_ij = −k_ij and M_ii = Σ_j k_ij from the pair stiffnesses. In ε/λ²."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def __repr__(self) -> str:
        return f"<Hessian: {self.pairs.n_particles:,} particles, {len(self.pairs.target) // 2:,} pairs, in ε/λ²>"

    @cached_property
    def alone(self) -> Hessians:
        """M in the form that kernels of the CPU take."""
        return Hessians([self.pairs], backend())

    @property
    def diagonal(self) -> FloatArray:
        """The blocks M_ii, (n, 3, 3)."""
        return self.blocks[0]

    @property
    def inverse_diagonal(self) -> FloatArray:
        """Inverse of each diagonal block, (n, 3, 3): the preconditioner of conjugate gradients."""
        return self.blocks[1]

    @cached_property
    def blocks(self) -> tuple[FloatArray, FloatArray]:
        """The diagonal blocks and their inverses."""
        return self.alone.on_blocks

    def solve(self, right_mid: FloatArray, *, tolerance: float = 1e-10) -> Solution:
        """M⁺b by conjugate gradients, a few right-hand sides at a time; x is free of translations. right_mid: (m, n, 3).

        Raises nothing: the result says where it did not converge."""
        b, at_once = right_mid - right_mid.mean(axis=1, keepdims=True), self.alone.lanes.number
        x, states, steps = np.empty_like(b), np.zeros(len(b)), 0
        for first in range(0, len(b), at_once):
            part = slice(first, first + at_once)
            found, state, more = self.alone.solve(self.alone.put([b[part]]), tolerance=tolerance)
            (x[part],) = self.alone.get(found, len(b[part]))
            states[part], steps = state[0, : len(b[part])], steps + int(more.sum())
        x -= x.mean(axis=1, keepdims=True)
        return Solution(x, states == CONVERGED, states == NEGATIVE, steps)

    def response(self, right_mid: FloatArray, *, tolerance: float = 1e-10) -> FloatArray:
        """M⁺b from `solve`. Raises SampleFailure where it does not converge, as where the glass is no minimum."""
        found = self.solve(right_mid, tolerance=tolerance)
        if not found.converged.all():
            self._refuse(bool(found.negative_curvature.any()))
        return found.x_mid

    def _refuse(self, saddle: bool) -> None:
        state = (
            "the glass is not a minimum: its Hessian has a negative mode"
            if saddle
            else "a response to a force was not found"
        )
        raise SampleFailure(state + self.pairs.told_of_rattlers())

    def matrix(self) -> sparse.csr_array:
        """The sparse matrix, (d n, d n)."""
        return self._matrix

    @cached_property
    def _matrix(self) -> sparse.csr_array:
        if isinstance(self.pairs.rows, Blocks):
            return _matrix_of(self.pairs.rows, self.diagonal, self.pairs.dimension)
        pairs, n = self.pairs, self.pairs.n_particles
        entries = 9 * (len(pairs.target) + n)
        start = np.empty(3 * n + 1, dtype=np.int32 if entries < 2**31 else np.int64)
        column, value = np.empty(entries, dtype=start.dtype), np.empty(entries)
        fill = backend().compile(fill_matrix_of(backend().inline(block_of_pair)))
        fill(MatrixView(pairs.springs, self.diagonal, start, column, value))
        matrix = sparse.csr_array((value, column, start), shape=(3 * n, 3 * n))
        if pairs.dimension == 3:
            return matrix
        there = np.flatnonzero(np.arange(3 * n) % 3 < pairs.dimension)
        return sparse.csr_array(matrix[there][:, there])


def _matrix_of(rows: Blocks, diagonal: FloatArray, dimension: int) -> sparse.csr_array:
    """The sparse matrix of rows of blocks; their rounding is shared out, so that it is symmetric to the last bit."""
    n, d = len(diagonal), dimension
    blocks = np.concatenate([-rows.block.reshape(-1, 3, 3), diagonal])[:, :d, :d]
    i = np.concatenate([np.repeat(np.arange(n), np.diff(rows.start)), np.arange(n)])
    j, axes = np.concatenate([rows.target, np.arange(n)]), np.arange(d)
    row = np.broadcast_to((d * i)[:, None, None] + axes[None, :, None], blocks.shape)
    column = np.broadcast_to((d * j)[:, None, None] + axes[None, None, :], blocks.shape)
    matrix = sparse.coo_array((blocks.ravel(), (row.ravel(), column.ravel())), shape=(d * n, d * n)).tocsr()
    symmetric = sparse.csr_array(0.5 * (matrix + matrix.T))
    symmetric.sort_indices()
    return symmetric


def together(hessians: Sequence[Hessian], machine: Cpu | Gpu) -> Hessians:
    """The Hessians of several glasses on one machine."""
    alone = len(hessians) == 1 and machine is backend()
    return hessians[0].alone if alone else Hessians([x.pairs for x in hessians], machine)
