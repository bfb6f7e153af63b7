"""The temperature of the parent liquid, found from the shear modulus of the ensemble's own glasses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.observables.elasticity import Elasticity, elasticity
from vitrify.preparation import Recipe, prepare_glass, quench_glass
from vitrify.preparation.liquid import NotMelted
from vitrify.preparation.stages import Observer, Stage, tell
from vitrify.preparation.start import random_start
from vitrify.recipe import recipe_of
from vitrify.statics import Pairs
from vitrify.statics.strain import PLANES

from .estimate import Estimate

FloatArray = NDArray[np.float64]
RULE = 4.0 / 30.0  # T ≥ 4 × G∞ a0^d/30: four times the estimate of the glass transition, Sect. II B, for d = 3
CERTAINTY = 2.0  # errors of G∞ that T is raised by: of twelve ensembles without them six lay below the rule by their own G
DIGITS = 3
# Of G in two planes of one glass, by number of planes: of three 0.24 to 0.27 in 1,000 glasses of N = 3,000 (PSS, ρ = 0.60).
CORRELATIONS = {3: 0.25, 2: 0.07}
DRAWS = 4  # attempts at pilots until some resist shear
ROUNDS = 4
SETTLED = 1.1  # between temperatures so close, far above the glass transition, G∞ does not change measurably


@dataclass(frozen=True, slots=True)
class ParentTemperature:
    """T of an ensemble and the G∞ that it follows from."""

    temperature: float  # in ε/k_B
    shear_modulus: float  # G∞, mean over the pilot glasses, in ε/λ^d
    shear_modulus_error: float  # standard error, of one pilot too: see pilot_mean
    n_pilots: int
    n_particles: int  # that of a pilot


def least_temperature(shear_modulus: Estimate, density: float) -> Estimate:
    """4 G a0^d/30, a0^d = 1/ρ, the least temperature of the parent liquid. shear_modulus: that of an ensemble's own
    glasses, to check afterwards whether it was reached, or that of pilots."""
    return Estimate(RULE * shear_modulus.value / density, RULE * shear_modulus.error / density)


def rule(shear_modulus: Estimate, density: float) -> float:
    """4 (G∞ + 2σ) a0^d/30 rounded up to three digits, so that "at least" holds for the ensemble's own G too. Raises
    SampleFailure unless G∞ is positive."""
    if not shear_modulus.value > 0.0:
        raise SampleFailure(
            f"pilot glasses do not resist shear (G = {shear_modulus.value:.3g}), so that there is no parent temperature"
        )
    least = least_temperature(shear_modulus, density)
    return _round_up(least.value + CERTAINTY * least.error)


def is_hot_enough(temperature: float, least: Estimate) -> bool | None:
    """Tell whether a temperature is at least least_temperature, with twice its error allowed for; None where that leaves it
    open."""
    if temperature >= least.value + CERTAINTY * least.error:
        return True
    return False if temperature < least.value else None


def pilot_mean(moduli: FloatArray) -> Estimate:
    """G∞ with its standard error, from G of each pilot in its m planes, three of space and two of the plane: moduli (n, m).

    The variance of a pilot's mean over its planes is seen twice: between pilots, with n − 1 degrees of freedom, and in the
    scatter s² of its planes, with (m − 1) n. Planes of correlation c give it as (1 + (m − 1) c)/(1 − c) s²/m, which is
    2.0 s²/3 in space; in 1,000 glasses of PSS (N = 3,000, ρ = 0.60) it was 2.01 s²/3. Both are taken, each with its degrees
    of freedom; of one pilot there is the second alone."""
    n, m = moduli.shape
    c = CORRELATIONS[m]
    between = float(np.var(moduli.mean(axis=1), ddof=1)) if n > 1 else 0.0
    within = (1.0 + (m - 1) * c) / (1.0 - c) * float(np.mean(np.var(moduli, axis=1, ddof=1))) / m
    variance = ((n - 1) * between + (m - 1) * n * within) / (m * n - 1)
    return Estimate(float(moduli.mean()), float(np.sqrt(variance / n)))


def find_parent_temperature(
    model: Model,
    *,
    n_particles: int,
    density: float,
    rng: np.random.Generator,
    dimension: int = 3,
    n_pilots: int = 2,
    recipe: Recipe | None = None,
    progress: Observer | None = None,
) -> ParentTemperature:
    """Find T from pilot glasses. The first are quenched from random positions (an infinitely hot liquid, and no molecular
    dynamics): their G gives a first T by the rule. Pilots quenched from the liquid at that T give G∞, and the rule gives T
    again. This repeats until the pilots' liquid was as hot as their own glasses require. dimension: 2 or 3.

    progress: is told of each pilot, including the first one. Raises SampleFailure where pilots fail or do not resist shear,
    or where the temperature does not settle."""

    def pilots(temperature: float, before: int) -> Estimate:
        moduli = []
        for k in range(1, n_pilots + 1):
            tell(progress, Stage("pilot", before + k, before + n_pilots))
            glass = _from_liquid(model, n_particles, density, dimension, temperature, rng, recipe, progress)
            moduli.append(_shear_moduli(glass))
        return pilot_mean(np.array(moduli))

    recipe = recipe_of(recipe).instantaneous  # as G∞ is that of a liquid quenched at once
    tell(progress, Stage("pilot", 1, 1 + n_pilots))
    found = _resisting(
        lambda: _shear_modulus_of_random_start(model, n_particles, density, dimension, rng, recipe, progress)
    )
    for k in range(ROUNDS):
        temperature = rule(found, density)
        found = _resisting(partial(pilots, temperature, 1 + k * n_pilots))
        asked = rule(found, density)
        if least_temperature(found, density).value <= SETTLED * temperature:  # not what its error adds: that is chance
            return ParentTemperature(asked, found.value, found.error, n_pilots, n_particles)
    raise SampleFailure(
        f"the parent temperature did not settle: glasses quenched from T = {temperature:g} ask for {asked:g} by the rule"
    )


def _resisting(measure: Callable[[], Estimate]) -> Estimate:
    """G of pilot glasses that resist shear, where some of DRAWS do: a small glass may happen to be one that gives way."""
    for _ in range(DRAWS):
        found = measure()
        if found.value > 0.0:
            break
    return found


def _shear_modulus_of_random_start(
    model: Model,
    n_particles: int,
    density: float,
    dimension: int,
    rng: np.random.Generator,
    recipe: Recipe | None,
    progress: Observer | None,
) -> Estimate:
    """G of one glass quenched without a liquid, which is the cheapest look at how stiff these glasses are."""
    start = random_start(model, n_particles=n_particles, density=density, rng=rng, dimension=dimension).glass(0)
    return pilot_mean(np.array([_shear_moduli(quench_glass(start, recipe=recipe, progress=progress))]))


def _from_liquid(
    model: Model,
    n_particles: int,
    density: float,
    dimension: int,
    temperature: float,
    rng: np.random.Generator,
    recipe: Recipe | None,
    progress: Observer | None,
) -> Glass:
    """Make a pilot glass. A liquid too cold to melt follows from an earlier pilot that happened to be very soft."""
    try:
        return prepare_glass(
            model,
            n_particles=n_particles,
            density=density,
            parent_temperature=temperature,
            rng=rng,
            dimension=dimension,
            recipe=recipe,
            progress=progress,
        )
    except NotMelted as failure:
        raise NotMelted(
            f"{failure}; this temperature came from pilot glasses: give a temperature, or use more or larger pilots"
        ) from None


def _shear_moduli(glass: Glass) -> tuple[float, ...]:
    """G of one pilot in its planes: their mean converges with fewer pilots, and their scatter gives its error."""
    moduli = _moduli(glass)
    if not moduli["is_minimum"]:
        raise SampleFailure("a pilot glass is not a minimum of the energy")
    return tuple(float(moduli[name]) for name in PLANES[glass.dimension])


def _moduli(glass: Glass) -> Elasticity:
    """The result of `elasticity`, without rattlers where these bear nothing but hide whether the rest is a minimum."""
    pairs = Pairs.of(glass)
    try:
        moduli = elasticity(glass, pairs)
        if moduli["is_minimum"] or not pairs.contacts.rattlers.any():
            return moduli
    except SampleFailure:
        if not pairs.contacts.rattlers.any():
            raise
    return elasticity(glass, pairs, without_rattlers=True)


def _round_up(value: float) -> float:
    unit = 10.0 ** (floor(log10(value)) - DIGITS + 1)
    return float(f"{ceil(value / unit - 1e-9) * unit:.6g}")
