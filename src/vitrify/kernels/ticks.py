"""Positions as 64-bit integers in units of L/2^64, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TICKS = 2.0**64  # in one box edge


def to_ticks(positions: NDArray[np.float64], box: float) -> NDArray[np.int64]:
    """Positions as ticks; exact to the last bit of x/L. positions: any shape, in units of length."""
    fraction = np.asarray(positions, dtype=np.float64) / box
    fraction = fraction - np.floor(fraction)
    fraction = np.where(fraction < 1.0, fraction, 0.0)  # −1e-17 − floor(−1e-17) rounds to 1
    return (fraction * TICKS).astype(np.uint64).view(np.int64)


def from_ticks(ticks: NDArray[np.int64], box: float) -> NDArray[np.float64]:
    """Positions in [0, box)."""
    positions: Any = ticks.view(np.uint64).astype(np.float64) * (box / TICKS)
    return np.where(positions < box, positions, 0.0)
