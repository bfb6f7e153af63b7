"""Fig. 10: radial distribution functions over the potentials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vitrify.models import Potential
from vitrify.papers.sticky_spheres_1.negative_stiffness import WEAK, PairStructure, curvature, pair_structure
from vitrify.report.gathered import Gathered, Study
from vitrify.report.marks import note_curve
from vitrify.report.style import SEQUENCE, legend_below, panels

from .of_modes import GLASSES, PAIRS, ensemble_formula, of_pairs, place, say_what_lacks, written

NEAR, FAR = (0.95, 1.5), (0.8, 2.5)  # of r/λ
LOW = -1.2  # of both: the depth of φ is 1
HIGH_NEAR = 2.0  # so that what is left of g where φ'' is most negative is seen
HIGH_FAR = 8.0  # the first maximum of QSS, at 28, is cut off: else nothing else would be seen
COLUMNS = ("set", "control", "ensemble", "n_samples", "pair", "r_over_lambda", "phi", "curvature", "g", "g_error")
CUTOFF_OF = "DSS"  # the set in whose panels the paper marks it


def draw(study: Study) -> Figure:
    """Draw φ and g by pair type: around the first shell above, farther out below."""
    figure, axes = panels(2, 2)
    for column, (name, control) in enumerate(GLASSES):
        found = study.at(name, control)
        structure = pair_structure(found) if found else None
        for axis, limits in zip(axes[:, column], (NEAR, FAR), strict=True):
            if found is None or structure is None:
                say_what_lacks(axis, study, name, control, "no samples have been measured yet")
                continue
            _panel(axis, found, structure, limits)
            axis.set_title(ensemble_formula(name, control))
            if name == CUTOFF_OF:
                axis.axvline(found.spec.parsed_model.potential.cutoff, color="0.4", ls="--", lw=0.9)
    return figure


def data(study: Study) -> pd.DataFrame:
    """g by pair type with its error over glasses, and φ and φ'' of r/λ there, in ε."""
    parts = []
    for name, control in GLASSES:
        found = study.at(name, control)
        structure = pair_structure(found) if found else None
        if found is not None and structure is not None:
            parts += [_rows(name, control, found, structure, kind) for kind in structure.g]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(parts, ignore_index=True)
    return table[table["r_over_lambda"].between(*FAR)].reset_index(drop=True)


def alternative(study: Study) -> str:
    """A description of the figure in words."""
    said = []
    for name, control in GLASSES:
        found = study.at(name, control)
        structure = pair_structure(found) if found else None
        if structure is not None:
            left = [(PAIRS.get(x, x), structure.population(x, structure.most_negative).value) for x in structure.g]
            values = ", ".join(f"{value:.2g} of {kind} pairs" for kind, value in left)
            said.append(f"Where φ'' is most negative, g is {values} in {written(name, control)}.")
    return " ".join(said)


def _rows(name: str, control: float, found: Gathered, structure: PairStructure, kind: str) -> pd.DataFrame:
    g, error = structure.curve(kind)
    return pd.DataFrame(
        {
            **place(name, control, found, structure.n_glasses),
            "pair": kind,
            "r_over_lambda": structure.x,
            "phi": found.spec.parsed_model.potential.energy(structure.x**2),
            "curvature": structure.curvature,
            "g": g,
            "g_error": error,
        }
    )


def _panel(axis: Any, found: Gathered, structure: PairStructure, limits: tuple[float, float]) -> None:
    potential = found.spec.parsed_model.potential
    fine = np.linspace(*limits, 500)
    axis.plot(fine, potential.energy(fine**2), color="0.25", lw=1.4, label=r"$\varphi/\varepsilon$")
    inside = (structure.x > limits[0]) & (structure.x < limits[1])
    for colour, kind in zip(SEQUENCE, structure.g, strict=False):
        g, error = structure.curve(kind)
        axis.plot(structure.x[inside], g[inside], color=colour, lw=1, label=PAIRS.get(kind, kind))
        note_curve(
            axis, structure.x[inside], g[inside], error[inside], found,
            quantity=f"g(r) of {PAIRS.get(kind, kind)} pairs", across="r/λ", count=of_pairs(found, structure),
        )  # fmt: skip
        band = np.nan_to_num(error)[inside]
        axis.fill_between(structure.x[inside], g[inside] - band, g[inside] + band, color=colour, alpha=0.25, lw=0)
    near = limits == NEAR
    axis.set(xlabel=r"$r/\lambda_{ij}$", ylabel=r"$g(r)$ and $\varphi/\varepsilon$", xlim=limits)
    axis.set_ylim(LOW, HIGH_NEAR if near else HIGH_FAR)
    if near:
        _shade(axis, fine, potential)
    legend_below(axis, 2)


def _shade(axis: Any, fine: NDArray[np.float64], potential: Potential) -> None:
    """Shade the distances where pairs have a negative stiffness of at least a tenth of the most negative one."""
    bend = curvature(potential, fine)
    negative = bend <= WEAK * bend.min()
    axis.fill_between(fine, 0, 1, where=negative, transform=axis.get_xaxis_transform(), color="0.92", lw=0, zorder=0)
