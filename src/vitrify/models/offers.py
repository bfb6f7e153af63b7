"""Members that a potential must offer, each asked for with one sentence where it is not there."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, nan
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, shown, wrong

from .potential import CodeNotRunError
from .potentials import Potential, Radial

LONGEST = 80  # characters of what a user's code says, in a sentence of ours
NEAREST, LOOKED_AT = 1e-4, 128  # from which part of the cutoff on, and at how many distances an energy is looked for
CUTOFFS = (0.01, 1000.0)  # in λ; beyond them no box holds the glass, or no particle meets another


def name_of(potential: object) -> str:
    """A potential in a sentence."""
    return f"potential {potential.__name__ if isinstance(potential, type) else type(potential).__name__}"


def radial_of(potential: Potential) -> Radial:
    """The plain function of derivatives(). Raises UsageError for what a backend could not take."""
    radial: Radial = _plain(potential, "derivatives", _asked(potential, "derivatives"))
    return radial


def numbers_of(potential: Potential) -> tuple[float, ...]:
    """The coefficients. Raises UsageError unless all are finite numbers."""
    numbers = _asked(potential, "numbers")
    try:
        found = tuple(float(x) for x in numbers)
    except (TypeError, ValueError):
        found = (nan,)
    if not all(map(isfinite, found)):
        raise UsageError(f"{name_of(potential)}: numbers() returns {shown(numbers)}, must be a tuple of finite numbers")
    return found


def number_array(potential: Potential) -> NDArray[np.float64]:
    """The coefficients as a kernel takes them; those that a family keeps as an array that nobody changes, as they stand."""
    numbers = _asked(potential, "numbers")
    if isinstance(numbers, np.ndarray) and numbers.dtype == np.float64 and not numbers.flags.writeable:
        return numbers
    return np.array(numbers_of(potential))


def cutoff_of(potential: Potential) -> float:
    """The cutoff. Raises UsageError unless it is there, and a length that a box can hold."""
    name, (shortest, longest) = name_of(potential), CUTOFFS
    _require_potential(potential)
    try:
        cutoff = potential.cutoff
    except CodeNotRunError:
        raise
    except Exception as error:
        missing = not hasattr(type(potential), "cutoff")
        why = "no cutoff" if missing else f"a cutoff that raises {told(error)}"
        raise UsageError(f"{name} has {why}; write a field of that name, such as cutoff: float = 2.5, in λ") from None
    number = isinstance(cutoff, int | float | np.floating) and not isinstance(cutoff, bool)
    if not number or not shortest <= cutoff <= longest:
        raise wrong(name, "cutoff", cutoff, f"a number of λ from {shortest:g} to {longest:g}")
    return float(cutoff)


def require_energy(potential: Potential) -> None:
    """Raise UsageError for a pair potential that is zero because its coefficients are: mostly a family without numbers(),
    whose derivatives() take some."""
    if _asked(potential, "many_body") is not None:
        return
    radial, numbers, cutoff = radial_of(potential), numbers_of(potential), cutoff_of(potential)
    if any(numbers):
        return
    r = np.geomspace(NEAREST * cutoff, 0.99 * cutoff, LOOKED_AT).tolist()
    if _is_zero(radial, r, numbers) and not _is_zero(radial, r, tuple(1.0 for _ in numbers)):
        raise UsageError(
            f"{name_of(potential)} is zero at all distances, because numbers() gives derivatives() the coefficients "
            f"{shown(potential.numbers())}; write a numbers() that returns those that you mean"
        )


def _is_zero(radial: Radial, r: list[float], numbers: tuple[float, ...]) -> bool:
    """Whether a potential and its slope are zero at all these distances; not where its code fails, which is told by those
    who need its values."""
    try:
        with np.errstate(all="ignore"):
            return all(x == 0.0 for one in r for x in radial(one * one, numbers)[:2])
    except Exception:  # of code that is not ours
        return False


def liquid_slope_of(potential: Potential) -> Callable[[Any, Any], Any] | None:
    """The plain function of liquid_slope(), if there is one. Raises UsageError for what a backend could not take."""
    slope = _asked(potential, "liquid_slope")
    return None if slope is None else _plain(potential, "liquid_slope", slope)


def _require_potential(potential: object) -> None:
    name = name_of(potential)
    if isinstance(potential, type):
        raise UsageError(f"{name} is a class, but must be an instance of it, such as {potential.__name__}()")
    if not isinstance(potential, Potential):
        raise UsageError(f"{name} is not derived from vitrify.Potential, which it must be")


def _plain(potential: Potential, method: str, function: Any) -> Any:
    """The plain function behind what a method returned: what was compiled already is compiled again, with our options."""
    function = getattr(function, "py_func", function)
    if not isinstance(function, FunctionType):
        kind = type(function).__name__
        raise UsageError(f"{name_of(potential)}: {method}() returns a {kind}, must be a plain function of (u, numbers)")
    return function


def _asked(potential: Potential, method: str) -> Any:
    _require_potential(potential)
    try:
        return getattr(potential, method)()
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"{name_of(potential)}: {method}() raises {told(error)}") from None


def told(error: Exception) -> str:
    """An error of a user's own code in a sentence."""
    return f"{type(error).__name__} ({_one_line(str(error))})"


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) < LONGEST else f"{text[: LONGEST - 3]}..."
