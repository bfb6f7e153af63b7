"""Small files of a store that anybody may have written: read without harm, whatever stands in their place.

No pipe is waited for, no device opened, no link followed unless that is asked for, and no more than a limit is taken into
memory. What is there and cannot be read now (no permission, a disk that fails) is told apart from what is not there or is
damaged."""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from vitrify.errors import BrokenFile

MOST = 65_536  # bytes of a note: what we write has some hundred
TRIES = 3  # to open a file that is replaced at the same time on another machine
ABSENT = (FileNotFoundError, NotADirectoryError)
NOT_A_FILE = (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENODEV)  # a link, a socket, a folder, a device without a driver
LARGEST = 2**63  # above every number that a note holds: process numbers, ticks of a clock, seconds
LATEST = 1e11  # seconds since 1970 that a calendar can still tell
LONGEST = 4096  # characters of a text

T = TypeVar("T")


def read_small(path: Path, most: int = MOST, *, follow: bool = False) -> bytes:
    """The content of a plain file. Raises BrokenFile where something else stands there, or it is larger than `most` bytes;
    OSError where it is not there or cannot be read. follow: a link to a plain file will do."""
    for left in reversed(range(TRIES)):
        try:
            return _content(path, most, follow)
        except OSError as error:
            if error.errno in NOT_A_FILE:
                raise BrokenFile(f"{path} is not a plain file") from None
            if error.errno != errno.ESTALE or not left:  # of a network's file system: it was replaced
                raise
    raise AssertionError("not reached")


def read_json(path: Path, most: int = MOST, *, follow: bool = False) -> Any:
    """What a JSON file holds. Raises BrokenFile where it is damaged or no plain file; OSError as `read_small` does."""
    content = read_small(path, most, follow=follow)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise BrokenFile(f"{path} is not valid JSON") from None


def read_record(path: Path, kind: type[T], **known: Any) -> T | None:
    """A dataclass of texts and numbers from a JSON object; None where the file is not there or says no such thing.

    known: fields whose value is not taken from the file. Fields of a later version are left out. Raises OSError where the
    file is there and cannot be read."""
    try:
        found = read_json(path)
    except (*ABSENT, BrokenFile):
        return None
    if not isinstance(found, dict):
        return None
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in known and (field.name in found or field.default is MISSING):
            value = found.get(field.name)
            if not _is_plain(value, str(field.type)):
                return None
            known[field.name] = value
    return kind(**known)


def names_in(folder: Path, suffix: str) -> list[str]:
    """Names in a folder that end so, without the ending, sorted; none where there is no folder.

    Raises OSError where it cannot be listed, or a link leads elsewhere in its place."""
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "it is a link", str(folder))
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return sorted(x[: -len(suffix)] for x in names if x.endswith(suffix) and not x.startswith("."))


def _content(path: Path, most: int, follow: bool) -> bytes:
    _require_plain(path, path.stat(follow_symlinks=follow))  # to open a device may do something already
    # a pipe that took the file's place meanwhile is not waited for, and a terminal does not become ours
    here = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    handle = os.open(path, here if follow else here | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        _require_plain(path, about)
        if about.st_size > most:
            raise BrokenFile(f"{path} has {about.st_size:,} bytes, more than the {most:,} that it may have")
        return file.read(most)


def _require_plain(path: Path, about: os.stat_result) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise BrokenFile(f"{path} is not a plain file")


def _is_plain(value: object, kind: str) -> bool:
    """Is it a text, an integer or a number that a person and a calendar can take?"""
    if kind == "str":
        return isinstance(value, str) and len(value) <= LONGEST
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "int":
        return isinstance(value, int) and 0 <= value < LARGEST
    return isinstance(value, int | float) and 0 <= value < LATEST  # which no NaN is
