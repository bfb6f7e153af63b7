"""The figures of the report, in the paper's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure as Drawing

from vitrify.report.gathered import Study

from . import (
    fig02_potentials,
    fig03_stickiness,
    fig04_moduli,
    fig05_fluctuations,
    fig17_pressure,
    fig18_robustness,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and what stands under it."""

    number: str
    title: str
    caption: str
    draw: Callable[[Study], Drawing]


FIGURES = (
    Figure("2", "Pair potentials", "(a) QSS for each q; (b) PSS for each r_c, against r in units of the minimum's "
           "place. Drawn from the very functions that made the glasses.", fig02_potentials.draw),
    Figure("3", "Stickiness", "s of Eq. (3) against the control parameter of each set.", fig03_stickiness.draw),
    Figure("4", "Elastic moduli", "G/K (a-c) and Poisson's ratio (d-f), means over samples.", fig04_moduli.draw),
    Figure("5", "Fluctuations of moduli", "χ_G (a-c) and χ_K (d-f) of Eq. (4), after the outlier scheme where samples are "
           "enough for it (above 650 at δ = 1 %: with fewer it would remove healthy ones); else of all samples.",
           fig05_fluctuations.draw),
    Figure("17", "Pressure", "p/p₀ for QSS and CSS (a, b) and p/K (c, d).", fig17_pressure.draw),
    Figure("18", "Robustness of χ_G", "χ_G directly, by fits of p(G) and by the outlier scheme at thresholds δ, for "
           "ensembles of at least 50 samples; insets: the percentage removed. The paper's panels (a, b) on soft spheres "
           "use data that are not ours and are left out.", fig18_robustness.draw),
)  # fmt: skip
