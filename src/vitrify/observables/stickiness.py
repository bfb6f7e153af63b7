"""Stickiness: the strength of attraction between the particles of a glass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vitrify.statics import Pairs


def stickiness(pairs: Pairs) -> float:
    """s = mean_i max_j(φ'_ij) / mean_i max_j(−φ'_ij), Eq. (3). Each maximum is at least 0, as some particles have no
    attractive, or no repulsive, neighbour (without that floor s differs by up to 1 %)."""
    attraction, repulsion = strongest(pairs, 1.0), strongest(pairs, -1.0)
    return float(attraction.mean() / repulsion.mean()) if repulsion.any() else float("inf")


def strongest(pairs: Pairs, sign: float) -> NDArray[np.float64]:
    """(n,) largest sign · φ' among the pairs of each particle, floored at 0."""
    largest = np.zeros(pairs.n_particles)
    np.maximum.at(largest, pairs.source, sign * pairs.slope)
    return largest
