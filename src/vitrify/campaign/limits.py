"""What one task may take: one that hangs or eats the machine is set aside, and the rest goes on."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from vitrify.errors import SampleFailure, UsageError

from .needs_dask import WITHOUT_DASK, needs_dask

NOTE = "vitrify-task.json"  # in a worker's own scratch folder
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40}
LONGEST = 1e9  # seconds, thirty years: clocks of the system take no more than ten times that
LARGEST = 1e18  # bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one task: its time, in seconds, and the memory of its worker, in bytes; 0 is no limit."""

    seconds: float = 0.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class InHand:
    """What a worker tells its warden."""

    run: str
    store: str
    key: str
    digest: str
    began: float  # seconds since 1970
    samples: int = 1  # made at once: each has its time


def parse_seconds(text: str) -> float:
    """Such as "90 s", "20 min", "12 h", "2 d". Raises UsageError."""
    return min(_measured(text, SECONDS, "a time", "20 min"), LONGEST)


def parse_bytes(text: str) -> int:
    """Such as "800 MB", "4 GiB". Raises UsageError."""
    return int(min(_measured(text, BYTES, "an amount of memory", "4 GB"), LARGEST))


def share_of_memory(workers: int) -> int:
    """Bytes for each of so many workers of this machine, or of the part of it that this process may use."""
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
    """Tell the warden of a task while the block lasts. folder: the worker's own; None where there is no warden."""
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
    """The time limit where a run has no warden, as it works in its own process: an alarm between two steps of Python.

    Raises SampleFailure. Without effect in a thread that is not the main one."""
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
    """What the worker with this folder is at."""
    try:
        return InHand(*json.loads((folder / NOTE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
