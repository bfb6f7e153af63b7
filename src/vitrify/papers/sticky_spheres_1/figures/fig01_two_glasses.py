"""Fig. 1: two potentials that look alike, and the glasses that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vitrify.ensemble import Estimate
from vitrify.papers.sticky_spheres_1.sets import control
from vitrify.report.experiments import Experiment
from vitrify.report.figures.along import together
from vitrify.report.figures.catalogue import MODULI
from vitrify.report.figures.density import density_table, note_low_modes
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import Mark, note
from vitrify.report.style import SEQUENCE, bars, legend_below, logarithmic, panels, say

GLASSES = (("'glass 1'", "QSS", 20.0), ("'glass 2'", "DSS", 0.55))
NONE = "this study contains neither of the two glasses"


def draw(study: Study) -> Figure:
    """Draw (a) φ(r), (b) ν, (c) D(ω) at low frequencies."""
    figure, axes = panels(1, 3)
    found = _found(study)
    logarithmic(axes[0, 2])
    for colour, label, x in found:
        _potential(axes[0, 0], label, x, colour)
        _poisson(axes[0, 1], label, x, colour)
        _tail(axes[0, 2], label, x, colour)
    for experiment in study.experiments:
        _bar(axes[0, 1], experiment.alloy, experiment.poisson_ratio, "0.6", _of_experiment(experiment))
    axes[0, 0].set(xlabel=r"$r/\lambda$", ylabel=r"$\varphi/\varepsilon$", ylim=(-1.15, 1.0))
    axes[0, 1].set(ylabel=r"Poisson's ratio $\nu$")
    if study.experiments:
        axes[0, 1].tick_params(axis="x", labelrotation=60)
    axes[0, 2].set(xlabel=r"$\omega/\omega_0$", ylabel=r"$D(\omega)\,\omega_0$")
    for axis in axes[0]:
        if not axis.has_data():
            say(axis, "there are too few samples yet" if found else NONE)
        elif axis is not axes[0, 1]:
            legend_below(axis)
    return figure


def data(study: Study) -> pd.DataFrame:
    """ν of both glasses and of the experiments, and D(ω)."""
    found = [(label, x) for _, label, x in _found(study)]
    ratios = [
        {"quantity": "poisson_ratio", "ensemble": f"{label}: {x.spec.name}", "value": nu.value, "error": nu.error}
        for label, x in found
        if np.isfinite((nu := x.summary.poisson_ratio).value)
    ]
    ratios += [
        {"quantity": "poisson_ratio", "ensemble": f"{x.alloy} ({x.source})", "value": x.poisson_ratio}
        for x in study.experiments
    ]
    members = [(control(name), value, study.at(name, value)) for _, name, value in GLASSES]
    tails = [density_table(c, [(value, x)]) for c, value, x in members if x is not None]
    return together([pd.DataFrame(ratios), *tails])


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    known = [(label, x.summary.poisson_ratio.value, x.micro.prefactor.value) for _, label, x in _found(study)]
    words = ["The attractive parts of both potentials look alike."] if len(known) == len(GLASSES) else []
    ratios = [f"{nu:.3f} in {label}" for label, nu, _ in known if np.isfinite(nu)]
    if ratios:
        words.append(f"Poisson's ratio is {' and '.join(ratios)}.")
    tails = [prefactor for *_, prefactor in known if np.isfinite(prefactor)]
    if len(tails) == len(GLASSES):
        words.append(f"The ω⁴ tail of D(ω) is {tails[0] / tails[1]:.2g} times as high in the first as in the second.")
    return " ".join(words)


def _found(study: Study) -> list[tuple[str, str, Gathered]]:
    """Colour, label and ensemble of those of the two glasses that the study has."""
    every = [(c, label, study.at(name, value)) for c, (label, name, value) in zip(SEQUENCE, GLASSES, strict=False)]
    return [(c, label, x) for c, label, x in every if x is not None]


def _of_experiment(alloy: Experiment) -> Mark:
    return Mark(None, MODULI[3].label, Estimate(alloy.poisson_ratio, float("nan")), name=f"{alloy.alloy} ({alloy.source})")


def _potential(axis: Any, label: str, found: Gathered, colour: str) -> None:
    potential = found.spec.parsed_model.potential
    x = np.linspace(0.9, 1.05 * potential.cutoff, 500)
    axis.plot(x, potential.energy(x * x), color=colour, label=label)


def _poisson(axis: Any, label: str, found: Gathered, colour: str) -> None:
    nu = found.summary.poisson_ratio
    if np.isfinite(nu.value):
        error = nu.error if np.isfinite(nu.error) else 0.0
        _bar(axis, label, nu.value, colour, MODULI[3].mark(found, label.strip("'")), yerr=error, capsize=3)


def _bar(axis: Any, label: str, height: float, colour: str, mark: Mark, **how: Any) -> None:
    bar = axis.bar(label, height, color=colour, **how)[0]
    note(axis, bar.get_x() + bar.get_width() / 2, height / 2, [mark], size=(bar.get_width(), height))


def _tail(axis: Any, label: str, found: Gathered, colour: str) -> None:
    low = found.micro.density
    if len(low.omega):  # a line without points would leave a logarithmic axis with no limits
        bars(axis, low.omega, low.density, low.error, ls="none", marker="o", ms=3.5, color=colour, label=label)
        note_low_modes(axis, found)
    if found.micro.prefactor.is_known:
        w = np.geomspace(0.2, 1.0, 20) * found.micro.tail.window
        axis.plot(w, found.micro.prefactor.value * w**4, "--", color=colour, lw=1)
