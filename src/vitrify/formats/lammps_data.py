"""LAMMPS data files, as `write_data` and many other programs write them: how they are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import pi

import numpy as np
from numpy.typing import NDArray

from vitrify.compressed_file import InputFile
from vitrify.errors import UsageError, plain
from vitrify.models.topology import Topology

from .configuration import NAMED, Configuration, Frames
from .lammps_header import BOUND, Header
from .rows import Lines, Rows, number

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STYLES = {  # columns of the section Atoms, behind which image flags may stand
    "atomic": ("id", "type", "x", "y", "z"),
    "charge": ("id", "type", "q", "x", "y", "z"),
    "sphere": ("id", "type", "diameter", "density", "x", "y", "z"),
    **dict.fromkeys(("molecular", "bond", "angle"), ("id", "molecule", "type", "x", "y", "z")),
    "full": ("id", "molecule", "type", "q", "x", "y", "z"),
}
KNOWN_STYLES = ", ".join(STYLES)
IMAGES = 3  # whole numbers: the image of the box that a particle was in
PAIRS = "PairIJ Coeffs"  # has a row for each two types
LABELS = "Atom Type Labels"
SECTIONS = {  # section → what its rows are counted by
    "Atoms": "atoms",
    "Velocities": "atoms",
    "Masses": "atom types",
    **dict.fromkeys((LABELS, "Pair Coeffs", PAIRS), "atom types"),
    **{f"{x.capitalize()}s": f"{x}s" for x in BOUND},
    **{f"{x.capitalize()} {y}": f"{x} types" for x in BOUND for y in ("Coeffs", "Type Labels")},
    **dict.fromkeys(("BondBond Coeffs", "BondAngle Coeffs"), "angle types"),
    **{f"{x}Torsion Coeffs": "dihedral types" for x in ("MiddleBond", "EndBond", "Angle", "AngleAngle")},
    **{"BondBond13 Coeffs": "dihedral types", "AngleAngle Coeffs": "improper types"},
    **{x.capitalize(): x for x in ("ellipsoids", "lines", "triangles")},
}
MOST_TYPES = 100_000
KEPT = ("Atoms", "Bonds", "Angles", "Masses", LABELS, "Bond Type Labels", "Angle Type Labels")
COMMENT = re.compile(r"#[^\n]*")
NAME = re.compile(r"[^\W\d_]\S*")  # a word that may name a type
MARKS = (re.compile(rb"^\s*[0-9]+[ \t]+atoms\b", re.M), re.compile(rb"^[^#\n]*\b(?:xlo[ \t]+xhi|avec)\b", re.M))


def recognises(start: bytes) -> bool:
    """Whether a file that begins so is a LAMMPS data file."""
    return all(mark.search(start) for mark in MARKS)


def frames(source: InputFile) -> Frames:
    """The one configuration of a data file, as text until it is asked for. Raises UsageError where a section has not as
    many rows as the header says, or is none that is known."""
    with source.text() as file:
        data = _data(Lines(file, source.most_bytes, "a LAMMPS data file"))
    yield data.configuration


@dataclass(frozen=True, slots=True)
class Data:
    """A data file: its header, and some of its sections as text."""

    header: Header
    sections: Mapping[str, Rows]
    style: str  # of its atoms; empty where the file does not say it

    def configuration(self) -> Configuration:
        """The configuration that it holds, particles in the order of their ids. Raises UsageError."""
        types, model, atoms = self._types(), self.header.model, self.sections["Atoms"]
        style = self.style or _style_of(atoms)
        words, found = _particles(atoms, style)
        ids, order = _ids(found["id"], atoms)
        kinds = _kinds(words, types, atoms)[order]
        names = types.names
        if model is not None and not types.are_named and len(names) == model.mixture.n_species:
            names = list(model.mixture.labels)
        masses = None if types.masses is None else types.masses[kinds]
        return Configuration(
            [names[k] for k in kinds.tolist()],
            np.stack([found[x][order] for x in "xyz"], axis=1),
            self.header.vectors(),
            sizes=found["diameter"][order] if "diameter" in found else None,
            masses=_masses_of_spheres(found)[order] if "density" in found else masses,
            units=self.header.units,
            said={} if model is None else {NAMED: str(model)},
            provenance={"comment": self.header.comment} if self.header.comment else {},
            planes=True,  # the format has no word for two dimensions
            topology=self._topology(ids),
        )

    def _topology(self, ids: IntArray) -> Topology | None:
        """Bonds and angles, with particles in the order of their ids. None where it has no bonds. Raises UsageError."""
        if "Bonds" not in self.sections:
            return None
        bonds = _bound(self.sections["Bonds"], "Bonds", 2, ids, self._bound_types("bond"))
        angles = np.empty((0, 3), dtype=np.int64), np.empty(0, dtype=np.int64)
        if "Angles" in self.sections:
            angles = _bound(self.sections["Angles"], "Angles", 3, ids, self._bound_types("angle"))
        return Topology(*bonds, *angles)

    def _bound_types(self, what: str) -> Types:
        """The types of bonds, or of angles. Raises UsageError."""
        labels = f"{what.capitalize()} Type Labels"
        n = self.header.counts.get(f"{what} types", 0)
        if n > MOST_TYPES:
            raise UsageError(f"says {n} {what} types, must be at most {MOST_TYPES}")
        types = Types([str(k + 1) for k in range(n)])
        return types.labelled(self.sections[labels], labels) if labels in self.sections else types

    def _types(self) -> Types:
        """The types with the names and masses that sections give them."""
        n = self.header.counts.get("atom types", 0)
        if n > MOST_TYPES:
            raise UsageError(f"says {n} atom types, must be at most {MOST_TYPES}")
        types = Types([str(k + 1) for k in range(n)])
        if LABELS in self.sections:
            types = types.labelled(self.sections[LABELS])
        return types.weighed(self.sections["Masses"]) if "Masses" in self.sections else types


@dataclass(frozen=True, slots=True)
class Types:
    """The types of the particles."""

    names: list[str]
    are_named: bool = False  # by more than their numbers
    masses: FloatArray | None = None

    @property
    def index(self) -> dict[str, int]:
        """Type from 0 by what may stand for it in a row: its number or its label."""
        return {x: k for k, x in enumerate(self.names)} | {str(k + 1): k for k in range(len(self.names))}

    def labelled(self, rows: Rows, section: str = LABELS) -> Types:
        """The types named by their labels. Raises UsageError."""
        labels = [label for label, _ in self._each(rows, section)]
        if len(set(labels)) < len(labels):
            raise UsageError(f"its section {section} (line {rows.line}) gives one label to two types")
        return Types(labels, are_named=True)

    def weighed(self, rows: Rows) -> Types:
        """The types with their masses. Where they have no labels, words behind the masses are their names, as ASE writes
        elements: one word behind each, no two of them the same. Raises UsageError."""
        each = self._each(rows, "Masses")
        masses = np.array([number(mass, f"its section Masses (line {rows.line}):") for mass, _ in each])
        behind = [comment.strip() for _, comment in each]
        if self.are_named or len(set(behind)) < len(behind) or not all(map(NAME.fullmatch, behind)):
            return replace(self, masses=masses)
        return Types(behind, are_named=True, masses=masses)

    def _each(self, rows: Rows, section: str) -> list[tuple[str, str]]:
        """Of each type the word that a section has for it, and the comment behind that. Raises UsageError."""
        index, found = self.index, dict[int, tuple[str, str]]()
        for line, text in enumerate("".join(rows.blocks).removesuffix("\n").split("\n"), rows.line):
            body, _, comment = text.partition("#")
            words = body.split()
            if len(words) != 2 or (k := index.get(words[0])) is None or k in found:
                raise UsageError(f"line {line} cannot be read: {section} needs a row of two words for each type, once")
            found[k] = words[1], comment
        return [found[k] for k in range(len(self.names))]


def _data(lines: Lines) -> Data:
    """A file to its end."""
    header, sections, style = Header(next(iter(lines), "").strip()), dict[str, Rows | None](), ""
    for text in lines:
        body, _, comment = text.partition("#")
        words = body.split()
        if words and words[0][0].isalpha():
            name = " ".join(words)
            style = _style(comment) if name == "Atoms" else style
            sections[name] = _section(name, header, sections, lines)
        elif words and sections:
            raise UsageError(f"line {lines.number} is one row too many: {_said(header, list(sections)[-1])}")
        elif words:
            header.take(words, lines.number)
    if "Atoms" not in sections:
        raise UsageError(header.without_atoms(lines.number))
    return Data(header, {name: rows for name, rows in sections.items() if rows is not None}, style)


def _section(name: str, header: Header, there: Mapping[str, object], lines: Lines) -> Rows | None:
    """The rows of the section whose name was read last, where they are needed; else they are only counted."""
    line = lines.number
    if name not in SECTIONS or name in there:
        known = "for the second time" if name in there else f"which files of the atom styles {KNOWN_STYLES} do not have"
        raise UsageError(f"line {line} begins a section {plain(name)[:40]!r}, {known}")
    if name == "Atoms" and not header.counts.get("atoms"):
        raise UsageError(header.without_atoms(line))
    if text := next(iter(lines), "").strip():
        raise UsageError(
            f"line {lines.number} must be blank, because it follows the name of a section, but is {plain(text)[:40]!r}"
        )
    n = _n_rows(name, header)
    rows = lines.rows(n) if name in KEPT and n else None
    found = _counted(lines, n) if rows is None else rows.n if rows.blocks else min(rows.n, n - 1)
    if found < n:
        raise UsageError(f"{_said(header, name)}, but {found} follow that name on line {line}")
    return rows


def _n_rows(section: str, header: Header) -> int:
    n = header.counts.get(SECTIONS[section], 0)
    return n * (n + 1) // 2 if section == PAIRS else n


def _said(header: Header, section: str) -> str:
    counted = SECTIONS[section]
    return f"says {header.counts.get(counted, 0)} {counted}, so {_n_rows(section, header)} rows of {section}"


def _counted(lines: Lines, n: int) -> int:
    """How many of the next n lines are rows, up to the first that is none."""
    for k in range(n):
        words = next(iter(lines), "").partition("#")[0].split()
        if not words or " ".join(words) in SECTIONS:
            return k
    return n


def _style(comment: str) -> str:
    """The atom style behind the name of the section Atoms. Raises UsageError for one that is not known."""
    style = (comment.split() or [""])[0]
    if style and style not in STYLES:
        raise UsageError(f"has atom style {plain(style)[:40]!r}, must be one of {KNOWN_STYLES}")
    return style


def _style_of(atoms: Rows) -> str:
    """The atom style where only one has so many columns. Raises UsageError."""
    words = COMMENT.sub("", atoms.blocks[0].split("\n", 1)[0]).split()
    images = all(x.lstrip("-").isdigit() for x in words[-IMAGES:])
    if len(words) == 5 or (len(words) == 5 + IMAGES and images):
        return "atomic"
    could = [x for x, columns in STYLES.items() if len(words) in (len(columns), len(columns) + IMAGES)]
    which = f"which {', '.join(could)} have" if could else f"which none of {KNOWN_STYLES} has"
    example = could[0] if could else "atomic"
    raise UsageError(
        f"does not name its atom style, and line {atoms.line} has {len(words)} columns, {which}: "
        f"write it after the name of the section, such as Atoms # {example}"
    )


def _particles(atoms: Rows, style: str) -> tuple[list[str], dict[str, FloatArray]]:
    """The word for the type of each particle, and its numbers by the column's name. Raises UsageError."""
    rows, columns = _without_comments(atoms), STYLES[style]
    width = len(columns) + (IMAGES if len(rows.first) == len(columns) + IMAGES else 0)
    wanted = [x for x in columns if x not in ("type", "molecule", "q")]
    told = " ".join(columns) + (" and three image flags" if width > len(columns) else "")
    numbers = [(columns.index(x), x) for x in wanted]
    (words,), found = rows.parsed(f"{told} of atom style {style}", width, [columns.index("type")], numbers)
    return words, dict(zip(wanted, found.T, strict=True))


def _without_comments(rows: Rows) -> Rows:
    """These rows, whose text is changed."""
    for k, block in enumerate(rows.blocks):
        if "#" in block:
            rows.blocks[k] = COMMENT.sub("", block)
    return rows


def _ids(found: FloatArray, atoms: Rows) -> tuple[IntArray, IntArray]:
    """Ids in ascending order, and the rows that have them. Some may be missing, as particles may have been taken out.
    Raises UsageError for what is no id, or there twice."""
    wrong = np.flatnonzero((found < 1) | (found > 2.0**53) | (found % 1 != 0))
    if len(wrong):
        raise UsageError(f"line {atoms.line + int(wrong[0])} has id {found[wrong[0]]:g}, must be a whole number from 1")
    order = np.argsort(found, kind="stable")
    ids = found[order].astype(np.int64)
    twice = np.flatnonzero(ids[1:] == ids[:-1])
    if len(twice):
        line = atoms.line + int(order[twice + 1].min())
        raise UsageError(f"line {line} has id {int(found[line - atoms.line])} for the second time")
    return ids, order


def _kinds(words: list[str], types: Types, atoms: Rows) -> IntArray:
    """Types from 0, by number or label. Raises UsageError."""
    index = types.index
    kinds = np.fromiter((index.get(x, -1) for x in words), np.int64, len(words))
    unknown = np.flatnonzero(kinds < 0)
    if len(unknown):
        k = int(unknown[0])
        may_be = f"a number from 1 to {len(types.names)}" + (", or a label" if types.are_named else "")
        raise UsageError(f"line {atoms.line + k} has type {words[k][:40]!r}, must be {may_be}")
    return kinds


def _masses_of_spheres(found: Mapping[str, FloatArray]) -> FloatArray:
    """Masses ρ π d³/6; of points, whose diameter is 0, ρ is the mass."""
    diameter, density = found["diameter"], found["density"]
    return np.where(diameter > 0, density * pi / 6.0 * np.minimum(diameter, 1e100) ** 3, density)


def _bound(rows: Rows, section: str, width: int, ids: IntArray, types: Types) -> tuple[IntArray, IntArray]:
    """(n, width) which particles are bound, in the order of their ids, and (n,) the types of what binds them. Raises
    UsageError."""
    columns = f"id type and the ids of {('two', 'three')[width - 2]} particles"
    (words,), found = _without_comments(rows).parsed(columns, 2 + width, [1], [(2 + k, "id") for k in range(width)])
    place = np.minimum(np.searchsorted(ids, found), len(ids) - 1)
    absent = np.flatnonzero((ids[place] != found).any(axis=1))
    if len(absent):
        raise UsageError(f"line {rows.line + int(absent[0])} binds a particle that has no row in its section Atoms")
    index = types.index
    kinds = np.fromiter((index.get(x, -1) for x in words), np.int64, len(words))
    unknown = np.flatnonzero(kinds < 0)
    if len(unknown):
        k = int(unknown[0])
        raise UsageError(
            f"line {rows.line + k} has type {words[k][:40]!r} in its section {section}, must be one of the "
            f"{len(types.names)} types that its header says"
        )
    return place, kinds
