"""Fig. 9: the terms of the energies of quasilocalised modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vitrify.ensemble import Estimate, mean, relative_width
from vitrify.report.figures.along import of_nonlinear_modes
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import Mark, note
from vitrify.report.style import SEQUENCE, legend_below, panels

from .of_modes import GLASSES, ensemble_formula, place, say_what_lacks, written

TERMS = {"k_plus": "$k_+$", "k_minus": "$k_-$", "f_plus": "$f_+$", "f_minus": "$f_-$"}
PLAIN = {"k_plus": "k₊", "k_minus": "k₋", "f_plus": "f₊", "f_minus": "f₋"}  # in a plain text
LEAST_MODES = 5
DENSITY, MEAN, WIDTH = "probability density", "mean", "relative width"


def draw(study: Study) -> Figure:
    """Draw distributions of the four terms in ω0², with dashed lines at their means."""
    figure, axes = panels(1, 2)
    table = data(study)
    for axis, (name, control) in zip(axes[0], GLASSES, strict=True):
        own = table[(table["set"] == name) & (table["control"] == control)]
        if len(own):
            _distributions(axis, own, study.at(name, control))
            axis.set_title(ensemble_formula(name, control))
        else:
            say_what_lacks(axis, study, name, control, f"fewer than {LEAST_MODES} modes have been measured")
    _same_abscissa([axis for axis in axes[0] if axis.has_data()])
    return figure


def data(study: Study) -> pd.DataFrame:
    """Histograms, means and relative widths of the terms, in long form; `from` and `to` are the edges of a bin."""
    rows: list[dict[str, object]] = []
    for name, control in GLASSES:
        found = study.at(name, control)
        if found is not None and len(found.qlm) >= LEAST_MODES and np.isfinite(found.micro.omega0):
            here = place(name, control, found, len(found.qlm))
            rows += [here | row for term in TERMS for row in _rows(found, term)]
    columns = ["set", "control", "ensemble", "n_samples", "term", "quantity", "from", "to", "value", "error"]
    return pd.DataFrame(rows, columns=columns)


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    table = data(study)
    said = []
    for name, control in GLASSES:
        own = table[(table["set"] == name) & (table["quantity"] == MEAN)]
        if len(own):
            means = ", ".join(f"{PLAIN[term]} {value:.2g}" for term, value in zip(own["term"], own["value"], strict=True))
            said.append(f"The mean terms of {written(name, control)}, in units of ω0², are: {means}.")
    return " ".join(said)


def _rows(found: Gathered, term: str) -> list[dict[str, object]]:
    values = found.qlm[f"qlm_{term}"].to_numpy(float) / found.micro.omega0**2
    counts, edges = np.histogram(values, bins="auto")
    norm = 1.0 / (counts.sum() * np.diff(edges))
    bins = zip(edges[:-1], edges[1:], counts * norm, np.sqrt(counts) * norm, strict=True)
    rows: list[dict[str, object]] = [
        {"term": term, "quantity": DENSITY, "from": a, "to": b, "value": value, "error": error}
        for a, b, value, error in bins
    ]
    for quantity, known in ((MEAN, mean(values)), (WIDTH, relative_width(values))):
        rows.append({"term": term, "quantity": quantity, "value": known.value, "error": known.error})
    return rows


def _distributions(axis: Any, own: pd.DataFrame, found: Gathered | None) -> None:
    for colour, (term, label) in zip(SEQUENCE, TERMS.items(), strict=False):
        bins = own[(own["term"] == term) & (own["quantity"] == DENSITY)]
        edges = [*bins["from"], bins["to"].iloc[-1]]
        axis.stairs(bins["value"], edges, fill=True, alpha=0.35, color=colour)
        axis.stairs(bins["value"], edges, color=colour, lw=1, label=label)
        _note_bins(axis, bins, term, found)
        middle = own[(own["term"] == term) & (own["quantity"] == MEAN)]["value"].iloc[0]
        axis.axvline(middle, color=colour, ls="--", lw=1)
    axis.set(xlabel=r"term of the energy$/\omega_0^2$", ylabel="probability density")
    legend_below(axis, 4)


def _note_bins(axis: Any, bins: pd.DataFrame, term: str, found: Gathered | None) -> None:
    """Note what the bars of a histogram that are not empty stand for."""
    full = bins[bins["value"] > 0]
    if found is None:
        return
    marks = [
        Mark(found, f"{DENSITY} of {PLAIN[term]}/ω0²", Estimate(v, e), f"{a:.3g} to {b:.3g}", of_nonlinear_modes(found))
        for a, b, v, e in zip(full["from"], full["to"], full["value"], full["error"], strict=True)
    ]
    size = np.column_stack([full["to"] - full["from"], full["value"]])
    note(axis, (full["from"] + full["to"]) / 2, full["value"] / 2, marks, size=size)


def _same_abscissa(axes: list[Any]) -> None:
    """Set the same abscissa in both panels, so that the two glasses can be compared."""
    if axes:
        limits = np.array([axis.get_xlim() for axis in axes])
        for axis in axes:
            axis.set_xlim(limits[:, 0].min(), limits[:, 1].max())
