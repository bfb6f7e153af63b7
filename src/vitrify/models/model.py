"""A glass former: a pair potential and a mixture, under a name that a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from importlib import import_module
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from vitrify.errors import UsageError, check, wrong
from vitrify.short_forms import Fact, ShortForm

from .mixture import PAPERS, Mixture, Table, require_number
from .molecule import Molecule, molecule_of
from .offers import cutoff_of
from .potential import CodeNotRunError
from .potentials import Potential

AT_MINIMUM = 1e-3  # relative distance of a pair's cutoff from the potential's minimum that smoothing there may make
LEAST_DENSITY, MOST_DENSITY = 1e-4, 1e6  # N/V in λ^−d; below, the cells that neighbours are found in fill the memory
LONG = 60  # characters of a name that a line leaves as it is


@dataclass(frozen=True, slots=True, repr=False)
class Model(ShortForm):
    """A glass former to simulate: a potential, a mixture and, where particles are bound to each other, a molecule.

    Its readable form is its name, followed by the mixture where that is not the paper's, and by the molecule. Raises
    UsageError."""

    name: str  # of the potential with its parameters, such as "pss(rc=1.2)"
    potential: Potential
    mixture: Mixture = PAPERS
    molecule: Molecule | None = None

    def _facts(self) -> list[Fact]:
        reach = "none that can be used"
        with suppress(Exception):  # a potential of a user's may fail in any way, and a prompt is no place to learn of it
            reach = f"{self.cutoff:.4g} λ"
        return [
            Fact("name", self.name, self._short_name),
            Fact("mixture", str(self.mixture)),
            *([] if self.molecule is None else [Fact("molecule", str(self.molecule))]),
            Fact("cutoff", reach),
            Fact("potential", type(self.potential).__name__, ""),
        ]

    @property
    def _short_name(self) -> str:
        """The name for a line; of many parameters only those that are not the family's own."""
        family, _, given = self.name.partition("(")
        potential: Any = self.potential
        if len(self.name) <= LONG or not is_dataclass(potential):
            return self.name
        usual = {f"{x.name}={x.default!r}" for x in fields(potential)}
        own = [x for x in given.removesuffix(")").split(", ") if x not in usual]
        return f"{family}({', '.join(own)})"

    def __post_init__(self) -> None:
        named = isinstance(self.name, str) and bool(self.name.strip()) and self.name.isprintable()
        check(named, "model", "name", self.name, "a text on one line")
        mixed = isinstance(self.mixture, Mixture)
        check(mixed, "model", "mixture", self.mixture, 'a Mixture, such as Mixture.parse("[0.8:0.2; lengths 1,0.8,0.88]")')
        if isinstance(self.potential, Potential) and self.potential.many_body() is not None:
            _require_plain(self)
        if self.mixture.cutoffs:
            with suppress(CodeNotRunError):  # it has been checked where it was run
                _require_cutoffs(self.potential, self.mixture)
        if self.molecule is not None:
            _require_molecule(self, self.molecule)

    def __str__(self) -> str:
        return self._with_molecule(self.name) if self.mixture == PAPERS else self.in_full

    @property
    def in_full(self) -> str:
        """Name and mixture, whichever it is, and molecule."""
        return self._with_molecule(f"{self.name} {self.mixture}")

    def _with_molecule(self, form: str) -> str:
        return form if self.molecule is None else f"{form} {self.molecule}"

    def with_molecules(self, molecule: Molecule | str | None) -> Model:
        """The model whose particles are molecules, such as "{sites 10; bonds fene(k=30, r0=1.5) chain}", or are none.

        Raises UsageError."""
        return replace(self, molecule=molecule_of(molecule))

    @property
    def cutoff(self) -> float:
        """Largest range of any pair, in λ(small, small). Raises UsageError where the potential has no usable cutoff."""
        if self.mixture.sizes is not None:
            return self.reduced_cutoff(0, 0) * self.mixture.largest_length
        return self.cutoff_of(range(self.mixture.n_species))

    def cutoff_of(self, species: Iterable[int]) -> float:
        """Largest range of any pair among these species, in λ(small, small)."""
        return max(self.ranges[i][j] for i, j in combinations_with_replacement(sorted(species), 2))

    def reduced_cutoff(self, i: int, j: int) -> float:
        """Cutoff of the potential of two species, in λ_ij."""
        return self.mixture.cutoffs[i][j] if self.mixture.cutoffs else cutoff_of(self.potential)

    @property
    def ranges(self) -> Table:
        """Range of each pair of species, in λ(small, small); of particles with sizes, in the unit of these."""
        lengths, species = self.mixture.lengths, range(self.mixture.n_species)
        if not self.mixture.cutoffs:
            cutoff = cutoff_of(self.potential)
            return tuple(tuple(cutoff * lengths[i][j] for j in species) for i in species)
        return tuple(tuple(self.reduced_cutoff(i, j) * lengths[i][j] for j in species) for i in species)

    @property
    def own_cutoffs(self) -> bool:
        """Whether the potential of any pair ends elsewhere than the potential by itself."""
        return any(x != self.potential.cutoff for row in self.mixture.cutoffs for x in row)

    def potential_of(self, i: int, j: int) -> Potential:
        """The potential of two species in units of their ε_ij: that of the model, with the cutoff of the pair."""
        cutoff = self.reduced_cutoff(i, j)
        return self.potential if cutoff == cutoff_of(self.potential) else self.potential.with_cutoff(cutoff)

    def with_names(self, names: Mapping[str, str]) -> Model:
        """The model with other names of its species, such as {"A": "Cu", "B": "Zr"}. Raises UsageError."""
        return replace(self, mixture=self.mixture.with_names(names))

    def write_lammps_table(self, path: Any, *, points: int = 20_000, inner: float = 0.5) -> None:
        """Write the pair potentials as a file for LAMMPS' `pair_style table spline`, with its input lines as comments.

        points: of each pair of species, equally spaced in r²; inner: the shortest distance, in λ_ij. Raises UsageError."""
        import_module("vitrify.formats.lammps_table").write_table(self, path, points=points, inner=inner)  # made above us

    def calculator(self, species: Mapping[str, str] | None = None, *, epsilon: float = 1.0, length: float = 1.0) -> Any:
        """A calculator of ASE: energy, forces and stress of the model for ASE's Atoms.

        species: symbols of the atoms → labels of the mixture, where they differ; epsilon and length: ε in eV and
        λ(small, small) in Å where results shall be in eV and Å, and 1 where they and the atoms are in ε and λ. Raises
        UsageError, also where ASE is not installed."""
        import_module("vitrify.formats.objects.needs").require_package("ase", "a calculator")
        return import_module("vitrify.ase_calculator").ModelCalculator(self, species, epsilon=epsilon, length=length)

    def fraction_counts(self, n_particles: int) -> tuple[int, ...]:
        """Particles of each species; raises UsageError where the fractions do not give whole numbers, or molecules whole
        molecules."""
        if self.molecule is not None and n_particles % self.molecule.n_sites:
            raise UsageError(
                f"n_particles is {n_particles}, but molecules of {self.molecule.n_sites} particles need a multiple; "
                f"take {self._nearest(n_particles)}"
            )
        return self.mixture.counts(n_particles)

    def _nearest(self, n_particles: int) -> int:
        """The smallest number of particles from here on that fractions and molecules divide."""
        size = 1 if self.molecule is None else self.molecule.n_sites
        found = self.mixture.nearest(n_particles)
        for _ in range(1000):
            if found % size == 0:
                return found
            found = self.mixture.nearest(found + 1)
        return n_particles + -n_particles % size

    def box_for(self, n_particles: int, density: float, dimension: int = 3) -> float:
        """Edge of the cube, L = (N/ρ)^(1/3), or of the square, (N/ρ)^(1/2); raises UsageError unless it holds twice the
        cutoff, and for numbers and densities beyond the bounds.

        Below that a particle would meet two images of one neighbour."""
        require_number(n_particles)
        if not LEAST_DENSITY <= density <= MOST_DENSITY:
            raise wrong("", "density", density, f"positive, from {LEAST_DENSITY:g} to {MOST_DENSITY:g}")
        box = float((n_particles / density) ** (1.0 / dimension))
        if box < 2.0 * self.cutoff:
            least = int(density * (2.0 * self.cutoff) ** dimension) + 1
            raise UsageError(
                f"{n_particles} particles at density {density:g} make a box of {box:.4g}, less than twice the cutoff "
                f"{self.cutoff:.4g} of {self}{self._why_so_far()}; take at least {self._nearest(least)} particles"
            )
        if self.molecule is not None:
            self.molecule.require_room(box)
        return box

    def _why_so_far(self) -> str:
        """The part of a sentence that tells what makes a cutoff of the model's that is not its potential's."""
        own, longest = self.potential.cutoff, self.mixture.largest_length
        if self.mixture.cutoffs or longest == 1.0:
            return ""
        mixture = "the default mixture" if self.mixture == PAPERS else "its mixture"
        return f", which is {own:g} times the largest length {longest:g} of {mixture}"


def _require_plain(model: Model) -> None:
    """Raise UsageError where a mixture says of pairs what has no meaning in an energy beyond pairs."""
    mixture = model.mixture
    for there, right in _beyond_ones(mixture):
        raise UsageError(
            f"{model.name} has an energy beyond pairs, whose numbers are all in its potential, but its mixture has "
            f"{there}; {right}"
        )
    most = model.potential.most_species
    if mixture.n_species > most:
        raise UsageError(
            f"{model.name} has numbers of at most {most} species, but its mixture has {mixture.n_species}: {mixture}"
        )


def _beyond_ones(mixture: Mixture) -> Iterator[tuple[str, str]]:
    """What a mixture says of pairs that has no meaning in an energy beyond pairs, and what would be right."""
    if mixture.sizes is not None:
        yield f"sizes from {mixture.sizes.least:g} to {mixture.sizes.largest:g}", "give it species"
    for what, rows in (("lengths", mixture.lengths), ("energies", mixture.energies)):
        other = next((x for row in rows for x in row if x != 1.0), None)
        if other is not None:
            yield f"{what} other than 1, such as {other:g}", f"write {what} of 1 for all pairs"
    if mixture.cutoffs:
        yield "cutoffs of its own", "leave them out"


def _require_molecule(model: Model, molecule: Molecule) -> None:
    """Raise UsageError for a molecule that a model's particles cannot be."""
    check(
        isinstance(molecule, Molecule),
        "model",
        "molecule",
        molecule,
        'a Molecule, such as Molecule.parse("{sites 2; ...}")',
    )
    if isinstance(model.potential, Potential) and model.potential.many_body() is not None:
        raise UsageError(f"{model.name} has an energy beyond pairs, so that its particles can be no molecules")
    labels = model.mixture.labels
    unknown = next((x for x in molecule.species if x not in labels), None)
    if unknown is not None:
        raise UsageError(f"molecule: a site is {unknown!r}, must be one of the mixture's {', '.join(labels)}")
    fractions = [molecule.species.count(x) / molecule.n_sites for x in labels]
    if molecule.species and not np.allclose(fractions, model.mixture.composition, rtol=0.0, atol=1e-9):
        raise UsageError(
            f"molecule: its sites are {', '.join(molecule.species)}, but the mixture is {model.mixture}; its fractions "
            f"must be {':'.join(f'{x:.6g}' for x in fractions)}"
        )


def _require_cutoffs(potential: Potential, mixture: Mixture) -> None:
    """Raise UsageError unless the potential can end at each cutoff of the mixture, and none is within its core."""
    minimum = _minimum(potential)
    labels = mixture.labels
    for i, row in enumerate(mixture.cutoffs):
        for j, cutoff in enumerate(row):
            if cutoff == potential.cutoff:
                continue
            if cutoff < minimum * (1.0 - AT_MINIMUM):
                raise UsageError(
                    f"mixture: the cutoff of {labels[i]} and {labels[j]} is {cutoff:g} λ, which is below the minimum of "
                    f"the potential at {minimum:.4g} λ; it must be there or beyond"
                )
            potential.with_cutoff(cutoff)


def _minimum(potential: Potential) -> float:
    """r/λ at which an attractive potential is deepest; 0 of one that only repels."""
    cutoff = cutoff_of(potential)
    x = np.linspace(0.2 * cutoff, cutoff, 4001)[:-1]
    energy = potential.energy(x * x)
    return float(x[energy.argmin()]) if energy.min() < 0.0 else 0.0
