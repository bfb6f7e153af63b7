"""Columns of a sample's row of `state`: what its programs are told, where they stand, and what they found."""

from __future__ import annotations

# What all programs have: why a sample stopped, when its list is stale, and how many steps or evaluations it still has.
STATUS, STALE2, LEFT, MOVE = range(4)
# The liquid: Δt, Δt/τ and T of the thermostat; Σ m v², its sum over the steps in units of T, the factor of the next kick.
TIME_STEP, COUPLING, TEMPERATURE, TWICE_KINETIC, HEAT, RESCALE = range(4, 10)
# What a quench is told, and finds: max|f| to reach, longest step of a component, max|f|, mean |pair force|.
TOLERANCE, CAP, LARGEST, MEAN_FORCE = range(10, 14)
# Mean squared displacement, and the mean displacement beside it.
MSD, DRIFT = 14, 15  # and 16, 17
# A line search: last length of a step; f·f where it began; where it is; two places and slopes between which it looks, and
# where next; the slope at its start, evaluations, furthest length, β. What it is at, and the last sums over the forces.
LAST, FORCE2, HERE, LOW, LOW_SLOPE, HIGH, HIGH_SLOPE, TARGET, SLOPE, TRIAL, FURTHEST, BETA = range(18, 30)
SEARCHING, ENDED, TURNS, MIXED, NOW, NEW2 = range(30, 36)
# How much of the force where a line began is in that where it ends; lines that ended so since one ended in computed forces.
REST, SINCE = 36, 37
# FIRE: Δt, α, steps since the power was last negative; what is kept of the velocity, and how much force is added to it.
FIRE_STEP, ALPHA, DOWNHILL, KEEP, PUSH = range(38, 43)
# Degrees of freedom, d (N − 1), as no momentum is in them.
DEGREES = 43
COLUMNS = 44

RUNS, STALE, DONE, SPENT = 0.0, 1.0, 2.0, 3.0  # values of STATUS: a list to renew; what was to be done is; nothing is left
