"""Frames of an xyz file, read one after the other: at most one of them is in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from vitrify.errors import UsageError

COUNT = re.compile(r"[0-9]{1,4000}")
LONGEST_LINE = 1_000_000  # characters; a text has no such lines, and without an end of line all of a file is one
LEAST_LINE = 2  # bytes: a character and the end of the line
MARK = "\ufeff"  # of the encoding; stands within a file where several were put together


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as text."""

    line: int  # on which the number of particles stands, from 1
    comment: str
    rows: list[str]  # one a particle


def last_frame(path: Path) -> Frame:
    """The last frame of a file; blank lines before, between and after frames do not matter.

    Lines end as editors see it, at \\n, \\r\\n or \\r. Raises UsageError where anything of the file is no whole frame."""
    frame = None
    try:
        size = path.stat().st_size
        with path.open(encoding="utf-8-sig") as file:  # Windows begins a text with a mark of its encoding
            lines = _lines(file)
            for number, line in lines:
                word = line.strip().strip(MARK)
                if word:
                    frame = None  # lets the rows go before the next are read
                    frame = _frame(number, word, lines, size)
    except UnicodeDecodeError:
        raise UsageError("cannot be read as text; extended xyz in UTF-8 is expected") from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}") from None
    if frame is None:
        raise UsageError("is empty")
    return frame


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    """Number and text of each line."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise UsageError(f"line {number} has more than {LONGEST_LINE:,} characters; extended xyz is expected")
        yield number, line


def _frame(number: int, word: str, lines: Iterator[tuple[int, str]], size: int) -> Frame:
    """The frame that begins with this word on this line. size: of the file, in bytes."""
    if not COUNT.fullmatch(word):
        raise UsageError(f"line {number} should be a number of particles, but is {word[:40]!r}")
    n = int(word)
    texts = (text for _, text in lines)
    comment = next(texts, "")
    if 0 < n <= size // LEAST_LINE:
        rows = list(islice(texts, n))
        present = len(rows)
    else:  # no file of this size has so many: they are counted, not kept
        rows, present = [], sum(1 for _ in texts)
    if not rows or present < n:
        raise UsageError(f"says {n} particles on line {number}, but {present} lines follow")
    return Frame(number, comment, rows)
