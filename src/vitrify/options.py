"""Options in a study file, as fields of a frozen dataclass, with their defaults and permitted values."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field, field, fields
from typing import Any

from vitrify.errors import SampleFailure, UsageError, VitrifyError, check, kind_and_text
from vitrify.keys import Form, Key, form_like, form_of, key_of, mistakes_in

Option = float | int | str | bool
NAME = re.compile("[a-z][a-z0-9_]{0,39}")  # name of an observable or step, of an option or a column: a word of a study file
TAKEN = ("step", "name", "version", "n_samples", "n_particles")  # as options, by study files themselves


def option(
    default: Option,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    at_least: float = 0,
    most: float = 1e6,
    needed: bool = False,
) -> Any:
    """A field of such a class, as a key of the study file. at_least, most: bounds of a number, which must be below `most`.
    needed: whether a study must give it; its class then refuses the default. Raises UsageError for choices that the default
    is not one of."""
    check(
        not choices or default in choices,
        "option",
        "default",
        default,
        f"one of its choices, {', '.join(map(repr, choices))}",
    )
    form = form_like(default, choices=choices, at_least=at_least, most=most)
    return field(default=default, metadata={"meaning": meaning, "form": form, "needed": needed})


def options_of(kind: Any) -> dict[str, Field[Any]]:
    """The options of a dataclass, by name."""
    return {x.name: x for x in fields(kind)}


def option_keys(kind: Any) -> dict[str, Key]:
    """The options of a dataclass as keys of a study file."""
    return {x.name: key_of(x) for x in fields(kind)}


def mistakes_of_options(
    owner: str, kind: Any, given: Mapping[str, object], also: Mapping[str, Form] | None = None
) -> list[UsageError]:
    """All mistakes in a table of options of a dataclass. also: keys that are permitted besides its options."""
    forms = {name: form_of(x) for name, x in options_of(kind).items()}
    found = mistakes_in(owner, {**(also or {}), **forms}, given)
    if not found:
        try:
            with code_of(kind, owner, raising=UsageError):  # checks of its own, of all options together
                kind(**{name: given[name] for name in forms if name in given})
        except UsageError as error:
            return list(error.each)
    return found


def defaults_of(kind: Any) -> dict[str, Option]:
    """The options with their defaults."""
    return {name: x.default for name, x in options_of(kind).items()}  # type: ignore[misc]  # each has a default


def values_of(of: Any) -> dict[str, Option]:
    """The options of a record with its values, by name."""
    return {x.name: getattr(of, x.name) for x in fields(of)}


def check_option(owner: str, of: Field[Any], value: object) -> None:
    """Raise UsageError where an option has a value that it cannot have."""
    for mistake in form_of(of).mistakes(owner, of.name, value):
        raise mistake


def check_options(owner: str, of: Any) -> None:
    """Raise UsageError where a record has an option with a value that it cannot have."""
    for x in fields(of):
        check_option(owner, x, getattr(of, x.name))


def check_kind(what: str, given: Any, methods: tuple[str, ...], base: type) -> str:
    """Name of a class that is to be registered, and that must define one of these methods itself. Raises UsageError where
    it lacks a part of such a class."""
    owner = f"plugin: {what} {getattr(given, '__name__', given)}"
    kind: Any = given
    if not (isinstance(given, type) and issubclass(given, base)):
        raise UsageError(f"{owner} must be a class below {base.__name__}")
    made = vars(kind).get("__dataclass_params__")
    if made is None or not made.frozen:
        raise UsageError(f"{owner} is not a frozen dataclass, but must have @dataclass(frozen=True) above it")
    for text in ("name", "summary"):
        if not isinstance(getattr(kind, text, None), str):
            raise UsageError(f"{owner} has no {text}, must have one as a text")
    if all(getattr(kind, x) is getattr(base, x) for x in methods):
        raise UsageError(f"{owner} has no method {' or '.join(methods)}, which does its work")
    if not is_word(kind.name):
        raise UsageError(f"{owner}: name is {kind.name!r}, must be a word of small letters, digits and _")
    if not isinstance(kind.version, int):
        raise UsageError(f"{owner}: version is {kind.version!r}, must be a whole number")
    for x in fields(kind):
        if not (isinstance(x.default, Option) and is_word(x.name)) or x.name in TAKEN:
            raise UsageError(f"{owner}: {x.name} must have a name that is not taken, and a default given by option(...)")
        refused = x.metadata.get("needed") or (what == "step" and x.default == 0.0)  # until a study gives it
        if not refused:
            check_option(owner, x, x.default)
    return str(kind.name)


@contextmanager
def code_of(
    given: object,
    what: str,
    raising: Callable[[str], Exception] = SampleFailure,
    passing: type[Exception] | tuple[type[Exception], ...] = VitrifyError,
) -> Iterator[None]:
    """Run code of a class or a function that a plugin may have brought. Where it fails, `raising` is called with a sentence
    that names the line. Errors of `passing` are sentences already; errors of the package's own code are defects, and pass
    through."""
    try:
        yield
    except passing:
        raise
    except (Exception, SystemExit) as error:
        if of_this_package(given):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{last.filename.rpartition('/')[2]}, line {last.lineno}"
        raise raising(f"{what} fails: {kind_and_text(error)} ({place})") from error


def of_this_package(given: object) -> bool:
    """Tell whether a class or a function is the package's own, so that its errors are defects."""
    return getattr(given, "__module__", "").startswith("vitrify.")


def builtin_of(value: Any) -> Any:
    """A scalar of NumPy and its like, or an array without axes, as Python's own; all other values unchanged."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def is_word(text: object) -> bool:
    """Tell whether a text may be such a name."""
    return isinstance(text, str) and NAME.fullmatch(text) is not None
