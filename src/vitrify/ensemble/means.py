"""Means over an ensemble."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .estimate import UNKNOWN, Estimate


def mean(samples: ArrayLike) -> Estimate:
    """Mean with its standard error s/√n; it is unknown without samples, and has no error for one sample. samples: (n,), any
    unit."""
    values = np.asarray(samples, dtype=float)
    if values.size == 0:
        return UNKNOWN
    error = float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan")
    return Estimate(float(values.mean()), error)
