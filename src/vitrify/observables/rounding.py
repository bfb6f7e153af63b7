"""Effect of digits that a file left out: rounded positions are not at mechanical equilibrium."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from vitrify.statics import Hessian, Pairs

MOST = 12  # decimal digits that are looked for: beyond it doubles themselves are as coarse
ROUNDED = 0.4  # part of the coordinates: a box about the origin leaves half of them, the others were moved by its edge
SAME = 1e-13  # relative difference that a change of units leaves; single precision is off by 3e-8 elsewhere
NEAR = 0.01  # in units of the last digit: by chance one coordinate in fifty is as near


def decimal_digits(positions: NDArray[np.float64]) -> int | None:
    """Number of decimal digits to which positions were rounded, or None where they were not. positions: (n, 3)"""
    for digits in range(1, MOST + 1):
        scaled = positions * 10.0**digits
        if np.mean(np.abs(scaled - np.rint(scaled)) < NEAR) > ROUNDED:
            return digits
    return None


def is_single_precision(positions: NDArray[np.float64]) -> bool:
    """Tell whether positions were stored in four bytes each. positions: (n, 3)"""
    away = np.abs(positions.astype(np.float32) - positions)
    return bool(np.mean(away <= SAME * np.abs(positions)) > ROUNDED)


def force_of_rounding(pairs: Pairs, step: float) -> float:
    """Largest force component that positions rounded to multiples of `step` (λ) can cause, in ε/λ.

    It is √3 step Σ_j max(|φ''|, |φ'/r|) of the stiffest particle."""
    return float(np.sqrt(3.0) * step * _stiffness(pairs).max(initial=0.0))


def expected_force(pairs: Pairs, step: float) -> float:
    """Largest force component that positions rounded to multiples of `step` (λ) leave most likely, in ε/λ.

    Each coordinate is off by step/√12 in the mean square, so that a component has the variance (step²/12) Σ M², over a row
    of the Hessian; of n Gaussian numbers the largest is √(2 ln n) times as large."""
    t, k = pairs.springs.tension[:, None], pairs.springs.stiffness[:, None]
    d = pairs.dimension
    towards = pairs.r_pd[:, :d] ** 2
    own = Hessian(pairs).diagonal[:, :d, :d]
    others = t**2 + (2.0 * t * k + k**2 * pairs.distance[:, None] ** 2) * towards  # Σ over a row of t 1 + k r⊗r
    squares = np.sum(own**2, axis=2) + pairs.sum_to_particles(others)
    return float(step / sqrt(12.0) * sqrt(squares.mean() * 2.0 * log(squares.size))) if squares.size > 1 else 0.0


def lost_digits(pairs: Pairs, max_force: float, unit: float = 1.0) -> tuple[str, float] | None:
    """Description of how the positions were rounded, as a part of a sentence, and the step between rounded numbers in the
    file's unit, where that alone can cause such a force; else None. unit: λ in the file's unit of length."""
    positions = pairs.positions * unit
    if digits := decimal_digits(positions):
        said, step = _in_words(digits), 10.0**-digits
    elif is_single_precision(positions):
        said, step = "single precision", float(positions.max()) * 2.0**-23
    elif digits := decimal_digits(pairs.cell.fractions(pairs.positions)):
        longest = float(np.linalg.norm(pairs.cell.matrix, axis=1).max())
        said, step = f"{_in_words(digits)} as fractions of the box", 10.0**-digits * longest * unit
    else:
        return None
    return (said, step) if max_force <= force_of_rounding(pairs, step / unit) else None


def _in_words(digits: int) -> str:
    return f"{digits} decimal digit{'s' if digits > 1 else ''}"


def _stiffness(pairs: Pairs) -> NDArray[np.float64]:
    """Σ_j max(|φ''|, |φ'/r|) of each particle, (n, 1)."""
    across = pairs.springs.tension  # φ'/r
    along = across + pairs.springs.stiffness * pairs.distance**2  # φ''
    return pairs.sum_to_particles(np.maximum(np.abs(along), np.abs(across))[:, None])
