"""The diagonal of M⁺: how far each particle moves under forces on itself, and in thermal vibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from vitrify.errors import SampleFailure
from vitrify.solver_sizes import LARGEST_DENSE

from .hessian import Hessian
from .stability import require_minimum

FloatArray = NDArray[np.float64]
AT_ONCE = 64  # unit forces held at a time
# Part to which a unit force is solved for. b·x of conjugate gradients errs by |b − M x|² in the norm of M⁺: its tenth digit
# is right long before that.
SOLVED_TO = 1e-8


def own_compliance(hessian: Hessian) -> FloatArray:
    """The trace of each d×d block on the diagonal of M⁺, (n,), in λ²/ε: Σ_k |ψ_k,i|²/ω_k² over all modes but translations.

    Exact: of up to 1,000 particles by a dense factor, of more by a solve for each of d N unit forces, whose cost grows as
    N² and more. Raises SampleFailure for a glass that is no minimum."""
    require_minimum(hessian)
    return _by_factor(hessian) if hessian.pairs.n_particles <= LARGEST_DENSE else _by_solves(hessian)


def _by_factor(hessian: Hessian) -> FloatArray:
    """From the inverse of M + s T, T the projector onto translations, which is M⁺ + T/s."""
    n, d = hessian.pairs.n_particles, hessian.pairs.dimension
    matrix = hessian.matrix().toarray()
    scale = float(np.trace(matrix)) / len(matrix)
    for c in range(d):
        matrix[c::d, c::d] += scale / n
    factor, failed = linalg.lapack.dpotrf(matrix, lower=True, overwrite_a=True)
    if failed:
        raise SampleFailure("the glass is not a minimum: its Hessian has a negative mode")
    inverse, _ = linalg.lapack.dpotri(factor, lower=True, overwrite_c=True)
    return np.asarray(np.diag(inverse).reshape(n, d).sum(axis=1) - d / (n * scale))


def _by_solves(hessian: Hessian) -> FloatArray:
    n, d = hessian.pairs.n_particles, hessian.pairs.dimension
    found = np.empty(n * d)
    for first in range(0, n * d, AT_ONCE):
        rows = np.arange(first, min(first + AT_ONCE, n * d))
        places = (np.arange(len(rows)), rows // d, rows % d)
        right = np.zeros((len(rows), n, 3))
        right[places] = 1.0
        found[rows] = hessian.response(right, tolerance=SOLVED_TO)[places]
    return np.asarray(found.reshape(n, d).sum(axis=1))
