"""How many eigenvalues of a symmetric matrix lie below a number: Sylvester's law on a factor L D Lᵀ."""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from vitrify.errors import SampleFailure

DENSE_LIMIT = 6_000  # rows; a dense factor of that size takes 300 MB and some ten seconds


def count_below(matrix: sparse.csr_array, cut: float) -> int:
    """Eigenvalues of a symmetric matrix below `cut`, by the inertia of matrix − cut·1.

    Raises SampleFailure where neither MKL Pardiso is installed nor the matrix is small enough for a dense factor."""
    shifted = sparse.csr_array(matrix - cut * sparse.eye_array(matrix.shape[0], format="csr"))
    try:
        return _pardiso(shifted)
    except ImportError:
        return _dense(shifted)


def _pardiso(matrix: sparse.csr_array) -> int:
    """Negative pivots as MKL Pardiso counts them (iparm 23, mtype −2)."""
    from pypardiso import PyPardisoSolver

    solver = PyPardisoSolver(mtype=-2)
    upper = sparse.csr_matrix(sparse.triu(matrix, format="csr"))
    upper.sort_indices()
    try:
        solver.factorize(upper)
        return int(solver.get_iparm(23))
    finally:
        solver.free_memory(everything=True)


def _dense(matrix: sparse.csr_array) -> int:
    if matrix.shape[0] > DENSE_LIMIT:
        raise SampleFailure("is no minimum, and its modes cannot be counted without pypardiso at this size")
    _, d, _ = linalg.ldl(matrix.toarray())
    return int(np.sum(linalg.eigvalsh(d) < 0)) if np.any(np.diag(d, 1)) else int(np.sum(np.diag(d) < 0))
