"""Files of a folder into which anyone may have put anything: read as a whole, and only where they are plain files.

A folder, a FIFO or a link to a device in the place of a file is noticed before a byte of it is read, so that nothing is
waited for. What the disk, the rights or the memory refuse is told apart from what was read and is wrong."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vitrify.errors import BrokenFile, Unreadable

NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # links in a circle lead to no file either
SMALL = 4_000_000  # bytes of a note or a study, which has a million characters at most


def read_plain_file(path: Path, *, at_most: int | None = None, whole: bool = True) -> bytes:
    """All bytes of a file. whole: it is never written in its place, and fewer bytes than its length are the disk's fault.

    Raises FileNotFoundError where there is none, Unreadable where it cannot be read, BrokenFile where it is no plain file
    or has more than `at_most` bytes."""
    with reading(path):
        _require_plain(path, path.stat())  # before it is opened, which is an act where it is a device
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(handle, "rb", buffering=0) as file:
            about = os.fstat(handle)
            _require_plain(path, about)
            if at_most is not None and about.st_size > at_most:
                raise BrokenFile(f"{_named(path)} has {about.st_size:,} bytes, at most {at_most:,} are read")
            content = file.readall()
            if whole and len(content) != about.st_size:
                raise Unreadable(f"{_named(path)} cannot be read: {len(content):,} of its {about.st_size:,} bytes came")
            return content


def _require_plain(path: Path, about: os.stat_result) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise BrokenFile(f"{_named(path)} is no plain file")


def read_small_text(path: Path) -> str:
    """The text of a small file. Raises as `read_plain_file`, and BrokenFile where it is no text in UTF-8."""
    try:
        return read_plain_file(path, at_most=SMALL).decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenFile(f"{_named(path)} is no text in UTF-8") from None


def read_small_json(path: Path) -> Any:
    """What a small JSON file says. Raises as `read_small_text`, and BrokenFile where it is no JSON or nested too deep."""
    try:
        return json.loads(read_small_text(path))
    except (ValueError, RecursionError):
        raise BrokenFile(f"{_named(path)} is no JSON") from None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What the system refuses while the block reads a file or a folder is an Unreadable; FileNotFoundError stays."""
    try:
        yield
    except OSError as error:
        if error.errno in NOWHERE:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None
        raise Unreadable(f"{_named(path)} cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise Unreadable(f"{_named(path)} cannot be read: not enough memory") from None


def _named(path: Path) -> str:
    return f"{path.name} in {path.parent}"
