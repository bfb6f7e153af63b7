"""One glass for a notebook or the command line, its temperature found where none is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from vitrify.backends import machine
from vitrify.ensemble.parent_temperature import find_parent_temperature
from vitrify.errors import UsageError, check
from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.models.catalogue import model_of, usual_dimension
from vitrify.preparation import Recipe, prepare_glass
from vitrify.preparation.asked import dimension_of, seed_of, size_of
from vitrify.preparation.stages import Observer, Stage, tell, told
from vitrify.recipe import Step, recipe_of, recipe_of_steps

MOST_PILOT_PARTICLES = 3000


def make_glass(
    model: Model | str,
    *,
    n_particles: int,
    density: float,
    dimension: int | None = None,
    parent_temperature: float | Literal["auto"] = "auto",
    seed: int = 0,
    recipe: Recipe | None = None,
    preparation: Sequence[Mapping[str, Any] | Step] | None = None,
    device: str = "cpu",
    progress: Observer | None = None,
) -> Glass:
    """A glass of this model, quenched from its liquid at once or by steps; the same seed gives the same glass.

    model: a Model, or its readable form such as "pss(rc=1.2)" or "pss(rc=1.2) [0.8:0.2; lengths 1,0.8,0.88]".
    device: "cpu", or "cuda" for a GPU, whose glasses differ from the CPU's of the same seed as the liquid is chaotic.
    density: N/V in λ⁻³, in two dimensions in λ⁻²; dimension: 2 for a square, 3 for a cube; by default that of the model,
    which is 2 of kob_andersen_2d() and its kin.
    parent_temperature: in ε/k_B, or "auto" for 4 (G∞ + 2σ) a0^d/30 of pilot glasses, Sect. II B.
    preparation: in place of a recipe all steps from melt to quench, as a study file has them or as Step records, such as
    [Melt(), Shear(strain=0.02), Quench()]. seed: a whole number; progress is told each Stage of the work, pilots included.
    Raises UsageError for what cannot be made, SampleFailure where a stage fails."""
    model, seed, on, recipe = model_of(model), seed_of(seed), machine(device), _recipe(recipe, preparation)
    n_particles, density = size_of(n_particles, density)
    d = usual_dimension(model) if dimension is None else dimension_of(dimension)
    require_possible(model, n_particles, density, d)
    known = not isinstance(parent_temperature, str) or parent_temperature == "auto"
    check(known, "glass", "parent_temperature", parent_temperature, 'a positive number or "auto"')
    rng = np.random.default_rng(seed)
    with told(progress, f"glass of {n_particles:,} particles") as progress:
        if isinstance(parent_temperature, str):
            pilots = min(n_particles, MOST_PILOT_PARTICLES)
            found = find_parent_temperature(
                model, n_particles=pilots, density=density, rng=rng, dimension=d, recipe=recipe, progress=progress
            )
            parent_temperature = found.temperature
        tell(progress, Stage("glass", 1, 1))
        glass = prepare_glass(
            model,
            n_particles=n_particles,
            density=density,
            parent_temperature=parent_temperature,
            rng=rng,
            dimension=d,
            recipe=recipe,
            machine=on,
            progress=progress,
        )
    glass.provenance["seed"] = seed
    return glass


def _recipe(recipe: Recipe | None, preparation: Sequence[Mapping[str, Any] | Step] | None) -> Recipe:
    """The recipe that is given in the one form or the other. Raises UsageError."""
    if preparation is None:
        return recipe_of(recipe)
    check(recipe is None, "glass", "recipe", recipe, "left out if a preparation is given, which contains all of it")
    return recipe_of_steps(preparation)


def require_possible(model: Model, n_particles: int, density: float, dimension: int = 3) -> None:
    """Raise UsageError for what cannot be made, before time is spent on pilot glasses, which are smaller."""
    if not isinstance(model, Model):
        raise UsageError(f'model is {model!r}, must be a Model, such as vitrify.models.parse("pss(rc=1.2)")')
    model.box_for(n_particles, density, dimension)
    model.fraction_counts(n_particles)
