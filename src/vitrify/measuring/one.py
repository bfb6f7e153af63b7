"""One glass, measured as it is asked: numbers by name, arrays, and modes as displacements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.formats.displacements import Frame
from vitrify.glass import Glass
from vitrify.observables import dipole_decay, energy_only, low_frequency_modes, measure, quasilocalised_mode, soft_spots
from vitrify.observables.modes import hessian_of
from vitrify.options import Option
from vitrify.short_forms import ShortForm
from vitrify.statics import Hessian
from vitrify.study.cost_table import cost_table
from vitrify.study.observable import measured
from vitrify.waiting import Doing, doing, is_shown

from .asked import Asked
from .census import census_in_words
from .matrices import elastic_matrices

PROFILES = ("profile",)  # of a soft spot, whose shells are as many as its glass is wide
Track = Callable[[NDArray[np.int64]], Iterable[int]]  # yields what it is given, shows how far it is
Step = Callable[[str], AbstractContextManager[Any]]  # is entered with the name of what is measured next


def plainly(_name: str) -> AbstractContextManager[Any]:
    """The step that lets every failure through."""
    return nullcontext()


@dataclass(slots=True, repr=False)
class Found(ShortForm):
    """What was found of one glass."""

    values: dict[str, Any]  # by the names of `measure --json`: numbers, texts, and lists and dicts of them
    arrays: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)  # by observable and name
    frames: list[Frame] = field(default_factory=list)  # the modes that were asked for
    first_shear_phonon: float | None = None  # ω of the longest shear wave, known where modes were asked for


def measure_asked(glass: Glass, asked: Asked, step: Step = plainly) -> Found:
    """Measure a glass as it is, which is not quenched here. step: is entered with the name of what is measured
    next, and may keep a failure of it from ending the rest.

    Raises SampleFailure where something that is asked for does not exist."""
    with _doing("energy, forces and moduli", glass, "elasticity"):
        found = Found(_numbers(glass, asked))
    if asked.modes or asked.qlm or asked.soft_spots or asked.dipoles or asked.elastic_constants:
        hessian = hessian_of(glass, without_rattlers=asked.without_rattlers, force_tolerance=asked.force_tolerance)
        _add_microscopic(found, glass, hessian, asked, step)
    for spec in asked.observables:
        with step(spec.name), _doing(f"observable {spec.name}", glass, spec.name):
            seen = measured(spec.observable, glass)
            found.values |= {name: value for name, value in seen.values.items() if name not in found.values}
            if seen.arrays:
                found.arrays[spec.name] = dict(seen.arrays)
    return found


def _doing(words: str, glass: Glass, stage: str) -> AbstractContextManager[Doing]:
    """Say what is measured. stage: its name in the table of costs, which tells about how long it takes."""
    if not is_shown():
        return doing(words)
    table = cost_table()
    former, _ = table.former(glass.model, glass.density, glass.dimension)
    return doing(f"{words} of {glass.n_particles:,} particles", about=table.stage(former, stage, glass.n_particles))


def _counted(now: Doing) -> Track:
    """Track that says how many responses are done."""

    def counted(chosen: NDArray[np.int64]) -> Iterator[int]:
        for k, x in enumerate(chosen):
            now.at("dipole responses", f"dipole response {k + 1} of {len(chosen)}", k / len(chosen))
            yield x

    return counted


def _numbers(glass: Glass, asked: Asked) -> dict[str, Any]:
    """The numbers that exist in its dimension, without moduli where they are not asked for."""
    if asked.energy_only:
        return energy_only(glass)
    numbers = measure(glass, force_tolerance=asked.force_tolerance, without_rattlers=asked.without_rattlers)
    return {name: value for name, value in asdict(numbers).items() if value is not None}


def _add_microscopic(found: Found, glass: Glass, hessian: Hessian, asked: Asked, step: Step) -> None:
    """Measure what was asked for beyond the moduli, which one Hessian serves."""
    if asked.elastic_constants:
        with step("elastic constants"), _doing("elastic constants", glass, "elastic_constants"):
            found.values |= elastic_matrices(glass, hessian)
    if asked.modes:
        name = f"the {asked.modes} lowest modes"
        with step(name), _doing(name, glass, "modes"):
            low, found.first_shear_phonon = low_frequency_modes(glass, number=asked.modes, hessian=hessian)
            found.values["lowest_eigenvalues"] = low.eigenvalues.tolist()
            modes = zip(low.eigenvalues, low.vectors, strict=True)
            found.frames += [(f"mode {k}", value, x) for k, (value, x) in enumerate(modes)]
    if asked.qlm:
        name = "the softest quasilocalised mode"
        with step(name), _doing(name, glass, "qlm"):
            soft = quasilocalised_mode(glass, hessian=hessian)
            found.values["qlm"] = soft.values
            found.frames.append(("quasilocalised", soft.values["frequency"] ** 2, soft.vector))
    if asked.soft_spots:
        name = f"the {asked.soft_spots} softest soft spots"
        with step(name), _doing(name, glass, "soft_spots"):
            census = soft_spots(glass, asked.soft_spots, kind=asked.kind, hessian=hessian)
            found.values["soft_spots"] = census_in_words(census, asked.kind)
            found.frames += [(f"soft spot {k}", x.frequency**2, x.vector) for k, x in enumerate(census.spots)]
    if asked.dipoles:
        with step(f"{asked.dipoles} dipole responses"), _doing("dipole responses", glass, "") as now:
            decay = dipole_decay(glass, number=asked.dipoles, hessian=hessian, track=_counted(now))
            rows = zip(decay.distance.tolist(), decay.median.tolist(), decay.dipoles.tolist(), strict=True)
            found.values["dipoles"] = [{"r_over_a0": r, "c": c, "dipoles": n} for r, c, n in rows if n]


def flat(values: Mapping[str, Any]) -> dict[str, Option]:
    """The values as one row of a table: an entry of a list has its place, from 0, behind the name of the list, and one of a
    dict its key, as in lowest_eigenvalues_0, qlm_frequency, box_0_1. PROFILES are left to `--json`."""
    return dict(_entries("", values))


def _entries(name: str, value: Any) -> Iterator[tuple[str, Option]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if key in PROFILES:
                continue
            yield from _entries(f"{name}_{key}" if name else str(key), entry)
    elif isinstance(value, list | tuple):
        for place, entry in enumerate(value):
            yield from _entries(f"{name}_{place}", entry)
    else:
        yield name, value
