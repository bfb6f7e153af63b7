"""Stores in a notebook: tables, results and glasses by ensemble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from vitrify.campaign import ReadOnlyStore, Store
from vitrify.ensemble import ParentTemperature
from vitrify.errors import BrokenFile, UsageError, check, plain
from vitrify.glass import Glass
from vitrify.short_forms import html_table
from vitrify.study import (
    Counts,
    EnsembleSpec,
    Product,
    SampleResult,
    StudySpec,
    ensemble_results,
    ensemble_table,
    parent_temperature_of,
)
from vitrify.study.absent import parse_stored_study
from vitrify.study.columns import KEYS, columns, in_order, said_dimension, units
from vitrify.study.earlier import kept_counts, kept_groups
from vitrify.study.inventory import samples_there
from vitrify.study.observables import OBSERVABLES
from vitrify.study.pair_tables import tables_of
from vitrify.study.results import densities_of_results
from vitrify.study.work import read_glass
from vitrify.waiting import each

Track = Callable[[Sequence[EnsembleSpec]], Iterable[EnsembleSpec]]  # yields what it is given, may show how far it is

MOST_SHOWN = 8  # ensembles at a prompt; a notebook shows all


class Opened(Protocol):
    """The results of a study wherever they are kept, as a report needs them."""

    study: StudySpec

    @property
    def broken(self) -> list[str]:
        """Reasons for what was left out so far."""
        ...

    def quarantined(self) -> list[str]:
        """Reasons why files were set aside."""
        ...

    def table(self, ensemble: str) -> pd.DataFrame:
        """One row per finished sample of the ensemble's own size."""
        ...

    def results(self, ensemble: str, observable: str) -> list[SampleResult]:
        """The finished results of one observable."""
        ...

    def densities(self, ensemble: str, observable: str) -> list[float]:
        """ρ of the glass of each of these results, which differ where glasses were imported."""
        ...

    def parent_temperature(self, ensemble: str) -> ParentTemperature | None:
        """T and G∞ from pilots, or None where T is given, or not yet found."""
        ...

    def counts(self, ensemble: str) -> Counts:
        """Number of samples of the ensemble's own size that are wanted, finished and failed."""
        ...


class OpenStore:
    """A store and the study that made it, without the parts that need a missing plugin (`absent` names them). Nothing in it
    is changed. Files are read when they are asked for, and a broken one is left out and noted in `broken`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.text = store.read_text("study.toml")
        self.study: StudySpec
        with tables_of(store.directory):
            self.study, self.absent = parse_stored_study(self.text, "study.toml of the store")
        self._found: dict[tuple[str, int], Product] = {}

    def __repr__(self) -> str:
        return overview("OpenStore", self.study, self.store.directory, self._finished_of())

    def _repr_html_(self) -> str:
        """The table that a notebook shows: the ensembles, and how many of their glasses there are."""
        return overview_table("OpenStore", self.study, self._finished_of())

    def _finished_of(self) -> dict[str, int]:
        """How many glasses each ensemble has. Only names of files are read."""
        return {spec.name: len(self.finished(self.groups([spec.name])[0])) for spec in self.study.ensembles}

    @property
    def broken(self) -> list[str]:
        """Reasons why files that were asked for could not be read, and the observables that need a missing plugin."""
        return [x for x in (self.absent, *self.store.broken.values()) if x]

    def ensembles(self) -> list[str]:
        """Names of the ensembles."""
        return [spec.name for spec in self.study.ensembles]

    def units(self) -> dict[str, str]:
        """Unit by column, for every column that a table can have; "1" for a plain number, empty for a text."""
        return {name: x.unit for name, x in columns().items()}

    def table(self, ensemble: str) -> pd.DataFrame:
        """One row per finished sample of the ensemble's own size; units ε, λ, m = 1, also in attrs["units"]."""
        spec = self.study.ensemble(ensemble)
        found = ensemble_table(self.study, spec, self.store)
        found.attrs["units"] = units(found, [spec.dimension])
        found.attrs["ensemble"] = ensemble
        return found

    def tables(
        self, ensembles: Sequence[str] = (), *, samples: int | None = None, track: Track = iter
    ) -> pd.DataFrame:  # fmt: skip
        """One row per finished sample of all ensembles, or of these. The columns are ensemble, sample, n_particles,
        dimension where any is not of three, observables and provenance. Glasses of another size that an observable asked
        for have rows of their own.

        samples: at most so many of each ensemble; units in attrs["units"]. Raises UsageError for an unknown ensemble."""
        groups = self.groups(ensembles, samples=samples)
        tracked = each(groups, "reading ensemble {k} of {n}") if track is iter else track(groups)
        rows = [self._rows(x).assign(**said_dimension(x, groups)) for x in tracked]
        found = [x for x in rows if len(x)]  # pandas warns of empty tables
        table = in_order(pd.concat(found, ignore_index=True)) if found else pd.DataFrame(columns=list(KEYS))
        table.attrs["units"] = units(table)
        return table

    def results(self, ensemble: str, observable: str) -> list[SampleResult]:
        """The finished results of one observable, each with `values` and `arrays`, `ensemble` and `sample`, for
        glasses of the size for which it was asked. Raises UsageError for an unknown one."""
        require_observable(observable)
        return ensemble_results(self.study, self.study.ensemble(ensemble), self.store, observable)

    def densities(self, ensemble: str, observable: str) -> list[float]:
        """ρ = N/V of the glass of each of `results`, in their order: they differ where glasses were imported."""
        require_observable(observable)
        return densities_of_results(self.study, self.study.ensemble(ensemble), self.store, observable)

    def parent_temperature(self, ensemble: str) -> ParentTemperature | None:
        """T and G∞ from the pilots of an ensemble, or None where the study gives T, or it has not been found yet."""
        return parent_temperature_of(self.study, self.study.ensemble(ensemble), self.store)

    def counts(self, ensemble: str) -> Counts:
        """Number of samples of the ensemble's own size that are wanted, that are finished with all their observables, and
        that failed with the reasons."""
        return kept_counts(self.study, self.study.ensemble(ensemble), self.store)

    def quarantined(self) -> list[str]:
        """Reasons why runs set files aside."""
        return self.store.quarantined()

    def glass(self, ensemble: str, sample: int) -> Glass:
        """Read one glass. Raises FileNotFoundError where it has not been made, BrokenFile where its file is damaged, and
        Unreadable where it cannot be read."""
        group = self.study.ensemble(ensemble)
        self._look(group)
        return self.glass_of(group, sample)

    def glasses(self, ensemble: str, n_particles: int | None = None) -> Iterator[tuple[int, Glass]]:
        """Yield number and glass of each finished sample, with one in memory at a time. n_particles: another size that an
        observable asked for. Raises UsageError where the ensemble has no such size."""
        sizes = {x.n_particles: x for x in self.groups([ensemble])}
        wanted = n_particles or self.study.ensemble(ensemble).n_particles
        check(wanted in sizes, f"ensemble {ensemble!r}", "n_particles", wanted, "one of " + ", ".join(map(str, sizes)))
        return self._sound(sizes[wanted])

    def groups(self, ensembles: Sequence[str] = (), *, samples: int | None = None) -> list[EnsembleSpec]:
        """All ensembles, or these, by size of their glasses. samples: at most so many of each."""
        chosen = [self.study.ensemble(x) for x in dict.fromkeys(ensembles)] or list(self.study.ensembles)
        limited = [x if samples is None else x.limited(samples) for x in chosen]
        return [group for x in limited for group in x.groups()]

    def finished(self, group: EnsembleSpec) -> list[int]:
        """Numbers of the finished glasses of a group. Only names are read, not files."""
        return samples_there(self._look(group), self.store)

    def glass_of(self, group: EnsembleSpec, sample: int) -> Glass:
        """One glass of a group. Raises the errors of `glass`."""
        return read_glass(self.store, self.key(group, sample), self._glasses(group).digest)

    def key(self, group: EnsembleSpec, sample: int) -> str:
        """The key of a glass in the store."""
        return self._glasses(group).key(sample)

    def _glasses(self, group: EnsembleSpec) -> Product:
        """The glasses of a group as they were last looked up: this lists folders, which is too slow for each glass."""
        return self._found.get((group.name, group.n_particles)) or self._look(group)

    def _look(self, group: EnsembleSpec) -> Product:
        """The glasses of a group as the store has them now, whichever version of the code made them."""
        glasses = next(kept_groups(self.study, group, self.store))[0]
        self._found[group.name, group.n_particles] = glasses
        return glasses

    def _rows(self, group: EnsembleSpec) -> pd.DataFrame:
        table = ensemble_table(self.study, group, self.store).reset_index()
        keys = pd.DataFrame({"ensemble": group.name, "n_particles": group.n_particles}, index=table.index)
        return pd.concat([keys, table], axis=1)

    def _sound(self, group: EnsembleSpec) -> Iterator[tuple[int, Glass]]:
        for sample in self.finished(group):
            try:
                glass = self.glass_of(group, sample)
            except (BrokenFile, UsageError) as error:
                self.store.quarantine(self.key(group, sample), str(error))
            else:
                yield sample, glass


def overview(kind: str, study: StudySpec, place: Path, finished: Mapping[str, int]) -> str:
    """An opened store in a line per ensemble, of the first ones. finished: glasses by ensemble."""
    specs = study.ensembles
    wanted = sum(x.n_samples for x in specs)
    head = f"<{kind}: {plain(str(place))}, study {study.name!r}, {len(specs)} ensembles, "
    lines = [f"    {plain(x.name)!r}: {finished[x.name]:,} of {x.n_samples:,} glasses" for x in specs[:MOST_SHOWN]]
    more = [f"    and {len(specs) - MOST_SHOWN} more"] if len(specs) > MOST_SHOWN else []
    return "\n".join([f"{head}{sum(finished.values()):,} of {wanted:,} glasses finished>", *lines, *more])


def overview_table(kind: str, study: StudySpec, finished: Mapping[str, int]) -> str:
    """The same as a table of HTML with a row for every ensemble."""
    head = ("ensemble", "model", "density", "n_particles", "glasses finished", "wanted")
    rows = [
        (x.name, str(x.model), f"{x.density:g}", f"{x.n_particles:,}", f"{finished[x.name]:,}", f"{x.n_samples:,}")
        for x in study.ensembles
    ]
    return html_table(f"{kind}: study {study.name!r}", head, rows)


def require_observable(name: str) -> None:
    """Raise UsageError for an unknown observable."""
    known = f"one of {', '.join(OBSERVABLES)}, or of a plugin (vitrify --plugin FILE)"
    check(name in OBSERVABLES, "results", "observable", name, known)


def opened(source: Store | Opened) -> Opened:
    """A store as the source of a report; an open one is returned as it is. Raises UsageError."""
    return OpenStore(source) if isinstance(source, Store) else source


def open_store(directory: Path | str) -> OpenStore:
    """Open a store that `vitrify run` wrote. Raises UsageError where the folder is none."""
    return OpenStore(ReadOnlyStore(directory))
