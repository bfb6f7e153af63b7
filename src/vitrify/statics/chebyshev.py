"""Chebyshev polynomials of the Hessian: the range of its spectrum, filters of its low end, moments of its density."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.kernels.chebyshev import step_of
from vitrify.kernels.hessian_product import COLUMNS, product_of

from .pairs import Pairs

FloatArray = NDArray[np.float64]
BOUND_STEPS = 16


class ChebyshevOperator:
    """Applies polynomials of M to blocks of vectors (m, d n)."""

    def __init__(self, pairs: Pairs) -> None:
        self.n, self.d = pairs.n_particles, pairs.dimension
        self._arrays = (pairs.start, pairs.target, pairs.r_pd, np.ascontiguousarray(pairs.terms[1]),
                        np.ascontiguousarray(pairs.terms[2]))  # fmt: skip
        self.largest = self._upper_bound()

    def filter(self, rows: FloatArray, cut: float, degree: int) -> FloatArray:
        """T_degree of the map from [cut, largest] to [−1, 1], scaled to 1 at zero: small above the cut, large below."""
        half, centre = 0.5 * (self.largest - cut), 0.5 * (self.largest + cut)
        found = np.empty_like(rows)
        for first in range(0, len(rows), COLUMNS):
            x = self._packed(rows[first : first + COLUMNS])
            y = np.zeros_like(x)
            first_scale = scale = -half / centre
            self._step(centre, first_scale / half, 0.0, x, y)
            for _ in range(degree - 1):
                new = 1.0 / (2.0 / first_scale - scale)
                self._step(centre, 2.0 * new / half, -scale * new, y, x)
                x, y, scale = y, x, new
            found[first : first + COLUMNS] = self._unpacked(y)[: len(rows) - first]
        return found

    def moments(self, rows: FloatArray, count: int) -> FloatArray:
        """(count,) ⟨v·T_k(M̃)·v⟩ summed over rows, M̃ = 2 M/largest − 1; two moments a product."""
        total = np.zeros(count)
        half = centre = 0.5 * self.largest
        for first in range(0, len(rows), COLUMNS):
            v = self._packed(rows[first : first + COLUMNS])
            x, y = v.copy(), np.zeros_like(v)
            self._step(centre, 1.0 / half, 0.0, x, y)
            start, one = float(np.vdot(v, v)), float(np.vdot(v, y))
            total[:2] += (start, one)
            for k in range(1, (count + 1) // 2):
                total[2 * k] += 2.0 * float(np.vdot(y, y)) - start
                self._step(centre, 2.0 / half, -1.0, y, x)
                x, y = y, x
                if 2 * k + 1 < count:
                    total[2 * k + 1] += 2.0 * float(np.vdot(y, x)) - one
        return total

    def _upper_bound(self) -> float:
        """An upper bound of the spectrum: the largest Ritz value of a few Lanczos steps plus the norm of the rest."""
        x = self._packed(np.random.default_rng(3).normal(size=(1, self.d * self.n)))
        x /= np.linalg.norm(x)
        old, beta = np.zeros_like(x), 0.0
        diagonal, beside = [], []
        for _ in range(min(BOUND_STEPS, self.d * self.n)):
            self._step(0.0, 1.0, -beta, x, old)
            diagonal.append(float(np.vdot(x, old)))
            old -= diagonal[-1] * x
            beta = float(np.linalg.norm(old))
            beside.append(beta)
            if beta == 0.0:
                break
            old /= beta
            x, old = old, x
        ritz = np.linalg.eigvalsh(np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1))
        return float(ritz[-1] + beside[-1])

    def _step(self, centre: float, gain: float, keep: float, x: FloatArray, old: FloatArray) -> None:
        _compiled()(*self._arrays, centre, gain, keep, x, old)

    def _packed(self, rows: FloatArray) -> FloatArray:
        packed = np.zeros((self.n, 3, COLUMNS))
        packed[:, : self.d, : len(rows)] = rows.reshape(-1, self.n, self.d).transpose(1, 2, 0)
        return packed

    def _unpacked(self, packed: FloatArray) -> FloatArray:
        return np.ascontiguousarray(packed[:, : self.d].transpose(2, 0, 1)).reshape(COLUMNS, -1)


@cache
def _compiled() -> Any:
    cpu = backend()
    return cpu.compile(step_of(cpu.inline(product_of())))
