"""The liquid: leapfrog molecular dynamics under a Berendsen thermostat, until every sample has forgotten its start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from vitrify.batch import Batch, FloatArray
from vitrify.errors import SampleFailure
from vitrify.kernels.state import COUPLING as COUPLING_OF
from vitrify.kernels.state import HEAT, LEFT, MSD, STALE, STATUS, TEMPERATURE, TIME_STEP
from vitrify.models import Model, Potential
from vitrify.recipe import LEAST_STEPS

from .programs import BEGIN_HERE, HOW_FAR, LIQUID, STAND_STILL
from .samples import LISTS, Samples, Way
from .stages import Observer, Stage, tell

STEP_FRACTION = 0.25  # Δt in units of 1/ω at the closest approach; gives 0.0012 at T = 35 and 0.003 at T = 6 for LJ cores
CLOSEST = 4.0  # the closest approach is where φ = 4 k_B T
NEAREST_U, POINTS = 0.05, 4000  # u from which on, and points at which, that place is looked for; r = 0.22 λ
RAMP_STEPS = 100  # at one temperature while it changes
LOOK_EVERY = 500  # steps between looks at the mean squared displacement
PATIENCE = 0.1  # of max_steps; until then no liquid is given up
# See hopeless. Of 33 liquids of 40 or 100 particles that melted, most in more than half of max_steps, 8 gave up two and 13
# none; what does not flow at all is given up after 14 to 25 % of max_steps.
HEADWAY = 20.0
HELD = 0.1  # relative: a mean temperature that is further off means that the thermostat does not hold
HELD_AT_END = 0.2  # the same of a cooling's last stop, whose mean is of few steps
BEHIND = 0.05  # of the change of temperature, by which that mean is behind its end


class NotMelted(SampleFailure):
    """A liquid whose particles do not leave their places in the steps that it may take."""


@dataclass(frozen=True, slots=True)
class LiquidRun:
    """A run of a liquid."""

    steps: int
    time_step: float  # in λ √(m/ε)
    temperature: float  # mean over the last half, in ε/k_B
    msd_over_a0_squared: float  # mean squared displacement from the start, in a0²


def time_step(model: Model, temperature: float) -> float:
    """Δt = 0.25/√(φ''(r)/m) where φ(r) = 4 k_B T on the steepest pair or bond: the stiffest contact that thermal motion
    meets."""
    mixture, lightest = model.mixture, min(model.mixture.masses)
    shortest: dict[tuple[float, Potential], float] = {}
    for i, j in combinations_with_replacement(range(mixture.n_species), 2):
        law = (mixture.energies[i][j], model.potential_of(i, j))  # of pairs of one law the shortest is the steepest
        shortest[law] = min(shortest.get(law, np.inf), mixture.shortest_length(i, j))
    steps = [
        float(STEP_FRACTION * length * np.sqrt(lightest / max(_curvature(potential, energy, temperature), 1.0)))
        for (energy, potential), length in shortest.items()
    ]
    bonds = () if model.molecule is None else model.molecule.bonds
    steps += [float(STEP_FRACTION * np.sqrt(lightest / x.law.curvature(CLOSEST * temperature))) for x in bonds]
    return min(steps)


def _curvature(potential: Potential, energy: float, temperature: float) -> float:
    """φ'' in ε/λ² where ε_ij φ = 4 k_B T, of the stiffest law."""
    u, found = np.geomspace(NEAREST_U, potential.cutoff**2, POINTS), []
    for phi, phi_u, phi_uu in energy * potential.contact_laws(u):
        closest = int(np.argmin(np.where(phi >= CLOSEST * temperature, phi, np.inf)))
        found.append(float(4.0 * u[closest] * phi_uu[closest] + 2.0 * phi_u[closest]))
    return max(found)


def equilibrate(
    samples: Samples,
    *,
    temperature: float,
    melt_msd: float,
    rngs: Sequence[np.random.Generator],
    max_steps: int = 400_000,
    progress: Observer | None = None,
) -> dict[int, LiquidRun]:
    """Run all samples at this temperature until their mean squared displacements are melt_msd a0²; returns the run of each.

    A sample fails as NotMelted where max_steps do not get it there, early where they would not, and as SampleFailure where
    the thermostat does not hold."""
    set_velocities(samples, temperature, rngs)
    told = _Told(progress, melt_msd)
    return samples.bring(lambda s: _equilibrating(samples, s, temperature, melt_msd, max_steps, told))


def _equilibrating(
    samples: Samples, s: int, temperature: float, melt_msd: float, max_steps: int, told: Callable[[int, float], None]
) -> Way[LiquidRun]:
    """The way of one liquid."""
    batch, row = samples.batch, samples.state[s]
    step = time_step(batch.model, temperature)
    spacing2 = (batch.cells[s].volume / batch.size(s)) ** (2 / batch.dimension)
    yield LISTS
    yield BEGIN_HERE
    steps, heat, msd = 0, [], 0.0
    msds: list[float] = []
    while steps < max_steps and (msd < melt_msd or steps < LEAST_STEPS):
        heat.append((yield from _advancing(row, LOOK_EVERY, step, temperature)))
        steps += LOOK_EVERY
        yield HOW_FAR
        msd = float(row[MSD]) / spacing2
        msds.append(msd)
        told(s, msd)
        if msd < melt_msd and hopeless(msds, melt_msd, max_steps):
            break
    return check_liquid(LiquidRun(steps, step, float(np.mean(heat[len(heat) // 2 :])), msd), temperature, melt_msd)


@dataclass(frozen=True, slots=True)
class Cooling:
    """A change of temperature."""

    steps: int
    temperature: float  # mean at the last of its temperatures, in ε/k_B


def cool(
    samples: Samples, *, start: float, end: float, steps: int, progress: Observer | None = None
) -> dict[int, Cooling]:  # fmt: skip
    """Molecular dynamics of all samples with the velocities that they have, at temperatures from start to end, equally many
    steps at each of equal steps between them; what became of each."""
    told = _Told(progress, float(steps), "cooling")
    return samples.bring(lambda s: _cooling(samples, s, start, end, steps, told))


def _cooling(
    samples: Samples, s: int, start: float, end: float, steps: int, told: Callable[[int, float], None]
) -> Way[Cooling]:
    """The way of one sample; its time step is that of the hottest."""
    row, stops = samples.state[s], max(steps // RAMP_STEPS, 1)
    step, held = time_step(samples.batch.model, max(start, end)), start
    yield LISTS
    for k in range(stops):
        now = start + (end - start) * (k + 1) / stops
        held = yield from _advancing(row, steps * (k + 1) // stops - steps * k // stops, step, now)
        told(s, steps * (k + 1) // stops)
    if not abs(held - end) < HELD_AT_END * end + BEHIND * abs(end - start):
        raise SampleFailure(f"the thermostat held T = {held:.4g} at the end of the cooling, not {end:g}: cool more slowly")
    return Cooling(steps, held)


def advance(samples: Samples, *, steps: int, time_step: float, temperature: float) -> dict[int, float]:
    """Take so many steps of all samples, with the velocities and lists that they have; returns their mean temperatures."""
    return samples.bring(lambda s: _advancing(samples.state[s], steps, time_step, temperature))


def _advancing(row: FloatArray, steps: int, time_step: float, temperature: float) -> Way[float]:
    row[[TIME_STEP, COUPLING_OF, TEMPERATURE]] = time_step, COUPLING, temperature
    row[LEFT], row[HEAT], renewed = steps, 0.0, False
    while row[LEFT] > 0.0:
        yield LIQUID
        if renewed or row[STATUS] == STALE:
            yield LISTS
            renewed = True
    yield STAND_STILL  # in single precision the forces of a pair cancel to 1e-7 of a force
    return float(row[HEAT]) / steps


class _Told:
    """Observer of many liquids, told how far the one has gone that is furthest behind."""

    def __init__(
        self, progress: Observer | None, wanted: float, stage: str = "liquid"
    ) -> None:  # fmt: skip
        self.progress, self.wanted, self.stage = progress, wanted, stage
        self.now: dict[int, float] = {}

    def __call__(self, s: int, msd: float) -> None:
        self.now[s] = msd
        tell(self.progress, Stage(self.stage, min(self.now.values()), self.wanted))


def hopeless(msds: list[float], melt_msd: float, max_steps: int) -> bool:
    """Decide whether max_steps are too few even if the mean squared displacement grew HEADWAY times as fast from now on.

    msds: in a0², one for each LOOK_EVERY steps so far. Growth is from the mean of the first quarter of them, as a hot start
    leaves a few tenths of a0² behind in its first steps, also where nothing flows, to the largest, as few particles move in
    fits and starts. No liquid flows faster with time. No liquid is given up before PATIENCE of max_steps, nor past half the
    way."""
    steps = LOOK_EVERY * len(msds)
    if steps < max(PATIENCE * max_steps, LEAST_STEPS) or msds[-1] > 0.5 * melt_msd:
        return False
    growth = max(msds) - float(np.mean(msds[: len(msds) // 4]))
    return msds[-1] + HEADWAY * growth * (max_steps - steps) / steps < melt_msd


def check_liquid(run: LiquidRun, temperature: float, melt_msd: float) -> LiquidRun:
    """The run, where it did what was asked; else a SampleFailure."""
    msd, held = run.msd_over_a0_squared, run.temperature
    if msd < melt_msd:
        raise NotMelted(
            f"the liquid at T = {temperature:g} moved only {msd:.2g} a0² in {run.steps} steps instead of {melt_msd:g} a0²: "
            "it needs a higher parent temperature, or a smaller melt_msd"
        )
    if not abs(held / temperature - 1.0) < HELD:
        raise SampleFailure(f"the thermostat held T = {held:.4g} instead of {temperature:g}{_too_cold(held, temperature)}")
    return run


def _too_cold(held: float, temperature: float) -> str:
    """The reason for a far too hot liquid: its time step goes by thermal contacts, and pressure makes stiffer ones."""
    if held < 2.0 * temperature:
        return ""
    return (
        ": its pressure makes contacts too stiff for its time step; it needs a higher parent temperature or a lower density"
    )


COUPLING = 0.02  # Δt/τ of the Berendsen thermostat


def set_velocities(samples: Samples, temperature: float, rngs: Sequence[np.random.Generator]) -> None:
    """Velocities of all samples, drawn in the order in which their particles were given, however they are sorted now."""
    samples.place.download()
    for s, rng in enumerate(rngs):
        _set_velocities(samples.batch, s, temperature, rng)
    samples.place.upload("velocity")


def _set_velocities(batch: Batch, s: int, temperature: float, rng: np.random.Generator) -> None:
    rows = batch.rows(s)
    label, masses = batch.label[rows], np.array(batch.model.mixture.masses)
    mass = np.empty(len(label))
    mass[label] = masses[batch.species[rows]]
    batch.velocity[rows, : batch.dimension] = maxwell(mass, temperature, rng, batch.dimension)[label]


def maxwell(masses: Any, temperature: float, rng: np.random.Generator, dimension: int = 3) -> Any:
    """Velocities of the Maxwell distribution without total momentum, (n, d), scaled to the temperature exactly."""
    velocity = rng.normal(size=(len(masses), dimension)) / np.sqrt(masses)[:, None]
    velocity -= np.average(velocity, axis=0, weights=masses)
    now = np.sum(masses[:, None] * velocity**2) / (float(dimension) * (len(masses) - 1))
    return velocity * np.sqrt(temperature / now)
