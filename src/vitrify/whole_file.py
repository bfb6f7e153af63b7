"""Files that are there as a whole or not at all; folders too."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY = ".tmp"  # how the hidden name of a file that is being written ends
LONGEST = 48  # characters of a name that its hidden name repeats: a name may have 255 bytes, a character may take 4
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux' renameat2, which Python does not offer
# what disks answer that know no fsync of a folder (SMB, FUSE, some network disks); a fault of the disk is none of these
NO_SYNC_OF_FOLDERS = {
    errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY, errno.EBADF, errno.EISDIR, errno.EPERM,
    errno.EACCES,
}  # fmt: skip


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write to the path that is given instead: it is brought to the disk and renamed when the block ends well, so that a
    file that is there is never half of one, whatever stops the program. Raises OSError."""
    with _beside(path) as beside:
        yield beside
        sync(beside)
        os.replace(beside, path)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Fill the empty folder that is given instead: it takes the place of the one that is there, which is removed, when the
    block ends well; a reader sees all of the one or all of the other. Raises OSError."""
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
    """As `whole_file`, for a place that a user names: a symbolic link is followed and stays, a file that is there keeps its
    permissions and owner, and a pipe, a device or a file whose folder takes no other is written to when the block has ended
    well. Raises OSError."""
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
    """Do two paths name one file, by whatever links and spelling? Neither needs to be there."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk; where it does so for files alone, names are trusted to it. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_SYNC_OF_FOLDERS or not stat.S_ISDIR(os.fstat(handle).st_mode):
            raise
    finally:
        os.close(handle)


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
    """Of what a path leads to; None where there is nothing, a link that leads nowhere included."""
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
    """A file that is mounted by itself, as containers do, takes no rename, but the content."""
    try:
        os.replace(beside, target)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        _pour(beside, target)


def _pour(source: Path, path: Path) -> None:
    with source.open("rb") as content, path.open("wb") as sink:
        shutil.copyfileobj(content, sink)
