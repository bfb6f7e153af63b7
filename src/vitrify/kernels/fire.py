"""FIRE, the fast inertial relaxation engine (Bitzek et al., PRL 97, 170201), on one sample."""

from __future__ import annotations

from typing import Any


def fire_of(forces: Any, largest_displacement2: Any) -> Any:
    """FIRE steps of one sample until max|f| < tolerance, the list is stale, or the budget is spent.

    memory: Δt, α, steps since the power was last negative. Returns (status, force evaluations, max|f|)."""

    def relax(s, first, last, budget, tolerance, cap, stale2, anchor, force, velocity, previous, memory, pair):
        ticks, scale = pair[0], pair[7][s]
        if memory[0] == 0.0:
            memory[0], memory[1], memory[2] = 1e-3, 0.1, 0.0
        for evaluations in range(1, budget + 1):
            for i in range(first, last):
                forces(i, s, *pair, force)
            power = 0.0
            speed2 = 0.0
            force2 = 0.0
            largest = 0.0
            for i in range(first, last):
                for d in range(3):
                    power += force[i, d] * velocity[i, d]
                    speed2 += velocity[i, d] * velocity[i, d]
                    force2 += force[i, d] * force[i, d]
                    largest = max(largest, abs(force[i, d]))
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
            fastest = 0.0
            for i in range(first, last):
                for d in range(3):
                    v = keep * velocity[i, d] + (steer + memory[0]) * force[i, d]
                    velocity[i, d] = v
                    fastest = max(fastest, abs(v))
            move = min(memory[0], cap / fastest) / scale
            for i in range(first, last):
                for d in range(3):
                    ticks[i, d] += int(move * velocity[i, d])
            if largest_displacement2(first, last, ticks, anchor, scale) > stale2:
                return 1, evaluations, largest
        return 2, budget, largest

    return relax
