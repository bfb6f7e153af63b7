"""Figs. 13-16: microscopic numbers against macroscopic ones, a point an ensemble."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vitrify.ensemble import Estimate, fit_power_law
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import COLOURS, MARKERS, panels, say

Quantity = Callable[[Gathered], Estimate]


def draw_stz(study: Study) -> Figure:
    """Fig. 13: 2 ξ_g³ against ν; experiments where the user gave them."""
    figure, axes = panels(1, 1)
    axis = axes[0, 0]
    for x in study.experiments:
        axis.plot(x.poisson_ratio, x.stz_size, "k^", ms=5, mfc="none")
        axis.annotate(x.alloy, (x.poisson_ratio, x.stz_size), fontsize=5)
    _points(axis, study, lambda x: x.summary.poisson_ratio, lambda x: x.micro.stz)
    axis.set(xlabel=r"$\nu$", ylabel=r"$2\,\xi_g^3/a_0^3$", yscale="log")
    return figure


def draw_prefactor_poisson(study: Study) -> Figure:
    """Fig. 14: A_g ω0⁵ against ν."""
    figure, axes = panels(1, 1)
    _points(axes[0, 0], study, lambda x: x.summary.poisson_ratio, lambda x: x.micro.prefactor)
    _power_law(axes[0, 0], study, lambda x: x.summary.poisson_ratio, lambda x: x.micro.prefactor)
    axes[0, 0].set(xlabel=r"$\nu$", ylabel=r"$A_g\omega_0^5$", yscale="log")
    return figure


def draw_prefactor_fluctuation(study: Study) -> Figure:
    """Fig. 15: A_g ω0⁵ against χ_G."""
    figure, axes = panels(1, 1)
    _points(axes[0, 0], study, lambda x: x.summary.chi_g.chi, lambda x: x.micro.prefactor)
    _power_law(axes[0, 0], study, lambda x: x.summary.chi_g.chi, lambda x: x.micro.prefactor)
    axes[0, 0].set(xlabel=r"$\chi_G$", ylabel=r"$A_g\omega_0^5$", xscale="log", yscale="log")
    return figure


def draw_length_fluctuation(study: Study) -> Figure:
    """Fig. 16: ξ_g/a0 against χ_G, and χ_G^(2/3)."""
    figure, axes = panels(1, 1)
    axis = axes[0, 0]
    _points(axis, study, lambda x: x.summary.chi_g.chi, lambda x: x.micro.length)
    known = [x for x in study.ensembles if x.summary.chi_g.chi.value > 0 and np.isfinite(x.micro.length.value)]
    if known:
        chi = np.array([x.summary.chi_g.chi.value for x in known])
        middle = np.exp(np.mean(np.log([x.micro.length.value for x in known]) - 2.0 / 3.0 * np.log(chi)))
        line = np.geomspace(0.8 * chi.min(), 1.2 * chi.max(), 10)
        axis.plot(line, middle * line ** (2.0 / 3.0), "k--", lw=1, label=r"$\chi_G^{2/3}$")
    _power_law(axis, study, lambda x: x.summary.chi_g.chi, lambda x: x.micro.length)
    axis.set(xlabel=r"$\chi_G$", ylabel=r"$\xi_g/a_0$", xscale="log", yscale="log")
    return figure


def _points(axis: Any, study: Study, across: Quantity, up: Quantity) -> None:
    others = [name for x in study.ensembles for name in x.spec.sets if name not in SETS]  # any other glass former
    for name in dict.fromkeys([*SETS, *others]):
        both = [(across(x), up(x)) for _, x in study.of_set(name)]
        known = [(a, b) for a, b in both if np.isfinite(a.value) and np.isfinite(b.value)]
        if known:
            bars = [[p[k].error if np.isfinite(p[k].error) else 0.0 for p in known] for k in (0, 1)]
            axis.errorbar([a.value for a, _ in known], [b.value for _, b in known], bars[1], bars[0], ls="none",
                          marker=MARKERS.get(name, "^"), color=COLOURS.get(name, "0.3"), capsize=2, label=name)  # fmt: skip
    if axis.has_data():
        axis.legend(frameon=False, fontsize=7)
    else:
        say(axis, "too few samples to tell")


def _power_law(axis: Any, study: Study, across: Quantity, up: Quantity) -> None:
    fit = fit_power_law([across(x) for x in study.ensembles], [up(x) for x in study.ensembles])
    if fit.exponent.is_known:
        axis.set_title(f"fitted exponent {fit.exponent}", fontsize=8)
