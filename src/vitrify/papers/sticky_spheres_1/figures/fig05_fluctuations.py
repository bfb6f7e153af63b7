"""Fig. 5: sample-to-sample fluctuations of the moduli."""

from __future__ import annotations

from matplotlib.figure import Figure

from vitrify.report.gathered import Study
from vitrify.report.style import draw_row, panels

SETS = ("QSS", "DSS", "CSS")


def draw(study: Study) -> Figure:
    """χ_G above, χ_K below, along the three sets."""
    figure, axes = panels(2, 3)
    draw_row(axes[0], study, SETS, lambda x: x.chi_g.chi, r"$\chi_G$")
    draw_row(axes[1], study, SETS, lambda x: x.chi_k.chi, r"$\chi_K$")
    return figure
