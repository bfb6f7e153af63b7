"""Quasilocalised modes: one nonlinear mode a glass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.ensemble import Estimate, mean
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import SEQUENCE, bars, drawable, legend_below, named_ticks, panels, say

from .along import Control, Row, along_table, trends


def of_modes(column: str, *, power: int = 0) -> Callable[[Gathered], Estimate]:
    """The mean of a column of the modes' table, in units of ω0 to a power."""

    def found(x: Gathered) -> Estimate:
        if column not in x.qlm or (power and not np.isfinite(x.micro.omega0)):
            return UNKNOWN
        value, unit = mean(x.qlm[column]), x.micro.omega0**power if power else 1.0
        return Estimate(value.value / unit, value.error / unit)

    return found


MEANS = (
    Row("omega_over_omega0", r"$\omega/\omega_0$", "Their ω/ω0", of_modes("qlm_frequency", power=1)),
    Row("participation_ratio", "participation ratio", "Their participation ratio", of_modes("qlm_participation_ratio")),
    Row("dilation_over_shear", "dilation/shear", "Their dilation/shear", of_modes("qlm_dilation_over_shear")),
)  # fmt: skip
TERMS = (
    Row("k_plus", "$k_+$", "k+", of_modes("qlm_k_plus", power=2)),
    Row("k_minus", "$k_-$", "k−", of_modes("qlm_k_minus", power=2)),
    Row("f_plus", "$f_+$", "f+", of_modes("qlm_f_plus", power=2)),
    Row("f_minus", "$f_-$", "f−", of_modes("qlm_f_minus", power=2)),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The mean terms of the modes' energy along sets, one panel a set."""

    controls: tuple[Control, ...]

    def draw(self, study: Study) -> Drawing:
        """All four terms in ω0²."""
        figure, axes = panels(1, len(self.controls))
        for axis, control in zip(axes[0], self.controls, strict=True):
            _terms(axis, study, control)
        return figure

    def data(self, study: Study) -> pd.DataFrame:
        """A row an ensemble of a set."""
        return along_table(study, self.controls, TERMS)

    def alternative(self, study: Study) -> str:
        """What is seen, in words."""
        return " ".join(trends(study, self.controls, TERMS))


def _terms(panel: Any, study: Study, control: Control) -> None:
    for colour, marker, row in zip(SEQUENCE, "osDv", TERMS, strict=False):
        series = study.along(control.name, row.quantity)
        if series.control:
            how = {"color": colour, "marker": marker, "ls": "none" if control.names else ":", "label": row.symbol}
            bars(panel, series.control, series.values, series.errors, **how)
    if not panel.has_data():
        say(panel, "no modes yet")
        return
    panel.axhline(0.0, color="0.7", lw=0.8, zorder=0)
    panel.set(xlabel=control.symbol, ylabel=r"mean energy$/\omega_0^2$")
    if control.names:
        named_ticks(panel, [drawable(x) for x in control.names])
    legend_below(panel, 4)
