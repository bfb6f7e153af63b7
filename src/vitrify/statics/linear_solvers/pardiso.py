"""Sparse factors by MKL Pardiso in one thread, installed from wheels on x86-64."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from vitrify.backends.memory import available_memory

FloatArray = NDArray[np.float64]
POSITIVE_DEFINITE, INDEFINITE = 2, -2  # Pardiso's matrix types
ROOM = 0.8  # part of the free memory that a factor may take
# input parameters by Pardiso's own numbers: nested dissection, pivots perturbed by 1e-13 only, no scaling, Bunch-Kaufman.
# An eigenvalue counts as zero below 1e-10 of the mean diagonal: a pivot perturbed by 1e-8 lost the zero modes of rattlers.
PARAMETERS = {1: 1, 2: 2, 10: 13, 11: 0, 13: 0, 18: -1, 21: 1, 24: 1}


class TooLarge(Exception):
    """A factor would not fit in memory."""


class NotPositive(Exception):
    """The matrix is not positive definite."""


class PardisoFactor:
    """A factor of a symmetric matrix. Raises ImportError, TooLarge, NotPositive."""

    _held = False  # does Pardiso hold memory for it?

    def __init__(self, matrix: sparse.csr_array, kind: int) -> None:
        from pypardiso import PyPardisoSolver
        from pypardiso.pardiso_wrapper import PyPardisoError

        self._solver = PyPardisoSolver(mtype=kind)
        os.environ.setdefault("PYPARDISO_MKL_RT", self._solver.libmkl._name)  # else each solver searches the disk for it
        self._solver.libmkl.MKL_Set_Num_Threads(ctypes.c_int(1))
        for number, value in PARAMETERS.items():
            self._solver.iparm[number - 1] = value
        self._upper = sparse.csr_matrix(sparse.triu(matrix, format="csr"))
        self._upper.sort_indices()
        nothing = np.zeros((matrix.shape[0], 1))
        self._held = True
        self._call(11, nothing)
        self.bytes = 1024 * int(max(self._solver.iparm[14], self._solver.iparm[15] + self._solver.iparm[16]))
        if self.bytes > ROOM * available_memory():
            self.free()
            raise TooLarge(f"a factor of {self.bytes / 2**30:.1f} GiB does not fit in memory")
        try:
            self._call(22, nothing)
        except PyPardisoError:
            self.free()
            raise NotPositive from None

    @property
    def negative(self) -> int:
        """Number of negative eigenvalues, by the signs of the pivots (indefinite matrices only)."""
        return int(self._solver.iparm[22])

    def solve(self, right: FloatArray) -> FloatArray:
        """x of A x = b, (rows, m)."""
        return np.asarray(self._call(33, np.asfortranarray(right)))

    def free(self) -> None:
        """Free the memory: Pardiso does not free it with the object."""
        if self._held:
            self._held = False
            self._call(-1, np.zeros((self._upper.shape[0], 1)))

    def __del__(self) -> None:
        if not sys.is_finalizing():  # else the wrapper is gone already, and the memory soon
            self.free()

    def _call(self, phase: int, right: FloatArray) -> Any:
        self._solver.set_phase(phase)
        return self._solver._call_pardiso(self._upper, right)
