"""Fig. 1: two potentials that look alike, and the glasses that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import SEQUENCE, panels, say

GLASSES = (("'glass 1'", "QSS", 20.0), ("'glass 2'", "DSS", 0.55))


def draw(study: Study) -> Figure:
    """(a) φ(r), (b) ν, (c) D(ω) at low frequencies."""
    figure, axes = panels(1, 3)
    for colour, (label, name, control) in zip(SEQUENCE, GLASSES, strict=False):
        found = study.at(name, control)
        if found is not None:
            _potential(axes[0, 0], label, found, colour)
            _poisson(axes[0, 1], label, found, colour)
            _tail(axes[0, 2], label, found, colour)
    for experiment in study.experiments:
        axes[0, 1].bar(experiment.alloy, experiment.poisson_ratio, color="0.7")
    axes[0, 0].set(xlabel=r"$r/\lambda$", ylabel=r"$\varphi/\varepsilon$", ylim=(-1.15, 1.0))
    axes[0, 1].set(ylabel=r"$\nu$")
    axes[0, 1].tick_params(axis="x", labelrotation=60 if study.experiments else 0)
    axes[0, 2].set(xlabel=r"$\omega/\omega_0$", ylabel=r"$D(\omega)\,\omega_0$", xscale="log", yscale="log")
    for axis, missing in zip(axes[0], ("no such glass in this study", *["too few samples to tell"] * 2), strict=True):
        if not axis.has_data():
            say(axis, missing)
        elif axis is not axes[0, 1]:
            axis.legend(frameon=False, fontsize=7)
    return figure


def _potential(axis: Any, label: str, found: Gathered, colour: str) -> None:
    potential = found.spec.parsed_model.potential
    x = np.linspace(0.9, 1.05 * potential.cutoff, 500)
    axis.plot(x, potential.energy(x * x), color=colour, label=label)


def _poisson(axis: Any, label: str, found: Gathered, colour: str) -> None:
    nu = found.summary.poisson_ratio
    if np.isfinite(nu.value):
        error = nu.error if np.isfinite(nu.error) else 0.0
        axis.bar(label, nu.value, yerr=error, color=colour, capsize=3)


def _tail(axis: Any, label: str, found: Gathered, colour: str) -> None:
    omega, density = found.micro.density
    if len(omega):  # a line without points would leave a logarithmic axis with no limits
        axis.plot(omega, density, "o", ms=3, color=colour, label=label)
    if found.micro.prefactor.is_known:
        w = np.geomspace(0.1, 1.0, 20) * found.micro.tail.window
        axis.plot(w, found.micro.prefactor.value * w**4, "--", color=colour, lw=1)
