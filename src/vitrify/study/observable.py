"""What a study can measure of a glass: a class for each observable, from which all else that concerns it is read.

An observable is a frozen dataclass. Its fields are the options of the study file, its class attributes say what its columns
mean and which version of its code this is, and `measure` takes a glass. It is registered where its file is imported:

    @register
    @dataclass(frozen=True)
    class Largest(Observable):
        name = "largest"
        summary = "distance of the farthest neighbour"
        columns = {"largest": Column("λ", "distance of the farthest neighbour")}

        def measure(self, glass: Glass) -> Measured:
            return Measured({"largest": ...})
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from vitrify.errors import UsageError, check, shown

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np

    from vitrify.backends import Cpu
    from vitrify.backends.gpu import Gpu
    from vitrify.errors import SampleFailure
    from vitrify.glass import Glass

Option = float | int | str | bool
Kind = TypeVar("Kind", bound="type[Observable]")
NAME = re.compile("[a-z][a-z0-9_]{0,39}")  # of an observable, its options and its columns: a word of a study file
TAKEN = ("glass", "parent_temperature", "ensemble", "sample", "n_samples", "n_particles", "dimension", "name")
NUMBER = "1"  # the unit of what has none
MOST = 1e6  # of an option that is a number


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table of samples."""

    unit: str  # of ε, λ(small, small), m and k_B; "1" for a plain number, empty for a text
    meaning: str
    kind: type = float  # float, int, bool or str

    @property
    def sentence(self) -> str:
        """Meaning and unit, as a person reads them."""
        return self.meaning if self.unit in ("", NUMBER) else f"{self.meaning}, {self.unit}"

    def of(self, dimensions: Collection[int]) -> Column:
        """The column of glasses of these dimensions, with their unit."""
        return replace(self, unit=self.unit.replace("λ³", power_of("λ", dimensions or {3})))


@dataclass(frozen=True, slots=True)
class Measured:
    """What an observable found on one glass: a value for each of its columns, and arrays that the store keeps too."""

    values: Mapping[str, Option] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)


def option(default: Option, meaning: str, *, choices: tuple[str, ...] = (), at_least: float = 0) -> Any:
    """A field of an observable, as a key of the study file: what it is by default, what it means, what it may be."""
    return field(default=default, metadata={"meaning": meaning, "choices": choices, "at_least": at_least})


class Observable:
    """The base of all observables; subclasses are frozen dataclasses."""

    name: ClassVar[str]  # in study files, and of its folders in a store
    summary: ClassVar[str]  # what it measures, in a few words
    columns: ClassVar[Mapping[str, Column]] = {}  # of its values, in the order of a table
    version: ClassVar[int] = 1  # of its code, part of every result's identity: raise it where results change
    many_at_once: ClassVar[bool] = False  # whether it has measure_many, which a GPU runs

    def measure(self, glass: Glass) -> Measured:
        """Measure one glass. Raises SampleFailure where the glass has no such thing."""
        raise NotImplementedError

    def measure_many(self, glasses: Sequence[Glass], machine: Cpu | Gpu) -> list[Measured | SampleFailure]:
        """Measure many glasses at once on a machine."""
        raise NotImplementedError

    @property
    def parts(self) -> float:
        """How many equal pieces of work a measurement has, where the table of costs knows one of them."""
        return 1.0

    @property
    def more_bytes(self) -> float:
        """Bytes of its file that depend on its options."""
        return 0.0


OBSERVABLES: dict[str, type[Observable]] = {}  # by name: the package's own, then those of plugins


def register(kind: Kind) -> Kind:
    """Let studies ask for an observable. Raises UsageError for what is none, or has a name or a column of another."""
    given: Any = kind
    name = getattr(given, "name", None)
    owner = f"observable {shown(name)}"
    known = is_dataclass(given) and hasattr(given, "summary") and hasattr(given, "measure") and _is_word(name)
    check(known, "plugin", "observable", given, "a dataclass below Observable with a summary and a name such as 'largest'")
    check(name not in TAKEN and name not in OBSERVABLES, owner, "name", name, "one that is not taken")
    for x in fields(given):
        check(_is_word(x.name) and x.name not in TAKEN, owner, "option", x.name, "a word in small letters, not taken")
        check(isinstance(x.default, Option), owner, x.name, x.default, "a number, a text or a truth by default")
    for column, about in kind.columns.items():
        check(_is_word(column) and isinstance(about, Column), owner, "column", column, "a word, described by a Column")
        other = next((x.name for x in OBSERVABLES.values() if column in x.columns), "")
        check(not other and column not in TAKEN, owner, "column", column, f"one that {other or 'no table'} does not have")
    OBSERVABLES[kind.name] = kind
    return kind


def options_of(kind: type[Observable]) -> dict[str, Field[Any]]:
    """The options of an observable."""
    return {x.name: x for x in fields(kind)}  # type: ignore[arg-type]  # what is registered is a dataclass


def defaults_of(kind: type[Observable]) -> dict[str, Option]:
    """Its options as they are by default."""
    return {name: x.default for name, x in options_of(kind).items()}  # type: ignore[misc]  # register() asks for one


def check_option(owner: str, of: Field[Any], value: object) -> None:
    """Raise UsageError where an option has a value that it cannot have."""
    default, choices, least = of.default, of.metadata.get("choices", ()), of.metadata.get("at_least", 0)
    if isinstance(default, str):
        named = " or ".join(f'"{x}"' for x in choices)
        check(isinstance(value, str) and (not choices or value in choices), owner, of.name, value, named or "a text")
    elif isinstance(default, bool):
        check(isinstance(value, bool), owner, of.name, value, "true or false")
    else:
        whole = isinstance(default, int)
        right = isinstance(value, int | float) and not isinstance(value, bool) and least <= value < MOST
        right = right and (isinstance(value, int) or not whole)
        check(right, owner, of.name, value, f"an integer, at least {least:g}" if whole else "a number")


def power_of(base: str, dimensions: Collection[int]) -> str:
    """A length to the power of its dimension: λ³, λ², or λ^d where there are both."""
    found = set(dimensions)
    return base + ({3: "³", 2: "²"}[found.pop()] if len(found) == 1 else "^d")


def _is_word(text: object) -> bool:
    return isinstance(text, str) and NAME.fullmatch(text) is not None


def unknown_observable(owner: str, name: object) -> UsageError:
    """What is said of an observable that nobody registered."""
    known = f"one of {', '.join(OBSERVABLES)}, or of a plugin (vitrify --plugin FILE)"
    return UsageError(f"{owner}: observables is {shown(name)}, must be {known}")
