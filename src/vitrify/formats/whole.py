"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from vitrify.errors import UsageError


def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a file beside its place, bring it to the disk and rename it: a file that is there is never half of
    one, whatever stops the program. Raises UsageError where the place cannot be written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            fill(beside)
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
