"""Engines that get work units done: in this process, on a cluster of this machine's cores, on one that is there, on Slurm.

Each gives the same results: what a unit makes depends on the unit alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from .needs_dask import WITHOUT_DASK, needs_dask
from .slurm_file import SlurmSpec
from .stopping import Stop
from .task import WorkUnit
from .task_queue import TaskQueue
from .watchdog import parse_bytes, share_of_memory
from .worker import Done, Order, one_thread, run_unit

PAUSE = 0.2  # seconds between two looks where all that is left is in others' hands


class Engine(Protocol):
    """Protocol of what gets work units done."""

    @property
    def how(self) -> str:
        """Words for a person."""

    @property
    def workers(self) -> int:
        """Number of workers at most, or 0 where it is not known."""

    @property
    def memory(self) -> int:
        """Memory per worker, in bytes; 0 where nobody sees to it."""

    def results(self, units: list[WorkUnit], order: Order, stop: Stop) -> Iterator[Done]:
        """Do the units in their order as their needs allow, yield what became of each; end early once asked."""


@dataclass(frozen=True, slots=True)
class Here:
    """Work in this process, one unit after the other."""

    how: str = "in its own process"
    workers: int = 1
    memory: int = 0

    def results(self, units: list[WorkUnit], order: Order, stop: Stop) -> Iterator[Done]:
        """Yield outcomes in completion order."""
        queue = TaskQueue(units)
        with one_thread():
            while queue and not stop:
                for n in queue.take(1):
                    done = run_unit(units[n], order)
                    if done.state == "held":
                        queue.postpone(n)
                        continue
                    queue.close(n)
                    yield replace(done, number=n)
                if queue and not queue.ready:
                    time.sleep(PAUSE)


@dataclass(frozen=True, slots=True)
class Local:
    """Dask cluster on the loopback of this machine: one process per core, one thread each; it ends with the run."""

    workers: int
    name: str = ""
    gpus: int = 0  # as many of the workers own one

    @property
    def how(self) -> str:
        """Words for a person."""
        return ", ".join(filter(None, [self.name, f"{self.workers} workers"]))

    @property
    def memory(self) -> int:
        """Memory per worker, in bytes: its part of the machine's."""
        return share_of_memory(self.workers)

    def results(self, units: list[WorkUnit], order: Order, stop: Stop) -> Iterator[Done]:
        """Yield outcomes in completion order."""
        with needs_dask(WITHOUT_DASK):
            from . import clusters, dask_executor  # Dask takes half a second to import

        with clusters.local_cluster(min(self.workers, len(units)), self.gpus) as cluster:
            yield from dask_executor.execute(cluster, units, order, stop)


@dataclass(frozen=True, slots=True)
class Address:
    """Dask cluster that is there; its workers must see the store under the same path and have this package."""

    url: str  # such as tcp://10.0.0.1:8786
    workers: int = 0
    memory: int = 0  # the cluster sees to it itself

    @property
    def how(self) -> str:
        """Words for a person."""
        return f"scheduler {self.url}"

    def results(self, units: list[WorkUnit], order: Order, stop: Stop) -> Iterator[Done]:
        """Yield outcomes in completion order."""
        with needs_dask():
            from . import clusters, dask_executor

        with clusters.cluster_at(self.url) as cluster:
            clusters.require_resources(cluster, units)
            yield from dask_executor.execute(cluster, units, order, stop)


@dataclass(frozen=True, slots=True)
class Slurm:
    """Jobs of a Slurm queue, as many as there is work for."""

    spec: SlurmSpec

    @property
    def how(self) -> str:
        """Words for a person."""
        return f"Slurm, at most {self.spec.maximum_jobs} jobs of {self.spec.cores} workers"

    @property
    def workers(self) -> int:
        """Number of workers at most."""
        return self.spec.workers

    @property
    def memory(self) -> int:
        """Memory per worker, in bytes: its part of a job's."""
        return parse_bytes(self.spec.memory) // self.spec.cores

    def results(self, units: list[WorkUnit], order: Order, stop: Stop) -> Iterator[Done]:
        """Yield outcomes in completion order."""
        with needs_dask():
            from . import clusters, dask_executor

        with clusters.cluster_on_slurm(self.spec, order) as cluster:
            yield from dask_executor.execute(cluster, units, order, stop)
