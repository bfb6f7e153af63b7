"""Fig. 3: stickiness."""

from __future__ import annotations

from matplotlib.figure import Figure

from vitrify.report.gathered import Study
from vitrify.report.style import draw_row, panels

SETS = ("QSS", "DSS", "CSS")


def draw(study: Study) -> Figure:
    """s along the three sets."""
    figure, axes = panels(1, 3)
    draw_row(axes[0], study, SETS, lambda x: x.stickiness, "$s$")
    return figure
