"""The packing of a whole store, whichever study and version of the code filled it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from vitrify.campaign import Leases, Store
from vitrify.campaign.packing import Block, Identity, blocks_in, pack_each, unpack
from vitrify.campaign.packs import packs_in
from vitrify.campaign.plain_file import names_in
from vitrify.campaign.runner import MANY_BLOCKS, processes_of_this_one
from vitrify.campaign.store import SUFFIX
from vitrify.cores import usable_cores

from .orphans import refuse_while_at_work, result_folders
from .products import GLASS

LEAST = 2  # files that become one

Track = Callable[[Iterable[int], int], Iterable[int]]  # yields what it is given, so many times, may show how far it is


@dataclass(frozen=True, slots=True)
class Packed:
    """Numbers of the results that were moved, and of the files with results that a store then has."""

    done: str  # "packed" or "unpacked"
    moved: int
    packs: int
    alone: int  # files of one result

    def sentence(self) -> str:
        """A sentence for a person."""
        now = f"{self.packs:,} packs and {self.alone:,} files of one result"
        return f"{self.moved:,} results {self.done}; the store has {now} now"


def pack_store(store: Store, *, track: Track | None = None) -> Packed:
    """Pack all results of a store that have files of their own, on all cores where there are many. Large results, single
    ones and damaged ones stay as they are. Raises UsageError while a run is alive on the store, and Unreadable."""
    refuse_while_at_work(store, "packed")
    folders = list(result_folders(store))
    blocks = [x for folder in folders for x in blocks_in(store, folder)]
    shown = track or (lambda moved, _: moved)
    with Leases(store).announced("packing", 1) as me:
        moved = sum(shown(_packed(store, blocks, me.name, folders), len(blocks)))
    return _counted(store, folders, "packed", moved)


def unpack_store(store: Store, *, track: Callable[[Sequence[str]], Iterable[str]] = iter) -> Packed:
    """Give every result of a store a file of its own again. Raises as `pack_store`."""
    refuse_while_at_work(store, "unpacked")
    folders = list(result_folders(store))
    with Leases(store).announced("unpacking", 1):
        moved = sum(unpack(x, store) for x in track(folders))
    return _counted(store, folders, "unpacked", moved)


def _packed(store: Store, blocks: list[Block], run: str, folders: list[str]) -> Iterable[int]:
    identities = {x: _identity() for x in folders if x.rpartition("/")[2].startswith(f"{GLASS}-")}
    cores = usable_cores() if len(blocks) >= MANY_BLOCKS else 1
    if cores == 1:
        yield from pack_each(blocks, store, run, identities, LEAST)
        return
    with processes_of_this_one(cores) as pool:
        yield from pack_each(blocks, store, run, identities, LEAST, pool.map)


def _identity() -> Identity:
    from .work import glass_checksum

    return glass_checksum


def _counted(store: Store, folders: list[str], done: str, moved: int) -> Packed:
    places = [store.directory / x for x in folders]
    packs = sum(len(packs_in(x, fresh=True).files) for x in places)
    return Packed(done, moved, packs, sum(len(names_in(x, SUFFIX)) for x in places))
