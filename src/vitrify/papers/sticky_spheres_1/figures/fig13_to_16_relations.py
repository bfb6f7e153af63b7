"""Figs. 13-16: microscopic numbers against macroscopic ones, one point per ensemble."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vitrify.ensemble import Estimate, PowerLaw, fit_power_law
from vitrify.papers.sticky_spheres_1.sets import SETS, SHOWN
from vitrify.report.figures.along import Control, Row, of_dipoles, place
from vitrify.report.figures.catalogue import FLUCTUATIONS, MODULI
from vitrify.report.figures.density import PREFACTOR
from vitrify.report.figures.dipoles import LENGTH
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import Mark, note, with_error
from vitrify.report.style import bars, drawable, legend_below, logarithmic, panels, say

POISSON = MODULI[3]
CHI = FLUCTUATIONS[0]
STZ = Row(
    "stz_size",
    r"$2\,\xi_g^3/a_0^3$",
    "The size of shear transformation zones 2ξ_g³/a0³",
    lambda x: x.micro.stz,
    glasses=of_dipoles,
)
OTHERS = "^v<>P*XdpH"  # markers of other glass formers


@dataclass(frozen=True, slots=True)
class Relation:
    """One number of each ensemble against another."""

    up: Row
    across: Row
    log: str  # which axes are logarithmic
    experiments: bool = False  # True where the user's experiments are drawn too
    guide: float = 0.0  # exponent of a dashed line through the points
    fitted: bool = True  # the exponent of a power law is told

    def draw(self, study: Study) -> Figure:
        """Draw points with both errors, one colour per set."""
        figure, axes = panels(1, 1)
        axis = axes[0, 0]
        logarithmic(axis, self.log)
        if self.experiments:
            _experiments(axis, study)
        for control, found in self._points(study):
            a, b = ([row.quantity(x) for _, x in found] for row in (self.across, self.up))
            sideways = np.nan_to_num([x.error for x in a])
            marks = [self.up.mark(x, self._place(x)) for _, x in found]
            how: Any = {"color": control.colour, "marker": control.marker, "label": drawable(control.name), "ls": "none"}
            bars(axis, [x.value for x in a], [x.value for x in b], [x.error for x in b], xerr=sideways, marks=marks, **how)
        if not axis.has_data():
            say(axis, "these quantities are not known yet: there are\ntoo few samples, or the glasses are too small")
            return figure
        if self.guide:
            self._draw_guide(axis, study)
        fit = self.fit(study)
        if self.fitted and fit.exponent.is_known:
            axis.set_title(f"fitted exponent {fit.exponent}")
        axis.set(xlabel=self.across.symbol, ylabel=self.up.symbol)
        legend_below(axis, 4)
        return figure

    def data(self, study: Study) -> pd.DataFrame:
        """One row per ensemble, both numbers next to their errors."""
        rows = []
        for control, found in self._points(study):
            for value, x in found:
                a, b = self.across.quantity(x), self.up.quantity(x)
                numbers = {self.across.column: a.value, f"{self.across.column}_error": a.error}
                numbers |= {self.up.column: b.value, f"{self.up.column}_error": b.error}
                rows.append(place(control, value, x) | numbers)
        for alloy in study.experiments if self.experiments else ():
            label = {"set": "experiment", "ensemble": f"{alloy.alloy} ({alloy.source})"}
            rows.append(label | {self.across.column: alloy.poisson_ratio, self.up.column: alloy.stz_size})
        return pd.DataFrame(rows)

    def alternative(self, study: Study) -> str:
        """A description of the figure in words."""
        found = [x for _, members in self._points(study) for _, x in members]
        if len(found) < 2:
            return ""
        found.sort(key=lambda x: self.across.quantity(x).value)
        first, last = found[0], found[-1]
        a, b = ((self.across.quantity(x).value, self.up.quantity(x).value) for x in (first, last))
        across = f"{self.across.plain} rises from {a[0]:.3g} to {b[0]:.3g}"
        words = f"{self.up.plain} goes from {a[1]:.3g} to {b[1]:.3g} as {across}, in {len(found)} ensembles."
        fit = self.fit(study)
        return f"{words} The fitted exponent is {fit.exponent}." if self.fitted and fit.exponent.is_known else words

    def fit(self, study: Study) -> PowerLaw:
        """A power law through the ensembles of the paper's sets."""
        own = [x for x in study.ensembles if set(x.spec.sets) & set(SETS)]
        return fit_power_law([self.across.quantity(x) for x in own], [self.up.quantity(x) for x in own])

    def _points(self, study: Study) -> Iterator[tuple[Control, list[tuple[float, Gathered]]]]:
        """Ensembles of each set that have both numbers."""
        for control in (*SHOWN, *_other_formers(study)):
            found = study.of_set(control.name)
            known = [(v, x) for v, x in found if all(np.isfinite(r.quantity(x).value) for r in (self.across, self.up))]
            if known:
                yield control, known

    def _place(self, x: Gathered) -> str:
        return f"{self.across.label} = {with_error(self.across.quantity(x))}"

    def _draw_guide(self, axis: Any, study: Study) -> None:
        found = [x for _, members in self._points(study) for _, x in members]
        a, b = (np.array([row.quantity(x).value for x in found]) for row in (self.across, self.up))
        middle = np.exp(np.mean(np.log(b) - self.guide * np.log(a)))
        line = np.geomspace(0.8 * a.min(), 1.2 * a.max(), 10)
        axis.plot(line, middle * line**self.guide, "k--", lw=1, label=r"$\chi_G^{2/3}$")


STZ_AND_POISSON = Relation(STZ, POISSON, "y", experiments=True, fitted=False)
PREFACTOR_AND_POISSON = Relation(PREFACTOR, POISSON, "y")
PREFACTOR_AND_CHI = Relation(PREFACTOR, CHI, "xy")
LENGTH_AND_CHI = Relation(LENGTH, CHI, "xy", guide=2.0 / 3.0)


def _other_formers(study: Study) -> list[Control]:
    """Sets of the study's own, whose models are not those of the paper's sets."""
    own = {x.spec.model for x in study.ensembles if set(x.spec.sets) & set(SETS)}
    names = [n for x in study.ensembles if x.spec.model not in own for n in x.spec.sets]
    chosen = [x for x in dict.fromkeys(names) if x not in SETS]
    return [Control(x, drawable(x), x, "0.3", OTHERS[k % len(OTHERS)]) for k, x in enumerate(chosen)]


def _experiments(axis: Any, study: Study) -> None:
    for k, x in enumerate(study.experiments):
        axis.plot(x.poisson_ratio, x.stz_size, "k^", ms=5, mfc="none", label="" if k else "experiments")
        at, name = f"{POISSON.label} = {x.poisson_ratio:g}", f"{x.alloy} ({x.source})"
        mark = Mark(None, STZ.label, Estimate(x.stz_size, np.nan), at, name=name)
        note(axis, x.poisson_ratio, x.stz_size, [mark])
        axis.annotate(x.alloy, (x.poisson_ratio, x.stz_size), (4, 3), textcoords="offset points", fontsize=7)
