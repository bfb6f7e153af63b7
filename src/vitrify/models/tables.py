"""Tables of pair potentials: LAMMPS' format and plain columns, read within bounds; and where the rows of a table are found
again by their digest.

A table is its rows. The readable form of a model names them by a digest, and everything that is made of them depends on
the digest alone. Rows are remembered in the process that read them, travel with a pickled potential, and stand in the
folder `pair_tables` of each store that needs them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from math import isfinite
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, hint

from .plain_numbers import DECIMAL

FloatArray = NDArray[np.float64]
LARGEST = 64 * 2**20  # bytes of a file
LEAST_ROWS, MOST_ROWS = 24, 1_000_000
SHORT = 16  # hex digits of a digest in a model's name
FOLDER = "pair_tables"  # of a store
NUMERIC = re.compile(r"[-+0-9.eE]*")  # what float() would take besides is no number of a table: nan, 2_2, ٣
SAFE = re.compile(r"[^\w.+-]", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class PairTable:
    """Rows of a table: r in λ, φ in ε, and −dφ/dr where the file has it."""

    file: str  # its name without folders
    section: str  # empty of plain columns
    r: FloatArray
    energy: FloatArray
    force: FloatArray | None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        numbers = np.stack([self.r, self.energy]).astype("<f8").tobytes()
        object.__setattr__(self, "digest", hashlib.sha256(numbers).hexdigest()[:SHORT])

    def text(self) -> str:
        """The table as plain columns, which are read back to the last bit."""
        columns = [self.r, self.energy, *([] if self.force is None else [self.force])]
        rows = (" ".join(map(repr, row)) for row in zip(*(x.tolist() for x in columns), strict=True))
        return "\n".join([f"# {SAFE.sub('_', self.file)} {SAFE.sub('_', self.section)}".rstrip(), *rows, ""])


# --- finding rows again ------------------------------------------------------------------------------------------------

_known: dict[str, PairTable] = {}
_folders: list[Path] = []


def remember(table: PairTable) -> PairTable:
    """Keep the rows of a table for this process, under their digest: the name and the force column are those of the file
    that was read last."""
    _known[table.digest] = table
    return table


def look_in(folder: Path) -> None:
    """Look for tables in this folder too from now on."""
    if folder not in _folders:
        _folders.append(folder)


_begin_in: ContextVar[Path | None] = ContextVar("begin_in", default=None)
_store: ContextVar[Path | None] = ContextVar("store", default=None)


@contextmanager
def beginning_in(folder: Path) -> Iterator[None]:
    """Let paths of files begin in this folder, that of the study which names them; one that leads nowhere there begins in
    the current folder."""
    token = _begin_in.set(folder)
    try:
        yield
    finally:
        _begin_in.reset(token)


@contextmanager
def kept_first(store: Path) -> Iterator[None]:
    """Let a name of a file mean the one that this store keeps, whatever is in the current folder."""
    token = _store.set(store)
    try:
        yield
    finally:
        _store.reset(token)


def placed(path: Path) -> Path:
    """Where a file is that a text names. One that is nowhere stands where it was looked for first."""
    folder = _begin_in.get()
    beside = path if folder is None else folder / path
    return beside if is_there(beside) or not is_there(path) else path


def kept_copy(path: Path) -> Path | None:
    """The copy of a file in a store, where that comes first, or where the file is not there."""
    store = _store.get()
    kept = None if store is None else _newest([store / FOLDER], path.name)
    return named_in_stores(path.name) if kept is None and not is_there(placed(path)) else kept


class Kept(Protocol):
    """What a store keeps under its digest: a table of a pair, or a file of embedded atoms."""

    @property
    def file(self) -> str:
        """Its name without folders."""

    @property
    def digest(self) -> str:
        """That of its content."""

    def text(self) -> str:
        """Its content as a file."""


def stored_as(table: Kept) -> str:
    """The name of the file that holds a table in a store."""
    return f"{table.digest}-{SAFE.sub('_', table.file)}"


def table_of(digest: str, file: str) -> PairTable:
    """The table of this digest: it was read before, stands in a folder that is looked in, or is the file. Raises UsageError
    where it is nowhere."""
    for path in kept_as(digest, file):
        if digest in _known:
            break
        _found(digest, path, file)
    if digest not in _known:
        raise UsageError(
            f"table {file!r} with the digest {digest} is not here; name its file by --pair-table, or read it by "
            "vitrify.models.tabulated(file)"
        )
    return _known[digest]


def kept_as(digest: str, file: str) -> Iterator[Path]:
    """Yield the files that may have the content of this digest: those of stores that are looked in, then it itself."""
    for folder in _folders:
        yield from sorted(folder.glob(f"{digest}-*"))
    if is_there(Path(file)) and Path(file).is_file():
        yield Path(file)


def named_in_stores(name: str) -> Path | None:
    """The newest file of this name, without its folders, in the stores that are looked in."""
    return _newest(_folders, name)


def _newest(folders: Iterable[Path], name: str) -> Path | None:
    kept = [x for folder in folders for x in folder.glob(f"{'[0-9a-f]' * SHORT}-{SAFE.sub('_', name)}")]
    return max(kept, key=lambda x: x.stat().st_mtime) if kept else None


def _found(digest: str, path: Path, file: str) -> None:
    """Remember the table of this digest in a file, if it is there."""
    for section in _sections(path).values():
        table = _table(section)
        if table.digest == digest:
            remember(replace(table, file=Path(file).name))


def read_table(path: Path | str, section: str | None = None) -> PairTable:
    """Read one section of a file. A file that is not there is looked for by its name among the tables of stores. Raises
    UsageError."""
    file, kept = placed(Path(path)), kept_copy(Path(path))
    if kept is not None:
        return remember(replace(_table(_sections(kept)[""]), file=file.name))
    if not is_there(file):
        raise UsageError(f"table {file} is not there")
    now = file.stat()
    return _read(file.resolve(), section, (now.st_mtime_ns, now.st_size, now.st_ino))


def is_there(file: Path) -> bool:
    """Whether there is a file of this name."""
    try:
        return file.exists()
    except OSError:  # of a name that is too long, say
        return False


@cache
def _read(file: Path, section: str | None, version: tuple[int, ...]) -> PairTable:
    """A section of a file of this version: commands ask for the model of an ensemble many times."""
    del version
    sections = _sections(file)
    if section is not None and section not in sections:
        known = ", ".join(map(repr, filter(None, sections)))
        raise UsageError(f"table {file} has no section {section!r}{hint(section, sections)}; it has {known or 'none'}")
    if section is None and len(sections) > 1:
        raise UsageError(f"table {file} has {len(sections)} sections; choose one of {', '.join(map(repr, sections))}")
    return remember(_table(sections[section] if section is not None else next(iter(sections.values()))))


# --- reading ------------------------------------------------------------------------------------------------------------


Line = tuple[int, list[str]]  # its number and its words


class _Section(NamedTuple):
    """Lines of one table of a file."""

    file: Path
    name: str  # empty of plain columns
    lines: list[Line]
    skipped: int  # columns before r


def _sections(file: Path) -> dict[str, _Section]:
    """All tables in a file, by name. Raises UsageError."""
    lines = _lines(file)
    if not lines:
        raise UsageError(f"table {file} has no rows")
    if all(map(DECIMAL.fullmatch, lines[0][1])):
        return {"": _Section(file, "", lines, 0)}
    return {x.name: x for x in _of_lammps(file, lines)}


def _lines(file: Path) -> list[Line]:
    """Number and words of each line that is not empty, without comments."""
    if not file.is_file():
        raise UsageError(f"table {file} is not there, or is no file")
    if file.stat().st_size > LARGEST:
        raise UsageError(f"table {file} has {file.stat().st_size:,} bytes, must have at most {LARGEST:,}")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"table {file} cannot be read: {type(error).__name__}") from None
    found = ((k + 1, line.partition("#")[0].replace(",", " ").split()) for k, line in enumerate(text.splitlines()))
    return [x for x in found if x[1]]


def _of_lammps(file: Path, lines: list[Line]) -> Iterator[_Section]:
    """LAMMPS' sections: a keyword, a line "N 1000 ...", and so many rows of index, r, energy and force."""
    place, names = 0, set()
    while place < len(lines):
        number, words = lines[place]
        name = words[0]
        head = lines[place + 1][1] if place + 1 < len(lines) else []
        if len(head) < 2 or head[0] != "N" or not head[1].isdecimal():
            raise UsageError(
                f"table {file}, line {number} begins no section of LAMMPS' format, after whose name N and a number of rows "
                "must follow; plain columns hold numbers alone"
            )
        if "BITMAP" in head:
            raise UsageError(f"table {file}: section {name!r} is a BITMAP table, must be R, RSQ or without either")
        if name in names:
            raise UsageError(f"table {file} has section {name!r} twice")
        names.add(name)
        count = min(int(head[1]), MOST_ROWS + 1)
        rows = lines[place + 2 : place + 2 + count]
        there = next((k for k, x in enumerate(rows) if not x[1][0].isdecimal()), len(rows))
        if there < count:
            raise UsageError(f"table {file}: section {name!r} says {head[1]} rows and has {there}; it was cut off")
        yield _Section(file, name, rows, 1)
        place += 2 + count


def _table(section: _Section) -> PairTable:
    """The rows of a table. Raises UsageError."""
    file, lines, skipped = section.file, section.lines, section.skipped
    if not LEAST_ROWS <= len(lines) <= MOST_ROWS:
        raise UsageError(f"table {file} has {len(lines)} rows, must have {LEAST_ROWS} to {MOST_ROWS:,}")
    width = len(lines[0][1])
    if width - skipped not in (2, 3):
        raise UsageError(f"table {file}, line {lines[0][0]}: has {width} columns, must have r, energy, and force if known")
    rows = np.array([_numbers(file, line, width) for line in lines])[:, skipped:]
    down = np.flatnonzero(np.diff(rows[:, 0]) <= 0.0)
    if len(down) or rows[0, 0] < 0.0:
        number = lines[int(down[0]) + 1][0] if len(down) else lines[0][0]
        raise UsageError(f"table {file}, line {number}: r must be positive and larger from row to row")
    if rows[0, 0] == 0.0:
        rows = rows[1:]  # many tables write a zero there, and nothing is met at no distance
    force = rows[:, 2].copy() if rows.shape[1] == 3 else None
    return PairTable(file.name, section.name, rows[:, 0].copy(), rows[:, 1].copy(), force)


def _numbers(file: Path, line: Line, width: int) -> list[float]:
    """The numbers of a row."""
    number, words = line
    try:
        row = [float(x) for x in words] if NUMERIC.fullmatch("".join(words)) else []
    except ValueError:
        row = []
    if len(row) != width or not all(map(isfinite, row)):
        raise UsageError(f"table {file}, line {number} is not {width} finite numbers")
    return row
