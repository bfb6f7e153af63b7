"""What the engine costs: tasks that keep a core busy for a known time, on two workers, each result published."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from vitrify.campaign import Local, Result, Store, Task, WorkUnit, read_log, run

from .table import Row
from .two_cores import every_core

WORKERS = 2
LONG, SHORT = 5.0, 0.02  # processor seconds of a task


def rows(*, quick: bool) -> Iterator[Row]:
    """Overhead = wall time · workers / processor time of all tasks − 1."""
    every_core()
    tasks = 4 if quick else 40
    (seconds, working), bare = _with_engine(tasks, LONG), _with_executor(tasks, LONG)
    work = f"overhead of the engine, {tasks} tasks of {LONG:g} s on two workers"
    yield Row(
        work=work, ours=_overhead(working, tasks), unit="%", at_most=3.0,
        note="from the start of the first task to the end of the last, by the log; all else that runs is in it",
    )  # fmt: skip
    yield Row(
        work=f"{work}, start and end of the cluster included", ours=_overhead(seconds, tasks), unit="%",
        peer="ProcessPoolExecutor, nothing kept", theirs=_overhead(bare, tasks), note=f"{seconds:.2f} s in all",
    )  # fmt: skip
    tasks = 100 if quick else 2000
    ours, theirs = [], []
    for _ in range(1 if quick else 3):
        ours.append(_with_engine(tasks, SHORT)[0])
        theirs.append(_with_executor(tasks, SHORT))
    yield Row(
        work=f"{tasks:,} tasks of {1000 * SHORT:g} ms on two workers", ours=float(np.median(ours)),
        peer="ProcessPoolExecutor, nothing kept", theirs=float(np.median(theirs)),
        note=f"{1000 * (np.median(ours) * WORKERS / tasks - SHORT):.1f} ms a task for the engine and a synced file each",
    )  # fmt: skip


def _overhead(seconds: float, tasks: int) -> float:
    return 100 * (seconds * WORKERS / (tasks * LONG) - 1)


def busy(store: Store | None, seconds: float) -> Result:
    """Keep a core for so many seconds of processor time."""
    del store
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return Result({"seconds": seconds})


def _with_engine(tasks: int, seconds: float) -> tuple[float, float]:
    """Seconds of the whole run, and from the start of its first task to the end of its last."""
    units = [WorkUnit("busy", (Task(f"b/{k:06d}", "d", busy, (seconds,)),)) for k in range(tasks)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "store")
        started = time.perf_counter()
        outcome = run(units, store, engine=Local(WORKERS))
        spent = time.perf_counter() - started
        log = read_log(store)
    assert outcome.made == tasks
    return spent, float(log["ended"].max() - (log["ended"] - log["seconds"]).min())


def _with_executor(tasks: int, seconds: float) -> float:
    started = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        list(pool.map(busy, [None] * tasks, [seconds] * tasks))
    return time.perf_counter() - started
