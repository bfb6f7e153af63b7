"""Executor of work units on a Dask cluster, whatever started it.

Durability never rests on it. A unit publishes its own results and returns a few bytes; a future that is lost or blamed
for the death of a worker is judged by what the store holds."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import KilledWorker, get_worker

from vitrify.errors import EngineLost, Unreadable

from .clusters import Cluster
from .dask_plugins import WatchdogPlugin
from .leases import Leases
from .soundness import SoundResults
from .stopping import Stop
from .store import Store
from .task import WorkUnit
from .task_queue import TaskQueue
from .worker import Done, Order, State, one_thread, run_unit

AHEAD = 3  # bundles in flight per worker: enough to keep it busy, few enough for the scheduler to stay light
TARGET = 5.0  # seconds that a bundle of units takes, where single ones are shorter
MOST = 64  # units in a bundle
TRIES = 3  # of a unit whose worker died with it in hand
LOSSES = 30  # of a unit whose worker died before it began: then the cluster is to blame
HEAL = 5.0  # seconds between two looks at the number of workers
TICK = 0.2  # seconds between two looks at signals and at the cluster itself


def execute(cluster: Cluster, units: list[WorkUnit], order: Order, stop: Stop) -> Iterator[Done]:
    """Keep a bounded number of bundles in flight until all is done, or all in hand once the run is asked to stop."""
    execution = _Execution(cluster, units, order)
    watchdog = WatchdogPlugin(order.run, order.limits)
    cluster.client.register_plugin(watchdog)
    try:
        yield from execution.all_done(stop)
    finally:
        with contextlib.suppress(Exception):  # the cluster may be gone
            cluster.client.unregister_worker_plugin(watchdog.name, nanny=True)


class _Execution:
    """Bundles of work units in flight, and what becomes of them."""

    def __init__(self, cluster: Cluster, units: list[WorkUnit], order: Order) -> None:
        self.cluster, self.units, self.order = cluster, units, order
        self.queue = TaskQueue(units)
        self.store = Store(order.directory)
        self.leases = Leases(self.store)
        self.flying: dict[Any, list[int]] = {}  # by future
        self.arrived: SimpleQueue[Any] = SimpleQueue()
        self.pace: dict[str, float] = {}  # seconds of a unit, by name
        self.deaths: Counter[int] = Counter()
        self.losses: Counter[int] = Counter()
        self.healed = time.monotonic()

    def all_done(self, stop: Stop) -> Iterator[Done]:
        """Yield what became of each unit, once."""
        while self.flying or (self.queue and not stop):
            if not stop:
                self._send()
            self._look_after_cluster()
            try:
                future = self.arrived.get(timeout=TICK)
            except Empty:
                continue
            numbers = self.flying.pop(future)
            for n, done in zip(numbers, self._told(future, numbers), strict=True):
                if done is not None:
                    self.queue.close(n)
                    yield replace(done, number=n)

    def _send(self) -> None:
        """Keep the cluster busy. A bundle that waits for a GPU keeps no processor busy, so that it does not count."""
        slots = self.cluster.slots()
        while self._busy() < AHEAD * slots and (numbers := self._bundle(slots)):
            bundle = [self.units[n] for n in numbers]
            resources = bundle[0].resources or None
            future = self.cluster.client.submit(run_bundle, bundle, self.order, pure=False, resources=resources)
            self.flying[future] = numbers
            future.add_done_callback(self.arrived.put)

    def _busy(self) -> int:
        return sum(not self.units[numbers[0]].resources for numbers in self.flying.values())

    def _bundle(self, slots: int) -> list[int]:
        """Put short units together, but no more than leaves work for all workers."""
        most = min(MOST, max(1, self.queue.ready // (2 * slots)))
        numbers: list[int] = []
        expected = 0.0
        while len(numbers) < most and expected < TARGET and (taken := self.queue.take(1)):
            if numbers and self.units[taken[0]].resources != self.units[numbers[0]].resources:
                self.queue.put_back(taken[0])
                break
            numbers += taken
            expected += self.pace.get(self.units[taken[0]].name, TARGET)
        return numbers

    def _told(self, future: Any, numbers: list[int]) -> list[Done | None]:
        """Outcome of each unit of a bundle; None where it is to be tried again."""
        try:
            results: list[Done] = future.result()
        except KilledWorker:
            return [self._judged(n) for n in numbers]
        except (CancelledError, OSError):  # Dask's own troubles with connections are of these kinds
            raise self._lost() from None
        return [self._take_in(n, done) for n, done in zip(numbers, results, strict=True)]

    def _take_in(self, n: int, done: Done) -> Done | None:
        if done.state == "held":
            self.queue.postpone(n)
            return None
        if done.state == "made":
            self.pace[done.name] = 0.5 * (self.pace.get(done.name, done.seconds) + done.seconds)
        return done

    def _judged(self, n: int) -> Done | None:
        try:
            return self._judge(n)
        except Unreadable as error:
            return Done(self.units[n].name, self.units[n].counts, "unread", note=str(error))

    def _judge(self, n: int) -> Done | None:
        """Judge a unit whose worker died by what the store says of it."""
        unit, holder = self.units[n], self.leases.holder(self.units[n].key)
        if holder is not None and holder.run == self.order.run:
            self.leases.release(unit.key)
            self.deaths[n] += 1
        else:
            self.losses[n] += 1
        sound = SoundResults(self.store)
        lacking = [x for x in unit.tasks if not sound.holds(x)]
        if holder is not None and self.deaths[n] >= TRIES:
            guilty = next((x for x in lacking if x.key == holder.key and not self.store.failure(x.key)), None)
            if guilty is not None:
                reason = f"its worker died {self.deaths[n]} times"
                self.store.record_failure(guilty.key, guilty.digest, reason, again=True)
        if self.losses[n] >= LOSSES:
            raise EngineLost(f"workers of {self.cluster.name} die before they begin; all finished samples are in the store")
        if all(self.store.failure(x.key) for x in lacking):
            state: State = "failed" if lacking else "made"
            return Done(unit.name, unit.counts, state)
        self.queue.put_back(n)
        return None

    def _look_after_cluster(self) -> None:
        if self.cluster.client.status != "running" or any(future.cancelled() for future in self.flying):
            raise self._lost()
        if time.monotonic() - self.healed > HEAL:
            self.healed = time.monotonic()
            self.cluster.heal()

    def _lost(self) -> EngineLost:
        return EngineLost(f"{self.cluster.name} went away; all finished samples are in the store: run again to continue")


def run_bundle(units: list[WorkUnit], order: Order) -> list[Done]:
    """Do work units one after the other, in a Dask worker."""
    worker = get_worker()
    scratch = Path(worker.local_directory) if worker.nanny else None
    with one_thread():
        return [run_unit(unit, order, scratch) for unit in units]
