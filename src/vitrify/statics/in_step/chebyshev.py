"""statics.chebyshev for many samples in step: the range of each spectrum, and filters of its low end."""

from __future__ import annotations

from typing import Any

import numpy as np

from vitrify.statics.chebyshev import BOUND_STEPS
from vitrify.statics.modes import CONTRAST

from .pairs import FloatArray, IntArray, PairsInStep

LEAST_DEGREE = 4  # of a filter


def filter_in_step(pairs: PairsInStep, going: IntArray, x: Any, y: Any, cut: FloatArray, largest: FloatArray) -> None:
    """x ← ChebyshevOperator.filter of x, each sample with its own cut and degree; y is working room."""
    degree = _degrees(cut, largest) * going
    plan = np.zeros((pairs.n_samples, int(degree.max()), 3))
    half, centre = 0.5 * (largest - cut), 0.5 * (largest + cut)
    first = scale = -half / centre
    plan[:, 0, 0], plan[:, :, 2] = first / half, centre[:, None]
    for k in range(1, plan.shape[1]):
        new = 1.0 / (2.0 / first - scale)
        plan[:, k, 0], plan[:, k, 1], scale = 2.0 * new / half, -scale * new, new
    on_degree, on_plan = pairs.machine.put(degree), pairs.machine.put(plan)
    for k in range(plan.shape[1]):
        pairs.launch.filter(
            *pairs.threads(pairs.n, x.shape[2]), k, on_degree, on_plan, pairs.on_sample_of, pairs.on_pairs, x, y
        )
        x, y = y, x


def _degrees(cut: FloatArray, largest: FloatArray) -> IntArray:
    """(samples,) even, so that each ends where it began."""
    degree = 0.5 * np.log(CONTRAST) * np.sqrt(largest / cut)
    return np.asarray(2 * np.ceil(0.5 * np.maximum(degree, LEAST_DEGREE)).astype(np.int64))


def largest_in_step(pairs: PairsInStep) -> FloatArray:
    """(samples,) the upper bound of ChebyshevOperator."""
    put, w, busy = pairs.machine.put, pairs.width(1), pairs.everyone()
    begin = [np.random.default_rng(3).normal(size=(n, 3)) for n in np.diff(pairs.first)]
    right = np.zeros((pairs.n, 3, w))
    right[:, :, 0] = np.concatenate([x / np.linalg.norm(x) for x in begin])
    x, old, one = put(right), pairs.zeros(3, w), np.ones((pairs.n_samples, w))
    diagonal, beside = np.zeros((pairs.n_samples, BOUND_STEPS)), np.zeros((pairs.n_samples, BOUND_STEPS))
    plan, once = np.zeros((pairs.n_samples, 1, 3)), pairs.everyone()
    for k in range(BOUND_STEPS):
        plan[:, 0, 0], plan[:, 0, 1] = 1.0, -beside[:, k - 1] if k else 0.0
        pairs.launch.filter(
            *pairs.threads(pairs.n, w), 0, once, put(plan.copy()), pairs.on_sample_of, pairs.on_pairs, x, old
        )
        along = pairs.products(busy, x, old).copy()
        pairs.combine(busy, along, one, x, old)
        length = np.sqrt(pairs.products(busy, old, old))
        pairs.combine(busy, 0.0 * one, np.divide(1.0, length, out=np.zeros_like(length), where=length > 0.0), x, old)
        diagonal[:, k], beside[:, k] = along[:, 0], length[:, 0]
        x, old = old, x
    ritz = [
        np.linalg.eigvalsh(np.diag(a) + np.diag(b[:-1], 1) + np.diag(b[:-1], -1))[-1]
        for a, b in zip(diagonal, beside, strict=True)
    ]
    return np.asarray(np.array(ritz) + beside[:, -1])
