"""Chebyshev polynomials of the Hessian: the range of its spectrum, filters of its low end, moments of its density."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.kernels.chebyshev import RecurrenceView

from .hessian import Hessian
from .hessians import Hessians

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BOUND_STEPS = 16


class ChebyshevOperators:
    """Polynomials of the M of each of some glasses, applied on their machine; x and y are vectors there."""

    def __init__(self, hessians: Hessians) -> None:
        self.hessians = hessians
        self.largest = self._upper_bounds()  # (samples,)

    def filter(self, x: Any, y: Any, cut: FloatArray, degree: IntArray) -> None:
        """x ← T_degree(x) of the map from [cut, largest] to [−1, 1], scaled to 1 at zero: small above the cut, large below.

        y: room, of zeros or numbers. cut, degree: (samples,)."""
        half, centre = 0.5 * (self.largest - cut), 0.5 * (self.largest + cut)
        plan = np.zeros((len(cut), int(degree.max()), 3))
        first = scale = -half / centre
        plan[:, 0, 0], plan[:, :, 2] = first / half, centre[:, None]
        for k in range(1, plan.shape[1]):
            new = 1.0 / (2.0 / first - scale)
            plan[:, k, 0], plan[:, k, 1], scale = 2.0 * new / half, -scale * new, new
        self.hessians.programs.settle(self._recur(plan, degree, x, y))

    def moments(self, x: Any, y: Any, count: int) -> FloatArray:
        """(samples, count, w) x·T_k(M̃)·x, M̃ = 2 M/largest − 1, two moments a product. x and y, zeros, do not outlive it."""
        half = 0.5 * self.largest
        found = np.zeros((len(half), count, x.shape[2]))
        self._step(1.0 / half, 0.0 * half, half, x, y)
        found[:, 1], found[:, 0] = self.hessians.products(y, x)
        for k in range(2, count, 2):
            self._step(2.0 / half, 0.0 * half - 1.0, half, y, x)
            mixed, same = self.hessians.products(x, y)
            found[:, k] = 2.0 * same - found[:, 0]
            found[:, k + 1 : k + 2] = (2.0 * mixed - found[:, 1])[:, None]
            x, y = y, x
        return found

    def _upper_bounds(self) -> FloatArray:
        """Upper bounds of the spectra: the largest Ritz value of a few Lanczos steps plus the norm of the rest."""
        on, samples = self.hessians, self.hessians.n_samples
        begin = [np.random.default_rng(3).normal(size=(1, n, 3)) for n in on.sizes]
        x = on.put([b / np.linalg.norm(b) for b in begin])
        old, one, beta = on.zeros(*x.shape), np.ones((samples, x.shape[2])), np.zeros(samples)
        diagonal, beside = np.zeros((samples, BOUND_STEPS)), np.zeros((samples, BOUND_STEPS))
        for k in range(BOUND_STEPS):
            self._step(np.ones(samples), -beta, np.zeros(samples), x, old)
            along, _ = on.products(x, old)
            on.combine(one, along, x, old)
            length = np.sqrt(on.products(x, old)[1])
            on.combine(np.divide(1.0, length, out=np.zeros_like(length), where=length > 0.0), 0.0 * one, x, old)
            diagonal[:, k], beside[:, k] = along[:, 0], length[:, 0]
            x, old, beta = old, x, beside[:, k]
        return np.array([_largest_ritz(a, b) + b[-1] for a, b in zip(diagonal, beside, strict=True)])

    def _step(self, gain: FloatArray, keep: FloatArray, centre: FloatArray, x: Any, old: Any) -> None:
        """old ← gain (M x − centre x) + keep old; each number (samples,)."""
        self._recur(np.stack([gain, keep, centre], axis=-1)[:, None], np.ones(len(gain), dtype=np.int64), x, old)

    def _recur(self, plan: FloatArray, degree: IntArray, x: Any, y: Any) -> RecurrenceView:
        """The steps of a plan (samples, steps, 3), first from x to y; the last may stand in either."""
        on, put = self.hessians, self.hessians.machine.put
        done = put(np.zeros(len(degree), dtype=np.int64))
        view = RecurrenceView(on.layout, x.shape[2], on.on_springs, put(plan), put(degree), done, x, y)
        on.until_stopped(on.programs.filter, view)
        return view


class ChebyshevOperator:
    """Polynomials of the M of one glass, applied to rows of vectors here, (m, 3 n)."""

    def __init__(self, hessian: Hessian) -> None:
        self._on, self.n = ChebyshevOperators(hessian.alone), hessian.pairs.n_particles
        self.largest = float(self._on.largest[0])

    def filter(self, rows: FloatArray, cut: float, degree: int) -> FloatArray:
        """T_degree of rows, as ChebyshevOperators.filter has it."""
        on, found = self._on.hessians, np.empty_like(rows)
        for first in range(0, len(rows), on.lanes.number):
            some = rows[first : first + on.lanes.number].reshape(-1, self.n, 3)
            x = on.put([some])
            self._on.filter(x, on.zeros(*x.shape), np.array([cut]), np.array([degree]))
            found[first : first + len(some)] = on.get(x, len(some))[0].reshape(len(some), -1)
        return found

    def moments(self, rows: FloatArray, count: int) -> FloatArray:
        """(count,) ⟨v·T_k(M̃)·v⟩ summed over rows, M̃ = 2 M/largest − 1; two moments a product."""
        on, total = self._on.hessians, np.zeros(count)
        for first in range(0, len(rows), on.lanes.number):
            x = on.put([rows[first : first + on.lanes.number].reshape(-1, self.n, 3)])
            total += self._on.moments(x, on.zeros(*x.shape), count).sum(axis=(0, 2))
        return total


def _largest_ritz(diagonal: FloatArray, beside: FloatArray) -> float:
    matrix = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
    return float(np.linalg.eigvalsh(matrix)[-1])
