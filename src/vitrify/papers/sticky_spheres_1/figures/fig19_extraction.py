"""Fig. 19: reading of ξ_g."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vitrify.papers.sticky_spheres_1.sets import control
from vitrify.report.figures.along import of_dipoles, place, together
from vitrify.report.figures.dipoles import LENGTH, has_decay, scaled
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import note, note_curve
from vitrify.report.style import SEQUENCE, curve, legend_below, logarithmic, panels, say

CSS = control("CSS")


def draw(study: Study) -> Figure:
    """Draw r⁶c(r) of CSS with the cubic over the bump and its maximum."""
    figure, axes = panels(1, 1)
    axis = axes[0, 0]
    logarithmic(axis)
    for colour, (value, x) in zip(SEQUENCE, _able(study), strict=False):
        found = x.micro.dipole
        r6 = found.distance**6
        how = {"ls": "none", "marker": "o", "ms": 3, "color": colour, "label": CSS.shown(value)}
        curve(axis, found.distance, r6 * found.decay, r6 * found.error, **how)
        about: Any = {"quantity": scaled([x.spec.dimension]), "across": "r/a0", "count": of_dipoles(x)}
        note_curve(axis, found.distance, r6 * found.decay, r6 * found.error, x, **about)
        if len(found.fitted):
            axis.plot(found.fitted, found.curve, "k-", lw=1.2, zorder=3)
            top = float(np.interp(found.length.value, found.fitted, found.curve))
            axis.plot(found.length.value, top, "ks", ms=5, zorder=3)
            note(axis, found.length.value, top, [LENGTH.mark(x, CSS.written(value))])
    if not axis.has_data():
        say(axis, "no dipole responses of CSS have been measured yet")
        return figure
    axis.set(xlabel="$r/a_0$", ylabel="$(r/a_0)^6\\,c(r)$")
    legend_below(axis, 3)
    return figure


def data(study: Study) -> pd.DataFrame:
    """One row per point of r⁶c(r), the cubic over the bump, and ξ_g."""
    parts = []
    for value, x in _able(study):
        found, where = x.micro.dipole, place(CSS, value, x)
        r6 = found.distance**6
        points = {"quantity": "r^6 c(r)", "r_over_a0": found.distance, "value": r6 * found.decay, "error": r6 * found.error}
        curve = {"quantity": "the cubic, as r^6 c(r)", "r_over_a0": found.fitted, "value": found.curve}
        length = {"quantity": "xi_g over a0", "value": [found.length.value], "error": found.length.error}
        parts += [pd.DataFrame(where | points), pd.DataFrame(where | curve), pd.DataFrame(where | length)]
    every = together(parts)
    return every[np.isfinite(every["value"])] if len(every) else every


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    known = [(v, x.micro.length.value) for v, x in _able(study) if np.isfinite(x.micro.length.value)]
    said = ", ".join(f"{length:.3g} a0 at {CSS.written(value)}" for value, length in known)
    if not known:
        return "r⁶c(r) has no maximum in the range that is searched."
    return f"r⁶c(r) rises to a maximum, which lies at {said}, and falls again."


def _able(study: Study) -> list[tuple[float, Gathered]]:
    return [(value, x) for value, x in study.of_set(CSS.name) if has_decay(x)]
