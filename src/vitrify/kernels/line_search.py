"""Nonlinear conjugate gradients, led by forces alone.

Near the minimum energies differ by less than round-off long before forces do, so the line search looks for the zero of the
slope f·d by secants and never asks for an energy. Directions and where a search stands outlive a list: a sample whose list
was stale goes on from where it was.
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
    SEARCHING,
    SLOPE,
    SPENT,
    STALE,
    STATUS,
    TARGET,
    TOLERANCE,
    TRIAL,
    TURNS,
)

ACCEPT = 0.2  # |slope| at the end of a line search, of that at its start; 0.1 to 0.3 cost the same within 5 %
TRIALS = 8  # force evaluations a line search may take
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


def forget(i, s, view, room):
    """Particle: no direction yet."""
    for d in range(3):
        view.direction[i, d] = view.previous[4 * i + d] = 0.0


def move_of(advance: Any) -> Callable[..., None]:
    """Chunk: along the direction by the MOVE of its sample."""

    def move(c, first, last, s, view):
        if view.state[s, MOVE] != 0.0:
            advance(first, last, s, view.way, view.state[s, MOVE], view.d)

    return move


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


def judge_of(next_target: Any) -> Callable[..., None]:
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
        row[MOVE] = row[ENDED] = row[TURNS] = 0.0
        if row[SEARCHING] == 1.0:
            row[TRIAL] += 1.0
            flat = abs(now) <= ACCEPT * row[SLOPE] or (now > 0.0 and row[HERE] >= row[FURTHEST])
            if not flat:
                next_target(row, now)
            if not flat and row[TRIAL] < TRIALS:
                row[MOVE] = row[TARGET] - row[HERE]
                row[HERE] = row[TARGET]
                return
            row[LAST] = row[HERE]
            row[ENDED] = 1.0
        row[NOW], row[NEW2], row[MIXED], row[LARGEST] = now, new2, mixed, most

    return judge


def next_target(row, slope):
    """Where to look for the zero of the slope after one more value of it at HERE: it lies between LOW and HIGH."""
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


def look_where_ended_of(look: Any) -> Callable[..., None]:
    """Chunk: how far it has gone, at the end of a line search."""

    def look_where_ended(c, first, last, s, view):
        if view.state[s, ENDED] == 1.0:
            look(c, first, last, s, view)

    return look_where_ended


def choose_of(is_stale: Any) -> Callable[..., None]:
    """Sample: stop, or turn into a new direction, with β of Polak and Ribière, never negative: a direction that no longer
    pays is dropped."""

    def choose(s, view):
        row = view.state[s]
        if row[SEARCHING] == 1.0 and row[ENDED] == 0.0:
            return
        row[STATUS] = 0.0
        sound = row[NEW2] == row[NEW2]  # a maximum passes over what is not a number
        if row[ENDED] == 1.0 and is_stale(s, view):
            row[STATUS] = STALE
        elif sound and row[LARGEST] < row[TOLERANCE]:
            row[STATUS] = DONE
        elif not sound or row[LEFT] <= 0.0:
            row[STATUS] = SPENT
        if row[STATUS] != 0.0:
            row[SEARCHING] = 0.0
            view.layout.going[s] = STOPPED
            return
        row[BETA] = max(row[MIXED] / row[FORCE2], 0.0) if row[FORCE2] > 0.0 else 0.0
        if row[NEW2] + row[BETA] * row[NOW] <= 0.0:  # f·(f + β d)
            row[BETA] = 0.0
        row[FORCE2] = row[NEW2]
        row[TURNS] = 1.0

    return choose


def turn_of(largest_component: Any) -> Callable[..., None]:
    """Chunk: d ← f + β d where its sample turns; f·d and max|d|."""

    def turn(c, first, last, s, view):
        if view.state[s, TURNS] == 1.0:
            f, d, before = view.f, view.d, view.previous
            beta, slope = view.state[s, BETA], 0.0
            for e in range(uint64(4 * first), uint64(4 * last)):
                d[e] = f[e] + beta * d[e]
                slope += f[e] * d[e]
                before[e] = f[e]
            view.partial[c, 0], view.partial[c, 1] = slope, largest_component(first, last, view.direction)

    return turn


def set_out(s, view):
    """Sample: begin the line search along a new direction."""
    row = view.state[s]
    if row[TURNS] == 1.0:
        slope = longest = 0.0
        for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
            slope += view.partial[c, 0]
            longest = max(longest, view.partial[c, 1])
        row[SLOPE], row[FURTHEST] = slope, row[CAP] / longest
        row[LOW], row[LOW_SLOPE], row[HIGH], row[HIGH_SLOPE] = 0.0, slope, -1.0, 0.0
        row[TARGET] = min(row[LAST], row[FURTHEST]) if row[LAST] > 0.0 else 1e-3 * row[FURTHEST]
        row[MOVE] = row[HERE] = row[TARGET]
        row[TRIAL], row[SEARCHING] = 0.0, 1.0


# --- mean |pair force|, in units of which a quench ends ---------------------------------------------------------------


def pair_force_of(pair_force: Any) -> Callable[..., None]:
    """Particle: the sum of its |pair forces| and their number, in the place of its force."""

    def body(i, s, view, room):
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
