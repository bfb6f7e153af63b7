"""What a store holds of a study: tables, results and temperatures."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from vitrify.campaign import Result, Store
from vitrify.errors import BrokenFile, UsageError

from . import digest
from .counting import samples_there
from .folders import GLASS, Product, group_products, observable_folder, sample_name, temperature_key
from .spec import EnsembleSpec, StudySpec

if TYPE_CHECKING:
    import pandas as pd

    from vitrify.ensemble.parent_temperature import ParentTemperature

PROVENANCE = ("parent_temperature", "msd_over_a0_squared", "liquid_steps", "force_evaluations", "seconds")


def ensemble_table(study: StudySpec, spec: EnsembleSpec, store: Store) -> pd.DataFrame:
    """A row for each finished sample of the ensemble's own size, columns by observable (units: ε, λ, m = 1) and provenance;
    index "sample". An observable that is asked of fewer samples is not a number in the other rows.

    A broken file is set aside and its sample left out until it is made again."""
    import pandas as pd

    own = spec.groups()[0]
    asked = [(x, _digest(study, x)) for x in group_products(study, own)]
    there = samples_there(store, asked[0][0].folder, own.n_samples)
    rows = {index: row for index in there if (row := _row(asked, store, index)) is not None}
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
    for index in samples_there(store, folder, chosen.n_samples):
        result = _read(store, f"{folder}/{sample_name(index)}", expected)
        if result is not None:
            found.append(result)
    return found


def parent_temperature_of(study: StudySpec, spec: EnsembleSpec, store: Store) -> ParentTemperature | None:
    """T and G∞ of an ensemble; None where T is given by the study or not yet found."""
    from .work import read_parent_temperature

    key = temperature_key(study, spec)
    if not key or not store.has(key):
        return None
    try:
        return read_parent_temperature(store, key)
    except BrokenFile as error:
        _set_aside(store, key, error)
        return None


def _digest(study: StudySpec, product: Product) -> str:
    """Of the glasses, or of an observable of them."""
    if product.observable is None:
        return digest.glass_digest(study, product.group)
    return digest.observable_digest(study, product.group, product.observable)


def _row(asked: list[tuple[Product, str]], store: Store, index: int) -> dict[str, object] | None:
    row: dict[str, object] = {}
    for product, expected in asked:
        if index >= product.tasks:
            continue
        result = _read(store, f"{product.folder}/{sample_name(index)}", expected)
        if result is None:
            return None
        row.update({name: result.values[name] for name in PROVENANCE} if product.name == GLASS else result.values)
    return row


def _read(store: Store, key: str, expected: str) -> Result | None:
    """A result, or None where it is missing or was just set aside as broken."""
    if not store.has(key):
        return None
    try:
        return store.read(key, expected)
    except BrokenFile as error:
        _set_aside(store, key, error)
        return None


def _set_aside(store: Store, key: str, error: BrokenFile) -> None:
    """A store that cannot be written is read all the same."""
    with suppress(UsageError):
        store.quarantine(key, str(error))
