"""Leave of a worker from its Slurm job: with nothing in hand where there is time, and never so that a unit is blamed for
it.

Measured: Dask takes a worker that ends by SIGTERM (scancel, preemption, the walltime) for one that its task has killed; one
that is retired first leaves its task to others, without blame."""

from __future__ import annotations

import signal
import time
from typing import Any

from distributed.core import Status
from distributed.diagnostics.plugin import NannyPlugin, WorkerPlugin
from tornado.ioloop import PeriodicCallback

LOOK = 1.0  # seconds between two looks at the clock


class Leaving(WorkerPlugin):
    """Let workers leave: after so many seconds they finish what is in hand and take no more; on SIGTERM they retire at
    once."""

    name = "vitrify-leaving"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def setup(self, worker: Any) -> None:
        """Begin to look at the clock. Called by the worker, in its main thread, soon after it has come up."""
        self._ends = time.monotonic() + self.seconds

        def leave(*_: object) -> None:
            worker.loop.add_callback_from_signal(worker.close_gracefully, reason="SIGTERM")

        signal.signal(signal.SIGTERM, leave)
        looking = PeriodicCallback(lambda: self.look(worker), 1000 * LOOK)
        worker.periodic_callbacks[self.name] = looking
        looking.start()

    async def look(self, worker: Any) -> None:
        """Pause the worker when it is time, as a paused worker gets no more tasks, and close it when it has none."""
        if time.monotonic() < self._ends:
            return
        if worker.status == Status.running:
            worker.status = Status.paused
        elif worker.status == Status.paused and not worker.state.all_running_tasks:
            await worker.close_gracefully(reason="the end of its job is near")


class DeafNanny(NannyPlugin):
    """Make nannies deaf: on SIGTERM they would kill their workers, which know better."""

    name = "vitrify-deaf-nanny"

    def setup(self, nanny: Any) -> None:
        """Ignore SIGTERM. Called by the nanny, in the main thread of its process."""
        del nanny
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
