"""What a store holds of a study: tables, results and temperatures, whichever version of the code made them.

Nothing in the store is changed. What is broken, and what was measured on another glass than the one that stands there now,
is left out, noted in `store.broken`, and stays until a run meets it. What cannot be read is an Unreadable."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vitrify.campaign import Result, Store
from vitrify.campaign.plain_file import reading
from vitrify.campaign.result_file import Value
from vitrify.errors import BrokenFile

from .counting import samples_there
from .earlier import kept_groups, kept_pilots
from .folders import GLASS, Product, sample_name
from .spec import EnsembleSpec, StudySpec

if TYPE_CHECKING:
    import pandas as pd

    from vitrify.ensemble.parent_temperature import ParentTemperature

PROVENANCE = ("parent_temperature", "msd_over_a0_squared", "liquid_steps", "force_evaluations", "seconds", "processor")

CHECKSUMS: dict[tuple[str, int, int, int], str] = {}  # of glasses, by path, inode, time and length of their files


def ensemble_table(study: StudySpec, spec: EnsembleSpec, store: Store) -> pd.DataFrame:
    """A row for each finished sample of the ensemble's own size, columns by observable (units: ε, λ, m = 1) and provenance;
    index "sample". An observable that is asked of fewer samples is not a number in the other rows.

    A sample with a broken file, or with an observable of another glass, is left out until a run has made it again."""
    glasses, measured = next(kept_groups(study, spec, store))
    return table_of([glasses.product, *(x.product for x in measured)], store)


def table_of(asked: list[Product], store: Store) -> pd.DataFrame:
    """The same of one group of glasses. asked: its glasses, then what is measured of them."""
    import pandas as pd

    there = samples_there(store, asked[0].folder, asked[0].tasks)
    rows = {index: row for index in there if (row := _row(asked, store, index)) is not None}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sample")


def ensemble_results(study: StudySpec, spec: EnsembleSpec, store: Store, observable: str) -> list[Result]:
    """The finished results of one observable, arrays and all, of glasses of the size that it was asked for. Those of
    another glass than the one that stands in the store now are left out."""
    if spec.observable(observable) is None:
        return []
    for glasses, measured in kept_groups(study, spec, store):
        for chosen in (x.product for x in measured if x.product.name == observable):
            return [result for _, result in numbered_results(chosen, glasses.product.folder, store)]
    return []


def numbered_results(product: Product, glasses: str, store: Store) -> Iterator[tuple[int, Result]]:
    """The same one after the other, each with the number of its sample. glasses: their folder."""
    for index in samples_there(store, product.folder, product.tasks):
        key, glass = f"{product.folder}/{sample_name(index)}", f"{glasses}/{sample_name(index)}"
        result = _read(store, key, product.digest)
        if result is not None and _is_of(result, key, _checksum_of(store, glass) if result.made_from else "", store):
            yield index, result


def glass_values(glasses: Product, index: int, store: Store) -> tuple[dict[str, Value], str] | None:
    """How a glass was made, and its checksum; None where it is missing or broken."""
    glass = _read(store, f"{glasses.folder}/{sample_name(index)}", glasses.digest)
    return None if glass is None else (_provenance(glass), _checksum(glass))


def parent_temperature_of(study: StudySpec, spec: EnsembleSpec, store: Store) -> ParentTemperature | None:
    """T and G∞ of an ensemble; None where T is given by the study or not yet found."""
    pilots = kept_pilots(study, spec, store)
    return parent_temperature_at(f"{pilots.product.folder}/{sample_name(0)}", store) if pilots else None


def parent_temperature_at(key: str, store: Store) -> ParentTemperature | None:
    """The same by its key."""
    from .work import read_parent_temperature

    try:
        return read_parent_temperature(store, key)
    except FileNotFoundError:
        return None
    except BrokenFile as error:
        store.note_broken(key, str(error))
        return None


def _row(asked: list[Product], store: Store, index: int) -> dict[str, object] | None:
    """All of one sample; None unless all of it is there, sound and of one glass, which is asked for first."""
    row: dict[str, object] = {}
    glass = ""
    for product in asked:
        if index >= product.tasks:
            continue
        key = f"{product.folder}/{sample_name(index)}"
        result = _read(store, key, product.digest)
        if result is None:
            return None
        if product.name == GLASS:
            glass = _checksum(result)
            row.update(_provenance(result))
        elif _is_of(result, key, glass, store):
            row.update(result.values)
        else:
            return None
    return row


def _provenance(glass: Result) -> dict[str, Value]:
    """How a glass was made; earlier versions did not note the processor."""
    found: dict[str, Value] = {name: glass.values.get(name, math.nan) for name in PROVENANCE}
    if "processor" not in glass.values:
        del found["processor"]
    return found


def _read(store: Store, key: str, expected: str | None) -> Result | None:
    """A result, or None where it is missing or was just found broken."""
    try:
        return store.read(key, expected)
    except FileNotFoundError:
        return None
    except BrokenFile as error:
        store.note_broken(key, str(error))
        return None


def _is_of(result: Result, key: str, glass: str, store: Store) -> bool:
    """Was an observable measured on this glass, as far as it says, and as the glass is there? glass: its checksum."""
    if not result.made_from or not glass or result.made_from == glass:
        return True
    store.note_broken(key, f"{key} was measured on another glass than the one that stands in the store now")
    return False


def _checksum(glass: Result) -> str:
    from .work import glass_checksum

    return glass_checksum(glass)


def _checksum_of(store: Store, key: str) -> str:
    """Of a glass in the store; empty where there is none that is sound. Several observables ask for the same."""
    try:
        with reading(store.path(key)):
            about = store.path(key).stat()
    except FileNotFoundError:
        return ""
    mark = (str(store.path(key)), about.st_ino, about.st_mtime_ns, about.st_size)
    if mark not in CHECKSUMS:
        glass = _read(store, key, None)
        CHECKSUMS[mark] = "" if glass is None else _checksum(glass)
    return CHECKSUMS[mark]
