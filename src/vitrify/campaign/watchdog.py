"""Limits of one task and their enforcement: a task that hangs or eats the machine is recorded as failed, the rest goes on.

The watchdog looks at a worker from another process, so that no kernel that holds the interpreter and no memory that runs
out can keep it from acting. It learns of the task in hand from a note in the worker's scratch folder. Nothing here needs
Dask; `dask_plugins.WatchdogPlugin` puts a watchdog into each nanny."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from vitrify.errors import SampleFailure, UsageError, VitrifyError

from .needs_dask import WITHOUT_DASK, needs_dask
from .store import Store

LONGEST_LOOK = 5.0  # seconds; what lies between two looks beyond that, the watchdog slept, and the worker most likely too
NOTE = "vitrify-task.json"  # in a worker's own scratch folder
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40}
LONGEST = 1e9  # seconds, thirty years: clocks of the system take no more than ten times that
LARGEST = 1e18  # bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one task: its time, in seconds, and the memory of its worker, in bytes; 0 is no limit."""

    seconds: float = 0.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class InHand:
    """Note by which a worker tells its watchdog of the task in hand."""

    run: str
    store: str
    key: str
    digest: str
    began: float  # seconds since 1970
    samples: int = 1  # made at once: each has its time


def parse_seconds(text: str) -> float:
    """Read a time such as "90 s", "20 min", "12 h" or "2 d", in seconds. Raises UsageError."""
    return min(_measured(text, SECONDS, "a time", "20 min"), LONGEST)


def parse_bytes(text: str) -> int:
    """Read an amount of memory such as "800 MB" or "4 GiB", in bytes. Raises UsageError."""
    return int(min(_measured(text, BYTES, "an amount of memory", "4 GB"), LARGEST))


def share_of_memory(workers: int) -> int:
    """Memory per worker, in bytes, where so many share this machine, or the part of it that this process may use."""
    with needs_dask(WITHOUT_DASK):
        from distributed.system import MEMORY_LIMIT  # the engine that the workers need is imported anyway

    return int(MEMORY_LIMIT / workers)


def _measured(text: str, units: dict[str, Any], what: str, example: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", text)
    if not found or found[2] not in units or float(found[1]) <= 0:
        raise UsageError(f"{text!r} is not {what}: a positive number and {', '.join(units)}, such as {example!r}")
    return float(found[1]) * float(units[found[2]])


@contextlib.contextmanager
def in_hand(task: InHand, folder: Path | None) -> Iterator[None]:
    """Tell the watchdog of a task while the block lasts. folder: the worker's scratch folder; None without a watchdog."""
    if folder is None:
        yield
        return
    note = folder / NOTE
    beside = note.with_suffix(".new")
    beside.write_text(json.dumps(astuple(task)))
    os.replace(beside, note)
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Enforce the time limit of a run in its own process, which no watchdog sees, by an alarm between two steps of Python.

    Raises SampleFailure. It has no effect in a thread that is not the main one."""
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise SampleFailure(f"took longer than its time limit of {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def task_in_hand(folder: Path) -> InHand | None:
    """Task that the worker with this scratch folder has in hand, if any."""
    try:
        return InHand(*json.loads((folder / NOTE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


class Watchdog:
    """Judge the tasks of workers from another process: where one exceeds its limits, the store is told and the worker
    killed."""

    def __init__(self, run: str, limits: Limits) -> None:
        self.run, self.limits = run, limits
        self._seen: dict[int, tuple[InHand, float, float]] = {}  # by process: its task, seconds of it, when last seen

    def look(self, process: Any) -> None:
        """Judge a worker's task once. process: a nanny's, with the process number and the worker's scratch folder."""
        if process is None or process.pid is None or not process.worker_dir:
            return
        task = task_in_hand(Path(process.worker_dir))
        reason = self._excess(task, process.pid) if task and task.run == self.run else None
        if task and reason:
            with contextlib.suppress(VitrifyError):  # the store cannot be written or read: the run is about to say so
                Store(task.store).record_failure(task.key, task.digest, reason)
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def _excess(self, task: InHand, pid: int) -> str | None:
        if self.limits.seconds and self._seconds(task, pid) > self.limits.seconds * task.samples:
            return f"took longer than its time limit of {self.limits.seconds:g} s"
        if not self.limits.memory:
            return None
        import psutil  # which those who only look at a store do without

        try:
            used = psutil.Process(pid).memory_info().rss
        except (psutil.Error, OSError):  # this process may open no more files, say
            return None
        limit = self.limits.memory / 1e6
        return f"needed more memory than a worker's limit of {limit:,.0f} MB" if used > self.limits.memory else None

    def _seconds(self, task: InHand, pid: int) -> float:
        """Seconds that a worker has been seen at a task: a laptop that sleeps over the night has not worked for it."""
        now = time.monotonic()
        before, seconds, seen = self._seen.get(pid, (task, 0.0, now))
        seconds = seconds + min(now - seen, LONGEST_LOOK) if before == task else 0.0
        self._seen[pid] = task, seconds, now
        return seconds
