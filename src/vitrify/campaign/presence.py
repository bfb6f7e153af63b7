"""Who works on a store: runs that are alive, and the batches that their workers have in hand. Files alone tell it, so that
several runs on one folder share the work and anyone who sees the folder can watch.

A run writes `runs/<run>.json` and touches it while it lives. A worker claims a batch by `claims/<key>.json`, made
by a link. A claim of a dead run is taken over. A claim spares double work; it guards nothing: results are published whole
and are the same whoever makes them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from vitrify.whole_file import TEMPORARY

from .exclusively import create_exclusively
from .store import Store

BEAT = 5.0  # seconds between touches
TRIES = 3  # to take a claim that others take and give back at the same time
SILENCE = 120.0  # seconds after which a run on another host counts as dead: a kernel may hold the interpreter for some


@dataclass(frozen=True, slots=True)
class Run:
    """A run on a store. host, pid, born: of the process that leads it."""

    name: str
    host: str
    pid: int
    born: int  # clock ticks after the boot, so that a number given anew is not taken for the process
    boot: str
    began: float  # seconds since 1970
    how: str  # for a person: "2 workers", "shard 1/4", ...
    workers: int

    def sentence(self) -> str:
        """For a person."""
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.began))
        return f"process {self.pid} on {self.host} since {since} ({self.how})"


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch in the hands of a worker."""

    batch: str  # key of its first task
    run: str
    host: str
    pid: int
    key: str  # the task that it is at
    since: float  # start of that task, seconds since 1970


class Presence:
    """The files that tell of runs and claims in one store."""

    def __init__(self, store: Store) -> None:
        self.runs = store.directory / "runs"
        self.claims = store.directory / "claims"
        self.store = store

    @contextlib.contextmanager
    def announced(self, how: str, workers: int) -> Iterator[Run]:
        """Tell of a run while the block lasts; then its files go, claims included."""
        me = Run(f"{time.time_ns():x}-{secrets.token_hex(3)}", *_myself(), time.time(), how, workers)
        self._sweep()
        self.store.write_text(f"runs/{me.name}.json", json.dumps(asdict(me)))
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(me.name, over), daemon=True)
        beating.start()
        try:
            yield me
        finally:
            over.set()
            beating.join()
            self._remove(me.name)

    def living(self) -> list[Run]:
        """Runs that are alive, the oldest first."""
        return [run for run in self._all_runs() if self.is_alive(run)]

    def is_alive(self, run: Run) -> bool:
        """On this host its process tells; elsewhere the last touch of its file, by the clock of the file system."""
        if (run.host, run.boot) == _host():
            return _born(run.pid) == run.born
        touched = _touched(self._file(run.name))
        return touched is not None and self._now() - touched < SILENCE

    def ask_to_stop(self, run: str) -> None:
        """Tell the workers of a run to end after the task in hand."""
        with contextlib.suppress(OSError):
            self._stop(run).touch()

    def is_asked_to_stop(self, run: str) -> bool:
        """Has the run been told to end?"""
        return self._stop(run).exists()

    def claim(self, batch: str, run: str) -> bool:
        """Take a batch. False where a living run has it; a claim of a dead run, or of the same run, is taken over."""
        path = self._claim(batch)
        with self.store.writing():
            for _ in range(TRIES):
                if _create(path, self._text(batch, run, batch)):
                    return True
                holder = self.holder(batch)
                if holder is not None and holder.run != run and self._is_living(holder.run):
                    return False
                path.unlink(missing_ok=True)
        return False

    def holder(self, batch: str) -> Claim | None:
        """Who has a batch, if anyone; one that cannot be read belongs to nobody."""
        return _claim_in(self._claim(batch))

    def is_mine(self, batch: str, run: str) -> bool:
        """Does the claim still belong to this process? Another may have taken it over."""
        holder = self.holder(batch)
        return holder is not None and (holder.run, holder.host, holder.pid) == (run, *_here())

    def at(self, batch: str, run: str, key: str) -> None:
        """Note which task of a claimed batch is in hand."""
        path = self._claim(batch)
        with self.store.writing():
            os.replace(_beside(path, self._text(batch, run, key)), path)

    def release(self, batch: str) -> None:
        """Give a batch back."""
        _unlink(self._claim(batch))

    def in_hand(self) -> list[Claim]:
        """Claims of living runs, the oldest first."""
        alive = {run.name for run in self.living()}
        found = (_claim_in(path) for path in self.claims.glob("*.json"))
        return sorted((x for x in found if x is not None and x.run in alive), key=lambda x: x.since)

    def _all_runs(self) -> list[Run]:
        found = (_run_in(path) for path in sorted(self.runs.glob("*.json")))
        return [run for run in found if run is not None]

    def _is_living(self, name: str) -> bool:
        run = _run_in(self._file(name))
        return run is not None and self.is_alive(run)

    def _beat(self, name: str, over: threading.Event) -> None:
        while not over.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(self._file(name))

    def _sweep(self) -> None:
        """Remove what dead runs left."""
        for run in self._all_runs():
            if not self.is_alive(run):
                self._remove(run.name)

    def _remove(self, name: str) -> None:
        for path in self.claims.glob("*.json"):
            holder = _claim_in(path)
            if holder is not None and holder.run == name:
                _unlink(path)
        _unlink(self._stop(name))
        _unlink(self._file(name))

    def _now(self) -> float:
        """The time by the clock that stamps the files; this host's where nothing can be written."""
        probe = self.runs / f".clock.{os.getpid()}{TEMPORARY}"
        try:
            probe.write_text("")
            touched = probe.stat().st_mtime
            probe.unlink(missing_ok=True)
        except OSError:
            return time.time()
        return touched

    def _file(self, run: str) -> Path:
        return self.runs / f"{run}.json"

    def _stop(self, run: str) -> Path:
        return self.runs / f"{run}.stop"

    def _claim(self, batch: str) -> Path:
        return self.claims / f"{batch.replace('/', '__')}.json"

    def _text(self, batch: str, run: str, key: str) -> str:
        return json.dumps(asdict(Claim(batch, run, *_here(), key, time.time())))


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
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    beside.write_text(text)
    return beside


def _myself() -> tuple[str, int, int, str]:
    host, boot = _host()
    return host, os.getpid(), _born(os.getpid()) or 0, boot


def _here() -> tuple[str, int]:
    """Host and process; asked several times a task."""
    return os.uname().nodename, os.getpid()


@cache
def _host() -> tuple[str, str]:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return os.uname().nodename, boot


def _born(pid: int) -> int | None:
    """When a process started, in clock ticks after the boot; None where there is none, or where it is dead and unburied."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else int(words[19])


def _run_in(path: Path) -> Run | None:
    try:
        return Run(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _claim_in(path: Path) -> Claim | None:
    try:
        return Claim(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _unlink(path: Path) -> None:
    """A disk that is read-only by now keeps what a dead run would have left too."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _touched(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
