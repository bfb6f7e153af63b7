"""The instantaneous quench: minimisation of the energy from a liquid configuration to its inherent state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitrify.backends import backend
from vitrify.batch import SKIN, Batch, force_of_formula, records, stale_body
from vitrify.contacts import FAINT, Contacts, require_solid
from vitrify.errors import SampleFailure
from vitrify.formula import Formula, kept_with_formula
from vitrify.kernels.conjugate_gradients import conjugate_gradients_of, largest_component
from vitrify.kernels.fire import fire_of
from vitrify.kernels.forces import PairForm, pair_force_of
from vitrify.recipe import MINIMISERS

from .stages import Observer, Stage, tell

KERNELS = dict(zip(MINIMISERS, (conjugate_gradients_of, fire_of), strict=True))
STALE2 = (0.25 * SKIN) ** 2
CAP = 0.14 * SKIN  # longest step of a component in one line search: 0.25 skin + √3 · 0.14 skin < skin / 2
ROUGH = 1e-3  # max|f|, in units of the mean pair force, down to which the liquid's cheaper slope leads
ROUNDING = 0.9  # of the tolerance: what is left is for positions rounded to doubles when they leave the batch


@dataclass(frozen=True, slots=True)
class QuenchRun:
    """What a quench was."""

    force_evaluations: int
    max_force: float  # largest |component|, in ε/λ
    mean_pair_force: float  # in ε/λ


def quench(
    batch: Batch,
    s: int,
    *,
    minimiser: str,
    force_tolerance: float,
    max_evaluations: int = 200_000,
    progress: Observer | None = None,
) -> QuenchRun:
    """Bring sample s to max|f component| < force_tolerance · min(1, mean |pair force|).

    Raises SampleFailure where it does not get there, at once where the particles lose each other on the way."""
    room = _Room(batch)
    try:
        return _quench(batch, s, room, minimiser, force_tolerance, max_evaluations, progress)
    finally:
        room.leave(batch)


def _quench(
    batch: Batch, s: int, room: _Room, minimiser: str, force_tolerance: float, max_evaluations: int,
    progress: Observer | None,
) -> QuenchRun:  # fmt: skip
    rough = batch.formula.liquid_slope is not None
    evaluations, scale = 0, 1.0
    while evaluations < max_evaluations:
        batch.rebuild(s)
        scale = mean_pair_force(batch, s)
        if scale == 0.0:  # a tolerance in units of it can never be met
            return without_forces(batch, s, evaluations)
        tolerance = ROUNDING * force_tolerance * min(1.0, scale)
        status, more, largest = _relax(batch.formula, minimiser, batch.form, rough)(
            s, batch.first[s], batch.first[s + 1], max_evaluations - evaluations,
            max(tolerance, ROUGH * min(1.0, scale)) if rough else tolerance, CAP, STALE2, batch.anchor, batch.force,
            room.direction, room.previous, room.memory, batch.pair_view(), batch.stage,
        )  # fmt: skip
        evaluations += more
        tell(progress, Stage("quench", largest, tolerance))
        if status == 0 and rough:
            rough = False
        elif status == 0:
            now = mean_pair_force(batch, s)
            require_forces(batch, s, now)
            if now >= 0.5 * min(1.0, scale):
                return QuenchRun(evaluations, largest, now)
    require_forces(batch, s, mean_pair_force(batch, s))
    raise SampleFailure(f"the quench stopped at max|f| = {largest:.2g} after {evaluations} force evaluations")


def require_forces(batch: Batch, s: int, mean_force: float) -> None:
    """Raise SampleFailure where next to no force is left because the particles no longer hold each other.

    Below jamming a quench ends where particles just touch: their forces go on falling, and never balance."""
    if mean_force < FAINT:
        require_solid(Contacts.of(batch.glass(s)), repulsive=True)


def without_forces(batch: Batch, s: int, evaluations: int) -> QuenchRun:
    """What becomes of a sample in which no pair exerts a force: a solid at rest is quenched, all else a SampleFailure."""
    require_forces(batch, s, 0.0)
    return QuenchRun(evaluations, 0.0, 0.0)


class _Room:
    """Vectors of the minimiser, carried along when the batch sorts its particles."""

    def __init__(self, batch: Batch) -> None:
        self.direction, self.previous = records(len(batch.force)), records(len(batch.force))
        self.memory = np.zeros(3)
        batch.carried += [self.direction, self.previous]

    def leave(self, batch: Batch) -> None:
        batch.carried = [x for x in batch.carried if x is not self.direction and x is not self.previous]


def mean_pair_force(batch: Batch, s: int) -> float:
    """Mean |φ'| over interacting pairs of sample s, in ε/λ; 0 where nothing interacts."""
    rows = batch.rows(s)
    total, number = np.zeros(len(batch.ticks)), np.zeros(len(batch.ticks))
    _pair_force(batch.formula, batch.form)(s, rows.start, rows.stop, batch.pair_view(), total, number)
    met = float(number[rows].sum())
    return float(total[rows].sum()) / met if met else 0.0


@kept_with_formula
def _relax(formula: Formula, minimiser: str, form: PairForm, rough: bool) -> Any:
    forces = force_of_formula(formula, form, rough)
    return backend().compile(KERNELS[minimiser](forces, stale_body(), backend().inline(largest_component)))


@kept_with_formula
def _pair_force(formula: Formula, form: PairForm) -> Any:
    cpu = backend()
    body = cpu.inline(pair_force_of(cpu.inline(formula.radial), form))

    def sweep(s, first, last, pair, total, number):
        for i in range(first, last):
            body(i, s, pair, total, number)

    return cpu.compile(sweep)
