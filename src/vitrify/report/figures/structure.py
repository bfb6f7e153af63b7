"""Radial distribution functions by pair type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing
from numpy.typing import NDArray

from vitrify.ensemble import GlassCount
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import note_curve
from vitrify.report.style import SEQUENCE, legend_below, say

from .along import rows_of_panels, together

MOST = 12  # ensembles that are drawn


def radial(found: Gathered) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """r/λ, mean g by pair type, and its standard error over samples (NaN for one sample)."""
    x = found.structure[0].arrays["x"]
    kinds = [k for k in found.structure[0].arrays if k != "x"]
    each = {k: np.array([s.arrays[k] for s in found.structure]) for k in kinds}
    n = len(found.structure)
    error = {k: v.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(len(x), np.nan) for k, v in each.items()}
    return x, {k: v.mean(axis=0) for k, v in each.items()}, error


def draw_radial(axis: Any, found: Gathered) -> None:
    """Draw g by pair type, with a band of one standard error."""
    x, mean, error = radial(found)
    for colour, (kind, values) in zip(SEQUENCE, mean.items(), strict=False):
        axis.plot(x, values, color=colour, lw=1, label=kind)
        count = GlassCount(found.spec.particles_of("structure"), len(found.structure))
        about: Any = {"quantity": f"g(r) of {kind} pairs", "across": "r/λ", "count": count}
        note_curve(axis, x, values, error[kind], found, **about)
        axis.fill_between(x, values - error[kind], values + error[kind], color=colour, alpha=0.25, lw=0)
    axis.set(xlabel=r"$r/\lambda_{ij}$", ylabel="$g(r)$")
    legend_below(axis, 3)


def radial_table(found: Gathered) -> pd.DataFrame:
    """One row per distance, columns g and its error by pair type."""
    x, mean, error = radial(found)
    columns = {f"g_{k}{end}": v[k] for k in mean for end, v in (("", mean), ("_error", error))}
    return pd.DataFrame({"ensemble": found.spec.name, "r_over_lambda": x} | columns)


def draw(study: Study) -> Drawing:
    """Draw g(r) of each ensemble that has it, one panel per ensemble."""
    able = _able(study)
    figure, (axes,) = rows_of_panels(1, max(len(able), 1))
    for axis, found in zip(axes, able, strict=False):
        draw_radial(axis, found)
        axis.set_title(found.spec.name)
    if not able:
        say(axes[0], "no samples have been measured yet")
    return figure


def data(study: Study) -> pd.DataFrame:
    """g(r) of every ensemble that is drawn."""
    return together([radial_table(x) for x in _able(study)])


def alternative(study: Study) -> str:
    """A sentence on where g is largest."""
    said = []
    for found in _able(study):
        x, mean, _ = radial(found)
        peaks = ", ".join(f"{np.nanmax(g):.2g} at r/λ = {x[np.nanargmax(g)]:.3g} ({kind})" for kind, g in mean.items())
        said.append(f"In {found.spec.name} the highest maxima of g are {peaks}.")
    return " ".join(said)


def _able(study: Study) -> list[Gathered]:
    return [x for x in study.ensembles if x.structure][:MOST]
