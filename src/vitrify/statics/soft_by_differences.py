"""Nonlinear quasilocalised modes of a calculator's glass: those of `quasilocalised`, M·π ∝ F(π), with M·π and F from forces
along lines through the glass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import SampleFailure
from vitrify.waiting import doing, each

from .differences import Differences
from .subspace import Subspace

FloatArray = NDArray[np.float64]
Kind = Literal["quartic", "cubic", "participation"]  # those whose F needs no list of pairs
KINDS: tuple[Kind, ...] = get_args(Kind)
NEIGHBOURS = 1.5  # (V/N)^(1/d): pairs nearer than this are looked through for soft dipoles
SCANNED, SAME = 3, 0.9  # responses that are compared for each start, and their overlap from which two count as one
LEAST_STARTS, STARTS_A_MODE = 8, 4
AT_ONCE = 500  # pairs whose responses are estimated side by side
SETTLING = 3  # steps of every start, after which those that have become one are left out
ARRIVED = 0.98  # overlap from which two ends are one mode
CONTENDERS = 2.0  # stiffness, in that of the softest known, up to which a settled start is followed where one is sought
RESIDUAL = 1e-5  # |M·π − κ/τ F| / |M·π| of a mode that is found; F is seldom known better from differences
UNKNOWN = 3.0  # changes of a residual with the step of the differences, below which it is nothing but their error
UNTOLD = 0.1  # change of a residual with the step, from which differences say nothing of a mode
LOOSE = 1e-2  # the largest residual that is still a mode, of a calculator that is rough
MAX_STEPS = 100
FALL = 0.1  # part to which a step solves for its change
LONGEST = 3.0  # longest step, in units of the way to M⁺·F(π)
RESPONSES_TO = 1e-2  # part to which the first responses are solved for
MEMORY = 5  # steps that an extrapolation remembers
BETTER, PATIENCE = 0.7, 15  # part to which a residual falls within so many steps, or the iteration has ended
HEIGHT = 0.1  # of the square of a residual: about what the logarithm of a barrier is above that of its minimum
PUSH, LOWER = 0.05, 1e-6  # displacement from a stationary point, and the fall of ln(barrier) that tells a saddle
SADDLES = 3  # saddles that a descent may meet
SINGLE = 1e-9  # noise, in the forces that displacements of 0.01 (V/N)^(1/d) bring about, that is not of double precision
DOUBT = 3.0  # by which the change of a number with the step is multiplied to be its error


@dataclass(frozen=True, slots=True)
class SoftMode:
    """One mode π, |π| = 1, with what differences of half and twice the step change of it."""

    vector: FloatArray  # (size,)
    stiffness: float  # κ = π·M·π
    stiffness_error: float
    residual: float
    derivative: float  # F·π
    derivative_error: float
    cubic: float  # U''':πππ
    quartic: float  # U''''::ππππ
    step: float  # of the differences along π
    steps: int
    found_by: int = 1  # starts that led to it


def soft_modes(subspace: Subspace, number: int, kind: Kind) -> tuple[tuple[SoftMode, ...], int]:
    """The `number` softest modes found, by rising stiffness, and the number of starts: dipole responses of pairs of
    neighbours that look softest among all. Raises SampleFailure where no start leads to a mode."""
    with doing("softest responses of all pairs of neighbours"):
        starts = _starts(subspace, max(LEAST_STARTS, STARTS_A_MODE * number))
    settled = [_settled(subspace, z, kind) for z in each(starts, "first steps from response {k} of {n}")]
    found: list[SoftMode] = []
    for here in each(sorted(settled, key=lambda x: x.stiffness), "nonlinear mode from response {k} of {n}"):
        if number == 1 and found and here.stiffness > CONTENDERS * found[0].stiffness:
            continue
        known = _same(here.pi, found)
        end = None if known is not None else _descend(subspace, here, kind)
        if end is not None:
            known = _same(end.vector, found)
        if known is not None:
            found[known] = replace(found[known], found_by=found[known].found_by + 1)
        elif end is not None:
            found = sorted([*found, end], key=lambda x: x.stiffness)
    if not found:
        raise SampleFailure(f"no nonlinear mode converged from {len(starts)} starts{_why(subspace.of, kind)}")
    return tuple(_with_errors(subspace, x, kind) for x in found[:number]), len(starts)


def _why(of: Differences, kind: Kind) -> str:
    """What a failed search may be due to, where forces are noisier than those in double precision."""
    if of.noise < SINGLE * of.unit_force:
        return ""
    derivative = {"quartic": "fourth", "cubic": "third", "participation": "second"}[kind]
    other = "" if kind == "participation" else ", or kind 'participation', which needs second derivatives alone"
    return (
        f": the noise of the calculator's forces, {of.noise:.1g}, may hide {derivative} derivatives; forces in double "
        f"precision would do{other}"
    )


def _same(z: FloatArray, modes: Sequence[SoftMode]) -> int | None:
    """Place of the mode that a displacement is one with."""
    return next((k for k, x in enumerate(modes) if abs(float(z @ x.vector)) >= ARRIVED), None)


@dataclass(frozen=True, slots=True)
class _Place:
    """A displacement with its derivatives and its barrier."""

    pi: FloatArray  # (size,) |π| = 1
    length: float  # before it was set to 1
    step: float  # of the differences
    linear: FloatArray  # M·π
    stiffness: float  # κ
    derivative: float  # τ = F·π
    gradient: FloatArray  # M·π − κ/τ F
    height: float  # logarithm of |the barrier|
    cubic: float
    quartic: float

    @property
    def residual(self) -> float:
        return float(np.linalg.norm(self.gradient) / np.linalg.norm(self.linear))

    def slope(self, change: FloatArray) -> float:
        """Slope of the height along a change of the displacement, but for a factor."""
        return float(self.gradient @ change) / (self.stiffness * self.length)


def _place(of: Differences, z: FloatArray, step: float, kind: Kind) -> _Place:
    free = of.free(z)
    length = float(np.linalg.norm(free))
    pi = free / length
    line = of.line(pi, step)
    rows = pi.reshape(of.n, of.d)
    own = of.free((np.sum(rows**2, axis=1)[:, None] * rows).ravel())
    force = {"quartic": line.quartic, "cubic": line.cubic, "participation": own}[kind]
    k, derivative = float(pi @ line.linear), float(pi @ force)
    height = np.log(k**3 / derivative**2) if kind == "cubic" else np.log(k**2 / abs(derivative))
    gradient = line.linear - k / derivative * force
    cubic, quartic = float(pi @ line.cubic), float(pi @ line.quartic)
    return _Place(pi, length, step, line.linear, k, derivative, gradient, float(height), cubic, quartic)


def _settled(subspace: Subspace, z: FloatArray, kind: Kind) -> _Place:
    """A start after some steps, whose differences have the step that suits it."""
    of = subspace.of
    here = _place(of, z, of.line_step(z), kind)
    for _ in range(SETTLING):
        here = _step(subspace, here, kind)
    return here


def _step(subspace: Subspace, here: _Place, kind: Kind) -> _Place:
    """A step towards M⁺·F(π), of the length that leads to the lowest barrier, as in `quasilocalised`."""
    change = -subspace.solve(here.gradient, FALL)
    start = float(here.gradient @ change) / here.stiffness
    end = _place(subspace.of, here.pi + change, here.step, kind)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = float(np.divide(start, start - end.slope(change)))
    part = part if 0.0 < part < LONGEST else LONGEST
    if abs(part - 1.0) < FALL:
        return end
    there = _place(subspace.of, here.pi + part * change, here.step, kind)
    return there if there.height < end.height else end


def _descend(subspace: Subspace, here: _Place, kind: Kind) -> SoftMode | None:
    """The mode at which the iteration ends, None where it does not. From where the barrier is a saddle it goes on."""
    here = _place(subspace.of, here.pi, subspace.of.line_step(here.pi), kind)
    steps = 0
    for _ in range(SADDLES):
        end, taken = _stationary(subspace, here, kind)
        steps += taken
        if not _converged(subspace, end, kind):
            return None
        lower = _below(subspace, end, kind)
        if lower is None:
            return SoftMode(
                end.pi, end.stiffness, 0.0, end.residual, end.derivative, 0.0, end.cubic, end.quartic, end.step, steps
            )
        here = lower
    return None


def _converged(subspace: Subspace, end: _Place, kind: Kind) -> bool:
    """Tell whether the residual is small, or no larger than what twice the step of the differences changes of it. Where
    that changes much, the end is one of the differences and not of the potential."""
    coarse = _place(subspace.of, end.pi, 2.0 * end.step, kind)
    unknown = float(np.linalg.norm(coarse.gradient - end.gradient) / np.linalg.norm(end.linear))
    if unknown > UNTOLD:
        return False
    return end.residual < RESIDUAL or end.residual < min(UNKNOWN * unknown, LOOSE)


def _stationary(subspace: Subspace, here: _Place, kind: Kind) -> tuple[_Place, int]:
    """Where the iteration ends, and its steps. They are extrapolated by those before (Anderson) where that lowers both the
    barrier and the residual."""
    best, stuck, steps = here, 0, 0
    history: list[tuple[FloatArray, FloatArray]] = []  # displacements, and what a step to M⁺·F(π) changes of them
    while best.residual > RESIDUAL and stuck <= PATIENCE and steps < MAX_STEPS:
        change = -subspace.solve(here.gradient, FALL)
        history = [*history, (here.pi, change)][-MEMORY:]
        there = _place(subspace.of, _extrapolated(history), here.step, kind)
        level = here.height + HEIGHT * here.residual**2  # far below what a step changes, above its rounding
        if not (there.residual < here.residual and there.height < level):
            there, history = _step(subspace, here, kind), []
        stuck = 0 if there.residual < BETTER * best.residual else stuck + 1
        best = there if there.residual < best.residual else best
        here, steps = there, steps + 1
    return best, steps


def _below(subspace: Subspace, end: _Place, kind: Kind) -> _Place | None:
    """A place with a lower barrier to which steps lead from beside a stationary point, None where it is a minimum."""
    push = subspace.solve(subspace.of.random(), FALL, grow=False)
    here = _place(subspace.of, end.pi + PUSH * push / np.linalg.norm(push), end.step, kind)
    for _ in range(SETTLING):
        here = _step(subspace, here, kind)
    return here if here.height < end.height - max(LOWER, 10.0 * end.residual**2) else None


def _extrapolated(history: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Where the combination of the displacements, with weights of sum one, has the least change, plus that change."""
    last, change = history[-1]
    if len(history) == 1:
        return last + change
    sign = [1.0 if float(x @ last) > 0 else -1.0 for x, _ in history[:-1]]
    places = np.array([s * x - last for s, (x, _) in zip(sign, history, strict=False)])
    changes = np.array([s * c - change for s, (_, c) in zip(sign, history, strict=False)])
    weights = np.linalg.lstsq(changes.T, -change, rcond=1e-8)[0]
    return np.asarray(last + change + weights @ (places + changes))


def _with_errors(subspace: Subspace, mode: SoftMode, kind: Kind) -> SoftMode:
    """The mode with the errors of its numbers: three times what they change by where the iteration goes on with half the
    step of the differences, the same step and twice as much, and their part that is the residual."""
    places = [_place(subspace.of, mode.vector, x * mode.step, kind) for x in (0.5, 1.0, 2.0)]
    ends = [_settled_again(subspace, x, kind) for x in places]
    changes = np.array([(x.stiffness - mode.stiffness, x.derivative - mode.derivative) for x in ends])
    errors = DOUBT * np.abs(changes).max(axis=0) + mode.residual * np.abs([mode.stiffness, mode.derivative])
    return replace(mode, stiffness_error=float(errors[0]), derivative_error=float(errors[1]))


def _settled_again(subspace: Subspace, here: _Place, kind: Kind) -> _Place:
    for _ in range(SETTLING):
        here = _place(subspace.of, here.pi - subspace.solve(here.gradient, FALL), here.step, kind)
    return here


def _starts(subspace: Subspace, number: int) -> list[FloatArray]:
    """Responses to force dipoles on pairs of neighbours, the softest-looking of all that share no particle and differ."""
    of = subspace.of
    i, j, direction = _neighbours(of)
    forces = np.zeros((len(i), of.n, of.d))
    rows = np.arange(len(i))
    forces[rows, i], forces[rows, j] = -direction, direction
    parts = np.array_split(forces.reshape(len(i), -1), len(i) // AT_ONCE + 1)
    length = np.concatenate([subspace.lengths(x) for x in parts])
    taken = np.zeros(of.n, dtype=bool)
    found: list[FloatArray] = []
    looked = 0
    for k in np.argsort(-length):
        if taken[i[k]] or taken[j[k]]:
            continue
        taken[[i[k], j[k]]] = True
        looked += 1
        z = subspace.solve(forces[k].ravel(), RESPONSES_TO)
        z /= np.linalg.norm(z)
        if all(abs(float(z @ x)) < SAME for x in found):
            found.append(z)
        if len(found) == number or looked == SCANNED * number:
            break
    return found


def _neighbours(of: Differences) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Pairs of near particles, each once, and the unit vector from one to the other."""
    x, cell = of.calls.positions, of.calls.cell
    i, j = np.triu_indices(of.n, 1)
    away = x[j] - x[i]
    away -= np.rint(away @ np.linalg.inv(cell)) @ cell
    distance = np.linalg.norm(away, axis=1)
    near = np.flatnonzero((distance < NEIGHBOURS * of.spacing) & (distance > 0.0))
    return i[near], j[near], away[near] / distance[near, None]
