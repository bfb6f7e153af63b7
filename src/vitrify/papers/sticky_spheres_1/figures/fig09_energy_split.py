"""Fig. 9: what the energies of quasilocalised modes are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import SEQUENCE, panels, say

TERMS = {"k_plus": "$k_+$", "k_minus": "$k_-$", "f_plus": "$f_+$", "f_minus": "$f_-$"}
PANELS = (("QSS", 20.0), ("DSS", 0.55))
LEAST_MODES = 5


def draw(study: Study) -> Figure:
    """Distributions of the four terms in ω0², dashed lines at their means."""
    figure, axes = panels(1, 2)
    for axis, (name, control) in zip(axes[0], PANELS, strict=True):
        found = study.at(name, control)
        if found is None or len(found.qlm) < LEAST_MODES or not np.isfinite(found.micro.omega0):
            say(axis, f"{name}, {control:g}: too few modes to tell\n(at least {LEAST_MODES})")
        else:
            _distributions(axis, found)
            axis.set_title(found.spec.name, fontsize=8)
    return figure


def _distributions(axis: Any, found: Gathered) -> None:
    for colour, (term, label) in zip(SEQUENCE, TERMS.items(), strict=False):
        values = found.qlm[f"qlm_{term}"].to_numpy(float) / found.micro.omega0**2
        axis.hist(values, bins="auto", density=True, histtype="stepfilled", alpha=0.35, color=colour, label=label)
        axis.axvline(values.mean(), color=colour, ls="--", lw=1)
    axis.set(xlabel=r"energy$/\omega_0^2$", ylabel="probability density")
    axis.legend(frameon=False, fontsize=7)
