"""Files that a user names: checked before the work, and written as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

from vitrify.atomic_write import output_file, probe_folder, probe_output, same_file
from vitrify.errors import UsageError


def write_whole(path: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` write a file, as a whole or not at all. Raises UsageError where the place cannot be written."""
    with _told(path), output_file(path) as beside:
        fill(beside)


def write_text_whole(path: Path, content: str) -> None:
    """Write a text as a whole or not at all, in UTF-8 and with its line ends as they are."""
    write_whole(path, lambda beside: beside.write_text(content, encoding="utf-8", newline=""))


def remove_file(path: Path) -> None:
    """Remove a file that we wrote, where it exists. Raises UsageError where that is refused."""
    with _told(path):
        path.unlink(missing_ok=True)


def require_place(path: Path) -> None:
    """Raise UsageError unless a file can be written there: it is called before hours are spent on its content."""
    with _told(path):
        probe_output(path)


def require_folder(folder: Path) -> None:
    """Raise UsageError unless files can be written to this folder, which is made where it is missing."""
    with _told(folder):
        place = Path(os.path.realpath(folder))
        probe_folder(next(x for x in (place, *place.parents) if x.exists()))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it where they are missing; a link to it is followed. Raises UsageError."""
    with _told(folder):
        Path(os.path.realpath(folder)).mkdir(parents=True, exist_ok=True)


def require_apart(places: Mapping[str, Path | None]) -> None:
    """Raise UsageError where two of these paths are one file, which would be lost; the message has their names on the
    command line."""
    given = [(name, path) for name, path in places.items() if path is not None]
    for (first, one), (second, other) in combinations(given, 2):
        if same_file(one, other) and not one.is_char_device():
            raise UsageError(f"{second} {other} is the same place as {first}; give another")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one sentence with the path."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
