"""What a store holds and its study does not ask for: results of an earlier mind, samples beyond the number, leftovers of
writers that died. Only names of the store's own form are looked at, and no link is followed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from vitrify.campaign import Presence, Store
from vitrify.errors import UsageError
from vitrify.whole_file import TEMPORARY

from .counting import Held, held
from .difference import difference
from .digest import RESERVED, SHORT, Definition
from .folders import GLASS, PILOTS, products
from .identity import ABOUT, definitions
from .observables import OBSERVABLES
from .reading import parse_study
from .spec import StudySpec

RESULT = re.compile(r"\d{6,}\.h5")
NOTE = re.compile(r"\d{6,}\.json")
LEFTOVER = re.compile(rf"\..+{re.escape(TEMPORARY)}")
FAILED, QUARANTINE = "failed", "quarantine"
WRITTEN = (FAILED, QUARANTINE, "runs", "claims", "log")  # folders beside those of ensembles in which writers leave files
DAY = 86400.0  # seconds; no writer takes so long over one file
OLD = "left by writers that died"


@dataclass(frozen=True, slots=True)
class Surplus:
    """Files of one folder that nobody asks for."""

    folder: str  # <ensemble>/<product>-<digest>, or one of the store's own
    why: str  # for a person
    files: tuple[str, ...]  # paths within the store
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class SetAside:
    """A broken file in quarantine."""

    file: str
    reason: str


def surplus(study: StudySpec, store: Store, asked: Iterable[Held]) -> list[Surplus]:
    """Folders that the study does not ask for, samples beyond those that it does, and notes of failures of both.

    asked: what the store holds of each product of the study."""
    root, wanted = store.directory, {x.product.folder: x for x in asked}
    folders = sorted({*_folders(root), *_folders(root / FAILED)})
    now = definitions(study) if any(x not in wanted for x in folders) else {}
    found = (_beyond(root, wanted[x]) if x in wanted else _whole(now, store, x) for x in folders)
    return [x for x in found if x.files]


def not_asked_for(store: Store) -> list[Surplus]:
    """The same by the study that stands in the store. Raises UsageError where it cannot be read."""
    study = parse_study(store.read_text("study.toml"), f"{store.directory}/study.toml")
    return surplus(study, store, [held(x, store) for spec in study.ensembles for x in products(study, spec)])


def leftovers(store: Store) -> list[Surplus]:
    """Hidden files that writers began and never finished, a day old or more."""
    root, now = store.directory, time.time()
    nested = [*_folders(root), *(f"{FAILED}/{x}" for x in _folders(root / FAILED))]
    found = (_surplus(root, folder, LEFTOVER, OLD, older_than=now - DAY) for folder in ("", *WRITTEN, *nested))
    return [x for x in found if x.files]


def quarantined_files(store: Store) -> list[Surplus]:
    """What was set aside, with the reasons beside it."""
    found = _surplus(store.directory, QUARANTINE, re.compile(r".+\.(?:h5|txt)"), "set aside as broken")
    return [found] if found.files else []


def set_aside(store: Store) -> list[SetAside]:
    """Broken files in quarantine, each with its reason."""
    place = store.directory / QUARANTINE
    return [
        SetAside(x.name, store.why_set_aside(str(Path(x.name).with_suffix(".txt"))))
        for x in _files(place, re.compile(r".+\.h5"))
    ]


def remove(store: Store, chosen: Iterable[Surplus]) -> None:
    """Remove these files, and the folders that they leave empty. Raises UsageError while a run is alive on the store."""
    refuse_while_at_work(store)
    with store.writing():
        for x in chosen:
            for name in x.files:
                (store.directory / name).unlink(missing_ok=True)
            _remove_empty(store.directory, x.folder)


def refuse_while_at_work(store: Store) -> None:
    """Raises UsageError while a run is alive on the store."""
    for run in Presence(store).living():
        raise UsageError(f"{store.directory} is in use by {run.sentence()}; nothing is removed while a run is alive")


def _whole(now: dict[str, Definition], store: Store, folder: str) -> Surplus:
    """All of a folder that is not asked for."""
    why = difference(now, store, folder)
    known = re.compile(f"{RESULT.pattern}|{re.escape(ABOUT)}")
    results = _surplus(store.directory, folder, known, why)
    notes = _surplus(store.directory, f"{FAILED}/{folder}", NOTE, why)
    return Surplus(folder, why, results.files + notes.files, results.size + notes.size)


def _beyond(root: Path, part: Held) -> Surplus:
    """Samples of a folder beyond the number that is asked for."""
    folder, number = part.product.folder, part.product.tasks
    why = f"beyond the {number} that {'is' if number == 1 else 'are'} asked for"
    notes = [x for x in _files(root / FAILED / folder, NOTE) if int(x.name.partition(".")[0]) >= number]
    results = _files(root / folder, RESULT, {f"{x}.h5" for x in part.beyond}) if part.beyond else []
    names = [f"{folder}/{x.name}" for x in results] + [f"{FAILED}/{folder}/{x.name}" for x in notes]
    return Surplus(folder, why, tuple(names), sum(_size(x) for x in chain(results, notes)))


def _surplus(root: Path, folder: str, pattern: re.Pattern[str], why: str, *, older_than: float | None = None) -> Surplus:
    found = _files(root / folder, pattern)
    if older_than is not None:
        found = [x for x in found if x.stat(follow_symlinks=False).st_mtime < older_than]
    names = (f"{folder}/{x.name}".lstrip("/") for x in found)
    return Surplus(folder, why, tuple(names), sum(map(_size, found)))


def _folders(place: Path) -> Iterator[str]:
    """<ensemble>/<product>-<digest> below a folder."""
    product = re.compile(rf"(?:{'|'.join([PILOTS, GLASS, *OBSERVABLES])})-[0-9a-f]{{{SHORT}}}")
    for ensemble in _entries(place):
        own = ensemble.name.lower() in RESERVED or ensemble.name.startswith(".")
        if not own and ensemble.is_dir(follow_symlinks=False):
            products = _entries(place / ensemble.name)
            found = (x.name for x in products if product.fullmatch(x.name) and x.is_dir(follow_symlinks=False))
            yield from (f"{ensemble.name}/{name}" for name in found)


def _files(place: Path, pattern: re.Pattern[str], names: set[str] | None = None) -> list[os.DirEntry[str]]:
    """Plain files of a folder, sorted by name. names: only those of them."""
    entries = (x for x in _entries(place) if names is None or x.name in names)
    found = [x for x in entries if pattern.fullmatch(x.name) and x.is_file(follow_symlinks=False)]
    return sorted(found, key=lambda x: x.name)


def _entries(place: Path) -> list[os.DirEntry[str]]:
    """What a folder lists; nothing where there is none, or a link in its place."""
    try:
        with os.scandir(place) as entries:
            return [] if place.is_symlink() else list(entries)
    except OSError:
        return []


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:  # a writer took it away meanwhile
        return 0


def _remove_empty(root: Path, folder: str) -> None:
    """The folder of a product, in the store and among the failed, and that of its ensemble, where they are empty now."""
    if "/" not in folder:
        return
    for place in (root / folder, root / FAILED / folder):
        with suppress(OSError):
            place.rmdir()
            place.parent.rmdir()
