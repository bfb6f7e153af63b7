"""Number of pairs at distances where the potential has a negative stiffness, by pair type: Figs. 10 and 11 of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from vitrify.ensemble import Estimate, mean, ratio_of_means
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.models import Potential
from vitrify.observables.structure import pair_name
from vitrify.report.gathered import Gathered

FloatArray = NDArray[np.float64]
Bins = NDArray[np.bool_]
KINDS = ("AA", "AB", "BB")  # small-small, small-large, large-large
MOST = 0.9  # "the most negative stiffness": at least so much of it, which is a few bins of g(r)
WEAK, BEYOND = 0.1, 0.1  # "just beyond": where so little of it is left, farther out, and for so many λ from there on
QUARTERS = ((0.05, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0))  # of it; below 5 % lies the second shell of QSS


@dataclass(frozen=True, slots=True)
class PairStructure:
    """g(r) of single glasses and the stiffness of pairs at that distance."""

    x: FloatArray  # (bins,) r/λ_ij
    curvature: FloatArray  # (bins,) φ'' of φ(r/λ_ij), in ε; zero beyond the cutoff
    g: dict[str, FloatArray]  # by pair type → (n_glasses, bins)
    lengths: dict[str, float]  # by pair type, λ_ij in λ
    energies: dict[str, float]  # by pair type, ε_ij in ε
    ideal_pairs: dict[str, FloatArray]  # by pair type → (bins,) of one glass, were g = 1 there
    omega0: float
    modulus_error: float  # relative error of ω0²

    @property
    def n_glasses(self) -> int:
        return len(next(iter(self.g.values())))

    def curve(self, kind: str) -> tuple[FloatArray, FloatArray]:
        """Mean g over the glasses and its error, (bins,) each; the error is unknown for one glass."""
        each = self.g[kind]
        spread = each.std(axis=0, ddof=1) if len(each) > 1 else np.full(each.shape[1], np.nan)
        return each.mean(axis=0), spread / np.sqrt(len(each))

    def stiffness(self, kind: str) -> FloatArray:
        """φ''/ω0² of a pair type, (bins,)."""
        return self.curvature * self.energies[kind] / (self.lengths[kind] * self.omega0) ** 2

    @property
    def negative(self) -> Bins:
        return np.asarray(self.curvature < 0)

    @property
    def most_negative(self) -> Bins:
        return np.asarray(self.curvature <= MOST * self.curvature.min())

    @property
    def just_beyond(self) -> Bins:
        """Bins farther out than the most negative stiffness, where little of it is left."""
        farther = self.x > self.x[self.most_negative].max()
        first = self.x[farther & (self.curvature > WEAK * self.curvature.min())].min()
        return np.asarray((self.x >= first) & (self.x < first + BEYOND))

    def quarter(self, low: float, high: float) -> Bins:
        """Bins where the stiffness is negative and between two parts of the most negative one."""
        part = self.curvature / self.curvature.min()
        return np.asarray((part > low) & (part <= high))

    def population(self, kind: str, bins: Bins) -> Estimate:
        """g over some bins: pairs there over those of an ideal gas. Its error over glasses is at least that of one pair:
        where no glass has a pair the truth is below that, and is not known to be zero."""
        if not bins.any() or not len(self.g[kind]):
            return UNKNOWN
        found, ideal = mean(self._share(kind, bins)), float(self.ideal_pairs[kind][bins].sum()) * self.n_glasses
        return Estimate(found.value, float(np.fmax(found.error, 1.0 / ideal)) if self.n_glasses > 1 else found.error)

    def depletion(self, kind: str) -> Estimate:
        """g at the most negative stiffness over g just beyond it, which is 1 where negative stiffness depletes nothing."""
        beyond = self._share(kind, self.just_beyond)
        if len(beyond) < 2 or not beyond.any():
            return UNKNOWN
        ratio = ratio_of_means(self._share(kind, self.most_negative), beyond)
        one_pair = 1.0 / (float(self.ideal_pairs[kind][self.most_negative].sum()) * self.n_glasses * beyond.mean())
        return Estimate(ratio.value, max(ratio.error, one_pair))

    def _share(self, kind: str, bins: Bins) -> FloatArray:
        """g of each glass over some bins, (n_glasses,)."""
        return np.average(self.g[kind][:, bins], axis=1, weights=self.ideal_pairs[kind][bins])


def pair_structure(found: Gathered) -> PairStructure | None:
    """Structure of an ensemble from its results; None where it has no g(r), or no pair types but sizes of particles."""
    if not found.structure or found.spec.parsed_model.mixture.sizes is not None:
        return None
    x = np.asarray(found.structure[0].arrays["x"], dtype=float)
    model = found.spec.parsed_model
    mixture, n_particles = model.mixture, found.spec.particles_of("structure")
    counts = mixture.counts(n_particles)
    lengths, energies, pairs = {}, {}, {}
    for a, b in combinations_with_replacement(range(mixture.n_species), 2):
        kind = pair_name(mixture, a, b)
        lengths[kind], energies[kind] = mixture.lengths[a][b], mixture.energies[a][b]
        pairs[kind] = 0.5 * counts[a] * (counts[a] - 1) if a == b else float(counts[a] * counts[b])
    edges = np.append(x - 0.5 * (x[1] - x[0]), x[-1] + 0.5 * (x[1] - x[0]))
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3) * found.spec.density / n_particles  # of the volume, where λ_ij = 1
    return PairStructure(
        x,
        curvature(model.potential, x),
        {kind: np.array([s.arrays[kind] for s in found.structure], dtype=float) for kind in lengths},
        lengths,
        energies,
        {kind: pairs[kind] * shells * lengths[kind] ** 3 for kind in lengths},
        found.micro.omega0,
        found.micro.modulus_error,
    )


def curvature(potential: Potential, x: FloatArray) -> FloatArray:
    """φ'' of φ(r/λ) with respect to r/λ, in ε: 2 φ_u + 4 u φ_uu with u = x²; zero beyond the cutoff. x: (n,)."""
    _, first, second, *_ = potential.evaluate(x * x)
    return np.asarray(2.0 * first + 4.0 * x * x * second)


def most_negative_stiffness(found: Gathered) -> Estimate:
    """The least φ''/ω0² of small-small pairs, whose λ = 1 is the smallest; its error is that of ω0²."""
    if not np.isfinite(found.micro.omega0):
        return UNKNOWN
    potential = found.spec.parsed_model.potential
    fine = np.linspace(0.9, potential.cutoff, 2000)
    value = float(curvature(potential, fine).min()) / found.micro.omega0**2
    return Estimate(value, abs(value) * found.micro.modulus_error)
