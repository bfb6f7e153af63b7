"""How strongly the particles of a glass attract each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vitrify.statics import Pairs


def stickiness(pairs: Pairs) -> float:
    """s = mean_i max_j(φ'_ij) / mean_i max_j(−φ'_ij), Eq. (3), each maximum at least 0: some particles have no
    attractive, or no repulsive, neighbour (unfloored differs by up to 1 %)."""
    attraction, repulsion = strongest(pairs, 1.0), strongest(pairs, -1.0)
    return float(attraction.mean() / repulsion.mean()) if repulsion.any() else float("inf")


def strongest(pairs: Pairs, sign: float) -> NDArray[np.float64]:
    """(n,) largest sign · φ' among the pairs of each particle, floored at 0."""
    largest = np.zeros(pairs.n_particles)
    np.maximum.at(largest, pairs.source, sign * pairs.slope)
    return largest
