"""Many glasses, measured side by side: one row each, failures among them, and a table from which a later call goes on."""

from __future__ import annotations

import fcntl
import os
import pickle
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from math import isnan
from os import PathLike
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pandas as pd

from vitrify import __version__
from vitrify.campaign.progress import Progress
from vitrify.campaign.stopping import Stop
from vitrify.errors import ModelOverridden, UsageError, VitrifyError, check, kind_and_text, wrong
from vitrify.export.table import require_table
from vitrify.formats.displacements import write_displacements
from vitrify.glass_files import LAST
from vitrify.models import Model
from vitrify.models.catalogue import model_of, parse
from vitrify.models.own_files import is_of_file
from vitrify.named_files import make_folder
from vitrify.observables.measurement import EQUILIBRIUM
from vitrify.observables.soft_spots import KINDS
from vitrify.physical_units import Units, units_of
from vitrify.preparation import quench_glass
from vitrify.statics.anharmonic import Order
from vitrify.study.spec import ObservableSpec
from vitrify.waiting import doing

from .asked import Asked
from .in_units import in_units
from .one import flat, measure_asked
from .place import Place, checksum_of, places_of
from .processes import Died, results
from .rows import Key, Row, is_finished, key_of, names_shipped_model, read_rows, table_of, union, write_rows

EVERY = 30.0  # seconds between two writings of the table: so much work is lost at most where the machine fails
Told = dict[str, type[Warning]]  # sentences and their kinds
DIED = "its process ended without a message, as it does when memory runs out"


@dataclass(slots=True)
class Outcome:
    """Result of a call, in glasses."""

    rows: list[Row]  # of the files that were given, in their order; where it was stopped, of those that are finished
    measured: int = 0
    present: int = 0  # finished before, with the same content and options
    stopped_by: int = 0  # number of the signal that ended the work before it was done
    told: Told = field(default_factory=dict)  # warnings, each sentence once

    @property
    def failed(self) -> list[Row]:
        """Rows of glasses that could not be measured."""
        return [row for row in self.rows if row["reason"]]

    def sentence(self) -> str:
        """One line for a person."""
        there = f", {self.present} existed already" if self.present else ""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        stopped = "; stopped before the end: run the same command again to continue" if self.stopped_by else ""
        return f"{self.measured} {'glass' if self.measured == 1 else 'glasses'} measured{there}{failed}{stopped}"


def measure_many(
    files: Iterable[str | PathLike[str]],
    *,
    model: Model | str | None = None,
    species: Mapping[str, str] | None = None,
    units: Units | str | None = None,
    reduced: bool = False,
    box: Any = None,
    frames: int | slice = LAST,
    quench: bool = False,
    energy_only: bool = False,
    modes: int = 0,
    qlm: bool = False,
    soft_spots: int = 0,
    kind: Order = KINDS[0],
    dipoles: int = 0,
    elastic_constants: bool = False,
    observables: Sequence[str | Mapping[str, Any]] = (),
    without_rattlers: bool = False,
    force_tolerance: float = EQUILIBRIUM,
    workers: int = 1,
    table: str | PathLike[str] | None = None,
    output: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Measure the last frame of each file, or some of its `frames`, and return a table with one row per glass in the order
    of the files.

    Its columns are `file`, `frame` (-1: the last), `dimension`, the fields of a `Measurement`, what else is asked for
    (`lowest_eigenvalues_0` ... of `modes`, `qlm_frequency` ... of `qlm`, the columns of `observables`), `reason` (why a
    glass could not be measured, empty where it was), `checksum`, `asked` and `vitrify`; units in attrs["units"].

    model: what the particles are where the files do not say it; species: names in the files → names in the mixture;
    units: those of the files' lengths and of results, or of results alone where the files are `reduced`; box: the cell of
    files without one;
    observables: those of studies, by name or as {"name": "modes", "number": 10}. workers: processes; with more than one a
    script keeps what it does under `if __name__ == "__main__":`. table: FILE.parquet or FILE.csv, written twice a minute
    and at the end; files that it holds with the same content, options and version are not measured again. output: folder to
    which each glass is written. Raises UsageError for what cannot be asked, and for a table of another program or of other
    options; a glass that cannot be read or measured has a reason instead."""
    asked = Asked(
        model=model,
        species=species or {},
        units=units_of(units),
        reduced=reduced,
        box=box,
        quench=quench,
        energy_only=energy_only,
        modes=modes,
        qlm=qlm,
        soft_spots=soft_spots,
        kind=kind,
        dipoles=dipoles,
        elastic_constants=elastic_constants,
        observables=tuple(map(ObservableSpec.of, observables)),
        without_rattlers=without_rattlers,
        force_tolerance=force_tolerance,
    )
    check(not isinstance(files, str | PathLike), "measure_many", "files", files, "a list of paths")
    places = places_of([Path(x) for x in files], output and Path(output), None, frames)  # type: ignore[arg-type]  # None stays
    outcome = measure_places(places, asked, workers=workers, table=table and Path(table))  # type: ignore[arg-type]  # it too
    for sentence, category in outcome.told.items():
        warnings.warn(sentence, category, stacklevel=2)
    return table_of(outcome.rows)


def measure_places(
    places: Sequence[Place],
    asked: Asked,
    *,
    workers: int = 1,
    table: Path | None = None,
    stop: Stop | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Measure the glasses of these places that the table lacks. The options are those of `measure_many`; once `stop` is
    set, what is in hand is finished and nothing else begun. Raises UsageError."""
    check(isinstance(workers, int) and workers > 0, "measure", "workers", workers, "a positive whole number")
    check(len(places) > 0, "measure", "files", [], "at least one")
    asked = _possible(asked, workers)
    kept = _Kept(table, asked)
    shown, stopping = progress or Progress(visible=False), Stop() if stop is None else stop
    try:
        missing = kept.missing(places, shown)
        present = len(places) - len(missing)
        shown.start(len(places), present, "measuring")
        _measure(missing, asked, workers, stopping, kept, shown)
    finally:
        shown.stop()
        kept.finish()
    rows = [kept.rows[x] for x in map(_key, places) if x in kept.rows]
    ended = stopping.by if len(rows) < len(places) else 0
    done = sum(not kept.rows[x]["reason"] for x in map(_key, missing) if x in kept.rows)
    return Outcome(rows, done, present, ended, kept.told)


def _possible(asked: Asked, workers: int) -> Asked:
    """What is asked in a form that other processes can be given: a model as its readable form, where that says all of it.

    Raises UsageError for a model that is none, or that cannot be sent."""
    if asked.model is None:
        return asked
    model = model_of(asked.model)
    asked = replace(asked, model=model)  # with the file that holds it, where there is one
    with suppress(UsageError):  # of a model of one's own, which no text gives back
        if parse(str(model)) == model and not is_of_file(model.name):
            return replace(asked, model=str(model))
    if workers > 1:
        try:
            pickle.dumps(model)
        except Exception as error:  # whatever such a model does not allow
            why = kind_and_text(error)
            raise wrong(
                "measure", "workers", workers, f"1, because the model cannot be sent to other processes ({why})"
            ) from None
    return asked


class _Kept:
    """Rows that are finished, and the table that keeps them."""

    def __init__(self, table: Path | None, asked: Asked) -> None:
        self._table, self._asked, self._written = table, asked.text, time.monotonic()
        self._model_given = asked.model is not None  # then what is asked holds the identity of its formula
        self._there = _read(table, asked.text) if table else []  # rows of the table as it was last read
        self._seen = _state_of_table(table)
        self._before = {key_of(row): row for row in self._there}
        self.rows: dict[Key, Row] = {}  # of the glasses that are asked for now
        self.told: Told = {}
        self._order: list[Key] = []
        self._changed = False

    def missing(self, places: Sequence[Place], shown: Progress) -> list[Place]:
        """The places whose glasses are to be measured: their files are new, have changed or have failed before."""
        self._order = list(map(_key, places))
        shown.start(len(places), 0, "looking for changes")
        missing = []
        for place in places:
            row = self._before.get(_key(place))
            if row is not None and self._holds(row, place):
                self.rows[_key(place)] = row
            else:
                missing.append(place)
            shown.step("looking for changes", made=1, failed=0)
        return missing

    def _holds(self, row: Row, place: Place) -> bool:
        """Whether a row is what would be measured now, and all files are there that were to be written."""
        told = self._model_given or names_shipped_model(row)
        return told and place.written() and is_finished(row, _checksum(place), self._asked)

    def add(self, row: Row) -> None:
        """Keep a row; the table is written where that is some time ago. Where it cannot be, the work goes on: the disk may
        have room again at the end."""
        self.rows[key_of(row)], self._changed = row, True
        if time.monotonic() - self._written > EVERY:
            with suppress(UsageError):
                self.write()
            self._written = time.monotonic()

    def write(self) -> None:
        """Write what is finished, if anything is new. Rows of other files, which another command may have added since,
        stay. Raises UsageError."""
        if self._table is None or not self._changed:
            return
        with _alone_at(self._table.parent):
            if _state_of_table(self._table) != self._seen:
                self._there = _read(self._table, self._asked)
            write_rows(union(self._finished(), self._there), self._table)
            self._seen, self._changed = _state_of_table(self._table), False

    def finish(self) -> None:
        """Write what is finished. Where that fails, it is written to another table, beside it or in the folder for
        temporary files, which the error names. Raises UsageError."""
        try:
            self.write()
        except UsageError as error:
            assert self._table is not None
            for folder in (self._table.parent, Path(gettempdir())):
                other = folder / f"{self._table.stem}.{os.getpid()}{self._table.suffix}"
                try:
                    write_rows(self._finished(), other)
                except UsageError:
                    continue
                raise UsageError(f"{error}; the measured glasses are in {other}") from None
            raise

    def _finished(self) -> list[Row]:
        return [self.rows[x] for x in self._order if x in self.rows]


@contextmanager
def _alone_at(folder: Path) -> Iterator[None]:
    """Keep other commands from writing tables of a folder meanwhile, where its file system has locks."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(table: Path, asked: str) -> list[Row]:
    """The rows of a table whose glasses were asked the same. Raises UsageError."""
    require_table(table)
    rows = read_rows(table)
    other = next((str(row["asked"]) for row in rows if row["asked"] != asked), None)
    if other is not None:
        raise UsageError(f"{table} contains glasses that were measured with {other}, not with {asked}; give another file")
    return rows


def _key(place: Place) -> Key:
    return place.name, place.frame


def _checksum(place: Place) -> str:
    """The checksum of a file now, or nothing where it cannot be read, which is told when it is measured."""
    try:
        return _checksum_at(place.file, _state(place.file))
    except OSError:
        return ""


def _measure(
    places: Sequence[Place], asked: Asked, workers: int, stop: Stop, kept: _Kept, shown: Progress
) -> None:  # fmt: skip
    """Measure these places, and keep each row."""
    for folder in {x.parent for place in places for x in (place.output, place.modes) if x}:
        make_folder(folder)
    work = partial(measured_row, asked=asked)
    words = f"measuring {len(places):,} glasses"
    with closing(results(work, places, min(workers, max(len(places), 1)), stop)) as found, doing(words) as now:
        for done, (n, made) in enumerate(found, 1):
            now.at(words, f"{words}, {done:,} done", done / len(places))
            row, told = (_row(places[n], asked, "", DIED), {}) if isinstance(made, Died) else made
            kept.told |= told
            kept.add(row)
            shown.step(places[n].file.name, made=int(not row["reason"]), failed=int(bool(row["reason"])))


def measured_row(place: Place, asked: Asked) -> tuple[Row, Told]:
    """The row of one glass, with the reason where it could not be measured, and what a person should know of it. Nothing is
    raised: one of many glasses must not end the others."""
    told: Told = {}
    checksum = ""
    try:
        before = _state(place.file)
        checksum = _checksum_at(place.file, before)
        values = _values(place, asked, told)
        if _state(place.file) != before:
            raise UsageError(f"{place.file} was changed while it was read")
    except VitrifyError as error:
        return _row(place, asked, checksum, error.brief), told
    except MemoryError:
        return _row(place, asked, checksum, "ran out of memory"), told
    except Exception as error:  # a defect that one glass brings out
        return _row(place, asked, checksum, kind_and_text(error)), told
    return _row(place, asked, checksum, "", values), told


def _values(place: Place, asked: Asked, told: Told) -> Row:
    """Read, quench, write and measure one glass, as `vitrify measure FILE` does."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", ModelOverridden)
        glass = place.read(asked)
    told |= {str(x.message): x.category for x in heard}
    glass = quench_glass(glass) if asked.quench else glass
    if place.output:  # before it is measured: a quenched glass is kept, whatever is found in it
        glass.write(place.output, asked.names)
    found = measure_asked(glass, asked)
    if place.modes:
        write_displacements(glass.with_names(asked.names), found.frames, place.modes)
    values = in_units(found.values, asked.units, glass.dimension)
    return {"dimension": glass.dimension, **{name: _there(x) for name, x in flat(values).items()}}


def _row(place: Place, asked: Asked, checksum: str, reason: str, values: Mapping[str, Any] | None = None) -> Row:
    said = {"reason": reason, "checksum": checksum, "asked": asked.text, "vitrify": __version__}
    return {"file": place.name, "frame": place.frame, **(values or {}), **said}


def _there(value: Any) -> Any:
    """A value, or None for what is not a number, since a table tells the two apart in no format alike."""
    return None if isinstance(value, float) and isnan(value) else value


def _state_of_table(table: Path | None) -> tuple[int, int, int]:
    return _state(table) if table and table.exists() else (0, 0, 0)


@lru_cache(maxsize=8)
def _checksum_at(file: Path, state: tuple[int, int, int]) -> str:
    """The checksum of a file in this state, once for all its frames."""
    del state
    return checksum_of(file)


def _state(file: Path) -> tuple[int, int, int]:
    """What changes where a file is written or replaced."""
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
