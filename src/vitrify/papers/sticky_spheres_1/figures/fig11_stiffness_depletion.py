"""Fig. 11: g(r) against the negative stiffness that pairs have at that distance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vitrify.papers.sticky_spheres_1.negative_stiffness import PairStructure, most_negative_stiffness, pair_structure
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import note_curve
from vitrify.report.style import SEQUENCE, legend_below, panels

from .of_modes import GLASSES, PAIRS, ensemble_formula, of_pairs, place, say_what_lacks, written

HIGH = 2.0  # of g: at vanishing stiffness it goes on to the first maximum


def draw(study: Study) -> Figure:
    """Draw parametric plots where φ'' < 0, by pair type, with errors over glasses."""
    figure, axes = panels(1, 2)
    for axis, (name, control) in zip(axes[0], GLASSES, strict=True):
        found, structure = _known(study, name, control)
        if found is None or structure is None:
            say_what_lacks(axis, study, name, control, "no samples have been measured yet")
            continue
        for colour, kind in zip(SEQUENCE, structure.g, strict=False):
            own = _rows(name, control, found, structure, kind)
            bars = np.nan_to_num(own["g_error"])
            how = {"fmt": ".-", "ms": 4, "lw": 0.8, "elinewidth": 0.8, "capsize": 1.5, "color": colour}
            axis.errorbar(own["stiffness"], own["g"], bars, label=PAIRS.get(kind, kind), **how)
            note_curve(
                axis, own["stiffness"], own["g"], own["g_error"], found,
                quantity=f"g(r) of {PAIRS.get(kind, kind)} pairs", across="φ''/ω0²", count=of_pairs(found, structure),
            )  # fmt: skip
        _limits(axis)
        axis.set_title(ensemble_formula(name, control))
        legend_below(axis, 3)
    return figure


def data(study: Study) -> pd.DataFrame:
    """φ''/ω0² and g with their errors, by pair type and distance, where φ'' < 0."""
    parts = []
    for name, control in GLASSES:
        found, structure = _known(study, name, control)
        if found is not None and structure is not None:
            parts += [_rows(name, control, found, structure, kind) for kind in structure.g]
    columns = [
        "set",
        "control",
        "ensemble",
        "n_samples",
        "pair",
        "r_over_lambda",
        "stiffness",
        "stiffness_error",
        "g",
        "g_error",
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    said = []
    for name, control in GLASSES:
        found, structure = _known(study, name, control)
        if found is not None and structure is not None:
            least = most_negative_stiffness(found).value
            said.append(f"φ''/ω0² reaches {least:.2g} in {written(name, control)}.")
    return " ".join(said)


def _known(study: Study, name: str, control: float) -> tuple[Gathered | None, PairStructure | None]:
    found = study.at(name, control)
    known = found is not None and np.isfinite(found.micro.omega0)
    return found, pair_structure(found) if found is not None and known else None


def _rows(name: str, control: float, found: Gathered, structure: PairStructure, kind: str) -> pd.DataFrame:
    g, error = structure.curve(kind)
    inside, stiffness = structure.negative, structure.stiffness(kind)
    return pd.DataFrame(
        {
            **place(name, control, found, structure.n_glasses),
            "pair": kind,
            "r_over_lambda": structure.x[inside],
            "stiffness": stiffness[inside],
            "stiffness_error": np.abs(stiffness[inside]) * structure.modulus_error,
            "g": g[inside],
            "g_error": error[inside],
        }
    )


def _limits(axis: Any) -> None:
    axis.set(xlabel=r"$\varphi''(r)/\omega_0^2$", ylabel="$g(r)$")
    axis.xaxis.set_major_locator(MaxNLocator(5))  # more numbers would meet on a small screen
    axis.set_ylim(-0.05, min(HIGH, 1.05 * axis.dataLim.y1))
