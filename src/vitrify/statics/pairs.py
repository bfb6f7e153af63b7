"""The interacting pairs of a configuration, each met at both of its ends, with φ and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.backends import backend
from vitrify.batch import pair_form
from vitrify.cell import Cell
from vitrify.contacts import Contacts, bonds_of, contacts_of, joined, require_solid
from vitrify.errors import SampleFailure
from vitrify.formula import formula_of, pair_terms
from vitrify.glass import Glass
from vitrify.kernels.bonds import terms_of
from vitrify.kernels.hessian import Blocks, Springs
from vitrify.models import Potential
from vitrify.models.molecule import bond_terms
from vitrify.models.offers import number_array
from vitrify.models.sizes import pair_length
from vitrify.short_forms import Fact, ShortForm

from .angles import Angles
from .surroundings import BeyondPairs, Surroundings

FloatArray = NDArray[np.float64]
WHOLE = 64  # pairs: a multiple of what any processor takes in a turn of a loop
IntArray = NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Pairs(ShortForm):
    """A full list in compressed rows: the pairs of particle i are start[i] ... start[i + 1]. Vectors have three components,
    in two dimensions too, where the third is zero. Bonds of molecules are pairs too.

    cell: the periodic cell, of d dimensions; positions: (n, d); target: (p,) the other end j; r_pd: (p, 3) vector from i to
    j; terms: (5, p) φ, φ_s ... φ_ssss with s = r²; kept: (particles of the glass,) True for the n that are here, where
    others were left out; surroundings: the energy beyond pairs, where the model has one; bond_energies: (p,) the
    part of φ that is the energy of a bond, where the particles make molecules."""

    n_particles: int
    cell: Cell
    positions: FloatArray
    start: IntArray
    target: IntArray
    r_pd: FloatArray
    terms: FloatArray
    kept: NDArray[np.bool_] | None = None
    surroundings: BeyondPairs | None = None
    bond_energies: FloatArray | None = None

    def _facts(self) -> list[Fact]:
        pairs = f"{len(self.target) // 2:,}"
        return [
            Fact("particles", f"{self.n_particles:,}", f"{self.n_particles:,} particles"),
            Fact("pairs within range", pairs, f"{pairs} pairs within range"),
            Fact("cell", self.cell.words),
        ]

    @classmethod
    def of(cls, glass: Glass) -> Pairs:
        """All pairs of a glass within their range. In a small cell these include pairs with images."""
        source, target, r_pd = contacts_of(glass)
        n, topology = glass.n_particles, glass.topology
        terms = _terms(glass, source, target, np.einsum("pd,pd->p", r_pd, r_pd))
        beyond: BeyondPairs | None = None
        bond_energies: FloatArray | None = None
        if topology is not None:
            bonds = bonds_of(glass)
            (source, target, r_pd), of_pairs, of_bonds = joined((source, target, r_pd), bonds)
            alone, terms = terms, np.zeros((5, len(source)))
            terms[:, of_pairs] = alone
            theirs = _bond_terms(glass, bonds[2][: len(topology.bonds)])
            bond_energies = np.zeros(len(source))
            for both_ends in np.split(of_bonds[: 2 * len(topology.bonds)], 2):
                np.add.at(terms.T, both_ends, theirs.T)
                np.add.at(bond_energies, both_ends, theirs[0])
        start = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=n))]).astype(np.int64)
        if topology is not None and len(topology.angles):
            beyond = Angles.of_glass(glass, start, target, r_pd, of_bonds[2 * len(topology.bonds) :])
        elif topology is None:
            beyond = Surroundings.of(glass, start, target, r_pd)
        return cls(n, glass.cell, glass.positions, start, target, r_pd, terms, None, beyond, bond_energies)

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return self.cell.dimension

    @property
    def volume(self) -> float:
        """V in λ³; in two dimensions the area, in λ²."""
        return self.cell.volume

    @cached_property
    def source(self) -> IntArray:
        """The end i at which a pair is met, (p,)."""
        return np.repeat(np.arange(self.n_particles), np.diff(self.start))

    @cached_property
    def distance(self) -> FloatArray:
        """Distance r of each pair, (p,)."""
        return np.asarray(np.sqrt(np.einsum("pd,pd->p", self.r_pd, self.r_pd)))

    @property
    def isolated(self) -> NDArray[np.bool_]:
        """Mask (n,) of particles that meet no other."""
        return np.asarray(np.diff(self.start) == 0)

    @cached_property
    def contacts(self) -> Contacts:
        """The pairs as a network."""
        return Contacts(self.positions, self.cell, self.source, self.target, self.r_pd)

    def require_solid(self, *, spanning: bool = True) -> None:
        """Raise SampleFailure where these particles do not hold each other: below jamming, or in clusters that float."""
        require_solid(self.contacts, repulsive=not bool((self.terms[1] > 0.0).any()), spanning=spanning)

    def without_rattlers(self) -> Pairs:
        """The pairs of the particles that hold each other, in the same volume."""
        kept = ~self.contacts.rattlers
        if kept.all():
            return self
        if self.surroundings is not None:
            raise SampleFailure(
                f"{int((~kept).sum())} of the particles are rattlers, which cannot be left out of an energy that is not "
                "one of pairs alone"
            )
        between = kept[self.source] & kept[self.target]
        number = np.bincount(self.source[between], minlength=self.n_particles)[kept]
        start = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
        target = (np.cumsum(kept) - 1)[self.target[between]]
        terms = np.ascontiguousarray(self.terms[:, between])
        n = int(kept.sum())
        bonds = None if self.bond_energies is None else self.bond_energies[between]
        return Pairs(n, self.cell, self.positions[kept], start, target, self.r_pd[between], terms, kept, None, bonds)

    def told_of_rattlers(self) -> str:
        """The end of a sentence on a glass that is no minimum: how many rattlers it has, and what can be done. Empty where
        it has none."""
        number = int(self.contacts.rattlers.sum())
        return f"; {number} of the particles are rattlers (--without-rattlers leaves them out)" if number else ""

    def in_glass(self, values: FloatArray, axis: int = 0) -> FloatArray:
        """Values of these particles along an axis as values of all particles of the glass, with zero for those left out."""
        if self.kept is None:
            return values
        shape = list(values.shape)
        shape[axis] = len(self.kept)
        everyone = np.zeros(shape)
        everyone[(slice(None),) * axis + (self.kept,)] = values
        return everyone

    def flat(self, vectors_mid: FloatArray) -> FloatArray:
        """Vectors (m, n, 3) as rows of the d components that exist, (m, d n), as in the matrix of the Hessian."""
        return np.ascontiguousarray(vectors_mid[:, :, : self.dimension]).reshape(len(vectors_mid), -1)

    def in_space(self, rows: FloatArray) -> FloatArray:
        """Rows of `flat` as vectors, (m, n, 3); the third component is zero in two dimensions."""
        vectors = rows.reshape(len(rows), self.n_particles, self.dimension)
        return np.pad(vectors, ((0, 0), (0, 0), (0, 3 - self.dimension))) if self.dimension < 3 else vectors

    @property
    def slope(self) -> FloatArray:
        """φ' = 2 r φ_s, (p,), negative for a repulsive pair; with an energy beyond pairs ∂U/∂r_ij along the pair."""
        slope = self.distance * self.springs.tension
        if self.surroundings is not None:
            slope = slope + np.einsum("pd,pd->p", self.surroundings.bond_force_pd, self.r_pd) / self.distance
        return np.asarray(slope)

    @property
    def energy(self) -> float:
        """U in ε."""
        of_pairs = 0.5 * float(self.terms[0].sum())
        return of_pairs if self.surroundings is None else of_pairs + float(self.surroundings.at_rest[0].sum())

    @property
    def bond_energy(self) -> float | None:
        """U of the bonds among these pairs, in ε, where the particles make molecules."""
        return None if self.bond_energies is None else 0.5 * float(self.bond_energies.sum())

    @property
    def energy_by_term(self) -> dict[str, float]:
        """U in ε, by the terms that the model has: pairs, bonds, angles, beyond pairs."""
        bonds = {} if self.bond_energy is None else {"bonds": self.bond_energy}
        beyond = {} if self.surroundings is None else {self.surroundings.term: float(self.surroundings.at_rest[0].sum())}
        return {"pairs": 0.5 * float(self.terms[0].sum()) - sum(bonds.values()), **bonds, **beyond}

    @property
    def energies(self) -> FloatArray:
        """U by particle, (n,), in ε: half of each of its pairs, and what its surrounding has beyond."""
        energies = 0.5 * self.sum_to_particles(self.terms[0])
        return energies if self.surroundings is None else energies + self.surroundings.at_rest[0]

    @cached_property
    def springs(self) -> Springs:
        """The coefficients of M: k_ij = t 1 + k r⊗r with t = 2 φ_s = φ'/r, in ε/λ², and k = 4 φ_ss, in ε/λ⁴."""
        return Springs(self.start, self.target, self.r_pd, 2.0 * self.terms[1], 4.0 * self.terms[2])

    @cached_property
    def rows(self) -> Springs | Blocks:
        """What M is made of: the springs of pairs, or blocks where the energy is not one of pairs alone."""
        return self.springs if self.surroundings is None else self.surroundings.blocks(self.springs)

    def pull(self, delta_pd: FloatArray) -> FloatArray:
        """(p, 3) k_ij δ of each pair's relative displacement, as kernels.hessian has it."""
        along = self.springs.stiffness * np.einsum("pd,pd->p", self.r_pd, delta_pd)
        return np.asarray(self.springs.tension[:, None] * delta_pd + along[:, None] * self.r_pd)

    def sum_to_particles(self, value_pd: FloatArray) -> FloatArray:
        """Sum (n, ...) over the pairs of each particle."""
        total = np.zeros((self.n_particles, *value_pd.shape[1:]))
        met = np.flatnonzero(np.diff(self.start))  # reduceat repeats a value where a row is empty
        if len(met):
            total[met] = np.add.reduceat(value_pd, self.start[met], axis=0)
        return total

    def forces(self) -> FloatArray:
        """Force on each particle, (n, 3): Σ_j t r_ij, and that of an energy beyond pairs."""
        forces = self.sum_to_particles(self.springs.tension[:, None] * self.r_pd)
        beyond = self.surroundings
        return forces if beyond is None else forces - beyond.to_particles(beyond.at_rest[1])

    def virial(self) -> FloatArray:
        """V σ = Σ (φ'/r) r ⊗ r over pairs, and that of an energy beyond them, (3, 3) in ε."""
        each_twice = np.einsum("p,pa,pb->ab", self.springs.tension, self.r_pd, self.r_pd)
        of_pairs = np.asarray(0.5 * each_twice)
        return of_pairs if self.surroundings is None else of_pairs + self.surroundings.virial()


def _terms(glass: Glass, source: IntArray, target: IntArray, squared: FloatArray) -> FloatArray:
    """Terms (5, p) φ, φ_s ... φ_ssss of pairs of particles at squared distances, times their ε_ij."""
    model, form = glass.model, pair_form(glass.model)
    fill = pair_terms(formula_of(model.potential))
    i, j, inverse2 = glass.species[source], glass.species[target], _inverse_length2(glass, source, target)
    if form.cutoffs:
        terms = np.empty((5, len(target)))
        for a, b in np.ndindex(form.n_species, form.n_species):
            of = (i == a) & (j == b)
            terms[:, of] = _filled(fill, squared[of], inverse2[of], model.potential_of(min(a, b), max(a, b)))
    else:
        terms = _filled(fill, squared, inverse2, model.potential)
    return terms * np.array(model.mixture.energies)[i, j] if form.energies else terms


def _bond_terms(glass: Glass, r_pd: FloatArray) -> FloatArray:
    """Terms (5, b) of the bonds of a glass. Raises SampleFailure for a bond that is longer than its law allows."""
    topology, molecule = glass.topology, glass.model.molecule
    assert topology is not None
    assert molecule is not None
    squared, terms = np.einsum("pd,pd->p", r_pd, r_pd), np.empty((5, len(r_pd)))
    most = np.array([x.law.longest for x in molecule.bonds])[topology.bond_types]
    torn = np.flatnonzero(squared >= most * most)
    if len(torn):
        k = int(torn[0])
        i, j = topology.bonds[k].tolist()
        raise SampleFailure(
            f"the bond of particles {i} and {j} is {squared[k] ** 0.5:.4g} λ long, must be shorter than its r0 {most[k]:g}"
        )
    cpu = backend()
    cpu.compile(terms_of(cpu.inline(bond_terms)))(squared, topology.bond_types, molecule.numbers("bonds"), terms)
    return terms


def _filled(fill: Any, squared: FloatArray, inverse2: FloatArray, potential: Potential) -> FloatArray:
    """Terms (5, p) of one potential. All pairs go through whole vectors: a compiler rounds the remainder of a loop
    differently, and both ends of a pair must have the same last bit."""
    n, more = len(squared), -len(squared) % WHOLE
    terms = np.empty((5, n + more))
    fill(*(np.pad(x, (0, more), constant_values=1.0) for x in (squared, inverse2)), number_array(potential), terms)
    return np.ascontiguousarray(terms[:, :n])


def _inverse_length2(glass: Glass, source: IntArray, target: IntArray) -> FloatArray:
    """λ_ij⁻² (p,) of pairs of particles."""
    mixture, sizes = glass.model.mixture, glass.sizes
    if sizes is None:
        return np.asarray((np.array(mixture.lengths) ** -2.0)[glass.species[source], glass.species[target]])
    return np.asarray(1.0 / pair_length(sizes[source], sizes[target], mixture.nonadditivity) ** 2)
