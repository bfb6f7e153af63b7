"""Fig. 12: dilational over shear coupling of quasilocalised modes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vitrify.ensemble import Estimate, bootstrap, mean, standard_deviation
from vitrify.papers.sticky_spheres_1.sets import SETS, control
from vitrify.report.figures.along import of_nonlinear_modes
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import Mark, note
from vitrify.report.style import panels, say

from .of_modes import formula, place

Estimated = Callable[[Callable[[NDArray[np.float64]], float], NDArray[np.float64]], Estimate]
LEAST_MODES = 4  # for quartiles
GAP = 1.0  # between sets, in bars
WIDE = (6.0, 3.2)  # inches: seventeen bars with a number under each


def draw(study: Study) -> Figure:
    """Draw, for every ensemble of a set, a bar from the first to the third quartile and a line at the mean with its
    error."""
    figure, axes = panels(1, 1)
    figure.set_size_inches(*WIDE)
    axis = axes[0, 0]
    axis.set_title("", loc="left")
    table = _values(study)
    if not len(table):
        axis.set_axis_off()
        say(axis, f"no ensemble has {LEAST_MODES} measured modes yet")
        return figure
    ticks: list[tuple[float, str]] = []
    for name in [x for x in SETS if x in set(table["set"])]:
        start = ticks[-1][0] + 1.0 + GAP if ticks else 0.0
        own = table[table["set"] == name]
        ticks += _bars(axis, own, name, start)
        _note(axis, own, start, [study.at(name, value) for value in own["control"]])
    axis.axhline(0.0, color="0.6", lw=0.8, zorder=0)
    axis.set_xticks([x for x, _ in ticks], [label for _, label in ticks], fontsize=8, rotation=90)
    axis.set_ylabel("dilation/shear")
    axis.set_xlim(-0.7, ticks[-1][0] + 0.7)
    return figure


def data(study: Study) -> pd.DataFrame:
    """Quartiles, mean and standard deviation of dilation/shear with their errors, one row per ensemble of a set."""
    return _table(study, bootstrap)


def _values(study: Study) -> pd.DataFrame:
    """Quartiles, mean and standard deviation without the errors of quartiles, which take a second of resampling and are
    neither drawn nor told."""
    return _table(study, lambda function, ratio: Estimate(function(ratio), float("nan")))


def _table(study: Study, estimated: Estimated) -> pd.DataFrame:
    rows = []
    for name in SETS:
        for value, found in study.of_set(name):
            if len(found.qlm) >= LEAST_MODES:
                ratio = found.qlm["qlm_dilation_over_shear"].to_numpy(float)
                rows.append(place(name, value, found, len(ratio)) | _columns(ratio, estimated))
    return pd.DataFrame(rows)


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    table = _values(study)
    said = []
    for name in [x for x in SETS if len(table) and x in set(table["set"])]:
        own = table[table["set"] == name]
        first, last = own.iloc[0], own.iloc[-1]
        said.append(
            f"In {name}, from {SETS[name]} = {first['control']:g} to {last['control']:g}, the mean of dilation/shear goes "
            f"from {first['mean']:.2g} to {last['mean']:.2g}, and its standard deviation from {first['spread']:.2g} to "
            f"{last['spread']:.2g}."
        )
    return " ".join(said)


def _columns(ratio: NDArray[np.float64], estimated: Estimated) -> dict[str, float]:
    known = {
        "lower_quartile": estimated(partial(_level, 0.25), ratio),
        "upper_quartile": estimated(partial(_level, 0.75), ratio),
        "mean": mean(ratio),
        "spread": standard_deviation(ratio),
    }
    return {key: value for name, x in known.items() for key, value in ((name, x.value), (f"{name}_error", x.error))}


def _level(level: float, ratio: NDArray[np.float64]) -> float:
    return float(np.quantile(ratio, level))


def _note(axis: Any, own: pd.DataFrame, start: float, ensembles: list[Gathered | None]) -> None:
    """Note what the bars of a set stand for."""
    parts = zip(ensembles, own["mean"], own["mean_error"], own["lower_quartile"], own["upper_quartile"], strict=True)
    marks = [
        Mark(x, "mean of dilation/shear", Estimate(v, e), f"quartiles {a:.3g} and {b:.3g}", of_nonlinear_modes(x))
        for x, v, e, a, b in parts
        if x is not None
    ]
    middle, height = (own["upper_quartile"] + own["lower_quartile"]) / 2, own["upper_quartile"] - own["lower_quartile"]
    note(axis, start + np.arange(len(own)), middle, marks, size=np.column_stack([np.full(len(own), 0.7), height]))


def _bars(axis: Any, own: pd.DataFrame, name: str, start: float) -> list[tuple[float, str]]:
    """Draw the bars of a set from a place on, with its name above them. Returns the places and the labels below them."""
    places = start + np.arange(len(own))
    height = own["upper_quartile"] - own["lower_quartile"]
    axis.use_sticky_edges = False  # so that no bar ends at the frame
    axis.bar(places, height, bottom=own["lower_quartile"], width=0.7, color=control(name).colour, alpha=0.5)
    axis.hlines(own["mean"], places - 0.35, places + 0.35, color="k", lw=1.5)
    axis.errorbar(places, own["mean"], own["mean_error"], ls="none", color="k", elinewidth=0.8, capsize=1.5)
    axis.text(
        places.mean(), 1.02, f"{name}, {formula(name)}", transform=axis.get_xaxis_transform(), ha="center", va="bottom"
    )
    return [(float(x), f"{control:g}") for x, control in zip(places, own["control"], strict=True)]
