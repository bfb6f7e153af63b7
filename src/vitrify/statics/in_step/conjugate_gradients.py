"""Conjugate gradients with a block-Jacobi preconditioner for many samples in step, each column of each on its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from vitrify.kernels.statics_in_step import GOING, ROWS, SOLVED

from .pairs import FloatArray, PairsInStep

LOOK = 8  # steps between two looks at what has converged
MAX_STEPS = 2_000  # some 140 are typical: a floating particle must not hold up all others


def solve_in_step(
    pairs: PairsInStep, right: Any, *, tolerance: float, max_steps: int = MAX_STEPS
) -> tuple[Any, FloatArray]:
    """x of M x = b on the machine, and by sample and column 1 (converged), −1 (not positive) or 0 (too many steps).

    right: (n, 3, width) on the machine, free of translations; the rules of block_jacobi_cg.solve hold for each column."""
    put, launch, w = pairs.machine.put, pairs.launch, right.shape[2]
    particles, shares, of_sample = pairs.threads(pairs.n, w), pairs.threads(pairs.few.number, w), (pairs.n_samples * w, 1)
    x, residual, d, md = (pairs.zeros(3, w) for _ in range(4))
    inverse, state = put(np.zeros((pairs.n, 3, 3))), put(np.zeros((pairs.n_samples, ROWS, w)))
    partial = put(np.zeros((pairs.few.number, 2, w)))
    on_shares, on_parts = pairs.few.on_shares, pairs.few.on_parts
    going, every = np.ones(pairs.n_samples, dtype=np.int64), np.ones((pairs.n_samples, w))
    busy = pairs.everyone()
    launch.inverse_block(pairs.n, 1, pairs.on_pairs, inverse)
    pairs.combine(busy, -every, every, right, residual)
    launch.step(*shares, busy, on_parts, inverse, state, d, md, x, residual, partial)  # by nothing: for its sums
    launch.set_out(*of_sample, on_shares, partial, tolerance, state)
    launch.turn(*particles, busy, pairs.on_sample_of, inverse, state, residual, d)
    for step in range(max_steps):
        if step % LOOK == 0:
            still = (pairs.machine.get(state)[:, SOLVED] == GOING).any(axis=1).astype(np.int64)
            if not still.any():
                break
            if (still != going).any():
                going, busy = still, put(still.copy())
        pairs.multiply(busy, d, md)
        launch.products(*shares, busy, on_parts, d, md, partial)
        launch.advance(*of_sample, busy, on_shares, partial, state)
        launch.step(*shares, busy, on_parts, inverse, state, d, md, x, residual, partial)
        launch.judge(*of_sample, busy, on_shares, partial, state)
        launch.turn(*particles, busy, pairs.on_sample_of, inverse, state, residual, d)
    return x, pairs.machine.get(state)[:, SOLVED].copy()
