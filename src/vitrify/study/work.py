"""The tasks of a study: module-level functions that any worker can run, each one result."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np

from vitrify.backends.processor import processor_kind
from vitrify.campaign import Result, Store
from vitrify.ensemble.parent_temperature import ParentTemperature, find_parent_temperature
from vitrify.errors import BrokenFile
from vitrify.glass import Glass
from vitrify.model.catalogue import parse
from vitrify.preparation import make_glass

from .observable import Measured, measured
from .seeds import generator
from .spec import EnsembleSpec, ObservableSpec


def parent_temperature_task(store: Store, spec: EnsembleSpec, seed: int) -> Result:
    """T and G∞ from the pilots of an ensemble."""
    del store
    found = find_parent_temperature(
        spec.parsed_model,
        n_particles=spec.particles_of_pilot,
        density=spec.density,
        rng=generator(seed, spec.name, "pilot", 0),
        dimension=spec.dimension,
        n_pilots=spec.n_pilots,
        recipe=spec.recipe,
    )
    return Result(asdict(found))


def glass_task(store: Store, spec: EnsembleSpec, seed: int, index: int, temperature_key: str) -> Result:
    """Sample `index` of an ensemble. temperature_key: where T stands, empty where the spec gives it."""
    glass = make_glass(
        spec.parsed_model,
        n_particles=spec.n_particles,
        density=spec.density,
        parent_temperature=temperature_of(store, spec, temperature_key),
        rng=generator(seed, spec.name, "sample", index),
        dimension=spec.dimension,
        recipe=spec.recipe,
    )
    return glass_result(glass)


def temperature_of(store: Store, spec: EnsembleSpec, temperature_key: str) -> float:
    """The parent temperature that the spec gives, or that its pilots found."""
    if temperature_key:
        return read_parent_temperature(store, temperature_key).temperature
    return float(spec.parent_temperature)


def glass_result(glass: Glass) -> Result:
    """A glass as the store keeps it, with the kind of processor that made it: another may lead to other last bits."""
    values = {**glass.provenance, "box": glass.box, "model": str(glass.model), "processor": processor_kind()}
    arrays: dict[str, np.ndarray[Any, Any]] = {"positions": glass.positions, "species": glass.species}
    if glass.sizes is not None:
        arrays["sizes"] = glass.sizes
    return Result(values, arrays)


def glass_checksum(glass: Result) -> str:
    """SHA-256 over box, model, positions, species and sizes of a glass as the store keeps it: what is measured depends on
    these alone, and not on how long the glass took."""
    total = hashlib.sha256(repr([glass.values.get(name) for name in ("box", "model")]).encode())
    for name in ("positions", "species", "sizes"):
        if name in glass.arrays:
            total.update(np.ascontiguousarray(glass.arrays[name]).tobytes())
    return total.hexdigest()


def observable_task(store: Store, observable: ObservableSpec, glass_key: str, digest: str) -> Result:
    """One observable of a glass in the store; it carries the checksum of the glass. A glass that is no minimum is set aside
    here."""
    glass = store.read(glass_key, digest)
    found = measured(observable.observable, _glass_of(glass))
    return replace(measured_result(found), made_from=glass_checksum(glass))


def measured_result(found: Measured) -> Result:
    """What an observable found, as the store keeps it."""
    return Result(dict(found.values), dict(found.arrays))


def read_glass(store: Store, key: str, digest: str | None = None) -> Glass:
    """A glass from the store. Raises BrokenFile, Unreadable, FileNotFoundError where there is none, and UsageError where
    this version knows no such model."""
    return _glass_of(store.read(key, digest))


def _glass_of(result: Result) -> Glass:
    _require_glass(result)
    values = dict(result.values)
    box, model = values.pop("box"), parse(str(values.pop("model")))
    arrays = result.arrays
    return Glass(arrays["positions"], box, arrays["species"], model, values, arrays.get("sizes"))


def _require_glass(result: Result) -> None:
    """Raises BrokenFile for a result that is sound but no glass."""
    numbers = isinstance(result.values.get("box"), float | int) and isinstance(result.values.get("model"), str)
    if not numbers or not all(
        x in result.arrays and result.arrays[x].dtype.kind in "iuf" for x in ("positions", "species")
    ):
        raise BrokenFile("it holds no glass: box, model, positions and species")


def read_parent_temperature(store: Store, key: str) -> ParentTemperature:
    """T and G∞ of an ensemble from the store. Raises BrokenFile, Unreadable, or FileNotFoundError where there is none."""
    values, names = store.read(key).values, [f.name for f in fields(ParentTemperature)]
    if not values.keys() >= set(names):
        raise BrokenFile(f"{key} holds no parent temperature")
    return ParentTemperature(**{name: values[name] for name in names})  # type: ignore[arg-type]
