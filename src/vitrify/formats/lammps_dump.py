"""LAMMPS dumps of the styles atom and custom, as text; they are only read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitrify.compressed_file import InputFile
from vitrify.errors import UsageError
from vitrify.glass_files import Format, register_format

from .configuration import Configuration, Frames, glasses_of
from .rows import Lines, Rows, number

FloatArray = NDArray[np.float64]
ITEM = "ITEM: "
COUNT = re.compile("[0-9]{1,18}", re.ASCII)
INTEGER = re.compile("-?[0-9]{1,18}", re.ASCII)
PLACES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))  # the best digits first
SCALED = ("xs", "xsu")  # fractions of the box
IN_DIAMETERS = {"diameter": 1.0, "radius": 2.0}
FLAT = 0.5  # height of a box over its least edge, beyond which a dump without z is taken for one of three dimensions
BOXES = (("xy", "xz", "yz"), ("abc", "origin"), ())  # words that tell how a box is given; none: its edges


def frames(source: InputFile) -> Frames:
    """The frames of a dump, each as text until it is asked for. Raises UsageError where a part of it is no whole frame."""
    with source.text() as file:
        lines = Lines(file, source.most_bytes, "a LAMMPS dump")
        for line in lines:
            if line.strip():
                yield _frame(line, lines).configuration


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its items, and the rows of its particles as text."""

    line: int  # of its columns
    items: Mapping[str, str]  # text after each item's name, in capital letters, or in the line below it
    box: list[str]  # three lines
    box_words: list[str]  # after BOX BOUNDS
    columns: list[str]
    rows: Rows

    def configuration(self) -> Configuration:
        """The configuration that it holds, its particles by their ids. Raises UsageError."""
        place = self._place()
        about = [x for x in (*IN_DIAMETERS, "mass") if x in self.columns]
        numbers = [*((x, "coordinate") for x in place), *((x, x) for x in about)]
        kinds: list[str] = [x for x in ("typelabel", "element", "type", "id") if x in self.columns]
        told = " ".join(self.columns)
        at = {x: self.columns.index(x) for x in (*(name for name, _ in numbers), *kinds)}
        words, found = self.rows.parsed(
            told, len(self.columns), [at[x] for x in kinds], [(at[name], meaning) for name, meaning in numbers]
        )
        texts = dict(zip(kinds, words, strict=True))
        vectors = self._vectors()
        if len(place) == 2 and vectors[2, 2] > FLAT * min(vectors[0, 0], vectors[1, 1]):
            raise UsageError(f"line {self.line} names no column z, and its box is too high for a system of two dimensions")
        positions = np.zeros((self.rows.n, 3))
        positions[:, : len(place)] = found[:, : len(place)]
        more = dict(zip(about, found[:, len(place) :].T, strict=True))
        order = self._order(texts["id"]) if "id" in texts else np.arange(self.rows.n)
        names = _names(texts, self.rows.n)
        x, y, z = (len(word) == 2 and word[0] == word[1] == "p" for word in self.box_words[-3:])
        sizes = next((unit * more[x] for x, unit in IN_DIAMETERS.items() if x in more), None)
        return Configuration(
            [names[k] for k in order],
            (positions @ vectors if place[0] in SCALED else positions)[order],
            vectors,
            (x, y, z and len(place) == 3),
            sizes=None if sizes is None else sizes[order],
            masses=more["mass"][order] if "mass" in more else None,
            units=self.items.get("UNITS", ""),
            provenance=_provenance(self.items),
            planes=True,
        )

    def _place(self) -> tuple[str, ...]:
        """The columns of the coordinates; two of them where there is no z. Raises UsageError."""
        for d in (3, 2):
            for place in PLACES:
                if all(x in self.columns for x in place[:d]):
                    return place[:d]
        raise UsageError(
            f"line {self.line} names no columns with coordinates, must have x y z, xu yu zu, xs ys zs or xsu ysu zsu: "
            f"{' '.join(self.columns)[:80]!r}"
        )

    def _vectors(self) -> FloatArray:
        """Vectors of the box, (3, 3). LAMMPS gives a tilted one by the bounds of all of it."""
        told = f"its BOX BOUNDS (above line {self.line})"
        words = [x.split() for x in self.box]
        kind = tuple(self.box_words[:-3])
        if kind not in BOXES or any(len(x) != (4 if "abc" in kind else 2 + bool(kind)) for x in words):
            raise UsageError(f"{told} cannot be read: {' | '.join(x.strip() for x in self.box)[:80]!r}")
        rows = np.array([[number(x, f"{told} cannot be read:") for x in row] for row in words])
        if "abc" in kind:
            return rows[:, :3]
        (xy, xz, yz) = rows[:, 2] if kind else (0.0, 0.0, 0.0)
        low, high = rows[:, 0].copy(), rows[:, 1].copy()
        low -= [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
        high -= [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
        edges = high - low
        if not (edges > 0).all():
            raise UsageError(f"{told} leave no volume between them")
        return np.array([[edges[0], 0.0, 0.0], [xy, edges[1], 0.0], [xz, yz, edges[2]]])

    def _order(self, ids: list[str]) -> NDArray[np.int64]:
        """Places of the particles by their ids."""
        wrong = next((k for k, x in enumerate(ids) if not INTEGER.fullmatch(x)), None)
        if wrong is not None:
            raise UsageError(f"line {self.rows.line + wrong} cannot be read: id {ids[wrong][:40]!r} is not an integer")
        values = np.array(ids, dtype=np.int64)
        order = np.argsort(values, kind="stable")
        twice = np.flatnonzero(np.diff(values[order]) == 0)
        if len(twice):
            raise UsageError(f"has two particles of id {values[order[twice[0]]]} in the frame above line {self.line + 1}")
        return order


def _frame(line: str, lines: Lines) -> Frame:
    """The frame that begins with this line."""
    items: dict[str, str] = {}
    box: list[str] = []
    words: list[str] = []
    while True:
        if not line.startswith(ITEM):
            raise UsageError(
                f"line {lines.number} should begin with {ITEM!r} as in a LAMMPS dump, but is {line.strip()[:40]!r}"
            )
        name = line.removeprefix(ITEM).strip()
        if name.startswith("ATOMS"):
            break
        if name.startswith("BOX BOUNDS"):
            words = name.split()[2:]
            box = lines.rows(3).texts()
        else:
            items[name] = next(iter(lines), "").strip()
        line = next(iter(lines), "")
        if not line:
            raise UsageError(f"ends on line {lines.number}, before the particles of its last frame")
    return _with_rows(items, box, words, name.split()[1:], lines)


def _with_rows(items: dict[str, str], box: list[str], words: list[str], columns: list[str], lines: Lines) -> Frame:
    at, count = lines.number, items.get("NUMBER OF ATOMS", "")
    if not COUNT.fullmatch(count) or int(count) == 0:
        raise UsageError(f"the frame above line {at} should say a NUMBER OF ATOMS of 1 or more, but says {count[:40]!r}")
    if len(box) < 3 or len(words) < 3:
        whole = "BOX BOUNDS of three lines, with periods such as pp pp pp"
        raise UsageError(f"the frame above line {at} has no {whole}")
    if len(set(columns)) < len(columns):
        raise UsageError(f"line {at} names a column twice")
    rows = lines.rows(int(count))
    if rows.n < int(count):
        raise UsageError(f"says {count} particles above line {at}, but {rows.n} lines follow")
    if not rows.blocks[-1].endswith("\n"):  # LAMMPS ends each line; the last number may have lost digits
        raise UsageError(f"ends in the middle of line {rows.line + rows.n - 1}")
    return Frame(at, items, box, words, columns, rows)


def _names(texts: Mapping[str, list[str]], n: int) -> list[str]:
    """A name for each particle's species: elements only where they tell the types apart, since a dump has C for all where
    nobody named any."""
    if "typelabel" in texts:
        return texts["typelabel"]
    types, elements = texts.get("type"), texts.get("element")
    if elements and (types is None or len(set(elements)) >= len(set(types))):
        return elements
    return types or ["1"] * n


def _provenance(items: Mapping[str, str]) -> dict[str, int]:
    step = items.get("TIMESTEP", "")
    return {"timestep": int(step)} if INTEGER.fullmatch(step) else {}


def recognised(start: bytes) -> bool:
    """Whether the first bytes of a file are those of a dump."""
    return start.lstrip().startswith(ITEM.encode())


register_format(
    Format(
        "lammps_dump", (".lammpstrj", ".dump"), "a LAMMPS dump, as text", frames=glasses_of(frames), recognises=recognised
    )
)
