"""A glass: positions in a periodic cell, species, the model they belong to, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell
from vitrify.errors import UsageError, check, shown
from vitrify.model import LEAST_DENSITY, Model
from vitrify.model.catalogue import model_of
from vitrify.model.plain_numbers import finite_number, plain

Provenance = dict[str, str | int | float]
OVERLAP = 1e-6  # in λ(small, small): nearer than this two particles are one, written twice
LARGEST_BOX = 1e6  # in λ, 10^18 particles; its volume must still be a number
MOST_IMAGES = 8.0  # ranges in a height of the cell: a thinner one would meet a particle's images hundreds of times
SPARSEST = LEAST_DENSITY * (1.0 - 1e-9)  # a box made for the least density may be a rounding error larger
MOST_BITS = 13_000  # of an integer of the provenance: some 3,900 digits, as many as Python prints and reads
FARTHEST = 1e6  # of a coordinate, in boxes; beyond it the digits that tell where in the box a particle is begin to fail


@dataclass(frozen=True, slots=True, eq=False)
class Glass:
    """Particles in a periodic cell of two or three dimensions. Lengths in λ(small, small). All is copied: nothing outside
    changes a glass.

    positions: (n, d), taken into the cell; box: the edge of a cube (of a square, where positions have two coordinates), d
    edges, a (d, d) matrix of the cell's vectors or a Cell; species: (n,) whole numbers that count the mixture's species
    from 0, or a list of its labels; model: a Model or its readable form; provenance: numbers and texts by name; sizes: (n,)
    λ_i, where the mixture has a size for each particle, and None where it has species. Raises UsageError for what cannot be
    a configuration of the model: positions that are no numbers, coincide or are millions of boxes away; unknown species; a
    cell far thinner than the range of the particles that are there, or nearly empty."""

    positions: NDArray[np.float64]
    box: Any  # as it is kept: the edge of a cube or a square, of other cells the matrix
    species: NDArray[np.int8]
    model: Model
    provenance: Provenance = field(default_factory=dict)
    sizes: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        model = model_of(self.model)
        positions = _coordinates(self.positions)
        cell = Cell.of(self.box, positions.shape[1])
        positions = _in_plane(positions, cell)
        species = _indices(self.species, len(positions), model)
        sizes = _sizes(self.sizes, len(positions), model)
        _require_finite(positions)
        _require_room(cell, species, sizes, model)
        _require_dense(cell, len(positions))
        _require_near(positions, cell)
        wrapped = cell.wrapped(positions)
        _require_apart(wrapped, cell)
        object.__setattr__(self, "positions", wrapped)
        object.__setattr__(self, "species", species)
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "box", cell.edge if cell.is_cubic else cell.matrix)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "provenance", plain_provenance(self.provenance))

    @property
    def n_particles(self) -> int:
        return len(self.positions)

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return int(self.positions.shape[1])

    @property
    def cell(self) -> Cell:
        """The periodic cell."""
        return Cell.of(self.box, self.dimension)

    @property
    def volume(self) -> float:
        """V in λ³; in two dimensions the area, in λ²."""
        return self.cell.volume

    @property
    def density(self) -> float:
        """ρ = N/V in λ⁻³; in two dimensions in λ⁻²."""
        return self.n_particles / self.volume

    @property
    def spacing(self) -> float:
        """a0 = (V/N)^(1/d) in λ."""
        return float(self.density ** (-1.0 / self.dimension))

    def strained(self, gradient: NDArray[np.float64]) -> Glass:
        """The glass after an affine strain: a new cell, in which no particle changes its fractional coordinates.

        gradient: (d, d) displacement gradient, ∂u_x/∂y at [0, 1]; the whole is then turned so that the cell's a lies along
        x, which an upper triangular one does already. The provenance says it, as `strains`. Raises UsageError."""
        cell = self.cell.strained(gradient)
        strains = f"{self.provenance.get('strains', '')} {np.asarray(gradient).tolist()}".strip()
        positions = cell.positions(self.cell.fractions(self.positions))
        return replace(self, positions=positions, box=cell, provenance={**self.provenance, "strains": strains})

    def with_positions(self, positions: NDArray[np.float64]) -> Glass:
        """The same glass with its particles elsewhere."""
        return replace(self, positions=positions)

    @classmethod
    def read(cls, path: Any, model: Model | str | None = None, species: dict[str, str] | None = None) -> Glass:
        """A glass from a file, by its suffix: extended xyz. model: what the particles are, unless the file says so, as a
        Model or in its readable form; species: names in the file → names in the mixture, where they differ. Raises
        UsageError, and warns with ModelOverridden where the file says another model than the one that is given."""
        from vitrify.formats import read_glass  # formats stand after glass; only this door looks ahead

        return read_glass(path, model, species)

    def write(self, path: Any) -> None:
        """Write to a file, by its suffix: .xyz or .extxyz (17 digits), .data or .lammps, .gsd. Raises UsageError."""
        from vitrify.formats import write_glass

        write_glass(self, path)


def _coordinates(given: Any) -> NDArray[np.float64]:
    """Positions as (n, 3) numbers: what is no real number would be cast in silence, or lose its mask or imaginary part."""
    try:
        array = np.asarray(given)
        if array.dtype.kind == "O" and all(finite_number(x) is not None for x in array.ravel()):
            array = array.astype(np.float64)
    except ValueError:  # rows of unequal length
        array = np.empty(0)
    if array.dtype.kind not in "iuf" or np.ma.is_masked(given):
        raise UsageError(f"glass: positions are of type {array.dtype}, must be real numbers, none of them masked")
    fits = array.ndim == 2 and array.shape[1:] in ((2,), (3,)) and len(array) > 0
    check(fits, "glass", "shape of positions", array.shape, "(n, 3), or (n, 2) in two dimensions")
    return array.astype(np.float64)


def _in_plane(positions: NDArray[np.float64], cell: Cell) -> NDArray[np.float64]:
    """Positions with as many coordinates as the cell has dimensions; a third of zero is left out in two."""
    width = positions.shape[1]
    if width < cell.dimension:
        raise UsageError(f"glass: shape of positions is {positions.shape}, must be (n, 3) in a cell of three dimensions")
    if width > cell.dimension and positions[:, 2].any():
        bad = int(np.flatnonzero(positions[:, 2])[0])
        raise UsageError(f"position of particle {bad} has z = {positions[bad, 2]:g}, must be 0 in a cell of two dimensions")
    return positions[:, : cell.dimension]


def _indices(given: Any, n_particles: int, model: Model) -> NDArray[np.int8]:
    """Species as indices into the mixture; what is no whole number in range is refused before it is cast."""
    values, labels = _species_array(given), model.mixture.labels
    check(values.shape == (n_particles,), "glass", "shape of species", values.shape, f"({n_particles},)")
    numbers = values
    if values.dtype.kind == "O":  # of a list: looked at one by one
        index: dict[Any, int] = {label: k for k, label in enumerate(labels)}
        numbers = np.array([index.get(x, -1) if isinstance(x, str) else _whole(x) for x in values])
    bad = np.flatnonzero(~np.isin(numbers, range(len(labels))))
    if len(bad):
        may_be = f"0 to {len(labels) - 1}, or in a list one of {', '.join(labels)}"
        raise UsageError(f"species of particle {bad[0]} is {shown(values.tolist()[bad[0]])}, must be {may_be}, for {model}")
    return numbers.astype(np.int8)


def _species_array(given: Any) -> NDArray[Any]:
    """Numbers as they are, a list as objects, so that NumPy casts neither 0 to "0" nor True to 1."""
    may_be = "must be whole numbers, or a list of the mixture's labels"
    if hasattr(given, "__array__"):
        array = np.asarray(given)
        if array.dtype.kind not in "iufO" or np.ma.is_masked(given):  # of texts, it cuts all to one length
            masked = "a masked array" if np.ma.is_masked(given) else "an array"
            raise UsageError(f"glass: species is {masked} of type {array.dtype}, {may_be}")
        return array
    if isinstance(given, str | bytes | Mapping | set | frozenset) or not isinstance(given, Iterable):
        raise UsageError(f"glass: species is {shown(given)}, {may_be}")
    values = list(given)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _whole(value: Any) -> int:
    """A whole number of a species, -1 for what is none."""
    number = finite_number(value)
    return int(number) if number is not None and number % 1 == 0 and 0 <= number < 2**62 else -1


def plain_provenance(given: Any) -> Provenance:
    """A copy with Python's own numbers and texts, which is what files hold. Raises UsageError for all else."""
    if not (isinstance(given, Mapping) and all(isinstance(x, str) for x in given)):
        raise UsageError(f"glass: provenance is {shown(given)}, must be numbers and texts by name")
    return {name: _plain(name, value) for name, value in given.items()}


def _plain(name: str, value: Any) -> str | int | float:
    own = plain(value)
    if isinstance(own, bool | float | str):
        return next(kind(own) for kind in (bool, float, str) if isinstance(own, kind))  # itself, not a kind of it
    if isinstance(own, int) and own.bit_length() <= MOST_BITS:
        return int(own)
    raise UsageError(f"glass: provenance {name!r} is {shown(value)}, must be a number or a text")


def _require_finite(positions: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(positions).all(axis=1))
    if len(bad):
        raise UsageError(f"position of particle {bad[0]} is not a finite number ({len(bad)} such in all)")


def _sizes(given: Any, n_particles: int, model: Model) -> NDArray[np.float64] | None:
    """Sizes of the particles, each of which the mixture's distribution may have."""
    wanted = model.mixture.sizes
    if wanted is None or given is None:
        right = "none, as its particles have species" if wanted is None else f"({n_particles},) numbers, one a particle"
        check(given is None and wanted is None, "glass", "sizes", given, f"{right}, for {model}")
        return None
    sizes = np.asarray(given)
    fits = sizes.dtype.kind in "iuf" and sizes.shape == (n_particles,) and not np.ma.is_masked(given)
    check(fits, "glass", "shape of sizes", sizes.shape, f"({n_particles},) real numbers")
    bad = np.flatnonzero(~wanted.holds(sizes))
    if len(bad):
        may_be = f"from {wanted.least:g} to {wanted.largest:g}, for {model}"
        raise UsageError(f"size of particle {bad[0]} is {sizes[bad[0]]:g}, must be {may_be} ({len(bad)} such in all)")
    return sizes.astype(np.float64)


def range_of(species: NDArray[np.int8], sizes: NDArray[np.float64] | None, model: Model) -> float:
    """The largest range of any pair of the species, or of any two of the sizes, that are there, in λ(small, small)."""
    if sizes is None:
        return model.cutoff_of(np.unique(species).tolist())
    return model.reduced_cutoff(0, 0) * float(sizes.max())


def _require_room(cell: Cell, species: NDArray[np.int8], sizes: NDArray[np.float64] | None, model: Model) -> None:
    reach, height = range_of(species, sizes, model), float(cell.heights.min())
    if height * MOST_IMAGES < reach:
        raise UsageError(
            f"box is {height:.6g} high, must be at least 1/{MOST_IMAGES:g} of the cutoff of {model}, {reach:.6g}"
        )


def _require_dense(cell: Cell, n_particles: int) -> None:
    largest = float(cell.edges.max())
    if largest > LARGEST_BOX:
        raise UsageError(f"box is {largest:g}, must be at most {LARGEST_BOX:g}")
    if n_particles < SPARSEST * cell.volume:
        raise UsageError(f"density is {n_particles / cell.volume:.3g}, must be at least {LEAST_DENSITY:g}")


def _require_near(positions: NDArray[np.float64], cell: Cell) -> None:
    far = np.flatnonzero(np.abs(cell.fractions(positions)).max(axis=1) > FARTHEST)
    if len(far):
        raise UsageError(f"position of particle {far[0]} is more than {FARTHEST:g} boxes away ({len(far)} such in all)")


def _require_apart(positions: NDArray[np.float64], cell: Cell) -> None:
    # one file may hold a particle 20,000 times, which are 2e8 pairs: the cells refuse that before pairs are listed
    pairs = _in_one_cell(positions) or cell.pairs_within(positions, OVERLAP)[0].tolist()
    if pairs:
        i, j = min(pairs)
        raise UsageError(f"particles {i} and {j} overlap: they are closer than {OVERLAP:g}")


def _in_one_cell(positions: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs that share a cube whose diagonal is below OVERLAP, at most one a particle."""
    cell = np.floor(positions * (2.0 / OVERLAP)).T
    order = np.lexsort(cell)
    same = np.flatnonzero((np.diff(cell[:, order]) == 0.0).all(axis=0))
    return list(zip(order[same].tolist(), order[same + 1].tolist(), strict=True))
