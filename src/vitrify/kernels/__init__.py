"""Bodies of loops over particles: sums over pairs and nothing else. Plain Python; a backend compiles them.

Conventions: i, j particles of a flattened batch; s the sample; positions are `ticks`, 64-bit integers in units of
L/2^64, so that the minimum image is an integer subtraction that wraps by itself."""
