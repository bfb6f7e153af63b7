"""The record of everything that is kept of one ensemble, taken out of a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vitrify.campaign import Result, Store
from vitrify.campaign.result_file import Value
from vitrify.ensemble import ParentTemperature
from vitrify.study import Counts, EnsembleSpec, StudySpec
from vitrify.study.earlier import kept_products
from vitrify.study.inventory import ProductInventory, sample_counts, samples_there, take_inventory
from vitrify.study.products import PILOTS, Product, ensemble_products, grouped
from vitrify.study.results import found_temperature, glass_values, numbered_results

CHECKSUM = 16  # hex digits that are kept of a glass's SHA-256: two in 10^19 glasses agree in them by chance
KEPT: dict[str, tuple[str, ...]] = {  # arrays of an observable whose others are too large to keep
    "qlm": ("coupling",),
    "soft_spots": ("frequency", "participation_ratio", "size", "core", "found_by", "dilation_over_shear"),
    "vibrality": (),
}

Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Part:
    """One product of an ensemble: its definition, and the numbers of results that are asked for and that are there."""

    name: str
    n_particles: int
    digest: str
    definition: dict[str, object]
    asked: int
    there: int
    failures: dict[str, int]  # reason → tasks
    columns: tuple[str, ...] = ()  # the values that it gives

    @property
    def physics(self) -> object:
        """The number of the code that made it; see vitrify.study.digest."""
        return self.definition.get("physics")


@dataclass(frozen=True, slots=True)
class Record:
    """An ensemble. rows: one per glass of any size, with n_particles, sample, finished, glass (its checksum) and all
    values; results: by observable and sample."""

    spec: EnsembleSpec
    rows: list[Row]
    results: dict[str, dict[int, Result]]
    parent: ParentTemperature | None
    counts: Counts
    parts: tuple[Part, ...]
    broken: tuple[str, ...]  # why something was left out

    @property
    def finished(self) -> int:
        """Number of glasses of all sizes with all that is asked of them."""
        return sum(bool(x["finished"]) for x in self.rows)


def take(study: StudySpec, spec: EnsembleSpec, store: Store) -> Record:
    """Read an ensemble from a store, whichever version of the code filled it. Nothing in the store is changed, and broken
    files are left out and noted. Raises Unreadable."""
    before = len(store.broken)
    kept = list(kept_products(list(ensemble_products(study, spec)), store))
    inventories = [take_inventory(x, store) for x in kept]
    results: dict[str, dict[int, Result]] = {}
    rows: list[Row] = []
    columns: dict[str, tuple[str, ...]] = {}
    for glasses, measured in grouped(kept):
        found = {x.name: dict(_slim(x, store)) for x in measured}
        results |= found
        columns |= {name: _columns(each) for name, each in found.items()}
        rows += _rows(glasses, measured, found, store)
    pilots = next((x for x in kept if x.name == PILOTS), None)
    return Record(
        spec,
        rows,
        results,
        found_temperature(pilots, store) if pilots else None,
        sample_counts(inventories)[spec.n_particles],
        tuple(_part(x, columns.get(x.product, ())) for x in inventories),
        tuple(store.broken.values())[before:],
    )


def _slim(measured: Product, store: Store) -> Iterator[tuple[int, Result]]:
    for index, result in numbered_results(measured, store):
        arrays = {x: y for x, y in result.arrays.items() if x in KEPT.get(measured.name, result.arrays)}
        yield index, replace(result, arrays=arrays)


def _columns(results: dict[int, Result]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for x in results.values() for name in x.values))


def _rows(
    glasses: Product, measured: list[Product], found: dict[str, dict[int, Result]], store: Store
) -> Iterator[Row]:  # fmt: skip
    """One row per glass that is there, and per glass of which only some results are."""
    place = store.listed(glasses.folder)
    made = {k: x for k in samples_there(glasses, store) if (x := glass_values(glasses, k, place)) is not None}
    for index in sorted({*made, *(k for x in found.values() for k in x)}):
        values, checksum = made.get(index, ({}, ""))
        needed = [x.name for x in measured if index < x.count]
        row: Row = {"n_particles": glasses.n_particles, "sample": index}
        row["finished"] = index in made and all(index in found[name] for name in needed)
        row["glass"] = checksum[:CHECKSUM]
        for results in found.values():
            row |= results[index].values if index in results else {}
        yield row | values


def _part(there: ProductInventory, columns: tuple[str, ...]) -> Part:
    x = there.asked
    return Part(x.name, x.n_particles, x.digest, x.definition, x.count, there.done, there.reasons, columns)
