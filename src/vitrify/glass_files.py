"""Files of glasses: what a format is, a record for each, one of a plugin like the package's own; and reading and writing by
the suffix of a file.

It stands below `glass.py`, whose `Glass.read` and `Glass.write` ask it; the formats themselves, which make glasses, stand
above and register here."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vitrify.cell import Cell
from vitrify.compressed_file import InputFile
from vitrify.errors import UsageError, check, shown, wrong
from vitrify.models import Model
from vitrify.models.catalogue import model_of
from vitrify.models.plain_numbers import DECIMAL
from vitrify.named_files import write_whole
from vitrify.options import code_of, of_this_package
from vitrify.physical_units import Units, units_of
from vitrify.plugin_files import Registry

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Given:
    """What the reader of a file says of its particles."""

    model: Model | None = None  # None: the file is to say it
    names: Mapping[str, str] = field(default_factory=dict)  # names of species in the file → labels of the mixture
    box: Cell | None = None  # where the file has none
    units: Units | None = None  # of its lengths; None: the file is to say it, and is in λ where it does not
    as_said: bool = False  # whether the Configuration is wanted, in the file's own words and units, and no Glass of it


Opener = Callable[[Path, Model | None, dict[str, str]], Any]  # gives a Glass
Reader = Callable[[InputFile, Given], Iterator[Callable[[], Any]]]  # each gives a Glass
Writer = Callable[[Any, Path], None]  # takes one
LAST = -1  # frame of a file that is read where none is named
SLICE = re.compile(r"(-?\d{1,15})?:(-?\d{1,15})?(?::(\d{1,15})?)?", re.ASCII)
BOXES = (1, 2, 3, 4, 6, 9)  # numbers by which a box may be told
SOME = "a number, from the end where it is negative, or a range such as 0:10 or ::5"


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files of glasses.

    read(path, model, species): the glass of a file that has one; model: what the particles are, None where the file is to
    say it; species: names in the file → names in the mixture. Where a file may have many, frames(source, given) gives a
    function for each, which gives its glass. write(glass, path): path is that of a file beside the final one. All raise
    UsageError: one sentence, in which the path need not stand."""

    name: str  # as `vitrify export --format` calls it
    suffixes: tuple[str, ...]  # with their dots, in small letters; exported files have the first
    summary: str
    read: Opener | None = None
    write: Writer | None = None
    require: Callable[[], object] | None = None  # raises UsageError where a package that writing needs is missing
    frames: Reader | None = None
    recognises: Callable[[bytes], bool] | None = None  # by a file's first bytes, whatever its suffix
    holds_topology: bool = False  # whether files say which particles are bound to each other

    @property
    def is_read(self) -> bool:
        """Whether files of the format can be read."""
        return self.read is not None or self.frames is not None


FORMATS: Registry[Format] = Registry("vitrify.formats", own="vitrify.formats")  # by name


def register_format(form: Format) -> Format:
    """Let files of a format be read and written by their suffix. Raises UsageError where it has a name or a suffix of
    another, or no dot before a suffix."""
    given: object = form
    check(isinstance(given, Format), "register_format", "format", given, "a Format(name, suffixes, summary, ...)")
    owner = f"format {form.name!r}"
    check(isinstance(form.suffixes, tuple | list), owner, "suffixes", form.suffixes, 'a tuple such as (".abc",)')
    check(not FORMATS.has(form.name), owner, "name", form.name, "one that is not taken")
    check(bool(form.suffixes), owner, "suffixes", form.suffixes, "at least one")
    for suffix in form.suffixes:
        right = suffix.startswith(".") and suffix == suffix.lower()
        check(right and of_suffix(suffix) is None, owner, "suffix", suffix, "one such as .abc that no other format has")
    FORMATS[form.name] = form
    return form


def of_suffix(suffix: str) -> Format | None:
    """The format of a suffix, in letters of any size, among those that are registered now."""
    return next((x for x in FORMATS.there() if suffix.lower() in x.suffixes), None)


def read_glass(
    kind: type[Made],
    path: Path | str,
    model: Model | str | None = None,
    species: dict[str, str] | None = None,
    *,
    frame: int = LAST,
    box: Any = None,
    units: Units | str | None = None,
) -> Made:
    """Read a glass, of class `kind`, from a file. model: what the particles are, unless the file says so; species: names in
    the file → names in the mixture; frame: which of many, counted from 0, from the end where it is negative; box: its cell,
    where the file has none; units: those of its lengths, where they are not λ. Raises UsageError: one sentence with the
    file and what is wrong; warns with ModelOverridden where the file says another model than the one that is given."""
    check(isinstance(frame, int) and not isinstance(frame, bool), "", "frame", frame, "an integer")
    ((_, glass),) = read_glasses(kind, path, model, species, frames=frame, box=box, units=units)
    return glass


def read_glasses(
    kind: type[Made],
    path: Path | str,
    model: Model | str | None = None,
    species: dict[str, str] | None = None,
    *,
    frames: int | slice = slice(None),
    box: Any = None,
    units: Units | str | None = None,
    as_said: bool = False,
) -> Iterator[tuple[int, Made]]:
    """Read one after the other some glasses of a file, each with the number of its frame from 0; one of them is in memory
    at a time. as_said: read what the file says, as a Configuration. The other arguments and the errors are those of
    `read_glass`. Raises UsageError, also where no frame is chosen."""
    _require_choice(frames)
    source, given = InputFile(_path(path)), replace(_given(model, species, box, units_of(units)), as_said=as_said)
    form = _readable(source)
    run = _runner(form, source.path)
    with _in_one_sentence(source.path):
        for number, thunk in _chosen(partial(_glasses, form, source, given), frames, run):
            glass = run(thunk)
            del thunk
            if not isinstance(glass, kind):
                raise _cannot_be("read", source.path, f"format {form.name} gave no {kind.__name__}: {shown(glass)}")
            yield number, glass
            del glass


def numbers_of(path: Path | str, frames: int | slice) -> list[int]:
    """The numbers by which to ask for the chosen frames of a file, one by one; they are not looked into. Where something of
    it cannot be read, the last stands behind those before, and tells why when it is asked for. Raises NoSuchFrame, and
    UsageError for what chooses no frames."""
    _require_choice(frames)
    if isinstance(frames, int):
        return [frames]
    found: list[int] = []
    try:
        source = InputFile(_path(path))
        form = _readable(source)
        with _in_one_sentence(source.path):
            for k, _ in _chosen(partial(_glasses, form, source, Given()), frames, _runner(form, source.path)):
                found.append(k)
    except NoSuchFrame:
        raise
    except UsageError:
        found.append(LAST)
    return found


def _require_choice(frames: object) -> None:
    """Raise UsageError for what chooses no frames."""
    parts = (
        [x for x in (frames.start, frames.stop, frames.step) if x is not None] if isinstance(frames, slice) else [frames]
    )
    whole = all(isinstance(x, int) and not isinstance(x, bool) for x in parts)
    forward = not (isinstance(frames, slice) and whole and frames.step is not None and frames.step < 1)
    check(whole and forward, "", "frames", frames, "an integer, or a slice of integers that goes forward")


def _runner(form: Format, path: Path) -> Callable[[Callable[[], Any]], Any]:
    """How functions of a format are called: what fails of a plugin is one sentence."""
    told = partial(_cannot_be, "read", path)

    def run(function: Callable[[], Any]) -> Any:
        with code_of(form.frames or form.read, f"format {form.name}", told, (UsageError, _Told)):
            return function()

    return run


def chosen_frames(text: str) -> int | slice:
    """Which frames a text such as -1, 7, 0:10 or ::5 chooses. Raises UsageError."""
    if re.fullmatch(r"-?\d{1,15}", text.strip(), re.ASCII):
        return int(text)
    found = SLICE.fullmatch(text.strip())
    if found is None:
        raise wrong("", "--frame", text, SOME)
    first, beyond, step = (None if x is None else int(x) for x in found.groups())
    check(step != 0, "", "--frame", text, SOME)
    return slice(first, beyond, step)


def box_in_words(text: str) -> float | list[Any]:
    """The box, as of a Glass, that a text gives: an edge, d edges, three edges and the tilts xy, xz, yz, or the matrix of
    the vectors row by row. Raises UsageError."""
    words = text.replace(",", " ").split()
    if len(words) not in BOXES or not all(DECIMAL.fullmatch(x) for x in words):
        right = "an edge, two or three edges, three edges and the tilts xy, xz, yz, or the vectors row by row"
        raise wrong("", "--box", text, f"{right}: such as 9.5 or 9,9,10")
    numbers = [float(x) for x in words]
    if len(numbers) in (4, 9):
        return [numbers[k : k + d] for d in (2 if len(numbers) == 4 else 3,) for k in range(0, d * d, d)]
    if len(numbers) == 6:
        x, y, z, xy, xz, yz = numbers
        return [[x, 0.0, 0.0], [xy, y, 0.0], [xz, yz, z]]
    return numbers[0] if len(numbers) == 1 else numbers


def _path(given: object) -> Path:
    if not isinstance(given, str | os.PathLike):
        raise wrong("", "the file", given, "a path")
    return Path(given)


def _given(model: Model | str | None, species: object, box: Any, units: Units | None) -> Given:
    if species is not None and not isinstance(species, Mapping):
        raise UsageError(
            f'species is {shown(species)}, must map names in the file to the mixture\'s, such as {{"Cu": "A"}}'
        )
    cell = None if box is None else Cell.of(box, len(box) if np.ndim(box) else 3)
    names = {str(k): label for k, label in (species or {}).items()}  # types of LAMMPS as numbers too
    return Given(None if model is None else model_of(model), names, cell, units)


def _readable(source: InputFile) -> Format:
    """The format of a file that is to be read: that of its suffix, unless its content is marked as another's. Raises
    UsageError."""
    form = of_suffix(source.suffix)
    if form is None or not form.is_read:
        FORMATS.load()
        form = of_suffix(source.suffix)
    _require_file(source.path)
    if form is not None and form.is_read and form.recognises is None:
        return form
    with _in_one_sentence(source.path):
        start = source.beginning()
    candidates = [*([form] if form is not None and form.is_read else []), *FORMATS.values()]
    found = next((x for x in candidates if x.recognises is not None and x.recognises(start)), form)
    if found is None or not found.is_read:
        known = ", ".join(x for form in FORMATS.values() if form.is_read for x in form.suffixes)
        raise UsageError(f"{source.path} has suffix {source.suffix!r}, must be one of {known} to be read")
    return found


def _glasses(form: Format, source: InputFile, given: Given) -> Iterator[Callable[[], Any]]:
    if form.frames is not None:
        return form.frames(source, given)
    assert form.read is not None
    if source.compression or given.box is not None or (given.units is not None and given.units.length != 1.0):
        raise UsageError(f"format {form.name} reads plain files with a box and with lengths in λ; leave the rest out")
    return iter([partial(form.read, source.path, given.model, dict(given.names))])


def _chosen(
    read: Callable[[], Iterator[Callable[[], Any]]], frames: int | slice, run: Callable[[Callable[[], Any]], Any]
) -> Iterator[tuple[int, Callable[[], Any]]]:
    """Number and glass of the frames that are chosen. The last is read in one pass; what else counts from the end needs
    two. run: how a function of a format is called."""
    if frames == LAST:
        yield _last(read, run)
        return
    ends = (frames,) if isinstance(frames, int) else (frames.start, frames.stop)
    counted = any(x is not None and x < 0 for x in ends)
    n = sum(1 for _ in _numbered(read, run)) if counted else sys.maxsize
    wanted = range(n)[frames] if isinstance(frames, slice) else _alone(n + frames if frames < 0 else frames)
    there, found = n if counted else 0, False
    for number, given in _numbered(read, run):
        there = max(there, number + 1)
        if number in wanted:
            found = True
            yield number, given
        del given
        if wanted and number >= wanted[-1]:
            return
    if not found:
        asked = ":".join("" if x is None else str(x) for x in ends)
        raise NoSuchFrame(f"frame {asked} is not there: it has {there} frames, counted from 0")


def _alone(number: int) -> range:
    return range(max(number, 0), number + 1)


def _numbered(
    read: Callable[[], Iterator[Callable[[], Any]]], run: Callable[[Callable[[], Any]], Any]
) -> Iterator[tuple[int, Callable[[], Any]]]:
    rest, number = run(read), 0
    while (given := run(partial(next, rest, None))) is not None:
        yield number, given
        number += 1
        del given  # before the next is read


def _last(
    read: Callable[[], Iterator[Callable[[], Any]]], run: Callable[[Callable[[], Any]], Any]
) -> tuple[int, Callable[[], Any]]:
    rest, number, last = run(read), -1, None
    while (given := run(partial(next, rest, None))) is not None:
        last, number = given, number + 1
        del given
    if last is None:
        raise UsageError("is empty")
    return number, last


@contextmanager
def _in_one_sentence(path: Path) -> Iterator[None]:
    """Name the file in what is wrong with it."""
    try:
        yield
    except _Told:
        raise
    except UsageError as error:
        kind = NoSuchFrame if isinstance(error, NoSuchFrame) else UsageError
        raise kind(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: cannot be read as text, UTF-8 is expected") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None


def write_glass(glass: object, path: Path | str) -> None:
    """Write a glass, its file as a whole. Raises UsageError for an unknown suffix, a missing package or an unwritable
    place."""
    file = Path(path)
    require_writer(file)
    form = _format(file)
    assert form is not None
    assert form.write is not None
    writer = form.write
    if getattr(glass, "topology", None) is not None and not form.holds_topology:
        able = ", ".join(x.suffixes[0] for x in FORMATS.values() if x.write and x.holds_topology)
        raise UsageError(f"{file}: a {form.suffixes[0]} file cannot hold which particles are bound; write one of {able}")

    def write(beside: Path) -> None:
        with code_of(writer, f"format {form.name}", partial(_cannot_be, "written", file), (UsageError, OSError)):
            try:
                writer(glass, beside)
            except UsageError as error:
                raise UsageError(str(error) if of_this_package(writer) else f"{file}: {error}") from None

    write_whole(file, write)


def require_writer(path: Path) -> None:
    """Raise UsageError unless glasses can be written to files of this name: it is called before hours are spent on them."""
    form = _format(path)
    if form is None or form.write is None:
        known = ", ".join(x for form in FORMATS.values() if form.write for x in form.suffixes)
        raise UsageError(f"{path} has suffix {path.suffix!r}, must be one of {known} to be written")
    _require_name(path)
    if form.require is not None:
        with code_of(form.require, f"format {form.name}", partial(_cannot_be, "written", path)):
            form.require()


class _Told(UsageError):
    """A sentence that names the file."""


class NoSuchFrame(UsageError):
    """A file has no frame of those that were chosen."""


def _cannot_be(done: str, file: Path, why: str) -> UsageError:
    return _Told(f"{file} cannot be {done}: {why}")


def _format(path: Path) -> Format | None:
    """The format of a file, which an installed package may bring. Raises UsageError where such a package is broken."""
    found = of_suffix(path.suffix)
    if found is None:
        FORMATS.load()
    return found or of_suffix(path.suffix)


def _require_file(path: Path) -> None:
    """Raise UsageError unless there is a plain file that can be read; a pipe is not waited for."""
    _require_name(path)
    try:
        if not path.exists():
            raise UsageError(f"{path} does not exist")
        if not path.is_file():
            raise UsageError(f"{path} is a {'folder' if path.is_dir() else 'pipe or a device'}, must be a file to be read")
        path.open("rb").close()
    except OSError as error:  # a folder that others may not look into, say
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None


def _require_name(path: Path) -> None:
    """Raise UsageError for a text that no file can have as its name. Whether such a file exists is not checked."""
    try:
        path.lstat()
    except ValueError:
        raise UsageError(f"{str(path)!r} contains a null character, which the name of a file cannot have") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UsageError(f"{str(path)[:40]}... is too long for the name of a file") from None
