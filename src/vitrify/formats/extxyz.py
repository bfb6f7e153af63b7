"""Extended xyz: read through ASE, written with all digits (ASE writes eight, which is not mechanical equilibrium)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.model import Model
from vitrify.model.catalogue import parse

CUBIC = 1e-9  # relative departure of a lattice from a cube that is still a cube
OWN = ("Lattice", "Properties", "pbc", "model")  # entries of the comment line that are no provenance


def read(path: Path, model: Model | None, names: dict[str, str]) -> Glass:
    """The last frame of a file. Raises UsageError."""
    species, positions, lattice, periodic, header = _frame(path)
    model = model or _model_of(header)
    box = _cube(lattice, periodic)
    provenance = {k: v for k, v in header.items() if k != "model" and isinstance(v, str | int | float | np.number)}
    plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in provenance.items()}
    return Glass(positions, box, _indices(species, model, names), model, plain)


def write(glass: Glass, path: Path) -> None:
    """One frame with 17 significant digits, so that reading gives the same glass."""
    edge = f"{glass.box:.17g}"
    lattice = f"{edge} 0 0 0 {edge} 0 0 0 {edge}"
    known = " ".join(f"{_key(key)}={_quoted(value)}" for key, value in glass.provenance.items() if key not in OWN)
    head = f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T" {_model_entry(glass.model)}{known}'.strip()
    labels = glass.model.mixture.labels
    rows = (
        f"{labels[kind]} {x:.17g} {y:.17g} {z:.17g}" for kind, (x, y, z) in zip(glass.species, glass.positions, strict=True)
    )
    path.write_text("\n".join([str(glass.n_particles), head, *rows]) + "\n", encoding="utf-8")


def _frame(path: Path) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64], Any, dict[str, Any]]:
    """Species, positions, lattice, periodicity and header of the last frame."""
    from ase.io.extxyz import key_val_str_to_dict  # half a second to import

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError("cannot be read as text; extended xyz is expected") from None
    start, n = _last_frame(lines)
    try:
        header = dict(key_val_str_to_dict(lines[start + 1]))
    except Exception:
        raise UsageError(f"its comment line (line {start + 2}) cannot be read as extended xyz") from None
    if "Lattice" not in header:
        raise UsageError('its comment line has no Lattice="..."; a periodic cube is needed')
    species_at, position_at = _columns(str(header.get("Properties", "species:S:1:pos:R:3")))
    species, positions = [], np.empty((n, 3))
    for k, line in enumerate(lines[start + 2 : start + 2 + n]):
        words = line.split()
        try:
            species.append(words[species_at])
            positions[k, :] = [float(words[position_at + d]) for d in range(3)]
        except (IndexError, ValueError):
            raise UsageError(f"line {start + 3 + k} cannot be read as a species and three coordinates") from None
    header.pop("Properties", None)
    return species, positions, _numbers(header.pop("Lattice")), header.pop("pbc", True), header


def _numbers(words: Any) -> NDArray[np.float64]:
    """An entry of the comment line as numbers; none at all where it is something else."""
    try:
        return np.asarray(words, dtype=float)
    except (TypeError, ValueError, OverflowError):
        return np.empty(0)


def _last_frame(lines: list[str]) -> tuple[int, int]:
    """First line of the last frame and its number of particles."""
    start, n, at = -1, 0, 0
    while at < len(lines) and lines[at].strip():
        try:
            count = int(lines[at])
        except ValueError:
            raise UsageError(f"line {at + 1} should be a number of particles, but is {lines[at][:40]!r}") from None
        if count < 1 or at + 2 + count > len(lines):
            raise UsageError(f"says {count} particles on line {at + 1}, but {max(len(lines) - at - 2, 0)} lines follow")
        start, n, at = at, count, at + 2 + count
    if start < 0:
        raise UsageError("is empty")
    return start, n


def _columns(properties: str) -> tuple[int, int]:
    """Columns of the species and of the first coordinate."""
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
    return found["species"][0], found["pos"][0]


def _cube(lattice: NDArray[np.float64], periodic: Any) -> float:
    if lattice.size != 9 or not np.isfinite(lattice).all():
        raise UsageError("its Lattice is not nine numbers")
    if not all(x == 1 for x in np.ravel(periodic).tolist()):  # True; a word is no such answer
        raise UsageError("its box is not periodic in all directions; a periodic cube is needed")
    edge = float(lattice.ravel()[0])
    if not edge > 0 or np.abs(lattice.reshape(3, 3) - edge * np.eye(3)).max() > CUBIC * abs(edge):
        raise UsageError("its box is not a cube along the axes; a periodic cube is needed")
    return edge


def _model_of(header: dict[str, Any]) -> Model:
    if "model" not in header:
        raise UsageError('does not say which model its particles follow; give one, such as --model "pss(rc=1.2)"')
    return parse(str(header["model"]))


def _indices(species: list[str], model: Model, names: dict[str, str]) -> NDArray[np.int8]:
    """Species as indices into the mixture, by its labels or through `names`."""
    labels = model.mixture.labels
    index: dict[str, int] = {}
    for name in dict.fromkeys(species):
        label = names.get(name, name)
        if label not in labels:
            known = ", ".join(labels)
            raise UsageError(f"species {name!r} is none of {known}; map it, such as --species {name}={labels[0]}")
        index[name] = labels.index(label)
    return np.array([index[name] for name in species], dtype=np.int8)


def _model_entry(model: Model) -> str:
    """The model's name, where the name alone gives it back: not for another mixture or a potential of the user's own."""
    try:
        named = parse(str(model)) == model
    except UsageError:
        named = False
    return f'model="{model}" ' if named else ""


def _key(key: str) -> str:
    """A key in quotes where it would else be read as several words, or as an entry of ours."""
    return key if re.fullmatch(r"[\w.:/+-]+", key) else json.dumps(key or "_")


def _quoted(value: str | int | float) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    return repr(value)
