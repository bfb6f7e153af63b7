"""Files that a person writes in TOML: read whole, bounded before they are parsed, refused with one sentence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from vitrify.errors import UsageError

LONGEST = 1_000_000  # characters; the paper's study has 6,000
DEEPEST = 8  # tables and lists within each other; a study has 5
# texts, of several lines or of one, and comments: what is in them is no key
QUOTED = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\Z)|\'\'\'.*?(?:\'\'\'|\Z)|"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?|#[^\n]*+', re.DOTALL
)
DEEP_KEY = re.compile(rf"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{DEEPEST}}}")


def read_toml_text(path: Path | str, what: str) -> str:
    """The text of a file. what: "study", say, for errors. Raises UsageError."""
    try:
        with Path(path).open(encoding="utf-8-sig") as file:  # some editors begin a text with a mark of its encoding
            return file.read(LONGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"{what} {path} cannot be read: {reason}") from None


def parse_toml(text: str, source: str, what: str) -> dict[str, Any]:
    """Tables of a text. source: what errors call it. Raises UsageError.

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
        raise UsageError(f"{source}: not valid TOML: a number has too many digits, or brackets stand too deep") from None
    _require_plain(table, source)
    return table


def shown_in_line(text: str, most: int = 200) -> str:
    """A text in an error's sentence."""
    return text if len(text) <= most else f"{text[:most]}..."


def _stand_in(found: re.Match[str]) -> str:
    """For a comment nothing, for a text one letter: it may be a part of a key."""
    return "" if found[0].startswith("#") else "x"


def _require_plain(table: dict[str, Any], source: str) -> None:
    """Integers of 64 bits, as TOML has them, and no deep nesting: Python can hold more than it can print."""
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
