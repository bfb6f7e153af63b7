"""Entries of the comment line of extended xyz, key=value: written so that each is read back as the type that it was.

A value in quotes is a text, whatever it looks like; a value without them is a number, a truth value (T or F) or a word. ASE
and OVITO read the same lines, but take a text in quotes that looks like a number for one."""

from __future__ import annotations

import json
import re
from typing import Any

from vitrify.models.plain_numbers import DECIMAL

INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")  # Python refuses to convert much longer ones
TRUTHS = {"T": True, "true": True, "True": True, "TRUE": True, "F": False, "false": False, "False": False, "FALSE": False}
QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
BRACKETED = r"\{[^{}]*\}|\[(?:[^\[\]]|\[[^\[\]]*\])*\]"  # arrays; one within another in brackets only
ENTRY = re.compile(
    rf"\s*(?P<key>{QUOTED}|[^\s=]+)(?:\s*+=\s*+(?P<value>{QUOTED}|{BRACKETED}|[^\s\"'{{\[]\S*|(?=$)))?(?=\s|$)", re.DOTALL
)
PLAIN_KEY = re.compile(r"[\w.:/+-]+")
ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
MEANT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
# beside what JSON escapes: ends of lines for some programs, and halves of characters, which no file can hold
UNWRITABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read_entries(line: str) -> list[tuple[str, Any]]:
    """Key and value of each entry, in order; a key alone is True. Raises ValueError for a line that has no such form."""
    found, at, line = [], 0, line.strip()
    while at < len(line):
        entry = ENTRY.match(line, at)
        if entry is None:
            raise ValueError(f"{line[at : at + 40]!r} is not an entry such as name=value")
        found.append((_text(entry["key"]), _value(entry["value"])))
        at = entry.end()
    return found


def entry(key: str, value: str | int | float) -> str:
    """One entry in the form in which it is written."""
    return f"{key if PLAIN_KEY.fullmatch(key) else _quoted(key)}={_written(value)}"


def _value(word: str | None) -> Any:
    if word is None:
        return True
    if word[:1] in ("{", "["):
        return word[1:-1]
    if word[:1] in ('"', "'"):
        return _text(word)
    if word in TRUTHS:
        return TRUTHS[word]
    if INTEGER.fullmatch(word):
        return int(word)
    return float(word) if DECIMAL.fullmatch(word) or word in ("nan", "inf", "-inf") else word


def _text(word: str) -> str:
    """The text inside the quotes of a word."""
    return ESCAPED.sub(_meant, word[1:-1]) if word[:1] in ('"', "'") and word[-1:] == word[:1] and len(word) > 1 else word


def _meant(found: re.Match[str]) -> str:
    escaped = found[1]
    return chr(int(escaped[1:], 16)) if len(escaped) == 5 else MEANT.get(escaped, escaped)


def _written(value: str | int | float) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return "FT"[value] if isinstance(value, bool) else repr(value)


def _quoted(text: str) -> str:
    """A text in quotes, on one line whatever characters a program takes as line ends."""
    return UNWRITABLE.sub(lambda x: f"\\u{ord(x[0]):04x}", json.dumps(text, ensure_ascii=False))
