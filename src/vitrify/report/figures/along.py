"""Quantities along sets of ensembles: rows of panels, the numbers behind them, and a description in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.ensemble import EnsembleSummary, Estimate, GlassCount
from vitrify.report.gathered import Gathered, Series, Study
from vitrify.report.marks import Mark
from vitrify.report.style import bars, drawable, few_ticks, logarithmic, named_ticks, panels, say

MOST_COLUMNS = 3  # more panels side by side would be too small to read
TOO_FEW = "this quantity is not known yet: there are\ntoo few samples, or the glasses are too small"


@dataclass(frozen=True, slots=True)
class Control:
    """A set of ensembles as figures show it."""

    name: str  # name of the set, such as "DSS"
    symbol: str  # symbol of its control parameter in a figure, in TeX where it is a formula
    plain: str  # the symbol in plain text
    colour: str
    marker: str
    names: tuple[str, ...] = ()  # of ensembles that have no control parameter and stand at 0, 1, 2, ...

    def shown(self, control: float) -> str:
        """A value of the control parameter as it stands in a legend."""
        return drawable(self.names[int(control)]) if self.names else f"{self.symbol} = {control:g}"

    def written(self, control: float) -> str:
        """A value of the control parameter in plain text."""
        return self.names[int(control)] if self.names else f"{self.plain} = {control:g}"

    def place(self, control: float) -> str:
        """A value of the control parameter beside the name of its ensemble, which need not be said twice."""
        return "" if self.names else f"{self.plain} = {control:g}"


def of_samples(*columns: str) -> Callable[[Gathered], GlassCount]:
    """Count the ensemble's own glasses: all, or those that have a value in the first of these columns that is there."""

    def count(x: Gathered) -> GlassCount:
        known = [int(x.table[name].notna().sum()) for name in columns if name in x.table]
        return GlassCount(x.spec.n_particles, next(iter(known), x.summary.n_samples))

    return count


def of_low_modes(x: Gathered) -> GlassCount:
    """The glasses whose lowest modes are known."""
    return x.micro.of_modes


def of_dipoles(x: Gathered) -> GlassCount:
    """The glasses whose dipole responses are known."""
    return x.micro.of_dipoles


def of_nonlinear_modes(x: Gathered) -> GlassCount:
    """The glasses of which one nonlinear mode each is known."""
    return GlassCount(x.spec.particles_of("qlm"), len(x.qlm))


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity, which is a row of panels."""

    column: str  # in a table, such as "g_over_k"
    symbol: str  # in TeX
    plain: str  # in a plain text
    quantity: Callable[[Gathered], Estimate]
    log: bool = False
    unit: str = ""  # in a plain text; empty for a plain number
    glasses: Callable[[Gathered], GlassCount] | None = None  # on which it was measured; None: those with its column

    def mark(self, x: Gathered, at: str = "") -> Mark:
        """What a point of this quantity stands for. at: its place on the abscissa."""
        count = self.glasses or of_samples(self.column)
        return Mark(x, self.label, self.quantity(x), at, count(x), self.unit)

    @property
    def label(self) -> str:
        """The quantity without the article with which it begins a sentence."""
        return self.plain.removeprefix("The ").removeprefix("Their ")


def of_summary(quantity: Callable[[EnsembleSummary], Estimate]) -> Callable[[Gathered], Estimate]:
    """Take a macroscopic quantity of an ensemble."""
    return lambda x: quantity(x.summary)


@dataclass(frozen=True, slots=True)
class Rows:
    """A figure that shows quantities along sets: one row per quantity, one column per set."""

    rows: tuple[Row, ...]
    controls: tuple[Control, ...]

    def draw(self, study: Study) -> Drawing:
        """Each quantity along each set."""
        figure, axes = rows_of_panels(len(self.rows), len(self.controls))
        for own, row in zip(axes, self.rows, strict=True):
            draw_row(own, study, self.controls, row)
        return figure

    def data(self, study: Study) -> pd.DataFrame:
        """One row per ensemble of a set, each value next to its error."""
        return along_table(study, self.controls, self.rows)

    def alternative(self, study: Study) -> str:
        """A description of the figure in words."""
        return " ".join(trends(study, self.controls, self.rows))


def rows_of_panels(rows: int, across: int) -> tuple[Drawing, list[list[Any]]]:
    """Arrange rows of so many panels each; a row of more than three goes on in further lines."""
    columns = min(across, MOST_COLUMNS)
    lines = -(-across // columns)
    figure, axes = panels(rows * lines, columns)
    own = [list(axes[k * lines : (k + 1) * lines].ravel()) for k in range(rows)]
    for row in own:
        for axis in row[across:]:
            axis.remove()
    for k, axis in enumerate(axis for row in own for axis in row[:across]):
        axis.set_title(f"({chr(97 + k)})" if rows * across > 1 else "", loc="left")
    return figure, [row[:across] for row in own]


def draw_row(axes: Iterable[Any], study: Study, controls: Sequence[Control], row: Row) -> None:
    """Draw one quantity along each set, one panel per set."""
    for axis, control in zip(axes, controls, strict=False):
        draw_series(axis, control, study.along(control.name, row.quantity), row)
        if not study.of_set(control.name):
            axis.texts[-1].set_text(no_such(control))


def draw_series(axis: Any, control: Control, series: Series, row: Row) -> None:
    """Draw points with error bars along one set."""
    if not series.control:
        say(axis, TOO_FEW)
        return
    positive = row.log and bool(np.all(series.values > 0))
    if positive:
        logarithmic(axis, "y")
    how = {"color": control.colour, "marker": control.marker, "ls": "none" if control.names else ":"}
    marks = marks_along(row, control, series)
    bars(axis, series.control, series.values, series.errors, marks=marks, **how)
    axis.set(xlabel=control.symbol, ylabel=row.symbol)
    axis.margins(0.08, 0.15)
    few_ticks(axis)
    if control.names:
        named_ticks(axis, [drawable(x) for x in control.names])


def marks_along(row: Row, control: Control, series: Series) -> list[Mark]:
    """A mark for each ensemble of a series."""
    return [row.mark(x, control.place(c)) for c, x in zip(series.control, series.ensembles, strict=False)]


def no_such(control: Control) -> str:
    """A sentence that a study has no ensemble of a set."""
    return f"this study has no ensembles of {control.name}"


def along_table(study: Study, controls: Sequence[Control], rows: Sequence[Row]) -> pd.DataFrame:
    """One row per ensemble of a set; ensembles without known numbers are left out."""
    found = []
    for control in controls:
        for value, x in study.of_set(control.name):
            known = {row.column: row.quantity(x) for row in rows}
            if any(np.isfinite(e.value) for e in known.values()):
                found.append(place(control, value, x) | _columns(known))
    return pd.DataFrame(found)


def long_table(study: Study, controls: Sequence[Control], row: Row) -> pd.DataFrame:
    """One quantity in long form, with its name, value and error in the columns that points of a curve have."""
    found = along_table(study, controls, [row])
    found = found.rename(columns={row.column: "value", f"{row.column}_error": "error"})
    return found.assign(quantity=row.column) if len(found) else found


def together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join several tables, of which any may be empty, into one."""
    full = [x for x in parts if len(x)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame()


def ends(members: Sequence[tuple[float, Gathered]]) -> list[tuple[float, Gathered]]:
    """The lowest and the highest control parameter of a set."""
    return [members[0], members[-1]] if len(members) > 1 else list(members)


def place(control: Control, value: float, x: Gathered) -> dict[str, object]:
    """The place of an ensemble in its set, as the first columns of every table of a figure."""
    return {"set": control.name, "control": value, "ensemble": x.spec.name, "n_samples": x.summary.n_samples}


def _columns(known: dict[str, Estimate]) -> dict[str, float]:
    both: dict[str, float] = {}
    for name, e in known.items():
        both |= {name: e.value, f"{name}_error": e.error}
    return both


def trends(study: Study, controls: Sequence[Control], rows: Sequence[Row]) -> list[str]:
    """A sentence for each quantity: "G/K falls from 0.43 to 0.15 as ρ rises from 0.55 to 1.2; ..."."""
    found = []
    for row in rows:
        parts = [trend(study.along(c.name, row.quantity), c) for c in controls]
        parts = [x for x in parts if x]
        if parts:
            found.append(f"{row.plain} {'; '.join(parts)}.")
    return found


def trend(series: Series, control: Control) -> str:
    """Change of a quantity from one end of a set to the other, in words; empty where nothing is known."""
    if not series.control:
        return ""
    values, (first, *_, last) = series.values, (series.control[0], *series.control[1:], series.control[-1])
    if len(values) == 1:
        return f"is {values[0]:.3g} at {control.written(first)}"
    if control.names:
        low, high = (control.names[int(series.control[int(k)])] for k in (values.argmin(), values.argmax()))
        return f"is least in {low} ({values.min():.3g}) and largest in {high} ({values.max():.3g})"
    across = f"as {control.plain} rises from {first:g} to {last:g}"
    error = float(np.hypot(*np.nan_to_num(series.errors[[0, -1]])))
    if abs(values[-1] - values[0]) <= 2.0 * error:
        return f"stays between {values.min():.3g} and {values.max():.3g} {across}"
    return f"{'rises' if values[-1] > values[0] else 'falls'} from {values[0]:.3g} to {values[-1]:.3g} {across}"
