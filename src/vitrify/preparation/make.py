"""One glass: random start, liquid at the parent temperature, instantaneous quench."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from vitrify.batch import Batch
from vitrify.errors import check
from vitrify.glass import Glass
from vitrify.model import Model

from .liquid import melt
from .quench import MINIMISERS, quench
from .start import random_start


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


def make_glass(
    model: Model,
    *,
    n_particles: int,
    density: float,
    parent_temperature: float,
    rng: np.random.Generator,
    recipe: Recipe | None = None,
) -> Glass:
    """A glass quenched from the liquid at this parent temperature, Sect. II B. Deterministic in rng.

    parent_temperature: in ε/k_B; density: N/V in λ⁻³. The provenance holds what was done: steps, mean squared displacement,
    force evaluations. Raises UsageError for a box below twice the cutoff, SampleFailure where a stage fails."""
    recipe = recipe or Recipe()
    check(parent_temperature > 0, "glass", "parent_temperature", parent_temperature, "positive")
    started = time.perf_counter()
    batch = random_start(model, n_particles=n_particles, density=density, rng=rng)
    liquid = melt(batch, 0, temperature=parent_temperature, melt_msd=recipe.melt_msd, rng=rng)
    melted = time.perf_counter()
    quenched = quench(batch, 0, minimiser=recipe.minimiser, force_tolerance=recipe.force_tolerance)
    return batch.glass(
        0,
        parent_temperature=float(parent_temperature),
        liquid_temperature=liquid.temperature,
        liquid_steps=liquid.steps,
        time_step=liquid.time_step,
        msd_over_a0_squared=liquid.msd_over_a0_squared,
        minimiser=recipe.minimiser,
        force_evaluations=quenched.force_evaluations,
        quench_max_force=quenched.max_force,
        seconds_liquid=melted - started,
        seconds=time.perf_counter() - started,
    )


def quench_glass(glass: Glass, *, recipe: Recipe | None = None) -> Glass:
    """The inherent state of a configuration; keeps its provenance. Raises SampleFailure where the minimiser fails."""
    recipe = recipe or Recipe()
    batch = Batch(glass.model, [glass.box], [glass.positions], [glass.species])
    done = quench(batch, 0, minimiser=recipe.minimiser, force_tolerance=recipe.force_tolerance)
    return batch.glass(
        0, **{**glass.provenance, "minimiser": recipe.minimiser, "force_evaluations": done.force_evaluations}
    )
