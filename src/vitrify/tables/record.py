"""All that is kept of one ensemble, taken out of a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vitrify.campaign import Result, Store
from vitrify.campaign.result_file import Value
from vitrify.ensemble import ParentTemperature
from vitrify.study import Counts, EnsembleSpec, StudySpec
from vitrify.study.counting import Held, held, sample_counts, samples_there
from vitrify.study.earlier import Kept, grouped, kept_products
from vitrify.study.folders import PILOTS, sample_name
from vitrify.study.results import glass_values, numbered_results, parent_temperature_at

CHECKSUM = 16  # hex digits that are kept of a glass's SHA-256: two in 10^19 glasses agree in them by chance
KEPT = {"qlm": ("coupling",)}  # arrays of an observable whose others are too large to keep

Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Part:
    """One product of an ensemble: what defines it, what was asked, what is there."""

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
        """The number of the code that made it, see vitrify.study.digest."""
        return self.definition.get("physics")


@dataclass(frozen=True, slots=True)
class Record:
    """An ensemble. rows: one a glass of whatever size, with n_particles, sample, finished, glass (its checksum) and all
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
        """Glasses of all sizes with all that is asked of them."""
        return sum(bool(x["finished"]) for x in self.rows)


def take(study: StudySpec, spec: EnsembleSpec, store: Store) -> Record:
    """Read an ensemble from a store, whichever version of the code filled it; nothing in it is changed, and what is broken
    is left out and noted. Raises Unreadable."""
    before = len(store.broken)
    kept = list(kept_products(study, spec, store))
    looked_at = [held(x.product, store) for x in kept]
    results: dict[str, dict[int, Result]] = {}
    rows: list[Row] = []
    columns: dict[str, tuple[str, ...]] = {}
    for glasses, measured in grouped([x for x in kept if x.product.name != PILOTS]):
        found = {x.product.name: dict(_slim(x, glasses, store)) for x in measured}
        results |= found
        columns |= {name: _columns(each) for name, each in found.items()}
        rows += _rows(glasses, measured, found, store)
    pilots = next((x.product.folder for x in kept if x.product.name == PILOTS), "")
    return Record(
        spec,
        rows,
        results,
        parent_temperature_at(f"{pilots}/{sample_name(0)}", store) if pilots else None,
        sample_counts(looked_at)[spec.n_particles],
        tuple(_part(x, y, columns.get(x.product.name, ())) for x, y in zip(kept, looked_at, strict=True)),
        tuple(store.broken.values())[before:],
    )


def _slim(measured: Kept, glasses: Kept, store: Store) -> Iterator[tuple[int, Result]]:
    name = measured.product.name
    for index, result in numbered_results(measured.product, glasses.product.folder, store):
        arrays = {x: y for x, y in result.arrays.items() if x in KEPT.get(name, result.arrays)}
        yield index, replace(result, arrays=arrays)


def _columns(results: dict[int, Result]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for x in results.values() for name in x.values))


def _rows(glasses: Kept, measured: list[Kept], found: dict[str, dict[int, Result]], store: Store) -> Iterator[Row]:
    """A row for each glass that is there, and for each of which something is."""
    asked, folder = glasses.product, glasses.product.folder
    made = {k: x for k in samples_there(store, folder, asked.tasks) if (x := glass_values(asked, k, store)) is not None}
    for index in sorted({*made, *(k for x in found.values() for k in x)}):
        values, checksum = made.get(index, ({}, ""))
        needed = [x.product.name for x in measured if index < x.product.tasks]
        row: Row = {"n_particles": asked.n_particles, "sample": index}
        row["finished"] = index in made and all(index in found[name] for name in needed)
        row["glass"] = checksum[:CHECKSUM]
        for results in found.values():
            row |= results[index].values if index in results else {}
        yield row | values


def _part(kept: Kept, there: Held, columns: tuple[str, ...]) -> Part:
    x = kept.product
    return Part(
        x.name, x.n_particles, x.digest, dict(kept.definition), x.tasks, len(there.done), there.reasons, columns
    )  # fmt: skip
