"""Number of eigenvalues of a symmetric matrix below a number, by Sylvester's law on a factor L D Lᵀ."""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from vitrify.errors import SampleFailure

from .pardiso import INDEFINITE, PardisoFactor, TooLarge

DENSE_LIMIT = 6_000  # rows; a dense factor of that size takes 300 MB and some ten seconds


class Uncountable(SampleFailure):
    """No factor can be made, sparse or dense."""


def count_below(matrix: sparse.csr_array, cut: float) -> int:
    """Number of eigenvalues of a symmetric matrix below `cut`, by the inertia of matrix − cut·1.

    Raises Uncountable where no factor fits: neither a sparse one by MKL Pardiso nor a dense one."""
    shifted = sparse.csr_array(matrix - cut * sparse.eye_array(matrix.shape[0], format="csr"))
    try:
        return PardisoFactor(shifted, INDEFINITE).negative
    except (ImportError, TooLarge):
        return _dense(shifted)


def _dense(matrix: sparse.csr_array) -> int:
    if matrix.shape[0] > DENSE_LIMIT:
        raise Uncountable("modes cannot be counted: a sparse factor does not fit in memory, or pypardiso is not installed")
    _, d, _ = linalg.ldl(matrix.toarray())
    return int(np.sum(linalg.eigvalsh(d) < 0)) if np.any(np.diag(d, 1)) else int(np.sum(np.diag(d) < 0))
