"""Arguments of a command that hold several words: a name and its options, such as "modes number=10", and names of species,
such as "A=Cu,B=Zr"."""

from __future__ import annotations

import tomllib

import click

from vitrify.errors import UsageError, wrong
from vitrify.options import Option


def name_and_options(flag: str, text: str, example: str) -> tuple[str, dict[str, Option]]:
    """The name and its options, whose values are parsed as in TOML. flag: the option of the command for the error. Raises
    UsageError."""
    name, *words = text.split() or [""]
    given = [word.partition("=") for word in words]
    if not name or not all(key and value for key, _, value in given):
        raise UsageError(f"{flag} is {text!r}, must be a name and its options, such as {example!r}")
    options: dict[str, Option] = {}
    for key, _, value in given:
        if key in options:
            raise UsageError(f"{flag} is {text!r}, which gives {key} twice, must give it once")
        options[key] = _value(value)
    return name, options


def species_names(text: str | None) -> dict[str, str]:
    """Names in files → names in the mixture, of a text such as Cu=A,Zr=B. Raises UsageError."""
    pairs = [part.split("=") for part in (text or "").split(",") if part.strip()]
    if not all(len(x) == 2 and x[0].strip() and x[1].strip() for x in pairs):
        raise wrong("", "--species", text, "written like Cu=A,Zr=B")
    named = {name.strip(): label.strip() for name, label in pairs}
    if len(named) < len(pairs):
        raise UsageError(f"--species is {text!r}, must name each species once")
    return named


def names_of(_ctx: click.Context, option: click.Parameter, text: str | None) -> dict[str, str] | None:
    """Names by label, of a text such as A=Cu,B=Zr. Raises UsageError."""
    if text is None:
        return None
    flag, pairs = option.opts[0], [[x.strip() for x in part.split("=")] for part in text.split(",")]
    if not all(len(x) == 2 and all(x) for x in pairs):
        raise wrong("", flag, text, "written like A=Cu,B=Zr")
    if len({label for label, _ in pairs}) < len(pairs):
        raise UsageError(f"{flag} is {text!r}, must name each species once")
    return {x[0]: x[1] for x in pairs}


def _value(word: str) -> Option:
    """A value parsed as in TOML, or a text where that fails."""
    try:
        value: Option = tomllib.loads(f"x = {word}")["x"]
    except tomllib.TOMLDecodeError:
        return word
    return value
