"""Nonlinear conjugate gradients on one sample, led by forces alone.

Near the minimum energies differ by less than round-off long before forces do, so the line search looks for the zero of
the slope f·d by secants and never asks for an energy.
"""

from __future__ import annotations

from typing import Any

ACCEPT = 0.2  # |slope| at the end of a line search, of that at its start; 0.1 to 0.3 cost the same within 5 %
TRIALS = 8  # force evaluations a line search may take
GROWTH = 4.0  # largest stretch of a step in one extrapolation


def conjugate_gradients_of(forces: Any, largest_displacement2: Any) -> Any:
    """Polak-Ribière-plus steps of one sample until max|f| < tolerance, the list is stale, or the budget is spent.

    memory: last step length, f·f before it. Returns (status, force evaluations, max|f|); status 0 is converged, 1 stale,
    2 spent. Directions and memory persist between calls."""

    def relax(s, first, last, budget, tolerance, cap, stale2, anchor, force, direction, previous, memory, pair):
        ticks, scale = pair[0], pair[7][s]
        for i in range(first, last):
            forces(i, s, *pair, force)
        evaluations = 1
        while True:
            # β of Polak and Ribière, never negative: a direction that no longer pays is dropped
            new2 = 0.0
            mixed = 0.0
            largest = 0.0
            for i in range(first, last):
                for d in range(3):
                    f = force[i, d]
                    new2 += f * f
                    mixed += f * (f - previous[i, d])
                    largest = max(largest, abs(f))
            if largest < tolerance:
                return 0, evaluations, largest
            if evaluations >= budget:
                return 2, evaluations, largest
            beta = max(mixed / memory[1], 0.0) if memory[1] > 0.0 else 0.0
            slope = 0.0
            for i in range(first, last):
                for d in range(3):
                    direction[i, d] = force[i, d] + beta * direction[i, d]
                    slope += force[i, d] * direction[i, d]
            if slope <= 0.0:
                slope = new2
                for i in range(first, last):
                    for d in range(3):
                        direction[i, d] = force[i, d]
            longest = 0.0
            for i in range(first, last):
                for d in range(3):
                    longest = max(longest, abs(direction[i, d]))
                    previous[i, d] = force[i, d]
            memory[1] = new2

            # line search: the slope falls through zero between `low` and `high`
            furthest = cap / longest
            here = 0.0
            low, low_slope = 0.0, slope
            high, high_slope = -1.0, 0.0
            target = min(memory[0], furthest) if memory[0] > 0.0 else 1e-3 * furthest
            for _ in range(TRIALS):
                move = (target - here) / scale
                for i in range(first, last):
                    for d in range(3):
                        ticks[i, d] += int(move * direction[i, d])
                here = target
                for i in range(first, last):
                    forces(i, s, *pair, force)
                evaluations += 1
                now = 0.0
                for i in range(first, last):
                    for d in range(3):
                        now += force[i, d] * direction[i, d]
                if abs(now) <= ACCEPT * slope or (now > 0.0 and here >= furthest):
                    break
                if now > 0.0:
                    step = here - low
                    fall = low_slope - now
                    low, low_slope = here, now
                    if high < 0.0:
                        secant = here + (now / fall * step if fall > 0.0 else GROWTH * step)
                        target = min(secant, here + GROWTH * step, furthest)
                else:
                    high, high_slope = here, now
                if high > 0.0:
                    fraction = low_slope / (low_slope - high_slope)
                    target = low + (high - low) * min(max(fraction, 0.1), 0.9)
            memory[0] = here
            if largest_displacement2(first, last, ticks, anchor, scale) > stale2:
                return 1, evaluations, largest

    return relax
