"""Glasses: random start, liquid at the parent temperature, instantaneous quench."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from vitrify.backends import Cpu, backend
from vitrify.batch import glass_batch, row_width
from vitrify.contacts import Contacts, require_solid
from vitrify.errors import SampleFailure, UsageError, check
from vitrify.glass import Glass, Provenance
from vitrify.model import Model
from vitrify.options import values_of
from vitrify.recipe import Recipe, Step, done, recipe_of

from .asked import dimension_of, size_of, temperature_of
from .quench import quench
from .samples import Samples
from .stages import Observer
from .start import random_batch, spread_apart
from .steps import Preparing

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

MOST_LISTED = 2e7  # places in the neighbour list of a glass whose contacts are looked at; more would take gigabytes


def make_glass(
    model: Model,
    *,
    n_particles: int,
    density: float,
    parent_temperature: float,
    rng: np.random.Generator,
    dimension: int = 3,
    recipe: Recipe | None = None,
    machine: Cpu | Gpu | None = None,
    progress: Observer | None = None,
) -> Glass:
    """A glass quenched from the liquid at this parent temperature, Sect. II B. Deterministic in rng.

    parent_temperature: in ε/k_B; density: N/V in λ⁻³, with dimension=2 in λ⁻², in a square. The provenance holds what was
    done: steps, mean squared displacement, force evaluations. progress: is told each Stage. Raises UsageError for what
    cannot be made, such as a box below twice the cutoff; SampleFailure where a stage fails, or where the particles do not
    hold each other (below jamming)."""
    (made,) = make_glasses(
        model,
        n_particles=n_particles,
        density=density,
        parent_temperature=parent_temperature,
        rngs=[rng],
        dimension=dimension,
        recipe=recipe,
        machine=machine or backend(),
        progress=progress,
    )
    if isinstance(made, SampleFailure):
        raise made
    return made


def make_glasses(
    model: Model,
    *,
    n_particles: int,
    density: float,
    parent_temperature: float,
    rngs: list[np.random.Generator],
    dimension: int = 3,
    recipe: Recipe | None = None,
    machine: Cpu | Gpu,
    progress: Observer | None = None,
) -> list[Glass | SampleFailure]:
    """A glass for each generator, all made on this machine, each as make_glass makes it; a failure in the place of one that
    cannot be made.

    On a GPU a thread a particle; on a CPU bit for bit what each is alone. `seconds` in the provenance are the batch's,
    divided by the number of samples. Raises UsageError for what cannot be made."""
    recipe = recipe_of(recipe)
    (n_particles, density), dimension = size_of(n_particles, density), dimension_of(dimension)
    parent_temperature = temperature_of(parent_temperature)
    started = time.perf_counter()
    batch = random_batch(model, n_particles=n_particles, density=density, rngs=rngs, dimension=dimension)
    samples = Samples(batch, machine)
    spread_apart(samples)
    preparing = Preparing(samples, parent_temperature, rngs, progress)
    kept: dict[int, dict[str, str | float]] = {s: {} for s in range(batch.n_samples)}
    spent = [started]
    for number, step in enumerate(recipe.steps):
        for s, found in done(step, preparing).items():
            if s not in kept:
                raise SampleFailure(f"step {step.name} keeps something of sample {s}, of which there is none")
            kept[s] |= {(key if key not in kept[s] else f"{key}_{number}"): value for key, value in found.items()}
        spent.append(time.perf_counter())
    samples.place.download()
    part = 1.0 / len(rngs)
    seconds = (part * (spent[-2] - started), part * (time.perf_counter() - started))
    made: list[Glass | SampleFailure] = []
    for s in range(batch.n_samples):
        if s in samples.failed:
            made.append(samples.failed[s])
        else:
            batch.relabel(s)
            how = _provenance(parent_temperature, recipe, kept[s], *seconds)
            made.append(_solid_or_failure(batch.glass(s, **how, device=machine.name)))
    return made


def _solid(glass: Glass) -> Glass:
    """The glass, where its particles hold each other; else a SampleFailure. Not looked at where that takes much memory."""
    if glass.n_particles * row_width(glass.model, glass.density, dimension=glass.dimension) <= MOST_LISTED:
        require_solid(Contacts.of(glass), repulsive=False)
    return glass


def _solid_or_failure(glass: Glass) -> Glass | SampleFailure:
    try:
        return _solid(glass)
    except SampleFailure as failure:
        return failure


def _provenance(
    temperature: float, recipe: Recipe, kept: Mapping[str, str | float], melting: float, all_in_all: float
) -> dict[str, str | float]:
    """What was done, as it is kept with a glass. melting: seconds before the quench."""
    steps = {"preparation": " ".join(_said(x) for x in recipe.steps)} if recipe.between else {}
    return {
        "parent_temperature": float(temperature), **kept, **steps, "seconds_liquid": melting, "seconds": all_in_all,
    }  # fmt: skip


def _said(step: Step) -> str:
    """Such as cool(to=0.5,steps=100000)."""
    options = ",".join(f"{name}={value}" for name, value in values_of(step).items())
    return f"{step.name}({options})"


def quench_glass(glass: Glass, *, recipe: Recipe | None = None, progress: Observer | None = None) -> Glass:
    """The inherent state of a configuration; keeps its provenance. Raises SampleFailure where the minimiser fails, or where
    the particles lose each other (below jamming); UsageError for what is no Glass. progress: is told each Stage."""
    if not isinstance(glass, Glass):
        raise UsageError(f"quench_glass takes a Glass, such as Glass.read(path), not {type(glass).__name__}")
    recipe = recipe_of(recipe)
    check(not recipe.between, "quench_glass", "recipe.between", "given", "left out, as nothing but a quench is done")
    batch = glass_batch(glass)
    samples = Samples(batch)
    quenched = samples.only(
        quench(samples, minimiser=recipe.minimiser, force_tolerance=recipe.force_tolerance, progress=progress)
    )
    how: Provenance = {
        "minimiser": recipe.minimiser,
        "force_evaluations": quenched.force_evaluations,
        "quench_max_force": quenched.max_force,
    }
    return batch.glass(0, **(glass.provenance | how))
