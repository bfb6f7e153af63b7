"""How far particles have gone since their list was made."""

from __future__ import annotations

from typing import Any


def moved2(i, ticks, anchor, scale):
    """Squared displacement of one particle since `anchor`."""
    dx = float(ticks[i, 0] - anchor[i, 0]) * scale
    dy = float(ticks[i, 1] - anchor[i, 1]) * scale
    dz = float(ticks[i, 2] - anchor[i, 2]) * scale
    return dx * dx + dy * dy + dz * dz


def stale_of(moved2: Any) -> Any:
    """Whether the list of one sample is stale: whether the mean of its two largest displacements is beyond √stale2. No pair
    has come closer by more than twice that mean, which renews lists less often than twice the largest would."""

    def stale(first, last, ticks, anchor, scale, stale2):
        beyond = 0
        for i in range(first, last):  # a count is vector code, a maximum is not
            beyond += 1 if moved2(i, ticks, anchor, scale) > stale2 else 0
        if beyond != 1:
            return beyond > 0
        largest = second = 0.0
        for i in range(first, last):
            moved = moved2(i, ticks, anchor, scale)
            second = max(second, min(moved, largest))
            largest = max(largest, moved)
        return 0.25 * (largest**0.5 + second**0.5) ** 2 > stale2

    return stale


def settle(first, last, ticks, anchor, scale, travel):
    """Add the displacement since `anchor` to `travel`, which is never wrapped, and begin anew from here."""
    for i in range(first, last):
        for d in range(3):
            travel[i, d] += float(ticks[i, d] - anchor[i, d]) * scale
            anchor[i, d] = ticks[i, d]


def spread_of(forces: Any, stale: Any) -> Any:
    """One sample's capped descent: each particle follows its own force, by `cap` at most, until `sweeps` are done or the
    list is stale. Whatever the overlaps of the start, nothing can explode."""

    def spread(s, first, last, sweeps, cap, soft_force, stale2, anchor, force, pair, stage):
        ticks, tick_length = pair.ticks, pair.tick_length
        for sweep in range(sweeps):
            for i in range(first, last):
                forces(i, s, pair, stage, force)
            for i in range(first, last):
                strength = (force[i, 0] ** 2 + force[i, 1] ** 2 + force[i, 2] ** 2) ** 0.5
                step = cap / max(strength, soft_force) / tick_length[s]
                for d in range(3):
                    ticks[i, d] += int(step * force[i, d])
            if stale(first, last, ticks, anchor, tick_length[s], stale2):
                return sweep + 1
        return sweeps

    return spread
