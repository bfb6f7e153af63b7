"""Fig. 2: the pair potentials."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from vitrify.model.potentials import PiecewiseStickySpheres, QStickySpheres
from vitrify.report.gathered import Study
from vitrify.report.style import SEQUENCE, panels

X_MIN = 2.0 ** (1.0 / 6.0)


def draw(study: Study) -> Figure:
    """φ(r) of each potential that the study uses."""
    figure, axes = panels(1, 2)
    for axis, kind, unit, label in (
        (axes[0, 0], QStickySpheres, 1.0, r"$r/\lambda$"),
        (axes[0, 1], PiecewiseStickySpheres, X_MIN, r"$r/(2^{1/6}\lambda)$"),
    ):
        models = [x.spec.parsed_model for x in study.ensembles]
        found = {x.name: x.potential for x in models}  # one curve a potential, whatever the mixture
        chosen = [(name, potential) for name, potential in found.items() if isinstance(potential, kind)]
        chosen.sort(key=lambda pair: tuple(pair[1].parameters().values()))
        for colour, (name, potential) in zip(SEQUENCE, chosen, strict=False):
            x = np.linspace(0.85 * unit, 1.02 * potential.cutoff, 600)
            axis.plot(x / unit, potential.energy(x * x), color=colour, label=name, lw=1.4)
        axis.axhline(0.0, color="0.8", lw=0.8, zorder=0)
        axis.set(xlabel=label, ylabel=r"$\varphi/\varepsilon$", ylim=(-1.15, 1.2))
        if chosen:
            axis.legend(frameon=False, fontsize=7)
    return figure
