"""Export from a store into a folder of tables, one ensemble at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vitrify.errors import BrokenFile, UsageError
from vitrify.opening import OpenStore
from vitrify.study import EnsembleSpec, StudySpec
from vitrify.study.digest import physics
from vitrify.study.products import GLASS, PILOTS

from . import arrays
from .agreement import asks_for, unlike
from .files import to_files
from .folder import TablesFolder, require_tables
from .record import Record, take

Track = Callable[[Sequence[EnsembleSpec]], Iterable[EnsembleSpec]]  # yields what it is given, may show how far it is


@dataclass(slots=True)
class Written:
    """Result of an export: the ensembles that were written, those that were empty, and messages."""

    ensembles: dict[str, int] = field(default_factory=dict)  # written → finished samples
    empty: list[str] = field(default_factory=list)  # ensembles without results in the store
    told: list[str] = field(default_factory=list)  # messages for a person

    def sentence(self) -> str:
        """One line for the user."""
        said = f"{len(self.ensembles)} ensembles were written, with {sum(self.ensembles.values())} finished samples"
        return said + (f", {len(self.empty)} have no results yet" if self.empty else "")


def export_tables(
    opened: OpenStore, folder: Path, *, ensembles: Sequence[str] = (), overwrite: bool = False, track: Track = iter
) -> Written:  # fmt: skip
    """Write every ensemble of a store of which something is finished, or these, to FOLDER/<ensemble>; all else there stays.

    An ensemble that is there with more finished samples stays as it is unless `overwrite`. Raises UsageError for an unknown
    ensemble, an unwritable place, and where the study of the store and the one that is there do not go together."""
    require_tables(folder)
    if opened.absent:  # what is there of it would go
        raise UsageError(opened.absent)
    study, done = opened.study, Written()
    chosen = [study.ensemble(x) for x in dict.fromkeys(ensembles)] or list(study.ensembles)
    for spec in track(chosen):
        record = take(study, spec, opened.store)
        if not record.rows:
            done.empty.append(spec.name)
            continue
        tables = TablesFolder.create(folder)
        if not overwrite and (fuller := _fuller(tables, record)):
            done.told.append(fuller)
            continue
        tables.write_study(agreed(tables, study, spec))
        tables.replace(spec.name, to_files(study, record))
        done.ensembles[spec.name] = record.finished
        done.told += [*_earlier(record), *_cut(record), *(f"left out: {x}" for x in record.broken)]
    return done


def agreed(tables: TablesFolder, study: StudySpec, spec: EnsembleSpec) -> StudySpec:
    """Choose the study that is to stand in the folder once it holds this ensemble of `study`: the one that asks for more.

    It is `study` where that has all that is there, else the one that is there where it has this ensemble, else `study`
    where it has all ensembles that stand there as tables. Raises UsageError where none of these holds."""
    there = tables.study()
    if there is None or all(asks_for(study, there, x) for x in there.ensembles):
        return study
    if asks_for(there, study, spec):
        return there
    kept = [x for x in there.ensembles if x.name in _held(tables) - {spec.name}]
    for x in kept:
        if not asks_for(study, there, x):
            raise UsageError(
                f"{tables.directory} holds ensemble {x.name!r}{unlike(there, study, x)}; give another folder, or a store "
                "whose study has both"
            )
    return study


def _held(tables: TablesFolder) -> set[str]:
    return {str(x["ensemble"]) for _, x in tables.provenances() if not isinstance(x, BrokenFile)}


def _fuller(tables: TablesFolder, record: Record) -> str:
    """A sentence where the folder has more samples of an ensemble than the store; empty where it has not."""
    for name, about in tables.provenances():
        if isinstance(about, BrokenFile) or about["ensemble"] != record.spec.name or about["finished"] <= record.finished:
            continue
        return (
            f"{tables.directory / name} stays as it is: it has {about['finished']} finished samples, the store "
            f"{record.finished}; --overwrite puts these in their place"
        )
    return ""


def _cut(record: Record) -> list[str]:
    """Names of the observables of which not all arrays are kept."""
    known = {x: arrays.kept_arrays(y) for x, y in record.results.items() if x not in arrays.READERS}
    return [
        f"arrays of {name} of {record.spec.name!r} are kept of the first {len(kept)} samples, more would be too long"
        for name, kept in known.items()
        if len(kept) < len([x for x in record.results[name].values() if x.arrays])
    ]


def _earlier(record: Record) -> list[str]:
    """Names of the products that an earlier version of the code made."""
    versions = physics()
    now = {x.name: versions["liquid" if x.name in (GLASS, PILOTS) else x.name] for x in record.parts}
    return [
        f"{x.name} of {record.spec.name!r} is of an earlier version of the code (physics {x.physics}, now {now[x.name]})"
        for x in record.parts
        if x.there and x.physics != now[x.name] and not (record.spec.imported and x.name == GLASS)
    ]
