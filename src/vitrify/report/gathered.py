"""The source from which a report is drawn: each ensemble's spec, table and summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from vitrify.campaign import Result, Store
from vitrify.ensemble import (
    DipoleDecays,
    EnsembleSummary,
    Estimate,
    LowModes,
    Microscopic,
    ParentTemperature,
    frequency_at_density,
    microscopic,
    summarise,
)
from vitrify.opening import Opened, opened
from vitrify.study import Counts, EnsembleSpec, StudySpec
from vitrify.study.columns import columns
from vitrify.study.observables import OBSERVABLES

from .experiments import Experiment

POWERS = {"√(ε/m)/λ": 1, "ε/λ²/m": 2, "ε/λ²": 2}  # of a frequency, by unit of a column
OF_ARRAYS = {"frequency": 1, "omega": 1, "density": -1}  # the same of arrays; D(ω) dω is a number
Track = Callable[[Sequence[Any], str], Iterable[Any]]  # yields what it is given, may show under a title how far it is


@dataclass(frozen=True, slots=True)
class Gathered:
    """One ensemble with everything that the report needs."""

    spec: EnsembleSpec
    table: pd.DataFrame
    summary: EnsembleSummary
    counts: Counts
    parent: ParentTemperature | None
    micro: Microscopic
    qlm: pd.DataFrame  # one row per mode, columns qlm_...
    structure: Sequence[Result]
    spectrum: Sequence[Result]
    results: Callable[[str], Sequence[Result]] = lambda _: []  # the finished results of any observable, by its name


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity along a set: control parameters, values and errors, only for ensembles that have it."""

    control: list[float]
    estimates: list[Estimate]
    ensembles: tuple[Gathered, ...] = ()

    @property
    def values(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.array([x.value for x in self.estimates])

    @property
    def errors(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.array([x.error for x in self.estimates])

    def at(self, control: float) -> Estimate | None:
        """The estimate at a control parameter."""
        return next((e for c, e in zip(self.control, self.estimates, strict=True) if abs(c - control) < 1e-9), None)


@dataclass(frozen=True, slots=True)
class Study:
    """A study with everything its store holds."""

    spec: StudySpec
    ensembles: tuple[Gathered, ...]
    experiments: tuple[Experiment, ...] = ()

    @property
    def dimensions(self) -> list[int]:
        """Dimensions of its ensembles."""
        return sorted({x.spec.dimension for x in self.ensembles})

    def of_set(self, name: str) -> list[tuple[float, Gathered]]:
        """Ensembles of one of the paper's sets, by rising control parameter."""
        found = [(x.spec.sets[name], x) for x in self.ensembles if name in x.spec.sets]
        return sorted(found, key=lambda pair: pair[0])

    def at(self, name: str, control: float) -> Gathered | None:
        """The ensemble at a control parameter of a set."""
        return next((x for c, x in self.of_set(name) if abs(c - control) < 1e-9), None)

    def series(self, name: str, quantity: Callable[[EnsembleSummary], Estimate]) -> Series:
        """A macroscopic quantity along a set, for ensembles where it is known."""
        return self.along(name, lambda x: quantity(x.summary))

    def along(self, name: str, quantity: Callable[[Gathered], Estimate]) -> Series:
        """Any quantity along a set, for ensembles where it is known."""
        found = [(c, quantity(x), x) for c, x in self.of_set(name)]
        known = [(c, e, x) for c, e, x in found if np.isfinite(e.value)]
        return Series([c for c, *_ in known], [e for _, e, _ in known], tuple(x for *_, x in known))


def first_sample(x: Gathered, observable: str) -> int | None:
    """The number of the sample of which the first result of an observable is; None where the table does not tell it,
    because it was asked for glasses of another size, or samples are not finished and have results nevertheless."""
    asked = x.spec.observable(observable)
    columns = [name for name in OBSERVABLES[observable].columns if name in x.table] if asked else []
    if not columns or x.spec.particles_of(observable) != x.spec.n_particles or x.counts.done < x.counts.wanted:
        return None
    known = x.table.index[x.table[columns].notna().any(axis=1)]
    return int(known[0]) if len(known) else None


def untracked(chosen: Sequence[Any], title: str) -> Iterable[Any]:
    """Show no progress: the default of `track`."""
    del title
    return chosen


def gather(source: Store | Opened, experiments: tuple[Experiment, ...] = (), track: Track = untracked) -> Study:
    """Gather a store or a folder of tables without changing it. A sample with a broken file is left out, and noted in
    `broken`."""
    found = opened(source)
    ensembles = (_gather(found, spec) for spec in track(found.study.ensembles, "ensembles"))
    return Study(found.study, tuple(ensembles), experiments)


def _gather(source: Opened, spec: EnsembleSpec) -> Gathered:
    table = source.table(spec.name)
    summary = summarise(table, spec.n_particles)
    modes = _at_one_density(source, spec, "modes")
    dipoles = source.results(spec.name, "dipoles")
    asked = spec.observable("modes")
    low = LowModes(
        (asked.n_particles if asked else 0) or spec.n_particles,
        [x.arrays["frequency"] for x in modes],
        np.array([x.values["modes_counted_below"] for x in modes], dtype=float),
    )
    return Gathered(
        spec,
        table,
        summary,
        source.counts(spec.name),
        source.parent_temperature(spec.name),
        microscopic(summary.shear_modulus_of_planes, spec.density, low, _decays(spec, dipoles), spec.dimension),
        pd.DataFrame([x.values for x in _at_one_density(source, spec, "qlm")]),
        source.results(spec.name, "structure"),
        _at_one_density(source, spec, "spectrum"),
        partial(source.results, spec.name),
    )


def _at_one_density(source: Opened, spec: EnsembleSpec, observable: str) -> Sequence[Result]:
    """The results of an observable. Imported glasses may differ in density, and so in ω0 = √(G/ρ)/a0: their frequencies are
    brought to the mean density, so that the ensemble's one ω0 is the unit of each."""
    found = source.results(spec.name, observable)
    if not spec.imported:
        return found
    densities = source.densities(spec.name, observable)
    factors = (frequency_at_density(x, spec.density, spec.dimension) for x in densities)
    return [_with_frequencies(x, factor) for x, factor in zip(found, factors, strict=True)]


def _with_frequencies(result: Result, factor: float) -> Result:
    """A result with all its frequencies, and what has the unit of a power of one, multiplied by a factor."""
    powers = {name: POWERS.get(x.unit, 0) for name, x in columns().items()}
    values = {name: x * factor ** powers[name] if powers.get(name) else x for name, x in result.values.items()}  # type: ignore[operator]  # numbers, as they have a unit
    arrays = {name: x * factor ** OF_ARRAYS.get(name, 0) for name, x in result.arrays.items()}
    return replace(result, values=values, arrays=arrays)


def _decays(spec: EnsembleSpec, dipoles: Sequence[Result]) -> DipoleDecays:
    """c(r) by dipole; a result of an earlier release has only its mean."""
    asked = spec.observable("dipoles")
    return DipoleDecays(
        (asked.n_particles if asked else 0) or spec.n_particles,
        dipoles[0].arrays["distance"] if dipoles else np.empty(0),
        [x.arrays.get("each", x.arrays["median"]) for x in dipoles],
    )
