"""Packs of one folder of results: `packed/<first>-<last>.<generation>.<hash>.zip`, each of results of near numbers.

A pack is never changed and its name is never given to other content. What is to change is written as another pack, of a
later generation, before the one that it replaces is removed. So whoever is killed, and however many do so at a time, what
stands in one pack or the other: a removal never takes the last copy. Of one result in several packs that of the latest
generation counts; a file of its own beside them counts more than any pack, since it was made later."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vitrify.atomic_write import atomic_write, sync
from vitrify.errors import BrokenFile, Unreadable

from . import pack_file
from .pack_file import Entry, Member
from .plain_file import reading
from .result_file import named

FOLDER = "packed"
SUFFIX = ".zip"
BLOCK = 256  # results of one pack: a campaign of 300,000 has some 1,200 packs, and one of small glasses has 2 MB
NAME = re.compile(r"(\d{6,})-(\d{6,})\.(\d{1,9})\.([0-9a-f]{12})\.zip", re.ASCII)
SAMPLE = re.compile(r"\d{6}|[1-9]\d{6,17}", re.ASCII)
SETTLED = 10 * 10**9  # nanoseconds after which a folder that changes surely gets another time, whatever its clock's ticks
MOST_LISTED = 1024  # folders whose list of packs a process keeps
LISTED: dict[Path, tuple[tuple[int, int], Packs]] = {}  # by folder: its inode and time, and what it held then


@dataclass(frozen=True, slots=True)
class Pack:
    """Pack, as its name tells it."""

    path: Path
    first: int
    last: int
    generation: int
    token: str  # of its content


@dataclass(frozen=True)
class Packs:
    """Packs of a folder as they were listed. One of them may be gone when it is read: FileNotFoundError."""

    files: tuple[Pack, ...] = ()  # the latest generation first

    def __bool__(self) -> bool:
        return bool(self.files)

    @cached_property
    def _by_block(self) -> dict[int, list[Pack]]:
        found: dict[int, list[Pack]] = {}
        for x in self.files:
            for block in range(x.first // BLOCK, min(x.last // BLOCK, x.first // BLOCK + BLOCK) + 1):
                found.setdefault(block, []).append(x)
        return found

    def names(self) -> set[str]:
        """Names of all results in the packs; where one cannot be read, or has lost its directory, all that its name spans:
        what may be there is neither missing nor made again before it was looked at."""
        found: set[str] = set()
        for x in self.files:
            found.update(_names(x))
        return found

    def holding(self, name: str) -> list[Pack]:
        """Packs that hold a result, the one that counts first, then damaged ones that may have. Raises Unreadable."""
        sound, doubtful = [], []
        for x in self._around(name):
            found = pack_file.directory(x.path)
            if name in found.members:
                sound.append(x)
            elif not found.whole:
                doubtful.append(x)
        return sound + doubtful

    def content(self, name: str) -> tuple[bytes, str] | None:
        """Read the HDF5 file of a result, and tell the words that name it in a sentence; None where there is none. Raises
        Unreadable, and BrokenFile where the pack that may have held it is damaged."""
        for x in self.holding(name):
            found = pack_file.content(x.path, name)
            if found is None:
                raise BrokenFile(f"{named(x.path)} is damaged, and {name} cannot be found in it")
            return found, f"{name} of {named(x.path)}"
        return None

    def size(self, name: str) -> int | None:
        """Size of the HDF5 file of a result in bytes; None where there is none that can be found."""
        found = (pack_file.directory(x.path).members.get(name) for x in self.holding(name))
        return next((x[1] for x in found if x), None)

    def entry(self, name: str) -> tuple[Entry, Path] | None:
        """Entry of the index for a result, and its pack; None where there is none, and `content` is to be asked."""
        for x in self._around(name):
            held, found = pack_file.entry(x.path, name)
            if held:
                return None if found is None else (found, x.path)
        return None

    def _around(self, name: str) -> Iterator[Pack]:
        if SAMPLE.fullmatch(name):
            number = int(name)
            yield from (x for x in self._by_block.get(number // BLOCK, ()) if x.first <= number <= x.last)


NONE = Packs()


def packs_in(folder: Path, *, fresh: bool = False) -> Packs:
    """List the packs of the folder of a product. fresh: what an earlier look found will not do. A link in the place of
    `packed` is not followed. Raises Unreadable."""
    place = folder / FOLDER
    try:
        with reading(place):
            handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:  # opened anew for each look: only so a network's file system asks its server
                about = os.fstat(handle)
                mark, known = (about.st_ino, about.st_mtime_ns), LISTED.get(place)
                if known and known[0] == mark and not fresh:
                    return known[1]
                found = _listed(place, handle)
            finally:
                os.close(handle)
    except FileNotFoundError:
        return NONE
    if abs(time.time_ns() - mark[1]) > SETTLED:
        if len(LISTED) >= MOST_LISTED:
            LISTED.clear()
        LISTED[place] = (mark, found)
    return found


def publish(folder: Path, members: Mapping[str, Member], before: Iterable[Pack] = ()) -> None:
    """Write these results, if any, as a pack of a later generation than those before it, and bring it to the disk. What it
    replaces is left to `remove`. Raises OSError."""
    place = folder / FOLDER
    if not members:
        return
    generation = 1 + max((x.generation for x in before), default=0)
    content, names = pack_file.packed(members), sorted(members, key=int)
    token = hashlib.sha256(content).hexdigest()[:12]
    path = place / f"{names[0]}-{names[-1]}.{generation}.{token}.zip"
    require_own(place)
    try:
        place.mkdir()
    except FileExistsError:
        pass
    else:
        sync(folder)
    with atomic_write(path) as beside:
        beside.write_bytes(content)
    sync(place)


def remove(packs: Iterable[Pack]) -> None:
    """Remove packs that others have replaced. Raises OSError."""
    for x in packs:
        x.path.unlink(missing_ok=True)


def without(folder: Path, pack: Pack, names: Iterable[str], aside: Path | None = None) -> None:
    """Write a pack anew without some of its results, and remove it, or move it to `aside`; what is damaged of the others
    stays as it is. Raises OSError, FileNotFoundError where it is gone, and Unreadable."""
    gone = set(names)
    left = {name: x for name, x in pack_file.raw_members(pack.path).items() if name not in gone}
    publish(folder, left, [pack])
    if aside is None:
        remove([pack])
    else:
        os.replace(pack.path, aside)


def require_own(place: Path) -> None:
    """Raise OSError where the folder of packs, or that of the product, is a link: what is written there, and what is
    removed, would be somebody else's."""
    for x in (place, place.parent):
        if x.is_symlink():
            raise NotADirectoryError(errno.ENOTDIR, "it is a link, not a folder of the store's own", str(x))


def _listed(place: Path, handle: int) -> Packs:
    with os.scandir(handle) as entries:
        found = [x.name for x in entries if x.is_file(follow_symlinks=False)]
    parsed = ((name, NAME.fullmatch(name)) for name in found)
    packs = [Pack(place / name, int(x[1]), int(x[2]), int(x[3]), x[4]) for name, x in parsed if x]
    return Packs(tuple(sorted(packs, key=lambda x: (-x.generation, x.token))))


def _names(pack: Pack) -> Iterable[str]:
    try:
        found = pack_file.directory(pack.path)
    except (Unreadable, BrokenFile):
        found = None
    if found is not None and found.whole:
        return found.members
    return (f"{x:06d}" for x in range(pack.first, min(pack.last, pack.first + BLOCK - 1) + 1))
