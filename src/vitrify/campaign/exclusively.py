"""A file that one of several makers creates, where a disk knows no hard links (exFAT, SMB, some FUSE and network disks)."""

from __future__ import annotations

import os
import time
from pathlib import Path

PATIENCE = 2.0  # seconds; between its creation and its text a file is empty for microseconds, unless its maker died
LOOK = 0.01  # seconds between two looks


def create_exclusively(path: Path, text: str) -> bool:
    """Make a file with this text. False where there is one, as soon as its own text is in it: a reader who met it empty
    would think that nobody has it. Raises OSError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        _wait_for_text(path)
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return True


def _wait_for_text(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if path.stat().st_size:
                return
        except OSError:  # given back meanwhile
            return
        time.sleep(LOOK)
