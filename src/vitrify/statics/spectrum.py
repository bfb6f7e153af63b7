"""The density of all eigenvalues of M: exactly for small glasses, by the kernel polynomial method for large ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vitrify import seeds
from vitrify.short_forms import ShortForm

from .chebyshev import ChebyshevOperator
from .hessian import Hessian

FloatArray = NDArray[np.float64]


def dense_eigenvalues(hessian: Hessian) -> FloatArray:
    """All eigenvalues (d n,), ascending, in ε/λ²/m."""
    return np.asarray(np.linalg.eigvalsh(hessian.matrix().toarray()))


@dataclass(frozen=True, slots=True, repr=False)
class SpectralDensity(ShortForm):
    """Kernel polynomial estimate of the density of eigenvalues (Jackson kernel, random vectors)."""

    UNITS: ClassVar[Mapping[str, str]] = {"largest": "ε/λ²"}

    moments: FloatArray  # moments per eigenvalue: the first is 1
    largest: float  # upper end of the spectrum
    n_vectors: int
    dimension: int = 3

    def resolution(self, eigenvalue: FloatArray | float) -> FloatArray:
        """Width (standard deviation) of the kernel at an eigenvalue: π/n · √(λ(Λ − λ)), and about π²/4n² Λ at the ends."""
        x = np.asarray(eigenvalue) / self.largest
        n = len(self.moments)
        return np.asarray(self.largest * np.sqrt((np.pi / n) ** 2 * x * (1 - x) + (np.pi / n) ** 4 / 8))

    def cumulative(self, eigenvalue: FloatArray | float) -> FloatArray:
        """Fraction of eigenvalues below a value."""
        angle = np.arccos(np.clip(2.0 * np.asarray(eigenvalue, dtype=float) / self.largest - 1.0, -1.0, 1.0))
        k = np.arange(1, len(self.moments))
        weights = 2.0 * (_jackson(len(self.moments)) * self.moments)[1:] / k
        return np.asarray(1.0 - (angle + np.sin(np.multiply.outer(angle, k)) @ weights) / np.pi)

    def frequency_density(self, points: int = 2048) -> tuple[FloatArray, FloatArray]:
        """ω and D(ω) per particle (d degrees of freedom each), Eq. (A9)."""
        coefficients = np.zeros(points)
        coefficients[: len(self.moments)] = _jackson(len(self.moments)) * self.moments
        angle = np.pi * (np.arange(points) + 0.5) / points
        values = fft.dct(coefficients, type=3)  # Σ_k (2 − δ_k0) g_k μ_k cos kθ
        eigenvalue = 0.5 * self.largest * (np.cos(angle) + 1.0)
        density = values / (np.pi * np.sin(angle)) * (2.0 / self.largest)
        omega = np.sqrt(eigenvalue)
        return omega[::-1], (self.dimension * density * 2.0 * omega)[::-1]


def spectral_density(
    operator: ChebyshevOperator, *, n_moments: int = 512, n_vectors: int = 8, seed: int = seeds.SPECTRAL_DENSITY
) -> SpectralDensity:
    """Moments of the spectrum from products alone. n_vectors: number of random ±1 vectors, taken eight at a time."""
    rows = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_vectors, operator.d * operator.n))
    return SpectralDensity(operator.moments(rows, n_moments) / rows.size, operator.largest, n_vectors, operator.d)


def _jackson(n: int) -> FloatArray:
    """Damping that keeps the estimate positive and without ringing."""
    k = np.arange(n)
    q = np.pi / (n + 1)
    return np.asarray(((n - k + 1) * np.cos(q * k) + np.sin(q * k) / np.tan(q)) / (n + 1))
