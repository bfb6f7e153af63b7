"""Fig. 19: how ξ_g is read off."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from vitrify.report.gathered import Study
from vitrify.report.style import SEQUENCE, panels, say


def draw(study: Study) -> Figure:
    """r⁶c(r) of CSS with the cubic over the bump and its maximum."""
    figure, axes = panels(1, 1)
    axis = axes[0, 0]
    for colour, (control, x) in zip(SEQUENCE, study.of_set("CSS"), strict=False):
        found = x.micro.dipole
        if not np.isfinite(found.decay).any():
            continue
        label = f"$r_c$ = {control:g}" + ("" if np.isfinite(found.length.value) else " (no maximum in range)")
        axis.plot(found.distance, found.distance**6 * found.decay, "o", ms=3, color=colour, label=label)
        if len(found.fitted):
            axis.plot(found.fitted, found.curve, "k-", lw=1)
            top = float(np.interp(found.length.value, found.fitted, found.curve))
            axis.plot(found.length.value, top, "ks", ms=5)
    axis.set(xlabel="$r/a_0$", ylabel="$(r/a_0)^6c(r)$", xscale="log", yscale="log")
    if axis.has_data():
        axis.legend(frameon=False, fontsize=6)
    else:
        say(axis, "no responses yet")
    return figure
