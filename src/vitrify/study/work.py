"""The tasks of a study: module-level functions that any worker can run, each one result."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np

from vitrify.campaign import Result, Store
from vitrify.ensemble.parent_temperature import ParentTemperature, find_parent_temperature
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.model.catalogue import parse
from vitrify.observables import elasticity, mechanics
from vitrify.preparation import make_glass

from .seeds import generator
from .spec import EnsembleSpec

OBSERVABLES = {"mechanics": mechanics, "elasticity": elasticity}


def parent_temperature_task(store: Store, spec: EnsembleSpec, seed: int) -> Result:
    """T and G∞ from the pilots of an ensemble."""
    del store
    found = find_parent_temperature(
        spec.parsed_model,
        n_particles=spec.particles_of_pilot,
        density=spec.density,
        rng=generator(seed, spec.name, "pilot", 0),
        n_pilots=spec.n_pilots,
        recipe=spec.recipe,
    )
    return Result(asdict(found))


def glass_task(store: Store, spec: EnsembleSpec, seed: int, index: int, temperature_key: str) -> Result:
    """Sample `index` of an ensemble. temperature_key: where T stands, empty where the spec gives it."""
    temperature = (
        read_parent_temperature(store, temperature_key).temperature if temperature_key else spec.parent_temperature
    )
    glass = make_glass(
        spec.parsed_model,
        n_particles=spec.n_particles,
        density=spec.density,
        parent_temperature=float(temperature),
        rng=generator(seed, spec.name, "sample", index),
        recipe=spec.recipe,
    )
    values = {"box": glass.box, "model": str(glass.model), **glass.provenance}
    return Result(values, {"positions": glass.positions, "species": glass.species})


def observable_task(store: Store, observable: str, glass_key: str, digest: str) -> Result:
    """One observable of a glass in the store. A glass that is no minimum is set aside here."""
    glass = read_glass(store, glass_key, digest)
    measured = OBSERVABLES[observable](glass)
    if not measured.get("is_minimum", True):
        raise SampleFailure(f"is no minimum of the energy: {measured['zero_modes']} zero modes or a negative one")
    return Result(dict(measured))


def read_glass(store: Store, key: str, digest: str | None = None) -> Glass:
    """A glass from the store. Raises BrokenFile."""
    result = store.read(key, digest)
    values = dict(result.values)
    box, model = float(values.pop("box")), parse(str(values.pop("model")))
    return Glass(result.arrays["positions"], box, result.arrays["species"].astype(np.int8), model, values)


def read_parent_temperature(store: Store, key: str) -> ParentTemperature:
    """T and G∞ of an ensemble from the store. Raises BrokenFile."""
    values = store.read(key).values
    return ParentTemperature(**{f.name: values[f.name] for f in fields(ParentTemperature)})  # type: ignore[arg-type]
