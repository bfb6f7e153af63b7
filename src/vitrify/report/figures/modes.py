"""Quasilocalised modes: one nonlinear mode per glass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.ensemble import Estimate, mean
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import SEQUENCE, bars, drawable, legend_below, named_ticks, panels, say

from .along import Control, Row, along_table, marks_along, of_nonlinear_modes, trends


def of_modes(column: str, *, power: int = 0) -> Callable[[Gathered], Estimate]:
    """The mean of a column of the modes' table, in units of ω0 to a power."""

    def found(x: Gathered) -> Estimate:
        if column not in x.qlm or (power and not np.isfinite(x.micro.omega0)):
            return UNKNOWN
        value, unit = mean(x.qlm[column]), x.micro.omega0**power if power else 1.0
        return Estimate(value.value / unit, value.error / unit)

    return found


OfModes = partial(Row, glasses=of_nonlinear_modes)
MEANS = (
    OfModes("omega_over_omega0", r"$\omega/\omega_0$", "Mean ω/ω0", of_modes("qlm_frequency", power=1)),
    OfModes("participation_ratio", "participation ratio", "Mean participation ratio", of_modes("qlm_participation_ratio")),
    OfModes("dilation_over_shear", "dilation/shear", "Mean dilation/shear", of_modes("qlm_dilation_over_shear")),
)  # fmt: skip
TERMS = (
    OfModes("k_plus", "$k_+$", "k+", of_modes("qlm_k_plus", power=2), unit="ω0²"),
    OfModes("k_minus", "$k_-$", "k−", of_modes("qlm_k_minus", power=2), unit="ω0²"),
    OfModes("f_plus", "$f_+$", "f+", of_modes("qlm_f_plus", power=2), unit="ω0²"),
    OfModes("f_minus", "$f_-$", "f−", of_modes("qlm_f_minus", power=2), unit="ω0²"),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The mean terms of the modes' energy along sets, one panel per set."""

    controls: tuple[Control, ...]

    def draw(self, study: Study) -> Drawing:
        """Draw all four terms in ω0²."""
        figure, axes = panels(1, len(self.controls))
        for axis, control in zip(axes[0], self.controls, strict=True):
            _terms(axis, study, control)
        return figure

    def data(self, study: Study) -> pd.DataFrame:
        """One row per ensemble of a set."""
        return along_table(study, self.controls, TERMS)

    def alternative(self, study: Study) -> str:
        """A description of the figure in words."""
        return " ".join(trends(study, self.controls, TERMS))


def _terms(panel: Any, study: Study, control: Control) -> None:
    for colour, marker, row in zip(SEQUENCE, "osDv", TERMS, strict=False):
        series = study.along(control.name, row.quantity)
        if series.control:
            how = {"color": colour, "marker": marker, "ls": "none" if control.names else ":", "label": row.symbol}
            marks = marks_along(row, control, series)
            bars(panel, series.control, series.values, series.errors, marks=marks, **how)
    if not panel.has_data():
        say(panel, "no quasilocalised modes have been measured yet")
        return
    panel.axhline(0.0, color="0.7", lw=0.8, zorder=0)
    panel.set(xlabel=control.symbol, ylabel=r"mean energy$/\omega_0^2$")
    if control.names:
        named_ticks(panel, [drawable(x) for x in control.names])
    legend_below(panel, 4)
