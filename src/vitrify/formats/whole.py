"""Files that are there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vitrify.errors import UsageError
from vitrify.whole_file import whole_file


def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a file, as a whole or not at all. Raises UsageError where the place cannot be written."""
    try:
        with whole_file(path) as beside:
            fill(beside)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
