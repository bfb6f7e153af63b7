"""Nonlinear conjugate gradients, led by forces alone.

Near the minimum energies differ by less than round-off long before forces do, so the line search looks for the zero of the
slope f·d by secants and never asks for an energy. Forces change almost linearly along so short a line: once they are known
at its start and at a trial near the zero, those at the zero itself are interpolated, so that a line takes one evaluation
and ends where its slope is zero, which keeps directions conjugate. A sample is done by computed forces alone.

Where a search stands outlives a list: it goes on where the old one held no longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import uint64

from vitrify.backends.program import STOPPED

from .state import (
    BETA,
    CAP,
    DONE,
    ENDED,
    FORCE2,
    FURTHEST,
    HERE,
    HIGH,
    HIGH_SLOPE,
    LARGEST,
    LAST,
    LEFT,
    LOW,
    LOW_SLOPE,
    MEAN_FORCE,
    MIXED,
    MOVE,
    NEW2,
    NOW,
    REST,
    RUNS,
    SEARCHING,
    SINCE,
    SLOPE,
    SPENT,
    STALE,
    STATUS,
    TARGET,
    TOLERANCE,
    TRIAL,
    TURNS,
)

NEAREST, FARTHEST = 0.3, 3.0  # the zero of the slope, in units of the trial's length, for forces at it to be interpolated
REFRESH = 25.0  # lines with interpolated ends, after which one ends where forces were computed
NEVER = 1e300  # SINCE of a sample whose interpolated forces were too small
ACCEPT = 0.2  # |slope| at such an end, of that at its start; 0.1 to 0.3 cost the same within 5 %
TRIALS = 8  # force evaluations a line search may take
FIRST_TRY = 1e-3  # of the furthest length: the first trial of the first line, which has no last length to go by
GROWTH = 4.0  # largest stretch of a step in one extrapolation


def largest_component(first, last, vector):
    """max |v| over the components of particles; three chains, since a maximum is not vector code. vector: (n, 4)."""
    x = y = z = 0.0
    for i in range(uint64(first), uint64(last)):
        x, y, z = max(x, abs(vector[i, 0])), max(y, abs(vector[i, 1])), max(z, abs(vector[i, 2]))
    return max(x, y, z)


def largest_where_small_of(largest_component: Any) -> Callable[..., float]:
    """max |f| of a chunk, or √(f·f), which no component exceeds, where that is far from the tolerance."""

    def largest(first, last, s, view, force2):
        row, bound = view.state[s], force2**0.5
        if bound < row[TOLERANCE] * (3.0 * (last - first)) ** 0.5 or row[LEFT] <= 1.0:
            return largest_component(first, last, view.force)
        return bound

    return largest


def forget(i, s, view, scratch):
    """Particle: no direction yet."""
    for d in range(3):
        view.direction[i, d] = view.previous[4 * i + d] = 0.0


def move_of(advance: Any, look: Any) -> Callable[..., None]:
    """Chunk: along the direction by the MOVE of its sample, and how far it has gone since its list was made."""

    def move(c, first, last, s, view):
        if view.state[s, MOVE] != 0.0:
            advance(first, last, s, view.way, view.state[s, MOVE], view.d)
            look(c, first, last, s, view)

    return move


def moved_of(is_stale: Any) -> Callable[..., None]:
    """Sample: stop where the list does not hold any more where it is now; the search goes on there with the next one."""

    def moved(s, view):
        row = view.state[s]
        if row[MOVE] != 0.0:
            row[MOVE] = 0.0
            if is_stale(s, view):
                row[STATUS] = STALE
                view.layout.active[s] = STOPPED

    return moved


def sum_slopes_of(largest: Any) -> Callable[..., None]:
    """Chunk: f·d, f·f, f·(f − previous) and max|f|."""

    def sum_slopes(c, first, last, s, view):
        f, d, before = view.f, view.d, view.previous
        now = new2 = mixed = 0.0
        for e in range(uint64(4 * first), uint64(4 * last)):  # flat over components, unsigned: vector code
            now += f[e] * d[e]
            new2 += f[e] * f[e]
            mixed += f[e] * (f[e] - before[e])
        view.partial[c, 0], view.partial[c, 1], view.partial[c, 2] = now, new2, mixed
        view.partial[c, 3] = largest(first, last, s, view, new2)

    return sum_slopes


def judge_of(next_target: Any, end_at_zero: Any) -> Callable[..., None]:
    """Sample: go on with the line search, or end it."""

    def judge(s, view):
        row, partial = view.state[s], view.partial
        now = new2 = mixed = most = 0.0
        for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
            now += partial[c, 0]
            new2 += partial[c, 1]
            mixed += partial[c, 2]
            most = max(most, partial[c, 3])
        row[LEFT] -= 1.0
        row[MOVE] = row[ENDED] = row[TURNS] = row[REST] = 0.0
        row[NOW], row[NEW2], row[MIXED], row[LARGEST] = now, new2, mixed, most
        if row[SEARCHING] == 1.0:
            row[TRIAL] += 1.0
            end_at_zero(row)
            flat = row[REST] != 0.0 or abs(now) <= ACCEPT * row[SLOPE] or (now > 0.0 and row[HERE] >= row[FURTHEST])
            if not flat:
                next_target(row, now)
            if not flat and row[TRIAL] < TRIALS:
                row[MOVE] = row[TARGET] - row[HERE]
                row[HERE] = row[TARGET]
                return
            row[LAST] = row[HERE]
            row[ENDED] = 1.0
        if row[REST] == 0.0 and row[SINCE] < NEVER:
            row[SINCE] = 0.0

    return judge


def end_at_zero(row):
    """End the line where its slope is zero by the secant from its start to HERE, if that is near: with the sums over the
    forces there, f ← (1 − REST)·f + REST·(force at the start)."""
    fall = row[SLOPE] - row[NOW]
    if row[SINCE] >= REFRESH or not fall > 0.0:
        return
    part = row[SLOPE] / fall
    zero = part * row[HERE]
    if not (NEAREST <= part <= FARTHEST and zero <= row[FURTHEST]):
        return
    begun, both, rest = row[FORCE2], row[NEW2] - row[MIXED], 1.0 - part  # f0·f0 and f·f0
    row[NEW2] = part * part * row[NEW2] + 2.0 * part * rest * both + rest * rest * begun
    row[MIXED] = row[NEW2] - (part * both + rest * begun)
    row[NOW] = 0.0
    row[REST] = rest
    row[MOVE], row[HERE] = zero - row[HERE], zero
    row[SINCE] += 1.0


def next_target(row, slope):
    """The place to look for the zero of the slope after one more value of it at HERE: it lies between LOW and HIGH."""
    here = row[HERE]
    if slope > 0.0:
        step, fall = here - row[LOW], row[LOW_SLOPE] - slope
        row[LOW], row[LOW_SLOPE] = here, slope
        if row[HIGH] < 0.0:
            secant = here + (slope / fall * step if fall > 0.0 else GROWTH * step)
            row[TARGET] = min(secant, here + GROWTH * step, row[FURTHEST])
    else:
        row[HIGH], row[HIGH_SLOPE] = here, slope
    if row[HIGH] > 0.0:
        fraction = row[LOW_SLOPE] / (row[LOW_SLOPE] - row[HIGH_SLOPE])
        row[TARGET] = row[LOW] + (row[HIGH] - row[LOW]) * min(max(fraction, 0.1), 0.9)


def choose(s, view):
    """Sample: stop, or turn into a new direction, with β of Polak and Ribière, never negative: a direction that no longer
    pays is dropped."""
    row = view.state[s]
    if row[SEARCHING] == 1.0 and row[ENDED] == 0.0:
        return
    sound = row[NEW2] == row[NEW2]  # a maximum passes over what is not a number
    if sound and row[REST] == 0.0 and row[LARGEST] < row[TOLERANCE]:
        row[STATUS] = DONE
    elif not sound or row[LEFT] <= 0.0:
        row[STATUS] = SPENT
    else:
        row[STATUS] = RUNS
    if row[STATUS] != RUNS:
        row[MOVE] = row[SEARCHING] = 0.0
        view.layout.active[s] = STOPPED
        return
    row[BETA] = max(row[MIXED] / row[FORCE2], 0.0) if row[FORCE2] > 0.0 else 0.0
    if row[NEW2] + row[BETA] * row[NOW] <= 0.0:  # f·(f + β d)
        row[BETA] = 0.0
    row[FORCE2] = row[NEW2]
    row[TURNS] = 1.0


def turn_of(advance: Any, largest: Any, largest_component: Any) -> Callable[..., None]:
    """Chunk, where its sample turns: to the end of its line, f there, then d ← f + β d; f·d, max|d| and max|f|."""

    def turn(c, first, last, s, view):
        if view.state[s, TURNS] == 1.0:
            if view.state[s, MOVE] != 0.0:
                advance(first, last, s, view.way, view.state[s, MOVE], view.d)
            f, d, before = view.f, view.d, view.previous
            beta, rest = view.state[s, BETA], view.state[s, REST]
            slope = force2 = 0.0
            for e in range(uint64(4 * first), uint64(4 * last)):
                ended = f[e] + rest * (before[e] - f[e])
                d[e] = ended + beta * d[e]
                slope += ended * d[e]
                force2 += ended * ended
                f[e] = before[e] = ended
            view.partial[c, 0], view.partial[c, 1] = slope, largest_component(first, last, view.direction)
            view.partial[c, 2] = largest(first, last, s, view, force2)

    return turn


def set_out(s, view):
    """Sample: begin the line search along a new direction; where interpolated forces are small enough to be done, compute
    them first."""
    row = view.state[s]
    if row[TURNS] == 1.0:
        slope = longest = most = 0.0
        for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
            slope += view.partial[c, 0]
            longest = max(longest, view.partial[c, 1])
            most = max(most, view.partial[c, 2])
        if row[REST] != 0.0 and most < row[TOLERANCE]:
            row[MOVE] = row[SEARCHING] = 0.0
            row[SINCE] = NEVER  # should they prove larger, so small a difference is beyond interpolation
            return
        row[SLOPE], row[FURTHEST] = slope, row[CAP] / longest
        row[LOW], row[LOW_SLOPE], row[HIGH], row[HIGH_SLOPE] = 0.0, slope, -1.0, 0.0
        row[TARGET] = min(row[LAST], row[FURTHEST]) if row[LAST] > 0.0 else FIRST_TRY * row[FURTHEST]
        row[MOVE] = row[HERE] = row[TARGET]
        row[TRIAL], row[SEARCHING] = 0.0, 1.0


# --- mean |pair force|, in units of which a quench ends ---------------------------------------------------------------


def pair_force_of(pair_force: Any) -> Callable[..., None]:
    """Particle: the sum of its |pair forces| and their number, in the place of its force."""

    def body(i, s, view, scratch):
        pair_force(i, s, view.pair, view.force[:, 0], view.force[:, 1])

    return body


def sum_pair_forces(c, first, last, s, view):
    """Chunk: Σ |pair force| and the number of pairs."""
    forces = met = 0.0
    for i in range(first, last):
        forces += view.force[i, 0]
        met += view.force[i, 1]
    view.partial[c, 0], view.partial[c, 1] = forces, met


def mean_pair_force(s, view):
    """Sample: mean |pair force|; 0 where nothing interacts."""
    forces = met = 0.0
    for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
        forces += view.partial[c, 0]
        met += view.partial[c, 1]
    view.state[s, MEAN_FORCE] = forces / met if met > 0.0 else 0.0
