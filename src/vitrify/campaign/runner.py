"""Running a campaign: see what is missing, make it, publish it."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context

from vitrify.errors import Unreadable

from .engines import Engine, Here, Local
from .inventory import Inventory
from .limits import Limits
from .presence import Presence
from .progress import Progress
from .stopping import heeding
from .store import Store
from .task import Batch
from .working import Order

MANY = 3000  # batches to check, from which on more processes pay: a result takes a millisecond to verify
CHUNK = 100
PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal that a process gets when its parent dies


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, in samples."""

    made: int
    failed: int
    present: int  # when it began
    elsewhere: int  # made by another run on the same store meanwhile
    seconds: float
    stopped_by: int = 0  # number of the signal, where one ended it before the work was done
    unread: int = 0  # left as they are, since something of them could not be read
    why_unread: str = ""  # of the first such batch; empty where all was read
    failed_before: int = 0  # of those present: failed in an earlier run

    def sentence(self) -> str:
        """For a person."""
        minutes, seconds = divmod(round(self.seconds), 60)
        spent = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        finished = self.present - self.failed_before
        there = f", {finished} were there already" if finished else ""
        there += f", {self.failed_before} failed before (--retry-failed tries again)" if self.failed_before else ""
        others = f", {self.elsewhere} were made by others meanwhile" if self.elsewhere else ""
        failed = f", {self.failed} failed (set aside with their reasons)" if self.failed else ""
        stopped = "; stopped before the end: run the same command again to go on" if self.stopped_by else ""
        unread = f", {self.unread} left as they are, since they could not be read" if self.why_unread else ""
        return f"{self.made} samples made{failed}{unread}{there}{others}, in {spent}{stopped}"

    def require_all_read(self) -> None:
        """Raises Unreadable where something was left alone, since the disk or the rights to it did not let it be read."""
        if self.why_unread:
            raise Unreadable(
                f"{self.why_unread}; it was left as it is, with the work that needs it ({self.unread} samples in all): "
                "mend the cause and run the same command again"
            )


@dataclass(slots=True)
class Unread:
    """What could not be read, so that it is neither done nor made again."""

    samples: int = 0
    why: str = ""

    def add(self, samples: int, why: str) -> None:
        """One batch more."""
        self.samples += samples
        self.why = self.why or why


def run(
    batches: Iterable[Batch],
    store: Store,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    retry_failed: bool = False,
) -> Outcome:
    """Make what the batches ask for and the store lacks; safe to stop and to repeat, and to run more than once at a time.

    workers: processes, one a core unless given; 1 works in this process. engine: another way to get the work done.
    Ctrl-C, SIGTERM or SIGHUP once: what is in hand is finished; twice: KeyboardInterrupt. A result that cannot be read is
    neither broken nor missing: it is left as it is, the rest goes on, and the outcome tells. Raises UsageError where the
    store can no longer be written or the engine goes away."""
    started, shown, unread = time.monotonic(), progress or Progress(visible=False), Unread()
    everything = list(batches)
    try:
        missing, failed_before = _missing(everything, store, shown, unread, retry_failed)
        present = sum(x.counts for x in everything) - sum(x.counts for x in missing) - unread.samples
        shown.start(sum(x.counts for x in everything), present)
        tally, stopped_by = _do(missing, store, engine or _engine(missing, workers), limits or Limits(), shown, unread)
    finally:
        shown.stop()
    spent = time.monotonic() - started
    return Outcome(
        tally["made"],
        tally["failed"],
        present,
        tally["present"],
        spent,
        stopped_by,
        unread.samples,
        unread.why,
        failed_before,
    )


def _do(
    missing: list[Batch], store: Store, engine: Engine, limits: Limits, shown: Progress, unread: Unread
) -> tuple[Counter[str], int]:
    """Samples by what became of them, and the signal that ended the work before its end, or 0."""
    tally: Counter[str] = Counter()
    over = 0
    if not missing:
        return tally, 0
    presence = Presence(store)
    with presence.announced(engine.how, engine.workers) as me, heeding(lambda: presence.ask_to_stop(me.name)) as stop:
        order = Order(str(store.directory.absolute()), me.name, limits)
        company = len(presence.living()) > 1
        for done in engine.results(missing, order, stop):
            tally[done.state] += done.counts
            over += done.state != "stopped"
            company = company or (done.state == "present" and len(presence.living()) > 1)
            if done.state == "unread":  # told once, at the end: a disk that fails would fill the screen
                unread.add(done.counts, done.note)
                continue
            shown.say(done.note)
            shown.step(
                done.name, made=done.counts if done.state != "failed" else 0, failed=done.counts * (done.state == "failed")
            )
    if not company:  # then it was made by this run: together with others, or by a worker that died before it could say so
        tally["made"] += tally.pop("present", 0)
    return tally, stop.by if over < len(missing) else 0


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def processes_of_this_one(number: int) -> ProcessPoolExecutor:
    """A pool that does not outlive a kill -9 of this process, as it else would."""
    return ProcessPoolExecutor(number, get_context("spawn"), _end_with_parent, (os.getpid(),))


def _end_with_parent(parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could be asked
        os._exit(1)


def _missing(
    batches: list[Batch], store: Store, shown: Progress, unread: Unread, retry_failed: bool
) -> tuple[list[Batch], int]:
    """Batches that are not finished, and how many samples of the others have failed before: what stands in the store is
    read and verified, on all cores where it is much."""
    may_be, failed = _may_be_finished(store), 0
    doubtful = {n: batch for n, batch in enumerate(batches) if may_be(batch)}
    shown.start(sum(x.counts for x in doubtful.values()), 0, "checking the store")
    check = partial(_look, store=store, retry_failed=retry_failed)
    not_to_do = set()
    with ExitStack() as stack:
        cores = usable_cores() if len(doubtful) >= MANY else 1
        if cores > 1:
            pool = stack.enter_context(processes_of_this_one(cores))
            looks: Iterable[Look] = pool.map(check, doubtful.values(), chunksize=CHUNK)
        else:
            looks = map(check, doubtful.values())
        for (n, batch), look in zip(doubtful.items(), looks, strict=True):
            if look.unread:
                unread.add(batch.counts, look.unread)
            if look.unread or look.finished:
                not_to_do.add(n)
            failed += batch.counts if look.failed else 0
            shown.step("checking the store", made=batch.counts, failed=0)
    return [batch for n, batch in enumerate(batches) if n not in not_to_do], failed


def _may_be_finished(store: Store) -> Callable[[Batch], bool]:
    """Whether a batch has a file for each task or a note of a failure, by the names in each folder: one look a folder, not
    two a task. What lacks a file and has no note is missing, whatever its other files hold: who does it reads them."""

    @cache
    def names(folder: str) -> frozenset[str]:
        return frozenset(store.names(folder))

    @cache
    def noted(folder: str) -> frozenset[str]:
        return frozenset(store.noted(folder))

    def look(batch: Batch) -> bool:
        places = [task.key.rpartition("/") for task in batch.tasks]
        return all(not folder or name in names(folder) for folder, _, name in places) or any(
            not folder or name in noted(folder) for folder, _, name in places
        )

    return look


@dataclass(frozen=True, slots=True)
class Look:
    """At one batch in the store."""

    finished: bool = False
    failed: bool = False  # finished by a note of a failure
    unread: str = ""  # why it could not be read


def _look(batch: Batch, store: Store, retry_failed: bool) -> Look:
    try:
        return _verified(batch, Inventory(store), retry_failed)
    except Unreadable as error:
        return Look(unread=str(error))


def _verified(batch: Batch, inventory: Inventory, retry_failed: bool) -> Look:
    """Finished where every task has a sound result, or is known to fail and not to be tried again."""
    finished, failed = True, False
    for task in batch.tasks:
        failure = inventory.failure(task)
        if failure and (retry_failed or failure.again):
            inventory.store.clear_failure(task.key)
            failure = None
        failed = failed or bool(failure)
        if not failure and not inventory.holds(task):
            finished = False
    return Look(finished, finished and failed)


def _engine(missing: list[Batch], workers: int | None) -> Engine:
    number = min(workers or usable_cores(), max(len(missing), 1))
    return Local(number) if number > 1 else Here()
