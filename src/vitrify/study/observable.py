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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from vitrify.errors import UsageError, check, shown
from vitrify.options import Option, is_word, option

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np

    from vitrify.backends import Cpu
    from vitrify.backends.gpu import Gpu
    from vitrify.errors import SampleFailure
    from vitrify.glass import Glass

__all__ = ["NUMBER", "OBSERVABLES", "Column", "Measured", "Observable", "Option", "option", "register"]
Kind = TypeVar("Kind", bound="type[Observable]")
TAKEN = ("glass", "parent_temperature", "ensemble", "sample", "n_samples", "n_particles", "dimension", "name")
NUMBER = "1"  # the unit of what has none


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
    known = is_dataclass(given) and hasattr(given, "summary") and hasattr(given, "measure") and is_word(name)
    check(known, "plugin", "observable", given, "a dataclass below Observable with a summary and a name such as 'largest'")
    check(name not in TAKEN and name not in OBSERVABLES, owner, "name", name, "one that is not taken")
    for x in fields(given):
        check(is_word(x.name) and x.name not in TAKEN, owner, "option", x.name, "a word in small letters, not taken")
        check(isinstance(x.default, Option), owner, x.name, x.default, "a number, a text or a truth by default")
    for column, about in kind.columns.items():
        check(is_word(column) and isinstance(about, Column), owner, "column", column, "a word, described by a Column")
        other = next((x.name for x in OBSERVABLES.values() if column in x.columns), "")
        check(not other and column not in TAKEN, owner, "column", column, f"one that {other or 'no table'} does not have")
    OBSERVABLES[kind.name] = kind
    return kind


def power_of(base: str, dimensions: Collection[int]) -> str:
    """A length to the power of its dimension: λ³, λ², or λ^d where there are both."""
    found = set(dimensions)
    return base + ({3: "³", 2: "²"}[found.pop()] if len(found) == 1 else "^d")


def unknown_observable(owner: str, name: object) -> UsageError:
    """What is said of an observable that nobody registered."""
    known = f"one of {', '.join(OBSERVABLES)}, or of a plugin (vitrify --plugin FILE)"
    return UsageError(f"{owner}: observables is {shown(name)}, must be {known}")
