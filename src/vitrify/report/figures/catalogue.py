"""The figures that any study has: every quantity that it asks for, against its own control parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import pandas as pd
from matplotlib.figure import Figure as Drawing

from vitrify.ensemble import Estimate, mean
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.errors import UsageError
from vitrify.options import code_of
from vitrify.report.gathered import Gathered, Study
from vitrify.report.paper import Figure
from vitrify.report.style import SEQUENCE, drawable
from vitrify.study.observable import NUMBER, Column, power_of
from vitrify.study.observables import OBSERVABLES

from . import structure
from .along import Control, Row, Rows, of_samples, of_summary
from .density import Densities
from .dipoles import Decays, scaled
from .modes import MEANS, Terms
from .soft_spots import SpotDensities

MOST_SETS = 6  # sets that are drawn: more panels would be an atlas
MARKERS = "osDv^P"
WITHOUT_SET = "no set"  # in the place of a set's name, for ensembles that stand in none

MECHANICS = (
    Row("p_over_p0", "$p/p_0$", "p/p0", of_summary(lambda x: x.p_over_p0)),
    Row("coordination", "coordination", "The coordination", of_summary(lambda x: x.coordination)),
    Row("stickiness", "stickiness $s$", "The stickiness s", of_summary(lambda x: x.stickiness)),
)
MODULI = (  # columns in three dimensions
    Row("shear_modulus", r"$G\ (\varepsilon/\lambda^3)$", "G", of_summary(lambda x: x.shear_modulus), unit="ε/λ³"),
    Row("bulk_modulus", r"$K\ (\varepsilon/\lambda^3)$", "K", of_summary(lambda x: x.bulk_modulus), unit="ε/λ³"),
    Row("g_over_k", "$G/K$", "G/K", of_summary(lambda x: x.g_over_k)),
    Row("poisson_ratio", r"$\nu$", "Poisson's ratio", of_summary(lambda x: x.poisson_ratio)),
)
FLUCTUATIONS = (
    Row("chi_g", r"$\chi_G$", "χ_G", of_summary(lambda x: x.chi_g.chi), glasses=of_samples("shear_modulus")),
    Row("chi_k", r"$\chi_K$", "χ_K", of_summary(lambda x: x.chi_k.chi), glasses=of_samples("bulk_modulus")),
)
UNIT = "Frequencies are in units of ω0 = c_s/a0, with the speed of shear waves c_s and the mean distance of particles a0."
SCHEME = (
    "χ_G and χ_K are the relative fluctuations of the shear modulus and of the bulk modulus between glasses: the standard "
    "deviation over the mean, times √N. Where an ensemble has more than about 650 samples, outliers are removed first; "
    "otherwise all samples count."
)
MEANS_OVER_SAMPLES = "The points are means over the samples of an ensemble, with standard errors."
OF_MECHANICS = (
    " p₀ is the sum of the magnitudes of the repulsive and the attractive contributions to the pressure p. The "
    "coordination is the mean number of neighbours within the range of the potential. The stickiness s compares the "
    "largest attractive with the largest repulsive force on a particle."
)
OF_MODULI = " G is the shear modulus, K the bulk modulus and ν Poisson's ratio."
MEANS_OVER_MODES = (
    "Quasilocalised modes are soft, localised vibrations. The points are means over glasses, of the softest nonlinear mode "
    "of each. The ratio dilation/shear tells whether a mode couples more to a change of volume or of shape. "
) + UNIT
MEAN_TERMS = (
    "The squared frequency of a quasilocalised mode is the sum of four terms: k₊ and k₋ come from pairs with positive and "
    "negative stiffness, f₊ and f₋ from attractive and repulsive forces. The points are the means of these terms over the "
    "modes, in units of ω0² with ω0 = c_s/a0 (c_s is the speed of shear waves, a0 the mean distance of particles)."
)
SPOTS = (
    "The panels show the density of states D(ω) of soft spots, per degree of freedom. Soft spots are the softest "
    "nonlinear modes that a search of each glass found. The curve ends where the search of some glass left out modes "
    "that it had found. The errors come from resampling the glasses. "
) + UNIT
PAIRS = (
    "The curves show the pair correlation function g(r) for each pair of species, with a band of one standard error. The "
    "distance r is divided by the length λ of the pair."
)
TAILS = (
    "The panels show the density of states D(ω) per degree of freedom. The points are counted from the lowest modes of "
    "many glasses and have Poisson errors, the thin lines show the whole spectrum of one glass, and the dashed lines are "
    "A_g ω⁴, with the prefactor A_g of the tail that the last row of panels shows. "
) + UNIT
RESPONSES = (
    "A dipole is a pair of opposite forces on two neighbours. The panels show how the response to it, c(r), decays with "
    "the distance r, then {}, and then the distance ξ_g at which this product has its maximum: the core size of "
    "quasilocalised modes. Lengths are in units of the mean distance of particles a0. The maximum is searched for below "
    "0.75 of half the box; an ensemble without a maximum there has glasses that are too small, and no point."
)


class Shown(Protocol):
    """The drawing of a figure, the numbers behind it, and a description in words."""

    def draw(self, study: Study) -> Drawing: ...
    def data(self, study: Study) -> pd.DataFrame: ...
    def alternative(self, study: Study) -> str: ...


def with_controls(study: Study) -> tuple[Study, tuple[Control, ...]]:
    """The study's sets as figures show them. Ensembles that stand in none form one more set, side by side by name."""
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


Offer = Callable[[tuple[Control, ...], list[int]], Figure]  # takes controls and dimensions; its number is given later


@dataclass(frozen=True, slots=True)
class Offered:
    """A figure that every study has which asks for one of these observables."""

    takes: frozenset[str]
    figure: Offer


FIGURES: list[Offered] = []  # in the order of a report


def register_figure(*takes: str) -> Callable[[Offer], Offer]:
    """Register a figure for reports of studies without a paper, where these ask for one of these observables.

    A function of the control parameters and dimensions returns it, with an empty number."""

    def register(figure: Offer) -> Offer:
        FIGURES.append(Offered(frozenset(takes), figure))
        return figure

    return register


def figures_of(study: Study, controls: tuple[Control, ...]) -> tuple[Figure, ...]:
    """Figures of the quantities that the study asks for, numbered in their order. A plugin's observable without a figure of
    its own is drawn as the means of its numbers."""
    asked = {x.name for ensemble in study.ensembles for x in ensemble.spec.measured}
    chosen = [_made(x, controls, study.dimensions) for x in FIGURES if asked & x.takes]
    alone = asked - {name for x in FIGURES for name in x.takes}
    chosen += [x for name in OBSERVABLES if name in alone for x in _means_of(name, controls)]
    return tuple(replace(x, number=str(k)) for k, x in enumerate(chosen, start=1))


def _made(offered: Offered, controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    with code_of(offered.figure, f"the figure of {', '.join(sorted(offered.takes))}", UsageError):
        return offered.figure(controls, dimensions)


def _means_of(name: str, controls: tuple[Control, ...]) -> list[Figure]:
    """The numbers of a plugin's observable along the sets."""
    columns = {x: y for x, y in OBSERVABLES[name].columns.items() if y.kind is float}
    rows = tuple(Row(x, drawable(_with_unit(x, y)), x, _mean_of(x), unit=_unit(y)) for x, y in columns.items())
    return [_figure(OBSERVABLES[name].summary, MEANS_OVER_SAMPLES, Rows(rows, controls))] if rows else []


def _with_unit(name: str, column: Column) -> str:
    return f"{name} ({_unit(column)})" if _unit(column) else name


def _unit(column: Column) -> str:
    """The unit of a column; empty for a plain number."""
    return "" if column.unit == NUMBER else column.unit


def _mean_of(column: str) -> Callable[[Gathered], Estimate]:
    return lambda x: mean(x.table[column]) if column in x.table else UNKNOWN


@register_figure("mechanics")
def _mechanics(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    del dimensions
    return _figure("Pressure, coordination and stickiness", MEANS_OVER_SAMPLES + OF_MECHANICS, Rows(MECHANICS, controls))


@register_figure("elasticity")
def _moduli(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    d = dimensions[0] if len(dimensions) == 1 else "d"
    unit = power_of("ε/λ", dimensions)
    moduli = tuple(replace(x, symbol=x.symbol.replace(r"\lambda^3", rf"\lambda^{d}"), unit=x.unit and unit) for x in MODULI)
    return _figure("Elastic moduli", MEANS_OVER_SAMPLES + OF_MODULI, Rows(moduli, controls))


@register_figure("elasticity")
def _fluctuations(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    del dimensions
    return _figure("Fluctuations of moduli", SCHEME, Rows(FLUCTUATIONS, controls))


@register_figure("structure")
def _structure(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    del controls, dimensions
    return Figure("", "Structure", PAIRS, structure.draw, structure.data, structure.alternative)


@register_figure("modes", "spectrum")
def _density_of_states(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    del dimensions
    return _figure("Density of states", TAILS, Densities(controls))


@register_figure("dipoles")
def _dipole_responses(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    return _figure("Dipole responses", RESPONSES.format(scaled(dimensions)), Decays(controls))


@register_figure("qlm")
def _modes(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    del dimensions
    return _figure("Quasilocalised modes", MEANS_OVER_MODES, Rows(MEANS, controls))


@register_figure("qlm")
def _energy(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    del dimensions
    return _figure("Energy of quasilocalised modes", MEAN_TERMS, Terms(controls))


@register_figure("soft_spots")
def _soft_spots(controls: tuple[Control, ...], dimensions: list[int]) -> Figure:
    del dimensions
    return _figure("Soft spots", SPOTS, SpotDensities(controls))


def _figure(title: str, caption: str, of: Shown) -> Figure:
    return Figure("", title, caption, of.draw, of.data, of.alternative)
