"""The density of states of the soft spots of ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.ensemble import GlassCount, SpotDensity, soft_spot_density
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import note_curve
from vitrify.report.style import SEQUENCE, bars, legend_below, logarithmic, say

from .along import Control, no_such, place, rows_of_panels, together


@dataclass(frozen=True, slots=True)
class SpotDensities:
    """D(ω) of the soft spots of each ensemble, one panel per set."""

    controls: tuple[Control, ...]

    def draw(self, study: Study) -> Drawing:
        """Draw D(ω) ω0 against ω/ω0."""
        figure, (axes,) = rows_of_panels(1, len(self.controls))
        for axis, control in zip(axes, self.controls, strict=True):
            _draw(axis, control, study.of_set(control.name))
        return figure

    def data(self, study: Study) -> pd.DataFrame:
        """One row per point."""
        return together([_points(c, value, x) for c in self.controls for value, x in study.of_set(c.name)])

    def alternative(self, study: Study) -> str:
        """A description of the figure in words."""
        known = {x.spec.name: spot_density(x).n_spots for c in self.controls for _, x in study.of_set(c.name)}
        found = ", ".join(f"{number} of {name}" for name, number in known.items() if number)
        return f"The figure shows D(ω) of soft spots: {found}." if found else "No soft spots have been measured yet."


def spot_density(x: Gathered) -> SpotDensity:
    """D(ω) ω0 of the soft spots of an ensemble, ω in ω0; empty where ω0 is not known."""
    known, spec = np.isfinite(x.micro.omega0), x.spec
    asked = spec.observable("soft_spots")
    spots = x.results("soft_spots") if known else []
    frequencies = [result.arrays["frequency"] / x.micro.omega0 for result in spots]
    short = [int(r.values["soft_spots_found"]) > int(r.values["n_soft_spots"]) for r in spots]
    complete = np.array([w[-1] if cut else np.inf for w, cut in zip(frequencies, short, strict=True)])
    n = (asked and asked.n_particles) or spec.n_particles
    return soft_spot_density(frequencies, complete, n, spec.dimension)


def _draw(axis: Any, control: Control, members: Sequence[tuple[float, Gathered]]) -> None:
    for colour, (value, x) in zip(SEQUENCE, members, strict=False):
        logarithmic(axis)
        found = spot_density(x)
        if len(found.omega):
            how: Any = {"ls": "none", "marker": control.marker, "ms": 3.5, "color": colour, "label": control.shown(value)}
            bars(axis, found.omega, found.density, found.error, **how)
            count = GlassCount(x.spec.particles_of("soft_spots"), len(x.results("soft_spots")))
            about: Any = {"quantity": "D(ω) ω0 of soft spots", "across": "ω/ω0", "count": count}
            note_curve(axis, found.omega, found.density, found.error, x, **about)
    if not axis.has_data():
        say(axis, "no soft spots have been measured yet" if members else no_such(control))
        return
    axis.set(xlabel=r"$\omega/\omega_0$", ylabel=r"$D(\omega)\,\omega_0$")
    legend_below(axis)


def _points(control: Control, value: float, x: Gathered) -> pd.DataFrame:
    found = spot_density(x)
    columns = {"omega_over_omega0": found.omega, "density": found.density, "density_error": found.error}
    return pd.DataFrame(place(control, value, x) | columns)
