"""Errors by resampling the ensemble."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds

from .estimate import Estimate

FloatArray = NDArray[np.float64]
RESAMPLES = 200  # the error of an error is then 5 %


def bootstrap(
    statistic: Callable[[FloatArray], float],
    samples: FloatArray,
    *,
    resamples: int = RESAMPLES,
    seed: int = seeds.RESAMPLING,
) -> Estimate:
    """A statistic of the samples. Its error is the scatter of the statistic over samples drawn with replacement.

    samples: (n, ...), drawn by row. The same seed gives the same error."""
    rng = np.random.default_rng(seed)
    n = len(samples)
    drawn = [statistic(samples[rng.integers(n, size=n)]) for _ in range(resamples)]
    return Estimate(statistic(samples), float(np.std(drawn, ddof=1)))


def ratio_of_means(above: FloatArray, below: FloatArray) -> Estimate:
    """⟨a⟩/⟨b⟩ of two quantities of the same samples, whose correlation the resampling keeps. above, below: (n,)."""
    return bootstrap(lambda x: float(x[:, 0].mean() / x[:, 1].mean()), np.column_stack([above, below]))
