"""Ways to get batches done: in this process, on a cluster of this machine's cores, on one that is there, on Slurm.

Each gives the same results: what a batch makes depends on the batch alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from .agenda import Agenda
from .limits import parse_bytes, share_of_memory
from .needs_dask import WITHOUT_DASK, needs_dask
from .one_thread import one_thread
from .slurm_file import SlurmSpec
from .stopping import Stop
from .task import Batch
from .working import Done, Order, run_batch

PAUSE = 0.2  # seconds between two looks where all that is left is in others' hands


class Engine(Protocol):
    """How batches get done."""

    @property
    def how(self) -> str:
        """For a person."""

    @property
    def workers(self) -> int:
        """At most, or 0 where it is not known."""

    @property
    def memory(self) -> int:
        """Bytes that a worker may use, 0 where nobody sees to it."""

    def results(self, batches: list[Batch], order: Order, stop: Stop) -> Iterator[Done]:
        """Do the batches in their order as their needs allow, tell what became of each; end early once asked."""


@dataclass(frozen=True, slots=True)
class Here:
    """In this process, one after the other."""

    how: str = "in its own process"
    workers: int = 1
    memory: int = 0

    def results(self, batches: list[Batch], order: Order, stop: Stop) -> Iterator[Done]:
        """As they come."""
        agenda = Agenda(batches)
        with one_thread():
            while agenda and not stop:
                for n in agenda.take(1):
                    done = run_batch(batches[n], order)
                    if done.state == "held":
                        agenda.postpone(n)
                        continue
                    agenda.close(n)
                    yield done
                if agenda and not agenda.ready:
                    time.sleep(PAUSE)


@dataclass(frozen=True, slots=True)
class Local:
    """A Dask cluster on the loopback of this machine: one process a core, one thread each; it ends with the run."""

    workers: int
    name: str = ""
    gpus: int = 0  # as many of the workers own one

    @property
    def how(self) -> str:
        """For a person."""
        return ", ".join(filter(None, [self.name, f"{self.workers} workers"]))

    @property
    def memory(self) -> int:
        """Its part of the machine's."""
        return share_of_memory(self.workers)

    def results(self, batches: list[Batch], order: Order, stop: Stop) -> Iterator[Done]:
        """As they come."""
        with needs_dask(WITHOUT_DASK):
            from . import feeding, pools  # Dask takes half a second to import

        with pools.local_pool(min(self.workers, len(batches)), self.gpus) as pool:
            yield from feeding.feed(pool, batches, order, stop)


@dataclass(frozen=True, slots=True)
class Address:
    """A Dask cluster that is there; its workers must see the store under the same path and have this package."""

    url: str  # such as tcp://10.0.0.1:8786
    workers: int = 0
    memory: int = 0  # its own wardens see to it

    @property
    def how(self) -> str:
        """For a person."""
        return f"scheduler {self.url}"

    def results(self, batches: list[Batch], order: Order, stop: Stop) -> Iterator[Done]:
        """As they come."""
        with needs_dask():
            from . import feeding, pools

        with pools.address_pool(self.url) as pool:
            pools.require_resources(pool, batches)
            yield from feeding.feed(pool, batches, order, stop)


@dataclass(frozen=True, slots=True)
class Slurm:
    """Jobs of a Slurm queue, as many as there is work for."""

    spec: SlurmSpec

    @property
    def how(self) -> str:
        """For a person."""
        return f"Slurm, at most {self.spec.maximum_jobs} jobs of {self.spec.cores} workers"

    @property
    def workers(self) -> int:
        """At most."""
        return self.spec.workers

    @property
    def memory(self) -> int:
        """Its part of a job's."""
        return parse_bytes(self.spec.memory) // self.spec.cores

    def results(self, batches: list[Batch], order: Order, stop: Stop) -> Iterator[Done]:
        """As they come."""
        with needs_dask():
            from . import feeding, pools

        with pools.slurm_pool(self.spec, order) as pool:
            yield from feeding.feed(pool, batches, order, stop)
