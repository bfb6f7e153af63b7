"""Up to which sizes each solver serves, and how many numbers some results have: costs are told from these without what
computes."""

from __future__ import annotations

DENSE = 700  # particles: up to here a dense matrix finds the lowest modes as fast
LARGEST_DENSE = 1_000  # particles; the dense spectrum of 3,000 rows takes some seconds
LARGEST_FACTORED = 60_000  # particles; above, a factor that counts modes takes too much memory
DENSEST_FACTORED = 80  # neighbours a particle; a factor of a denser Hessian does not stay sparse
ALWAYS_FACTORED = 3_000  # particles; up to here even a dense factor costs little
DECAY_BINS = 49  # of c(r), of each dipole
