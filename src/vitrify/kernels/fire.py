"""FIRE, the fast inertial relaxation engine (Bitzek et al., PRL 97, 170201); `direction` is its velocity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import uint64

from vitrify.backends.program import STOPPED

from .state import (
    ALPHA,
    CAP,
    DONE,
    DOWNHILL,
    FIRE_STEP,
    KEEP,
    LARGEST,
    LEFT,
    MOVE,
    PUSH,
    SPENT,
    STALE,
    STATUS,
    TOLERANCE,
)

FIRST_STEP, LONGEST_STEP = 1e-3, 0.05
FIRST_ALPHA = 0.1
PATIENCE = 5.0  # steps downhill before the next may be longer


def sum_power_of(largest: Any) -> Callable[..., None]:
    """Chunk: f·v, v·v, f·f and max|f|."""

    def sum_power(c, first, last, s, view):
        f, v = view.f, view.d
        power = speed2 = force2 = 0.0
        for e in range(uint64(4 * first), uint64(4 * last)):
            power += f[e] * v[e]
            speed2 += v[e] * v[e]
            force2 += f[e] * f[e]
        view.partial[c, 0], view.partial[c, 1], view.partial[c, 2] = power, speed2, force2
        view.partial[c, 3] = largest(first, last, s, view, force2)

    return sum_power


def pace(s, view):
    """Sample: stop where it is at rest; else its next time step, and what its velocity keeps and gains."""
    row = view.state[s]
    power = speed2 = force2 = most = 0.0
    for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
        power += view.partial[c, 0]
        speed2 += view.partial[c, 1]
        force2 += view.partial[c, 2]
        most = max(most, view.partial[c, 3])
    row[LEFT] -= 1.0
    row[LARGEST] = most
    sound = force2 == force2  # a maximum passes over what is not a number
    if not sound or most < row[TOLERANCE]:
        row[STATUS] = DONE if sound else SPENT
        view.layout.active[s] = STOPPED
        return
    if row[FIRE_STEP] == 0.0:
        row[FIRE_STEP], row[ALPHA], row[DOWNHILL] = FIRST_STEP, FIRST_ALPHA, 0.0
    if power > 0.0:
        row[DOWNHILL] += 1.0
        if row[DOWNHILL] > PATIENCE:
            row[FIRE_STEP] = min(1.1 * row[FIRE_STEP], LONGEST_STEP)
            row[ALPHA] *= 0.99
    elif row[DOWNHILL] > 0.0 or speed2 > 0.0:
        row[FIRE_STEP] *= 0.5
        row[ALPHA], row[DOWNHILL] = FIRST_ALPHA, 0.0
    steer = row[ALPHA] * (speed2 / force2) ** 0.5
    row[KEEP] = 1.0 - row[ALPHA] if power > 0.0 else 0.0
    row[PUSH] = (steer if power > 0.0 else 0.0) + row[FIRE_STEP]


def push_of(largest_component: Any) -> Callable[..., None]:
    """Chunk: its new velocity; max|v|."""

    def push(c, first, last, s, view):
        f, v, keep, gain = view.f, view.d, view.state[s, KEEP], view.state[s, PUSH]
        for e in range(uint64(4 * first), uint64(4 * last)):
            v[e] = keep * v[e] + gain * f[e]
        view.partial[c, 0] = largest_component(first, last, view.direction)

    return push


def stride(s, view):
    """Sample: how far it may go along its velocity."""
    longest = 0.0
    for c in range(view.layout.chunks[s], view.layout.rows_end[s]):
        longest = max(longest, view.partial[c, 0])
    view.state[s, MOVE] = min(view.state[s, FIRE_STEP], view.state[s, CAP] / longest)


def glide_of(advance: Any, look: Any) -> Callable[..., None]:
    """Chunk: along its velocity."""

    def glide(c, first, last, s, view):
        advance(first, last, s, view.way, view.state[s, MOVE], view.d)
        look(c, first, last, s, view)

    return glide


def glide_ended_of(is_stale: Any) -> Callable[..., None]:
    """Sample: stop where the list is stale or no evaluation is left."""

    def glide_ended(s, view):
        row = view.state[s]
        if is_stale(s, view):
            row[STATUS] = STALE
        elif row[LEFT] <= 0.0:
            row[STATUS] = SPENT
        else:
            return
        view.layout.active[s] = STOPPED

    return glide_ended
