"""Response of a glass to a unit force dipole on an interacting pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds
from vitrify.short_forms import Fact, ShortForm, span
from vitrify.solver_sizes import DECAY_BINS

from .anharmonic import hessian_force
from .hessian import Hessian
from .pairs import Pairs
from .stability import random_vectors, require_minimum

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
DECAY_TO = 1e-6  # part to which responses are solved for c(r): it is then right to 1e-4, its error being some 1e-1
AT_ONCE = 8  # responses held at a time: bounded memory, and what the solvers take together
SKETCH_TO = 1e-3  # part to which it is solved for: the softest |M⁺d| are then right to 1 %
SKETCH = 64  # random vectors of a sketch of M⁺: each ‖M⁺d‖² to 18 %


def bonds(pairs: Pairs) -> IntArray:
    """Each interacting pair once, as places in the full list, (number of pairs,)."""
    return np.flatnonzero(pairs.source < pairs.target)


def dipole_force(pairs: Pairs, bond: int, n_particles: int) -> FloatArray:
    """d = ∂r_ij/∂x, (n, 3), Eq. (A11)."""
    force = np.zeros((n_particles, 3))
    direction = pairs.r_pd[bond] / pairs.distance[bond]
    force[pairs.source[bond]], force[pairs.target[bond]] = -direction, direction
    return force


def responses(hessian: Hessian, chosen: IntArray, *, tolerance: float = 1e-10) -> Iterator[FloatArray]:
    """Normalised responses z, (n, 3), Eq. (A12), one after the other for the chosen bonds, a few solved together.

    tolerance: that of the residual force, in units of the force of the dipole."""
    pairs = hessian.pairs
    for first in range(0, len(chosen), AT_ONCE):
        right = np.array([dipole_force(pairs, k, pairs.n_particles) for k in chosen[first : first + AT_ONCE]])
        for z in hessian.response(right, tolerance=tolerance):
            yield z / np.linalg.norm(z)


def stiffness(pairs: Pairs, z: FloatArray) -> float:
    """z·M·z, in ε/λ²."""
    return float(np.vdot(z, hessian_force(pairs, z)))


@dataclass(frozen=True, slots=True, repr=False)
class SoftBonds(ShortForm):
    """The bonds whose dipole responses look softest among all, one per neighbourhood."""

    bonds: IntArray  # (m,) places in the full list, softest first
    compliance: FloatArray  # (m,) estimate of |M⁺d|


def softest_bonds(hessian: Hessian, number: int, *, apart: float = 0.0, seed: int = seeds.DIPOLE_SKETCH) -> SoftBonds:
    """A scan of every pair without a solve for each: |M⁺d|² of all pairs from one random sketch of M⁺.

    For R of independent normal columns, E (R·M⁺d)² = |M⁺d|²; R·M⁺d = (M⁺R)·d needs one solve per column. No two of the
    chosen bonds share a particle, and no two have middles nearer than `apart`, in λ; there may then be fewer than
    `number`."""
    pairs, n = hessian.pairs, hessian.pairs.n_particles
    image = hessian.response(random_vectors(pairs, SKETCH, seed), tolerance=SKETCH_TO)
    every = bonds(pairs)
    i, j = pairs.source[every], pairs.target[every]
    direction = pairs.r_pd[every] / pairs.distance[every][:, None]
    square = np.zeros(len(every))
    for x in image:
        square += np.einsum("pd,pd->p", x[j] - x[i], direction) ** 2
    middle = pairs.positions[i] + 0.5 * pairs.r_pd[every, : pairs.dimension]
    taken = np.zeros(n, dtype=bool)
    chosen: list[int] = []
    for k in np.argsort(-square):
        if not (taken[i[k]] or taken[j[k]]) and _far(pairs, middle[k], middle[chosen], apart):
            taken[[i[k], j[k]]] = True
            chosen.append(int(k))
        if len(chosen) == number:
            break
    return SoftBonds(every[chosen], np.sqrt(square[chosen] / SKETCH))


def _far(pairs: Pairs, place: FloatArray, others: FloatArray, apart: float) -> bool:
    """Tell whether a place is at least so far from all others, (m, d), under the minimum image."""
    if apart <= 0.0:
        return True
    away = pairs.cell.nearest(others - place)
    return bool((np.einsum("md,md->m", away, away) >= apart**2).all())


@dataclass(frozen=True, slots=True, repr=False)
class Decay(ShortForm):
    """Decay of responses with distance, in bins that are the same for every glass of a density."""

    distance: FloatArray  # (bins,) geometric middle, in a0
    each: FloatArray  # (dipoles, bins) median over pairs of (z·d)²; NaN where a bin has too few pairs

    def _facts(self) -> list[Fact]:
        dipoles, bins = self.each.shape
        return [
            Fact("dipoles", f"{dipoles:,}", f"{dipoles:,} dipoles"),
            Fact("distance", f"{span(self.distance)} a0 in {bins} bins"),
            Fact("columns", "distance, median, dipoles, each"),
        ]

    @property
    def dipoles(self) -> IntArray:
        """Number of dipoles that have pairs enough, (bins,)."""
        return np.asarray(np.isfinite(self.each).sum(axis=0))

    @property
    def median(self) -> FloatArray:
        """c(r), the mean over these dipoles, (bins,); NaN where there is none."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nansum(self.each, axis=0) / self.dipoles)


BINS_A_DECADE = 24
NEAREST = 0.5  # in a0; the last of DECAY_BINS ends at 55
LEAST_PAIRS = 8  # in a bin, for a median


def decay(hessian: Hessian, spacing: float, chosen: IntArray, track: Callable[[IntArray], Iterable[int]] = iter) -> Decay:
    """c(r), Eq. (A13): for each response the median of (z·d_kl)² over pairs kl at distance r, between pair midpoints under
    the minimum image, up to half the least height of the cell. A few responses are in memory at a time. Raises
    SampleFailure for a glass that is no minimum.

    track: yields the chosen bonds one after the other and may show progress."""
    pairs = hessian.pairs
    require_minimum(hessian)
    every = bonds(pairs)
    i, j = pairs.source[every], pairs.target[every]
    direction = pairs.r_pd[every] / pairs.distance[every][:, None]
    cell = pairs.cell
    middle, farthest = pairs.positions[i] + 0.5 * pairs.r_pd[every, : cell.dimension], 0.5 * float(cell.heights.min())
    count = DECAY_BINS
    edges = NEAREST * 10.0 ** (np.arange(count + 1) / BINS_A_DECADE)
    each = np.full((len(chosen), count), np.nan)
    for row, bond, z in zip(each, track(chosen), responses(hessian, chosen, tolerance=DECAY_TO), strict=True):
        away = cell.nearest(middle - middle[np.searchsorted(every, bond)])
        r = np.sqrt(np.einsum("pd,pd->p", away, away)) / spacing
        value = np.einsum("pd,pd->p", z[j] - z[i], direction) ** 2
        place = np.where(r * spacing < farthest, np.digitize(r, edges) - 1, -1)
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(count + 1))
        for b in range(count):
            inside = value[order[starts[b] : starts[b + 1]]]
            if len(inside) >= LEAST_PAIRS and edges[b + 1] * spacing <= farthest:
                row[b] = np.median(inside)
    return Decay(np.sqrt(edges[1:] * edges[:-1]), each)
