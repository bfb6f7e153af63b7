"""Tables of samples in the units of a laboratory, beside those in ε, λ and m."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from vitrify.physical_units import Units, units_of

from .columns import described

if TYPE_CHECKING:
    import pandas as pd


def table_in_units(table: pd.DataFrame, units: Units | str, dimensions: Collection[int] = ()) -> pd.DataFrame:
    """A table of samples, each of whose columns is followed by itself in the laboratory's unit where it has one.

    dimensions: those of the glasses, where no column says them. `attrs["units"]` has the unit of each. Raises
    UsageError."""
    chosen, found, names = units_of(units) or Units(), table.copy(), {}
    for name, column in described(table, dimensions).items():
        names[name], unit = column.unit, chosen.physical(column.unit)
        if unit:
            key = f"{name}_{unit.suffix}"
            names[key] = unit.name
            found.insert(list(found.columns).index(name) + 1, key, table[name] * unit.factor)
    found.attrs["units"] = names
    return found
