"""Sparse factors by CHOLMOD, where scikit-sparse is installed."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .pardiso import NotPositive

FloatArray = NDArray[np.float64]


class CholmodFactor:
    """A factor of a positive definite matrix. Raises ImportError, NotPositive."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sksparse.cholmod import CholmodNotPositiveDefiniteError, cholesky
        try:
            self._factor = cholesky(sparse.csc_matrix(matrix), mode="supernodal", ordering_method="metis")
        except CholmodNotPositiveDefiniteError:
            raise NotPositive from None

    def solve(self, right: FloatArray) -> FloatArray:
        """x of A x = b, (rows, m)."""
        return np.asarray(self._factor(np.asfortranarray(right)))
