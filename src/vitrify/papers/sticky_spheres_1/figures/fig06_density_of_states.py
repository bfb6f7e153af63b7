"""Fig. 6: low-frequency density of states and its prefactor."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vitrify.ensemble.density_of_states import DEGREES
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.gathered import Study
from vitrify.report.style import LABELS, SEQUENCE, draw_along, ends, panels, say


def draw(study: Study) -> Figure:
    """D(ω) at either end of each set above, A_g ω0⁵ below."""
    figure, axes = panels(2, 3)
    for axis, name in zip(axes[0], SETS, strict=True):
        _tails(axis, study, name)
    draw_along(axes[1], study, tuple(SETS), lambda x: x.micro.prefactor, r"$A_g\omega_0^5$", log=True)
    return figure


def _tails(axis: Any, study: Study, name: str) -> None:
    for colour, (control, found) in zip(SEQUENCE, ends(study.of_set(name)), strict=False):
        omega, density = found.micro.density
        label = f"{LABELS[name]} = {control:g} ({found.micro.tail.n_modes} modes)"
        axis.plot(omega, density, "o", ms=3, color=colour, label=label)
        if found.spectrum and np.isfinite(found.micro.omega0):
            x, y = found.spectrum[0].arrays["omega"], found.spectrum[0].arrays["density"] / DEGREES  # kept per particle
            axis.plot(x / found.micro.omega0, y * found.micro.omega0, color=colour, lw=0.6, alpha=0.6)
        if found.micro.prefactor.is_known:
            w = np.geomspace(0.2, 1.0, 20) * found.micro.tail.window
            axis.plot(w, found.micro.prefactor.value * w**4, "--", color=colour, lw=1.2)
    axis.set(xlabel=r"$\omega/\omega_0$", ylabel=r"$D(\omega)\,\omega_0$", xscale="log", yscale="log")
    axis.set_ylim(bottom=1e-5)
    if axis.has_data() and axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, fontsize=6)
    else:
        say(axis, "no modes yet")
