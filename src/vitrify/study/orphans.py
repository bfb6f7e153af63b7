"""Orphans of a store: results that its study no longer asks for, samples beyond the wanted number, and leftovers of writers
that died. Only names of the store's own form are looked at, and no link is followed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from vitrify.atomic_write import TEMPORARY
from vitrify.campaign import Leases, Store
from vitrify.campaign.packing import drop
from vitrify.campaign.packs import FOLDER as PACKED
from vitrify.campaign.packs import NAME as PACK
from vitrify.campaign.packs import packs_in
from vitrify.errors import UsageError

from .digest import Definition
from .earlier import kept_products
from .inventory import ProductInventory, take_inventory
from .manifest import ABOUT, difference, stored_ledger
from .observables import OBSERVABLES
from .products import GLASS, PILOTS, RESERVED, SHORT, Ledger

RESULT = re.compile(r"\d{6,}\.h5")
NOTE = re.compile(r"\d{6,}\.json")
LEFTOVER = re.compile(rf"\..+{re.escape(TEMPORARY)}")
FAILED, QUARANTINE = "failed", "quarantine"
WRITTEN = (FAILED, QUARANTINE, "runs", "claims", "log")  # folders beside those of ensembles in which writers leave files
DAY = 86400.0  # seconds; no writer takes so long over one file
OLD = "left by writers that died"


@dataclass(frozen=True, slots=True)
class Orphans:
    """Files of one folder that nobody asks for."""

    folder: str  # <ensemble>/<product>-<digest>, or one of the store's own
    why: str  # for a person
    files: tuple[str, ...]  # paths within the store
    size: int  # bytes
    packed: tuple[str, ...] = ()  # names of results that stand in packs with others


@dataclass(frozen=True, slots=True)
class SetAside:
    """A broken file in quarantine."""

    file: str
    reason: str


def orphans(ledger: Ledger, store: Store, asked: Iterable[ProductInventory]) -> list[Orphans]:
    """Folders that the study does not ask for, samples beyond the number that it asks for, and notes of failures of both.

    Folders that an earlier version of the code filled, and from which a study is read until a run has made something in
    their place, are none. asked: the inventory of each product of the study."""
    root, wanted = store.directory, {x.asked.folder: x for x in asked}
    folders = sorted({*_folders(root), *_folders(root / FAILED)})
    if any(x not in wanted for x in folders):
        read = _read_from(ledger, store, {x.asked.group.name for x in wanted.values() if not x.there})
        folders = [x for x in folders if x in wanted or x not in read]
    now = ledger.definitions
    found = (_beyond(store, wanted[x]) if x in wanted else _whole(now, store, x) for x in folders)
    return [x for x in found if x.files or x.packed]


def _read_from(ledger: Ledger, store: Store, ensembles: Collection[str]) -> set[str]:
    """Folders from which these ensembles are read, whichever version of the code filled them."""
    return {x.folder for name, each in ledger.ensembles().items() if name in ensembles for x in kept_products(each, store)}


def not_asked_for(store: Store) -> list[Orphans]:
    """Orphans by the study that the store itself holds. Raises UsageError where it cannot be read."""
    ledger = stored_ledger(store)
    return orphans(ledger, store, [take_inventory(x, store) for x in ledger.products])


def leftovers(store: Store) -> list[Orphans]:
    """Hidden files that writers began and never finished, a day old or more."""
    root, now = store.directory, time.time()
    results = list(result_folders(store))
    nested = [*results, *(f"{x}/{PACKED}" for x in results), *(f"{FAILED}/{x}" for x in _folders(root / FAILED))]
    found = (_orphans(root, folder, LEFTOVER, OLD, older_than=now - DAY) for folder in ("", *WRITTEN, *nested))
    return [x for x in found if x.files]


def quarantined_files(store: Store) -> list[Orphans]:
    """Files that were set aside, and the reasons beside them."""
    found = _orphans(store.directory, QUARANTINE, re.compile(r".+\.(?:h5|zip|txt)"), "set aside as broken")
    return [found] if found.files else []


def set_aside(store: Store) -> list[SetAside]:
    """Broken files in quarantine, each with its reason."""
    place = store.directory / QUARANTINE
    return [
        SetAside(x.name, store.why_set_aside(str(Path(x.name).with_suffix(".txt"))))
        for x in _files(place, re.compile(r".+\.(?:h5|zip)"))
    ]


def remove(store: Store, chosen: Iterable[Orphans]) -> None:
    """Remove these files, and the folders that they leave empty. Raises UsageError while a run is alive on the store."""
    refuse_while_at_work(store)
    with store.writing():
        for x in chosen:
            for name in x.files:
                (store.directory / name).unlink(missing_ok=True)
            alone = (name.rpartition("/") for name in x.files)
            drop(store, x.folder, {*x.packed, *(Path(name).stem for folder, _, name in alone if folder == x.folder)})
            _remove_empty(store.directory, x.folder)


def refuse_while_at_work(store: Store, done: str = "removed") -> None:
    """Raises UsageError while a run is alive on the store. done: what is not done then."""
    for run in Leases(store).living():
        raise UsageError(f"{store.directory} is in use by {run.sentence()}; nothing is {done} while a run is alive")


def result_folders(store: Store) -> Iterator[str]:
    """Folders of results, <ensemble>/<product>-<digest>, asked for or not."""
    yield from _folders(store.directory)


def _whole(now: dict[str, Definition], store: Store, folder: str) -> Orphans:
    """All files of a folder that is not asked for."""
    why = difference(now, store, folder)
    known = re.compile(f"{RESULT.pattern}|{re.escape(ABOUT)}")
    results = _orphans(store.directory, folder, known, why)
    packs = _orphans(store.directory, f"{folder}/{PACKED}", PACK, why)
    notes = _orphans(store.directory, f"{FAILED}/{folder}", NOTE, why)
    return Orphans(folder, why, results.files + packs.files + notes.files, results.size + packs.size + notes.size)


def _beyond(store: Store, part: ProductInventory) -> Orphans:
    """Samples of a folder beyond the number that is asked for."""
    root, folder, number = store.directory, part.asked.folder, part.wanted
    why = f"beyond the {number} that {'is' if number == 1 else 'are'} asked for"
    notes = [x for x in _files(root / FAILED / folder, NOTE) if int(x.name.partition(".")[0]) >= number]
    results = _files(root / folder, RESULT, {f"{x}.h5" for x in part.beyond}) if part.beyond else []
    names = [f"{folder}/{x.name}" for x in results] + [f"{FAILED}/{folder}/{x.name}" for x in notes]
    packed = _packed(store, folder, part.beyond) if part.beyond else {}
    size = sum(_size(x) for x in chain(results, notes)) + sum(packed.values())
    return Orphans(folder, why, tuple(names), size, tuple(packed))


def _packed(store: Store, folder: str, names: frozenset[str]) -> dict[str, int]:
    """Those of these names that are in packs only, sorted, each with its bytes."""
    found: dict[str, int] = {}
    with suppress(FileNotFoundError):  # packed anew meanwhile
        for name in sorted(names & packs_in(store.directory / folder, fresh=True).names()):
            if not os.path.lexists(store.path(f"{folder}/{name}")):
                found[name] = packs_in(store.directory / folder).size(name) or 0
    return found


def _orphans(root: Path, folder: str, pattern: re.Pattern[str], why: str, *, older_than: float | None = None) -> Orphans:
    found = _files(root / folder, pattern)
    if older_than is not None:
        found = [x for x in found if x.stat(follow_symlinks=False).st_mtime < older_than]
    names = (f"{folder}/{x.name}".lstrip("/") for x in found)
    return Orphans(folder, why, tuple(names), sum(map(_size, found)))


def _folders(place: Path) -> Iterator[str]:
    """Folders <ensemble>/<product>-<digest> below a folder."""
    product = re.compile(rf"(?:{'|'.join([PILOTS, GLASS, *OBSERVABLES])})-[0-9a-f]{{{SHORT}}}")
    for ensemble in _entries(place):
        own = ensemble.name.lower() in RESERVED or ensemble.name.startswith(".")
        if not own and ensemble.is_dir(follow_symlinks=False):
            products = _entries(place / ensemble.name)
            found = (x.name for x in products if product.fullmatch(x.name) and x.is_dir(follow_symlinks=False))
            yield from (f"{ensemble.name}/{name}" for name in found)


def _files(place: Path, pattern: re.Pattern[str], names: set[str] | None = None) -> list[os.DirEntry[str]]:
    """Plain files of a folder, sorted by name. names: consider only these."""
    entries = (x for x in _entries(place) if names is None or x.name in names)
    found = [x for x in entries if pattern.fullmatch(x.name) and x.is_file(follow_symlinks=False)]
    return sorted(found, key=lambda x: x.name)


def _entries(place: Path) -> list[os.DirEntry[str]]:
    """Entries of a folder; none where it does not exist, or where a link is in its place."""
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
    """Remove the folder of a product, in the store and among the failed, and that of its ensemble, where they are empty
    now."""
    if "/" not in folder:
        return
    with suppress(OSError):
        (root / folder / PACKED).rmdir()
    for place in (root / folder, root / FAILED / folder):
        with suppress(OSError):
            place.rmdir()
            place.parent.rmdir()
