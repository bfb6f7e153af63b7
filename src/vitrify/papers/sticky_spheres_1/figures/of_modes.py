"""What Figs. 9 to 12 share: ensembles by their symbols, and what a panel says that has none."""

from __future__ import annotations

from typing import Any

from vitrify.papers.sticky_spheres_1.sets import SETS, control
from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import say

GLASSES = (("QSS", 20.0), ("DSS", 0.55))  # 'glass 1' and 'glass 2'
PAIRS = {"AA": "small-small", "AB": "small-large", "BB": "large-large"}


def formula(name: str) -> str:
    """The symbol of a set's control parameter as a figure has it."""
    return control(name).symbol


def ensemble_formula(name: str, value: float) -> str:
    """An ensemble as a figure names it: "QSS, q = 20" with its formula."""
    return f"{name}, {formula(name)[:-1]} = {value:g}$"


def written(name: str, control: float) -> str:
    """The same in a plain text."""
    return f"{name}, {SETS.get(name, name)} = {control:g}"


def place(name: str, control: float, found: Gathered, n: int) -> dict[str, object]:
    """Where an ensemble stands, the first columns of a figure's table; n: of how many glasses its numbers are."""
    return {"set": name, "control": control, "ensemble": found.spec.name, "n_samples": n}


def say_what_lacks(axis: Any, study: Study, name: str, control: float, otherwise: str) -> None:
    """A line of text in the place of a panel."""
    axis.set_axis_off()
    axis.set_title("", loc="left")
    lacks = study.at(name, control) is None
    ensemble = ensemble_formula(name, control)
    say(axis, f"{ensemble}:\n" + ("not in this study" if lacks else otherwise))
