"""The programs of a preparation: which bodies a start, a liquid and a minimiser run, in which order, on any machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vitrify.backends.program import Line, Program
from vitrify.backends.vectors import upper_half
from vitrify.batch import (
    ANGLES,
    all_listed,
    bound_body,
    displacement_body,
    force_of_formula,
    keeps_bonds,
    pulls_of_formula,
    slopes_of_formula,
    vector_body,
)
from vitrify.formula import Formula, kept_with_formula
from vitrify.kernels import fire, line_search, many_body, motion
from vitrify.kernels.forces import PairForm, pair_force_of
from vitrify.leading import Lead

CAP = 0.03  # largest step of a particle in a sweep of the start, in λ(small, small)
SOFT_FORCE = 100.0  # ε/λ: below it the step shrinks with the force

# Names of programs. A rough one is led by the liquid's cheaper forces, where the model has them.
PUSH_OFF, LIQUID, PAIR_FORCE, FORCES = "push-off", "liquid", "pair force", "forces"
BEGIN_HERE, HOW_FAR, STAND_STILL, AT_REST = "begin here", "how far", "stand still", "at rest"
ROUGH_MINIMISERS = {"cg": "rough cg", "fire": "rough fire"}
LED_BY_CHEAPER_FORCES = (LIQUID, *ROUGH_MINIMISERS.values())


@kept_with_formula
def runner(formula: Formula, form: PairForm, lead: Lead, bound: str, name: str, machine: Any) -> Any:
    """run(view, ...) of a program on a machine; see Cpu.program and Gpu.program. lead: of the model's liquid; bound: what
    particles are bound by, as Batch.bound_by."""
    parts = _Parts(formula, form, lead if name in LED_BY_CHEAPER_FORCES else Lead.EXACT, bound, machine)
    return machine.program(PROGRAMS[name](parts))


class _Parts:
    """Inlined bodies that several programs share."""

    def __init__(self, formula: Formula, form: PairForm, lead: Lead, bound: str, machine: Any) -> None:
        self.formula, self.form, self.machine, self.inline = formula, form, machine, machine.inline
        inline = machine.inline
        self.slopes, self.forces = _force_lines(formula, form, lead, machine)
        if bound:
            self.forces += (Line("particles", bound_body(machine, cell=form.cell, angles=bound == ANGLES)),)
        self.vector = vector_body(form, machine)
        self.displacement = displacement_body(machine, cubic=not form.cell)
        self.advance = inline(motion.advance_in_cell if form.cell else motion.advance)
        self.look = inline(motion.look_of(inline(motion.moved2_of(self.displacement))))
        self.is_stale = inline(motion.is_stale)
        self.step_ended = motion.step_ended_of(self.is_stale)
        self.largest_component = inline(line_search.largest_component)
        self.largest = inline(line_search.largest_where_small_of(self.largest_component))


def _force_lines(formula: Formula, form: PairForm, lead: Lead, machine: Any) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The lines that an energy beyond pairs begins with, and those of all forces."""

    def slopes(**how: bool) -> Any:
        return motion.slopes_of(slopes_of_formula(formula, form, machine, **how))

    def forces(**how: bool) -> Any:
        return motion.force_of(force_of_formula(formula, form, lead, machine, **how))

    if formula.many_body is None:
        staged = motion.stage_of(machine.inline(upper_half)) if lead.is_single else None
        return (), (Line("particles", forces(), staged),)
    if not keeps_bonds(formula, machine):
        begin: tuple[Line, ...] = (Line("particles", slopes()),)
        return begin, (*begin, Line("particles", forces()))
    begin = Line("particles", many_body.moments_cleared), Line("particles", slopes(), alone=slopes(alone=True))
    ends = Line("particles", many_body.force_cleared), Line("particles", forces(), alone=forces(alone=True))
    return begin, (*begin, *ends)


def _push_off(x: _Parts) -> Program:
    descend = motion.descend_of(x.advance, x.look, CAP, SOFT_FORCE)
    return Program((*x.forces, Line("chunks", descend, join=motion.join_looks), Line("samples", x.step_ended)))


def _liquid(x: _Parts) -> Program:
    opening = (Line("chunks", motion.sum_heat, join=motion.join_looks), Line("samples", motion.heat_of_sample))
    ended = motion.leap_ended_of(x.inline(motion.heat_of_sample), x.inline(x.step_ended))
    leap = motion.leap_of(x.advance, x.look)
    lines = (
        *x.forces,
        Line("samples", motion.thermostat),
        Line("chunks", leap, join=motion.join_looks),
        Line("samples", ended),
    )
    return Program(lines, opening)


def _cg(x: _Parts) -> Program:
    return Program((
        Line("chunks", line_search.move_of(x.advance, x.look), join=motion.join_looks),
        Line("samples", line_search.moved_of(x.is_stale)),
        *x.forces,
        Line("chunks", line_search.sum_slopes_of(x.largest), join=motion.join_of(3, 1)),
        Line("samples", line_search.judge_of(x.inline(line_search.next_target), x.inline(line_search.end_at_zero))),
        Line("samples", line_search.choose),
        Line("chunks", line_search.turn_of(x.advance, x.largest, x.largest_component), join=motion.join_of(1, 2)),
        Line("samples", line_search.set_out),
    ))  # fmt: skip


def _fire(x: _Parts) -> Program:
    return Program((
        *x.forces,
        Line("chunks", fire.sum_power_of(x.largest), join=motion.join_of(3, 1)),
        Line("samples", fire.pace),
        Line("chunks", fire.push_of(x.largest_component), join=motion.join_of(0, 1)),
        Line("samples", fire.stride),
        Line("chunks", fire.glide_of(x.advance, x.look), join=motion.join_looks),
        Line("samples", fire.glide_ended_of(x.is_stale)),
    ))  # fmt: skip


def _pair_force(x: _Parts) -> Program:
    if x.formula.many_body is None:
        size = pair_force_of(x.inline(x.formula.radial), x.vector, x.form)
    else:
        size = many_body.bond_force_of(pulls_of_formula(x.formula, x.machine, all_listed(x.machine, x.vector)))
    body = line_search.pair_force_of(x.inline(size))
    sums = (
        Line("chunks", line_search.sum_pair_forces, join=motion.join_of(2)),
        Line("samples", line_search.mean_pair_force),
    )
    return Program((*x.slopes, Line("particles", body), *sums), repeats=False)


def _forces(x: _Parts) -> Program:
    return Program(x.forces, repeats=False)


def _begin_here(_: _Parts) -> Program:
    return Program((Line("particles", motion.begin_here),), repeats=False)


def _stand_still(_: _Parts) -> Program:
    sums = (Line("chunks", motion.sum_momentum, join=motion.join_of(4)), Line("samples", motion.velocity_of_sample))
    return Program((*sums, Line("particles", motion.stand_still)), repeats=False)


def _how_far(x: _Parts) -> Program:
    return Program((
        Line("chunks", motion.sum_way_of(x.displacement), join=motion.join_of(3)),
        Line("samples", motion.drift),
        Line("chunks", motion.sum_way2_of(x.displacement), join=motion.join_of(1)),
        Line("samples", motion.mean_squared_displacement),
    ), repeats=False)  # fmt: skip


def _at_rest(_: _Parts) -> Program:
    return Program((Line("particles", line_search.forget),), repeats=False)


PROGRAMS: dict[str, Callable[[_Parts], Program]] = {
    PUSH_OFF: _push_off, LIQUID: _liquid, "cg": _cg, "rough cg": _cg, "fire": _fire, "rough fire": _fire,
    PAIR_FORCE: _pair_force, FORCES: _forces, BEGIN_HERE: _begin_here, HOW_FAR: _how_far, STAND_STILL: _stand_still,
    AT_REST: _at_rest,
}  # fmt: skip
