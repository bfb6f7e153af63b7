"""Chebyshev polynomials of the Hessian: the range of its spectrum, filters of its low end, moments of its density."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds
from vitrify.kernels import lanczos
from vitrify.kernels.chebyshev import RecurrenceView

from .hessian import Hessian
from .hessians import Hessians

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BOUND_STEPS = 16
CONTRAST = 500.0  # contrast of a filter between zero and the cut: more would drown the modes near the cut in round-off
LEAST_DEGREE = 4


class ChebyshevOperators:
    """Polynomials of the M of several glasses, applied on their machine; x and y are vectors there."""

    def __init__(self, hessians: Hessians) -> None:
        self.hessians = hessians
        self.largest = self._upper_bounds()  # (samples,)

    def filter(self, x: Any, y: Any, cut: FloatArray, degree: IntArray | None = None) -> None:
        """x ← T_degree(x) of the map from [cut, largest] to [−1, 1], scaled to 1 at zero: small above the cut, large below.

        y: scratch. cut, degree: (samples,); the degree that gives CONTRAST unless given."""
        degree = self.degrees(cut) if degree is None else degree
        half, centre = 0.5 * (self.largest - cut), 0.5 * (self.largest + cut)
        plan = np.zeros((len(cut), int(degree.max()), 3))
        first = scale = -half / centre
        plan[:, 0, 0], plan[:, :, 2] = first / half, centre[:, None]
        for k in range(1, plan.shape[1]):
            new = 1.0 / (2.0 / first - scale)
            plan[:, k, 0], plan[:, k, 1], scale = 2.0 * new / half, -scale * new, new
        view = self._view(plan, degree, x, y)
        self.hessians.until_stopped(self.hessians.programs.filter, view)
        self.hessians.programs.settle(view)

    def degrees(self, cut: FloatArray) -> IntArray:
        """Degrees (samples,) of filters of enough contrast."""
        wanted = np.ceil(0.5 * np.log(CONTRAST) * np.sqrt(self.largest / cut))
        return np.asarray(np.maximum(wanted, LEAST_DEGREE), dtype=np.int64)

    def moments(self, x: Any, y: Any, count: int) -> FloatArray:
        """Moments (samples, count, w) x·T_k(M̃)·x, with M̃ = 2 M/largest − 1 and two moments per product. x and y, zeros,
        are overwritten."""
        on, half, steps = self.hessians, 0.5 * self.largest, count // 2
        plan = np.empty((on.n_samples, steps, 3))
        plan[:, 0], plan[:, 1:] = (
            np.stack([1.0 / half, 0.0 * half, half], 1),
            np.stack([2.0 / half, 0.0 * half - 1.0, half], 1)[:, None],
        )
        start = on.products(x, x)[1]
        view = self._view(plan, np.full(on.n_samples, steps), x, y, on.zeros(on.n_samples, 2 * steps, x.shape[2]))
        on.until_stopped(on.programs.moments, view)
        mixed, same = np.moveaxis(on.machine.get(view.sums).reshape(on.n_samples, steps, 2, -1), 2, 0)
        found = np.empty((on.n_samples, 2 * steps + 1, x.shape[2]))
        found[:, 0], found[:, 1] = start, mixed[:, 0]
        found[:, 3::2], found[:, 2::2] = 2.0 * mixed[:, 1:] - mixed[:, :1], 2.0 * same - start[:, None]
        return found[:, :count]

    def _upper_bounds(self) -> FloatArray:
        """Upper bounds of the spectra: the largest Ritz value of a few Lanczos steps plus the norm of the rest."""
        on, samples = self.hessians, self.hessians.n_samples
        x = on.put([b / np.linalg.norm(b) for b in on.random(1, seeds.SPECTRUM_BOUNDS)])
        w, state = x.shape[2], np.zeros((samples, lanczos.ROWS, x.shape[2]))
        state[:, lanczos.G] = 1.0
        alpha, beta = (on.zeros(samples, BOUND_STEPS, w) for _ in range(2))
        y, on_state, scratch = on.zeros(*x.shape), on.machine.put(state), on.scratch(1, w)
        view = lanczos.LanczosView(on.layout, w, on.on_springs, x, y, on_state, scratch, alpha, beta, on.counters())
        on.until_stopped(on.programs.lanczos, view)
        diagonal, beside = (on.machine.get(x)[:, :, 0] for x in (alpha, beta))
        return np.array([_largest_ritz(a, b) + b[-1] for a, b in zip(diagonal, beside, strict=True)])

    def _view(self, plan: FloatArray, degree: IntArray, x: Any, y: Any, sums: Any = None) -> RecurrenceView:
        """The steps of a plan (samples, steps, 3), of which the first goes from x to y; the last may end in either."""
        on, put, w = self.hessians, self.hessians.machine.put, x.shape[2]
        scratch = on.scratch(2, w)
        sums = scratch if sums is None else sums
        return RecurrenceView(on.layout, w, on.on_springs, put(plan), put(degree), on.counters(), x, y, scratch, sums)


class ChebyshevOperator:
    """Polynomials of the M of one glass, applied to rows of vectors here, (m, d n)."""

    def __init__(self, hessian: Hessian) -> None:
        self._on, self._pairs = ChebyshevOperators(hessian.alone), hessian.pairs
        self.n, self.d = hessian.pairs.n_particles, hessian.pairs.dimension
        self.largest = float(self._on.largest[0])

    def filter(self, rows: FloatArray, cut: float, degree: int) -> FloatArray:
        """T_degree of rows, as in ChebyshevOperators.filter."""
        on, found = self._on.hessians, np.empty_like(rows)
        for first in range(0, len(rows), on.lanes.number):
            some = self._pairs.in_space(rows[first : first + on.lanes.number])
            x = on.put([some])
            self._on.filter(x, on.zeros(*x.shape), np.array([cut]), np.array([degree]))
            found[first : first + len(some)] = self._pairs.flat(on.get(x, len(some))[0])
        return found

    def degree(self, cut: float) -> int:
        """Degree of a filter of enough contrast."""
        return int(self._on.degrees(np.array([cut]))[0])

    def moments(self, rows: FloatArray, count: int) -> FloatArray:
        """⟨v·T_k(M̃)·v⟩ (count,) summed over rows, with M̃ = 2 M/largest − 1 and two moments per product."""
        on, total = self._on.hessians, np.zeros(count)
        for first in range(0, len(rows), on.lanes.number):
            x = on.put([self._pairs.in_space(rows[first : first + on.lanes.number])])
            total += self._on.moments(x, on.zeros(*x.shape), count).sum(axis=(0, 2))
        return total


def _largest_ritz(diagonal: FloatArray, beside: FloatArray) -> float:
    matrix = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
    return float(np.linalg.eigvalsh(matrix)[-1])
