"""Files that a person writes in TOML: read whole, bounded before they are parsed, and refused with one sentence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vitrify.errors import Path as KeyPath
from vitrify.errors import UsageError, refuse
from vitrify.toml_lines import lines_of

LONGEST = 1_000_000  # characters; the paper's study has 6,000
LONGEST_KEY = 60  # characters of a key in a path
DEEPEST = 8  # tables and lists within each other; a study has 5
# texts, of several lines or of one, and comments: what is in them is no key
QUOTED = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\Z)|\'\'\'.*?(?:\'\'\'|\Z)|"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?|#[^\n]*+', re.DOTALL
)
DEEP_KEY = re.compile(rf"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{DEEPEST}}}")

WORD = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class TomlFile:
    """A parsed file. source: its name in errors; naming: the key of an entry of a list that names it, by the key of the
    list, so that a path says `observables.modes` and not `observables.3`."""

    text: str
    source: str
    content: dict[str, Any]
    naming: dict[str, str]

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """The line of every item in the file, by path."""
        return lines_of(self.text)

    def refuse(self, mistakes: Sequence[UsageError]) -> None:
        """Raise all mistakes in the order of the file, each with its line and the path of its key, or nothing."""
        one = len(mistakes) == 1
        placed = sorted((self._placed(x, f"{self.source}, " if one else "") for x in mistakes), key=lambda x: x.line)
        refuse(self.source, placed)

    def _placed(self, of: UsageError, before: str) -> UsageError:
        """A mistake with its path and its line, which is that of the innermost part of its path that exists."""
        if not of.path:
            return UsageError(f"{self.source}: {of}" if before else str(of), owner=of.owner, name=of.name, value=of.value)
        line = next((self.lines[of.path[:n]] for n in range(len(of.path), 0, -1) if of.path[:n] in self.lines), 1)
        sentence = f"{before}line {line}: {of} ({self._in_words(of.path)})"
        return UsageError(sentence, owner=of.owner, name=of.name, value=of.value, path=of.path, line=line)

    def _in_words(self, path: KeyPath) -> str:
        """A path as a reader of the file counts and names it. Parts of a text or a number have no path of their own."""
        words: list[str] = []
        here: Any = self.content
        for before, part in zip((None, *path), path, strict=False):
            if isinstance(here, list) and isinstance(part, int):
                here = here[part]
                words.append(self._name_of(here, before) or str(part + 1))
            elif isinstance(here, dict):
                words.append((str(part) if WORD.fullmatch(str(part)) else repr(part))[:LONGEST_KEY])
                here = here.get(part)
            else:
                break
        return ".".join(words)

    def _name_of(self, entry: Any, of: str | int | None) -> str:
        """The name of an entry of a list, where it is a word."""
        tag = self.naming.get(str(of))
        name = entry.get(tag) if isinstance(entry, dict) else entry
        return name if tag and isinstance(name, str) and WORD.fullmatch(name) and len(name) < LONGEST_KEY else ""


def read_toml(path: Path | str, what: str, naming: dict[str, str] | None = None) -> TomlFile:
    """Read and parse a file. what: its kind for errors, such as "study". Raises UsageError."""
    return parsed(read_toml_text(path, what), str(path), what, naming)


def parsed(text: str, source: str, what: str, naming: dict[str, str] | None = None) -> TomlFile:
    """Parse a text as a file. Raises UsageError."""
    return TomlFile(text, source, parse_toml(text, source, what), naming or {})


def read_toml_text(path: Path | str, what: str) -> str:
    """Read the text of a file. what: its kind for errors, such as "study". Raises UsageError."""
    try:
        with Path(path).open(encoding="utf-8-sig") as file:  # some editors begin a text with a mark of its encoding
            return file.read(LONGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"{what} {path} cannot be read: {reason}") from None


def parse_toml(text: str, source: str, what: str) -> dict[str, Any]:
    """Parse a text into tables. source: its name in errors. Raises UsageError.

    Length and depth of keys are bounded first: the parser takes time in proportion to the square of a key's parts."""
    if len(text) > LONGEST:
        raise UsageError(f"{source} has more than {LONGEST:,} characters, which no {what} needs")
    if DEEP_KEY.search(QUOTED.sub(_stand_in, text)):
        raise _too_deep(source)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: not valid TOML: {shown_in_line(str(error))}") from None
    except (ValueError, RecursionError):  # Python's own limits, for digits of a number and for brackets within brackets
        raise UsageError(
            f"{source}: not valid TOML: a number has too many digits, or brackets are nested too deeply"
        ) from None
    _require_plain(table, source)
    return table


def shown_in_line(text: str, most: int = 200) -> str:
    """A text as it reads in an error's sentence."""
    return text if len(text) <= most else f"{text[:most]}..."


def _stand_in(found: re.Match[str]) -> str:
    """A replacement for comments and texts: nothing for a comment, one letter for a text, which may be a part of a key."""
    return "" if found[0].startswith("#") else "x"


def _require_plain(table: dict[str, Any], source: str) -> None:
    """Require integers of 64 bits, as TOML has them, and no deep nesting: Python can hold more than it can print."""
    level: list[Any] = [table]
    for _ in range(DEEPEST):
        if any(isinstance(x, int) and not -(2**63) <= x < 2**63 for x in level):
            raise UsageError(f"{source}: an integer in it is beyond 64 bits")
        tables = [list(x.values()) for x in level if isinstance(x, dict)]
        level = [value for part in (*tables, *(x for x in level if isinstance(x, list))) for value in part]
    if level:
        raise _too_deep(source)


def _too_deep(source: str) -> UsageError:
    return UsageError(f"{source}: tables or lists in it are nested deeper than {DEEPEST}")
