"""A glass: positions in a periodic cell, species, the model they belong to, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell
from vitrify.errors import UsageError, check, shown, wrong
from vitrify.glass_files import LAST, read_glass, read_glasses, write_glass
from vitrify.glass_objects import made_for, taken_from
from vitrify.models import LEAST_DENSITY, Model
from vitrify.models.catalogue import model_of
from vitrify.models.plain_numbers import finite_number
from vitrify.models.topology import Topology
from vitrify.options import builtin_of
from vitrify.physical_units import Units
from vitrify.short_forms import Fact, ShortForm, brief

Provenance = dict[str, str | int | float]
OVERLAP = 1e-6  # in λ(small, small): nearer than this two particles are one, written twice
LARGEST_BOX = 1e6  # in λ, 10^18 particles; its volume must still be a number
MOST_IMAGES = 8.0  # ranges in a height of the cell: a thinner one would meet a particle's images hundreds of times
SPARSEST = LEAST_DENSITY * (1.0 - 1e-9)  # a box made for the least density may be a rounding error larger
MOST_BITS = 13_000  # of an integer of the provenance: some 3,900 digits, as many as Python prints and reads
FARTHEST = 1e6  # of a coordinate, in boxes; beyond it the digits that tell where in the box a particle is begin to fail


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Glass(ShortForm):
    """Particles in a periodic cell of two or three dimensions. Lengths in λ(small, small). All is copied: nothing outside
    changes a glass.

    positions: (n, d), taken into the cell; box: the edge of a cube (of a square, where positions have two coordinates), d
    edges, a (d, d) matrix of the cell's vectors or a Cell; species: (n,) whole numbers that count the mixture's species
    from 0, or a list of its labels; model: a Model or its readable form; provenance: numbers and texts by name; sizes: (n,)
    λ_i, where the mixture has a size for each particle, and None where it has species; topology: which particles are bound
    to each other, where the model's are molecules. Raises UsageError for what cannot be a configuration of the model:
    positions that are no numbers, coincide or are millions of boxes away; unknown species; a cell far thinner than the
    range of the particles that are there, or nearly empty."""

    positions: NDArray[np.float64]
    box: Any  # as it is kept: the edge of a cube or a square, of other cells the matrix
    species: NDArray[np.int8]
    model: Model
    provenance: Provenance = field(default_factory=dict)
    sizes: NDArray[np.float64] | None = None
    topology: Topology | None = None

    def __post_init__(self) -> None:
        model = model_of(self.model)
        positions = _coordinates(self.positions)
        cell = Cell.of(self.box, positions.shape[1])
        positions = _in_plane(positions, cell)
        species = _indices(self.species, len(positions), model)
        sizes = _sizes(self.sizes, len(positions), model)
        _require_finite(positions)
        _require_height(cell, species, sizes, model)
        _require_dense(cell, len(positions))
        _require_near(positions, cell)
        wrapped = cell.wrapped(positions)
        _require_apart(wrapped, cell)
        _require_topology(self.topology, len(positions), model)
        object.__setattr__(self, "positions", wrapped)
        object.__setattr__(self, "species", species)
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "box", cell.edge if cell.is_cubic else cell.matrix)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "provenance", plain_provenance(self.provenance))

    def _facts(self) -> list[Fact]:
        number, kinds = f"{self.n_particles:,} particles", self._kinds
        made_at = self.provenance.get("parent_temperature")
        facts = [
            Fact("particles", f"{self.n_particles:,} ({kinds})", f"{number} ({kinds})"),
            Fact("model", str(self.model), str(self.model)),
            Fact("density", f"{self.density:.4g} {'λ⁻³' if self.dimension == 3 else 'λ⁻²'}"),
            Fact("cell", self.cell.words, self.cell.words),
        ]
        if isinstance(made_at, int | float):
            facts.append(Fact("quenched from", f"T = {made_at:.4g} ε/k_B"))
        return facts

    @property
    def _kinds(self) -> str:
        """How many particles there are of each species, or the range of their sizes."""
        if self.sizes is not None:
            return f"sizes {self.sizes.min():.3g} to {self.sizes.max():.3g} λ"
        labels, counts = self.model.mixture.labels, np.bincount(self.species, minlength=self.model.mixture.n_species)
        return brief({label: int(n) for label, n in zip(labels, counts, strict=True)})

    @property
    def n_particles(self) -> int:
        return len(self.positions)

    @property
    def dimension(self) -> int:
        """The number of dimensions, 2 or 3."""
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
        return replace(self.in_cell(cell), provenance={**self.provenance, "strains": strains})

    def in_cell(self, cell: Cell) -> Glass:
        """This glass in another cell, where no particle changes its fractional coordinates."""
        return replace(self, positions=cell.positions(self.cell.fractions(self.positions)), box=cell)

    def with_names(self, names: Mapping[str, str] | None) -> Glass:
        """This glass with other names of its species, in its model too, as {"A": "Cu", "B": "Zr"}. Raises UsageError."""
        return self if names is None else replace(self, model=self.model.with_names(names))

    def with_positions(self, positions: NDArray[np.float64]) -> Glass:
        """This glass with its particles elsewhere."""
        return replace(self, positions=positions)

    @classmethod
    def read(
        cls,
        path: Any,
        model: Model | str | None = None,
        species: dict[str, str] | None = None,
        *,
        frame: int = LAST,
        box: Any = None,
        units: Units | str | None = None,
    ) -> Glass:
        """A glass from a file, by its suffix, which one of a compression may follow. model: what the particles are, unless
        the file says so, as a Model or in its readable form; species: names in the file → names in the mixture, where they
        differ; frame: which of many, from the end where it is negative; box: the cell, as of a Glass, where the file has
        none; units: those of the file's lengths where they are not λ, which then divides them. Raises UsageError, and warns
        with ModelOverridden where the file says another model than the one that is given."""
        return read_glass(cls, path, model, species, frame=frame, box=box, units=units)

    @classmethod
    def read_all(
        cls,
        path: Any,
        model: Model | str | None = None,
        species: dict[str, str] | None = None,
        *,
        frames: int | slice = slice(None),
        box: Any = None,
        units: Units | str | None = None,
    ) -> Iterator[tuple[int, Glass]]:
        """Yield number and glass of the frames of a trajectory, or of some of them, with one in memory at a time. The
        arguments and errors are those of `read`."""
        return read_glasses(cls, path, model, species, frames=frames, box=box, units=units)

    def write(self, path: Any, names: Mapping[str, str] | None = None) -> None:
        """Write to a file, by its suffix: .xyz or .extxyz (17 digits), .data or .lammps, .gsd. names: of the species in the
        file and in the model that it names, such as {"A": "Cu", "B": "Zr"}. Raises UsageError."""
        write_glass(self.with_names(names), path)

    @classmethod
    def from_ase(
        cls, atoms: Any, model: Model | str | None = None, species: Mapping[str, str] | None = None, *, length: float = 1.0
    ) -> Glass:
        """A glass of ASE's Atoms, periodic in all directions, or in x and y alone. model: what the particles are, unless
        `atoms.info["model"]` says so; species: symbols → labels of the mixture, where they differ; symbols X are told apart
        by the tags; length: λ(small, small) in Å, where the atoms are in Å. Sizes are those of an array `radius` or
        `diameter`. Raises UsageError."""
        return taken_from("ase", cls, atoms, model, species, length)

    def to_ase(self, names: Mapping[str, str] | None = None) -> Any:
        """ASE's Atoms, to the last bit, with masses in m and all else of the glass in `info`. names: elements, such as
        {"A": "Cu", "B": "Zr"}; without them species that are no elements are X, and tags count them. Raises UsageError."""
        return made_for("ase", self.with_names(names))

    @classmethod
    def from_pymatgen(
        cls,
        structure: Any,
        model: Model | str | None = None,
        species: Mapping[str, str] | None = None,
        *,
        length: float = 1.0,
    ) -> Glass:
        """A glass of a Structure of pymatgen, which is ordered. species: symbols → labels, where they differ; sites of the
        element X are told apart by their labels; length: λ in Å, where the Structure is in Å. Raises UsageError."""
        return taken_from("pymatgen", cls, structure, model, species, length)

    def to_pymatgen(self, names: Mapping[str, str] | None = None) -> Any:
        """A Structure of pymatgen. names: elements; without them species that are no elements are X with labels of sites.
        Raises UsageError."""
        return made_for("pymatgen", self.with_names(names))

    @classmethod
    def from_freud(cls, system: Any, model: Model | str, species: Any, sizes: Any = None) -> Glass:
        """A glass of freud's (box, positions), which have no species: these, and sizes, are given as Glass takes them.
        Raises UsageError."""
        return taken_from("freud", cls, system, model, species, sizes)

    def to_freud(self) -> tuple[Any, NDArray[np.float64]]:
        """freud's (box, positions): positions are about the middle of the box and have three components. freud keeps the
        box in single precision. Raises UsageError."""
        box, positions = made_for("freud", self)
        return box, positions

    @classmethod
    def from_mdanalysis(
        cls, atoms: Any, model: Model | str, species: Mapping[str, str] | None = None, *, dimension: int = 3,
        length: float = 1.0,
    ) -> Glass:  # fmt: skip
        """A glass of a Universe or an AtomGroup of MDAnalysis at its current frame, in single precision. species: types (or
        names) → labels, where they differ; dimension: 2 for particles of a plane; length: λ in Å, where the
        Universe is in Å. Raises UsageError."""
        return taken_from("mdanalysis", cls, atoms, model, species, dimension, length)

    def to_mdanalysis(self, names: Mapping[str, str] | None = None) -> Any:
        """A Universe of MDAnalysis with one frame: types, names, masses and radii, in single precision. Raises
        UsageError."""
        return made_for("mdanalysis", self.with_names(names))

    @classmethod
    def from_ovito(
        cls, data: Any, model: Model | str | None = None, species: Mapping[str, str] | None = None, *, length: float = 1.0
    ) -> Glass:
        """A glass of a DataCollection of OVITO. model: unless an attribute of that name says so; species: names of particle
        types (numbers, where they have none) → labels, where they differ; length: λ in the unit of its lengths. Raises
        UsageError."""
        return taken_from("ovito", cls, data, model, species, length)

    def to_ovito(self, names: Mapping[str, str] | None = None) -> Any:
        """A DataCollection of OVITO: types with their masses, radii ½ λ_i, and all else as attributes. Raises
        UsageError."""
        return made_for("ovito", self.with_names(names))


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
        raise wrong("glass", "provenance", given, "numbers and texts by name")
    return {name: _plain(name, value) for name, value in given.items()}


def _plain(name: str, value: Any) -> str | int | float:
    own = builtin_of(value)
    if isinstance(own, bool | float | str):
        return next(kind(own) for kind in (bool, float, str) if isinstance(own, kind))  # itself, not a kind of it
    if isinstance(own, int) and own.bit_length() <= MOST_BITS:
        return int(own)
    raise wrong("glass", f"provenance {name!r}", value, "a number or a text")


def _require_finite(positions: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(positions).all(axis=1))
    if len(bad):
        raise UsageError(f"position of particle {bad[0]} is not a finite number ({len(bad)} such in all)")


def _sizes(given: Any, n_particles: int, model: Model) -> NDArray[np.float64] | None:
    """Sizes of the particles, each of which the mixture's distribution may have."""
    wanted = model.mixture.sizes
    if wanted is None or given is None:
        right = "none, as its particles have species" if wanted is None else f"({n_particles},) numbers, one per particle"
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


def _require_topology(given: object, n_particles: int, model: Model) -> None:
    """Raise UsageError unless what is bound has laws in the model, and the model's laws something that is bound."""
    molecule = model.molecule
    if molecule is None:
        right = f"none, as the particles of {model} are not bound to each other"
        check(given is None, "glass", "topology", given, right)
        return
    if not isinstance(given, Topology):
        example = f"such as model.molecule.topology({max(n_particles // molecule.n_sites, 1)})"
        raise UsageError(
            f"glass: topology is {shown(given)}, must be a Topology that says which particles are bound to each other, as "
            f"those of {model} are; {example} where each molecule's follow one on the other"
        )
    given.require(n_particles, len(molecule.bonds), len(molecule.angles))


def range_of(species: NDArray[np.int8], sizes: NDArray[np.float64] | None, model: Model) -> float:
    """The largest range of any pair of the species, or of any two of the sizes, that are there, in λ(small, small)."""
    if sizes is None:
        return model.cutoff_of(np.unique(species).tolist())
    return model.reduced_cutoff(0, 0) * float(sizes.max())


def _require_height(cell: Cell, species: NDArray[np.int8], sizes: NDArray[np.float64] | None, model: Model) -> None:
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
    """Pairs that share a cube whose diagonal is below OVERLAP, at most one per particle."""
    cell = np.floor(positions * (2.0 / OVERLAP)).T
    order = np.lexsort(cell)
    same = np.flatnonzero((np.diff(cell[:, order]) == 0.0).all(axis=0))
    return list(zip(order[same].tolist(), order[same + 1].tolist(), strict=True))
