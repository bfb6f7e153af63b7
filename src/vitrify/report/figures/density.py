"""The low-frequency density of states of ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.ensemble import GlassCount
from vitrify.report.gathered import Gathered, Study, first_sample
from vitrify.report.marks import note_curve
from vitrify.report.style import SEQUENCE, bars, legend_below, logarithmic, say

from .along import (
    Control,
    Row,
    draw_row,
    ends,
    long_table,
    no_such,
    of_low_modes,
    place,
    rows_of_panels,
    together,
    trends,
)  # fmt: skip

PREFACTOR = Row("a_g", r"$A_g\,\omega_0^5$", "A_g ω0⁵", lambda x: x.micro.prefactor, log=True, glasses=of_low_modes)
LOWEST = 1e-5  # least D(ω) ω0 that is drawn


@dataclass(frozen=True, slots=True)
class Densities:
    """D(ω) of the ensembles of each set, or only of its two ends, and A_g along the set."""

    controls: tuple[Control, ...]
    ends_alone: bool = False

    def draw(self, study: Study) -> Drawing:
        """Draw D(ω) above and A_g ω0⁵ below."""
        figure, (above, below) = rows_of_panels(2, len(self.controls))
        for axis, control in zip(above, self.controls, strict=True):
            draw_density(axis, control, self._members(study, control))
        draw_row(below, study, self.controls, PREFACTOR)
        return figure

    def data(self, study: Study) -> pd.DataFrame:
        """One row per point of D(ω), and one row per A_g."""
        points = [density_table(x, self._members(study, x)) for x in self.controls]
        return together([*points, long_table(study, self.controls, PREFACTOR)])

    def alternative(self, study: Study) -> str:
        """A description of the figure in words."""
        words = [density_words(x, self._members(study, x)) for x in self.controls]
        found = " ".join(x for x in (*words, *trends(study, self.controls, [PREFACTOR])) if x)
        unknown = "A_g is not known: there are too few modes, or the glasses are too small."
        return found or f"The figure shows D(ω) of the lowest modes. {unknown}"

    def _members(self, study: Study, control: Control) -> list[tuple[float, Gathered]]:
        found = study.of_set(control.name)
        return ends(found) if self.ends_alone else found


def draw_density(axis: Any, control: Control, members: Sequence[tuple[float, Gathered]]) -> None:
    """Draw D(ω): points from the lowest modes with Poisson's errors, a thin line from all modes of one glass, and A_g ω⁴
    dashed."""
    if not members:
        say(axis, no_such(control))
        return
    logarithmic(axis)
    for colour, (value, x) in zip(SEQUENCE, members, strict=False):
        low, line, label = x.micro.density, whole_spectrum(x), control.shown(value)
        if len(low.omega):
            bars(axis, low.omega, low.density, low.error, ls="none", marker="o", ms=3.5, color=colour, label=label)
            note_low_modes(axis, x)
        if len(line):
            axis.plot(line[:, 0], line[:, 1], color=colour, lw=0.7, alpha=0.7, label=None if len(low.omega) else label)
            _note_one_glass(axis, x, line)
        if x.micro.prefactor.is_known:
            w = np.geomspace(0.2, 1.0, 20) * x.micro.tail.window
            axis.plot(w, x.micro.prefactor.value * w**4, "--", color=colour, lw=1.2)
    if not axis.has_data():
        say(axis, "no modes have been measured yet")
        return
    axis.set(xlabel=r"$\omega/\omega_0$", ylabel=r"$D(\omega)\,\omega_0$")
    axis.set_ylim(bottom=max(LOWEST, axis.get_ylim()[0]))
    legend_below(axis)


def note_low_modes(axis: Any, x: Gathered) -> None:
    """Note what the points of D(ω) stand for."""
    low = x.micro.density
    note_curve(
        axis, low.omega, low.density, low.error, x,
        quantity="D(ω) ω0 of the lowest modes", across="ω/ω0", count=x.micro.of_modes,
    )  # fmt: skip


def _note_one_glass(axis: Any, x: Gathered, line: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    count = GlassCount(x.spec.particles_of("spectrum"), 1)
    note_curve(
        axis, line[:, 0], line[:, 1], np.nan, x,
        quantity="D(ω) ω0 of all modes of one glass", across="ω/ω0", count=count, sample=first_sample(x, "spectrum"),
    )  # fmt: skip


def density_table(control: Control, members: Sequence[tuple[float, Gathered]]) -> pd.DataFrame:
    """One row per point of D(ω); the whole spectrum of one glass has no errors."""
    parts = []
    for value, x in members:
        low, line = x.micro.density, whole_spectrum(x)
        if len(low.omega):
            parts.append(_points(control, value, x, "D(ω) ω0 of the lowest modes", low.omega, low.density, low.error))
        if len(line):
            parts.append(_points(control, value, x, "D(ω) ω0 of all modes of one glass", line[:, 0], line[:, 1], np.nan))
    return together(parts)


def whole_spectrum(x: Gathered) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """ω/ω0 and D(ω) ω0 per degree of freedom of one glass, (points, 2); empty where it is not known.

    It begins one bin below the end of the modes that were found one by one, where there are any: farther down a smoothed
    spectrum shows the zero modes at ω = 0, spread over its resolution."""
    if not x.spectrum or not np.isfinite(x.micro.omega0):
        return np.empty((0, 2))
    found = x.spectrum[0].arrays  # the store keeps it per particle
    omega, density = found["omega"] / x.micro.omega0, found["density"] / x.spec.dimension * x.micro.omega0
    begins = 0.0 if len(x.micro.density.omega) < 2 else x.micro.density.omega[-2]
    return np.column_stack([omega, density])[(omega > begins) & (density > 0)]


def density_words(control: Control, members: Sequence[tuple[float, Gathered]]) -> str:
    """A sentence on how far the tails of ensembles lie from each other."""
    known = [(v, x.micro.prefactor.value) for v, x in members if x.micro.prefactor.is_known]
    if len(known) < 2:
        return ""
    (first, low), (last, high) = known[0], known[-1]
    how = "above" if low > high else "below"
    return (
        f"The tail of D(ω) at {control.written(first)} lies a factor {max(low / high, high / low):.2g} {how} that at "
        f"{control.written(last)}."
    )


def _points(control: Control, value: float, x: Gathered, quantity: str, across: Any, up: Any, error: Any) -> pd.DataFrame:
    columns = {"quantity": quantity, "omega_over_omega0": across, "value": up, "error": error}
    return pd.DataFrame(place(control, value, x) | columns)
