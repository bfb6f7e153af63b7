"""Tables and sentences fitted to the width of a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

USUAL = (80, 24)  # size where there is no terminal and COLUMNS says nothing
LEAST = 8  # columns of a name
MORE = 4  # columns by which the second line of a sentence is indented
GAP = ".."  # in the midst of a name that is too long


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head and one cell per row."""

    head: str
    cells: list[str]
    left: bool = False  # a text, against numbers
    spare: int = 0  # where the width is too small, columns with a larger number go first; 0 stays

    @property
    def width(self) -> int:
        """Width of its widest cell."""
        return max(map(width_of, [self.head, *self.cells]))


def terminal_width() -> int:
    """Width of the terminal, or the one that COLUMNS gives; 80 where there is neither."""
    return shutil.get_terminal_size(USUAL).columns


def table(name: Column, columns: list[Column], width: int) -> list[str]:
    """The head and one line per row. To make it fit, names are shortened in the middle and dispensable columns left out."""
    shown = _fitting(name, columns, width)
    room = min(name.width, max(width - _taken(shown), LEAST))
    widths = [x.width for x in shown]
    lines = [_line(name.head, room, [x.head for x in shown], shown, widths)]
    for row, text in enumerate(name.cells):
        lines.append(_line(text, room, [x.cells[row] for x in shown], shown, widths))
    return lines


def left_out(name: Column, columns: list[Column], width: int) -> list[str]:
    """Heads of the columns for which there is no room."""
    shown = _fitting(name, columns, width)
    return [x.head for x in columns if x not in shown]


def sentence(text: str, width: int, *, indent: int = 0) -> Iterator[str]:
    """A sentence on as many lines as it needs, broken between words, and inside a word that is longer than a line. Lines
    after the first are indented further."""
    line, empty = " " * indent, True
    for word in text.split(" "):
        left = word
        if not empty and width_of(line) + 1 + width_of(left) > width:
            yield line
            line, empty = " " * (indent + MORE), True
        while width_of(line) + width_of(left) > width and (part := _cut(left, max(width - width_of(line), LEAST))) != left:
            yield line + part
            line, left = " " * (indent + MORE), left[len(part) :]
        line, empty = line + ("" if empty else " ") + left, False
    yield line


def shortened(text: str, room: int) -> str:
    """A text shortened to so many columns. Both of its ends stay, since names mostly differ in one of them."""
    if width_of(text) <= room:
        return text
    first = (room - len(GAP) + 1) // 2
    last = room - len(GAP) - first
    return _cut(text, first) + GAP + _cut(text[::-1], last)[::-1]


def width_of(text: str) -> int:
    """Number of columns that a text takes in a terminal."""
    return sum(0 if combining(x) else 2 if east_asian_width(x) in "WF" else 1 for x in text)


def _cut(text: str, room: int) -> str:
    text = text[:room]
    while width_of(text) > room:
        text = text[:-1]
    return text


def _fitting(name: Column, columns: list[Column], width: int) -> list[Column]:
    shown, least = list(columns), min(name.width, LEAST)
    while _taken(shown) + least > width and any(x.spare for x in shown):
        shown.remove(max(shown, key=lambda x: x.spare))
    return shown


def _taken(columns: list[Column]) -> int:
    return sum(x.width + 1 for x in columns)


def _line(name: str, room: int, cells: list[str], columns: list[Column], widths: list[int]) -> str:
    text = shortened(name, room)
    parts = [text + " " * (room - width_of(text))]
    for cell, column, width in zip(cells, columns, widths, strict=True):
        blank = " " * (width - width_of(cell))
        parts.append(cell + blank if column.left else blank + cell)
    return " ".join(parts).rstrip()
