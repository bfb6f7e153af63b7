"""Small records of a store that anybody may have written, such as runs and leases: every field is checked."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import TypeVar

from vitrify.errors import BrokenFile

from .plain_file import read_small_json

MOST = 65_536  # bytes of a record: what we write has some hundred
LARGEST = 2**63  # above every number that a record holds: process numbers, ticks of a clock, seconds
LATEST = 1e11  # seconds since 1970 that a calendar can still tell
LONGEST = 4096  # characters of a text

T = TypeVar("T")


def read_record(path: Path, kind: type[T], **known: str) -> T | None:
    """Read a dataclass of texts and numbers from a JSON object; None where the file is not there or says no such thing.

    No link is followed. known: fields whose value is not taken from the file. Fields of a later version are left out.
    Raises Unreadable where the file is there and cannot be read."""
    try:
        found = read_small_json(path, at_most=MOST, follow=False)
    except (FileNotFoundError, BrokenFile):
        return None
    if not isinstance(found, dict):
        return None
    values: dict[str, object] = dict(known)
    for field in fields(kind):  # type: ignore[arg-type]  # kinds of records are dataclasses
        if field.name not in values and (field.name in found or field.default is MISSING):
            value = found.get(field.name)
            if not _is_plain(value, str(field.type)):
                return None
            values[field.name] = value
    return kind(**values)


def _is_plain(value: object, kind: str) -> bool:
    """Say whether it is a text, an integer or a number that a person and a calendar can take."""
    if kind == "str":
        return isinstance(value, str) and len(value) <= LONGEST
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "int":
        return isinstance(value, int) and 0 <= value < LARGEST
    return isinstance(value, int | float) and 0 <= value < LATEST  # which no NaN is
