"""The numbers that claims about quasilocalised modes and negative stiffness are judged by, taken from a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import hypot

import numpy as np
from numpy.typing import NDArray

from vitrify.ensemble import (
    Estimate,
    correlation,
    decades_spanned,
    fit_power_law,
    mean,
    ratio_of_means,
    relative_width,
    standard_deviation,
)
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.papers.sticky_spheres_1.negative_stiffness import QUARTERS, PairStructure, pair_structure
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.claim import Evidence, Measured
from vitrify.report.gathered import Gathered, Study

Quantity = Callable[[Gathered], Estimate]
Quantities = Mapping[str, Quantity]  # by what a reader calls them
Place = tuple[str, float]  # a set and a control parameter in it
TERMS = {"k_plus": "k₊", "k_minus": "k₋", "f_plus": "f₊", "f_minus": "f₋"}
GLASS_1, GLASS_2 = ("QSS", 20.0), ("DSS", 0.55)
ENDS = {"QSS": (6.0, 20.0), "DSS": (0.55, 1.20), "CSS": (1.1, 1.5)}  # the paper's: a trend is told from one to the other
BY_SIZE = "QLM by N"  # a set of one system at several N; its control parameter is N
MODES, STRUCTURE, ELASTICITY = "qlm", "structure", "elasticity"
IN_WORDS = {MODES: "quasilocalised modes", STRUCTURE: "structure", ELASTICITY: "elasticity"}


def of_modes(found: Gathered, name: str) -> NDArray[np.float64]:
    """A number of each mode, (n_modes,)."""
    return found.qlm[f"qlm_{name}"].to_numpy(float) if len(found.qlm) else np.empty(0)


def mean_term(name: str) -> Quantity:
    """⟨k₊⟩/ω0² or its like; the error holds that of ω0²."""
    return lambda found: in_omega0_squared(mean(of_modes(found, name)), found)


def size_of_term(name: str) -> Quantity:
    """|⟨k₋⟩|/ω0² or its like."""

    def of_ensemble(found: Gathered) -> Estimate:
        signed = mean_term(name)(found)
        return Estimate(abs(signed.value), signed.error)

    return of_ensemble


def mean_sum(*names: str) -> Quantity:
    """The mean of a sum of terms of the same mode, in ω0²."""
    return lambda found: in_omega0_squared(mean(sum(of_modes(found, x) for x in names)), found)


def ratio_of_terms(above: str, below: str) -> Quantity:
    """⟨a⟩/⟨b⟩ of two terms of the same modes."""

    def found_of(found: Gathered) -> Estimate:
        a, b = of_modes(found, above), of_modes(found, below)
        return ratio_of_means(a, b) if len(a) > 1 else UNKNOWN

    return found_of


def width_of_term(name: str) -> Quantity:
    """Standard deviation of a term over the size of its mean."""
    return lambda found: relative_width(of_modes(found, name))


def with_frequency(name: str) -> Quantity:
    """Correlation of a term with its mode's frequency."""
    return lambda found: correlation(of_modes(found, name), of_modes(found, "frequency"))


def span_of_frequencies(found: Gathered) -> Estimate:
    """Decades of frequency between which 95 % of the modes lie."""
    return decades_spanned(of_modes(found, "frequency"))


def mean_coupling(found: Gathered) -> Estimate:
    """⟨dilation/shear⟩, Eq. (A16)."""
    return mean(of_modes(found, "dilation_over_shear"))


def spread_of_coupling(found: Gathered) -> Estimate:
    """Standard deviation of dilation/shear."""
    return standard_deviation(of_modes(found, "dilation_over_shear"))


def in_omega0_squared(estimate: Estimate, found: Gathered) -> Estimate:
    """A stiffness in ω0², whose own error is that of G."""
    omega0 = found.micro.omega0
    if not (np.isfinite(omega0) and np.isfinite(estimate.value)):
        return UNKNOWN
    value = estimate.value / omega0**2
    return Estimate(value, hypot(estimate.error / omega0**2, value * found.micro.modulus_error))


def in_each(places: tuple[Place, ...], quantities: Quantities, observable: str = MODES) -> Callable[[Study], Evidence]:
    """Every quantity at every place."""

    def evidence(study: Study) -> Evidence:
        missing = tuple(x for x in (lacking(study, place, observable) for place in places) if x)
        if missing:
            return Evidence(missing=missing)
        return Evidence(
            tuple(
                measured(named(label, place), quantity(found), (found,), observable)
                for place in places
                for label, quantity in quantities.items()
                if (found := study.at(*place)) is not None
            )
        )

    return evidence


def together(*each: Callable[[Study], Evidence]) -> Callable[[Study], Evidence]:
    """All numbers of several quantities, which one rule judges."""

    def evidence(study: Study) -> Evidence:
        found = [x(study) for x in each]
        missing = tuple(dict.fromkeys(name for x in found for name in x.missing))
        return Evidence(missing=missing) if missing else Evidence(tuple(part for x in found for part in x.parts))

    return evidence


def exceeding(over: Place, under: Place, quantities: Quantities, observable: str = MODES) -> Callable[[Study], Evidence]:
    """By how much every quantity of one ensemble exceeds that of another."""

    def evidence(study: Study) -> Evidence:
        a, b = study.at(*over), study.at(*under)
        missing = tuple(x for x in (lacking(study, place, observable) for place in (over, under)) if x)
        if a is None or b is None or missing:
            return Evidence(missing=missing)
        return Evidence(
            tuple(
                measured(
                    f"{label}, {symbol(over)} less {symbol(under)}", _less(quantity(a), quantity(b)), (a, b), observable
                )
                for label, quantity in quantities.items()
            )
        )

    return evidence


def along_sets(names: tuple[str, ...], quantity: Quantity) -> Callable[[Study], Evidence]:
    """A quantity of the modes of every ensemble of some sets that has any asked for, both ends of each set among them."""

    def evidence(study: Study) -> Evidence:
        missing = tuple(x for name in names for end in ENDS[name] if (x := lacking(study, (name, end), MODES)))
        if missing:
            return Evidence(missing=missing)
        places = [(name, control) for name in names for control, _ in study.of_set(name)]
        known = [(place, found) for place in places if (found := study.at(*place)) and not lacking(study, place, MODES)]
        return Evidence(tuple(measured(symbol(place), quantity(x), (x,), MODES, place[1]) for place, x in known))

    return evidence


def exponents_by_size(quantities: Quantities) -> Callable[[Study], Evidence]:
    """Exponent a of each quantity ~ N^a over the glasses of one system at three sizes or more."""

    def evidence(study: Study) -> Evidence:
        glasses = tuple(x for n, x in study.of_set(BY_SIZE) if not lacking(study, (BY_SIZE, n), MODES))
        sizes = [Estimate(float(x.spec.particles_of(MODES)), 0.0) for x in glasses]
        if len({x.value for x in sizes}) < 3:
            return Evidence(missing=(f'quasilocalised modes at three sizes (a set "{BY_SIZE}")',))
        fits = {
            label: fit_power_law(sizes, [quantity(x) for x in glasses], widened=False)
            for label, quantity in quantities.items()
        }
        complete = {label: fit.exponent if fit.n_points == len(sizes) else UNKNOWN for label, fit in fits.items()}
        return Evidence(tuple(measured(label, found, glasses, MODES) for label, found in complete.items()))

    return evidence


def depleted(kind: str) -> Quantity:
    """g of a pair type at the most negative stiffness."""
    return _structural(lambda x: x.population(kind, x.most_negative))


def not_there(kind: str) -> Quantity:
    """1 − g of a pair type at the most negative stiffness over g just beyond it: 0 where nothing is depleted."""

    def of_structure(structure: PairStructure) -> Estimate:
        left = structure.depletion(kind)
        return Estimate(1.0 - left.value, left.error)

    return _structural(of_structure)


def by_stiffness(kinds: tuple[tuple[Place, str], ...]) -> Callable[[Study], Evidence]:
    """g of pair types in quarters of φ'', by how negative it is; each pair type of an ensemble is a set of its own."""

    def evidence(study: Study) -> Evidence:
        missing = tuple(x for x in (lacking(study, place, STRUCTURE) for place, _ in kinds) if x)
        if missing:
            return Evidence(missing=tuple(dict.fromkeys(missing)))
        parts = []
        for place, kind in kinds:
            found = study.at(*place)
            assert found is not None, "what is lacking was told above"
            for low, high in QUARTERS:
                g = _in_quarter(kind, low, high)(found)
                label = f"g of {named(kind, place)} at φ''/least φ'' = {0.5 * (low + high):.2g}"
                parts.append(measured(label, g, (found,), STRUCTURE, 0.5 * (low + high)))
        return Evidence(tuple(parts))

    return evidence


def _in_quarter(kind: str, low: float, high: float) -> Quantity:
    return _structural(lambda x: x.population(kind, x.quarter(low, high)))


def _structural(quantity: Callable[[PairStructure], Estimate]) -> Quantity:
    def of_ensemble(found: Gathered) -> Estimate:
        structure = pair_structure(found)
        return UNKNOWN if structure is None else quantity(structure)

    return of_ensemble


def lacking(study: Study, place: Place, observable: str) -> str:
    """What the study lacks of a place; empty where it lacks nothing."""
    found = study.at(*place)
    if found is None:
        return symbol(place)
    return (
        ""
        if n_measured(found, observable) or found.spec.observable(observable)
        else f"{IN_WORDS[observable]} at {symbol(place)}"
    )


def measured(
    label: str, estimate: Estimate, found: tuple[Gathered, ...], observable: str, control: float = float("nan")
) -> Measured:
    """A number beside the size of the smallest glasses, and the fewest of them, that it comes from."""
    n_particles = min(x.spec.particles_of(observable) for x in found)
    n_samples = min(n_measured(x, observable) for x in found)
    return Measured(label, estimate, n_particles, n_samples, control)


def n_measured(found: Gathered, observable: str) -> int:
    """In how many glasses an observable is known."""
    if observable == MODES:
        return len(found.qlm)
    return len(found.structure) if observable == STRUCTURE else found.summary.n_samples


def named(label: str, place: Place) -> str:
    """A quantity and its ensemble."""
    return f"{label}, {symbol(place)}" if label else symbol(place)


def symbol(place: Place) -> str:
    """An ensemble by its control parameter, such as "ρ = 0.55"."""
    return f"{SETS.get(place[0], place[0])} = {place[1]:g}"


def _less(a: Estimate, b: Estimate) -> Estimate:
    return Estimate(a.value - b.value, hypot(a.error, b.error))
