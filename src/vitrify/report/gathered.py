"""What a report is drawn from: each ensemble's spec, table and summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
    microscopic,
    summarise,
)
from vitrify.opening import Opened, opened
from vitrify.study import Counts, EnsembleSpec, StudySpec

from .experiments import Experiment

Track = Callable[[Sequence[Any], str], Iterable[Any]]  # yields what it is given, may show under a title how far it is


@dataclass(frozen=True, slots=True)
class Gathered:
    """One ensemble as the report needs it."""

    spec: EnsembleSpec
    table: pd.DataFrame
    summary: EnsembleSummary
    counts: Counts
    parent: ParentTemperature | None
    micro: Microscopic
    qlm: pd.DataFrame  # a row a mode, columns qlm_...
    structure: list[Result]
    spectrum: list[Result]


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity along a set: control parameters, values and errors; only ensembles that have it."""

    control: list[float]
    estimates: list[Estimate]

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
        """Those of its ensembles."""
        return sorted({x.spec.dimension for x in self.ensembles})

    def of_set(self, name: str) -> list[tuple[float, Gathered]]:
        """Ensembles of one of the paper's sets, by rising control parameter."""
        found = [(x.spec.sets[name], x) for x in self.ensembles if name in x.spec.sets]
        return sorted(found, key=lambda pair: pair[0])

    def at(self, name: str, control: float) -> Gathered | None:
        """The ensemble at a control parameter of a set."""
        return next((x for c, x in self.of_set(name) if abs(c - control) < 1e-9), None)

    def series(self, name: str, quantity: Callable[[EnsembleSummary], Estimate]) -> Series:
        """A macroscopic quantity along a set, where it is known."""
        return self.along(name, lambda x: quantity(x.summary))

    def along(self, name: str, quantity: Callable[[Gathered], Estimate]) -> Series:
        """Any quantity along a set, where it is known."""
        found = [(c, quantity(x)) for c, x in self.of_set(name)]
        known = [(c, e) for c, e in found if np.isfinite(e.value)]
        return Series([c for c, _ in known], [e for _, e in known])


def untracked(chosen: Sequence[Any], title: str) -> Iterable[Any]:
    """Nothing is shown."""
    del title
    return chosen


def gather(source: Store | Opened, experiments: tuple[Experiment, ...] = (), track: Track = untracked) -> Study:
    """Read a store or a folder of tables, and change nothing of it. A sample with a broken file is left out, and noted in
    `broken`."""
    found = opened(source)
    ensembles = (_gather(found, spec) for spec in track(found.study.ensembles, "ensembles"))
    return Study(found.study, tuple(ensembles), experiments)


def _gather(source: Opened, spec: EnsembleSpec) -> Gathered:
    table = source.table(spec.name)
    summary = summarise(table, spec.n_particles)
    modes = source.results(spec.name, "modes")
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
        pd.DataFrame([x.values for x in source.results(spec.name, "qlm")]),
        source.results(spec.name, "structure"),
        source.results(spec.name, "spectrum"),
    )


def _decays(spec: EnsembleSpec, dipoles: list[Result]) -> DipoleDecays:
    """c(r) by dipole; a result of an earlier release has its mean alone."""
    asked = spec.observable("dipoles")
    return DipoleDecays(
        (asked.n_particles if asked else 0) or spec.n_particles,
        dipoles[0].arrays["distance"] if dipoles else np.empty(0),
        [x.arrays.get("each", x.arrays["median"]) for x in dipoles],
    )
