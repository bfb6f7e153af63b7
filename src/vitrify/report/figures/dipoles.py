"""The decay of responses to force dipoles, and the core size ξ_g that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import note_curve
from vitrify.report.style import SEQUENCE, curve, legend_below, logarithmic, say

from .along import Control, Row, draw_row, long_table, no_such, of_dipoles, place, rows_of_panels, together, trends

LENGTH = Row("xi_g_over_a0", r"$\xi_g/a_0$", "ξ_g/a0", lambda x: x.micro.length, glasses=of_dipoles)


@dataclass(frozen=True, slots=True)
class Decays:
    """c(r) of the ensembles of each set, r⁶c(r) (in two dimensions r⁴c(r)), and ξ_g along the set."""

    controls: tuple[Control, ...]

    def draw(self, study: Study) -> Drawing:
        """Draw c(r) above, r^2d c(r) in the middle and ξ_g/a0 below."""
        figure, (above, middle, below) = rows_of_panels(3, len(self.controls))
        for plain, times_power, control in zip(above, middle, self.controls, strict=True):
            draw_decays(plain, times_power, control, study.of_set(control.name))
        draw_row(below, study, self.controls, LENGTH)
        return figure

    def data(self, study: Study) -> pd.DataFrame:
        """One row per point of c(r), and one row per ξ_g."""
        points = [decay_table(x, study.of_set(x.name)) for x in self.controls]
        return together([*points, long_table(study, self.controls, LENGTH)])

    def alternative(self, study: Study) -> str:
        """A description of the figure in words."""
        nothing = (
            f"The figure shows c(r) and {scaled(study.dimensions)}, which has no maximum in the range that is searched."
        )
        return " ".join(trends(study, self.controls, [LENGTH])) or nothing


def draw_decays(plain: Any, times_power: Any, control: Control, members: Sequence[tuple[float, Gathered]]) -> None:
    """Draw c(r) on one axis, and r^2d c(r) on another with ξ_g of the first and the last ensemble that have one."""
    for axis in (plain, times_power):
        logarithmic(axis)
    shown = [(colour, v, x) for colour, (v, x) in zip(SEQUENCE, members, strict=False) if has_decay(x)]
    for colour, value, x in shown:
        r, c, error = x.micro.dipole.distance, x.micro.dipole.decay, x.micro.dipole.error
        curve(plain, r, c, error, color=colour, label=control.shown(value))
        factor = r ** (2 * x.spec.dimension)
        curve(times_power, r, factor * c, factor * error, color=colour, label=control.shown(value))
        about: Any = {"across": "r/a0", "count": of_dipoles(x)}
        note_curve(plain, r, c, error, x, quantity="c(r)", **about)
        note_curve(times_power, r, factor * c, factor * error, x, quantity=scaled([x.spec.dimension]), **about)
    known = [(colour, x.micro.length.value) for colour, _, x in shown if np.isfinite(x.micro.length.value)]
    for colour, length in (known[0], known[-1]) if known else ():
        times_power.axvline(length, color=colour, ls="--", lw=0.9)
    powers = {2 * x.spec.dimension for _, x in members} or {6}
    power = powers.pop() if len(powers) == 1 else "2d"
    for axis, label in ((plain, "$c(r)$"), (times_power, f"$(r/a_0)^{{{power}}}\\,c(r)$")):
        axis.set(xlabel="$r/a_0$", ylabel=label)
        legend_below(axis, 3)
        if not shown:
            say(axis, "no dipole responses have been measured yet" if members else no_such(control))


def scaled(dimensions: Sequence[int]) -> str:
    """The function whose maximum is at ξ_g: r⁶c(r), in two dimensions r⁴c(r)."""
    return {"3": "r⁶c(r)", "2": "r⁴c(r)"}.get("".join(map(str, dimensions)), "r^2d c(r)")


def has_decay(x: Gathered) -> bool:
    """Tell whether any c(r) is known."""
    return bool(np.isfinite(x.micro.dipole.decay).any())


def decay_table(control: Control, members: Sequence[tuple[float, Gathered]]) -> pd.DataFrame:
    """One row per point of c(r)."""
    parts = []
    for value, x in members:
        found = x.micro.dipole
        columns = {"quantity": "c(r)", "r_over_a0": found.distance, "value": found.decay, "error": found.error}
        parts.append(pd.DataFrame(place(control, value, x) | columns)[np.isfinite(found.decay)])
    return together(parts)
