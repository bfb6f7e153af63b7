"""What a file says of one configuration, before it is known which model its particles follow; and the glass that it is.

Every format that is read gives configurations. What turns them into a glass stands here once: cell and plane, species by
their names, sizes, masses, and whether all that fits the model."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell, standard_form
from vitrify.compressed_file import InputFile
from vitrify.errors import ModelOverridden, UsageError
from vitrify.glass import Glass
from vitrify.glass_files import Given, Reader
from vitrify.models import Model
from vitrify.models.catalogue import parse
from vitrify.models.topology import Topology
from vitrify.physical_units import LENGTH_IN_FILE, STYLES, Units

from .axes import matrix_in_space

FloatArray = NDArray[np.float64]
Frames = Iterator[Callable[[], "Configuration"]]  # each is parsed only where it is asked for
PACKAGE = __name__.partition(".")[0]
CUBIC = 1e-9  # relative departure of a lattice from a cube that is still a cube
MANY = 16  # particles: fewer of them in one plane may be a crystal's cell
SAME_MASS = 1e-6  # relative departure of masses that files hold with seven digits
IN_ORDER = "consecutive"  # a topology in which molecules follow one on the other, each with its sites in order
NAMED, OTHER = "model", "custom_model"  # a model whose readable form gives it back, and one that the reader must have
UNSAID = "quench_max_force"  # of our own glasses: with no model beside it, it is one that release 0.1.0 could not write


@dataclass(frozen=True, slots=True)
class Configuration:
    """Particles of one frame of a file, in its own words and units."""

    names: list[str]  # of the species of each particle: a label, an element, the number of a type
    positions: FloatArray  # (n, 3)
    vectors: FloatArray | None  # (3, 3) of its box, in any orientation; None where the file has none
    periodic: tuple[bool, bool, bool] = (True, True, True)  # along each vector
    sizes: FloatArray | None = None  # (n,) diameters
    masses: FloatArray | None = None  # (n,)
    units: str = ""  # such as lj or metal, where the file says it
    said: Mapping[str, Any] = field(default_factory=dict)  # what it says of the model, by NAMED, OTHER and UNSAID
    provenance: Mapping[str, Any] = field(default_factory=dict)
    planes: bool = False  # whether a system of two dimensions is written as a plane in a box with three periods
    topology: Topology | str | None = None  # which particles are bound to each other; IN_ORDER where molecules follow


def glasses_of(frames: Callable[[InputFile], Frames]) -> Reader:
    """A reader of glasses, of one that reads configurations."""

    def read(source: InputFile, given: Given) -> Iterator[Callable[[], Glass | Configuration]]:
        for configuration in frames(source):
            yield partial(_made, configuration, given, str(source.path))

    return read


def _made(configuration: Callable[[], Configuration], given: Given, told: str) -> Glass | Configuration:
    found = configuration()
    return _boxed(found, given.box) if given.as_said else glass_of(found, given, told)


def _boxed(found: Configuration, box: Cell | None) -> Configuration:
    """The configuration with the box that is given for a file without one. Raises UsageError."""
    _cell(found, box)  # that there is one, and only one
    return found if box is None else replace(found, vectors=matrix_in_space(box))


def glass_of(found: Configuration, given: Given, told: str) -> Glass:
    """The glass that a configuration is. told: the file, for warnings. Raises UsageError; warns with ModelOverridden where
    the file says another model."""
    found = _in_lambda(found, given.units)
    length = 1.0 if given.units is None else given.units.length
    cell, rotation = _cell(found, given.box and Cell(given.box.matrix / length))
    positions = found.positions
    if cell.dimension == 3 and in_one_plane(positions):
        cell, positions = _plane(found, cell)
    if found.planes and cell.dimension == 2 and np.ptp(positions[:, 2]) > 0.0:
        raise UsageError(
            "its box is not periodic along z, and its particles do not lie in one plane; a periodic cell is needed"
        )
    model = given.model or _model_of(found.said)
    sizes = required_sizes(found.sizes, model)
    positions = turned(positions, cell, rotation)
    topology = topology_of(found.topology, model, len(positions))
    species = indices_of(found.names, model, given.names)
    glass = Glass(positions, cell, species, model, dict(found.provenance), sizes, topology)
    require_composition(glass, found.said, _labels_of(found.names, glass))
    for sentence in _overridden(found, glass, given.names):
        warnings.warn(f"{told} {sentence}", ModelOverridden, stacklevel=level_of_caller())
    return glass


def in_one_plane(positions: FloatArray) -> bool:
    """Whether so many particles lie in one plane that they are a system of two dimensions."""
    return len(positions) >= MANY and bool((positions[:, 2] == positions[0, 2]).all())


def same(said: str, used: Model, names: Mapping[str, str] | None = None) -> bool:
    """Tell whether a readable form is that of this very model, once its species have these names."""
    try:
        found = parse(said)
        return found.with_names({x: y for x, y in (names or {}).items() if x in found.mixture.labels}) == used
    except UsageError:
        return False


def _in_lambda(found: Configuration, units: Units | None) -> Configuration:
    """The configuration with its lengths in λ. Raises UsageError where a file says other units, and nobody what λ is in
    them."""
    said = f"says that its units are {found.units}"
    if units is None and found.units not in ("", "lj"):
        known = f"--units {found.units} --lambda ..." if found.units in STYLES else "--lambda ..."
        raise UsageError(f"{said}; give the value of λ in these units ({known}), or --units lj if it is 1")
    if units is not None and units.style != "lj" and found.units not in ("", units.style):
        reduced = ", whose lengths are in λ: add --reduced (in Python leave units out)" if found.units == "lj" else ""
        raise UsageError(f"{said}{reduced}, but {units.style} was given")
    if units is not None and units.length != 1.0 and LENGTH_IN_FILE in found.provenance:
        raise UsageError("was written in λ, as its lambda_in_file says: add --reduced (in Python leave units out)")
    provenance = {k: v for k, v in found.provenance.items() if k != LENGTH_IN_FILE}
    if units is None or units.length == 1.0:
        return replace(found, provenance=provenance)
    return replace(
        found,
        positions=found.positions / units.length,
        vectors=None if found.vectors is None else found.vectors / units.length,
        sizes=None if found.sizes is None else found.sizes / units.length,
        provenance={**provenance, LENGTH_IN_FILE: units.length},
    )


def _cell(found: Configuration, box: Cell | None) -> tuple[Cell, FloatArray]:
    """The cell, and the rotation (d, d) that turned it into standard form. It is two-dimensional where only the third
    vector is not periodic."""
    if found.vectors is None:
        if box is None:
            where = 'no Lattice="..." in its comment line, where it is extended xyz'
            raise UsageError(
                f"has no box ({where}); a periodic cell is needed: --box, or in Python Glass.read(path, box=...)"
            )
        return box, np.eye(box.dimension)
    if box is not None:
        raise UsageError("has a box of its own; --box, or box=... in Python, is for files without one")
    return standard_cell(found.vectors, found.periodic)


def standard_cell(vectors: FloatArray, periodic: tuple[bool, bool, bool]) -> tuple[Cell, FloatArray]:
    """The cell of three vectors, (3, 3), and the rotation (d, d) that turned it into standard form; of two dimensions where
    only the third vector is not periodic. Raises UsageError."""
    if periodic == (True, True, False):
        if vectors[:2, 2].any():
            raise UsageError("its box is not periodic along c, so that a and b must lie in the xy plane, but they do not")
        vectors = vectors[:2, :2]
    elif not all(periodic):
        raise UsageError("its box is not periodic in all directions; a periodic cell is needed, or one of the xy plane")
    edge = float(vectors[0, 0])
    if np.abs(vectors - edge * np.eye(len(vectors))).max() <= CUBIC * abs(edge):
        vectors = edge * np.eye(len(vectors))
    try:
        return standard_form(vectors)
    except UsageError as error:
        raise UsageError(f"its {error}") from None


def _plane(found: Configuration, cell: Cell) -> tuple[Cell, FloatArray]:
    """Cell and positions in two dimensions of particles in one plane. Raises UsageError where the file's format could have
    said that it has two: else they would be measured as a stack of copies of themselves."""
    flat = not cell.matrix[2, :2].any()
    if not (found.planes and flat):
        raise UsageError(
            f"its {len(found.positions)} particles lie in one plane of a box that is periodic in three directions; "
            'for two dimensions write pbc="T T F" in its comment line, with z = 0'
        )
    return Cell(cell.matrix[:2, :2]), found.positions * [1.0, 1.0, 0.0]


def turned(positions: FloatArray, cell: Cell, rotation: FloatArray) -> FloatArray:
    """Positions turned with their cell. A z that is not zero in two dimensions is left for the glass to refuse."""
    d = cell.dimension
    if np.array_equal(rotation[:d, :d], np.eye(d)):
        return positions
    found = positions.copy()
    found[:, :d] = positions[:, :d] @ rotation[:d, :d]
    return found


def _model_of(said: Mapping[str, Any]) -> Model:
    """The model that a file names. Raises UsageError where it names none, or one that only its owner has."""
    if NAMED in said:
        return parse(str(said[NAMED]))
    in_python = "in Python Glass.read(path, model=...)"
    if OTHER in said:
        raise UsageError(
            f"has the model {said[OTHER]}, whose potential is not part of vitrify; give the model, {in_python}"
        )
    if UNSAID in said:
        lost = "a mixture other than that of the paper, or a potential that is not part of vitrify"
        raise UsageError(
            f"was written by an early release of vitrify, which could not write its model: {lost}; "
            "give the model with its lengths"
        )
    raise UsageError(f'does not say which model its particles follow; give one, such as --model "pss(rc=1.2)", {in_python}')


def required_sizes(sizes: FloatArray | None, model: Model) -> FloatArray | None:
    """The sizes in a file where the model has sizes. For other models they only serve display, and are left out."""
    if model.mixture.sizes is None:
        return None
    if sizes is None:
        raise UsageError(
            f"has no particle sizes, which {model} needs: add a column radius:R:1 or diameter:R:1 "
            "(radius or diameter in a LAMMPS dump)"
        )
    return sizes


def topology_of(found: Topology | str | None, model: Model, n_particles: int) -> Topology | None:
    """The topology in a file where the model has molecules; others have none. Raises UsageError where it is not there."""
    molecule = model.molecule
    if molecule is None:
        return None
    if found is None:
        raise UsageError(
            f"does not say which particles are bound to each other, as those of {model} are; in a LAMMPS data file its "
            'section Bonds says it, in extended xyz topology="consecutive"'
        )
    if not isinstance(found, str):
        return found
    if found != IN_ORDER:
        return Topology.parse(found)
    if n_particles % molecule.n_sites:
        raise UsageError(f"has {n_particles} particles, which are no whole number of molecules of {molecule.n_sites}")
    return molecule.topology(n_particles // molecule.n_sites)


def indices_of(
    names: Sequence[str], model: Model, mapped: Mapping[str, str], option: str = "--species {}", pair: str = "{}={}"
) -> NDArray[np.int8]:  # fmt: skip
    """Species as indices into the mixture, by its labels or through `mapped`; where there is one kind of particle in the
    file and one in the mixture, they are the same. option: how names are mapped, for a sentence. Raises UsageError."""
    labels, present = model.mixture.labels, list(dict.fromkeys(names))
    absent = [x for x in mapped if x not in present]
    if absent:
        raise UsageError(f"has no species {absent[0]!r} to be mapped; it has {_listed(present)}")
    if len(labels) == len(present) == 1 and not mapped:
        return np.zeros(len(names), dtype=np.int8)
    index: dict[str, int] = {}
    for name in present:
        label = mapped.get(name, name)
        if label not in labels:
            known = ", ".join(labels)
            said = f"mapped to {label!r}, which is" if name in mapped else "is"
            raise UsageError(
                f"species {name!r} {said} none of {known}; map it, such as {_example(present, labels, option, pair)}"
            )
        index[name] = labels.index(label)
    return np.array([index[name] for name in names], dtype=np.int8)


def _example(present: list[str], labels: Sequence[str], option: str, pair: str) -> str:
    """How the names that are there may be mapped: those that are no labels to labels that are not there, in order."""
    free = iter([x for x in labels if x not in present])
    in_order = sorted(present, key=_in_order)
    own = [(x, next(free, labels[-1])) for x in in_order[: len(labels)] if x not in labels]
    return option.format((", " if ": " in pair else ",").join(pair.format(*x) for x in own))


def _in_order(name: str) -> tuple[int, str]:
    """Where a name stands in a list: types are numbers."""
    return len(name), name


def _labels_of(names: Sequence[str], glass: Glass) -> dict[str, str]:
    """Names in a file → labels that they have in a glass."""
    labels = glass.model.mixture.labels
    return {name: labels[kind] for name, kind in zip(names, glass.species.tolist(), strict=True)}


def _listed(names: list[str]) -> str:
    """Names in an error's sentence, the first ten."""
    return ", ".join(x[:40] for x in names[:10]) + (", ..." if len(names) > 10 else "")


def require_composition(glass: Glass, said: Mapping[str, Any], names: Mapping[str, str] | None = None) -> None:
    """Raise UsageError where the species are not in the mixture's fractions: its lengths are most likely wrong as well.
    names: in the file → labels that they have now."""
    mixture = glass.model.mixture
    counts = np.bincount(glass.species, minlength=mixture.n_species).tolist()
    if mixture.could_have(counts):
        return
    there = ", ".join(f"{count} {label}" for label, count in zip(mixture.labels, counts, strict=True))
    if NAMED in said and not same(str(said[NAMED]), glass.model):
        advice = f"give none, since the file says {said[NAMED]}"
    else:
        named = f'"{glass.model.name} {mixture.with_counts(counts)}"'
        advice = f"give the model with the mixture that the particles are of, such as {named} with their own lengths"
        order = mixture.other_order(counts)
        if order:
            other = {a: mixture.labels[b] for a, b in zip(mixture.labels, order, strict=True)}
            called = names or {x: x for x in other}
            pairs = ",".join(f"{a}={other[called[a]]}" for a in sorted(called, key=_in_order))
            advice = f"where the file has these names in another order, say --species {pairs}, else {advice}"
    raise UsageError(f"has {there}, but the mixture of {glass.model.in_full} has other fractions; {advice}")


def _overridden(found: Configuration, glass: Glass, names: Mapping[str, str]) -> Iterator[str]:
    """What a file says that the model does not follow, in sentences that begin after its name."""
    used, said = glass.model, found.said
    if _is_other(said, used, names):
        yield f"{_says(said, used)}, but {used.in_full} was given and is used instead"
    elif found.topology is not None and glass.topology is None:
        yield f"has bonds, which are left out, as the particles of {used} are not bound to each other"
    if found.masses is not None:
        ratio = found.masses / np.array(used.mixture.masses)[glass.species]
        if ratio.min() <= 0 or np.ptp(ratio) > SAME_MASS * ratio.max():
            masses = ", ".join(f"{a} {b:g}" for a, b in zip(used.mixture.labels, used.mixture.masses, strict=True))
            yield f"has masses of other ratios than those of {used}, which are used instead: {masses}"


def _is_other(said: Mapping[str, Any], used: Model, names: Mapping[str, str]) -> bool:
    """Tell whether a file names another model, or cannot have the paper's mixture."""
    if OTHER in said and NAMED not in said:
        return _is_namesake(said, used) or str(said[OTHER]) != used.in_full
    return (
        not (same(str(said[NAMED]), used) or same(str(said[NAMED]), used, names))
        if NAMED in said
        else UNSAID in said and same(used.name, used)
    )


def _is_namesake(said: Mapping[str, Any], used: Model) -> bool:
    """Tell whether this is a shipped model, whose name its maker gave to another."""
    return OTHER in said and NAMED not in said and same(str(said[OTHER]), used)


def _says(said: Mapping[str, Any], used: Model) -> str:
    named = next((str(said[x]) for x in (NAMED, OTHER) if x in said), None)
    if named is None:
        return "was written by an early release of vitrify for a mixture other than that of the paper"
    return f"says that its model is {_in_full(named)}{', which its maker wrote' if _is_namesake(said, used) else ''}"


def _in_full(said: str) -> str:
    """The readable form of a file with its lengths, where it can be read."""
    try:
        return parse(said).in_full
    except UsageError:
        return said


def level_of_caller() -> int:
    """How far up the stack the first line outside of this package is, from the function that asks: who asked for the glass
    is told."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == PACKAGE:
        frame, level = frame.f_back, level + 1
    return level
