"""Fig. 17: pressure, in units of its own scale and of the bulk modulus."""

from __future__ import annotations

from matplotlib.figure import Figure

from vitrify.report.gathered import Study
from vitrify.report.style import draw_row, panels

SETS = ("QSS", "CSS")


def draw(study: Study) -> Figure:
    """p/p₀ above, p/K below."""
    figure, axes = panels(2, 2)
    draw_row(axes[0], study, SETS, lambda x: x.p_over_p0, "$p/p_0$")
    draw_row(axes[1], study, SETS, lambda x: x.p_over_k, "$p/K$")
    return figure
