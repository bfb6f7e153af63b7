"""One leapfrog step of one particle."""

from __future__ import annotations


def kick_and_drift(i, s, force, inverse_mass, species, rescale, time_step, ticks_per_length, velocity, travel, ticks):
    """Body: v ← c v + (Δt/m) f; x ← x + Δt v. c, the thermostat's factor, is `rescale` of the sample; `travel` is the
    displacement since the start, never wrapped."""
    kick = time_step * inverse_mass[species[i]]
    for d in range(3):
        v = rescale * velocity[i, d] + kick * force[i, d]
        step = time_step * v
        velocity[i, d] = v
        travel[i, d] += step
        ticks[i, d] += int(step * ticks_per_length)
