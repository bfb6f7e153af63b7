"""Atomic writes: files and folders that are there as a whole or not at all, whatever stops the program."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY = ".tmp"  # how the hidden name of a file that is being written ends
PATIENCE = 2.0  # seconds; between its creation and its text a file is empty for microseconds, unless its maker died
LOOK = 0.01  # seconds between two looks
LONGEST = 48  # characters of a name that its hidden name repeats: a name may have 255 bytes, a character may take 4
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux' renameat2, which Python does not offer
FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)  # of macOS, whose fsync leaves bytes in the disk's own cache
# what disks answer that know no fsync of a folder (SMB, FUSE, some network disks); a fault of the disk is none of these
NO_SYNC_OF_FOLDERS = {
    errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY, errno.EBADF, errno.EISDIR, errno.EPERM,
    errno.EACCES,
}  # fmt: skip


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file as a whole: the block gets the path of a hidden one beside it, which is brought to the disk and renamed
    when the block ends well. Raises OSError."""
    with _beside(path) as beside:
        yield beside
        sync(beside)
        os.replace(beside, path)


@contextmanager
def atomic_write_folder(path: Path) -> Iterator[Path]:
    """Fill a folder as a whole: the block gets an empty one beside it, which takes the place of the one that is there,
    which is removed, when the block ends well; a reader sees all of the one or all of the other. Raises OSError."""
    beside = _hidden(path)
    beside.mkdir()
    try:
        yield beside
        for x in beside.iterdir():
            sync(x)
        sync(beside)
        try:
            beside.rename(path)
        except OSError:
            if not path.is_dir():
                raise
            _exchange(beside, path)  # it was there, or another program has just put it there
        sync(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """Write a file as `atomic_write` does, for a place that a user names: a symbolic link is followed and stays, a file
    that is there keeps its permissions and owner, and a pipe, a device or a file whose folder takes no other is written to
    when the block has ended well. Raises OSError."""
    target, found = Path(os.path.realpath(path)), _status(path)
    if not _renames(target, found):
        with tempfile.TemporaryDirectory() as folder:
            aside = Path(folder) / "output"
            yield aside
            _pour(aside, path)
        return
    with _beside(target) as beside:
        if found:
            _make_alike(beside, found)
        yield beside
        sync(beside)
        _rename(beside, target)


def create_exclusively(path: Path, text: str) -> bool:
    """Make a file that one of several makers creates, on a disk that knows no hard links (exFAT, SMB, some FUSE and network
    disks).

    False where there is one, as soon as its own text is in it: a reader who met it empty would think that nobody has it.
    Raises OSError."""
    try:
        write_new(path, text)
    except FileExistsError:
        _wait_for_text(path)
        return False
    return True


def write_new(path: Path, text: str) -> None:
    """Make a file with this text where there is nothing, not even a link. Raises OSError, and leaves nothing then: a disk
    that is full still takes the name of a file."""
    with path.open("x", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
        except OSError:
            path.unlink(missing_ok=True)
            raise


def probe_output(path: Path) -> None:
    """Ask whether `output_file` could write there; what is there is left as it is. Raises OSError."""
    target, found = Path(os.path.realpath(path)), _status(path)
    if found and stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if found and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is protected against writing")
    if _renames(target, found):
        probe_folder(target.parent)


def probe_folder(folder: Path) -> None:
    """Ask whether files can be made in a folder: permissions alone do not tell of every disk. Raises OSError."""
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {folder}")
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is no folder")
    with _beside(folder / "probe") as probe:
        probe.touch(exist_ok=False)


def same_file(one: Path, other: Path) -> bool:
    """Say whether two paths name one file, by whatever links and spelling. Neither needs to be there."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk; where it does so for files alone, names are trusted to it. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        _flush(handle)
    except OSError as error:
        if error.errno not in NO_SYNC_OF_FOLDERS or not stat.S_ISDIR(os.fstat(handle).st_mode):
            raise
    finally:
        os.close(handle)


def _flush(handle: int) -> None:
    if FULL_SYNC is not None:
        with suppress(OSError):  # disks of a network do not know it
            fcntl.fcntl(handle, FULL_SYNC)
            return
    os.fsync(handle)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A hidden name in the same folder; what stands there in the end is removed."""
    beside = _hidden(path)
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name[:LONGEST]}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY}")


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change places at once; where the system cannot, by renames, between which `other` is missing."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
        if renameat2(AT_FDCWD, os.fsencode(one.absolute()), AT_FDCWD, os.fsencode(other.absolute()), RENAME_EXCHANGE) == 0:
            return
    except (AttributeError, OSError):  # another C library or system
        pass
    aside = _hidden(other)
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def _status(path: Path) -> os.stat_result | None:
    """Status of what a path leads to; None where there is nothing, a link that leads nowhere included."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _renames(target: Path, found: os.stat_result | None) -> bool:
    """Can a file be renamed to this place: is nothing there, or a plain file in a folder that takes another beside it?"""
    if found is None:
        return True
    return stat.S_ISREG(found.st_mode) and os.access(target, os.R_OK) and os.access(target.parent, os.W_OK | os.X_OK)


def _make_alike(path: Path, found: os.stat_result) -> None:
    """Make an empty file with the permissions of another, which may be private, and its owner as far as we may."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    for owner in ((found.st_uid, -1), (-1, found.st_gid)):
        with suppress(OSError):
            os.chown(path, *owner)
    path.chmod(stat.S_IMODE(found.st_mode))


def _rename(beside: Path, target: Path) -> None:
    """Rename, or pour the content: a file that is mounted by itself, as containers do, takes no rename."""
    try:
        os.replace(beside, target)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        _pour(beside, target)


def _pour(source: Path, path: Path) -> None:
    with source.open("rb") as content, path.open("wb") as sink:
        shutil.copyfileobj(content, sink)


def _wait_for_text(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if path.stat().st_size:
                return
        except OSError:  # given back meanwhile
            return
        time.sleep(LOOK)
