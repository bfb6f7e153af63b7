"""What a store holds of a study: tables, counts and temperatures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from vitrify.campaign import Store
from vitrify.ensemble.parent_temperature import ParentTemperature
from vitrify.errors import BrokenFile

from . import digest
from .plan import glass_folder, observable_folder, sample_name, temperature_key
from .spec import EnsembleSpec, StudySpec
from .work import read_parent_temperature

PROVENANCE = ("parent_temperature", "msd_over_a0_squared", "liquid_steps", "force_evaluations", "seconds")


@dataclass(frozen=True, slots=True)
class Counts:
    """How far an ensemble has come, in samples."""

    wanted: int
    done: int
    failed: int
    reasons: dict[str, int]  # of failure → samples


def ensemble_table(study: StudySpec, spec: EnsembleSpec, store: Store) -> pd.DataFrame:
    """A row for each finished sample, columns by observable (units: ε, λ, m = 1) and provenance; index "sample".

    A broken file is set aside and its sample left out until it is made again."""
    rows = {index: row for index in range(spec.n_samples) if (row := _row(study, spec, store, index)) is not None}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("sample")


def ensemble_counts(study: StudySpec, spec: EnsembleSpec, store: Store) -> Counts:
    """Samples wanted, finished with all their observables, and failed with the reasons. Reads names, not files."""
    folders = _folders(study, spec)
    wanted = {sample_name(i) for i in range(spec.n_samples)}
    done = set(wanted)
    failures: dict[str, str] = {}
    for folder, _ in folders:
        done &= {key.rpartition("/")[2] for key in store.keys(folder)}
        for failure in store.failures(folder):
            failures.setdefault(failure.key.rpartition("/")[2], failure.reason)
    failed = {name: reason for name, reason in failures.items() if name in wanted - done}
    return Counts(spec.n_samples, len(done), len(failed), dict(Counter(failed.values())))


def parent_temperature_of(study: StudySpec, spec: EnsembleSpec, store: Store) -> ParentTemperature | None:
    """T and G∞ of an ensemble; None where T is given by the study or not yet found."""
    key = temperature_key(study, spec)
    if not key or not store.has(key):
        return None
    try:
        return read_parent_temperature(store, key)
    except BrokenFile as error:
        store.quarantine(key, str(error))
        return None


def _folders(study: StudySpec, spec: EnsembleSpec) -> list[tuple[str, str]]:
    """Folder and digest of the glass and of each observable."""
    glass = (glass_folder(study, spec), digest.glass_digest(study, spec))
    measured = [(observable_folder(study, spec, x), digest.observable_digest(study, spec, x)) for x in spec.observables]
    return [glass, *measured]


def _row(study: StudySpec, spec: EnsembleSpec, store: Store, index: int) -> dict[str, object] | None:
    row: dict[str, object] = {}
    for number, (folder, expected) in enumerate(_folders(study, spec)):
        key = f"{folder}/{sample_name(index)}"
        if not store.has(key):
            return None
        try:
            values = store.read(key, expected).values
        except BrokenFile as error:
            store.quarantine(key, str(error))
            return None
        row.update({name: values[name] for name in PROVENANCE} if number == 0 else values)
    return row
