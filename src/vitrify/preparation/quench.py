"""The instantaneous quench: minimisation of the energy from a liquid configuration to its inherent state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitrify.backends import backend
from vitrify.batch import SKIN, Batch, force_of_formula, records, stale_body
from vitrify.errors import SampleFailure
from vitrify.formula import Formula, kept_with_formula
from vitrify.kernels.conjugate_gradients import conjugate_gradients_of, largest_component
from vitrify.kernels.fire import fire_of
from vitrify.kernels.forces import pair_force_of
from vitrify.recipe import MINIMISERS

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


def quench(batch: Batch, s: int, *, minimiser: str, force_tolerance: float, max_evaluations: int = 200_000) -> QuenchRun:
    """Bring sample s to max|f component| < force_tolerance · min(1, mean |pair force|).

    Raises SampleFailure where it does not get there."""
    room, rough = _Room(batch), batch.formula.liquid_slope is not None
    evaluations, scale = 0, 1.0
    while evaluations < max_evaluations:
        batch.rebuild(s)
        scale = mean_pair_force(batch, s)
        tolerance = ROUNDING * force_tolerance * min(1.0, scale)
        status, more, largest = _relax(batch.formula, minimiser, batch.model.mixture.n_species, rough)(
            s, batch.first[s], batch.first[s + 1], max_evaluations - evaluations,
            max(tolerance, ROUGH * min(1.0, scale)) if rough else tolerance, CAP, STALE2, batch.anchor, batch.force,
            room.direction, room.previous, room.memory, batch.pair_arguments(),
        )  # fmt: skip
        evaluations += more
        if status == 0 and rough:
            rough = False
        elif status == 0 and mean_pair_force(batch, s) >= 0.5 * min(1.0, scale):
            room.leave(batch)
            return QuenchRun(evaluations, largest, mean_pair_force(batch, s))
    room.leave(batch)
    raise SampleFailure(f"the quench stopped at max|f| = {largest:.2g} after {evaluations} force evaluations")


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
    _pair_force(batch.formula)(s, rows.start, rows.stop, batch.pair_arguments(), total, number)
    met = float(number[rows].sum())
    return float(total[rows].sum()) / met if met else 0.0


@kept_with_formula
def _relax(formula: Formula, minimiser: str, n_species: int, rough: bool) -> Any:
    forces = force_of_formula(formula, n_species, rough)
    return backend().compile(KERNELS[minimiser](forces, stale_body(), backend().inline(largest_component)))


@kept_with_formula
def _pair_force(formula: Formula) -> Any:
    cpu = backend()
    body = cpu.inline(pair_force_of(cpu.inline(formula.radial)))

    def sweep(s, first, last, pair, total, number):
        for i in range(first, last):
            body(i, s, *pair, total, number)

    return cpu.compile(sweep)
