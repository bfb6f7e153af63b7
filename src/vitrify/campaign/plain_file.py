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
NOT_PLAIN = (errno.ENXIO, errno.EISDIR, errno.ENODEV)  # a socket, a folder, a device without a driver
SMALL = 8_000_000  # bytes of a note or a study, which has a million characters at most
TRIES = 3  # to open a file that is replaced at the same time on another machine


def read_plain_file(path: Path, *, at_most: int | None = None, whole: bool = True, follow: bool = True) -> bytes:
    """Read all bytes of a file. whole: it is never written in its place, and fewer bytes than its length are the disk's
    fault; follow: a link to a plain file will do.

    Raises FileNotFoundError where there is none, Unreadable where it cannot be read, BrokenFile where it is not a plain
    file or has more than `at_most` bytes."""
    with reading(path):
        for left in reversed(range(TRIES)):
            try:
                return _content(path, at_most, whole, follow)
            except OSError as error:
                if error.errno in NOT_PLAIN or (error.errno == errno.ELOOP and not follow):
                    raise BrokenFile(f"{_named(path)} is not a plain file") from None
                if error.errno != errno.ESTALE or not left:  # of a network's file system: it was replaced
                    raise
    raise AssertionError("not reached")


def read_small_text(path: Path) -> str:
    """Read the text of a small file. Raises as `read_plain_file`, and BrokenFile where it is not a text in UTF-8."""
    try:
        return read_plain_file(path, at_most=SMALL).decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenFile(f"{_named(path)} is not a text in UTF-8") from None


def read_small_json(path: Path, *, at_most: int = SMALL, follow: bool = True) -> Any:
    """Read a small JSON file. Raises as `read_plain_file`, and BrokenFile where it is not JSON or nested too deep."""
    try:
        return json.loads(read_plain_file(path, at_most=at_most, follow=follow))
    except (ValueError, RecursionError):
        raise BrokenFile(f"{_named(path)} is not JSON") from None


def names_in(folder: Path, suffix: str, *, follow: bool = True) -> list[str]:
    """Names in a folder that end so, without the ending and in no order, hidden ones left out; none where there is no such
    folder. Raises Unreadable where it cannot be listed, or where it is a link and these are not to be followed."""
    try:
        with reading(folder):
            if not follow and (folder.is_symlink() or (folder.exists() and not folder.is_dir())):
                raise Unreadable(f"{_named(folder)} cannot be read: it is not a folder that the store made")
            names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [x[: -len(suffix)] for x in names if x.endswith(suffix) and not x.startswith(".")]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system refuses while the block reads a file or a folder into Unreadable; FileNotFoundError stays."""
    try:
        yield
    except OSError as error:
        if error.errno in NOWHERE:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None
        raise Unreadable(f"{_named(path)} cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise Unreadable(f"{_named(path)} cannot be read: not enough memory") from None


def _content(path: Path, at_most: int | None, whole: bool, follow: bool) -> bytes:
    _require_plain(path, path.stat(follow_symlinks=follow))  # before it is opened, which is an act where it is a device
    # a pipe that took the file's place meanwhile is not waited for, and a terminal does not become ours
    here = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    handle = os.open(path, here if follow else here | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb", buffering=0) as file:
        about = os.fstat(handle)
        _require_plain(path, about)
        if at_most is not None and about.st_size > at_most:
            raise BrokenFile(f"{_named(path)} has {about.st_size:,} bytes, but at most {at_most:,} are read")
        content = file.readall()
        if whole and len(content) != about.st_size:
            raise Unreadable(f"{_named(path)} cannot be read: only {len(content):,} of its {about.st_size:,} bytes arrived")
        return content


def _require_plain(path: Path, about: os.stat_result) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise BrokenFile(f"{_named(path)} is not a plain file")


def _named(path: Path) -> str:
    return f"{path.name} in {path.parent}"
