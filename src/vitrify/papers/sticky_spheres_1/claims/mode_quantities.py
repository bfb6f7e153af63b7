"""Numbers by which claims about quasilocalised modes and negative stiffness are judged, taken from a study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from vitrify.papers.sticky_spheres_1.negative_stiffness import (
    QUARTERS,
    PairStructure,
    most_negative_stiffness,
    pair_structure,
)
from vitrify.report.claim import Evidence, Measured, Sizes
from vitrify.report.gathered import Gathered, Study
from vitrify.tables.arrays import GLASSES

from .quantities import BY_SIZE, Finding, Observed, Place, along, at, called, each, fewest

TERMS = {"k_plus": "k₊", "k_minus": "k₋", "f_plus": "f₊", "f_minus": "f₋"}

# Quantities of modes


def of_qlm(x: Gathered) -> Sizes:
    """Number and size of the glasses whose quasilocalised mode is known."""
    return Sizes(x.spec.particles_of("qlm"), len(x.qlm))


def of_each_mode(found: Gathered, name: str) -> NDArray[np.float64]:
    """A number of each mode, (n_modes,)."""
    return found.qlm[f"qlm_{name}"].to_numpy(float) if len(found.qlm) else np.empty(0)


def mean_of(*names: str) -> Observed:
    """The mean of a term, or of a sum of terms of the same mode, in ω0²."""

    def of(found: Gathered) -> Estimate:
        return _in_omega0_squared(mean(sum(of_each_mode(found, x) for x in names)), found)

    every = " + ".join(TERMS[x] for x in names)
    return Observed(f"({every})/ω0²" if len(names) > 1 else f"{every}/ω0²", of, ("qlm", "elasticity"), of_qlm)


def size_of(name: str) -> Observed:
    """The size of the mean of a term, in ω0²."""

    def of(found: Gathered) -> Estimate:
        signed = mean_of(name)(found)
        return Estimate(abs(signed.value), signed.error)

    return Observed(f"|{TERMS[name]}|/ω0²", of, ("qlm", "elasticity"), of_qlm)


def ratio_of_terms(above: str, below: str) -> Observed:
    """⟨a⟩/⟨b⟩ of two terms of the same modes."""

    def of(found: Gathered) -> Estimate:
        a, b = of_each_mode(found, above), of_each_mode(found, below)
        return ratio_of_means(a, b) if len(a) > 1 else UNKNOWN

    return Observed(f"{TERMS[above]}/{TERMS[below]}", of, ("qlm",), of_qlm)


def width_of(name: str) -> Observed:
    """Standard deviation of a term over the size of its mean."""
    return Observed(f"width of {TERMS[name]}", lambda x: relative_width(of_each_mode(x, name)), ("qlm",), of_qlm)


def with_frequency(name: str) -> Observed:
    """Correlation of a term with its mode's frequency."""

    def of(found: Gathered) -> Estimate:
        return correlation(of_each_mode(found, name), of_each_mode(found, "frequency"))

    return Observed(f"correlation of {TERMS[name]} with ω", of, ("qlm",), of_qlm)


SPAN = Observed("decades of ω", lambda x: decades_spanned(of_each_mode(x, "frequency")), ("qlm",), of_qlm)
COUPLING = Observed("⟨dilation/shear⟩", lambda x: mean(of_each_mode(x, "dilation_over_shear")), ("qlm",), of_qlm)
SPREAD = Observed(
    "spread of dilation/shear", lambda x: standard_deviation(of_each_mode(x, "dilation_over_shear")), ("qlm",), of_qlm
)


def _in_omega0_squared(estimate: Estimate, found: Gathered) -> Estimate:
    """A stiffness in ω0². Its error includes that of G."""
    omega0 = found.micro.omega0
    if not (np.isfinite(omega0) and np.isfinite(estimate.value)):
        return UNKNOWN
    value = estimate.value / omega0**2
    return Estimate(value, hypot(estimate.error / omega0**2, value * found.micro.modulus_error))


# Quantities of pairs


def of_structure(x: Gathered) -> Sizes:
    """The glasses whose g(r) is known. A result from tables is the mean over several glasses, and says over how many."""
    n_glasses = sum(float(part.values.get(GLASSES, 1)) for part in x.structure)
    return Sizes(x.spec.particles_of("structure"), round(n_glasses))


def left_over(kind: str) -> Observed:
    """g of a pair type at the most negative stiffness."""
    return _structural(f"g of {kind}", lambda x: x.population(kind, x.most_negative))


def depletion(kind: str) -> Observed:
    """1 − g of a pair type at the most negative stiffness over g just beyond it: 0 where nothing is depleted."""

    def of(structure: PairStructure) -> Estimate:
        left = structure.depletion(kind)
        return Estimate(1.0 - left.value, left.error)

    return _structural(f"depletion of {kind}", of)


def _in_quarter(kind: str, low: float, high: float) -> Observed:
    return _structural(f"g of {kind}", lambda x: x.population(kind, x.quarter(low, high)))


def _structural(name: str, quantity: Callable[[PairStructure], Estimate]) -> Observed:
    def of(found: Gathered) -> Estimate:
        structure = pair_structure(found)
        return UNKNOWN if structure is None else quantity(structure)

    return Observed(name, of, ("structure",), of_structure)


LEAST_STIFFNESS = Observed("least φ''/ω0²", most_negative_stiffness)


# Where they are taken


def in_both(places: tuple[Place, ...], *quantities: Observed) -> Finding:
    """Every quantity at every place."""
    return each(*(at(place, quantity) for place in places for quantity in quantities))


def excess(over: Place, under: Place, quantity: Observed) -> Finding:
    """The difference between a quantity of one ensemble and that of another."""

    def found(study: Study) -> Evidence:
        both = each(at(over, quantity), at(under, quantity))(study)
        if both.missing:
            return both
        a, b = both.parts
        sizes = fewest(Sizes(a.n_particles, a.n_samples), Sizes(b.n_particles, b.n_samples))
        less = Estimate(a.estimate.value - b.estimate.value, hypot(a.estimate.error, b.estimate.error))
        label = f"{a.label} less that at {called(under)}"
        return Evidence((Measured(label, less, sizes.n_particles, sizes.n_samples),))

    return found


def exponent_by_size(quantity: Observed) -> Finding:
    """Exponent a of a quantity ~ Nᵃ over the glasses of one system at three sizes or more."""

    def found(study: Study) -> Evidence:
        every = along(BY_SIZE, quantity)(study)
        parts = every.parts
        if every.missing or len({x.n_particles for x in parts}) < 3:
            return Evidence(missing=every.missing or (f"three sizes in the set {BY_SIZE}",))
        sizes = [Estimate(float(x.n_particles), 0.0) for x in parts]
        fit = fit_power_law(sizes, [x.estimate for x in parts], widened=False)
        exponent = fit.exponent if fit.n_points == len(parts) else UNKNOWN
        n = fewest(*(Sizes(x.n_particles, x.n_samples) for x in parts))
        return Evidence((Measured(f"exponent in N of {quantity.name}", exponent, n.n_particles, n.n_samples),))

    return found


def by_stiffness(place: Place, kind: str) -> Finding:
    """g of a pair type in quarters of φ''; the control parameter is the part of the most negative φ''."""

    def at_part(low: float, high: float) -> Finding:
        def found(study: Study) -> Evidence:
            evidence = at(place, _in_quarter(kind, low, high))(study)
            return replace(evidence, parts=tuple(replace(x, control=0.5 * (low + high)) for x in evidence.parts))

        return found

    return each(*(at_part(low, high) for low, high in QUARTERS))
