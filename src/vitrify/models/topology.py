"""The topology of a configuration: which particles are bound to each other, and by which law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, shown
from vitrify.short_forms import Fact, ShortForm

IntArray = NDArray[np.int64]
STEPS = {"none": 0, "1-2": 1, "1-3": 2, "1-4": 3}  # bonds between two particles that do not interact as a pair


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Topology(ShortForm):
    """Bonds and angles of particles. All is copied, and its arrays cannot be written to.

    bonds: (b, 2) particles, from 0; bond_types: (b,) numbers of laws, from 0, in the order in which a molecule has them;
    angles: (a, 3) particles, the second of which the angle is about; angle_types: (a,). Raises UsageError."""

    bonds: IntArray
    bond_types: IntArray
    angles: IntArray
    angle_types: IntArray

    def __post_init__(self) -> None:
        for name, types, width in (("bonds", "bond_types", 2), ("angles", "angle_types", 3)):
            rows, kinds = _whole(name, getattr(self, name)), _whole(types, getattr(self, types))
            rows = rows.reshape(-1, width) if rows.size == 0 else rows
            if rows.ndim != 2 or rows.shape[1] != width or kinds.shape != (len(rows),):
                raise UsageError(
                    f"topology: shape of {name} is {rows.shape} and of {types} {kinds.shape}, must be (n, {width}) and (n,)"
                )
            same = np.flatnonzero([not distinct(row) for row in rows.tolist()])
            if len(same):
                raise UsageError(f"topology: {name} has {rows[same[0]].tolist()}, must have {width} different particles")
            turned = np.where(rows[:, :1] > rows[:, -1:], rows[:, ::-1], rows)  # 2-1 is the bond 1-2
            unlike, count = np.unique(turned, axis=0, return_counts=True)
            if (count > 1).any():
                raise UsageError(f"topology: {name} has {unlike[count > 1][0].tolist()} twice, must have each once")
            for array, key in ((rows, name), (kinds, types)):
                array.flags.writeable = False
                object.__setattr__(self, key, array)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Topology):
            return NotImplemented
        return all(np.array_equal(getattr(self, x), getattr(other, x)) for x in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # of arrays

    def _facts(self) -> list[Fact]:
        return [Fact(x, f"{len(getattr(self, x)):,}", f"{len(getattr(self, x)):,} {x}") for x in ("bonds", "angles")]

    def __str__(self) -> str:
        """The text that files hold, with particles from 1: "1-2:1 2-3:1", a type behind each bond and each angle."""
        rows = [(self.bonds, self.bond_types), (self.angles, self.angle_types)]
        return " ".join(
            f"{'-'.join(str(k + 1) for k in row)}:{kind + 1}"
            for places, kinds in rows
            for row, kind in zip(places.tolist(), kinds.tolist(), strict=True)
        )

    @classmethod
    def parse(cls, text: str) -> Topology:
        """Read such a text. Raises UsageError."""
        found: dict[int, list[list[int]]] = {2: [], 3: []}
        for word in text.split():
            places, _, kind = word.partition(":")
            numbers = [*places.split("-"), kind]
            if len(numbers) - 1 not in found or not all(
                x.isascii() and x.isdigit() and 0 < int(x) < 2**31 for x in numbers
            ):
                raise UsageError(f"topology: {shown(word)} cannot be read; write bonds like 1-2:1 and angles like 1-2-3:1")
            found[len(numbers) - 1].append([int(x) - 1 for x in numbers])
        bonds, angles = (np.array(x, dtype=np.int64).reshape(-1, width + 1) for width, x in found.items())
        return cls(bonds[:, :2], bonds[:, 2], angles[:, :3], angles[:, 3])

    def require(self, n_particles: int, n_bond_types: int, n_angle_types: int) -> None:
        """Raise UsageError for particles that are not there, types without a law, and angles across molecules."""
        for name, types, known in (("bonds", "bond_types", n_bond_types), ("angles", "angle_types", n_angle_types)):
            rows, kinds = getattr(self, name), getattr(self, types)
            absent = np.flatnonzero(((rows < 0) | (rows >= n_particles)).any(axis=1))
            if len(absent):
                raise UsageError(
                    f"topology: {name} has {rows[absent[0]].tolist()}, must have particles of 0 to {n_particles - 1}"
                )
            lawless = np.flatnonzero((kinds < 0) | (kinds >= known))
            if len(lawless):
                row, kind = rows[lawless[0]].tolist(), int(kinds[lawless[0]])
                has = f"the model has laws for 0 to {known - 1}" if known else "the model has laws for none"
                raise UsageError(f"topology: {name} has {row} of type {kind}, but {has}")
        molecule_ia = self.molecules(n_particles)[self.angles]
        torn = np.flatnonzero((molecule_ia != molecule_ia[:, :1]).any(axis=1))
        if len(torn):
            raise UsageError(
                f"topology: angles has {self.angles[torn[0]].tolist()}, must have particles of one molecule, which bonds "
                "connect"
            )

    def excluded(self, n_particles: int, exclude: str) -> IntArray:
        """(m, 2) pairs, each from both of its ends, that do not interact as pairs. exclude: as a Molecule has it."""
        from scipy import sparse

        if exclude == "molecules":
            each = (np.ones(n_particles), (np.arange(n_particles), self.molecules(n_particles)))
            of = sparse.csr_array(each)
            reached = of @ of.T
        else:
            graph = self._graph(n_particles)
            reached = step = sparse.eye_array(n_particles, format="csr")
            for _ in range(STEPS[exclude]):
                step = step @ (graph + graph.T)
                reached = reached + step
        rows, columns = reached.nonzero()
        return np.asarray(np.stack([rows, columns], axis=1)[rows != columns], dtype=np.int64)

    def molecules(self, n_particles: int) -> IntArray:
        """(n,) the molecule of each particle, from 0."""
        from scipy.sparse.csgraph import connected_components

        return np.asarray(connected_components(self._graph(n_particles), directed=False)[1], dtype=np.int64)

    def _graph(self, n_particles: int) -> Any:
        """Sparse matrix (n, n) with an entry for each bond."""
        from scipy import sparse

        ends = (self.bonds[:, 0], self.bonds[:, 1])
        return sparse.csr_array((np.ones(len(self.bonds)), ends), shape=(n_particles, n_particles))


def distinct(values: Iterable[int]) -> bool:
    """Whether no value is there twice."""
    found = list(values)
    return len(set(found)) == len(found)


def by_particle(n_particles: int, first: IntArray, *values: Any) -> list[Any]:
    """Values of things that particles have, such as bonds, in one row per particle: (n, most, ...), −1 where a row is
    shorter. first: (m,) the particle that each belongs to."""
    order = np.argsort(first, kind="stable")
    number = np.bincount(first, minlength=n_particles)
    place = np.arange(len(first)) - np.repeat(np.cumsum(number) - number, number)
    found = []
    for value in values:
        rows = np.full((n_particles, max(int(number.max(initial=0)), 1), *value.shape[1:]), -1, dtype=np.int64)
        rows[first[order], place] = value[order]
        found.append(rows)
    return found


def _whole(name: str, given: Any) -> IntArray:
    array = np.asarray(given)
    if array.size and (array.dtype.kind not in "iu" or np.ma.is_masked(given)):
        raise UsageError(f"topology: {name} is of type {array.dtype}, must be whole numbers")
    return array.astype(np.int64)
