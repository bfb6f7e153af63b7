"""Line numbers of the keys of a TOML file, which tomllib does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

Path = tuple[str | int, ...]
Token = tuple[str, int]  # and its line, from 1
TOKEN = re.compile(
    r"""
    \"{3}(?:[^\\]|\\.)*?\"{3,5} | '{3}.*?'{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*'  # texts
    | \#[^\n]* | [\n\[\]{}=,.] | [^\s\[\]{}=,."'\#]+  # comments, marks, and pieces of keys, numbers and dates
    """,
    re.VERBOSE | re.DOTALL,
)


def lines_of(text: str) -> dict[Path, int]:
    """The line of every table, key and entry of a list in a text that tomllib has read, by path. It is the first one where
    several lines make one table. Lines end as editors see it, not within a text at U+2028."""
    return _Scan(text).lines


class _Scan:
    """Walks over the tokens of a valid text, and needs to know only where each item begins."""

    def __init__(self, text: str) -> None:
        self.tokens = [*_tokens(text), ("\n", 0), ("", 0)]
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.entries: dict[Path, int] = {}  # entries of each [[table]]
        self.statements()

    def statements(self) -> None:
        table: Path = ()
        while self.tokens[self.at][0]:
            word, line = self.tokens[self.at]
            if word == "\n":
                self.at += 1
            elif word == "[":
                table = self.header()
            else:
                self.pair(table, line)

    def header(self) -> Path:
        """Read the path of the table that a header begins."""
        line = self.tokens[self.at][1]
        is_entry = self.tokens[self.at + 1][0] == "["
        self.at += 2 if is_entry else 1
        *outer, last = self.key()
        self.at += 2 if is_entry else 1
        path: Path = ()
        for part in outer:
            path = self.entry((*path, part), line)
        path = (*path, last)
        if is_entry:
            self.entries[path] = self.entries.get(path, -1) + 1
        return self.entry(path, line)

    def entry(self, path: Path, line: int) -> Path:
        """The path of a table, or of the last entry of a list of tables of this name; its line is kept."""
        self.lines.setdefault(path, line)
        if path in self.entries:
            path = (*path, self.entries[path])
            self.lines.setdefault(path, line)
        return path

    def pair(self, table: Path, line: int) -> None:
        """Read a key and its value."""
        for part in self.key():
            table = (*table, part)
            self.lines.setdefault(table, line)
        self.at += 1  # =
        self.value(table)

    def key(self) -> list[str]:
        """Read the parts of a dotted key."""
        parts = [_name(self.tokens[self.at][0])]
        while self.tokens[self.at + 1][0] == ".":
            self.at += 2
            parts.append(_name(self.tokens[self.at][0]))
        self.at += 1
        return parts

    def value(self, path: Path) -> None:
        word = self.tokens[self.at][0]
        if word == "[":
            self.inside("]", path)
        elif word == "{":
            self.inside("}", path)
        else:
            while self.tokens[self.at][0] not in (",", "]", "}", "\n", ""):
                self.at += 1

    def inside(self, end: str, path: Path) -> None:
        """Read a list, or a table in braces."""
        self.at += 1
        place = 0
        while (word := self.tokens[self.at])[0] not in (end, ""):
            if word[0] in (",", "\n"):
                self.at += 1
            elif end == "]":
                self.lines[(*path, place)] = word[1]
                self.value((*path, place))
                place += 1
            else:
                self.pair(path, word[1])
        self.at += 1


def _tokens(text: str) -> Iterator[Token]:
    """All tokens except comments."""
    line, end = 1, 0
    for found in TOKEN.finditer(text):
        line += text.count("\n", end, found.start())
        end = found.start()
        if not found[0].startswith("#"):
            yield found[0], line


def _name(token: str) -> str:
    """A key without its quotes."""
    return str(tomllib.loads(f"x = {token}")["x"]) if token[0] in "\"'" else token
