"""Numbers as people and files give them: what is taken for one, and how it is written."""

from __future__ import annotations

import re
from math import isfinite
from numbers import Real

from vitrify.options import builtin_of

# a decimal number in ASCII; float() would take 2_2.0, ٣, nan and Infinity as well
DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def finite_number(value: object) -> float | None:
    """A real number, of Python or NumPy, as a float; None for all else: truth values, texts, arrays, NaN, infinity."""
    number = builtin_of(value)
    if isinstance(number, bool) or not isinstance(number, Real):
        return None
    try:
        number = float(number)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return number if isfinite(number) else None


def shortest(number: float) -> str:
    """The shortest text that reads back as this number: 1, 0.88, 1e-07."""
    return repr(float(number)).removesuffix(".0")
