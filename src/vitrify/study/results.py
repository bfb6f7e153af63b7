"""What a store holds of a study: tables, counts and temperatures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from vitrify.campaign import Result, Store
from vitrify.ensemble.parent_temperature import ParentTemperature
from vitrify.errors import BrokenFile

from . import digest
from .plan import glass_folder, observable_folder, sample_name, temperature_key
from .spec import EnsembleSpec, ObservableSpec, StudySpec
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
    """A row for each finished sample of the ensemble's own size, columns by observable (units: ε, λ, m = 1) and provenance;
    index "sample". An observable that is asked of fewer samples is not a number in the other rows.

    A broken file is set aside and its sample left out until it is made again."""
    own = spec.groups()[0]
    rows = {index: row for index in range(own.n_samples) if (row := _row(study, own, store, index)) is not None}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("sample")


def ensemble_results(study: StudySpec, spec: EnsembleSpec, store: Store, observable: str) -> list[Result]:
    """The finished results of one observable, arrays and all, of glasses of the size that it was asked for."""
    asked = spec.observable(observable)
    if asked is None:
        return []
    group = next(x for x in spec.groups() if x.observable(observable))
    chosen = group.observable(observable)
    assert chosen is not None
    folder, expected = observable_folder(study, group, chosen), digest.observable_digest(study, group, chosen)
    found = []
    for index in range(chosen.n_samples):
        result = _read(store, f"{folder}/{sample_name(index)}", expected)
        if result is not None:
            found.append(result)
    return found


def ensemble_counts(study: StudySpec, spec: EnsembleSpec, store: Store) -> Counts:
    """Glasses wanted, finished with all their observables, and failed with the reasons. Reads names, not files."""
    wanted = done = 0
    failures: dict[str, str] = {}
    for group in spec.groups():
        wanted += group.n_samples
        missing: set[str] = set()
        for folder, _, number in _folders(study, group):
            asked = {sample_name(i) for i in range(number)}
            missing |= asked - {key.rpartition("/")[2] for key in store.keys(folder)}
            for failure in store.failures(folder):
                name = failure.key.rpartition("/")[2]
                if name in asked:
                    failures.setdefault(f"{group.n_particles} {name}", failure.reason)
        done += group.n_samples - len(missing)
        failures = {
            k: v for k, v in failures.items() if not k.startswith(f"{group.n_particles} ") or k.split()[1] in missing
        }
    return Counts(wanted, done, len(failures), dict(Counter(failures.values())))


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


def _folders(study: StudySpec, group: EnsembleSpec) -> list[tuple[str, str, int]]:
    """Folder, digest and number of samples of the glass and of each observable."""
    glass = (glass_folder(study, group), digest.glass_digest(study, group), group.n_samples)
    measured = [_folder(study, group, x) for x in group.measured]
    return [glass, *measured]


def _folder(study: StudySpec, group: EnsembleSpec, observable: ObservableSpec) -> tuple[str, str, int]:
    expected = digest.observable_digest(study, group, observable)
    return observable_folder(study, group, observable), expected, observable.n_samples


def _row(study: StudySpec, group: EnsembleSpec, store: Store, index: int) -> dict[str, object] | None:
    row: dict[str, object] = {}
    for place, (folder, expected, number) in enumerate(_folders(study, group)):
        if index >= number:
            continue
        result = _read(store, f"{folder}/{sample_name(index)}", expected)
        if result is None:
            return None
        row.update({name: result.values[name] for name in PROVENANCE} if place == 0 else result.values)
    return row


def _read(store: Store, key: str, expected: str) -> Result | None:
    """A result, or None where it is missing or was just set aside as broken."""
    if not store.has(key):
        return None
    try:
        return store.read(key, expected)
    except BrokenFile as error:
        store.quarantine(key, str(error))
        return None
