"""Extended xyz files, written with all digits (ASE writes eight, which is not mechanical equilibrium)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.compressed_file import InputFile
from vitrify.errors import UsageError
from vitrify.glass import Glass, plain_provenance
from vitrify.glass_files import Format, register_format
from vitrify.models import Model
from vitrify.models.plain_numbers import DECIMAL

from .axes import entries_of, in_space
from .comment_line import entry, read_entries
from .configuration import IN_ORDER, NAMED, OTHER, Configuration, Frames, glasses_of, same
from .particle_columns import COLUMNS, columns_of, ends_of
from .rows import Lines, Rows

PERIODIC, OPEN = ("T", "True", "true", "TRUE", "1"), ("F", "False", "false", "FALSE", "0")
TOPOLOGY = "topology"
OWN = ("Lattice", "Properties", "pbc", NAMED, OTHER, TOPOLOGY)  # entries of the comment line that are no provenance
IN_RADII = {"radius": 2.0, "diameter": 1.0}  # λ_i in units of a column that says how large particles are
MASSES = ("mass", "masses")  # as LAMMPS and ASE name a column
PREFIX = "provenance."  # before a name of the provenance that would be taken for an entry of the format
COUNT = re.compile(r"[0-9]{1,4000}")
MARK = "\ufeff"  # byte order mark; it stands inside a file where several were joined


def frames(source: InputFile) -> Frames:
    """The frames of a file, each as text until it is asked for; blank lines before, between and after them do not matter.
    Raises UsageError where any part of the file is no whole frame."""
    with source.text() as file:
        lines = Lines(file, source.most_bytes, "extended xyz")
        for line in lines:
            word = line.strip().strip(MARK)
            if word:
                yield _frame(word, lines).configuration


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as text."""

    line: int  # on which the number of particles stands, from 1
    comment: str
    rows: Rows

    def configuration(self) -> Configuration:
        """The configuration that it holds. Raises UsageError."""
        header = self._header()
        named = str(header.get("Properties", COLUMNS))
        at, width = _columns(named)
        if "Properties" not in header:  # words after the coordinates have no meaning here
            width = max(width, len(self.rows.first))
        first = at["pos"]
        optional = {name: column for name, column in at.items() if name not in ("species", "pos")}
        numbers = [*((first + d, "coordinate") for d in range(3)), *((x, _word(name)) for name, x in optional.items())]
        (names,), found = self.rows.parsed(named, width, [at["species"]], numbers)
        more = dict(zip(optional, found[:, 3:].T, strict=True))
        return Configuration(
            names,
            np.ascontiguousarray(found[:, :3]),
            *_box(header),
            sizes=next((unit * more[x] for x, unit in IN_RADII.items() if x in more), None),
            masses=next((more[x] for x in MASSES if x in more), None),
            said=header,
            topology=self._topology(header),
            provenance={_key(k, written=True): v for k, v in header.items() if k not in OWN},
        )

    def _topology(self, header: dict[str, Any]) -> str | None:
        found = header.get(TOPOLOGY)
        if found is not None and not isinstance(found, str):
            raise UsageError(
                f'its comment line has {TOPOLOGY} {found!r}, must be "{IN_ORDER}" or bonds such as "1-2:1 2-3:1"'
            )
        return found

    def _header(self) -> dict[str, Any]:
        """The entries of the comment line."""
        told = f"its comment line (line {self.line + 1})"
        if "=" not in self.comment:  # plain xyz, where it is any text
            comment = self.comment.strip()
            return {"comment": comment} if comment else {}
        try:
            entries = read_entries(self.comment)
        except ValueError:
            raise UsageError(f"{told} cannot be read as extended xyz") from None
        twice = [x for x in OWN if sum(key == x for key, _ in entries) > 1]
        if twice:
            raise UsageError(f"{told} has {twice[0]} twice")
        header = dict(entries)
        if not isinstance(header.get(NAMED, ""), str):  # a flag, or a number: not what anybody means by a model
            raise UsageError(f'{told} has a model that is no text, must be one such as model="pss(rc=1.2)"')
        return header


def write(glass: Glass, path: Path) -> None:
    """Write one frame with 17 significant digits, so that reading gives the same glass."""
    head = [
        entries_of(glass.cell, columns_of(glass)),
        _model_entry(glass.model),
        *([] if glass.topology is None else [entry(TOPOLOGY, _in_words(glass))]),
        *(entry(_key(key), value) for key, value in plain_provenance(glass.provenance).items()),
    ]
    labels = glass.model.mixture.labels
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{glass.n_particles}\n{' '.join(head)}\n")
        file.writelines(
            f"{labels[kind]} {x:.17g} {y:.17g} {z:.17g}{end}\n"
            for kind, (x, y, z), end in zip(glass.species, in_space(glass.positions), ends_of(glass), strict=True)
        )


def _frame(word: str, lines: Lines) -> Frame:
    """The frame that begins with this word on the line that was read last."""
    line = lines.number
    if not COUNT.fullmatch(word):
        raise UsageError(f"line {line} should be a number of particles, but is {word[:40]!r}")
    n = int(word)
    comment = next(iter(lines), "")
    rows = lines.rows(n)
    if not rows.blocks or rows.n < n:
        raise UsageError(f"says {n} particles on line {line}, but {rows.n} lines follow")
    return Frame(line, comment, rows)


def _columns(properties: str) -> tuple[dict[str, int], int]:
    """Columns of the species, of the first coordinate, and of sizes and masses where they are there, and the number of all
    columns."""
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
    known = ("species", "pos", *IN_RADII, *MASSES)
    return {x: found[x][0] for x in known if x in found and found[x][1] == (3 if x == "pos" else 1)}, at


def _word(name: str) -> str:
    return "size" if name in IN_RADII else "mass"


def _box(header: dict[str, Any]) -> tuple[NDArray[np.float64] | None, tuple[bool, bool, bool]]:
    """Vectors of the box, and along which it is periodic."""
    if "Lattice" not in header:
        return None, (True, True, True)
    words = _words(header["Lattice"])
    if len(words) != 9 or not all(DECIMAL.fullmatch(x) and isfinite(float(x)) for x in words):
        raise UsageError("its Lattice is not nine numbers")
    periodic = _words(header.get("pbc", True))
    periodic = 3 * periodic if len(periodic) == 1 else periodic
    said = [True if x in PERIODIC else False if x in OPEN else None for x in periodic]
    if len(said) != 3 or None in said:
        raise UsageError(f"its pbc is {' '.join(periodic)[:40]!r}, must be three of T and F")
    a, b, c = map(bool, said)
    return np.array(words, dtype=float).reshape(3, 3), (a, b, c)


def _words(value: Any) -> list[str]:
    """The words of an array, however it is bracketed."""
    return re.findall(r"[^\s,\[\]{}]+", str(value)) or [""]


def _model_entry(model: Model) -> str:
    """The readable form of a model. It has another key where it does not restore the model, as for the user's own
    potential."""
    return entry(NAMED, str(model)) if same(str(model), model) else entry(OTHER, model.in_full)


def _in_words(glass: Glass) -> str:
    """Which particles are bound: a word where molecules follow one on the other, else all bonds and angles."""
    molecule = glass.model.molecule
    assert molecule is not None  # as for any glass with a topology
    in_order = molecule.topology(glass.n_particles // molecule.n_sites)
    return IN_ORDER if glass.topology == in_order else str(glass.topology)


def _key(name: str, *, written: bool = False) -> str:
    """The key for a name of the provenance, or the name for a key that was `written`."""
    bare = name
    while bare.startswith(PREFIX):
        bare = bare.removeprefix(PREFIX)
    if bare not in (*OWN, ""):  # ASE takes the value of an empty key for the entry before it
        return name
    return name.removeprefix(PREFIX) if written else PREFIX + name


register_format(
    Format(
        "extxyz",
        (".xyz", ".extxyz"),
        "extended xyz, 17 digits, with its model",
        frames=glasses_of(frames),
        write=write,
        holds_topology=True,
    )
)
