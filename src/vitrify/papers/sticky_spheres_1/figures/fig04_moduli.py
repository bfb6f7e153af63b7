"""Fig. 4: G/K and Poisson's ratio."""

from __future__ import annotations

from matplotlib.figure import Figure

from vitrify.report.gathered import Study
from vitrify.report.style import draw_row, panels

SETS = ("QSS", "DSS", "CSS")


def draw(study: Study) -> Figure:
    """G/K above, ν below, along the three sets."""
    figure, axes = panels(2, 3)
    draw_row(axes[0], study, SETS, lambda x: x.g_over_k, "$G/K$")
    draw_row(axes[1], study, SETS, lambda x: x.poisson_ratio, r"$\nu$")
    return figure
