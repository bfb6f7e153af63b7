"""Particles as an object of another program holds them: names, positions, a cell in any direction. A glass once they have
a model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell
from vitrify.errors import ModelOverridden, UsageError, check, shown
from vitrify.glass import Glass, Provenance, plain_provenance
from vitrify.models import Model
from vitrify.models.catalogue import model_of, parse
from vitrify.models.plain_numbers import finite_number
from vitrify.options import builtin_of

from ..axes import matrix_in_space
from ..configuration import (
    NAMED,
    OTHER,
    in_one_plane,
    indices_of,
    level_of_caller,
    require_composition,
    required_sizes,
    same,
    standard_cell,
    turned,
)

FloatArray = NDArray[np.float64]
EXAMPLE = 'model="pss(rc=1.2)"'


@dataclass(frozen=True, slots=True)
class Particles:
    """Particles of an object of another program.

    owner: the object, in a sentence; names: (n,) of their species; positions: (n, 3); vectors: (3, 3) a, b and c as rows,
    in any direction, left-handed too; periodic: along a, b and c; sizes: (n,) λ_i, None where the object has none; entries:
    what else it holds by name, which may say the model."""

    owner: str
    names: Sequence[str]
    positions: FloatArray
    vectors: FloatArray
    periodic: tuple[bool, bool, bool] = (True, True, True)
    sizes: FloatArray | None = None
    entries: Mapping[str, Any] = field(default_factory=dict)

    def glass(self, model: Model | str | None, species: Mapping[str, str] | None) -> Glass:
        """The glass of these particles. species: names → labels of the mixture, where they differ. Raises UsageError; warns
        with ModelOverridden where another model was given than the object says."""
        chosen = self.model(model)
        glass = self.of_any_composition(chosen, species)
        with self._told():
            require_composition(glass, self.entries)
        said = self.entries.get(NAMED)
        if isinstance(said, str) and not same(said, chosen, species or {}):
            sentence = f"{self.owner}: the model is said to be {said}, but {chosen.in_full} was given and is used instead"
            warnings.warn(sentence, ModelOverridden, stacklevel=level_of_caller())
        return glass

    def of_any_composition(self, model: Model, species: Mapping[str, str] | None) -> Glass:
        """The glass of these particles, whatever fractions of them are of which species. Raises UsageError."""
        if species is not None and not isinstance(species, Mapping):
            raise UsageError(f'species is {shown(species)}, must map names to the mixture\'s, such as {{"Cu": "A"}}')
        with self._told():
            cell, rotation = self._cell()
            indices = indices_of(self.names, model, species or {}, "species={{{}}}", "{!r}: {!r}")
            positions = turned(np.array(self.positions, dtype=float), cell, rotation)
            return Glass(positions, cell, indices, model, self._provenance(), required_sizes(self.sizes, model))

    def in_units(self, length: float) -> Particles:
        """The particles with all lengths in units of this one, itself in the object's. Raises UsageError."""
        number = finite_number(length)
        check(
            number is not None and number > 0.0, self.owner, "length", length, "a positive number, λ in its unit of length"
        )
        if length == 1.0:
            return self
        sizes = None if self.sizes is None else self.sizes / length
        return replace(self, positions=self.positions / length, vectors=self.vectors / length, sizes=sizes)

    def model(self, given: Model | str | None) -> Model:
        """The model that is given, or else the one that the object says. Raises UsageError where there is neither."""
        said, own = self.entries.get(NAMED), self.entries.get(OTHER)
        if given is not None:
            return model_of(given)
        if isinstance(said, str):
            return parse(said)
        if own is not None:
            raise UsageError(f"{self.owner}: its model {own} has a potential that is not part of vitrify; give model=...")
        raise UsageError(f"{self.owner}: the model of the particles is not known; give one, such as {EXAMPLE}")

    def cell(self) -> tuple[Cell, FloatArray]:
        """The cell, and the rotation (d, d) that turns it into standard form. A left-handed lattice is also spanned by a
        right-handed one of its vectors, the last turned around. Raises UsageError."""
        with self._told():
            return self._cell()

    def _cell(self) -> tuple[Cell, FloatArray]:
        if not np.any(self.vectors):
            raise UsageError("has no cell; a periodic one is needed")
        d = 2 if self.periodic == (True, True, False) else 3
        if d == 3 and all(self.periodic) and in_one_plane(self.positions):
            raise UsageError(
                f"has {len(self.positions)} particles in one plane of a cell that is periodic in three directions; for two "
                "dimensions the cell must not be periodic along c"
            )
        vectors = np.array(self.vectors, dtype=float)
        if np.linalg.det(vectors[:d, :d]) < 0:
            vectors[d - 1] *= -1.0
        return standard_cell(vectors, self.periodic)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Name the object in what is wrong with it."""
        try:
            yield
        except UsageError as error:
            raise UsageError(f"{self.owner}: {error}") from None

    def _provenance(self) -> Provenance:
        """Numbers and texts among the entries, but the model."""
        own = {k: builtin_of(v) for k, v in self.entries.items() if isinstance(k, str) and k not in (NAMED, OTHER)}
        return plain_provenance({k: v for k, v in own.items() if isinstance(v, bool | int | float | str)})


def entries_of(glass: Glass) -> dict[str, Any]:
    """What an object holds of a glass beside its particles: its model, and where it comes from."""
    model = glass.model
    said = {NAMED: str(model)} if same(str(model), model) else {OTHER: model.in_full}
    return {**glass.provenance, **said}


def vectors_of(cell: Cell) -> FloatArray:
    """The three vectors of a cell as rows; in two dimensions the third is of length 1."""
    return matrix_in_space(cell)


def labels_of(glass: Glass) -> list[str]:
    """The label of each particle."""
    return [glass.model.mixture.labels[k] for k in glass.species]


def masses_of(glass: Glass) -> FloatArray:
    """(n,) in m."""
    return np.array(glass.model.mixture.masses)[glass.species]
