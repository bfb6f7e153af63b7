"""What digits that a file left out do to a glass: rounded positions are not at mechanical equilibrium."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vitrify.statics import Pairs

MOST = 12  # decimal digits that are looked for: beyond it doubles themselves are as coarse
ROUNDED = 0.4  # of the coordinates: a box about the origin leaves half of them, the others were moved by its edge
NEAR = 0.01  # of the last digit: by chance one coordinate in fifty is as near


def decimal_digits(positions: NDArray[np.float64]) -> int | None:
    """Decimal digits to which positions were rounded; None where they were not. positions: (n, 3)"""
    for digits in range(1, MOST + 1):
        scaled = positions * 10.0**digits
        if np.mean(np.abs(scaled - np.rint(scaled)) < NEAR) > ROUNDED:
            return digits
    return None


def is_single_precision(positions: NDArray[np.float64]) -> bool:
    """Were positions held in four bytes each? positions: (n, 3)"""
    return bool(np.mean(positions.astype(np.float32) == positions) > ROUNDED)


def force_of_rounding(pairs: Pairs, step: float) -> float:
    """Largest force component that positions rounded to multiples of `step` (λ) can leave, in ε/λ.

    √3 step Σ_j max(|φ''|, |φ'/r|) of the stiffest particle."""
    across = pairs.springs.tension  # φ'/r
    along = across + pairs.springs.stiffness * pairs.distance**2  # φ''
    stiffness = pairs.sum_to_particles(np.maximum(np.abs(along), np.abs(across))[:, None])
    return float(np.sqrt(3.0) * step * stiffness.max(initial=0.0))


def lost_digits(pairs: Pairs, max_force: float) -> str:
    """How the positions were rounded, as a part of a sentence, where that alone can leave such a force; else empty."""
    if digits := decimal_digits(pairs.positions):
        said, step = f"{digits} decimal digit{'s' if digits > 1 else ''}", 10.0**-digits
    elif is_single_precision(pairs.positions):
        said, step = "single precision", float(pairs.positions.max()) * 2.0**-23
    else:
        return ""
    return said if max_force <= force_of_rounding(pairs, step) else ""
