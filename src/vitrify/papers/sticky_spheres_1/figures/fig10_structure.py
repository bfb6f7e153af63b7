"""Fig. 10: radial distribution functions over the potentials."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import SEQUENCE, panels, say

PANELS = (("QSS", 20.0), ("DSS", 0.55))


def draw(study: Study) -> Figure:
    """φ and g by pair type: near the minimum above, farther out below."""
    figure, axes = panels(2, 2)
    for column, (name, control) in enumerate(PANELS):
        found = study.at(name, control)
        for axis, limits in ((axes[0, column], (0.9, 1.5)), (axes[1, column], (0.8, 2.5))):
            if found is None or not found.structure:
                say(axis, f"{name}, {control:g}: no samples yet")
            else:
                _panel(axis, found, limits)
    return figure


def radial(found: Gathered) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """r/λ and mean g by pair type."""
    x = found.structure[0].arrays["x"]
    kinds = [k for k in found.structure[0].arrays if k != "x"]
    return x, {k: np.mean([s.arrays[k] for s in found.structure], axis=0) for k in kinds}


def _panel(axis: Any, found: Gathered, limits: tuple[float, float]) -> None:
    x, g = radial(found)
    potential = found.spec.parsed_model.potential
    fine = np.linspace(*limits, 500)
    axis.plot(fine, potential.energy(fine**2), color="0.3", lw=1, label=r"$\varphi/\varepsilon$")
    for colour, (kind, values) in zip(SEQUENCE, g.items(), strict=False):
        axis.plot(x, values, color=colour, lw=1, label=f"g, {kind}")
    axis.axvline(potential.cutoff, color="0.6", ls="--", lw=0.8)
    axis.set(xlabel=r"$r/\lambda_{ij}$", xlim=limits, ylim=(-1.2, 4.0), title=found.spec.name)
    axis.legend(frameon=False, fontsize=6)
