"""Run of a campaign: see what is missing, make it, publish it."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from threading import Thread

from vitrify.cores import usable_cores
from vitrify.errors import Unreadable, UsageError
from vitrify.plugin_files import plugins_to_send

from .engines import Engine, Here, Local
from .leases import Leases
from .packing import Packer, folders_of, left_in
from .progress import Progress
from .soundness import SoundResults
from .stopping import Stop, heeding
from .store import Store
from .task import WorkUnit
from .watchdog import Limits
from .worker import Order

MANY = 3000  # units to check, from which on more processes pay: a result takes a millisecond to verify
CHUNK = 100
MANY_BLOCKS = 32  # the same of blocks to pack, of half a second each
PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal that a process gets when its parent dies
HASH = re.compile(r"-[0-9a-f]{8,}(?=/|$)")  # of a digest in the name of a folder
LOOK = 0.5  # seconds between two looks at a parent, where the system does not tell of its death


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a run, in samples."""

    made: int
    failed: int
    present: int  # when it began
    elsewhere: int  # made by another run on the same store meanwhile
    seconds: float
    stopped_by: int = 0  # number of the signal, where one ended it before the work was done
    unread: int = 0  # left as they are, since something of them could not be read
    why_unread: str = ""  # of the first such unit; empty where all was read
    failed_before: int = 0  # of those present: failed in an earlier run

    def sentence(self) -> str:
        """Words for a person."""
        minutes, seconds = divmod(round(self.seconds), 60)
        time_taken = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        finished = self.present - self.failed_before
        there = f", {finished} existed already" if finished else ""
        there += f", {self.failed_before} failed before (--retry-failed tries again)" if self.failed_before else ""
        others = f", {self.elsewhere} were made by other runs at the same time" if self.elsewhere else ""
        failed = f", {self.failed} failed (recorded with their reasons)" if self.failed else ""
        stopped = "; stopped before the end: run the same command again to continue" if self.stopped_by else ""
        unread = f", {self.unread} left as they are, because they could not be read" if self.why_unread else ""
        samples = "sample" if self.made == 1 else "samples"
        return f"{self.made} {samples} made{failed}{unread}{there}{others}, in {time_taken}{stopped}"

    def require_all_read(self) -> None:
        """Raise Unreadable where something was left alone, since the disk or the rights to it did not let it be read."""
        if self.why_unread:
            raise Unreadable(
                f"{self.why_unread}; it was left as it is, with the work that needs it ({self.unread} samples in all): "
                "mend the cause and run the same command again"
            )


@dataclass(slots=True)
class Unread:
    """Samples of what could not be read, so that it is neither done nor made again."""

    samples: int = 0
    why: str = ""

    def add(self, samples: int, why: str) -> None:
        """Count one unit more."""
        self.samples += samples
        self.why = self.why or why


def run(
    units: Iterable[WorkUnit],
    store: Store,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    retry_failed: bool = False,
    packed: bool = True,
) -> Outcome:
    """Make what the units ask for and the store lacks; safe to stop and to repeat, and to run more than once at a time.

    workers: number of processes (default: one per core); 1 works in this process. engine: another way to get the work done.
    packed: results are put together as the run goes, some hundred to a file. Ctrl-C, SIGTERM or SIGHUP once: what is in
    hand is finished; twice: KeyboardInterrupt. A result that cannot be read is neither broken nor missing: it is left as it
    is, the rest goes on, and the outcome tells. Raises UsageError where the store can no longer be written or the engine
    goes away."""
    started, shown, unread = time.monotonic(), progress or Progress(visible=False), Unread()
    everything = list(units)
    try:
        missing, failed_before = _missing(everything, store, shown, unread, retry_failed)
        present = sum(x.counts for x in everything) - sum(x.counts for x in missing) - unread.samples
        shown.start(sum(x.counts for x in everything), present)
        kept = everything if packed else []
        tally, stopped_by = _do(
            missing, store, engine or _engine(missing, workers), limits or Limits(), shown, unread, kept
        )
        if not missing:
            _pack_what_was_left(kept, store, shown)
    finally:
        shown.stop()
    return Outcome(
        tally["made"],
        tally["failed"],
        present,
        tally["present"],
        time.monotonic() - started,
        stopped_by,
        unread.samples,
        unread.why,
        failed_before,
    )


def _do(
    missing: list[WorkUnit], store: Store, engine: Engine, limits: Limits, shown: Progress, unread: Unread,
    packed: list[WorkUnit],
) -> tuple[Counter[str], int]:  # fmt: skip
    """Samples by what became of them, and the signal that ended the work before its end, or 0. packed: units whose results
    are packed."""
    tally: Counter[str] = Counter()
    over = 0
    if not missing:
        return tally, 0
    leases = Leases(store)
    with leases.announced(engine.how, engine.workers) as me, heeding(lambda: leases.ask_to_stop(me.name)) as stop:
        order = Order(str(store.directory.absolute()), me.name, limits, plugins_to_send())
        company = len(leases.living()) > 1
        shown.look_at(lambda: _in_hand(leases))
        packer = Packer(store, packed, missing if packed else [], me.name)
        for done in engine.results(missing, order, stop):
            tally[done.state] += done.counts
            over += done.state != "stopped"
            if done.state != "stopped" and done.number >= 0:
                packer.closed(missing[done.number], shown)
            company = company or (done.state == "present" and len(leases.living()) > 1)
            if done.state == "unread":  # told once, at the end: a disk that fails would fill the screen
                unread.add(done.counts, done.note)
                continue
            shown.say(done.note)
            shown.step(
                done.name, made=done.counts if done.state != "failed" else 0, failed=done.counts * (done.state == "failed")
            )
        if not stop:
            _finish(packer, shown, stop)
    if not company:  # then it was made by this run: together with others, or by a worker that died before it could say so
        tally["made"] += tally.pop("present", 0)
    return tally, stop.by if over < len(missing) else 0


def _in_hand(leases: Leases) -> str:
    """The task that has been in hand for longest, and how many others are, by their keys in the store."""
    keys = [HASH.sub("", x.key) for x in leases.in_hand()]
    return "" if not keys else keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


def _finish(packer: Packer, shown: Progress, stop: Stop) -> None:
    """Pack what is left, on all cores where it is much."""
    rest = packer.rest()
    cores = usable_cores() if len(rest) >= MANY_BLOCKS else 1
    if cores > 1:
        with processes_of_this_one(cores) as pool:
            packer.finish(rest, shown, lambda: stop, pool.map)
    elif rest:
        packer.finish(rest, shown, lambda: stop)


def _pack_what_was_left(units: list[WorkUnit], store: Store, shown: Progress) -> None:
    """Pack what runs that were killed after their last result left in files of their own. A store that cannot be written is
    as good as it is."""
    if left_in(store, folders_of(units)):
        with (
            suppress(UsageError),
            Leases(store).announced("packing", 1) as me,
            heeding(lambda: Leases(store).ask_to_stop(me.name)) as stop,
        ):
            _finish(Packer(store, units, [], me.name), shown, stop)


def processes_of_this_one(number: int) -> ProcessPoolExecutor:
    """Pool of processes that does not outlive a kill -9 of this one, as it else would."""
    return ProcessPoolExecutor(number, get_context("spawn"), _end_with_parent, (os.getpid(),))


def _end_with_parent(parent: int) -> None:
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except AttributeError:  # another system than Linux
        Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it died before it could be asked
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)


def _missing(
    units: list[WorkUnit], store: Store, shown: Progress, unread: Unread, retry_failed: bool
) -> tuple[list[WorkUnit], int]:
    """Units that are not finished, and how many samples of the others have failed before: what stands in the store is
    read and verified, on all cores where it is much."""
    may_be, failed = _may_be_finished(store), 0
    doubtful = {n: unit for n, unit in enumerate(units) if may_be(unit)}
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
        for (n, unit), look in zip(doubtful.items(), looks, strict=True):
            if look.unread:
                unread.add(unit.counts, look.unread)
            if look.unread or look.finished:
                not_to_do.add(n)
            failed += unit.counts if look.failed else 0
            shown.step("checking the store", made=unit.counts, failed=0)
    return [unit for n, unit in enumerate(units) if n not in not_to_do], failed


def _may_be_finished(store: Store) -> Callable[[WorkUnit], bool]:
    """Function that says whether a unit has a file for each task or a note of a failure, by the names in each folder: one
    look per folder, not two per task. What lacks a file and has no note is missing, whatever its other files hold: who does
    it reads them."""

    @cache
    def names(folder: str) -> frozenset[str]:
        return frozenset(store.names(folder))

    @cache
    def noted(folder: str) -> frozenset[str]:
        return frozenset(store.noted(folder))

    def look(unit: WorkUnit) -> bool:
        places = [task.key.rpartition("/") for task in unit.tasks]
        return all(not folder or name in names(folder) for folder, _, name in places) or any(
            not folder or name in noted(folder) for folder, _, name in places
        )

    return look


@dataclass(frozen=True, slots=True)
class Look:
    """Look at one unit in the store."""

    finished: bool = False
    failed: bool = False  # finished by a note of a failure
    unread: str = ""  # why it could not be read


def _look(unit: WorkUnit, store: Store, retry_failed: bool) -> Look:
    try:
        return _verified(unit, SoundResults(store), retry_failed)
    except Unreadable as error:
        return Look(unread=str(error))


def _verified(unit: WorkUnit, sound: SoundResults, retry_failed: bool) -> Look:
    """Look at a unit, which is finished where every task has a sound result, or is known to fail and not to be tried
    again."""
    finished, failed = True, False
    for task in unit.tasks:
        failure = sound.failure(task)
        if failure and (retry_failed or failure.again):
            sound.store.clear_failure(task.key)
            failure = None
        failed = failed or bool(failure)
        if not failure and not sound.holds(task):
            finished = False
    return Look(finished, finished and failed)


def _engine(missing: list[WorkUnit], workers: int | None) -> Engine:
    number = min(workers or usable_cores(), max(len(missing), 1))
    return Local(number) if number > 1 else Here()
