"""Numbers that single claims ask for and that no table of an ensemble holds."""

from __future__ import annotations

from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from vitrify.ensemble import Estimate
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.ensemble.parent_temperature import RULE
from vitrify.models import Potential
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.claim import Evidence, Measured, Sizes
from vitrify.report.gathered import Gathered, Study

from .quantities import (
    G_OVER_K,
    PREFACTOR,
    Finding,
    Observed,
    Place,
    along,
    divided,
    enough,
    everywhere,
    measured,
    members,
    of_dipoles,
    of_glasses,
    ratio,
    sizes_of,
)

FloatArray = NDArray[np.float64]


# Claim 1: the attractive parts of two potentials


def attraction(first: Place, second: Place) -> Finding:
    """Depth, range and steepest slope of one potential's attraction over those of another's. They are closed forms without
    error."""

    def found(study: Study) -> Evidence:
        one, other = study.at(*first), study.at(*second)
        if one is None or other is None:
            return Evidence(missing=("'glass 1' or 'glass 2'",))
        a, b = (_attraction(x.spec.parsed_model.potential) for x in (one, other))
        return Evidence(
            tuple(
                Measured(f"{name} of the two attractions", Estimate(b[name] / a[name], 0.0), 0, 0, by_samples=False)
                for name in a
            )
        )

    return found


def _attraction(potential: Potential) -> dict[str, float]:
    """Depth, range and steepest slope of an attraction. Lengths are in units of the minimum's place, since the densities
    are chosen with it."""
    x = np.linspace(0.8, potential.cutoff, 20_001)
    energy = potential.energy(x * x)
    least = int(np.argmin(energy))
    depth, place = -float(energy[least]), float(x[least])
    area = float(np.trapezoid(-energy[least:], x[least:]))
    return {
        "depth": depth,
        "range": area / depth / place,  # the width of a square well of the same depth and area
        "steepest slope": float(np.gradient(energy, x).max()) * place,
    }


# Claim 5: the parent temperature


def _over_the_rule(x: Gathered) -> Estimate:
    given = x.parent.temperature if x.parent else x.spec.parent_temperature
    modulus = x.summary.shear_modulus_of_planes
    if isinstance(given, str) or not modulus.is_known:
        return UNKNOWN
    return divided(
        Estimate(given, 0.0), Estimate(RULE * modulus.value / x.spec.density, RULE * modulus.error / x.spec.density)
    )


HOTNESS = Observed("T over 4 G a0³/30", _over_the_rule)


# Claim 20: the exponent of the density of states


def pooled_exponents(study: Study) -> Evidence:
    """β of D ~ ω^β in each set, by maximum likelihood over the modes of all its ensembles."""
    every = [along(name, PREFACTOR)(study) for name in SETS]
    missing = tuple(dict.fromkeys(x for found in every for x in found.missing))
    if missing:
        return Evidence(missing=missing)
    return Evidence(tuple(_pooled(name, [x for _, x in members(study, name)]) for name in SETS))


def _pooled(name: str, members: list[Gathered]) -> Measured:
    """β + 1 = Σn/Σ(n/(β_i + 1)), as n/(β_i + 1) is the sum of logarithms of an ensemble's own fit."""
    tails = [x.micro.tail for x in members if x.micro.tail.exponent.is_known]
    size = min(x.micro.of_modes.n_particles for x in members)
    n_modes = sum(x.n_modes for x in tails)
    label = f"β of D ~ ω^β in {name} ({n_modes} modes of {len(tails)} of its {len(members)} ensembles)"
    if not tails:
        return Measured(label, UNKNOWN, size, 0)
    value = n_modes / sum(x.n_modes / (x.exponent.value + 1.0) for x in tails)
    return Measured(label, Estimate(value - 1.0, value / sqrt(n_modes)), size, n_modes)


# Claim 27: the decay of dipole responses


DECAY = Observed("exponent of c(r)", lambda x: x.micro.dipole.exponent, ("dipoles",), of_dipoles)


def decays(study: Study) -> Evidence:
    """κ of c(r) ~ r^κ beyond ξ_g, for ensembles whose glasses are large enough to show it."""
    every = everywhere(DECAY)(study)
    if every.missing:
        return every
    large = tuple(x for x in every.parts if isfinite(x.estimate.value))  # elsewhere no slope is fitted at all
    return Evidence(large or (measured("exponent of c(r)", UNKNOWN, sizes_of(every.parts)),))


# Claim 60: one system in two sets


LEAST_OF_TWO = Sizes(n_particles=1000, n_samples=50)


def one_system(first: Place, second: Place) -> Finding:
    """1 where one ensemble stands at both places, else the ratio of G/K between the two, from glasses that tell it."""

    def found(study: Study) -> Evidence:
        a, b = study.at(*first), study.at(*second)
        if a is not None and b is not None and a.spec.name == b.spec.name:
            label = "one ensemble stands in both sets, so that G/K is compared with itself"
            return Evidence((measured(label, Estimate(1.0, 0.0), of_glasses(a)),))
        return ratio(first, second, enough(G_OVER_K, LEAST_OF_TWO))(study)

    return found
