"""Glasses: random start, liquid at the parent temperature, instantaneous quench."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from vitrify.backends import Cpu, backend
from vitrify.batch import glass_batch, row_width
from vitrify.contacts import Contacts, require_solid
from vitrify.errors import SampleFailure, UsageError, check
from vitrify.glass import Glass, Provenance
from vitrify.models import Model
from vitrify.recipe import Kept, Recipe, done, recipe_of

from .asked import dimension_of, size_of, temperature_of
from .quench import quench
from .samples import Samples
from .stages import Observer, told
from .start import push_off, random_batch
from .steps import Preparing

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

MOST_LISTED = 2e7  # places in the neighbour list of a glass whose contacts are looked at; more would take gigabytes


def prepare_glass(
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
    done: steps, mean squared displacement, force evaluations. progress is told each Stage. Raises UsageError for what
    cannot be made, such as a box below twice the cutoff; SampleFailure where a stage fails, or where the particles do not
    hold each other (below jamming)."""
    (made,) = prepare_glasses(
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


def prepare_glasses(
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
    """Glasses, one for each generator, all made on this machine, each as prepare_glass makes it; a failure in the place of
    one that cannot be made.

    A GPU takes one thread per particle; on a CPU each is bit for bit what it is alone. `seconds` in the provenance are the
    batch's, divided by the number of samples. Raises UsageError for what cannot be made."""
    recipe = recipe_of(recipe)
    (n_particles, density), dimension = size_of(n_particles, density), dimension_of(dimension)
    parent_temperature = temperature_of(parent_temperature)
    started = time.perf_counter()
    batch = random_batch(model, n_particles=n_particles, density=density, rngs=rngs, dimension=dimension)
    samples = Samples(batch, machine)
    push_off(samples)
    preparing = Preparing(samples, parent_temperature, rngs, progress)
    kept: list[Kept] = []  # by step
    spent = [started]
    for step in recipe.steps:
        kept.append(done(step, preparing))
        if strangers := kept[-1].keys() - range(batch.n_samples):
            raise SampleFailure(f"step {step.name} recorded something for sample {min(strangers)}, which does not exist")
        spent.append(time.perf_counter())
    samples = preparing.samples  # steps may have put others in their place
    batch = samples.batch
    samples.place.download()
    part = 1.0 / len(rngs)
    seconds = (part * (spent[-2] - started), part * (time.perf_counter() - started))
    made: list[Glass | SampleFailure] = []
    for s in range(batch.n_samples):
        if s in samples.failed:
            made.append(samples.failed[s])
        else:
            batch.relabel(s)
            how = _provenance(parent_temperature, recipe, _kept([x.get(s, {}) for x in kept]), *seconds)
            made.append(_solid_or_failure(batch.glass(s, **how, device=samples.machine.name)))
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
    """The provenance of a glass: what was done. melting: seconds before the quench."""
    steps = {"preparation": recipe.sentence} if recipe.sentence else {}
    return {
        "parent_temperature": float(temperature), **kept, **steps, "seconds_liquid": melting, "seconds": all_in_all,
    }  # fmt: skip


def _kept(by_step: Sequence[Mapping[str, str | float]]) -> dict[str, str | float]:
    """Values that the steps kept of one sample. A word belongs to the last, the quench, or else to the first that says it;
    all others put their number behind it."""
    owner = {key: number for number, found in reversed(list(enumerate(by_step))) for key in found}
    owner |= dict.fromkeys(by_step[-1], len(by_step) - 1)
    return {
        key if owner[key] == number else f"{key}_{number}": value
        for number, found in enumerate(by_step)
        for key, value in found.items()
    }


def quench_glass(glass: Glass, *, recipe: Recipe | None = None, progress: Observer | None = None) -> Glass:
    """The inherent state of a configuration; keeps its provenance. Raises SampleFailure where the minimiser fails, or where
    the particles lose each other (below jamming); UsageError for what is no Glass. progress: is told each Stage."""
    if not isinstance(glass, Glass):
        raise UsageError(f"quench_glass takes a Glass, such as Glass.read(path), not {type(glass).__name__}")
    recipe = recipe_of(recipe)
    check(not recipe.between, "quench_glass", "recipe.between", "given", "left out, as nothing but a quench is done")
    batch = glass_batch(glass)
    samples = Samples(batch)
    with told(progress, f"quench of {glass.n_particles:,} particles") as observer:
        quenched = samples.only(
            quench(samples, minimiser=recipe.minimiser, force_tolerance=recipe.force_tolerance, progress=observer)
        )
    how: Provenance = {
        "minimiser": recipe.minimiser,
        "force_evaluations": quenched.force_evaluations,
        "quench_max_force": quenched.max_force,
    }
    return batch.glass(0, **(glass.provenance | how))
