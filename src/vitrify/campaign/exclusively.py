"""A file that one of several makers creates, where a disk knows no hard links (exFAT, SMB, some FUSE and network disks)."""

from __future__ import annotations

import time
from pathlib import Path

PATIENCE = 2.0  # seconds; between its creation and its text a file is empty for microseconds, unless its maker died
LOOK = 0.01  # seconds between two looks


def create_exclusively(path: Path, text: str) -> bool:
    """Make a file with this text. False where there is one, as soon as its own text is in it: a reader who met it empty
    would think that nobody has it. Raises OSError."""
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


def _wait_for_text(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if path.stat().st_size:
                return
        except OSError:  # given back meanwhile
            return
        time.sleep(LOOK)
