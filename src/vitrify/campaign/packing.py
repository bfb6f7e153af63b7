"""Packing: results that stand in files of their own are put into packs, by a run as it goes and by `vitrify pack`.

At every instant each result stands somewhere as a whole: a pack is brought to the disk under its name before the files that
it holds are removed, and before the packs that it replaces are. A lease keeps two processes from packing one block at the
same time; nothing but double work depends on it."""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vitrify.atomic_write import TEMPORARY, atomic_write, sync
from vitrify.errors import BrokenFile, Unreadable, UsageError

from . import pack_file, packs, result_file
from .leases import Leases
from .pack_file import Member
from .packs import BLOCK, FOLDER, SAMPLE, Pack, packs_in
from .plain_file import names_in, read_plain_file
from .progress import Progress
from .result_file import Result
from .store import SUFFIX, Store
from .task import Task, WorkUnit

WHOLE = 67_108_864  # bytes of a pack, which is made in memory: of large results fewer than a block are put together
LARGEST = 4_194_304  # bytes of a result that is packed: 16 of them, the least that a run puts together, are a whole pack
LEAST = 16  # files of a block for which a run writes a pack anew
IN_COMPANY = BLOCK // 2  # the same while other runs make results of that block too
AT_ONCE = 64  # blocks between two looks whether the run is to end
SHARE = 0.1  # of the time of the process that leads a run, which its workers wait for, goes into packing

Identity = Callable[[Result], str]
Status = tuple[int, int, int]  # inode, time of writing and size of a file


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Block of results of one folder, which one pack holds: those of BLOCK numbers."""

    folder: str
    number: int

    @property
    def key(self) -> str:
        """Key under which a run leases it."""
        return f"{self.folder}/{FOLDER}/{self.number * BLOCK:06d}"


def block_of(key: str) -> Block | None:
    """Block of a result; None where its name is no number."""
    folder, _, name = key.rpartition("/")
    return Block(folder, int(name) // BLOCK) if folder and SAMPLE.fullmatch(name) else None


def blocks_in(store: Store, folder: str, least: int = 1) -> list[Block]:
    """Blocks of a folder of which at least so many results stand in files of their own, or some in more than one pack.
    Raises Unreadable."""
    place = store.directory / folder
    alone = Counter(int(x) // BLOCK for x in names_in(place, SUFFIX) if SAMPLE.fullmatch(x))
    held = Counter(x.first // BLOCK for x in packs_in(place, fresh=True).files)
    due = {x for x, number in alone.items() if number >= least} | {x for x, number in held.items() if number > 1}
    return [Block(folder, x) for x in sorted(due)]


def pack(block: Block, store: Store, run: str, identity: Identity | None = None, least: int = LEAST) -> int:
    """Put the results of a block into a pack, where at least so many stand in files of their own. Returns how many were
    moved.

    Those that are large, not sound or not readable stay where they are. identity: of a result that others are made from.
    Raises UsageError where the store cannot be written, and Unreadable."""
    leases = Leases(store)
    if _leads_out(store, block.folder) or not leases.acquire(block.key, run):
        return 0
    try:
        with store.writing():
            return _pack(store, block, identity, least)
    finally:
        if leases.is_mine(block.key, run):
            leases.release(block.key)


def pack_each(
    blocks: Iterable[Block],
    store: Store,
    run: str,
    identities: Mapping[str, Identity | None],
    least: int,
    mapped: Any = map,
) -> Iterator[int]:
    """Pack many blocks, one after the other or by another map than Python's. identities: by folder."""
    return iter(mapped(partial(_pack_one, store=store, run=run, identities=dict(identities), least=least), blocks))


def unpack(folder: str, store: Store) -> int:
    """Give each result that a folder has in packs a file of its own, byte for byte as it was. Returns how many. Raises
    UsageError where the store cannot be written, and Unreadable."""
    place, written = store.directory / folder, 0
    if _leads_out(store, folder):
        return 0
    found = packs_in(place, fresh=True)
    with store.writing():
        for x in found.files:  # the latest first, whose results count
            for name, member in pack_file.raw_members(x.path).items():
                path = place / (name + SUFFIX)
                if not os.path.lexists(path):
                    with atomic_write(path) as beside:
                        beside.write_bytes(member.content)
                    written += 1
        if found:
            sync(place)
        packs.remove(x for x in found.files if pack_file.directory(x.path).whole)
    return written


def drop(store: Store, folder: str, names: Iterable[str]) -> None:
    """Take results out of the packs of a folder for good. Raises UsageError where the store cannot be written."""
    place, chosen = store.directory / folder, set(names)
    if _leads_out(store, folder):
        return
    with store.writing():
        for x in packs_in(place, fresh=True).files:
            if not chosen.isdisjoint(pack_file.directory(x.path).members):
                packs.without(place, x, chosen)


class Packer:
    """Packing of a run, by the process that leads it: a block once all of it that the run was to make is done, and in the
    end what runs before it, which were killed, left in the folders of the units."""

    def __init__(self, store: Store, units: Iterable[WorkUnit], missing: Iterable[WorkUnit], run: str) -> None:
        self.store, self.run = store, run
        self._began, self._seconds = time.monotonic(), 0.0
        self._left = Counter(block for _, block in _placed(missing))  # tasks that are not done yet
        self._due: deque[Block] = deque()
        self._refused = False  # the disk takes no pack
        self._identities = _identities_of(units)

    def closed(self, unit: WorkUnit, shown: Progress) -> None:
        """Note that a unit is over. What is due by then is packed, as far as that leaves nearly all of the time to the
        work."""
        for _, block in _placed([unit] if self._left else []):
            self._left[block] -= 1
            if not self._left[block]:
                del self._left[block]
                self._due += [] if self._refused else [block]
        while self._due and self._seconds <= SHARE * (time.monotonic() - self._began):
            began = time.monotonic()
            for _ in self._pack([self._due.popleft()], shown):
                self._seconds += time.monotonic() - began

    def rest(self) -> list[Block]:
        """What is due, blocks of which something could not be made, and what was left before."""
        return list(dict.fromkeys([*self._due, *self._left, *left_in(self.store, self._identities)]))

    def finish(
        self, blocks: list[Block], shown: Progress, asked_to_stop: Callable[[], object], mapped: Any = map
    ) -> None:  # fmt: skip
        """Pack these blocks."""
        shown.start(len(blocks), 0, "packing")
        for k in range(0, len(blocks), AT_ONCE):
            if asked_to_stop() or self._refused:
                return
            for _ in self._pack(blocks[k : k + AT_ONCE], shown, mapped):
                shown.step("packing", made=1, failed=0)

    def _pack(self, blocks: list[Block], shown: Progress, mapped: Any = map) -> Iterator[int]:
        """Pack blocks. Results that cannot be packed are no worse where they are: that ends the packing, not the run."""
        try:
            least = IN_COMPANY if len(Leases(self.store).living()) > 1 else LEAST
            yield from pack_each(blocks, self.store, self.run, self._identities, least, mapped)
        except UsageError as error:
            shown.say(f"results are not packed, but left in files of their own: {error}")
            self._refused = True
            self._due.clear()


def left_in(store: Store, folders: Iterable[str]) -> list[Block]:
    """Blocks of these folders of which a run packs what stands in files of its own. What cannot be read is left
    out: whoever needs it tells."""
    found: list[Block] = []
    for folder in folders:
        with suppress(Unreadable):
            found += blocks_in(store, folder, LEAST)
    return found


def folders_of(units: Iterable[WorkUnit]) -> list[str]:
    """Folders of the results of units that can be packed."""
    return list(_identities_of(units))


def _identities_of(units: Iterable[WorkUnit]) -> dict[str, Identity | None]:
    """Identity of the results of each folder that others are made from; None of one from which nothing is."""
    found: dict[str, Identity | None] = {}
    for task, block in _placed(units):
        found[block.folder] = found.get(block.folder) or task.identity
    return found


def _placed(units: Iterable[WorkUnit]) -> Iterator[tuple[Task, Block]]:
    for unit in units:
        for task in unit.tasks:
            block = block_of(task.key)
            if block is not None:
                yield task, block


def _pack_one(block: Block, *, store: Store, run: str, identities: dict[str, Identity | None], least: int) -> int:
    try:
        return pack(block, store, run, identities.get(block.folder), least)
    except Unreadable:  # whoever needs these results will tell
        return 0


def _pack(store: Store, block: Block, identity: Identity | None, least: int) -> int:
    place = store.directory / block.folder
    alone = {name: about for name in _alone(place, block) if (about := _status(place / (name + SUFFIX)))}
    return sum(_pack_part(store, block, part, identity, least) for part in _parts(alone))


def _parts(alone: Mapping[str, Status]) -> Iterator[dict[str, Status]]:
    """Parts of the files in their order, together no larger than a pack; one part at least, as packs may be joined where no
    file is."""
    part: dict[str, Status] = {}
    for name, about in alone.items():
        if part and sum(x[2] for x in part.values()) + about[2] > WHOLE:
            yield part
            part = {}
        part[name] = about
    yield part


def _pack_part(store: Store, block: Block, alone: Mapping[str, Status], identity: Identity | None, least: int) -> int:
    place = store.directory / block.folder
    there = [x for x in packs_in(place, fresh=True).files if x.first // BLOCK == block.number]
    if not alone and len(there) < 2:
        return 0
    held, joined = _joined(there, sum(x[2] for x in alone.values()))
    found = dict(_sound(place, alone, identity))
    new = {name: x for name, x in found.items() if not _stands_in(there, name, x.content)}
    if len(new) >= least or len(joined) > 1:
        if any(_status(place / (name + SUFFIX)) != alone[name] for name in found):
            return 0  # others make them anew: the next run packs them
        store.admit_packs()
        packs.publish(place, {**held, **new}, there)
        packs.remove(joined)
    else:  # those that were packed before, by a run that was killed before it removed their files
        found = {name: x for name, x in found.items() if name not in new}
        if found:
            sync(place / FOLDER)
    for name in found:
        _take_away(place / (name + SUFFIX), alone[name])
    sync(place)
    return len(found)


def _joined(there: list[Pack], more: int) -> tuple[dict[str, Member], list[Pack]]:
    """Results that stand in packs, and the packs that one of all these and of so many bytes more may replace: all or none.
    Where one of them is damaged, another would count then of what they have in common."""
    held: dict[str, Member] = {}
    try:
        size = more + sum(x.path.stat().st_size for x in there)
        if size > WHOLE or not all(pack_file.directory(x.path).whole for x in there):
            return {}, []
        for x in reversed(there):  # the latest last, whose results count
            held |= pack_file.members(x.path)
    except (BrokenFile, Unreadable, FileNotFoundError):
        return {}, []
    return held, there


def _stands_in(there: list[Pack], name: str, content: bytes) -> bool:
    """Say whether the pack that counts holds these very bytes under a name. Damage may have met them there: they are
    compared."""
    with suppress(BrokenFile, Unreadable, FileNotFoundError):
        for x in there:
            found = pack_file.content(x.path, name)
            if found is not None:
                return found == content
    return False


def _alone(place: Path, block: Block) -> list[str]:
    """Names of a block's results that have files of their own, sorted."""
    return sorted(x for x in names_in(place, SUFFIX) if SAMPLE.fullmatch(x) and int(x) // BLOCK == block.number)


def _sound(place: Path, alone: Iterable[str], identity: Identity | None) -> Iterator[tuple[str, Member]]:
    """Read those of them that can be packed: any other stays where it is, so that who meets it tells of it."""
    for name in alone:
        path = place / (name + SUFFIX)
        with suppress(BrokenFile, Unreadable, FileNotFoundError):
            content = read_plain_file(path, at_most=LARGEST, follow=False)
            digest, result = result_file.verified(content, result_file.named(path))
            yield name, pack_file.member(name, content, digest, result, identity(result) if identity else "")


def _status(path: Path) -> Status | None:
    """Marks by which a file is known to be the same as before; None where it is gone, no plain file, or too large for a
    pack."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None
    plain = stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST
    return (about.st_ino, about.st_mtime_ns, about.st_size) if plain else None


def _take_away(path: Path, packed: Status) -> None:
    """Remove a file that was packed, and no other: one that somebody made anew in its place meanwhile is put back."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        path.rename(aside)
    except FileNotFoundError:  # set aside as broken
        return
    if _status(aside) != packed:
        try:
            os.link(aside, path)
        except FileExistsError:  # and made anew once more
            pass
        except OSError:  # a disk without links
            if not os.path.lexists(path):
                aside.rename(path)
                return
    aside.unlink(missing_ok=True)


def _leads_out(store: Store, folder: str) -> bool:
    """Say whether a folder in the store, or what it stands in, is a link: what it leads to is read, but neither written nor
    removed."""
    place = store.directory / folder / FOLDER
    return place.is_symlink() or store.link_above(place) is not None
