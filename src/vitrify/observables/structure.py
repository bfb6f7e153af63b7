"""Radial distribution functions by pair type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass
from vitrify.models import Mixture
from vitrify.models.sizes import pair_length
from vitrify.short_forms import Fact, ShortForm, span

FloatArray = NDArray[np.float64]
FARTHEST, WIDTH = 2.5, 0.01  # in units of λ_ij
MIDDLES = 300  # sizes that the mean λ_ij^d is taken over
UNIT_BALL = {2: np.pi, 3: 4.0 / 3.0 * np.pi}  # volume by dimension


@dataclass(frozen=True, slots=True, repr=False)
class RadialDistribution(ShortForm):
    """g(r) of each pair type on the paper's reduced distance."""

    x: FloatArray  # (bins,) r/λ_ij, middles
    g: dict[
        str, FloatArray
    ]  # by pair_name, such as "AA", "AB", "BB" → (bins,); NaN beyond half the least height, and without pairs

    def _facts(self) -> list[Fact]:
        pairs = ", ".join(self.g)
        return [
            Fact("pairs", pairs, f"g(r) of {pairs}"),
            Fact("x", f"r/λ_ij = {span(self.x)} in {len(self.x)} bins", f"r/λ_ij = {span(self.x)} in {len(self.x)} bins"),
        ]


def radial_distribution(glass: Glass) -> RadialDistribution:
    """g_ab(r) = pairs in a shell/(N_a ρ_b 4π r² dr), in two dimensions with 2πr dr, against r/λ_ab, Fig. 10."""
    edges = WIDTH * np.arange(round(FARTHEST / WIDTH) + 1, dtype=np.float64)
    mixture, lengths = glass.model.mixture, np.array(glass.model.mixture.lengths)
    if glass.sizes is not None:
        return RadialDistribution(0.5 * (edges[1:] + edges[:-1]), {pair_name(mixture, 0, 0): _of_sizes(glass, edges)})
    d, reach = glass.dimension, min(FARTHEST * float(lengths.max()), _farthest(glass))
    found, r = _within(glass, reach)
    kinds = np.sort(glass.species[found], axis=1)
    g = {}
    for a in range(mixture.n_species):
        for b in range(a, mixture.n_species):
            x = r[(kinds[:, 0] == a) & (kinds[:, 1] == b)] / lengths[a, b]
            n_a, n_b = (int(np.sum(glass.species == k)) for k in (a, b))
            pairs = 0.5 * n_a * (n_a - 1) if a == b else float(n_a * n_b)
            shell = UNIT_BALL[d] * np.diff(edges**d) * lengths[a, b] ** d
            values = np.histogram(x, edges)[0] / (pairs / glass.volume * shell) if pairs else np.full(len(shell), np.nan)
            g[pair_name(mixture, a, b)] = np.where(edges[1:] * lengths[a, b] <= reach, values, np.nan)
    return RadialDistribution(0.5 * (edges[1:] + edges[:-1]), g)


def _farthest(glass: Glass) -> float:
    """Half the least height of the cell: the distance up to which all pairs are met."""
    return 0.5 * float(glass.cell.heights.min())


def _within(glass: Glass, reach: float) -> tuple[NDArray[np.int64], FloatArray]:
    """Pairs (p, 2) of particles up to a distance, and their distances (p,)."""
    found, away = glass.cell.pairs_within(glass.positions, reach)
    return found, np.sqrt(np.einsum("pd,pd->p", away, away))


def _of_sizes(glass: Glass, edges: FloatArray) -> FloatArray:
    """g (bins,) against r/λ_ij for particles with sizes of their own: pairs over those of an ideal gas of the same
    sizes."""
    sizes, n_a, n, d = np.asarray(glass.sizes), glass.model.mixture.nonadditivity, glass.n_particles, glass.dimension
    longest = float(sizes.max())  # which no λ_ij exceeds
    found, r = _within(glass, min(FARTHEST * longest, _farthest(glass)))
    x = r / pair_length(sizes[found[:, 0]], sizes[found[:, 1]], n_a)
    middle = np.quantile(sizes, (np.arange(MIDDLES) + 0.5) / MIDDLES)
    mean = float(np.mean(pair_length(middle[:, None], middle[None, :], n_a) ** d))
    shell = UNIT_BALL[d] * np.diff(edges**d) * mean
    values = np.histogram(x, edges)[0] / (0.5 * n * (n - 1) / glass.volume * shell)
    return np.where(edges[1:] * longest <= _farthest(glass), values, np.nan)


def pair_name(mixture: Mixture, a: int, b: int) -> str:
    """The name of a pair of species: AB, or Ni:P where a label has more than one letter, since A:AA is not AA:A."""
    return ("" if all(len(x) == 1 for x in mixture.labels) else ":").join((mixture.labels[a], mixture.labels[b]))
