"""What this package adds to Dask's processes for the time of a run."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from distributed.diagnostics.plugin import NannyPlugin, WorkerPlugin
from tornado.ioloop import PeriodicCallback

from vitrify.errors import VitrifyError

from .limits import InHand, Limits, task_in_hand
from .stopping import NAMES
from .store import Store

TALKERS = (
    "asyncio", "distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "tornado.general",
)  # fmt: skip
LOOK = 0.5  # seconds between two looks at a worker
LONGEST_LOOK = 5.0  # seconds; what lies between two looks beyond that, the warden slept, and the worker most likely too


class Warden(NannyPlugin):
    """Of nannies: it looks at the worker from outside, so that no kernel that holds the interpreter and no
    memory that runs out can keep it from acting. It notes why in the store, then kills the worker."""

    def __init__(self, run: str, limits: Limits) -> None:
        self.name, self.run, self.limits = f"vitrify-warden-{run}", run, limits
        self._spent: dict[int, tuple[InHand, float, float]] = {}  # by process: its task, seconds of it, when last seen

    def setup(self, nanny: Any) -> None:
        """Begin to look. Called by the nanny, on its event loop."""
        looking = PeriodicCallback(lambda: self.look(nanny.process), 1000 * LOOK)
        nanny.periodic_callbacks[self.name] = looking
        looking.start()

    def teardown(self, nanny: Any) -> None:
        """End with the run."""
        looking = nanny.periodic_callbacks.pop(self.name, None)
        if looking is not None:
            looking.stop()

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
        try:
            used = psutil.Process(pid).memory_info().rss
        except (psutil.Error, OSError):  # this process may open no more files, say
            return None
        limit = self.limits.memory / 1e6
        return f"needed more memory than a worker's limit of {limit:,.0f} MB" if used > self.limits.memory else None

    def _seconds(self, task: InHand, pid: int) -> float:
        """For how long a worker has been seen at a task: a laptop that sleeps over the night has not worked for it."""
        now = time.monotonic()
        before, spent, seen = self._spent.get(pid, (task, 0.0, now))
        spent = spent + min(now - seen, LONGEST_LOOK) if before == task else 0.0
        self._spent[pid] = task, spent, now
        return spent


class GpuWorkers(WorkerPlugin):
    """Of local workers: the first few own a GPU each."""

    name = "vitrify-gpus"

    def __init__(self, gpus: int) -> None:
        self.gpus = gpus

    async def setup(self, worker: Any) -> None:
        """Called by the worker, before its first batch."""
        if worker.name in range(self.gpus):
            os.environ["CUDA_VISIBLE_DEVICES"] = _visible_gpus()[worker.name]
            await worker.set_resources(GPU=1)


class DeafWorker(WorkerPlugin):
    """Of local workers: Ctrl-C in a terminal, its end, and a SIGTERM to a whole job reach them too, but the run decides,
    and tells what goes wrong."""

    name = "vitrify-deaf"

    def setup(self, worker: Any) -> None:
        """Called by the worker, in its main thread."""
        del worker
        hush()
        if threading.current_thread() is threading.main_thread():
            for number in NAMES:
                signal.signal(number, signal.SIG_IGN)


def loggers_of_dask() -> list[logging.Logger]:
    """Of Dask and what it stands on."""
    return [logging.getLogger(x) for x in TALKERS]


def hush() -> None:
    """Let them say nothing: where a process runs out of files, each connection is a traceback, many thousands a minute."""
    for logger in loggers_of_dask():
        logger.setLevel(logging.CRITICAL + 1)


def _visible_gpus() -> list[str]:
    """What this job may see, where something says so."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return told.split(",") if told else [str(k) for k in range(64)]
