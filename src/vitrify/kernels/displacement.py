"""How far particles have gone since their list was made."""

from __future__ import annotations

from typing import Any


def largest_displacement2(first, last, ticks, anchor, scale):
    """Squared mean of the two largest displacements of one sample's particles since `anchor`: no pair has come closer by
    more than twice its root, which renews lists less often than twice the largest would."""
    largest = second = 0.0
    for i in range(first, last):
        dx = float(ticks[i, 0] - anchor[i, 0]) * scale
        dy = float(ticks[i, 1] - anchor[i, 1]) * scale
        dz = float(ticks[i, 2] - anchor[i, 2]) * scale
        moved = dx * dx + dy * dy + dz * dz
        second = max(second, min(moved, largest))
        largest = max(largest, moved)
    return 0.25 * (largest**0.5 + second**0.5) ** 2


def spread_of(forces: Any, largest_displacement2: Any) -> Any:
    """One sample's capped descent: each particle follows its own force, by `cap` at most, until `sweeps` are done or the
    list is stale. Whatever the overlaps of the start, nothing can explode."""

    def spread(s, first, last, sweeps, cap, soft_force, stale2, anchor, force, pair):
        ticks, tick_length = pair[0], pair[7]
        for sweep in range(sweeps):
            for i in range(first, last):
                forces(i, s, *pair, force)
            for i in range(first, last):
                strength = (force[i, 0] ** 2 + force[i, 1] ** 2 + force[i, 2] ** 2) ** 0.5
                step = cap / max(strength, soft_force) / tick_length[s]
                for d in range(3):
                    ticks[i, d] += int(step * force[i, d])
            if largest_displacement2(first, last, ticks, anchor, tick_length[s]) > stale2:
                return sweep + 1
        return sweeps

    return spread
