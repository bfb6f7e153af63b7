"""Fig. 12: dilational over shear coupling of quasilocalised modes."""

from __future__ import annotations

from matplotlib.figure import Figure

from vitrify.papers.sticky_spheres_1.sets import COLOURS, LABELS, SETS
from vitrify.report.gathered import Study
from vitrify.report.style import panels, say

LEAST_MODES = 4  # for quartiles


def draw(study: Study) -> Figure:
    """Second and third quartile as a bar, the mean as a line, for every ensemble of the three sets."""
    figure, axes = panels(1, 3)
    for axis, name in zip(axes[0], SETS, strict=True):
        found = [(c, x.qlm["qlm_dilation_over_shear"]) for c, x in study.of_set(name) if len(x.qlm) >= LEAST_MODES]
        for place, (_, values) in enumerate(found):
            low, high = values.quantile(0.25), values.quantile(0.75)
            axis.bar(place, high - low, bottom=low, width=0.6, color=COLOURS[name], alpha=0.5)
            axis.hlines(values.mean(), place - 0.3, place + 0.3, color="k", lw=1.5)
        axis.axhline(0.0, color="0.7", lw=0.8, zorder=0)
        axis.set_xticks(range(len(found)), [f"{c:g}" for c, _ in found], fontsize=7)
        axis.set(xlabel=LABELS[name], ylabel="dilation/shear")
        if not found:
            say(axis, f"too few modes to tell\n(at least {LEAST_MODES})")
    return figure
