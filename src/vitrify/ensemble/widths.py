"""Widths of distributions over an ensemble, and correlations between quantities, each with its error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from .bootstrap import bootstrap
from .estimate import UNKNOWN, Estimate

FloatArray = NDArray[np.float64]
LEAST_SAMPLES = 4  # fewer give no width worth an error
PART_SPANNED = 0.95  # part of the samples


def standard_deviation(samples: ArrayLike) -> Estimate:
    """s = √(Σ(x − ⟨x⟩)²/(n − 1)) with its error by bootstrap. samples: (n,); unknown for fewer than LEAST_SAMPLES."""
    x = np.asarray(samples, dtype=float)
    return UNKNOWN if len(x) < LEAST_SAMPLES else bootstrap(lambda y: float(y.std(ddof=1)), x)


def relative_width(samples: ArrayLike) -> Estimate:
    """s/|⟨x⟩| with its error by bootstrap. samples: (n,); unknown for fewer than LEAST_SAMPLES, or where all are zero."""
    x = np.asarray(samples, dtype=float)
    if len(x) < LEAST_SAMPLES or not np.any(x):
        return UNKNOWN
    return bootstrap(lambda y: float(y.std(ddof=1) / abs(y.mean())), x)


def correlation(first: ArrayLike, second: ArrayLike) -> Estimate:
    """Pearson's r of two quantities of the same samples with its error by bootstrap; unknown where one does not vary.

    first, second: (n,); unknown for fewer than LEAST_SAMPLES."""
    both = np.column_stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    if len(both) < LEAST_SAMPLES or not both.std(axis=0).all():
        return UNKNOWN
    return bootstrap(_pearson, both)


def decades_spanned(samples: ArrayLike, part: float = PART_SPANNED) -> Estimate:
    """log10 of the ratio of the two quantiles between which `part` of positive samples lie; unknown for too few of them.

    The ratio of the largest to the smallest would not do: it grows with n without end, and no resampling gives its error.
    The quantiles are Hazen's, whose bias is below a fifth of the error from n = 50 on (that of the usual ones is half of
    it). The error is the bootstrap's of Harrell and Davis' quantiles: resampled single values jump, and overstate it by a
    sixth."""
    x = np.asarray(samples, dtype=float)
    beyond = 0.5 * (1.0 - part)
    if len(x) * beyond < 1.0 or not np.all(x > 0):
        return UNKNOWN
    logs = np.log10(x)
    low, high = np.quantile(logs, (beyond, 1.0 - beyond), method="hazen")
    weights = _quantile_weights(len(x), 1.0 - beyond) - _quantile_weights(len(x), beyond)
    return Estimate(float(high - low), bootstrap(lambda y: float(weights @ np.sort(y)), logs).error)


def _quantile_weights(n: int, level: float) -> FloatArray:
    """Weights of the sorted samples in Harrell and Davis' estimate of a quantile: steps of the distribution Beta((n + 1)p,
    (n + 1)(1 − p))."""
    return np.diff(betainc((n + 1) * level, (n + 1) * (1.0 - level), np.arange(n + 1) / n))


def _pearson(both: FloatArray) -> float:
    x, y = (both - both.mean(axis=0)).T
    size = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size > 0 else 0.0
