"""Fig. 2: the pair potentials."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vitrify.models.potentials import PiecewiseStickySpheres, QStickySpheres
from vitrify.report.figures.along import together
from vitrify.report.gathered import Study
from vitrify.report.style import SEQUENCE, legend_below, panels, say

X_MIN = 2.0 ** (1.0 / 6.0)
KINDS = (
    (QStickySpheres, 1.0, r"$r/\lambda$", "$q$", "QSS"),
    (PiecewiseStickySpheres, X_MIN, r"$r/(2^{1/6}\lambda)$", "$r_c$", "PSS"),
)
FARTHEST = 2.5  # λ: beyond, nothing is to be seen
POINTS = 400


def draw(study: Study) -> Figure:
    """Draw φ(r) of each potential that the study uses."""
    figure, axes = panels(1, 2)
    for axis, (kind, unit, across, symbol, short) in zip(axes[0], KINDS, strict=True):
        found = _potentials(study, kind)
        if not found:
            say(axis, f"this study has no glasses of {short}")
            continue
        axis.axhline(0.0, color="0.8", lw=0.8, zorder=0)
        for colour, (parameter, x, energy) in zip(SEQUENCE, found, strict=False):
            axis.plot(x / unit, energy, color=colour, label=f"{symbol} = {parameter:g}", lw=1.4)
        axis.set(xlabel=across, ylabel=r"$\varphi/\varepsilon$", ylim=(-1.15, 1.2))
        legend_below(axis, 3)
    return figure


def data(study: Study) -> pd.DataFrame:
    """One row per point of each potential."""
    parts = []
    for kind, *_, short in KINDS:
        for parameter, x, energy in _potentials(study, kind):
            columns = {"potential": short, "parameter": parameter, "r_over_lambda": x, "energy_over_epsilon": energy}
            parts.append(pd.DataFrame(columns))
    return together(parts)


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    q, rc = ([f"{x:g}" for x, *_ in _potentials(study, kind)] for kind, *_ in KINDS)
    words = f"(a) The wells of QSS have one depth and become narrower as q grows: {', '.join(q)}. " if q else ""
    if rc:
        words += f"(b) The wells of PSS have one depth and one repulsion and become wider as r_c grows: {', '.join(rc)}."
    return words.strip()


def _potentials(study: Study, kind: type) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """q or r_c, r/λ and φ/ε of each potential of a kind, regardless of the mixture."""
    found = {x.spec.parsed_model.name: x.spec.parsed_model.potential for x in study.ensembles}
    chosen = {next(iter(p.parameters().values())): p for p in found.values() if isinstance(p, kind)}
    curves = []
    for parameter in sorted(chosen):
        potential = chosen[parameter]
        x = np.linspace(0.85, min(1.02 * potential.cutoff, FARTHEST), POINTS)
        curves.append((float(parameter), x, np.asarray(potential.energy(x * x))))
    return curves
