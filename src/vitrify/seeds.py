"""Seeds of the random numbers that a measurement draws for itself, so that the same glass always gives the same numbers.

Other values would do as well; they differ so that no two of these draw the same numbers. A study seeds its own glasses."""

RESAMPLING = 0  # bootstrap errors of an ensemble, with dipoles resampled too
SPECTRUM_BOUNDS = 3  # the start of Lanczos' iteration for the ends of a Hessian's spectrum
SPECTRAL_DENSITY = 4  # signs of the vectors whose moments are averaged
MODES = 5  # the first block, of Lanczos and of subspace iteration
PROOF_OF_MODES = 6  # the force of the solve that proves that no mode is missing
DIPOLE_SKETCH = 7  # forces that all pairs are looked through for soft dipoles with
DIPOLES_CHOSEN = 8  # which pairs a mean over dipoles is taken of
DIFFERENCES = 9  # directions along which a calculator of others is tried
PROBE_OF_MINIMUM = 20_200_811  # the force of the solve that proves that a glass is a minimum
