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
from vitrify.study import (
    Counts,
    EnsembleSpec,
    StudySpec,
    ensemble_counts,
    ensemble_results,
    ensemble_table,
    parent_temperature_of,
    stored_study,
)

from .experiments import Experiment

Track = Callable[[Sequence[Any], str], Iterable[Any]]  # yields what it is given, may show under a title how far it is
SETS = {"QSS": "q", "DSS": "ρ", "CSS": "r_c"}  # the paper's three sets and their control parameters


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


def gather(store: Store, experiments: tuple[Experiment, ...] = (), track: Track = untracked) -> Study:
    """Read a store, and change nothing of it. A sample with a broken file is left out, and noted in `store.broken`."""
    study = stored_study(store)
    return Study(study, tuple(_gather(study, spec, store) for spec in track(study.ensembles, "ensembles")), experiments)


def _gather(study: StudySpec, spec: EnsembleSpec, store: Store) -> Gathered:
    table = ensemble_table(study, spec, store)
    summary = summarise(table, spec.n_particles)
    modes = ensemble_results(study, spec, store, "modes")
    dipoles = ensemble_results(study, spec, store, "dipoles")
    asked = spec.observable("modes")
    low = LowModes(
        (asked.n_particles if asked else 0) or spec.n_particles,
        [x.arrays["frequency"] for x in modes],
        np.array([x.values["modes_counted_below"] for x in modes], dtype=float),
    )
    qlm = ensemble_results(study, spec, store, "qlm")
    return Gathered(
        spec,
        table,
        summary,
        ensemble_counts(study, spec, store),
        parent_temperature_of(study, spec, store),
        microscopic(summary.shear_modulus_of_planes, spec.density, low, _decays(spec, dipoles)),
        pd.DataFrame([x.values for x in qlm]),
        ensemble_results(study, spec, store, "structure"),
        ensemble_results(study, spec, store, "spectrum"),
    )


def _decays(spec: EnsembleSpec, dipoles: list[Result]) -> DipoleDecays:
    """c(r) by dipole; a result of an earlier release has its mean alone."""
    asked = spec.observable("dipoles")
    return DipoleDecays(
        (asked.n_particles if asked else 0) or spec.n_particles,
        dipoles[0].arrays["distance"] if dipoles else np.empty(0),
        [x.arrays.get("each", x.arrays["median"]) for x in dipoles],
    )
