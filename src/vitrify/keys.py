"""Keys of files that a person writes, with their permitted values. Checks, a JSON Schema and the tables of a page follow
from them.

A dataclass states them once, in its fields:

    density: float = key(Number(LEAST, MOST), "N/V, in λ⁻³")

Checks report all mistakes, each with the path of its key; the reader of the file adds the line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from itertools import islice
from math import inf, isfinite
from re import fullmatch
from typing import Any, Protocol, cast

from vitrify.errors import MOST_FOUND, UsageError, hint, meant, shown, wrong

FEW = 8  # known keys are all named where one is unknown, unless they are more and one of them is plainly meant
MOST = 1e12  # bound of an option that is a number
Schema = dict[str, Any]  # JSON Schema, draft 7: newer ones are not known to all editors


class Form(Protocol):
    """Base class of forms, which say what a value may be."""

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        """Every mistake in the value of a key of this name."""

    def schema(self) -> Schema:
        """The form as JSON Schema, which may permit more: it does not know what keys mean together."""

    @property
    def may_be(self) -> str:
        """The permitted values in words, for a table."""


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number. above, below: whether it stays above `least` and below `most`; among: the only permitted numbers;
    within: its bounds in words, where the numbers alone do not say them; words: texts that may be given instead."""

    least: float = -inf
    most: float = inf
    whole: bool = False
    above: bool = False
    below: bool = False
    among: tuple[int, ...] = ()
    within: str = ""
    words: tuple[str, ...] = ()

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        if isinstance(value, str) and value in self.words:
            return
        if not is_number(value, whole=self.whole):
            yield wrong(owner, name, value, self.may_be)
        elif not self._holds(cast(float, value)):
            yield wrong(owner, name, value, self._or_words(self.bounds))

    def _holds(self, value: float) -> bool:
        inside = self.least < value if self.above else self.least <= value
        inside = inside and (value < self.most if self.below else value <= self.most)
        return inside and (not self.among or value in self.among)

    def schema(self) -> Schema:
        found: Schema = {"type": "integer" if self.whole else "number"}
        if isfinite(self.least):
            found["exclusiveMinimum" if self.above else "minimum"] = self.least
        if isfinite(self.most):
            found["exclusiveMaximum" if self.below else "maximum"] = self.most
        if self.among:
            found["enum"] = list(self.among)
        return {"anyOf": [found, {"enum": list(self.words)}]} if self.words else found

    @property
    def bounds(self) -> str:
        """The interval in words."""
        least = f"{'above' if self.above else 'at least'} {_plain(self.least)}" if isfinite(self.least) else ""
        most = f"{'below' if self.below else 'at most'} {_plain(self.most)}" if isfinite(self.most) else ""
        return self.within or " and ".join(x for x in (least, most) if x)

    @property
    def may_be(self) -> str:
        kind = "an integer" if self.whole else "a finite number"
        return self._or_words(f"{kind}, {self.bounds}" if self.bounds else kind)

    def _or_words(self, text: str) -> str:
        return ", or ".join([text, *(f'"{x}"' for x in self.words)])


@dataclass(frozen=True, slots=True)
class Text:
    """A text: one of several, one that a regular expression matches as a whole, or one that passes a test."""

    choices: tuple[str, ...] = ()
    pattern: str = ""
    holds: Callable[[str], bool] | None = None
    told: str = "a text"

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        if not isinstance(value, str):
            yield wrong(owner, name, value, self.may_be if self.choices else "a text")
        elif self.choices and value not in self.choices:
            yield wrong(owner, name, value, f"{self.may_be}{hint(value, self.choices)}")
        elif (self.pattern and not fullmatch(self.pattern, value)) or (self.holds and not self.holds(value)):
            yield wrong(owner, name, value, self.told)

    def schema(self) -> Schema:
        if self.choices:
            return {"enum": list(self.choices)}
        return {"type": "string"} | ({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})

    @property
    def may_be(self) -> str:
        return " or ".join(f'"{x}"' for x in self.choices) or self.told


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth value: true or false."""

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        if not isinstance(value, bool):
            yield wrong(owner, name, value, self.may_be)

    def schema(self) -> Schema:
        return {"type": "boolean"}

    @property
    def may_be(self) -> str:
        return "true or false"


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts."""

    of: Text = Text()

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        if not isinstance(value, list | tuple) or not all(isinstance(x, str) for x in value):
            yield wrong(owner, name, value, self.may_be)
            return
        for place, text in enumerate(value):
            for x in self.of.mistakes(owner, name, text):
                yield UsageError(str(x), owner=owner, name=name, value=text, path=(name, place))

    def schema(self) -> Schema:
        return {"type": "array", "items": self.of.schema()}

    @property
    def may_be(self) -> str:
        return "a list of texts"


@dataclass(frozen=True, slots=True)
class Numbers:
    """A table of names with one finite number each."""

    example: str = ""  # as TOML
    holds: Callable[[str], bool] | None = None  # test of a name

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        if not isinstance(value, Mapping) or not all(map(is_number, value.values())):
            yield wrong(owner, name, value, self.may_be)
        elif self.holds and not all(map(self.holds, value)):
            yield wrong(owner, name, dict(value), "names with a finite number each")

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": {"type": "number"}}

    @property
    def may_be(self) -> str:
        return f"a table such as {self.example}"


@dataclass(frozen=True, slots=True)
class Own:
    """A form whose record checks itself."""

    may_be: str
    of: Schema

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        del owner, name, value
        return iter(())

    def schema(self) -> Schema:
        return dict(self.of)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a file: its permitted values, its meaning, and its default."""

    name: str
    form: Form
    meaning: str
    default: Any = MISSING  # MISSING where it must be given
    otherwise: str = ""  # the default in words, where its value says too little

    @property
    def needed(self) -> bool:
        """True where a value must be given."""
        return self.default is MISSING

    @property
    def unless_given(self) -> str:
        """The default in words, for a table."""
        return "required" if self.needed else self.otherwise or f"`{as_toml(self.default)}`"

    def schema(self) -> Schema:
        """Schema of its form with its meaning and its default."""
        told = {} if self.needed or self.otherwise else {"default": self.default}
        meaning = f"{self.meaning} (default: {self.otherwise})" if self.otherwise else self.meaning
        return self.form.schema() | told | {"description": meaning}


def key(form: Form, meaning: str, default: Any = MISSING, *, otherwise: str = "", **more: Any) -> Any:
    """Make a field of a record that is a key of a file. more: further arguments of the field, such as default_factory."""
    given = {} if default is MISSING else {"default": default}
    return field(**given, **more, metadata={"form": form, "meaning": meaning, "otherwise": otherwise})


def keys_of(record: Any) -> dict[str, Key]:
    """The keys of a dataclass, by name: its fields that were made by `key` or `option`."""
    return {x.name: key_of(x) for x in fields(record) if "form" in x.metadata}


def key_of(of: Field[Any]) -> Key:
    """The key that a field describes."""
    default = of.default if of.default_factory is MISSING else of.default_factory()
    about = of.metadata
    default = MISSING if about.get("needed") else default
    return Key(of.name, form_of(of), about.get("meaning", ""), default, about.get("otherwise", ""))


def form_of(of: Field[Any]) -> Form:
    """The form of a field: the one that it gives, or that of its default."""
    form: Form = of.metadata.get("form") or form_like(of.default)
    return form


def form_like(default: object, *, choices: tuple[str, ...] = (), at_least: float = 0, most: float = MOST) -> Form:
    """The form of an option with this default."""
    if isinstance(default, str):
        return Text(choices)
    if isinstance(default, bool):
        return Truth()
    return Number(at_least, most, whole=isinstance(default, int), below=True)


def mistakes_in(owner: str, forms: Mapping[str, Form], table: Mapping[str, object]) -> list[UsageError]:
    """The mistakes in a table, up to as many as anybody reads: unknown keys, and values that are not permitted."""
    return [*islice(_mistakes(owner, forms, table), MOST_FOUND)]


def _mistakes(owner: str, forms: Mapping[str, Form], table: Mapping[str, object]) -> Iterator[UsageError]:
    for name, value in table.items():
        if name in forms:
            yield from forms[name].mistakes(owner, name, value)
        else:
            yield unknown(owner, name, forms)


def unknown(owner: str, name: str, known: Mapping[str, object] | Sequence[str], what: str = "key of it") -> UsageError:
    """The error for a key that its owner does not have."""
    meant = hint(name, known)
    all_of_them = (
        "" if meant and len(known) > FEW else f", must be {'one of ' if known else ''}{', '.join(known) or 'left out'}"
    )
    prefix = f"{owner}: " if owner else ""
    return UsageError(f"{prefix}{shown(name)} is not a {what}{all_of_them}{meant}", owner=owner, name=name, path=(name,))


def missing(owner: str, keys: Mapping[str, Key], given: Collection[str]) -> list[UsageError]:
    """The errors for keys that are needed and not given, except those that an unknown key was plainly meant to be."""
    absent = [x for x, key in keys.items() if key.needed and x not in given]
    slips = {meant(x, keys) for x in islice((x for x in given if x not in keys), MOST_FOUND)} if absent else set()
    return [UsageError(f"{owner}: {x} is missing", owner=owner, name=x) for x in absent if x not in slips]


def table_schema(keys: Mapping[str, Key], meaning: str, *, also: Mapping[str, Schema] | None = None) -> Schema:
    """Schema of a table that has these keys and no others. also: keys before them, which are needed."""
    first = dict(also or {})
    needed = [*first, *(x.name for x in keys.values() if x.needed)]
    return {
        "type": "object",
        "description": meaning,
        "properties": first | {name: x.schema() for name, x in keys.items()},
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def key_table(record: Any) -> str:
    """The keys of a record with their permitted values and meanings, as a table in Markdown."""
    rows = [(f"`{x.name}`", x.form.may_be, x.meaning, x.unless_given) for x in keys_of(record).values()]
    return markdown(("key", "value", "meaning", "default"), rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts in Markdown."""
    lines = [head, ["---"] * len(head), *([x.replace("|", "\\|") for x in row] for row in rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines).replace("| --- ", "|---").replace("|--- |", "|---|")


def is_number(value: object, *, whole: bool = False) -> bool:
    """Tell whether a value is a finite number, as TOML has them."""
    kind = int if whole else int | float
    return isinstance(value, kind) and not isinstance(value, bool) and abs(value) < inf


def as_toml(value: object) -> str:
    """A default as it would be written in a study file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return f"[{', '.join(map(as_toml, value))}]" if isinstance(value, list | tuple) else str(value)


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
