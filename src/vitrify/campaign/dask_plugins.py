"""Plugins of Dask's nannies and workers for the time of a run: a watchdog, GPUs of their own, deafness to signals."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import Any

from distributed.diagnostics.plugin import NannyPlugin, WorkerPlugin
from tornado.ioloop import PeriodicCallback

from .stopping import NAMES
from .watchdog import Limits, Watchdog

TALKERS = (
    "asyncio", "distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "tornado.general",
)  # fmt: skip
LOOK = 0.5  # seconds between two looks at a worker


class WatchdogPlugin(NannyPlugin):
    """Give each nanny a watchdog for the time of a run."""

    def __init__(self, run: str, limits: Limits) -> None:
        self.name, self.watchdog = f"vitrify-watchdog-{run}", Watchdog(run, limits)

    def setup(self, nanny: Any) -> None:
        """Begin to look. Called by the nanny, on its event loop."""
        looking = PeriodicCallback(lambda: self.watchdog.look(nanny.process), 1000 * LOOK)
        nanny.periodic_callbacks[self.name] = looking
        looking.start()

    def teardown(self, nanny: Any) -> None:
        """End with the run."""
        looking = nanny.periodic_callbacks.pop(self.name, None)
        if looking is not None:
            looking.stop()


class GpuWorkers(WorkerPlugin):
    """Give the first few of the local workers a GPU each."""

    name = "vitrify-gpus"

    def __init__(self, gpus: int) -> None:
        self.gpus = gpus

    async def setup(self, worker: Any) -> None:
        """Give the worker its GPU. Called by the worker, before its first unit."""
        if worker.name in range(self.gpus):
            os.environ["CUDA_VISIBLE_DEVICES"] = _visible_gpus()[worker.name]
            await worker.set_resources(GPU=1)


class DeafWorker(WorkerPlugin):
    """Make local workers deaf to signals: Ctrl-C in a terminal, its end, and a SIGTERM to a whole job reach them too, but
    the run decides, and tells what goes wrong."""

    name = "vitrify-deaf"

    def setup(self, worker: Any) -> None:
        """Ignore the signals. Called by the worker, in its main thread."""
        del worker
        hush()
        if threading.current_thread() is threading.main_thread():
            for number in NAMES:
                signal.signal(number, signal.SIG_IGN)


def loggers_of_dask() -> list[logging.Logger]:
    """Loggers of Dask and of what it stands on."""
    return [logging.getLogger(x) for x in TALKERS]


def hush() -> None:
    """Silence the loggers of Dask: where a process runs out of files, each connection is a traceback, many thousands a
    minute."""
    for logger in loggers_of_dask():
        logger.setLevel(logging.CRITICAL + 1)


def _visible_gpus() -> list[str]:
    """Numbers of the GPUs that this job may see, where something says so."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return told.split(",") if told else [str(k) for k in range(64)]
