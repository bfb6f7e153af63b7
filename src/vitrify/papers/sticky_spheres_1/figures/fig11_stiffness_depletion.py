"""Fig. 11: g(r) against the negative stiffness that pairs have at that distance."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from matplotlib.figure import Figure

from vitrify.observables.structure import pair_name
from vitrify.report.gathered import Study
from vitrify.report.style import SEQUENCE, panels, say

from .fig10_structure import PANELS, radial


def draw(study: Study) -> Figure:
    """Parametric plots where φ'' < 0, by pair type."""
    figure, axes = panels(1, 2)
    for axis, (name, control) in zip(axes[0], PANELS, strict=True):
        found = study.at(name, control)
        if found is None or not found.structure or not np.isfinite(found.micro.omega0):
            say(axis, f"{name}, {control:g}: no samples yet")
            continue
        x, g = radial(found)
        mixture = found.spec.parsed_model.mixture
        every = combinations_with_replacement(range(mixture.n_species), 2)
        length = {pair_name(mixture, a, b): mixture.lengths[a][b] for a, b in every}
        _, first, second, *_ = found.spec.parsed_model.potential.evaluate(x * x)
        curvature = 2.0 * first + 4.0 * x * x * second  # of φ(r/λ) with respect to r/λ
        inside = (curvature < 0) & (x < found.spec.parsed_model.potential.cutoff)
        for colour, (kind, values) in zip(SEQUENCE, g.items(), strict=False):
            stiffness = curvature / length[kind] ** 2 / found.micro.omega0**2
            axis.plot(stiffness[inside], values[inside], ".-", ms=3, lw=0.8, color=colour, label=kind)
        axis.set(xlabel=r"$\varphi''(r)/\omega_0^2$", ylabel="$g(r)$", title=found.spec.name)
        axis.legend(frameon=False, fontsize=7)
    return figure
