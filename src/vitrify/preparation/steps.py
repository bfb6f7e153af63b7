"""Samples in the making, as the steps of a recipe find them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from vitrify.backends import Cpu, backend
from vitrify.batch import Batch, require_height
from vitrify.cell import Cell
from vitrify.errors import SampleFailure, UsageError, check
from vitrify.glass import Glass, range_of
from vitrify.options import code_of
from vitrify.recipe import Kept

from .liquid import cool, equilibrate
from .quench import quench
from .samples import Samples
from .stages import Observer, Stage, tell


@dataclass(slots=True)
class Preparing:
    """The samples of a batch between two steps. temperature: that of their liquids now, in ε/k_B."""

    samples: Samples
    temperature: float
    rngs: Sequence[np.random.Generator]
    progress: Observer | None = None

    def melt(self, msd: float) -> Kept:
        """The liquid at this temperature until its mean squared displacement is so large, in a0²."""
        found = equilibrate(
            self.samples, temperature=self.temperature, melt_msd=msd, rngs=self.rngs, progress=self.progress
        )
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
        """Take so many steps of molecular dynamics from this temperature evenly to another, which the liquids then have."""
        check(0 < to < inf, "cool", "to", to, "a positive temperature, in ε/k_B")
        check(steps > 0, "cool", "steps", steps, "a positive whole number")
        found = cool(self.samples, start=self.temperature, end=to, steps=steps, progress=self.progress)
        self.temperature = to
        return {s: {"cooled_to": x.temperature, "cooling_steps": x.steps} for s, x in found.items()}

    def glasses(self) -> dict[int, Glass]:
        """The configuration of each sample that has not failed, by its number, with an empty provenance."""
        self.samples.place.download()
        batch = self.samples.batch
        return {s: batch.glass(s) for s in range(batch.n_samples) if s not in self.samples.failed}

    def put(self, glasses: Mapping[int, Glass]) -> None:
        """Go on with these in the place of glasses(): elsewhere, in another cell, or with other species or sizes.

        A sample that is left out keeps its configuration; each particle keeps its velocity. From a GPU samples come to the
        CPU where cells are no cubes. A sample fails where what is given for it is no configuration of as many particles of
        the same model, or too narrow a cell for its neighbours."""
        before = self.glasses()
        after = {s: glasses.get(s, before[s]) for s in before}
        for s, glass in after.items():
            try:
                _require_alike(glass, before[s])
            except UsageError as error:
                self.samples.failed[s] = SampleFailure(f"a step of the preparation: {error}")
        live = {s: x for s, x in after.items() if s not in self.samples.failed}
        if live:
            self.samples = self._samples_of(live)

    def move(self, one: Callable[[Glass, np.random.Generator], Glass], step: str) -> Kept:
        """Put what `one` makes of each configuration with the random numbers of its sample; what it kept of each, which is
        the provenance of what it gave. A sample for which it fails is given up, the others go on."""
        before, after = self.glasses(), {}
        for s, glass in before.items():
            try:
                with code_of(one, f"step {step}"):
                    after[s] = one(glass, self.rngs[s])
            except SampleFailure as failure:
                self.samples.failed[s] = failure
            except UsageError as error:  # such as of a Glass that cannot be
                self.samples.failed[s] = SampleFailure(f"step {step}: {error}")
            tell(self.progress, Stage(step, len(after), len(before)))
        self.put(after)
        return {s: x.provenance for s, x in after.items() if s not in self.samples.failed}

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

    def shear(self, strain: float, increments: int, minimiser: str, force_tolerance: float) -> Kept:
        """Quench, then shear in the xy plane by equal increments of γ, each an affine strain followed by a quench.

        Every cell is made from the first, so that a strain and its opposite lead back to it to the last bit."""
        found = [quench(self.samples, minimiser=minimiser, force_tolerance=force_tolerance)]
        cells = {s: x.cell for s, x in self.glasses().items()}
        for k in range(increments):
            now = strain * (k + 1) / increments
            self.put({s: x.in_cell(_sheared(cells[s], now)) for s, x in self.glasses().items()})
            found.append(quench(self.samples, minimiser=minimiser, force_tolerance=force_tolerance))
            tell(self.progress, Stage("shear", abs(now), abs(strain)))
        live = found[-1]
        return {s: {"sheared_by": strain, "shear_evaluations": sum(x[s].force_evaluations for x in found)} for s in live}

    def _samples_of(self, glasses: Mapping[int, Glass]) -> Samples:
        """Samples in these configurations on the machine that they are on; the rows of failed ones hold any of them."""
        old = self.samples.batch
        any_one = next(iter(glasses.values()))
        every = [glasses.get(s, any_one) for s in range(old.n_samples)]
        sizes = [x.sizes for x in every if x.sizes is not None]
        batch = Batch(
            old.model, [x.cell for x in every], [x.positions for x in every], [x.species for x in every], sizes or None,
            [x.topology for x in every if x.topology is not None] or None,
        )  # fmt: skip
        for s in glasses:
            batch.velocity[batch.rows(s)][old.label[old.rows(s)]] = old.velocity[old.rows(s)]
        machine = self.samples.machine
        if not (batch.is_cubic or isinstance(machine, Cpu)):
            warnings.warn("a step made cells that are not cubes, whose particles are moved on the CPU", stacklevel=2)
            machine = backend()
        new = Samples(batch, machine)
        new.failed = self.samples.failed
        return new


def _require_alike(given: object, before: Glass) -> None:
    """Raise UsageError for what cannot follow on a configuration."""
    check(isinstance(given, Glass), "step", "configuration", given, "a Glass")
    assert isinstance(given, Glass)
    wanted = f"{before.n_particles} particles of {before.model} in {before.dimension} dimensions"
    alike = (given.n_particles, given.dimension, given.model) == (before.n_particles, before.dimension, before.model)
    check(alike, "step", "configuration", f"{given.n_particles} particles of {given.model}", wanted)
    require_height(given.cell, range_of(given.species, given.sizes, given.model), given.model)


def _sheared(cell: Cell, strain: float) -> Cell:
    """The cell after a simple shear, ∂u_x/∂y; a strain and its opposite undo each other to the last bit."""
    matrix = cell.matrix.copy()
    matrix[:, 0] += strain * matrix[:, 1]
    return Cell(matrix)
