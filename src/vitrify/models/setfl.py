"""Files of embedded atoms, LAMMPS' eam.alloy and eam.fs (setfl), read within bounds and found again by their digest.

Three lines of comments; the elements; n_ρ, Δρ, n_r, Δr and the cutoff; for each element a line "29 63.546 3.615 fcc", n_ρ
values of F(ρ), and n_r values of the density f(r) around it (eam.alloy), or of that at a particle of each element (eam.fs);
then r φ(r) of each pair of elements, 11, 21, 22, 31, and so on. Which of both it is follows from how many numbers there
are. The content of a file travels like the rows of a table of pairs (tables.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, hint

from .tables import LARGEST, NUMERIC, SAFE, SHORT, is_there, kept_as, kept_copy, placed

FloatArray = NDArray[np.float64]
COMMENTS = 3  # lines at the top
LEAST_ROWS, MOST_ROWS = 24, 100_000  # of a function
MOST_ELEMENTS = 16
WORDS = 4  # of the line of an element: its number, mass, lattice constant and lattice
STYLES = ("eam.alloy", "eam.fs")
A_LINE = 5  # numbers of a line that is written


@dataclass(frozen=True, slots=True, eq=False)
class EamFile:
    """The content of a file, in its own units: Å and eV for almost all."""

    file: str  # its name without folders
    elements: tuple[str, ...]
    about: tuple[tuple[float, ...], ...]  # of each element its number, mass and lattice constant
    lattices: tuple[str, ...]
    rho_step: float
    r_step: float
    cutoff: float
    embedding: FloatArray  # (elements, n_ρ) F at 0, Δρ, ...
    density: FloatArray  # (elements, 1 or elements, n_r) f of an element, at the particles of each where they differ
    pair: FloatArray  # (pairs, n_r) r φ: 11, 21, 22, 31, ...
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        head = [self.rho_step, self.r_step, self.cutoff, *map(float, self.density.shape)]
        numbers = [np.array(head), self.embedding, self.density, self.pair]
        content = "\n".join(self.elements).encode() + b"\n" + b"".join(x.astype("<f8").tobytes() for x in numbers)
        object.__setattr__(self, "digest", hashlib.sha256(content).hexdigest()[:SHORT])

    @property
    def style(self) -> str:
        """The one of STYLES that it is; of one element both are the same."""
        return STYLES[self.density.shape[1] > 1]

    def density_at(self, centre: int, far: int) -> FloatArray:
        """(n_r,) f of the far element at a particle of the one in the centre."""
        return np.asarray(self.density[far, centre if self.density.shape[1] > 1 else 0])

    def pair_of(self, i: int, j: int) -> FloatArray:
        """(n_r,) r φ of two elements."""
        low, high = sorted((i, j))
        return np.asarray(self.pair[high * (high + 1) // 2 + low])

    def text(self) -> str:
        """The file again, whose numbers are read back to the last bit."""
        n_rho, n_r = self.embedding.shape[1], self.pair.shape[1]
        lines = [f"# {SAFE.sub('_', self.file)}", f"# {self.style}", "# written by vitrify"]
        lines.append(" ".join([str(len(self.elements)), *self.elements]))
        lines.append(f"{n_rho} {self.rho_step!r} {n_r} {self.r_step!r} {self.cutoff!r}")
        for k, lattice in enumerate(self.lattices):
            number, mass, constant = self.about[k]
            lines.append(f"{int(number)} {mass!r} {constant!r} {lattice}")
            for values in (self.embedding[k], *self.density[k]):
                lines += _rows(values)
        for values in self.pair:
            lines += _rows(values)
        return "\n".join([*lines, ""])


def _rows(values: FloatArray) -> Iterator[str]:
    words = [repr(x) for x in values.tolist()]
    return (" ".join(words[k : k + A_LINE]) for k in range(0, len(words), A_LINE))


# --- finding content again ---------------------------------------------------------------------------------------------

_known: dict[str, EamFile] = {}


def remember_eam(content: EamFile) -> EamFile:
    """Keep the content of a file for this process, under its digest."""
    _known[content.digest] = content
    return content


def eam_of(digest: str, file: str) -> EamFile:
    """The content of this digest: it was read before, stands in a store that is looked in, or is the file. Raises
    UsageError where it is nowhere."""
    if digest not in _known:
        for path in kept_as(digest, file):
            found = _content(path)
            if found.digest == digest:
                remember_eam(replace(found, file=Path(file).name))
                break
    if digest not in _known:
        raise UsageError(
            f"potential {file!r} with the digest {digest} is not here; name its file by --eam, or read it by "
            "vitrify.models.eam(file, elements)"
        )
    return _known[digest]


def read_eam(path: Path | str) -> EamFile:
    """Read a file. One that is not there is looked for by its name among those of stores. Raises UsageError."""
    file, kept = placed(Path(path)), kept_copy(Path(path))
    if kept is not None:
        return remember_eam(replace(_content(kept), file=file.name))
    if not is_there(file):
        raise UsageError(f"potential {file} is not there")
    now = file.stat()
    return remember_eam(_read(file.resolve(), (now.st_mtime_ns, now.st_size, now.st_ino)))


@cache
def _read(file: Path, version: tuple[int, ...]) -> EamFile:
    """The content of a file of this version: commands ask for the model of an ensemble many times."""
    del version
    return _content(file)


# --- reading ------------------------------------------------------------------------------------------------------------


class _Grid(NamedTuple):
    """The steps of a file."""

    n_rho: int
    rho_step: float
    n_r: int
    r_step: float
    cutoff: float


class _Block(NamedTuple):
    """The line of an element and the numbers that follow it."""

    about: tuple[float, ...]
    lattice: str
    numbers: list[float]


def _content(file: Path) -> EamFile:
    lines = _lines(file)
    if len(lines) < COMMENTS + 2:
        raise UsageError(
            f"potential {file} has {len(lines)} lines, must be an eam.alloy or eam.fs of LAMMPS; it was cut off"
        )
    elements, grid = _elements(file, lines[COMMENTS]), _grid(file, lines[COMMENTS + 1])
    blocks = _blocks(file, lines)
    n = len(elements)
    if len(blocks) != n:
        raise UsageError(
            f"potential {file} has {n} elements and {len(blocks)} lines of elements like '29 63.546 3.615 fcc', must have "
            "one for each"
        )
    densities = _densities(file, [len(x.numbers) for x in blocks], grid)
    values = [np.array(x.numbers) for x in blocks]
    own = grid.n_rho + densities * grid.n_r
    return EamFile(
        file.name, elements, tuple(x.about for x in blocks), tuple(x.lattice for x in blocks), grid.rho_step, grid.r_step,
        grid.cutoff, np.stack([x[: grid.n_rho] for x in values]),
        np.stack([x[grid.n_rho : own].reshape(densities, grid.n_r) for x in values]),
        values[-1][own:].reshape(-1, grid.n_r),
    )  # fmt: skip


def _lines(file: Path) -> list[str]:
    if not file.is_file():
        raise UsageError(f"potential {file} is not there, or is no file")
    if file.stat().st_size > LARGEST:
        raise UsageError(f"potential {file} has {file.stat().st_size:,} bytes, must have at most {LARGEST:,}")
    try:
        return file.read_bytes().decode("utf-8", errors="replace").splitlines()  # comments may be in any alphabet
    except OSError as error:
        raise UsageError(f"potential {file} cannot be read: {type(error).__name__}") from None


def _elements(file: Path, line: str) -> tuple[str, ...]:
    words = line.split()
    named = words[1:]
    if not words or not words[0].isdecimal() or int(words[0]) != len(named) or not 1 <= len(named) <= MOST_ELEMENTS:
        raise UsageError(
            f"potential {file}, line {COMMENTS + 1} is {line[:40]!r}, must be a number of elements and their names, such "
            "as '2 Cu Zr'; the file must be an eam.alloy or eam.fs of LAMMPS, of several elements or one"
        )
    twice = next((x for k, x in enumerate(named) if x in named[:k]), None)
    if twice is not None:
        raise UsageError(f"potential {file} has element {twice} twice")
    odd = next((x for x in named if not x.isalnum() or len(x) > 8), None)  # as labels of a mixture
    if odd is not None:
        raise UsageError(f"potential {file} has an element {odd[:20]!r}, must have names of letters and digits")
    return tuple(named)


def _grid(file: Path, line: str) -> _Grid:
    words, place = line.split(), f"potential {file}, line {COMMENTS + 2}"
    if len(words) != len(_Grid._fields) or not words[0].isdecimal() or not words[2].isdecimal():
        raise UsageError(f"{place} is {line[:60]!r}, must be n_rho, drho, n_r, dr and the cutoff")
    found = [_number(words[k]) for k in (1, 3, 4)]
    for name, value, word in zip(("drho", "dr", "cutoff"), found, (words[1], words[3], words[4]), strict=True):
        if value is None or not value > 0.0:
            raise UsageError(f"{place}: {name} is {word}, must be a positive number")
    for name, count in (("n_rho", int(words[0])), ("n_r", int(words[2]))):
        if not LEAST_ROWS <= count <= MOST_ROWS:
            raise UsageError(f"{place}: {name} is {count}, must be {LEAST_ROWS} to {MOST_ROWS:,}")
    rho_step, r_step, cutoff = (float(x or 0.0) for x in found)
    if cutoff > (int(words[2]) + 1) * r_step:  # many files end one row before their cutoff, or more with a dr of few digits
        raise UsageError(
            f"{place}: cutoff is {cutoff:g}, must be at most {int(words[2]) * r_step:g}, as there are no rows of r beyond"
        )
    return _Grid(int(words[0]), rho_step, int(words[2]), r_step, cutoff)


def _blocks(file: Path, lines: list[str]) -> list[_Block]:
    """Elements with their numbers. Raises UsageError for a line that is neither."""
    blocks: list[_Block] = []
    for k, line in enumerate(lines[COMMENTS + 2 :], COMMENTS + 3):
        words = line.split()
        numbers = [_number(x) for x in words]
        if None not in numbers and blocks:
            blocks[-1].numbers.extend(numbers)  # type: ignore[arg-type]  # none of them is None
        elif len(words) >= WORDS and None not in numbers[: WORDS - 1] and words[WORDS - 1][0].isalpha():
            blocks.append(_Block(tuple(map(float, words[: WORDS - 1])), SAFE.sub("_", words[WORDS - 1]), []))
        elif words:
            raise UsageError(
                f"potential {file}, line {k} is {line.strip()[:40]!r}, must be finite numbers, or of an element"
            )
    return blocks


def _densities(file: Path, counts: list[int], grid: _Grid) -> int:
    """How many densities each element has: 1 in eam.alloy, one for each element in eam.fs."""
    n = len(counts)
    wanted = {}
    for style, densities in zip(STYLES, (1, n), strict=True):
        own = grid.n_rho + densities * grid.n_r
        wanted[style] = [own] * (n - 1) + [own + n * (n + 1) // 2 * grid.n_r]
        if counts == wanted[style]:
            return densities
    has, least, most = sum(counts), *(sum(x) for x in wanted.values())
    cut = "; it was cut off" if has < least else ""
    ways = f"{least:,} as eam.alloy or {most:,} as eam.fs" if n > 1 else f"{least:,}"
    raise UsageError(f"potential {file} has {has:,} numbers behind its elements, must have {ways} by its line 5{cut}")


def _number(word: str) -> float | None:
    """A finite number, or None."""
    if not NUMERIC.fullmatch(word):
        return None
    try:
        value = float(word)
    except ValueError:
        return None
    return value if isfinite(value) else None


def chosen_elements(content: EamFile, elements: tuple[str, ...]) -> tuple[int, ...]:
    """Places in the file of elements by name. Raises UsageError."""
    there = content.elements
    for x in elements:
        if x not in there:
            meant = hint(x, there) or hint(x.capitalize(), there)
            raise UsageError(f"potential {content.file!r} has no element {x!r}{meant}; it has {', '.join(there)}")
    if len(set(elements)) < len(elements):
        raise UsageError(f"potential {content.file!r}: elements are {', '.join(elements)}, must be named once each")
    return tuple(there.index(x) for x in elements)
