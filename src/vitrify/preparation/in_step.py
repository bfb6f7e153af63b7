"""Many samples, or one big one, made in step: one launch a kernel for all particles, on a GPU or on the threads of a CPU.

The same algorithms as liquid.py and quench.py, which bring one small sample forward in one thread without leaving compiled
code; here a sample that is done waits for the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vitrify.backends import Cpu
from vitrify.batch import SKIN, Batch, slope_body
from vitrify.contacts import FAINT
from vitrify.errors import SampleFailure
from vitrify.kernels import in_step as bodies
from vitrify.kernels.forces import forces_of, pair_force_of
from vitrify.kernels.leapfrog import kick_and_drift
from vitrify.recipe import LEAST_STEPS

from .arrays import moved2_body, placed, sample_of, shares_of
from .liquid import CHUNK, COUPLING, LiquidRun, check_liquid, hopeless, set_velocities, time_step
from .quench import CAP, ROUNDING, STALE2, QuenchRun, without_forces
from .stages import Observer, Stage, tell
from .start import CAP as SPREAD_CAP
from .start import SOFT_FORCE, SWEEPS

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

Failures = dict[int, SampleFailure]


class InStep:
    """The samples of a batch on one machine. `failed` holds what became of samples that were given up."""

    def __init__(self, batch: Batch, machine: Cpu | Gpu) -> None:
        self.batch, self.machine, self.failed = batch, machine, Failures()
        self.n, self.n_samples = len(batch.ticks), batch.n_samples
        self.arrays = placed(batch, machine)
        put = machine.put
        self.sample_of, self.first = put(sample_of(batch)), put(batch.first)
        self.shares, share_first, share_last, self.share_sample = (put(x) for x in shares_of(batch.first))
        self.share = (share_first, share_last)
        self.n_shares = len(share_first)
        self.partial = put(np.zeros((self.n_shares, 6)))
        self.moved, self.heat = put(np.zeros(self.n)), put(np.zeros(self.n))
        self.launch = _Launches(batch, machine)

    # --- start and liquid --------------------------------------------------------------------------------------------

    def spread_apart(self) -> None:
        """start.spread_apart of all samples."""
        busy, moving = self._busy()
        stale = np.ones(self.n_samples)
        for _ in range(SWEEPS):
            if stale.any():
                self.arrays.rebuild(busy, stale)
            self._forces(moving, liquid=False)
            a = self.arrays
            self.launch.descend(
                self.n, 1, moving, self.sample_of, SPREAD_CAP, SOFT_FORCE, a.tick_length, a.force, a.ticks, a.anchor,
                self.moved,
            )  # fmt: skip
            stale = self._stale(moving, (0.5 * SKIN) ** 2)

    def melt(
        self,
        *,
        temperature: float,
        melt_msd: float,
        rngs: list[np.random.Generator],
        max_steps: int = 400_000,
        progress: Observer | None = None,
    ) -> list[LiquidRun | None]:
        """liquid.melt of all samples; None for those that failed."""
        batch = self.batch
        self._set_velocities(temperature, rngs)
        step = time_step(batch.model, temperature)
        spacing2 = [(batch.boxes[s] ** 3 / np.diff(batch.first)[s]) ** (2 / 3) for s in range(self.n_samples)]
        busy, moving = self._busy()
        self.arrays.rebuild(busy, np.ones(self.n_samples))
        self._upload("travel", np.zeros_like(batch.travel))
        runs: list[LiquidRun | None] = [None] * self.n_samples
        heat: list[Any] = []
        msds: list[list[float]] = [[] for _ in range(self.n_samples)]
        for steps in range(CHUNK, max_steps + CHUNK, CHUNK):
            heat.append(self._advance(busy, moving, CHUNK, step, temperature))
            self.arrays.download()
            going = [int(s) for s in np.flatnonzero(busy)]
            for s in going:
                msds[s].append(batch.mean_squared_displacement(s) / spacing2[s])
            tell(progress, Stage("liquid", min(msds[s][-1] for s in going), melt_msd))
            for s in going:
                msd = msds[s][-1]
                over = steps >= max_steps or (msd < melt_msd and hopeless(msds[s], melt_msd, max_steps))
                if over or (msd >= melt_msd and steps >= LEAST_STEPS):
                    mean = float(np.mean([x[s] for x in heat[len(heat) // 2 :]]))
                    runs[s] = self._ended(s, LiquidRun(steps, step, mean, msd), temperature, melt_msd)
                    busy[s] = 0
            if not busy.any():
                break
            moving = self.machine.put(busy)
        return runs

    def _set_velocities(self, temperature: float, rngs: list[np.random.Generator]) -> None:
        self.arrays.download()
        for s, rng in enumerate(rngs):
            set_velocities(self.batch, s, temperature, rng)
        self._upload("velocity", self.batch.velocity)

    def _ended(self, s: int, run: LiquidRun, temperature: float, melt_msd: float) -> LiquidRun | None:
        try:
            return check_liquid(run, temperature, melt_msd)
        except SampleFailure as failure:
            self.failed[s] = failure
            return None

    def _advance(self, busy: Any, moving: Any, steps: int, step: float, temperature: float) -> Any:
        """So many leapfrog steps; the mean temperature of each sample."""
        put, get = self.machine.put, self.machine.get
        rescale, kinetic, stale = put(np.ones(self.n_samples)), put(np.zeros(self.n_samples)), put(np.zeros(self.n_samples))
        mean = np.zeros(self.n_samples)
        for k in range(steps + 1):  # the first time step is empty: it finds the temperature
            a = self.arrays
            if k:
                mean += get(kinetic) / steps
                self._forces(moving, liquid=True)
            flat = tuple(x.reshape(-1) for x in (a.mass, a.inverse_mass, a.force, a.velocity, a.ticks))
            self.launch.kick(
                self.n, 1, moving, self.sample_of, put(np.array([step if k else 0.0])), rescale, a.tick_length, flat,
                a.ticks, a.anchor, self.heat, self.moved,
            )  # fmt: skip
            self.launch.sum_heat(self.n_shares, 1, *self.share, self.heat, self.moved, self.partial)
            self.launch.thermostat(
                self.n_samples, 1, moving, self.first, self.shares, self.partial, temperature, COUPLING,
                (0.5 * SKIN) ** 2, rescale, kinetic, stale,
            )  # fmt: skip
            if get(stale).any():
                self.arrays.rebuild(busy, get(stale))
        return mean

    # --- quench ------------------------------------------------------------------------------------------------------

    def quench(
        self, *, force_tolerance: float, max_evaluations: int = 200_000, progress: Observer | None = None
    ) -> list[QuenchRun | None]:
        """quench.quench by conjugate gradients of all samples; None for those that failed."""
        busy, moving = self._busy()
        state = np.zeros((self.n_samples, bodies.COLUMNS))
        runs: list[QuenchRun | None] = [None] * self.n_samples
        scale, stale = np.ones(self.n_samples), np.ones(self.n_samples)
        on_machine = self.machine.put(state)
        while busy.any():
            if stale.any():
                self.arrays.rebuild(busy, stale)
                scale = np.where(busy * stale, self._mean_pair_force(moving), scale)
                for s in np.flatnonzero(busy * stale * (scale == 0.0)):
                    runs[s] = self._at_rest(int(s), int(state[s, bodies.EVALUATIONS]))
                    busy[s] = 0
                state[:, bodies.TOLERANCE] = ROUNDING * force_tolerance * np.minimum(1.0, scale)
                moving, on_machine = self.machine.put(busy), self.machine.put(state)
            state = self._round(moving, on_machine, max_evaluations)
            if stale.any():
                tell(
                    progress,
                    Stage("quench", float(state[:, bodies.LARGEST].max()), float(state[:, bodies.TOLERANCE].min())),
                )
            over = busy * (state[:, bodies.PHASE] >= bodies.DONE)
            stale = busy * state[:, bodies.STALE]
            if over.any():
                now, ended = self._mean_pair_force(moving), state[:, bodies.PHASE] == bodies.DONE
                ended = ended & ~self._lost(over * (now < FAINT))
                again = over * ended * (now < 0.5 * np.minimum(1.0, scale))  # pairs have lost their forces: a finer end
                state[again == 1, bodies.PHASE] = bodies.START
                stale = np.maximum(stale, again)
                for s in np.flatnonzero(over - again):
                    runs[s] = self._relaxed(int(s), state[s], float(now[s]))
                    busy[s] = 0
                moving, on_machine = self.machine.put(busy), self.machine.put(state)
        self.arrays.download()
        self.arrays.leave()
        return runs

    def _round(self, moving: Any, state: Any, budget: int) -> Any:
        """One force evaluation of each sample, and what its line search makes of it."""
        a, launch = self.arrays, self.launch
        launch.move(
            self.n, 1, moving, self.sample_of, state, a.tick_length, a.direction, a.ticks, a.anchor, self.moved
        )  # fmt: skip
        self._forces(moving, liquid=False)
        launch.sum_slopes(
            self.n_shares, 1, *self.share, a.force, a.direction, a.previous, self.moved, self.partial
        )  # fmt: skip
        launch.judge(self.n_samples, 1, moving, self.shares, self.partial, float(budget), STALE2, state)
        launch.turn(
            self.n_shares, 1, moving, self.share_sample, *self.share, state, a.force, a.direction, a.previous, self.partial
        )  # fmt: skip
        launch.set_out(self.n_samples, 1, moving, self.shares, self.partial, CAP, state)
        return self.machine.get(state).copy()

    def _at_rest(self, s: int, evaluations: int) -> QuenchRun | None:
        """quench.without_forces; None where it fails."""
        self.arrays.download()
        try:
            return without_forces(self.batch, s, evaluations)
        except SampleFailure as failure:
            self.failed[s] = failure
            return None

    def _lost(self, faint: Any) -> Any:
        """Which of the samples that are left with next to no forces are no solid any more."""
        lost = np.zeros(self.n_samples, dtype=bool)
        for s in np.flatnonzero(faint):
            lost[s] = self._at_rest(int(s), 0) is None
        return lost

    def _relaxed(self, s: int, row: Any, mean_force: float) -> QuenchRun | None:
        evaluations, largest = int(row[bodies.EVALUATIONS]), float(row[bodies.LARGEST])
        if s in self.failed:
            return None
        if row[bodies.PHASE] == bodies.DONE:
            return QuenchRun(evaluations, largest, mean_force)
        self.failed[s] = SampleFailure(
            f"the quench stopped at max|f| = {largest:.2g} after {evaluations} force evaluations"
        )
        return None

    def _mean_pair_force(self, moving: Any) -> Any:
        """Mean |φ'| over the interacting pairs of each busy sample."""
        total, number = self.machine.put(np.zeros(self.n)), self.machine.put(np.zeros(self.n))
        mean = self.machine.put(np.zeros(self.n_samples))
        self.launch.pair_force(self.n, 1, moving, self.sample_of, self.arrays.pair(), total, number)
        self.launch.sum_pair_forces(self.n_shares, 1, *self.share, total, number, self.partial)
        self.launch.mean_pair_force(self.n_samples, 1, self.shares, self.partial, mean)
        return self.machine.get(mean)

    # --- what all share ----------------------------------------------------------------------------------------------

    def _busy(self) -> tuple[Any, Any]:
        """Samples that have not failed, here and on the machine."""
        busy = np.array([0 if s in self.failed else 1 for s in range(self.n_samples)])
        return busy, self.machine.put(busy.copy())

    def _forces(self, moving: Any, *, liquid: bool) -> None:
        force = self.launch.liquid_force if liquid else self.launch.force
        a = self.arrays
        force(self.n, a.neighbours.shape[1], moving, self.sample_of, a.pair(), a.force)

    def _stale(self, moving: Any, stale2: float) -> Any:
        """Whether the list of each sample is stale, from the displacements that the last launch left."""
        put, stale = self.machine.put, self.machine.put(np.zeros(self.n_samples))
        self.launch.sum_heat(self.n_shares, 1, *self.share, self.heat, self.moved, self.partial)
        self.launch.thermostat(
            self.n_samples, 1, moving, self.first, self.shares, self.partial, 1.0, 0.0, stale2,
            put(np.ones(self.n_samples)), put(np.ones(self.n_samples)), stale,
        )  # fmt: skip
        return self.machine.get(stale)

    def _upload(self, name: str, values: Any) -> None:
        if isinstance(self.machine, Cpu):
            getattr(self.batch, name)[:] = values
        else:
            setattr(self.arrays, name, self.machine.put(values))


class _Launches:
    """Every kernel of a batch on a machine, compiled when it is first launched."""

    def __init__(self, batch: Batch, machine: Cpu | Gpu) -> None:
        each, inline = machine.each, machine.inline
        moved2, kick = moved2_body(machine), inline(kick_and_drift)
        formula, form = batch.formula, batch.form
        for name, liquid in (("force", False), ("liquid_force", True)):
            forces = inline(forces_of(slope_body(formula, machine, liquid=liquid), machine.vectors, form))
            setattr(self, name, each(bodies.force_of(forces)))
        pair_force = inline(pair_force_of(inline(formula.radial), form))
        self.pair_force = each(bodies.pair_force_of(pair_force))
        self.kick, self.descend = each(bodies.kick_of(kick, moved2)), each(bodies.descend_of(moved2))
        self.move, self.judge = each(bodies.move_of(moved2)), each(bodies.judge_of(inline(bodies.next_target)))
        for name in ("sum_heat", "thermostat", "sum_slopes", "turn", "set_out", "sum_pair_forces", "mean_pair_force"):
            setattr(self, name, each(getattr(bodies, name)))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no launch {name!r}")  # all are set above; here for the type checker
