"""A store in a notebook: tables, results and glasses by ensemble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from vitrify.campaign import Result, Store
from vitrify.ensemble import ParentTemperature
from vitrify.errors import BrokenFile, UsageError, check
from vitrify.glass import Glass
from vitrify.study import (
    Counts,
    EnsembleSpec,
    StudySpec,
    ensemble_results,
    ensemble_table,
    parent_temperature_of,
    parse_study,
)
from vitrify.study.columns import KEYS, columns, in_order, said_dimension, units
from vitrify.study.counting import samples_there
from vitrify.study.earlier import kept_counts, kept_groups
from vitrify.study.folders import Product, sample_name
from vitrify.study.observables import OBSERVABLES
from vitrify.study.untouched import UntouchedStore
from vitrify.study.work import read_glass

Track = Callable[[Sequence[EnsembleSpec]], Iterable[EnsembleSpec]]  # yields what it is given, may show how far it is


class Opened(Protocol):
    """The results of a study, wherever they are kept: all that a report is drawn from."""

    study: StudySpec

    @property
    def broken(self) -> list[str]:
        """Why something was left out, so far."""
        ...

    def quarantined(self) -> list[str]:
        """Why files were set aside."""
        ...

    def table(self, ensemble: str) -> pd.DataFrame:
        """A row for each finished sample of the ensemble's own size."""
        ...

    def results(self, ensemble: str, observable: str) -> list[Result]:
        """The finished results of one observable."""
        ...

    def parent_temperature(self, ensemble: str) -> ParentTemperature | None:
        """T and G∞ from pilots; None where T is given, or not yet found."""
        ...

    def counts(self, ensemble: str) -> Counts:
        """Samples of the ensemble's own size wanted, finished and failed."""
        ...


class OpenStore:
    """A store and the study that made it. Nothing in it is changed; files are read when they are asked for, and a broken
    one is left out and noted in `broken`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.text = store.read_text("study.toml")
        self.study: StudySpec = parse_study(self.text, "study.toml of the store")
        self._found: dict[tuple[str, int], Product] = {}

    @property
    def broken(self) -> list[str]:
        """Why files that were asked for could not be read."""
        return list(self.store.broken.values())

    def ensembles(self) -> list[str]:
        """Names of the ensembles."""
        return [spec.name for spec in self.study.ensembles]

    def units(self) -> dict[str, str]:
        """Unit by column, for all that a table can have; "1" for a plain number, empty for a text."""
        return {name: x.unit for name, x in columns().items()}

    def table(self, ensemble: str) -> pd.DataFrame:
        """A row for each finished sample of the ensemble's own size; units ε, λ, m = 1, and in attrs["units"]."""
        spec = self.study.ensemble(ensemble)
        found = ensemble_table(self.study, spec, self.store)
        found.attrs["units"] = units(found, [spec.dimension])
        return found

    def tables(
        self, ensembles: Sequence[str] = (), *, samples: int | None = None, track: Track = iter
    ) -> pd.DataFrame:  # fmt: skip
        """A row for each finished sample of all ensembles, or of these; columns ensemble, sample, n_particles, dimension
        where any is not of three, observables, provenance. Glasses of another size that an observable asked for have
        rows of their own.

        samples: at most so many of each ensemble; units in attrs["units"]. Raises UsageError for an unknown ensemble."""
        groups = self.groups(ensembles, samples=samples)
        rows = [self._rows(x).assign(**said_dimension(x, groups)) for x in track(groups)]
        found = [x for x in rows if len(x)]  # pandas warns of empty tables
        table = in_order(pd.concat(found, ignore_index=True)) if found else pd.DataFrame(columns=list(KEYS))
        table.attrs["units"] = units(table)
        return table

    def results(self, ensemble: str, observable: str) -> list[Result]:
        """The finished results of one observable, each with its `values` and `arrays`, of glasses of the size that it was
        asked for. Raises UsageError for an unknown one."""
        require_observable(observable)
        return ensemble_results(self.study, self.study.ensemble(ensemble), self.store, observable)

    def parent_temperature(self, ensemble: str) -> ParentTemperature | None:
        """T and G∞ from the pilots of an ensemble; None where T is given by the study, or not yet found."""
        return parent_temperature_of(self.study, self.study.ensemble(ensemble), self.store)

    def counts(self, ensemble: str) -> Counts:
        """Samples of the ensemble's own size wanted, finished with all their observables, and failed with the reasons."""
        return kept_counts(self.study, self.study.ensemble(ensemble), self.store)

    def quarantined(self) -> list[str]:
        """Why runs set files aside."""
        return self.store.quarantined()

    def glass(self, ensemble: str, sample: int) -> Glass:
        """One glass. Raises FileNotFoundError where it has not been made, BrokenFile where its file is damaged, and
        Unreadable where it cannot be read."""
        group = self.study.ensemble(ensemble)
        self._look(group)
        return self.glass_of(group, sample)

    def glasses(self, ensemble: str, n_particles: int | None = None) -> Iterator[tuple[int, Glass]]:
        """Number and glass of each finished sample, one after the other in memory. n_particles: of another size that an
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
        """Numbers of the glasses of a group that are there. Reads names, not files."""
        return samples_there(self.store, self._look(group).folder, group.n_samples)

    def glass_of(self, group: EnsembleSpec, sample: int) -> Glass:
        """One glass of a group. Raises as `glass`."""
        return read_glass(self.store, self.key(group, sample), self._glasses(group).digest)

    def key(self, group: EnsembleSpec, sample: int) -> str:
        """Where a glass stands in the store."""
        return f"{self._glasses(group).folder}/{sample_name(sample)}"

    def _glasses(self, group: EnsembleSpec) -> Product:
        """The glasses of a group, as they were last looked for: that lists folders, too much for each glass."""
        return self._found.get((group.name, group.n_particles)) or self._look(group)

    def _look(self, group: EnsembleSpec) -> Product:
        """The glasses of a group, as the store has them now, whichever version of the code made them."""
        glasses = next(kept_groups(self.study, group, self.store))[0].product
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


def require_observable(name: str) -> None:
    """Raise UsageError for an unknown observable."""
    check(name in OBSERVABLES, "results", "observable", name, "one of " + ", ".join(OBSERVABLES))


def opened(source: Store | Opened) -> Opened:
    """A store as a source of a report; what is opened already stays as it is. Raises UsageError."""
    return OpenStore(source) if isinstance(source, Store) else source


def open_store(directory: Path | str) -> OpenStore:
    """Open a store that `vitrify run` wrote. Raises UsageError where the folder is none."""
    return OpenStore(UntouchedStore(directory))
