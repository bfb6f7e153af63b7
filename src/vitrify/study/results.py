"""Results that a store holds of a study: tables, results and temperatures, whichever version of the code made them.

Nothing in the store is changed. A result that is broken, or that was measured on another glass than the one that the store
has now, is left out, noted in `store.broken`, and stays until a run meets it. A file that cannot be read raises
Unreadable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from vitrify.campaign import Result, Store, Summary
from vitrify.campaign.plain_file import reading
from vitrify.campaign.result_file import Value
from vitrify.campaign.store import Listed
from vitrify.errors import BrokenFile, Unreadable
from vitrify.short_forms import Fact, brief

from .earlier import kept_groups, kept_pilots
from .inventory import samples_there
from .products import GLASS, Ledger, Product, ensemble_products, sample_name
from .spec import EnsembleSpec, StudySpec

if TYPE_CHECKING:
    import pandas as pd

    from vitrify.ensemble.parent_temperature import ParentTemperature

Read = TypeVar("Read")
PROVENANCE = (
    "parent_temperature", "msd_over_a0_squared", "liquid_steps", "force_evaluations", "seconds", "processor",
    "imported_from", "glass_density",
)  # fmt: skip
NOT_OF_ALL = ("processor", "imported_from", "glass_density")  # no column where a glass has none

CHECKSUMS: dict[tuple[str, int, int, int], str] = {}  # those of glasses, by path, inode, time and length of their files


@dataclass(frozen=True, repr=False)
class SampleResult(Result):
    """A result that tells which glass it was measured on.

    ensemble: its name in the study; observable: that of the result; sample: its number; None where it is of several."""

    ensemble: str = ""
    observable: str = ""
    sample: int | None = None

    @classmethod
    def of(cls, result: Result, ensemble: str, observable: str, sample: int | None) -> SampleResult:
        """A result with its names and number."""
        return cls(result.values, result.arrays, result.made_from, ensemble, observable, sample)

    def _facts(self) -> list[Fact]:
        where = f"sample {self.sample}" if self.sample is not None else "several samples"
        named = [Fact("ensemble", self.ensemble, ""), Fact("observable", self.observable, "")]
        line = f"{self.observable} of {where} of {self.ensemble!r}"
        return [*named, Fact("sample", brief(self.sample) or "several", line), *Result._facts(self)]


def ensemble_table(study: StudySpec, spec: EnsembleSpec, store: Store) -> pd.DataFrame:
    """One row per finished sample of the ensemble's own size. The columns are those of the observables (units: ε, λ, m = 1)
    and of the provenance; the index is "sample". An observable that is asked of fewer samples is NaN in the other rows.

    A sample with a broken file, or with an observable of another glass, is left out until a run has made it again."""
    glasses, measured = next(kept_groups(study, spec, store))
    import pandas as pd

    there = samples_there(glasses, store)
    places = [(product, store.listed(product.folder)) for product in (glasses, *measured)]
    rows = {index: row for index in there if (row := _row(places, index)) is not None}
    return pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), dtype="int64", name="sample"))


def ensemble_results(study: StudySpec, spec: EnsembleSpec, store: Store, observable: str) -> list[SampleResult]:
    """The finished results of one observable with their arrays, for glasses of the size for which it was asked. Results of
    another glass than the one that the store has now are left out."""
    if spec.observable(observable) is None:
        return []
    for _, measured in kept_groups(study, spec, store):
        for chosen in (x for x in measured if x.name == observable):
            return [SampleResult.of(x, spec.name, observable, k) for k, x in numbered_results(chosen, store)]
    return []


def numbered_results(product: Product, store: Store) -> Iterator[tuple[int, Result]]:
    """Yield the finished results of an observable, each with the number of its sample, selected as in
    `ensemble_results`."""
    for index in samples_there(product, store):
        result = result_of(product, index, store)
        if result is not None:
            yield index, result


def result_of(product: Product, index: int, store: Store) -> Result | None:
    """The result of an observable for one sample, or None where it is missing, broken, or of another glass."""
    key = product.key(index)
    result = _read(store, key, product.digest)
    glass = _checksum_of(store, product.needed(index)) if result is not None and result.made_from else ""
    return result if result is not None and _is_of(result, key, glass, store) else None


def densities_of_results(study: StudySpec, spec: EnsembleSpec, store: Store, observable: str) -> list[float]:
    """ρ = N/V of the glass of each result that `ensemble_results` gives, in its order: that of the ensemble, where a glass
    does not say its own."""
    for glasses, measured in kept_groups(study, spec, store):
        place = store.listed(glasses.folder)
        for chosen in (x for x in measured if x.name == observable):
            found = (glass_values(glasses, index, place) for index, _ in numbered_results(chosen, store))
            return [float((x[0] if x else {}).get("glass_density", spec.density)) for x in found]
    return []


def glass_values(glasses: Product, index: int, place: Listed) -> tuple[dict[str, Value], str] | None:
    """The provenance of a glass, and its checksum; None where it is missing or broken. place: the folder of the glasses."""
    glass = _values(place, sample_name(index), glasses)
    return None if glass is None else (_provenance(glass), glass.identity)


def parent_temperature_of(study: StudySpec, spec: EnsembleSpec, store: Store) -> ParentTemperature | None:
    """T and G∞ of an ensemble, or None where the study gives T or it has not been found yet."""
    pilots = kept_pilots(list(ensemble_products(study, spec)), store)
    return found_temperature(pilots, store) if pilots else None


def found_temperature(pilots: Product, store: Store) -> ParentTemperature | None:
    """T and G∞ that these pilots found, or None where they are missing or broken."""
    from .work import read_parent_temperature

    key = pilots.key(0)
    return _or_noted(store, key, lambda: read_parent_temperature(store, key))


def other_processor(study: StudySpec | Ledger, store: Store) -> str:
    """One sentence where the store was begun on another kind of processor than this one. It is empty where it was not, and
    where that is not known. Reads one glass."""
    from vitrify.backends.processor import processor_kind

    before, here = _first_processor(Ledger.of(study), store), processor_kind()
    if not before or before == here:
        return ""
    return (
        f"the store {store.directory} was begun on {before}, but this is {here}: a glass that is made again here differs "
        "in last bits and so, as a liquid is chaotic, becomes another one of its ensemble; its observables are then "
        "measured again too"
    )


def _first_processor(ledger: Ledger, store: Store) -> str:
    """The kind of processor that made the first glass in the store. A broken glass, of which a run tells, gives none."""
    for glasses, _ in (x for x in ledger.groups() if not x[0].group.imported):
        for index in samples_there(glasses, store)[:1]:  # not what else somebody left in the folder
            with suppress(BrokenFile, FileNotFoundError, Unreadable):
                return str(store.read(glasses.key(index)).values.get("processor", ""))
            return ""
    return ""


def _row(asked: list[tuple[Product, Listed]], index: int) -> dict[str, object] | None:
    """All values of one sample, or None unless all of it is there, sound and of one glass, which is asked for first."""
    row: dict[str, object] = {}
    glass = ""
    for product, place in asked:
        if index >= product.count:
            continue
        result = _values(place, sample_name(index), product)
        if result is None:
            return None
        if product.name == GLASS:
            glass = result.identity
            row.update(_provenance(result))
        elif _is_of(result, f"{product.folder}/{sample_name(index)}", glass, place.store):
            row.update(result.values)
        else:
            return None
    return row


def _provenance(glass: Summary) -> dict[str, Value]:
    """Provenance of a glass; earlier versions did not note the processor."""
    return {name: glass.values.get(name, math.nan) for name in PROVENANCE if name in glass.values or name not in NOT_OF_ALL}


def _read(store: Store, key: str, expected: str | None) -> Result | None:
    """A result, or None where it is missing or was just found broken."""
    return _or_noted(store, key, lambda: store.read(key, expected))


def _values(place: Listed, name: str, product: Product) -> Summary | None:
    """A result without its arrays, or None where it is missing or was just found broken."""
    identity = _checksum if product.name == GLASS else None
    return _or_noted(
        place.store, f"{product.folder}/{name}", lambda: place.summary(name, product.digest, identity=identity)
    )


def _or_noted(store: Store, key: str, read: Callable[[], Read]) -> Read | None:
    """What `read` gives of a key, or None where it is missing, or broken, which is noted."""
    try:
        return read()
    except FileNotFoundError:
        return None
    except BrokenFile as error:
        store.note_broken(key, str(error))
        return None


def _is_of(result: Result | Summary, key: str, glass: str, store: Store) -> bool:
    """Tell whether an observable was measured on this glass, as far as its file and the glass in the store say. glass: its
    checksum."""
    if not result.made_from or not glass or result.made_from == glass:
        return True
    store.note_broken(key, f"{key} was measured on another glass than the one that is in the store now")
    return False


def _checksum(glass: Result) -> str:
    from .work import glass_checksum

    return glass_checksum(glass)


def _checksum_of(store: Store, key: str) -> str:
    """Checksum of a glass in the store, or an empty text where there is none that is sound. Several observables ask for the
    same one: a pack tells it at once, that of a single file is kept."""
    try:
        with reading(store.path(key)):
            about = store.path(key).stat()
    except FileNotFoundError:
        return _packed_checksum(store, key)
    mark = (str(store.path(key)), about.st_ino, about.st_mtime_ns, about.st_size)
    if mark not in CHECKSUMS:
        glass = _read(store, key, None)
        CHECKSUMS[mark] = "" if glass is None else _checksum(glass)
    return CHECKSUMS[mark]


def _packed_checksum(store: Store, key: str) -> str:
    found = _or_noted(store, key, lambda: store.summary(key, identity=_checksum))
    return found.identity if found else ""
