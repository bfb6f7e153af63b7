"""Extended xyz, written with all digits (ASE writes eight, which is not mechanical equilibrium)."""

from __future__ import annotations

import re
import warnings
from array import array
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell, standard_form
from vitrify.errors import ModelOverridden, UsageError
from vitrify.glass import Glass, plain_provenance
from vitrify.model import Model
from vitrify.model.catalogue import parse
from vitrify.model.plain_numbers import DECIMAL

from .axes import entries_of, in_space
from .comment_line import entry, read_entries
from .format import Format, register_format
from .frames import Frame, last_frame

CUBIC = 1e-9  # relative departure of a lattice from a cube that is still a cube
PERIODIC, OPEN = ("T", "True", "true", "TRUE", "1"), ("F", "False", "false", "FALSE", "0")
NAMED, OTHER = "model", "custom_model"  # a model whose readable form gives it back, and one that the reader must have
MANY = 16  # particles: fewer of them in one plane may be a crystal's cell
UNSAID = "quench_max_force"  # of our own glasses: with no model beside it, it is one that release 0.1.0 could not write
OWN = ("Lattice", "Properties", "pbc", NAMED, OTHER)  # entries of the comment line that are no provenance
COLUMNS = "species:S:1:pos:R:3"
SIZED = f"{COLUMNS}:radius:R:1"  # λ_i/2, which OVITO draws
IN_RADII = {"radius": 2.0, "diameter": 1.0}  # λ_i in units of a column that says how large particles are
PREFIX = "provenance."  # before a name of the provenance that would be taken for an entry of the format


def read(path: Path, model: Model | None, names: dict[str, str]) -> Glass:
    """The last frame of a file. Raises UsageError; warns with ModelOverridden where the file says another model."""
    frame = last_frame(path)
    header = _header(frame)
    species, positions, sizes = _particles(frame, header)
    cell, rotation = _cell(header)
    _require_third_dimension(positions, cell)
    chosen = model or _model_of(header)
    provenance = {_key(k, written=True): v for k, v in header.items() if k not in OWN}
    sizes = _required_sizes(sizes, chosen)
    positions = _of_cell(positions, cell, rotation)
    glass = Glass(positions, cell, _indices(species, chosen, names), chosen, provenance, sizes)
    _require_composition(glass, header)
    _tell_override(path, header, chosen)
    return glass


def write(glass: Glass, path: Path) -> None:
    """One frame with 17 significant digits, so that reading gives the same glass."""
    head = [
        entries_of(glass.cell, COLUMNS if glass.sizes is None else SIZED),
        _model_entry(glass.model),
        *(entry(_key(key), value) for key, value in plain_provenance(glass.provenance).items()),
    ]
    labels = glass.model.mixture.labels
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{glass.n_particles}\n{' '.join(head)}\n")
        ends = ("\n",) * glass.n_particles if glass.sizes is None else (f" {x / 2:.17g}\n" for x in glass.sizes)
        file.writelines(
            f"{labels[kind]} {x:.17g} {y:.17g} {z:.17g}{end}"
            for kind, (x, y, z), end in zip(glass.species, in_space(glass.positions), ends, strict=True)
        )


def _header(frame: Frame) -> dict[str, Any]:
    """The entries of the comment line."""
    try:
        entries = read_entries(frame.comment)
    except ValueError:
        raise UsageError(f"its comment line (line {frame.line + 1}) cannot be read as extended xyz") from None
    twice = [x for x in OWN if sum(key == x for key, _ in entries) > 1]
    if twice:
        raise UsageError(f"its comment line (line {frame.line + 1}) has {twice[0]} twice")
    header = dict(entries)
    if not isinstance(header.get(NAMED, ""), str):  # a flag, or a number: not what anybody means by a model
        raise UsageError(
            f'its comment line (line {frame.line + 1}) has a model that is no text, must be one such as model="pss(rc=1.2)"'
        )
    return header


def _particles(frame: Frame, header: dict[str, Any]) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64] | None]:
    """Name and position of each particle, and its size where there is a column of radii or diameters."""
    if "Lattice" not in header:
        raise UsageError('its comment line has no Lattice="..."; a periodic cell is needed')
    named = str(header.get("Properties", COLUMNS))
    species_at, position_at, (size_at, unit), width = _columns(named)
    if "Properties" not in header:  # what stands behind the coordinates is nobody's business
        width = max(width, len(frame.rows[0].split()))
    species, coordinates, sizes = [], array("d"), array("d")  # eight bytes a number
    for k, line in enumerate(frame.rows):
        words = line.split()
        if len(words) != width:
            columns = f"{width} columns, {named}"
            raise UsageError(f"line {frame.line + 2 + k} cannot be read: it has {len(words)} words, must have {columns}")
        species.append(words[species_at])
        try:
            coordinates.extend(map(_coordinate, words[position_at : position_at + 3]))
            if unit:
                sizes.append(unit * _coordinate(words[size_at], "size"))
        except ValueError as error:
            raise UsageError(f"line {frame.line + 2 + k} cannot be read: {error}") from None
    return species, np.array(coordinates).reshape(-1, 3), np.array(sizes) if unit else None


def _coordinate(word: str, what: str = "coordinate") -> float:
    """A plain decimal number. Raises ValueError."""
    if DECIMAL.fullmatch(word) and isfinite(number := float(word)):
        return number
    raise ValueError(f"{what} {word[:40]!r} is not a finite number in decimal digits")


def _columns(properties: str) -> tuple[int, int, tuple[int, float], int]:
    """Columns of the species, of the first coordinate, of the size with its unit (0 where there is none), and how many
    there are."""
    words, at, found = properties.split(":"), 0, {}
    if len(words) % 3:
        raise UsageError(f"Properties={properties!r} cannot be read")
    for name, width in zip(words[::3], words[2::3], strict=True):
        if name in found or not re.fullmatch("[1-9][0-9]{0,3}", width):
            raise UsageError(f"Properties={properties!r} must name each property once, with its number of columns")
        found[name] = (at, int(width))
        at += int(width)
    if found.get("pos", (0, 0))[1] != 3 or found.get("species", (0, 0))[1] != 1:
        raise UsageError(f"Properties={properties!r} must name species and pos, of one column and of three")
    size = next(((found[x][0], unit) for x, unit in IN_RADII.items() if found.get(x, (0, 0))[1] == 1), (0, 0.0))
    return found["species"][0], found["pos"][0], size, at


def _required_sizes(sizes: NDArray[np.float64] | None, model: Model) -> NDArray[np.float64] | None:
    """The sizes of a file where the model has them; of other models they are what somebody drew, and left out."""
    if model.mixture.sizes is None:
        return None
    if sizes is None:
        raise UsageError(f"has no sizes of particles, which {model} needs: a column radius:R:1 or diameter:R:1")
    return sizes


def _cell(header: dict[str, Any]) -> tuple[Cell, NDArray[np.float64]]:
    """The cell, and the rotation (d, d) that turned it into standard form; of two dimensions where only the third vector is
    not periodic."""
    words = _words(header["Lattice"])
    if len(words) != 9 or not all(DECIMAL.fullmatch(x) and isfinite(float(x)) for x in words):
        raise UsageError("its Lattice is not nine numbers")
    vectors = np.array(words, dtype=float).reshape(3, 3)
    periodic = _words(header.get("pbc", True))
    periodic = 3 * periodic if len(periodic) == 1 else periodic
    if [x in PERIODIC for x in periodic] == [True, True, False] and periodic[2] in OPEN:
        if vectors[:2, 2].any():
            raise UsageError("its box is not periodic along c, and a and b do not lie in the xy plane, as a plane's must")
        vectors = vectors[:2, :2]
    elif not all(x in PERIODIC for x in periodic):
        raise UsageError("its box is not periodic in all directions; a periodic cell is needed, or one of the xy plane")
    edge = float(vectors[0, 0])
    if np.abs(vectors - edge * np.eye(len(vectors))).max() <= CUBIC * edge:
        vectors = edge * np.eye(len(vectors))
    try:
        return standard_form(vectors)
    except UsageError as error:
        raise UsageError(f"its {error}") from None


def _require_third_dimension(positions: NDArray[np.float64], cell: Cell) -> None:
    """Raise UsageError for a plane that is said to be periodic across itself, as programs for two dimensions write it: it
    would be measured as a stack of copies of itself."""
    if cell.dimension == 3 and len(positions) >= MANY and (positions[:, 2] == positions[0, 2]).all():
        raise UsageError(
            f"its {len(positions)} particles lie in one plane of a box that is periodic in three directions; "
            'two dimensions are said by pbc="T T F" in its comment line, with z = 0'
        )


def _of_cell(positions: NDArray[np.float64], cell: Cell, rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions turned with their cell; a z that is not zero in two dimensions is left for the glass to refuse."""
    if np.array_equal(rotation, np.eye(cell.dimension)):
        return positions
    turned = positions.copy()
    turned[:, : cell.dimension] = positions[:, : cell.dimension] @ rotation
    return turned


def _words(value: Any) -> list[str]:
    """The parts of an array, however it is bracketed."""
    return re.findall(r"[^\s,\[\]{}]+", str(value)) or [""]


def _model_of(header: dict[str, Any]) -> Model:
    """The model that a file says. Raises UsageError where it says none, or one that only its owner has."""
    if NAMED in header:
        return parse(str(header[NAMED]))
    in_python = "in Python Glass.read(path, model=...)"
    if OTHER in header:
        raise UsageError(f"was made with a model of its maker's own, {header[OTHER]}, which must be given: {in_python}")
    if UNSAID in header:
        lost = "another mixture than the paper's, or a model of its maker's own"
        raise UsageError(
            f"was written by an early vitrify, which could not say its model: {lost}; it must be given with its lengths"
        )
    raise UsageError(f'does not say which model its particles follow; give one, such as --model "pss(rc=1.2)", {in_python}')


def _model_entry(model: Model) -> str:
    """The readable form of a model, under another key where it does not give the model back: the user's own potential."""
    return entry(NAMED, str(model)) if _same(str(model), model) else entry(OTHER, model.in_full)


def _key(name: str, *, written: bool = False) -> str:
    """The key of a name of the provenance, or the name that a key was `written` for."""
    bare = name
    while bare.startswith(PREFIX):
        bare = bare.removeprefix(PREFIX)
    if bare not in (*OWN, ""):  # ASE takes the value of an empty key for the entry before it
        return name
    return name.removeprefix(PREFIX) if written else PREFIX + name


def _tell_override(path: Path, header: dict[str, Any], used: Model) -> None:
    """Warn where a file says one model, or can not be of the paper's mixture, and another was given; lengths are told."""
    said = next((str(header[x]) for x in (NAMED, OTHER) if x in header), None)
    if said is None:
        told = UNSAID in header and _same(used.name, used)
        says = "was written by an early vitrify for another mixture than the paper's"
    else:
        namesake = OTHER in header and _same(said, used)  # a shipped model of the name that the maker gave to another
        told = namesake or (said != used.in_full if OTHER in header else not _same(said, used))
        says = f"says that its model is {_in_full(said)}{', which its maker wrote' if namesake else ''}"
    if told:
        sentence = f"{path} {says}, but {used.in_full} was given and is used instead"
        warnings.warn(sentence, ModelOverridden, stacklevel=5)  # who called Glass.read


def _same(said: str, used: Model) -> bool:
    """Whether a readable form is this very model's."""
    try:
        return parse(said) == used
    except UsageError:
        return False


def _in_full(said: str) -> str:
    """What a file says with its lengths, where it can be read."""
    try:
        return parse(said).in_full
    except UsageError:
        return said


def _indices(species: list[str], model: Model, names: dict[str, str]) -> NDArray[np.int8]:
    """Species as indices into the mixture, by its labels or through `names`."""
    labels, present = model.mixture.labels, list(dict.fromkeys(species))
    absent = [x for x in names if x not in present]
    if absent:
        raise UsageError(f"has no species {absent[0]!r} to be mapped; it has {_listed(present)}")
    index: dict[str, int] = {}
    for name in present:
        label = names.get(name, name)
        if label not in labels:
            known = ", ".join(labels)
            mapped = f"mapped to {label!r}, which is" if name in names else "is"
            raise UsageError(f"species {name!r} {mapped} none of {known}; map it, such as --species {name}={labels[0]}")
        index[name] = labels.index(label)
    return np.array([index[name] for name in species], dtype=np.int8)


def _listed(names: list[str]) -> str:
    """Names in an error's sentence, the first ten."""
    return ", ".join(x[:40] for x in names[:10]) + (", ..." if len(names) > 10 else "")


def _require_composition(glass: Glass, header: dict[str, Any]) -> None:
    """Raise UsageError where the species are not in the mixture's fractions: its lengths are most likely wrong as well."""
    mixture = glass.model.mixture
    counts = np.bincount(glass.species, minlength=mixture.n_species).tolist()
    if mixture.could_have(counts):
        return
    there = ", ".join(f"{count} {label}" for label, count in zip(mixture.labels, counts, strict=True))
    if NAMED in header and not _same(str(header[NAMED]), glass.model):
        advice = f"give none, since the file says {header[NAMED]}"
    else:
        named = f'"{glass.model.name} {mixture.with_counts(counts)}"'
        advice = f"give the model with the mixture that the particles are of, such as {named} with their own lengths"
    raise UsageError(f"has {there}, but the mixture of {glass.model.in_full} has other fractions; {advice}")


register_format(Format("extxyz", (".xyz", ".extxyz"), "extended xyz, 17 digits, with its model", read=read, write=write))
