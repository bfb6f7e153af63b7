"""Batches on a Dask cluster, whatever started it.

Durability never rests on it. A batch publishes its own results and returns a few bytes; a future that is lost or blamed
for the death of a worker is judged by what the store holds."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import KilledWorker, get_worker

from vitrify.errors import EngineLost, Unreadable

from .agenda import Agenda
from .inventory import Inventory
from .one_thread import one_thread
from .plugins import Warden
from .pools import Pool
from .presence import Presence
from .stopping import Stop
from .store import Store
from .task import Batch
from .working import Done, Order, State, run_batch

AHEAD = 3  # bundles in flight a worker: enough to keep it busy, few enough for the scheduler to stay light
TARGET = 5.0  # seconds that a bundle of batches takes, where single ones are shorter
MOST = 64  # batches in a bundle
TRIES = 3  # of a batch whose worker died with it in hand
LOSSES = 30  # of a batch whose worker died before it began: then the cluster is to blame
HEAL = 5.0  # seconds between two looks at the number of workers
TICK = 0.2  # seconds between two looks at signals and at the cluster itself


def feed(pool: Pool, batches: list[Batch], order: Order, stop: Stop) -> Iterator[Done]:
    """Keep a bounded number of bundles in flight until all is done, or all in hand once the run is asked to stop."""
    feeding = _Feeding(pool, batches, order)
    warden = Warden(order.run, order.limits)
    pool.client.register_plugin(warden)
    try:
        yield from feeding.all_done(stop)
    finally:
        with contextlib.suppress(Exception):  # the cluster may be gone
            pool.client.unregister_worker_plugin(warden.name, nanny=True)


class _Feeding:
    """Bundles of batches in flight, and what becomes of them."""

    def __init__(self, pool: Pool, batches: list[Batch], order: Order) -> None:
        self.pool, self.batches, self.order = pool, batches, order
        self.agenda = Agenda(batches)
        self.store = Store(order.directory)
        self.presence = Presence(self.store)
        self.flying: dict[Any, list[int]] = {}  # by future
        self.arrived: SimpleQueue[Any] = SimpleQueue()
        self.pace: dict[str, float] = {}  # seconds of a batch, by name
        self.deaths: Counter[int] = Counter()
        self.losses: Counter[int] = Counter()
        self.healed = time.monotonic()

    def all_done(self, stop: Stop) -> Iterator[Done]:
        """Every batch once."""
        while self.flying or (self.agenda and not stop):
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
                    self.agenda.close(n)
                    yield done

    def _send(self) -> None:
        """A bundle that waits for a GPU keeps no processor busy, so that it does not count."""
        slots = self.pool.slots()
        while self._busy() < AHEAD * slots and (numbers := self._bundle(slots)):
            bundle = [self.batches[n] for n in numbers]
            resources = bundle[0].resources or None
            future = self.pool.client.submit(run_bundle, bundle, self.order, pure=False, resources=resources)
            self.flying[future] = numbers
            future.add_done_callback(self.arrived.put)

    def _busy(self) -> int:
        return sum(not self.batches[numbers[0]].resources for numbers in self.flying.values())

    def _bundle(self, slots: int) -> list[int]:
        """Short batches together, but no more than leaves work for all workers."""
        most = min(MOST, max(1, self.agenda.ready // (2 * slots)))
        numbers: list[int] = []
        expected = 0.0
        while len(numbers) < most and expected < TARGET and (taken := self.agenda.take(1)):
            if numbers and self.batches[taken[0]].resources != self.batches[numbers[0]].resources:
                self.agenda.put_back(taken[0])
                break
            numbers += taken
            expected += self.pace.get(self.batches[taken[0]].name, TARGET)
        return numbers

    def _told(self, future: Any, numbers: list[int]) -> list[Done | None]:
        """What became of each batch of a bundle; None where it is to be tried again."""
        try:
            results: list[Done] = future.result()
        except KilledWorker:
            return [self._judged(n) for n in numbers]
        except (CancelledError, OSError):  # Dask's own troubles with connections are of these kinds
            raise self._lost() from None
        return [self._take_in(n, done) for n, done in zip(numbers, results, strict=True)]

    def _take_in(self, n: int, done: Done) -> Done | None:
        if done.state == "held":
            self.agenda.postpone(n)
            return None
        if done.state == "made":
            self.pace[done.name] = 0.5 * (self.pace.get(done.name, done.seconds) + done.seconds)
        return done

    def _judged(self, n: int) -> Done | None:
        try:
            return self._judge(n)
        except Unreadable as error:
            return Done(self.batches[n].name, self.batches[n].counts, "unread", note=str(error))

    def _judge(self, n: int) -> Done | None:
        """A batch whose worker died, by what the store says of it."""
        batch, holder = self.batches[n], self.presence.holder(self.batches[n].claim)
        if holder is not None and holder.run == self.order.run:
            self.presence.release(batch.claim)
            self.deaths[n] += 1
        else:
            self.losses[n] += 1
        inventory = Inventory(self.store)
        lacking = [x for x in batch.tasks if not inventory.holds(x)]
        if holder is not None and self.deaths[n] >= TRIES:
            guilty = next((x for x in lacking if x.key == holder.key and not self.store.failure(x.key)), None)
            if guilty is not None:
                reason = f"its worker died {self.deaths[n]} times"
                self.store.record_failure(guilty.key, guilty.digest, reason, again=True)
        if self.losses[n] >= LOSSES:
            raise EngineLost(f"workers of {self.pool.name} die before they begin; what was finished is in the store")
        if all(self.store.failure(x.key) for x in lacking):
            state: State = "failed" if lacking else "made"
            return Done(batch.name, batch.counts, state)
        self.agenda.put_back(n)
        return None

    def _look_after_cluster(self) -> None:
        if self.pool.client.status != "running" or any(future.cancelled() for future in self.flying):
            raise self._lost()
        if time.monotonic() - self.healed > HEAL:
            self.healed = time.monotonic()
            self.pool.heal()

    def _lost(self) -> EngineLost:
        return EngineLost(f"{self.pool.name} went away; what was finished is in the store: run again to go on")


def run_bundle(batches: list[Batch], order: Order) -> list[Done]:
    """Batches one after the other; runs in a worker."""
    worker = get_worker()
    scratch = Path(worker.local_directory) if worker.nanny else None
    with one_thread():
        return [run_batch(batch, order, scratch) for batch in batches]
