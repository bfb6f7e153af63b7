"""Fig. 7: how responses to force dipoles decay, and the length ξ_g."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.gathered import Study
from vitrify.report.style import LABELS, SEQUENCE, draw_along, panels, say


def draw(study: Study) -> Figure:
    """c(r) above, r⁶c(r) in the middle, ξ_g/a0 below."""
    figure, axes = panels(3, 3)
    for above, middle, name in zip(axes[0], axes[1], SETS, strict=True):
        _decays(above, middle, study, name)
    draw_along(axes[2], study, tuple(SETS), lambda x: x.micro.length, r"$\xi_g/a_0$")
    return figure


def _decays(above: Any, middle: Any, study: Study, name: str) -> None:
    found = study.of_set(name)
    for colour, (control, x) in zip(SEQUENCE, found, strict=False):
        r, c = x.micro.dipole.distance, x.micro.dipole.decay
        if not np.isfinite(c).any():
            continue
        above.plot(r, c, ".-", ms=3, lw=0.8, color=colour, label=f"{LABELS[name]} = {control:g}")
        middle.plot(r, r**6 * c, ".-", ms=3, lw=0.8, color=colour)
        if np.isfinite(x.micro.length.value) and control in (found[0][0], found[-1][0]):
            middle.axvline(x.micro.length.value, color=colour, ls="--", lw=0.8)
    for axis, label in ((above, "$c(r)$"), (middle, "$(r/a_0)^6c(r)$")):
        axis.set(xlabel="$r/a_0$", ylabel=label, xscale="log", yscale="log")
        if not axis.has_data():
            say(axis, "no responses yet")
    if above.get_legend_handles_labels()[0]:
        above.legend(frameon=False, fontsize=6)
