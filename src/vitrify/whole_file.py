"""Files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".tmp"  # how the hidden name of a file that is being written ends
# what disks answer that know no fsync of a folder (SMB, FUSE, some network disks); a fault of the disk is none of these
NO_SYNC_OF_FOLDERS = {
    errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY, errno.EBADF, errno.EISDIR, errno.EPERM,
    errno.EACCES,
}  # fmt: skip


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write to the path that is given instead: it is brought to the disk and renamed when the block ends well, so that a
    file that is there is never half of one, whatever stops the program. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        yield beside
        sync(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


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
