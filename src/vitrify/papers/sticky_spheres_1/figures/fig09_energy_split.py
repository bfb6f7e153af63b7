"""Fig. 9: what the energies of quasilocalised modes are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vitrify.ensemble import mean, relative_width
from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import SEQUENCE, legend_below, panels

from .of_modes import GLASSES, ensemble_formula, place, say_what_lacks, written

TERMS = {"k_plus": "$k_+$", "k_minus": "$k_-$", "f_plus": "$f_+$", "f_minus": "$f_-$"}
PLAIN = {"k_plus": "k₊", "k_minus": "k₋", "f_plus": "f₊", "f_minus": "f₋"}  # in a plain text
LEAST_MODES = 5
DENSITY, MEAN, WIDTH = "probability density", "mean", "relative width"


def draw(study: Study) -> Figure:
    """Distributions of the four terms in ω0², dashed lines at their means."""
    figure, axes = panels(1, 2)
    table = data(study)
    for axis, (name, control) in zip(axes[0], GLASSES, strict=True):
        own = table[(table["set"] == name) & (table["control"] == control)]
        if len(own):
            _distributions(axis, own)
            axis.set_title(ensemble_formula(name, control))
        else:
            say_what_lacks(axis, study, name, control, f"too few modes to tell (at least {LEAST_MODES})")
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
    """What is seen, in words."""
    table = data(study)
    said = []
    for name, control in GLASSES:
        own = table[(table["set"] == name) & (table["quantity"] == MEAN)]
        if len(own):
            means = ", ".join(f"{PLAIN[term]} {value:.2g}" for term, value in zip(own["term"], own["value"], strict=True))
            said.append(f"Mean terms in ω0² for {written(name, control)}: {means}.")
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


def _distributions(axis: Any, own: pd.DataFrame) -> None:
    for colour, (term, label) in zip(SEQUENCE, TERMS.items(), strict=False):
        bins = own[(own["term"] == term) & (own["quantity"] == DENSITY)]
        edges = [*bins["from"], bins["to"].iloc[-1]]
        axis.stairs(bins["value"], edges, fill=True, alpha=0.35, color=colour)
        axis.stairs(bins["value"], edges, color=colour, lw=1, label=label)
        middle = own[(own["term"] == term) & (own["quantity"] == MEAN)]["value"].iloc[0]
        axis.axvline(middle, color=colour, ls="--", lw=1)
    axis.set(xlabel=r"term of the energy$/\omega_0^2$", ylabel="probability density")
    legend_below(axis, 4)


def _same_abscissa(axes: list[Any]) -> None:
    """So that the two glasses can be compared."""
    if axes:
        limits = np.array([axis.get_xlim() for axis in axes])
        for axis in axes:
            axis.set_xlim(limits[:, 0].min(), limits[:, 1].max())
