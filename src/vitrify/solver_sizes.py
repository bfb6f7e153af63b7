"""Largest sizes that each solver serves, and lengths of some results. Costs are estimated from these without importing the
code that computes."""

from __future__ import annotations

DENSE = 700  # particles: up to here a dense matrix finds the lowest modes as fast
LARGEST_DENSE = 1_000  # particles; the dense spectrum of 3,000 rows takes some seconds
LARGEST_FACTORED = 60_000  # particles; above, a factor that counts modes takes too much memory
DENSEST_FACTORED = 80  # neighbours per particle; a factor of a denser Hessian does not stay sparse
ALWAYS_FACTORED = 3_000  # particles; up to here even a dense factor costs little
DECAY_BINS = 49  # bins of c(r) of each dipole
