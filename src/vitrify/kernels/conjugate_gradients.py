"""Nonlinear conjugate gradients on one sample, led by forces alone.

Near the minimum energies differ by less than round-off long before forces do, so the line search looks for the zero of
the slope f·d by secants and never asks for an energy.
"""

from __future__ import annotations

from typing import Any

ACCEPT = 0.2  # |slope| at the end of a line search, of that at its start; 0.1 to 0.3 cost the same within 5 %
TRIALS = 8  # force evaluations a line search may take
GROWTH = 4.0  # largest stretch of a step in one extrapolation


def largest_component(first, last, vector):
    """max |v| over the components of one sample; three chains, since a maximum is not vector code."""
    x = y = z = 0.0
    for i in range(first, last):
        x, y, z = max(x, abs(vector[i, 0])), max(y, abs(vector[i, 1])), max(z, abs(vector[i, 2]))
    return max(x, y, z)


def conjugate_gradients_of(forces: Any, stale: Any, largest_component: Any) -> Any:
    """Polak-Ribière-plus steps of one sample until max|f| < tolerance, the list is stale, or the budget is spent.

    memory: last step length, f·f before it. Returns (status, force evaluations, max|f|); status 0 is converged, 1 stale,
    2 spent. Directions and memory persist between calls. Sums run over flat arrays of 4 components a particle, the last
    empty."""

    def relax(s, first, last, budget, tolerance, cap, stale2, anchor, force, direction, previous, memory, pair, stage):
        ticks, scale = pair.ticks, pair.tick_length[s]
        x, f, d, before = ticks.reshape(-1), force.reshape(-1), direction.reshape(-1), previous.reshape(-1)
        begin, end = 4 * first, 4 * last
        for i in range(first, last):
            forces(i, s, pair, stage, force)
        evaluations = 1
        new2 = mixed = 0.0
        for e in range(begin, end):
            new2 += f[e] * f[e]
            mixed += f[e] * (f[e] - before[e])
        while True:
            # β of Polak and Ribière, never negative: a direction that no longer pays is dropped
            largest = new2**0.5  # no component is larger; looked for only where it could be small enough
            if largest < tolerance * (3.0 * (last - first)) ** 0.5 or evaluations >= budget:
                largest = largest_component(first, last, force)
            if largest < tolerance:
                return 0, evaluations, largest
            if evaluations >= budget:
                return 2, evaluations, largest
            beta = max(mixed / memory[1], 0.0) if memory[1] > 0.0 else 0.0
            slope = 0.0
            for e in range(begin, end):
                d[e] = f[e] + beta * d[e]
                slope += f[e] * d[e]
                before[e] = f[e]
            if slope <= 0.0:
                slope = new2
                for e in range(begin, end):
                    d[e] = f[e]
            memory[1] = new2

            # line search: the slope falls through zero between `low` and `high`
            furthest = cap / largest_component(first, last, direction)
            here = 0.0
            low, low_slope = 0.0, slope
            high, high_slope = -1.0, 0.0
            target = min(memory[0], furthest) if memory[0] > 0.0 else 1e-3 * furthest
            for _ in range(TRIALS):
                move = (target - here) / scale
                for e in range(begin, end):
                    x[e] += int(move * d[e])
                here = target
                for i in range(first, last):
                    forces(i, s, pair, stage, force)
                evaluations += 1
                now = new2 = mixed = 0.0  # the last two for the next direction, should this be its start
                for e in range(begin, end):
                    now += f[e] * d[e]
                    new2 += f[e] * f[e]
                    mixed += f[e] * (f[e] - before[e])
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
            if stale(first, last, ticks, anchor, scale, stale2):
                return 1, evaluations, largest

    return relax
