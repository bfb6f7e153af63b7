"""The interacting pairs of a configuration, each met at both of its ends, with φ and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.batch import Batch, glass_batch
from vitrify.contacts import Contacts, compressed, require_solid
from vitrify.formula import pair_terms
from vitrify.glass import Glass
from vitrify.kernels.hessian import Springs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Full list in compressed rows: the pairs of particle i are start[i] ... start[i + 1].

    positions: (n, 3); target: (p,) the other end j; r_pd: (p, 3) vector from i to j; terms: (5, p) φ, φ_s ... φ_ssss
    with s = r²; kept: (particles of the glass,) True for the n that are here, where others were left out."""

    n_particles: int
    volume: float
    positions: FloatArray
    start: IntArray
    target: IntArray
    r_pd: FloatArray
    terms: FloatArray
    kept: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, glass: Glass) -> Pairs:
        """All pairs of a glass within the range of their species."""
        batch = glass_batch(glass)
        batch.rebuild(0)
        start, target, r_pd = compressed(batch)
        n = glass.n_particles
        source = np.repeat(np.arange(n), np.diff(start))
        terms = _terms(batch, source, target, np.einsum("pd,pd->p", r_pd, r_pd))
        return cls(n, glass.volume, glass.positions, *_unsorted(batch.label, source, target, r_pd, terms))

    @cached_property
    def source(self) -> IntArray:
        """(p,) the end i at which a pair is met."""
        return np.repeat(np.arange(self.n_particles), np.diff(self.start))

    @cached_property
    def distance(self) -> FloatArray:
        """(p,) r."""
        return np.asarray(np.sqrt(np.einsum("pd,pd->p", self.r_pd, self.r_pd)))

    @property
    def isolated(self) -> NDArray[np.bool_]:
        """(n,) particles that meet no other."""
        return np.asarray(np.diff(self.start) == 0)

    @cached_property
    def contacts(self) -> Contacts:
        """The pairs as a network."""
        return Contacts(self.positions, self.volume ** (1.0 / 3.0), self.source, self.target)

    def require_solid(self, *, spanning: bool = True) -> None:
        """Raise SampleFailure where these particles do not hold each other: below jamming, or in clusters that float."""
        require_solid(self.contacts, repulsive=not bool((self.terms[1] > 0.0).any()), spanning=spanning)

    def without_rattlers(self) -> Pairs:
        """The pairs of the particles that hold each other, in the same volume."""
        kept = ~self.contacts.rattlers
        if kept.all():
            return self
        between = kept[self.source] & kept[self.target]
        number = np.bincount(self.source[between], minlength=self.n_particles)[kept]
        start = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
        target = (np.cumsum(kept) - 1)[self.target[between]]
        terms = np.ascontiguousarray(self.terms[:, between])
        n = int(kept.sum())
        return Pairs(n, self.volume, self.positions[kept], start, target, self.r_pd[between], terms, kept)

    def told_of_rattlers(self) -> str:
        """The end of a sentence on what is no minimum: how many rattlers it has, and what can be done; empty for none."""
        number = int(self.contacts.rattlers.sum())
        return f"; rattlers in it: {number} (--without-rattlers leaves them out)" if number else ""

    def in_glass(self, values: FloatArray, axis: int = 0) -> FloatArray:
        """Values of these particles along an axis as values of all particles of the glass, zero for those left out."""
        if self.kept is None:
            return values
        shape = list(values.shape)
        shape[axis] = len(self.kept)
        everyone = np.zeros(shape)
        everyone[(slice(None),) * axis + (self.kept,)] = values
        return everyone

    @property
    def slope(self) -> FloatArray:
        """(p,) φ' = 2 r φ_s, negative for a repulsive pair."""
        return np.asarray(self.distance * self.springs.tension)

    @cached_property
    def springs(self) -> Springs:
        """What M is made of: k_ij = t 1 + k r⊗r with t = 2 φ_s = φ'/r, in ε/λ², and k = 4 φ_ss, in ε/λ⁴."""
        return Springs(self.start, self.target, self.r_pd, 2.0 * self.terms[1], 4.0 * self.terms[2])

    def pull(self, delta_pd: FloatArray) -> FloatArray:
        """(p, 3) k_ij δ of each pair's relative displacement, as kernels.pair_stiffness has it."""
        along = self.springs.stiffness * np.einsum("pd,pd->p", self.r_pd, delta_pd)
        return np.asarray(self.springs.tension[:, None] * delta_pd + along[:, None] * self.r_pd)

    def sum_to_particles(self, value_pd: FloatArray) -> FloatArray:
        """(n, ...) sum over the pairs of each particle."""
        total = np.zeros((self.n_particles, *value_pd.shape[1:]))
        met = np.flatnonzero(np.diff(self.start))  # reduceat repeats a value where a row is empty
        if len(met):
            total[met] = np.add.reduceat(value_pd, self.start[met], axis=0)
        return total

    def forces(self) -> FloatArray:
        """(n, 3) force on each particle, Σ_j t r_ij."""
        return self.sum_to_particles(self.springs.tension[:, None] * self.r_pd)


def _terms(batch: Batch, source: IntArray, target: IntArray, squared: FloatArray) -> FloatArray:
    """(5, p) φ, φ_s ... φ_ssss of pairs of particles at squared distances, times their ε_ij."""
    terms, fill = np.empty((5, len(target))), pair_terms(batch.formula)
    i, j = batch.species[source], batch.species[target]
    if batch.form.sizes:
        fill(squared, 1.0 / batch.squared_lengths(source, target), batch.numbers, terms)
    elif batch.form.cutoffs:
        for a, b in np.ndindex(batch.energies.shape):
            of = (i == a) & (j == b)
            part = np.empty((5, int(of.sum())))
            fill(squared[of], batch.inverse_length2[i[of], j[of]], batch.coefficients[a, b], part)
            terms[:, of] = part
    else:
        fill(squared, batch.inverse_length2[i, j], batch.numbers, terms)
    return terms * batch.energies[i, j] if batch.form.energies else terms


def _unsorted(label: Any, source: Any, target: Any, r_pd: Any, terms: Any) -> tuple[Any, ...]:
    """Rows and columns back in the glass's own order, by particle and then by neighbour."""
    i, j = label[source], label[target]
    order = np.lexsort((j, i))
    start = np.concatenate([[0], np.cumsum(np.bincount(i, minlength=len(label)))]).astype(np.int64)
    return start, j[order], r_pd[order], np.ascontiguousarray(terms[:, order])
