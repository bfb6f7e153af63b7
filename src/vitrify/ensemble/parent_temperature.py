"""The temperature of the parent liquid, from the shear modulus that the ensemble's own glasses have."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.model import Model
from vitrify.observables import elasticity
from vitrify.preparation import Recipe, make_glass, quench_glass
from vitrify.preparation.start import random_start

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
    """4 G∞ a0³/30 rounded up to two digits, so that "at least" holds."""
    return _round_up(RULE * shear_modulus * spacing**3)


def find_parent_temperature(
    model: Model,
    *,
    n_particles: int,
    density: float,
    rng: np.random.Generator,
    n_pilots: int = 2,
    recipe: Recipe | None = None,
) -> ParentTemperature:
    """T from pilot glasses. The first are quenched from random positions (an infinitely hot liquid, and no molecular
    dynamics): their G gives a first T by the rule. Pilots quenched from the liquid at that T give G∞, and the rule again
    T; so on until the pilots' liquid was as hot as their own glasses ask for.

    Raises SampleFailure where pilots fail or the temperature does not settle."""

    def pilots(temperature: float) -> list[float]:
        size = {"n_particles": n_particles, "density": density}
        return [
            _shear_modulus(make_glass(model, **size, parent_temperature=temperature, rng=rng, recipe=recipe))  # type: ignore[arg-type]
            for _ in range(n_pilots)
        ]

    spacing = density ** (-1.0 / 3.0)
    temperature, asked = (
        0.0,
        rule(_shear_modulus_of_random_start(model, n_particles, density, rng, recipe), spacing),
    )
    for _ in range(ROUNDS):
        temperature = asked
        moduli = pilots(temperature)
        asked = rule(float(np.mean(moduli)), spacing)
        if asked <= SETTLED * temperature:
            error = float(np.std(moduli, ddof=1) / np.sqrt(n_pilots)) if n_pilots > 1 else float("nan")
            return ParentTemperature(asked, float(np.mean(moduli)), error, n_pilots, n_particles)
    raise SampleFailure(
        f"the parent temperature did not settle: glasses quenched from T = {temperature:g} ask for {asked:g} by the rule"
    )


def _shear_modulus_of_random_start(
    model: Model, n_particles: int, density: float, rng: np.random.Generator, recipe: Recipe | None
) -> float:
    """G of one glass quenched without a liquid; the cheapest look at how stiff these glasses are."""
    glass = quench_glass(random_start(model, n_particles=n_particles, density=density, rng=rng).glass(0), recipe=recipe)
    return _shear_modulus(glass)


def _shear_modulus(glass: Glass) -> float:
    """G of one pilot, the mean over three planes: an isotropic average settles with fewer pilots."""
    moduli = elasticity(glass)
    if not moduli["is_minimum"]:
        raise SampleFailure("a pilot glass is no minimum of the energy")
    return float(np.mean([moduli["shear_modulus"], moduli["shear_modulus_xz"], moduli["shear_modulus_yz"]]))


def _round_up(value: float) -> float:
    unit = 10.0 ** (floor(log10(value)) - DIGITS + 1)
    return float(f"{ceil(value / unit - 1e-9) * unit:.6g}")
