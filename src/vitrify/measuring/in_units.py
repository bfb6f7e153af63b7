"""Numbers of a glass in the units of a laboratory, beside those in ε, λ and m.

The unit that a column has says how its numbers change, so that this goes for every column of every observable, those of
plugins too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from vitrify.errors import wrong
from vitrify.physical_units import Units, units_of

from .meanings import meaning_of


@dataclass(frozen=True, slots=True)
class Told:
    """A number, or a list of them, in a unit of the laboratory."""

    key: str  # such as shear_modulus_GPa
    value: Any
    unit: str


def told(name: str, value: Any, units: Units, dimension: int = 3) -> Told | None:
    """The value of a column in the laboratory's unit; None where it has none, or where ε or m was not given for it."""
    unit = units.physical(meaning_of(name, [dimension]).unit)
    scaled = _times(value, unit.factor) if unit else None
    return None if unit is None or scaled is None else Told(f"{name}_{unit.suffix}", scaled, unit.name)


def in_units(values: Any, units: Units | str | None, dimension: int = 3) -> dict[str, Any]:
    """All values, each followed by itself in the laboratory's unit under a key such as `shear_modulus_GPa`.

    values: by name, or a `Measurement`; dimension: that of the glass. Raises UsageError."""
    given = asdict(values) if is_dataclass(values) and not isinstance(values, type) else values
    if not isinstance(given, Mapping):
        raise wrong("in_units", "values", values, "a Measurement, or values by name")
    chosen = units_of(units)
    return dict(given) if chosen is None else dict(_with_units(given, chosen, dimension))


def _with_units(values: Mapping[str, Any], units: Units, dimension: int, within: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):  # of a mode, whose columns have its name before theirs
            yield name, dict(_with_units(value, units, dimension, f"{within}{name}_"))
            continue
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield name, [dict(_with_units(x, units, dimension, f"{within}{name}_")) for x in value]
            continue
        yield name, value
        if beside := told(within + name, value, units, dimension):
            yield beside.key.removeprefix(within), beside.value


def _times(value: Any, factor: float) -> Any:
    """A number, or numbers in lists, times a factor; None of what is neither."""
    if isinstance(value, list | tuple):
        scaled = [_times(x, factor) for x in value]
        return None if any(x is None for x in scaled) else scaled
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value * factor if is_number else None
