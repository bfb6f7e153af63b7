"""Columns that a table of samples can have, each with its unit and its meaning.

Units are those of three dimensions; in two ε/λ³ is ε/λ², in a table of both ε/λ^d. A table of three dimensions alone does
not say its dimension."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from vitrify.options import of_this_package
from vitrify.renamed import renamed

from .observable import NUMBER, Column, power_of
from .observables import OBSERVABLES
from .results import PROVENANCE
from .spec import EnsembleSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEYS", "MADE", "Column", "columns", "described", "in_order", "observed", "power_of", "said_dimension", "units"]

DIMENSION = "dimension"
KEYS = {
    "ensemble": Column("", "name of the ensemble in its study", str),
    "sample": Column(NUMBER, "number of the sample, from 0", int),
    "n_particles": Column(NUMBER, "particles", int),
}
WHERE_NOT_3 = {DIMENSION: Column(NUMBER, "dimensions of space", int)}
MADE = {
    "parent_temperature": Column("ε/k_B", "T of the liquid that was quenched"),
    "msd_over_a0_squared": Column(NUMBER, "mean squared displacement of the liquid, in a0²"),
    "liquid_steps": Column(NUMBER, "steps of molecular dynamics", int),
    "force_evaluations": Column(NUMBER, "force evaluations of the quench", int),
    "seconds": Column("s", "time that the glass took"),
    "processor": Column("", "processor and vector instructions that made the glass", str),
    "imported_from": Column("", "file from which the glass was imported", str),
    "glass_density": Column("1/λ³", "ρ = N/V of an imported glass"),
}
GAPS = {int: "Int64", bool: "boolean"}  # pandas' types that know a missing value


def observed() -> dict[str, Column]:
    """The columns of all observables, those of plugins last."""
    return {name: column for x in OBSERVABLES.values() for name, column in x.columns.items()}


def plugin_columns() -> list[str]:
    """Columns of numbers that plugins have brought."""
    brought = [x for x in OBSERVABLES.values() if not of_this_package(x)]
    return [name for x in brought for name, column in x.columns.items() if column.kind is not str]


def columns() -> dict[str, Column]:
    """Every column that a table can have."""
    return KEYS | WHERE_NOT_3 | observed() | MADE


def described(table: pd.DataFrame, dimensions: Collection[int] = ()) -> dict[str, Column]:
    """Describe each column. A column that a newer vitrify wrote has no description.

    dimensions: those of the glasses, used where no column says them."""
    kinds = {"f": float, "i": int, "b": bool}
    names = [str(name) for name in table.columns]
    said = {int(x) for x in table[DIMENSION]} if DIMENSION in table else set(dimensions)
    there = columns()
    known = {x: there.get(x) or Column("", "", kinds.get(table[x].dtype.kind, str)) for x in names}
    return {name: x.of(said) for name, x in known.items()}


def said_dimension(spec: EnsembleSpec, all_of_table: Iterable[EnsembleSpec]) -> dict[str, int]:
    """The dimension of an ensemble as its column, present where any ensemble of the table is not three-dimensional."""
    return {DIMENSION: spec.dimension} if any(x.dimension != 3 for x in all_of_table) else {}


def units(table: pd.DataFrame, dimensions: Collection[int] = ()) -> dict[str, str]:
    """Unit by column. dimensions: those of the glasses, used where no column says them."""
    return {name: x.unit for name, x in described(table, dimensions).items()}


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Put keys first, then observables, and provenance last. Integers and booleans keep their type where some rows have
    none."""
    last = [name for name in PROVENANCE if name in table]
    first = [*KEYS, *(name for name in WHERE_NOT_3 if name in table)]
    middle = [name for name in table.columns if name not in first and name not in last]
    kinds = {name: x.kind for name, x in described(table).items() if table[name].isna().any()}
    return table[[*first, *middle, *last]].astype({name: GAPS[kind] for name, kind in kinds.items() if kind in GAPS})


__getattr__ = renamed(__name__, {"COLUMNS": f"{__name__}.columns()"})
