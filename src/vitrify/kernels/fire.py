"""FIRE, the fast inertial relaxation engine (Bitzek et al., PRL 97, 170201), on one sample."""

from __future__ import annotations

from typing import Any


def fire_of(forces: Any, stale: Any, largest_component: Any) -> Any:
    """FIRE steps of one sample until max|f| < tolerance, the list is stale, or the budget is spent.

    memory: Δt, α, steps since the power was last negative. Returns (status, force evaluations, max|f|)."""

    def relax(s, first, last, budget, tolerance, cap, stale2, anchor, force, velocity, previous, memory, pair, stage):
        ticks, scale = pair.ticks, pair.tick_length[s]
        x, f, v = ticks.reshape(-1), force.reshape(-1), velocity.reshape(-1)
        begin, end = 4 * first, 4 * last
        if memory[0] == 0.0:
            memory[0], memory[1], memory[2] = 1e-3, 0.1, 0.0
        for evaluations in range(1, budget + 1):
            for i in range(first, last):
                forces(i, s, pair, stage, force)
            power = 0.0
            speed2 = 0.0
            force2 = 0.0
            for e in range(begin, end):
                power += f[e] * v[e]
                speed2 += v[e] * v[e]
                force2 += f[e] * f[e]
            largest = largest_component(first, last, force)
            if largest < tolerance:
                return 0, evaluations, largest
            if power > 0.0:
                memory[2] += 1.0
                if memory[2] > 5.0:
                    memory[0] = min(1.1 * memory[0], 0.05)
                    memory[1] *= 0.99
            elif memory[2] > 0.0 or speed2 > 0.0:
                memory[0] *= 0.5
                memory[1], memory[2] = 0.1, 0.0
            steer = memory[1] * (speed2 / force2) ** 0.5
            keep = 1.0 - memory[1] if power > 0.0 else 0.0
            steer = steer if power > 0.0 else 0.0
            for e in range(begin, end):
                v[e] = keep * v[e] + (steer + memory[0]) * f[e]
            move = min(memory[0], cap / largest_component(first, last, velocity)) / scale
            for e in range(begin, end):
                x[e] += int(move * v[e])
            if stale(first, last, ticks, anchor, scale, stale2):
                return 1, evaluations, largest
        return 2, budget, largest

    return relax
