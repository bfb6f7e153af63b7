"""Places of glasses: a file and a frame in it, from which one glass at a time is read, and where its own files go."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrify.compressed_file import UNFOLDED
from vitrify.errors import UsageError, refuse
from vitrify.glass import Glass
from vitrify.glass_files import FORMATS, LAST, numbers_of, require_writer
from vitrify.named_files import require_folder

from .asked import Asked

ENDS_OF_LINES = str.maketrans({"\r": "\\r", "\n": "\\n"})  # which rows of CSV are not to hold
PATTERN = "*?["  # a shell leaves a pattern as it is where no file matches
BLOCK = 1 << 20  # bytes of a file that are in memory while its checksum is taken


@dataclass(frozen=True, slots=True)
class Place:
    """One glass among many: its label is the name of its file and its frame, and `read` gives it."""

    file: Path
    frame: int = LAST
    output: Path | None = None  # where it is written once it is read and, if asked, quenched
    modes: Path | None = None  # where its modes are written

    @property
    def name(self) -> str:
        """Name of its file, as it was given. Bytes that are no UTF-8 are escaped, since a table could not hold them."""
        return str(self.file).encode("utf-8", "backslashreplace").decode().translate(ENDS_OF_LINES)

    def read(self, asked: Asked) -> Glass:
        """The glass. Raises UsageError."""
        options = {"frame": self.frame, "box": asked.box, "units": None if asked.reduced else asked.units}
        return Glass.read(self.file, asked.model, dict(asked.species), **options)

    def written(self) -> bool:
        """Whether the files that are to be written of it are there."""
        return all(x.exists() for x in (self.output, self.modes) if x)


def places_of(
    files: Sequence[Path], output: Path | None = None, modes: Path | None = None, frames: int | slice = LAST
) -> list[Place]:
    """One place per glass; a file that is given twice counts once. output, modes: folders; frames: of each file one, or
    some.

    Raises UsageError for what is no file, and for files that would be written over each other or over what is read."""
    refuse("the list of files", [x for file in dict.fromkeys(files) if (x := _mistake(file))])
    places = [
        Place(x, k, _glass_file(x, k, output), _modes_file(x, k, modes))
        for x in dict.fromkeys(files)
        for k in numbers_of(x, frames)
    ]
    for folder in filter(None, (output, modes)):
        require_folder(folder)
    _require_apart(places)
    return places


def checksum_of(file: Path) -> str:
    """SHA-256 of a file's content, of which a block is in memory at a time. Raises OSError."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def _mistake(file: Path) -> UsageError | None:
    """What is wrong with a name, before any file is read; whether the file holds a glass is found out in its turn."""
    try:
        if file.is_file():
            return None
        if file.is_dir():
            return UsageError(f"{file} is a folder, must be a file: give those in it, such as {file}/*.xyz")
        if file.exists():
            return UsageError(f"{file} is a pipe or a device, must be a file")
    except (OSError, ValueError) as error:
        return UsageError(f"{str(file)[:80]!r} cannot be a file: {getattr(error, 'strerror', '') or error}")
    if any(x in str(file) for x in PATTERN):
        return UsageError(f"no file matches {file}")
    return UsageError(f"{file} does not exist")


def _glass_file(file: Path, frame: int, folder: Path | None) -> Path | None:
    """Where a glass goes: to its own name, with the suffix .xyz where a glass cannot be written in the file's format."""
    if folder is None:
        return None
    if frame >= 0:
        return folder / f"{stem(file)}_{frame:06d}.xyz"
    own = any(x.write and file.suffix.lower() in x.suffixes for x in FORMATS.values())
    chosen = folder / (file.name if own else f"{stem(file)}.xyz")
    require_writer(chosen)
    return chosen


def _modes_file(file: Path, frame: int, folder: Path | None) -> Path | None:
    return folder and folder / f"{stem(file)}{f'_{frame:06d}' if frame >= 0 else ''}.xyz"


def stem(file: Path) -> str:
    """Name of a file without the suffixes of formats and packing."""
    known = {x for form in FORMATS.values() for x in form.suffixes} | set(UNFOLDED)
    path = Path(file.name)
    while path.suffix.lower() in known:
        path = path.with_suffix("")
    return path.name


def _require_apart(places: Iterable[Place]) -> None:
    """Raise UsageError where a file would be written over one that is read or written."""
    every = list(places)
    wanted = Counter(os.path.realpath(x) for place in every for x in (place.output, place.modes) if x)
    read = {os.path.realpath(place.file) for place in every}
    for place in every:
        for x in filter(None, (place.output, place.modes)):
            if os.path.realpath(x) in read:
                raise UsageError(f"{x} would be written over a file that is read; give another folder")
            if wanted[os.path.realpath(x)] > 1:
                raise UsageError(
                    f"{x} would be written for two glasses, one of them {place.file}; give each of them a folder of its own"
                )
