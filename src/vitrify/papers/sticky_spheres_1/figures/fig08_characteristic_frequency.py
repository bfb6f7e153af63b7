"""Fig. 8: ω_g and the number density 𝒩 of quasilocalised modes."""

from __future__ import annotations

from matplotlib.figure import Figure

from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.gathered import Study
from vitrify.report.style import draw_along, panels


def draw(study: Study) -> Figure:
    """ω_g/ω0 above, 𝒩 below."""
    figure, axes = panels(2, 3)
    draw_along(axes[0], study, tuple(SETS), lambda x: x.micro.frequency, r"$\omega_g/\omega_0$")
    draw_along(axes[1], study, tuple(SETS), lambda x: x.micro.number, r"$\mathcal{N}$", log=True)
    return figure
