"""The density of states of the soft spots of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.short_forms import ShortForm

from .bootstrap import bootstrap
from .density_of_states import bins_below
from .estimate import Estimate

FloatArray = NDArray[np.float64]
LEAST_GLASSES = 2  # one glass alone has no scatter


@dataclass(frozen=True, slots=True, repr=False)
class SpotDensity(ShortForm):
    """A histogram of D(ω) per degree of freedom; bins without a spot are left out."""

    omega: FloatArray  # (bins,) the geometric middle, in the unit of the frequencies
    density: FloatArray  # (bins,) in one over that unit
    error: FloatArray  # (bins,) by bootstrap over glasses
    complete: float  # frequency up to which no census was cut short; where none was, that of the stiffest spot
    n_spots: int  # below it


def soft_spot_density(
    frequencies: Sequence[FloatArray], complete: FloatArray, n_particles: int, dimension: int = 3
) -> SpotDensity:
    """D(ω) = (1/dN)⟨Σ δ(ω − ω_k)⟩ of the soft spots of glasses, in eight logarithmic bins per decade, with the scatter over
    glasses drawn with replacement as its error: spots of one glass need not be independent.

    It counts the spots that were found: no census proves that it found all. Empty for fewer than two glasses or spots.
    frequencies: one array per glass, in any one unit, such as ω0; complete: (n,), in that unit, the frequency beyond which
    each census left out what it found, infinite where it left nothing out. The lowest of them ends D(ω)."""
    largest = max((float(np.max(x, initial=0.0)) for x in frequencies), default=0.0)
    limit = float(np.min(complete, initial=np.inf))
    top = limit if np.isfinite(limit) else float(np.nextafter(largest, np.inf))
    below = [x[x < top] for x in frequencies]  # the spot at the end of a census defines it, and must not count
    number = sum(map(len, below))
    if len(frequencies) < LEAST_GLASSES or number < 2:
        nothing = np.empty(0)
        return SpotDensity(nothing, nothing, nothing, top, number)
    edges = bins_below(top)
    counts = np.array([np.histogram(x, edges)[0] for x in below], dtype=np.float64)
    there = np.flatnonzero(counts.sum(axis=0))
    one = 1.0 / (dimension * n_particles * np.diff(edges)[there])  # the density of one spot in one glass
    found: list[Estimate] = [bootstrap(lambda x: float(x.mean()), counts[:, k]) for k in there]
    middle = np.sqrt(edges[1:] * edges[:-1])[there]
    return SpotDensity(
        middle, one * np.array([x.value for x in found]), one * np.array([x.error for x in found]), top, number
    )
