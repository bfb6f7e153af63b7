"""Proof without a factor that no eigenvalue of M lies below a number except those that were found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds

FloatArray = NDArray[np.float64]
MAX_STEPS = 20_000
TOLERANCE = 1e-10


def nothing_below(hessian: Any, operator: Any, vectors: FloatArray, edge: float) -> bool:
    """Run conjugate gradients on M − edge·1, orthogonal to the found modes and the translations, from a random force.

    Convergence with positive curvature throughout is a proof, for the reason given in `stability`: along an eigenvector
    below the edge the residual could only grow."""
    n, d = operator.n, operator.d
    found = hessian.pairs.flat(vectors)
    matrix = hessian.matrix()

    def projected(x: FloatArray) -> FloatArray:
        x = x - (x @ found.T) @ found
        parts = x.reshape(n, d)
        return np.asarray((parts - parts.mean(axis=0)).reshape(d * n))

    residual = projected(np.random.default_rng(seeds.PROOF_OF_MODES).normal(size=d * n))
    limit = TOLERANCE * float(np.linalg.norm(residual))
    direction, square = residual.copy(), float(residual @ residual)
    for _ in range(MAX_STEPS):
        image = projected(matrix @ direction - edge * direction)
        curvature = float(direction @ image)
        if curvature <= 0.0:
            return False
        residual = residual - square / curvature * image
        new = float(residual @ residual)
        if np.sqrt(new) < limit:
            return True
        direction, square = residual + new / square * direction, new
    return False
