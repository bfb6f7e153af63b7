"""Leases on the work of a store: runs that are alive, and the units that their workers have in hand. Files alone tell them,
so that several runs on one folder share the work and anyone who sees the folder can watch.

A run writes `runs/<run>.json`, locks it and touches it while it lives. A worker takes a lease on a unit by
`claims/<key>.json`, made by a link. A lease of a dead run is taken over. A lease spares double work; it guards nothing:
results are published whole and are the same whoever makes them. What strangers left in these folders is nobody's: it is
neither followed nor obeyed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from vitrify.atomic_write import TEMPORARY, create_exclusively, write_new
from vitrify.errors import Unreadable, UsageError, plain

from . import alive
from .plain_file import names_in
from .record_file import read_record
from .store import Store

BEAT = 5.0  # seconds between touches
TRIES = 3  # to take a lease that others take and give back at the same time
SILENCE = 120.0  # seconds after which a run that nothing else tells of is dead: a kernel may hold the interpreter for some
FORGET = 86400.0  # seconds after which such a run is not expected to wake up again, and its files are removed
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
NOTE = ".json"


@dataclass(frozen=True, slots=True)
class Run:
    """Run on a store. host, pid, born: of the process that leads it."""

    name: str
    host: str
    pid: int
    born: int  # clock ticks after the boot, so that a number given anew is not taken for the process
    boot: str  # of the host, and the namespace of its process numbers
    began: float  # seconds since 1970
    how: str  # for a person: "2 workers", "shard 1/4", ...
    workers: int

    def sentence(self) -> str:
        """Words for a person."""
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.began))
        return plain(f"process {self.pid} on {self.host} since {since} ({self.how})")


@dataclass(frozen=True, slots=True)
class Lease:
    """Lease on a work unit, which one worker has in hand."""

    batch: str  # key of the unit, under the name that files of stores have
    run: str
    host: str
    pid: int
    key: str  # the task that it is at
    since: float  # start of that task, seconds since 1970


class Leases:
    """Runs and leases of one store, as its files tell them. Where one of them is there and cannot be read, a UsageError
    says so: it may be that of a living run."""

    def __init__(self, store: Store) -> None:
        self.runs = store.directory / "runs"
        self.folder = store.directory / "claims"
        self.store = store

    @contextlib.contextmanager
    def announced(self, how: str, workers: int) -> Iterator[Run]:
        """Announce a run while the block lasts; then its files go, leases included."""
        me = Run(f"{time.time_ns():x}-{secrets.token_hex(3)}", *_myself(), time.time(), how, workers)
        with self.store.writing():
            sign = _SignOfLife(self._file(me.name), json.dumps(asdict(me)))
        try:
            self._sweep(me.name)
            with sign.beating():
                yield me
        finally:
            self._remove(me.name, me.name)
            sign.close()

    def living(self) -> list[Run]:
        """Runs that are alive, the oldest first."""
        return [run for run in self._all_runs() if self.is_alive(run)]

    def is_alive(self, run: Run) -> bool:
        """Say whether a run is alive. Its process tells where this one can see it; else the lock on its file, where it is
        on this machine, or the last touch of the file by the clock of the file system."""
        there = _is_there(run)
        if there is not None:
            return there
        locked = alive.same_boot(run.boot) and alive.is_locked(self._file(run.name))
        return locked or -FORGET < self._silent_for(run) < SILENCE

    def ask_to_stop(self, run: str) -> None:
        """Tell the workers of a run to end after the task in hand."""
        with contextlib.suppress(OSError):
            self._stop(run).touch()

    def is_asked_to_stop(self, run: str) -> bool:
        """Say whether the run has been told to end."""
        return self._stop(run).exists()

    def acquire(self, unit: str, run: str) -> bool:
        """Take a lease on a unit. False where a living run has it; a lease of a dead run, or of the same run, is taken
        over."""
        with self.store.writing():
            return self._take(self._path(unit), unit, run)

    def holder(self, unit: str) -> Lease | None:
        """Lease on a unit, if anyone has one; a damaged one belongs to nobody."""
        return self._lease_in(self._path(unit))

    def is_mine(self, unit: str, run: str) -> bool:
        """Say whether the lease still belongs to this process: another may have taken it over."""
        holder = self.holder(unit)
        return holder is not None and (holder.run, holder.host, holder.pid) == (run, *_here())

    def renew(self, unit: str, run: str) -> bool:
        """Keep the lease, or make it again where it is nobody's now; False where another has it. Others may have removed it
        while the run slept."""
        if self.is_mine(unit, run):
            return True
        with self.store.writing():
            return _create(self._path(unit), self._text(unit, run, unit))

    def note_task(self, unit: str, run: str, key: str) -> None:
        """Note which task of a leased unit is in hand."""
        path = self._path(unit)
        with self.store.writing():
            os.replace(_beside(path, self._text(unit, run, key)), path)

    def release(self, unit: str) -> None:
        """Give the lease on a unit back."""
        _unlink(self._path(unit))

    def in_hand(self) -> list[Lease]:
        """Leases of living runs, the oldest first."""
        names = {run.name for run in self.living()}
        return sorted((x for _, x in self._all_leases() if x.run in names), key=lambda x: x.since)

    def _take(self, path: Path, unit: str, run: str) -> bool:
        """Make a lease's file, or replace one that belongs to nobody who is alive."""
        for _ in range(TRIES):
            if _create(path, self._text(unit, run, unit)):
                return True
            stale = self._lease_in(path)
            if stale is not None and stale.run != run and self._is_living(stale.run):
                return False
            if os.path.lexists(path):  # else it was given back meanwhile
                with self._alone(path, stale, unit, run) as alone:
                    if alone:
                        _set_aside_folder(path)
                        os.replace(_beside(path, self._text(unit, run, unit)), path)
                    return alone
        return False

    @contextlib.contextmanager
    def _alone(self, path: Path, stale: Lease | None, unit: str, run: str) -> Iterator[bool]:
        """Say whether this is the one process that may replace or remove a stale lease. Of several that find it stale at
        once that one may which makes a lease on doing so; the next will find another lease in its place."""
        which = hashlib.sha256(f"{path.name} {stale}".encode(errors="replace")).hexdigest()
        right = path.with_name(f".{which[:24]}{TEMPORARY}")
        taken = self._take(right, unit, run)
        try:
            yield taken and os.path.lexists(path) and self._lease_in(path) == stale
        finally:
            if taken:
                _unlink(right)

    def _all_runs(self) -> list[Run]:
        found = (self._run(name) for name in self._names(self.runs))
        return [run for run in found if run is not None]

    def _all_leases(self) -> Iterator[tuple[Path, Lease]]:
        for name in self._names(self.folder):
            path = self.folder / f"{name}{NOTE}"
            lease = self._lease_in(path)
            if lease is not None:
                yield path, lease

    def _is_living(self, name: str) -> bool:
        run = self._run(name)
        return run is not None and self.is_alive(run)

    def _run(self, name: str) -> Run | None:
        """Record that a run wrote of itself; its name is that of the file, whatever stands in it."""
        if not NAME.fullmatch(name):
            return None
        try:
            return read_record(self._file(name), Run, name=name)
        except Unreadable as error:
            self._unreadable(error)
            return None

    def _lease_in(self, path: Path) -> Lease | None:
        try:
            return read_record(path, Lease)
        except Unreadable as error:
            self._unreadable(error)
            return None

    def _names(self, folder: Path) -> list[str]:
        try:
            return sorted(names_in(folder, NOTE, follow=False))
        except Unreadable as error:
            self._unreadable(error)
            return []

    def _unreadable(self, error: Unreadable) -> None:
        """Raise UsageError: what is there and cannot be read may be that of a living run: that ends the work, not one
        sample's."""
        raise UsageError(str(error)) from None

    def _silent_for(self, run: Run) -> float:
        """Seconds since the last touch; less than none where clocks differ, or somebody invented the time."""
        touched = _touched(self._file(run.name))
        return float("inf") if touched is None else self._now() - touched

    def _sweep(self, me: str) -> None:
        """Remove what dead runs left. One that is only silent may be asleep, and wake up to find its leases."""
        for run in self._all_runs():
            if _is_there(run) is False or (not self.is_alive(run) and abs(self._silent_for(run)) > FORGET):
                self._remove(run.name, me)

    def _remove(self, name: str, me: str) -> None:
        """Remove the files of a run, as far as the disk lets us: one that is read-only by now keeps them."""
        with contextlib.suppress(OSError, UsageError):
            for path, lease in self._all_leases():
                if lease.run == name:
                    self._discard(path, lease, me)
        _unlink(self._stop(name))
        _unlink(self._file(name))

    def _discard(self, path: Path, lease: Lease, me: str) -> None:
        if lease.run == me:  # which nobody takes over while this run lives, and a full disk has no room for another lease
            _unlink(path)
            return
        with self._alone(path, lease, lease.batch, me) as alone:
            if alone:
                _unlink(path)

    def _now(self) -> float:
        """Time by the clock that stamps the files; this host's where nothing can be written."""
        try:
            probe = _beside(self.runs / ".clock", "")
            touched = probe.stat().st_mtime
            probe.unlink(missing_ok=True)
        except (OSError, UsageError):
            return time.time()
        return touched

    def _file(self, run: str) -> Path:
        return self.runs / f"{run}{NOTE}"

    def _stop(self, run: str) -> Path:
        return self.runs / f"{run}.stop"

    def _path(self, unit: str) -> Path:
        return self.folder / f"{unit.replace('/', '__')}{NOTE}"

    def _text(self, unit: str, run: str, key: str) -> str:
        return json.dumps(asdict(Lease(unit, run, *_here(), key, time.time())))


class ReadOnlyLeases(Leases):
    """Leases that are only looked at: nothing is written. A run elsewhere is judged by this machine's clock, which may
    differ from the file system's by less than the silence of a dead run."""

    def _now(self) -> float:
        return time.time()

    def _unreadable(self, error: Unreadable) -> None:
        """Leave out what this user may not read."""


class _SignOfLife:
    """File of a run: locked while its process lives, touched now and then, and written again where it is gone. Raises
    OSError where it cannot be written at first."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self._handle = self._written()

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Touch it while the block lasts."""
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(over,), daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._handle)

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(BEAT):
            with contextlib.suppress(OSError, UsageError):
                self._touch()

    def _touch(self) -> None:
        """Touch the file, or write it again: a run that was taken for dead finds it gone."""
        try:
            stands = os.path.samestat(os.lstat(self.path), os.fstat(self._handle))
        except FileNotFoundError:
            stands = False
        if stands:
            os.utime(self._handle)
            return
        handle = self._written()
        os.close(self._handle)
        self._handle = handle

    def _written(self) -> int:
        """Write the file, which is locked before it has its name, so that no one finds it without."""
        beside = _beside(self.path, self.text)
        handle = alive.lock(beside)
        os.replace(beside, self.path)
        return handle


def _create(path: Path, text: str) -> bool:
    """Make a file with all of its text, unless there is one: a link is atomic, on a network's file system too. On a disk
    that knows no links whoever creates it first has it."""
    beside = _beside(path, text)
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError:  # of which disks have many; what is wrong with the disk itself, the creation meets too
        return create_exclusively(path, text)
    finally:
        beside.unlink(missing_ok=True)
    return True


def _beside(path: Path, text: str) -> Path:
    """Write a new file next to the place that it is for. Raises UsageError where their folder is not one of the store's
    own."""
    folder = path.parent
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    if folder.is_symlink() or not folder.is_dir():
        raise UsageError(f"{folder} is not a plain folder, as a store has it: move it away and run again")
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY}")
    write_new(beside, text)
    return beside


def _set_aside_folder(path: Path) -> None:
    """Rename a folder in the place of a file, which cannot be replaced: it stays under a hidden name, with what is in
    it."""
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name(f".{path.name}.{secrets.token_hex(4)}"))


def _myself() -> tuple[str, int, int, str]:
    host, pid = _here()
    return host, pid, alive.born(pid) or 0, alive.process_space()


def _here() -> tuple[str, int]:
    """Host and process, which are asked for several times per task."""
    return os.uname().nodename, os.getpid()


def _is_there(run: Run) -> bool | None:
    """Say whether its process lives; None where this process cannot tell."""
    if not run.boot or run.boot != alive.process_space():
        return None
    found = alive.is_there(run.pid, run.born)
    # two copies of a virtual machine may have one boot: that nothing is found here proves nothing of another host's
    return None if found is False and run.host != os.uname().nodename else found


def _unlink(path: Path) -> None:
    """Remove a file; a disk that is read-only by now keeps what a dead run would have left too."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _touched(path: Path) -> float | None:
    try:
        return path.lstat().st_mtime
    except OSError:
        return None
