"""Checks of what a person asks of a glass: whole numbers that are whole, numbers that are numbers."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from vitrify.errors import check, wrong

HOTTEST = 1e9  # ε/k_B
LARGEST_SEED = 2**63 - 1
NO_NUMBERS = (bool, np.bool_, str, bytes, np.ndarray)  # though int() or float() would take them


def size_of(n_particles: Any, density: Any) -> tuple[int, float]:
    """N as an int and N/V as a float; their bounds are the model's. Raises UsageError."""
    return whole("n_particles", n_particles, "a whole number"), number("density", density, "a positive number, in λ⁻³")


def dimension_of(dimension: Any) -> int:
    """The dimension as an int, 2 or 3. Raises UsageError."""
    may_be = "2 or 3"
    value = whole("dimension", dimension, may_be)
    check(value in (2, 3), "glass", "dimension", value, may_be)
    return value


def temperature_of(parent_temperature: Any) -> float:
    """T as a float. Raises UsageError."""
    may_be = f"a positive number below {HOTTEST:g}, in ε/k_B"
    value = number("parent_temperature", parent_temperature, may_be)
    check(0.0 < value < HOTTEST, "glass", "parent_temperature", value, may_be)
    return value


def seed_of(seed: Any) -> int:
    """The seed as an int. Raises UsageError."""
    may_be = "a whole number from 0 to 2^63 − 1"
    value = whole("seed", seed, may_be)
    if not 0 <= value <= LARGEST_SEED:
        raise wrong("glass", "seed", seed, may_be)
    return value


def whole(name: str, value: Any, may_be: str) -> int:
    """A whole number of any kind, NumPy's too, but no truth value and no text. Raises UsageError."""
    try:
        if isinstance(value, NO_NUMBERS):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise wrong("glass", name, value, may_be) from None


def number(name: str, value: Any, may_be: str) -> float:
    """A number of any kind, NumPy's too, but no truth value and no text. Raises UsageError."""
    try:
        if isinstance(value, NO_NUMBERS):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise wrong("glass", name, value, may_be) from None
