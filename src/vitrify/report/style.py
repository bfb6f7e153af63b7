"""How figures look: colours told apart by everyone, panels lettered as in the paper."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from vitrify.report.gathered import Gathered, Series, Study

COLOURS = {"QSS": "#0072B2", "DSS": "#D55E00", "CSS": "#009E73"}
MARKERS = {"QSS": "o", "DSS": "s", "CSS": "D"}
LABELS = {"QSS": "$q$", "DSS": r"$\rho$", "CSS": "$r_c$"}
SEQUENCE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")


def panels(rows: int, columns: int) -> tuple[Figure, Any]:
    """A figure and its lettered axes, (rows, columns)."""
    figure = Figure(figsize=(3.4 * columns, 2.7 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for k, axis in enumerate(axes.ravel()):
        axis.set_title(f"({chr(97 + k)})", loc="left")
        axis.tick_params(direction="in", top=True, right=True)
    return figure, axes


def draw_series(axis: Any, name: str, series: Series, label: str) -> None:
    """Points with error bars; an error that is not known has no bar."""
    errors = np.where(np.isfinite(series.errors), series.errors, 0.0)
    axis.errorbar(series.control, series.values, errors, color=COLOURS[name], marker=MARKERS[name], ls=":", capsize=3)
    axis.set_xlabel(LABELS[name])
    axis.set_ylabel(label)
    axis.margins(0.08, 0.15)
    if not series.control:
        say(axis, "no samples yet, or too few or too small to tell")


def draw_row(axes: Any, study: Study, sets: tuple[str, ...], quantity: Any, label: str) -> None:
    """One quantity along each set, one panel a set."""
    for axis, name in zip(axes, sets, strict=True):
        draw_series(axis, name, study.series(name, quantity), label)


def draw_along(axes: Any, study: Study, sets: tuple[str, ...], quantity: Any, label: str, *, log: bool = False) -> None:
    """One quantity of ensembles, microscopic ones too, along each set."""
    for axis, name in zip(axes, sets, strict=True):
        draw_series(axis, name, study.along(name, quantity), label)
        if log and axis.has_data() and study.along(name, quantity).control:
            axis.set_yscale("log")


def ends(members: list[tuple[float, Gathered]]) -> list[tuple[float, Gathered]]:
    """The lowest and the highest control parameter of a set."""
    return [members[0], members[-1]] if len(members) > 1 else members


def say(axis: Any, text: str) -> None:
    """A sentence in the place of data that are not there."""
    axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center", color="0.5", fontsize=8)
