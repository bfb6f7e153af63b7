"""Fractional coordinates as 64-bit integers in units of 2^-64, and back: differences are exact, and wrap by themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TICKS = 2.0**64  # in one period


def to_ticks(fractions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Fractional coordinates as ticks, exact to their last bit. fractions: any shape, taken into [0, 1)."""
    inside = fractions - np.floor(fractions)
    inside = np.where(inside < 1.0, inside, 0.0)  # −1e-17 − floor(−1e-17) rounds to 1
    return (inside * TICKS).astype(np.uint64).view(np.int64)


def from_ticks(ticks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fractional coordinates in [0, 1)."""
    fractions = np.ascontiguousarray(ticks).view(np.uint64).astype(np.float64) / TICKS
    return np.where(fractions < 1.0, fractions, 0.0)
