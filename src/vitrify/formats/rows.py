"""Rows of words, one per particle: how files of text hold configurations."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from math import isfinite
from operator import itemgetter
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError
from vitrify.models.plain_numbers import DECIMAL

LONGEST_LINE = 1_000_000  # characters; a text has no such lines, and without an end of line all of a file is one
LEAST_LINE = 2  # bytes: a character and the end of the line
AT_ONCE = 512  # rows that are kept as one text, and parsed at once: as a text each, they take twice the memory


class Lines:
    """Lines of a text, counted from 1."""

    def __init__(self, file: TextIO, most_bytes: int, expected: str) -> None:
        """most_bytes: of the text; expected: its format, for a sentence about something else."""
        self.file, self.most_bytes, self.expected = file, most_bytes, expected
        self.number = 0  # of the line that was read last

    def __iter__(self) -> Iterator[str]:
        while line := self.file.readline(LONGEST_LINE):
            self.number += 1
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                raise UsageError(
                    f"line {self.number} has more than {LONGEST_LINE:,} characters; {self.expected} is expected"
                )
            yield line

    def rows(self, n: int) -> Rows:
        """The next n lines, as they are, or as many as are left. A number that no text of this size can have takes no
        memory."""
        said, first, lines = self.number, self.number + 1, iter(self)
        blocks: list[str] = []
        if 0 < n <= self.most_bytes // LEAST_LINE:
            while n > self.number - said and (block := list(islice(lines, min(AT_ONCE, n - self.number + said)))):
                blocks.append("".join(block))
        else:
            for _ in lines:
                pass
        return Rows(first, self.number - said, blocks)


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines with a row of words each, as text."""

    line: int  # of the first
    n: int
    blocks: list[str]

    @property
    def first(self) -> list[str]:
        """The words of the first row."""
        return self.blocks[0].split("\n", 1)[0].split()

    def texts(self) -> list[str]:
        """Each line."""
        return "".join(self.blocks).removesuffix("\n").split("\n")

    def parsed(
        self, columns: str, width: int, words: Sequence[int], numbers: Sequence[tuple[int, str]]
    ) -> tuple[list[list[str]], NDArray[np.float64]]:
        """The words of some columns, and the numbers of others, (n, columns), once. columns: what the file says of all;
        numbers: each with its meaning. Raises UsageError with the line of what is no such row."""
        texts: list[list[str]] = [[] for _ in words]
        known: dict[str, str] = {}  # so that a name is one text, however many particles have it
        found = array("d")  # eight bytes a number
        for k in range(len(self.blocks)):
            block, self.blocks[k] = self.blocks[k], ""  # it is let go as it is parsed
            rows = [x.split() for x in block.removesuffix("\n").split("\n")]
            first = self.line + k * AT_ONCE
            _require_width(rows, first, width, columns)
            for text, column in zip(texts, words, strict=True):
                text += [known.setdefault(x[column], x[column]) for x in rows]
            found += _numbers(rows, first, numbers, plain=block.isascii() and "_" not in block)
        return texts, np.array(found).reshape(-1, len(numbers))


def _require_width(rows: list[list[str]], line: int, width: int, columns: str) -> None:
    if set(map(len, rows)) != {width}:
        k = next(k for k, row in enumerate(rows) if len(row) != width)
        raise UsageError(
            f"line {line + k} cannot be read: it has {len(rows[k])} words, must have {width} columns, {columns}"
        )


def _numbers(rows: list[list[str]], line: int, numbers: Sequence[tuple[int, str]], *, plain: bool) -> array[float]:
    """Numbers row by row. plain: the text has none of the characters that `float` would let pass in a number."""
    if not numbers:
        return array("d")
    if plain:
        some = itemgetter(*(column for column, _ in numbers))
        chosen = chain.from_iterable(map(some, rows)) if len(numbers) > 1 else map(some, rows)
        try:
            found = array("d", map(float, chosen))
        except ValueError:  # it is looked for below
            pass
        else:
            if np.isfinite(found).all():
                return found
    return array("d", _one_by_one(rows, line, numbers))


def _one_by_one(rows: list[list[str]], line: int, numbers: Sequence[tuple[int, str]]) -> Iterator[float]:
    for k, row in enumerate(rows):
        for column, meaning in numbers:
            yield number(row[column], f"line {line + k} cannot be read: {meaning}")


def number(word: str, told: str) -> float:
    """A plain decimal number. Raises UsageError, which begins with `told`."""
    if DECIMAL.fullmatch(word) and isfinite(found := float(word)):
        return found
    raise UsageError(f"{told} {word[:40]!r} is not a finite number in decimal digits")
