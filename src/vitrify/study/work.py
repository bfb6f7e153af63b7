"""The tasks of a study: module-level functions that any worker can run, one result each."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np

from vitrify.backends.processor import processor_kind
from vitrify.campaign import Result, Store
from vitrify.ensemble.parent_temperature import ParentTemperature, find_parent_temperature
from vitrify.errors import BrokenFile, SampleFailure, UsageError
from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.models.catalogue import parse
from vitrify.models.own_files import ModelFile
from vitrify.models.potential import CodeNotRunError
from vitrify.models.topology import Topology
from vitrify.preparation import prepare_glass

from .observable import Measured, measured
from .pair_tables import look_for_tables
from .spec import EnsembleSpec, ObservableSpec

BOUND = ("bonds", "bond_types", "angles", "angle_types")  # arrays of a topology
PILOT, SAMPLE = "pilot", "sample"  # streams of random numbers: another name here is another glass everywhere


def generator(study_seed: int, ensemble: str, stage: str, index: int) -> np.random.Generator:
    """An independent counter-based generator for each (study seed, ensemble, stage, index). Random numbers belong to the
    sample, so that any sample can be made again alone, in any process, bit for bit."""
    text = f"{study_seed}\x00{ensemble}\x00{stage}\x00{index}"
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))


def parent_temperature_task(store: Store, spec: EnsembleSpec, seed: int) -> Result:
    """Find T and G∞ from the pilots of an ensemble."""
    look_for_tables(store.directory)
    found = find_parent_temperature(
        _model_of(spec.model),
        n_particles=spec.particles_of_pilot,
        density=spec.density,
        rng=generator(seed, spec.name, PILOT, 0),
        dimension=spec.dimension,
        n_pilots=spec.n_pilots,
        recipe=spec.recipe,
    )
    return Result(asdict(found))


def glass_task(store: Store, spec: EnsembleSpec, seed: int, index: int, temperature_key: str) -> Result:
    """Sample `index` of an ensemble. temperature_key: where T stands, empty where the spec gives it."""
    look_for_tables(store.directory)
    glass = prepare_glass(
        _model_of(spec.model),
        n_particles=spec.n_particles,
        density=spec.density,
        parent_temperature=temperature_of(store, spec, temperature_key),
        rng=generator(seed, spec.name, SAMPLE, index),
        dimension=spec.dimension,
        recipe=spec.recipe,
    )
    return glass_result(glass)


def _model_of(text: str) -> Model:
    """The model of a task, which was known where the study was read. Raises UsageError where it is not known here."""
    try:
        return parse(text)
    except CodeNotRunError:
        raise
    except UsageError as error:
        raise UsageError(
            f"a worker cannot have the model of its task: {error.brief}; what only one process has registered, no other "
            "knows: put it into a plugin (vitrify --plugin FILE.py), or into a package that all workers have"
        ) from None


def imported_task(store: Store) -> Result:
    """Raise SampleFailure: this is called for an imported glass that is not there, and nobody can make it."""
    del store
    raise SampleFailure("it was imported and is no longer in the store: import its file again")


def temperature_of(store: Store, spec: EnsembleSpec, temperature_key: str) -> float:
    """The parent temperature that the spec gives, or that its pilots found."""
    if temperature_key:
        return read_parent_temperature(store, temperature_key).temperature
    return float(spec.parent_temperature)


def glass_result(glass: Glass) -> Result:
    """A glass as the store keeps it, with the kind of processor that made it, since another may give other last bits."""
    values = {**glass.provenance, "model": str(glass.model), "processor": processor_kind()}
    arrays: dict[str, np.ndarray[Any, Any]] = {"positions": glass.positions, "species": glass.species}
    (values if glass.cell.is_cubic else arrays)["box"] = glass.box  # an edge, or the vectors of a cell
    if glass.sizes is not None:
        arrays["sizes"] = glass.sizes
    if glass.topology is not None:
        arrays |= {name: getattr(glass.topology, name) for name in BOUND}
    return Result(values, arrays)


def glass_checksum(glass: Result) -> str:
    """SHA-256 over box, model, positions, species, sizes and topology of a glass as the store keeps it: observables depend
    on these alone, and not on how long the glass took."""
    total = hashlib.sha256(repr([glass.values.get(name) for name in ("box", "model")]).encode())
    for name in ("positions", "species", "sizes", "box", *BOUND):
        if name in glass.arrays:
            total.update(np.ascontiguousarray(glass.arrays[name]).tobytes())
    return total.hexdigest()


def observable_task(
    store: Store, observable: ObservableSpec, glass_key: str, digest: str, model_file: ModelFile | None = None
) -> Result:
    """Measure one observable of a glass in the store. The result carries the checksum of the glass. A glass that is no
    minimum is recorded as failed here. model_file: where the model is code in a file, that file, which is known by
    having come here."""
    del model_file
    look_for_tables(store.directory)
    glass = store.read(glass_key, digest)
    found = measured(observable.observable, _glass_of(glass))
    return replace(measured_result(found), made_from=glass_checksum(glass))


def measured_result(found: Measured) -> Result:
    """The result of an observable as the store keeps it."""
    return Result(dict(found.values), dict(found.arrays))


def read_glass(store: Store, key: str, digest: str | None = None) -> Glass:
    """Read a glass from the store. Raises BrokenFile, Unreadable, FileNotFoundError where there is none, and UsageError
    where this version knows no such model."""
    look_for_tables(store.directory)
    return _glass_of(store.read(key, digest))


def _glass_of(result: Result) -> Glass:
    _require_glass(result)
    values = dict(result.values)
    arrays = result.arrays
    box = arrays["box"] if "box" in arrays else values.pop("box")
    model = parse(str(values.pop("model")))
    there = all(x in arrays for x in BOUND)
    topology = Topology(*(arrays[x] for x in BOUND)) if there else None
    return Glass(arrays["positions"], box, arrays["species"], model, values, arrays.get("sizes"), topology)


def _require_glass(result: Result) -> None:
    """Raise BrokenFile for a result that is sound but no glass."""
    vectors = result.arrays.get("box")
    box = isinstance(result.values.get("box"), float | int) if vectors is None else vectors.dtype.kind in "iuf"
    if not (box and isinstance(result.values.get("model"), str)) or not all(
        x in result.arrays and result.arrays[x].dtype.kind in "iuf" for x in ("positions", "species")
    ):
        raise BrokenFile("it does not contain a glass with box, model, positions and species")


def read_parent_temperature(store: Store, key: str) -> ParentTemperature:
    """Read T and G∞ of an ensemble from the store. Raises BrokenFile, Unreadable, or FileNotFoundError where there is
    none."""
    values, names = store.read(key).values, [f.name for f in fields(ParentTemperature)]
    if not values.keys() >= set(names):
        raise BrokenFile(f"{key} does not contain a parent temperature")
    return ParentTemperature(**{name: values[name] for name in names})  # type: ignore[arg-type]  # numbers and texts, as they were written
