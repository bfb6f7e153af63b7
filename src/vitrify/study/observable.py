"""Observables that a study can measure of a glass: one class each, from which all else that concerns it is read.

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
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from vitrify.errors import SampleFailure, UsageError, check, hint, shown, wrong
from vitrify.options import Option, builtin_of, check_kind, check_options, code_of, is_word, option
from vitrify.plugin_files import Registry

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np

    from vitrify.backends import Cpu
    from vitrify.backends.gpu import Gpu
    from vitrify.glass import Glass

__all__ = ["NUMBER", "OBSERVABLES", "Column", "Measured", "Observable", "Option", "option", "register"]
Kind = TypeVar("Kind", bound="type[Observable]")
TAKEN = (  # as names of observables and columns, by tables themselves
    "glass", "parent_temperature", "ensemble", "sample", "n_samples", "n_particles", "dimension", "finished", "seconds",
    "processor", "liquid_steps", "msd_over_a0_squared", "force_evaluations", "liquid", "imported_from", "glass_density",
)  # fmt: skip
NUMBER = "1"  # the unit of what has none


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table of samples."""

    unit: str  # in ε, λ(small, small), m and k_B; "1" for a plain number, empty for a text
    meaning: str
    kind: type = float  # float, int, bool or str

    @property
    def sentence(self) -> str:
        """Meaning and unit, in words."""
        return self.meaning if self.unit in ("", NUMBER) else f"{self.meaning}, {self.unit}"

    def of(self, dimensions: Collection[int]) -> Column:
        """The column for glasses of these dimensions, with their unit."""
        return replace(self, unit=self.unit.replace("λ³", power_of("λ", dimensions or {3})))


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of an observable on one glass: a value for each of its columns, and arrays that the store keeps too."""

    values: Mapping[str, Option] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)


class Observable:
    """Base class of all observables; subclasses are frozen dataclasses."""

    name: ClassVar[str]  # in study files, and of its folders in a store
    summary: ClassVar[str]  # the measured quantity, in a few words
    columns: ClassVar[Mapping[str, Column]] = {}  # the columns of its values, in the order of a table
    version: ClassVar[int] = 1  # version of its code, part of every result's identity: raise it where results change
    may_lack: ClassVar[tuple[str, ...]] = ()  # columns that not every glass has, such as those of another dimension
    many_at_once: ClassVar[bool] = False  # True where it has measure_many, which a GPU runs

    def __post_init__(self) -> None:
        check_options(f"observable {self.name}", self)

    def measure(self, glass: Glass) -> Measured:
        """Measure one glass. Raises SampleFailure where the quantity does not exist for this glass."""
        raise NotImplementedError

    def measure_many(self, glasses: Sequence[Glass], machine: Cpu | Gpu) -> list[Measured | SampleFailure]:
        """Measure many glasses at once on a machine."""
        raise NotImplementedError

    @property
    def parts(self) -> float:
        """Number of equal pieces of work in a measurement, where the table of costs knows the cost of one of them."""
        return 1.0

    @property
    def more_bytes(self) -> float:
        """Bytes of its file that depend on its options."""
        return 0.0


OBSERVABLES: Registry[type[Observable]] = Registry("vitrify.observables")


def register(kind: Kind) -> Kind:
    """Register an observable, so that studies can ask for it. Raises UsageError for a class that is none, or that shares
    its name or a column with another."""
    name = check_kind("observable", kind, ("measure",), Observable)
    owner = f"observable {name}"
    check(name not in TAKEN and not OBSERVABLES.has(name), owner, "name", name, "one that is not taken")
    by_name = isinstance(kind.columns, Mapping)
    check(by_name, owner, "columns", kind.columns, 'a table such as {"farthest": Column("λ", "its meaning")}')
    for column, about in kind.columns.items():
        check(is_word(column), owner, "column", column, "a word of small letters, digits and _")
        _check_column(f"{owner}: column {column}", about)
        other = next((x.name for x in OBSERVABLES.there() if column in x.columns), "")
        check(not other and column not in TAKEN, owner, "column", column, f"one that {other or 'no table'} does not have")
    OBSERVABLES[name] = kind
    return kind


def _check_column(owner: str, given: object) -> None:
    """Raise UsageError for what describes no column."""
    check(isinstance(given, Column), owner, "description", given, "a Column(unit, meaning, kind)")
    assert isinstance(given, Column)
    for name in ("unit", "meaning"):
        check(isinstance(getattr(given, name), str), owner, name, getattr(given, name), "a text")
    check(given.kind in (float, int, bool, str), owner, "kind", given.kind, "float, int, bool or str, the type itself")


def measured(observable: Observable, glass: Glass) -> Measured:
    """Measure an observable on a glass, and give a value for each of its columns. Raises SampleFailure, also where code of
    a plugin fails."""
    with code_of(type(observable), f"observable {observable.name}"):
        found = observable.measure(glass)
    return checked(observable, found)


def checked(observable: Observable, found: Measured) -> Measured:
    """Convert the values to plain numbers, booleans and texts. Raises SampleFailure where they do not match the columns."""
    what, given = f"observable {observable.name}", cast(object, found)
    if not isinstance(given, Measured):
        raise SampleFailure(f"{what} gave a {type(given).__name__}, must give Measured(values, arrays)")
    missing = [x for x in observable.columns if x not in found.values and x not in observable.may_lack]
    extra = [x for x in found.values if x not in observable.columns]
    if missing or extra:
        lacking = f"no value for {missing[0]}" if missing else f"a value for {extra[0]}, which is not one of its columns"
        raise SampleFailure(f"{what} gave {lacking}")
    values = {
        x: _plain(what, x, found.values[x], observable.columns[x].kind) for x in observable.columns if x in found.values
    }
    return Measured(values, {name: _array(what, name, x) for name, x in found.arrays.items()})


def _plain(what: str, column: str, value: object, kind: type) -> Option:
    """A value converted to its column's kind."""
    given = builtin_of(value)
    fits = {float: (int, float), int: (int,), bool: (bool,), str: (str,)}[kind]
    if not isinstance(given, fits) or (isinstance(given, bool) and kind is not bool):
        raise SampleFailure(f"{what} gave {shown(given)} for {column}, must give {kind.__name__}")
    if isinstance(given, int) and abs(given) >= 2**63:
        raise SampleFailure(f"{what} gave a number for {column} that has more than 64 bits")
    return kind(given)  # type: ignore[no-any-return]  # one of four plain types


def _array(what: str, name: object, given: object) -> np.ndarray[Any, Any]:
    """An array of numbers."""
    import numpy as np

    try:
        array = np.asarray(given)
    except ValueError:
        array = np.empty(0, dtype=object)
    if not isinstance(name, str) or "/" in name or not name or array.dtype.kind not in "biuf":
        raise SampleFailure(
            f"{what} gave an array {name} that does not consist of numbers; it must give arrays of numbers by name"
        )
    return array


def power_of(base: str, dimensions: Collection[int]) -> str:
    """A length to the power of its dimension: λ³, λ², or λ^d where glasses of both dimensions occur."""
    found = set(dimensions)
    return base + ({3: "³", 2: "²"}[found.pop()] if len(found) == 1 else "^d")


def unknown_observable(name: object) -> UsageError:
    """The error for an observable that is not registered."""
    known = f"one of {', '.join(OBSERVABLES)}, or of a plugin (vitrify --plugin FILE){hint(str(name), OBSERVABLES)}"
    return wrong("", "observables", name, known, path=())
