"""How a liquid becomes a glass: what may be chosen. It imports nothing that computes, so that a study is read at once."""

from __future__ import annotations

from dataclasses import dataclass

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
        check(
            0 < self.force_tolerance < 1e-3,
            "recipe",
            "force_tolerance",
            self.force_tolerance,
            "between 0 and 1e-3",
        )
        check(1.0 <= self.melt_msd < 1e6, "recipe", "melt_msd", self.melt_msd, "at least 1 (in a0²)")
