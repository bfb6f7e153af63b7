"""SciPy's own factor: the last resort, several times slower than the others."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

FloatArray = NDArray[np.float64]


class SuperLUFactor:
    """A factor of a matrix that is known to be positive definite: its signs tell nothing."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        warnings.warn("neither pypardiso nor scikit-sparse is installed: SciPy's SuperLU is slow", stacklevel=2)
        self._factor = splu(sparse.csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve(self, right: FloatArray) -> FloatArray:
        """x of A x = b, (rows, m)."""
        return np.asarray(self._factor.solve(right))
