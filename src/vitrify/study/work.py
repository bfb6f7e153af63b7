"""The tasks of a study: module-level functions that any worker can run, each one result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from vitrify.campaign import Result, Store
from vitrify.campaign.result_file import Value
from vitrify.ensemble.parent_temperature import ParentTemperature, find_parent_temperature
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.model.catalogue import parse
from vitrify.observables import (
    density_of_states,
    dipole_decay,
    elasticity,
    low_frequency_modes,
    mechanics,
    quasilocalised_mode,
    radial_distribution,
)
from vitrify.preparation import make_glass

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
        recipe=spec.recipe,
    )
    return glass_result(glass)


def temperature_of(store: Store, spec: EnsembleSpec, temperature_key: str) -> float:
    """The parent temperature that the spec gives, or that its pilots found."""
    if temperature_key:
        return read_parent_temperature(store, temperature_key).temperature
    return float(spec.parent_temperature)


def glass_result(glass: Glass) -> Result:
    """A glass as the store keeps it."""
    values = {"box": glass.box, "model": str(glass.model), **glass.provenance}
    return Result(values, {"positions": glass.positions, "species": glass.species})


def observable_task(store: Store, observable: ObservableSpec, glass_key: str, digest: str) -> Result:
    """One observable of a glass in the store. A glass that is no minimum is set aside here."""
    return MEASURE[observable.name](read_glass(store, glass_key, digest), **observable.settings)


def _mechanics(glass: Glass) -> Result:
    return Result(dict(mechanics(glass)))


def _elasticity(glass: Glass) -> Result:
    measured = elasticity(glass)
    if not measured["is_minimum"]:
        raise SampleFailure(f"is no minimum of the energy: {measured['zero_modes']} zero modes or a negative one")
    return Result(dict(measured))


def _structure(glass: Glass) -> Result:
    found = radial_distribution(glass)
    return Result({}, {"x": found.x, **found.g})


def _spectrum(glass: Glass) -> Result:
    found = density_of_states(glass)
    values: dict[str, Value] = {"spectrum_method": found.method, "spectrum_resolution": found.resolution}
    return Result(values, {"omega": found.omega, "density": found.density})


def _modes(glass: Glass, *, below: float, number: int) -> Result:
    found, first = low_frequency_modes(glass, below=below, number=number)
    values: dict[str, Value] = {
        "n_modes": len(found.eigenvalues),
        "first_shear_phonon": first,
        "modes_counted_below": float(np.sqrt(found.counted_below)),
        "modes_largest_residual": float(found.residuals.max(initial=0.0)),
        "modes_proof": found.proof,
    }
    return Result(values, {"frequency": found.frequencies, "participation_ratio": found.participation_ratios})


def _qlm(glass: Glass, *, order: Any) -> Result:
    found = quasilocalised_mode(glass, order=order)
    split = {name: getattr(found.split, name) for name in ("k_plus", "k_minus", "f_plus", "f_minus")}
    values: dict[str, Value] = {f"qlm_{name}": value for name, value in found.values.items()}
    return Result(values, {"vector": found.vector, "coupling": found.coupling, **split})


def _dipoles(glass: Glass, *, number: int) -> Result:
    found = dipole_decay(glass, number=number)
    values: dict[str, Value] = {"dipoles": number, "dipole_spacing": glass.spacing}
    return Result(values, {"distance": found.distance, "median": found.median, "count": found.dipoles, "each": found.each})


MEASURE: dict[str, Callable[..., Result]] = {
    "mechanics": _mechanics, "elasticity": _elasticity, "structure": _structure, "spectrum": _spectrum, "modes": _modes,
    "qlm": _qlm, "dipoles": _dipoles,
}  # fmt: skip


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
