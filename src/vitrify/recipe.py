"""How a liquid becomes a glass: what may be chosen. It imports nothing that computes, so that a study is read at once."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from vitrify.errors import check

MINIMISERS = ("cg", "fire")
LEAST_STEPS = 2000  # of a liquid, so that the heat of the start is gone even where particles run fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a liquid becomes a glass."""

    minimiser: str = "cg"  # or "fire"
    force_tolerance: float = 1e-10  # largest |component| after the quench, in units of min(1 ε/λ, mean |pair force|)
    melt_msd: float = 10.0  # mean squared displacement after which the liquid has forgotten its start, in a0²

    def __post_init__(self) -> None:
        known = " or ".join(map(repr, MINIMISERS))
        check(self.minimiser in MINIMISERS, "recipe", "minimiser", self.minimiser, known)
        _check_between("force_tolerance", self.force_tolerance, 0.0, 1e-3, "between 0 and 1e-3")
        _check_between("melt_msd", self.melt_msd, 1.0, 1e6, "at least 1 and below 1e6 (in a0²)")


def recipe_of(given: Recipe | None) -> Recipe:
    """The recipe that is given, or the default one. Raises UsageError for what is none."""
    check(isinstance(given, Recipe | None), "glass", "recipe", given, 'a vitrify.Recipe, such as Recipe(minimiser="fire")')
    return given or Recipe()


def _check_between(name: str, value: object, least: float, most: float, may_be: str) -> None:
    """Raise UsageError unless it is a positive number from `least` to below `most`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    check(number and value > 0 and least <= value < most, "recipe", name, value, may_be)  # type: ignore[operator]
