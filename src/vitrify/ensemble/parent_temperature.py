"""The temperature of the parent liquid, from the shear modulus that the ensemble's own glasses have."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.model import Model
from vitrify.observables import elasticity
from vitrify.observables.elasticity import Elasticity
from vitrify.preparation import Recipe, make_glass, quench_glass
from vitrify.preparation.liquid import NotMelted
from vitrify.preparation.stages import Observer, Stage, tell
from vitrify.preparation.start import random_start
from vitrify.statics import Pairs

RULE = 4.0 / 30.0  # T ≥ 4 × G∞ a0³/30: four times the estimate of the glass transition, Sect. II B
DIGITS = 2
ROUNDS = 4
SETTLED = 1.1  # between temperatures so close, far above the glass transition, G∞ does not change measurably


@dataclass(frozen=True, slots=True)
class ParentTemperature:
    """T of an ensemble and the G∞ that it follows from."""

    temperature: float  # in ε/k_B
    shear_modulus: float  # G∞, mean over the pilot glasses, in ε/λ³
    shear_modulus_error: float  # standard error
    n_pilots: int
    n_particles: int  # of a pilot


def rule(shear_modulus: float, spacing: float) -> float:
    """4 G∞ a0³/30 rounded up to two digits, so that "at least" holds. Raises SampleFailure unless G∞ is positive."""
    if not shear_modulus > 0.0:
        raise SampleFailure(
            f"pilot glasses do not resist shear (G = {shear_modulus:.3g}), so no parent temperature follows"
        )
    return _round_up(RULE * shear_modulus * spacing**3)


def find_parent_temperature(
    model: Model,
    *,
    n_particles: int,
    density: float,
    rng: np.random.Generator,
    n_pilots: int = 2,
    recipe: Recipe | None = None,
    progress: Observer | None = None,
) -> ParentTemperature:
    """T from pilot glasses. The first are quenched from random positions (an infinitely hot liquid, and no molecular
    dynamics): their G gives a first T by the rule. Pilots quenched from the liquid at that T give G∞, and the rule again
    T; so on until the pilots' liquid was as hot as their own glasses ask for.

    progress: is told each pilot, the first one included. Raises SampleFailure where pilots fail or do not resist shear, or
    where the temperature does not settle."""

    def pilots(temperature: float, before: int) -> list[float]:
        moduli = []
        for k in range(1, n_pilots + 1):
            tell(progress, Stage("pilot", before + k, before + n_pilots))
            glass = _from_liquid(model, n_particles, density, temperature, rng, recipe, progress)
            moduli.append(_shear_modulus(glass))
        return moduli

    spacing = density ** (-1.0 / 3.0)
    tell(progress, Stage("pilot", 1, 1 + n_pilots))
    temperature, asked = (
        0.0,
        rule(_shear_modulus_of_random_start(model, n_particles, density, rng, recipe, progress), spacing),
    )
    for k in range(ROUNDS):
        temperature = asked
        moduli = pilots(temperature, 1 + k * n_pilots)
        asked = rule(float(np.mean(moduli)), spacing)
        if asked <= SETTLED * temperature:
            error = float(np.std(moduli, ddof=1) / np.sqrt(n_pilots)) if n_pilots > 1 else float("nan")
            return ParentTemperature(asked, float(np.mean(moduli)), error, n_pilots, n_particles)
    raise SampleFailure(
        f"the parent temperature did not settle: glasses quenched from T = {temperature:g} ask for {asked:g} by the rule"
    )


def _shear_modulus_of_random_start(
    model: Model,
    n_particles: int,
    density: float,
    rng: np.random.Generator,
    recipe: Recipe | None,
    progress: Observer | None,
) -> float:
    """G of one glass quenched without a liquid; the cheapest look at how stiff these glasses are."""
    start = random_start(model, n_particles=n_particles, density=density, rng=rng).glass(0)
    return _shear_modulus(quench_glass(start, recipe=recipe, progress=progress))


def _from_liquid(
    model: Model,
    n_particles: int,
    density: float,
    temperature: float,
    rng: np.random.Generator,
    recipe: Recipe | None,
    progress: Observer | None,
) -> Glass:
    """A pilot glass. A liquid too cold to melt comes from a pilot before it that was by chance very soft."""
    try:
        return make_glass(
            model,
            n_particles=n_particles,
            density=density,
            parent_temperature=temperature,
            rng=rng,
            recipe=recipe,
            progress=progress,
        )
    except NotMelted as failure:
        raise NotMelted(
            f"{failure}; this temperature came from pilot glasses: give one, or take more or larger pilots"
        ) from None


def _shear_modulus(glass: Glass) -> float:
    """G of one pilot, the mean over three planes: an isotropic average settles with fewer pilots."""
    moduli = _moduli(glass)
    if not moduli["is_minimum"]:
        raise SampleFailure("a pilot glass is no minimum of the energy")
    return float(np.mean([moduli["shear_modulus"], moduli["shear_modulus_xz"], moduli["shear_modulus_yz"]]))


def _moduli(glass: Glass) -> Elasticity:
    """elasticity; without rattlers where these bear nothing but hide whether the rest is a minimum."""
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
