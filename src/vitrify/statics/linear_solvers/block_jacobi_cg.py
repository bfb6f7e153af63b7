"""Conjugate gradients with a block-Jacobi preconditioner, eight right-hand sides at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.backends.program import BIG
from vitrify.backends.threads import shared_out
from vitrify.kernels.hessian_product import COLUMNS, product_of, solve_of

FloatArray = NDArray[np.float64]
MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Solution:
    """x of M x = b, (m, n, 3), and what became of each right-hand side."""

    x_mid: FloatArray
    converged: NDArray[np.bool_]  # (m,)
    negative_curvature: NDArray[np.bool_]  # (m,) a direction with d·M·d ≤ 0 was met: M is not positive
    steps: int


def solve(pairs: Any, inverse: FloatArray, right_mid: FloatArray, *, tolerance: float) -> Solution:
    """Solve for translation-free right-hand sides; each is free of translations again on return.

    inverse: (n, 3, 3) of the diagonal blocks of M. Raises nothing: what did not converge says so."""
    n_columns, n = right_mid.shape[0], right_mid.shape[1]
    b = right_mid - right_mid.mean(axis=1, keepdims=True)
    x, states, steps = np.empty_like(b), np.zeros(n_columns), np.zeros(n_columns, dtype=np.int64)

    def eights(first: int, last: int) -> None:  # each eight on its own, so threads change nothing
        for start in range(first, last, COLUMNS):
            part = slice(start, min(start + COLUMNS, n_columns))
            x[part], states[part], steps[start] = _solve_eight(pairs, inverse, b[part], tolerance)

    if n >= BIG:
        shared_out(eights, n_columns, share=COLUMNS)
    else:
        eights(0, n_columns)
    x -= x.mean(axis=1, keepdims=True)
    assert x.shape == (n_columns, n, 3)
    return Solution(x, states == 1.0, states == -1.0, int(steps.sum()))


def _solve_eight(pairs: Any, inverse: FloatArray, b: FloatArray, tolerance: float) -> tuple[FloatArray, FloatArray, int]:
    n = b.shape[1]
    right = np.zeros((n, 3, COLUMNS))
    right[:, :, : len(b)] = b.transpose(1, 2, 0)
    x, residual, z, d, md = (np.zeros((n, 3, COLUMNS)) for _ in range(5))
    state = np.zeros((6, 1, COLUMNS))
    steps = _compiled()(
        pairs.start, pairs.target, pairs.r_pd, pairs.terms[1], pairs.terms[2], inverse, right,
        tolerance, MAX_STEPS, x, residual, z, d, md, state,
    )  # fmt: skip
    return x[:, :, : len(b)].transpose(2, 0, 1), state[0, 0, : len(b)], steps


def inverse_blocks(diagonal: FloatArray) -> FloatArray:
    """Inverse of each block; the unit matrix for a particle without neighbours, whose rows of M are zero."""
    floating = np.asarray(~diagonal.any(axis=(1, 2)))
    blocks = np.where(floating[:, None, None], np.eye(3), diagonal)
    singular = np.abs(np.linalg.det(blocks)) < 1e-12 * np.abs(blocks).max(axis=(1, 2)) ** 3
    blocks = np.where(singular[:, None, None], np.eye(3) * np.abs(blocks).max(axis=(1, 2))[:, None, None], blocks)
    return np.ascontiguousarray(np.linalg.inv(blocks))


@cache
def _compiled() -> Any:
    cpu = backend()
    return cpu.compile(solve_of(cpu.inline(product_of())))
