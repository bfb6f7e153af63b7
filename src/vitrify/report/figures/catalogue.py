"""The figures that any study has: what it asks for, against its own control parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.report.gathered import Study
from vitrify.report.paper import Figure
from vitrify.report.style import SEQUENCE, drawable

from . import structure
from .along import Control, Row, Rows, of_summary
from .density import Densities
from .dipoles import Decays, scaled
from .modes import MEANS, Terms

MOST_SETS = 6  # that are drawn: more panels would be an atlas
MARKERS = "osDv^P"
WITHOUT_SET = "no set"  # in the place of a set's name, for ensembles that stand in none

MECHANICS = (
    Row("p_over_p0", "$p/p_0$", "p/p0", of_summary(lambda x: x.p_over_p0)),
    Row("coordination", "coordination", "The coordination", of_summary(lambda x: x.coordination)),
    Row("stickiness", "stickiness $s$", "The stickiness s", of_summary(lambda x: x.stickiness)),
)
MODULI = (  # of three dimensions
    Row("shear_modulus", r"$G\ (\varepsilon/\lambda^3)$", "G", of_summary(lambda x: x.shear_modulus)),
    Row("bulk_modulus", r"$K\ (\varepsilon/\lambda^3)$", "K", of_summary(lambda x: x.bulk_modulus)),
    Row("g_over_k", "$G/K$", "G/K", of_summary(lambda x: x.g_over_k)),
    Row("poisson_ratio", r"$\nu$", "Poisson's ratio", of_summary(lambda x: x.poisson_ratio)),
)
FLUCTUATIONS = (
    Row("chi_g", r"$\chi_G$", "χ_G", of_summary(lambda x: x.chi_g.chi)),
    Row("chi_k", r"$\chi_K$", "χ_K", of_summary(lambda x: x.chi_k.chi)),
)
SCHEME = "χ of Eq. (4), after the outlier scheme where samples are enough for it (above 650); else of all samples."
PAIRS = "g(r) by pair type, with a band of one standard error."
TAILS = (
    "D(ω) per degree of freedom: points from the lowest modes with Poisson's errors, thin lines the whole spectrum of one "
    "glass, dashed A_g ω⁴."
)
RESPONSES = (
    "c(r), {} and its maximum ξ_g, which is looked for below 0.75 of half the box; where there is none the glasses are "
    "too small."
)


class Shown(Protocol):
    """What a figure draws, the numbers behind it, and what is seen of them in words."""

    def draw(self, study: Study) -> Drawing: ...
    def data(self, study: Study) -> pd.DataFrame: ...
    def alternative(self, study: Study) -> str: ...


def with_controls(study: Study) -> tuple[Study, tuple[Control, ...]]:
    """The study's sets as figures show them; ensembles that stand in none are one more set, side by side by name."""
    named = list(dict.fromkeys(name for x in study.ensembles for name in x.spec.sets))[:MOST_SETS]
    controls = [Control(x, drawable(x), x, c, m) for x, c, m in zip(named, SEQUENCE, MARKERS, strict=False)]
    alone = [x for x in study.ensembles if not set(named) & set(x.spec.sets)]
    if not alone:
        return study, tuple(controls)
    places = {x.spec.name: float(k) for k, x in enumerate(alone)}

    def sets(name: str, given: dict[str, float]) -> dict[str, float]:
        return {**given, WITHOUT_SET: places[name]} if name in places else given

    specs = [replace(x.spec, sets=sets(x.spec.name, x.spec.sets)) for x in study.ensembles]
    placed = tuple(replace(x, spec=spec) for x, spec in zip(study.ensembles, specs, strict=True))
    by_name = Control(WITHOUT_SET, "", "the ensemble", SEQUENCE[-2], "o", tuple(places))
    return replace(study, ensembles=placed), (*controls, by_name)


def figures_of(study: Study, controls: tuple[Control, ...]) -> tuple[Figure, ...]:
    """Figures of what the study asks for, numbered in their order."""
    asked = {x.name for ensemble in study.ensembles for x in ensemble.spec.measured}
    chosen = [figure for takes, figure in _offered(controls, study.dimensions) if asked & takes]
    return tuple(replace(x, number=str(k)) for k, x in enumerate(chosen, start=1))


def _offered(controls: tuple[Control, ...], dimensions: list[int]) -> list[tuple[set[str], Figure]]:
    """All figures, each with the observables of which it takes one. dimensions: of the ensembles."""
    d = dimensions[0] if len(dimensions) == 1 else "d"
    moduli = tuple(replace(x, symbol=x.symbol.replace(r"\lambda^3", rf"\lambda^{d}")) for x in MODULI)
    return [
        ({"mechanics"}, _figure("Pressure, coordination, stickiness", "Means over samples.", Rows(MECHANICS, controls))),
        ({"elasticity"}, _figure("Elastic moduli", "Means over samples.", Rows(moduli, controls))),
        ({"elasticity"}, _figure("Fluctuations of moduli", SCHEME, Rows(FLUCTUATIONS, controls))),
        (
            {"structure"},
            Figure("", "Structure", PAIRS, structure.draw, structure.data, structure.alternative),
        ),
        ({"modes", "spectrum"}, _figure("Density of states", TAILS, Densities(controls))),
        ({"dipoles"}, _figure("Dipole responses", RESPONSES.format(scaled(dimensions)), Decays(controls))),
        ({"qlm"}, _figure("Quasilocalised modes", "Means over one nonlinear mode a glass.", Rows(MEANS, controls))),
        ({"qlm"}, _figure("Energy of quasilocalised modes", "The mean terms of Eq. (10) in ω0².", Terms(controls))),
    ]


def _figure(title: str, caption: str, of: Shown) -> Figure:
    return Figure("", title, caption, of.draw, of.data, of.alternative)
