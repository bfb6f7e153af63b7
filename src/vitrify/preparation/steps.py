"""Samples in the making, as the steps of a recipe find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from vitrify.errors import check
from vitrify.recipe import Kept

from .liquid import cool, melt
from .quench import quench
from .samples import Samples
from .stages import Observer


@dataclass(slots=True)
class Preparing:
    """All samples of a batch between two steps. temperature: that of their liquids now, in ε/k_B."""

    samples: Samples
    temperature: float
    rngs: Sequence[np.random.Generator]
    progress: Observer | None = None

    def melt(self, msd: float) -> Kept:
        """The liquid at this temperature until its mean squared displacement is so large, in a0²."""
        found = melt(self.samples, temperature=self.temperature, melt_msd=msd, rngs=self.rngs, progress=self.progress)
        return {
            s: {
                "liquid_temperature": x.temperature,
                "liquid_steps": x.steps,
                "time_step": x.time_step,
                "msd_over_a0_squared": x.msd_over_a0_squared,
            }
            for s, x in found.items()
        }

    def cool(self, to: float, steps: int) -> Kept:
        """So many steps of molecular dynamics from this temperature evenly to another, which the liquids then have."""
        check(0 < to < inf, "cool", "to", to, "a positive temperature, in ε/k_B")
        check(steps > 0, "cool", "steps", steps, "a positive whole number")
        found = cool(self.samples, start=self.temperature, end=to, steps=steps, progress=self.progress)
        self.temperature = to
        return {s: {"cooled_to": x.temperature, "cooling_steps": x.steps} for s, x in found.items()}

    def quench(self, minimiser: str, force_tolerance: float) -> Kept:
        """The inherent states of the liquids."""
        found = quench(self.samples, minimiser=minimiser, force_tolerance=force_tolerance, progress=self.progress)
        return {
            s: {
                "minimiser": minimiser,
                "force_evaluations": x.force_evaluations,
                "quench_max_force": x.max_force,
            }
            for s, x in found.items()
        }
