"""Options of what a study file names, as fields of a frozen dataclass: what they are by default, and what they may be."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import Field, field, fields
from typing import Any

from vitrify.errors import SampleFailure, UsageError, VitrifyError, check

Option = float | int | str | bool
NAME = re.compile("[a-z][a-z0-9_]{0,39}")  # of what can be asked for, of its options and columns: a word of a study file
TAKEN = ("step", "name", "version", "n_samples", "n_particles")  # as options, by study files themselves
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


def values_of(of: Any) -> dict[str, Option]:
    """The options of a record as it has them, by name."""
    return {x.name: getattr(of, x.name) for x in fields(of)}


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
        bounds = f", at least {least:g} and below {most:g}"
        check(right, owner, of.name, value, f"{'an integer' if whole else 'a number'}{bounds}")


def check_options(owner: str, of: Any) -> None:
    """Raise UsageError where a record has an option with a value that it cannot have."""
    for x in fields(of):
        check_option(owner, x, getattr(of, x.name))


def check_kind(what: str, given: Any, method: str, base: type) -> str:
    """The name of a class that is to be registered. Raises UsageError where it lacks what such a class has."""
    owner = f"plugin: {what} {getattr(given, '__name__', given)}"
    kind: Any = given
    if not (isinstance(given, type) and issubclass(given, base)):
        raise UsageError(f"{owner} must be a class below {base.__name__}")
    made = vars(kind).get("__dataclass_params__")
    if made is None or not made.frozen:
        raise UsageError(f"{owner} is no frozen dataclass, must have @dataclass(frozen=True) above it")
    for text in ("name", "summary"):
        if not isinstance(getattr(kind, text, None), str):
            raise UsageError(f"{owner} has no {text}, must have one as a text")
    if getattr(kind, method) is getattr(base, method):
        raise UsageError(f"{owner} has no method {method}, which does its work")
    if not is_word(kind.name):
        raise UsageError(f"{owner}: name is {kind.name!r}, must be a word of small letters, digits and _")
    if not isinstance(kind.version, int):
        raise UsageError(f"{owner}: version is {kind.version!r}, must be a whole number")
    for x in fields(kind):
        if not (isinstance(x.default, Option) and is_word(x.name)) or x.name in TAKEN:
            raise UsageError(f"{owner}: {x.name} must be a word that is not taken, with a default, by option(...)")
        check_option(owner, x, x.default) if what != "step" or x.default != 0.0 else None
    return str(kind.name)


@contextmanager
def code_of(
    given: object,
    what: str,
    raising: Callable[[str], Exception] = SampleFailure,
    passing: type[Exception] | tuple[type[Exception], ...] = VitrifyError,
) -> Iterator[None]:
    """Run code of a class or a function that a plugin may have brought: where it fails, `raising` gets a sentence with the
    line that did. Errors of `passing` are sentences already; those of the package's own code are defects, and stay."""
    try:
        yield
    except passing:
        raise
    except (Exception, SystemExit) as error:
        if of_this_package(given):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{last.filename.rpartition('/')[2]}, line {last.lineno}"
        raise raising(f"{what} fails: {type(error).__name__}: {error} ({place})") from error


def of_this_package(given: object) -> bool:
    """Whether a class or a function is the package's own, whose errors are defects."""
    return getattr(given, "__module__", "").startswith("vitrify.")


def builtin_of(value: Any) -> Any:
    """A scalar of numpy as Python's own; all else as it is."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def is_word(text: object) -> bool:
    """Whether it may be such a name."""
    return isinstance(text, str) and NAME.fullmatch(text) is not None
