"""Parts that Figs. 9 to 12 share: ensembles by their symbols, and the sentence of a panel without data."""

from __future__ import annotations

from typing import Any

from vitrify.ensemble import GlassCount
from vitrify.papers.sticky_spheres_1.negative_stiffness import PairStructure
from vitrify.papers.sticky_spheres_1.sets import SETS, control
from vitrify.report.gathered import Gathered, Study
from vitrify.report.style import say

GLASSES = (("QSS", 20.0), ("DSS", 0.55))  # 'glass 1' and 'glass 2'
PAIRS = {"AA": "small-small", "AB": "small-large", "BB": "large-large"}


def formula(name: str) -> str:
    """The symbol of a set's control parameter in a figure."""
    return control(name).symbol


def ensemble_formula(name: str, value: float) -> str:
    """The name of an ensemble in a figure: "QSS, q = 20" with its formula."""
    return f"{name}, {formula(name)[:-1]} = {value:g}$"


def written(name: str, control: float) -> str:
    """The name of an ensemble in plain text."""
    return f"{name}, {SETS.get(name, name)} = {control:g}"


def place(name: str, control: float, found: Gathered, n: int) -> dict[str, object]:
    """The place of an ensemble in its set, as the first columns of a figure's table. n: number of glasses behind its
    numbers."""
    return {"set": name, "control": control, "ensemble": found.spec.name, "n_samples": n}


def of_pairs(found: Gathered, structure: PairStructure) -> GlassCount:
    """The glasses whose g(r) is known."""
    return GlassCount(found.spec.particles_of("structure"), structure.n_glasses)


def say_what_lacks(axis: Any, study: Study, name: str, control: float, otherwise: str) -> None:
    """Write a line of text in the place of a panel."""
    axis.set_axis_off()
    axis.set_title("", loc="left")
    lacks = study.at(name, control) is None
    ensemble = ensemble_formula(name, control)
    say(axis, f"{ensemble}:\n" + ("this study does not contain it" if lacks else otherwise))
