"""Options of what a study file names, as fields of a frozen dataclass: what they are by default, and what they may be."""

from __future__ import annotations

import re
from dataclasses import Field, field, fields
from typing import Any

from vitrify.errors import check

Option = float | int | str | bool
NAME = re.compile("[a-z][a-z0-9_]{0,39}")  # of what can be asked for, of its options and columns: a word of a study file
MOST = 1e12  # of an option that is a number


def option(
    default: Option, meaning: str, *, choices: tuple[str, ...] = (), at_least: float = 0, most: float = 1e6
) -> Any:  # fmt: skip
    """A field of such a class, as a key of the study file. at_least, most: of a number, which is below `most`."""
    return field(default=default, metadata={"meaning": meaning, "choices": choices, "at_least": at_least, "most": most})


def options_of(kind: Any) -> dict[str, Field[Any]]:
    """The options of a dataclass, by name."""
    return {x.name: x for x in fields(kind)}


def defaults_of(kind: Any) -> dict[str, Option]:
    """Its options as they are by default."""
    return {name: x.default for name, x in options_of(kind).items()}  # type: ignore[misc]  # each has a default


def check_option(owner: str, of: Field[Any], value: object) -> None:
    """Raise UsageError where an option has a value that it cannot have."""
    default, choices, least = of.default, of.metadata.get("choices", ()), of.metadata.get("at_least", 0)
    if isinstance(default, str):
        named = " or ".join(f'"{x}"' for x in choices)
        check(isinstance(value, str) and (not choices or value in choices), owner, of.name, value, named or "a text")
    elif isinstance(default, bool):
        check(isinstance(value, bool), owner, of.name, value, "true or false")
    else:
        whole, most = isinstance(default, int), of.metadata.get("most", MOST)
        right = isinstance(value, int | float) and not isinstance(value, bool) and least <= value < most
        right = right and (isinstance(value, int) or not whole)
        bounds = f", at least {least:g}" if whole or least else ""
        check(right, owner, of.name, value, f"{'an integer' if whole else 'a number'}{bounds}")


def is_word(text: object) -> bool:
    """Whether it may be such a name."""
    return isinstance(text, str) and NAME.fullmatch(text) is not None
