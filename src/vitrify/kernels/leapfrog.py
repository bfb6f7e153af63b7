"""One leapfrog step of one component of one particle."""

from __future__ import annotations


def kick_and_drift(e, rescale, time_step, ticks_per_length, mass, inverse_mass, force, velocity, ticks):
    """Body: v ← c v + (Δt/m) f; x ← x + Δt v; returns m v². c, the thermostat's factor, is `rescale` of the sample.

    Arrays are flat over particles and components (4 a particle, the last empty), so that the loop is vector code."""
    v = rescale * velocity[e] + time_step * inverse_mass[e] * force[e]
    velocity[e] = v
    ticks[e] += int(time_step * v * ticks_per_length)
    return v * v * mass[e]
