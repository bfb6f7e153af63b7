"""Batches on a Dask cluster, whatever started it.

Durability never rests on it. A batch publishes its own results and returns a few bytes; a future that is lost or blamed
for the death of a worker is judged by what the store holds."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import dask
from distributed import Client, KilledWorker, LocalCluster, Status, get_worker
from distributed.security import Security

from vitrify.errors import EngineLost, UsageError

from .agenda import Agenda
from .plugins import DeafWorker, GpuWorkers, Warden
from .presence import Presence
from .slurm import SlurmSpec, slurm_cluster
from .stopping import Stop
from .store import Store
from .task import Batch
from .working import Done, Order, State, run_batch

AHEAD = 3  # bundles in flight a worker: enough to keep it busy, few enough for the scheduler to stay light
TARGET = 5.0  # seconds that a bundle of batches takes, where single ones are shorter
MOST = 64  # batches in a bundle
TRIES = 3  # of a batch whose worker died with it in hand
LOSSES = 30  # of a batch whose worker died before it began: then the cluster is to blame
STARTS = 5  # of a local cluster
HEAL = 5.0  # seconds between two looks at the number of workers
ANSWER = 10.0  # seconds to wait for a scheduler
CLOSE = 10.0  # seconds that a cluster has to say goodbye
TICK = 0.2  # seconds between two looks at signals and at the cluster itself
ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "VITRIFY_THREADS"], "1"
)


@dataclass(frozen=True, slots=True)
class Pool:
    """A cluster to which batches are sent. slots: workers that it has or may soon have; heal: bring back what it lost."""

    client: Client
    slots: Callable[[], int]
    name: str
    heal: Callable[[], None] = lambda: None


@contextlib.contextmanager
def local_pool(workers: int, gpus: int = 0) -> Iterator[Pool]:
    """Processes of this machine that listen on the loopback only; where the block ends by an error, they are killed."""
    quiet: dict[str, Any] = {
        "distributed.worker.daemon": True,
        "distributed.comm.timeouts.connect": "60s",
        "distributed.deploy.lost-worker-timeout": "60s",  # else a worker that restarts is given up under load
        "distributed.scheduler.allowed-failures": 0,
        "distributed.nanny.pre-spawn-environ": ONE_THREAD,
        # what Dask looks at for a dashboard, every 10 ms to 500 ms in every process, takes some 2 % of two cores
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "1s",
        "distributed.admin.system-monitor.interval": "10s",
    }
    with dask.config.set(quiet), _local_cluster(workers) as cluster, Client(cluster) as client:
        client.register_plugin(DeafWorker())
        client.register_plugin(GpuWorkers(gpus))
        try:
            yield Pool(client, lambda: workers, "the local cluster", lambda: _heal(cluster, workers))
        except BaseException:
            _kill(cluster)
            raise


@contextlib.contextmanager
def address_pool(url: str) -> Iterator[Pool]:
    """A cluster that is there. Raises UsageError where nobody answers."""
    try:
        client = Client(url, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {url}: {str(error).splitlines()[0]}") from None
    with _quiet():
        try:
            yield Pool(client, lambda: max(_number_of_workers(client), 1), f"the scheduler at {url}")
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be gone, and Dask stumble over it
                client.close(timeout=CLOSE)


@contextlib.contextmanager
def slurm_pool(spec: SlurmSpec, order: Order) -> Iterator[Pool]:
    """Jobs of a Slurm queue."""
    with slurm_cluster(spec, Path(order.directory), environment=ONE_THREAD) as client:
        yield Pool(client, lambda: spec.workers, "the cluster on Slurm")


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


def require_resources(pool: Pool, batches: list[Batch]) -> None:
    """Raise UsageError where a batch would wait for ever, as no worker has what it needs."""
    wanted = {name for batch in batches for name in batch.resources}
    there = {name for x in pool.client.scheduler_info(n_workers=-1)["workers"].values() for name in x["resources"]}
    for name in sorted(wanted - there):
        raise UsageError(
            f'no worker of {pool.name} has a {name}: start one with --resources "{name}=1", or use --device cpu'
        )


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
            return [self._judge(n) for n in numbers]
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

    def _judge(self, n: int) -> Done | None:
        """A batch whose worker died, by what the store says of it."""
        batch, holder = self.batches[n], self.presence.holder(self.batches[n].claim)
        if holder is not None and holder.run == self.order.run:
            self.presence.release(batch.claim)
            self.deaths[n] += 1
        else:
            self.losses[n] += 1
        lacking = [x for x in batch.tasks if not self.store.verified(x.key, x.digest)]
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
    return [run_batch(batch, order, scratch) for batch in batches]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What Dask says of lost connections is said by us in one sentence."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _local_cluster(workers: int) -> LocalCluster:
    """A worker that is killed while it starts takes the new cluster with it: then another is made."""
    for left in reversed(range(STARTS)):
        try:
            return LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,  # the warden sees to it
                silence_logs=logging.CRITICAL,
                **_secret(),
            )
        except RuntimeError as error:
            if not left:
                raise EngineLost(f"the local cluster does not start: {error}") from None
    raise AssertionError("not reached")


def _number_of_workers(client: Client) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _secret() -> dict[str, Any]:
    """Certificates for the run, where they can be made: other users of this machine reach its loopback too."""
    if find_spec("cryptography") is None:
        return {}
    return {"security": Security.temporary(), "protocol": "tls://"}


def _heal(cluster: LocalCluster, workers: int) -> None:
    """A worker that is killed while it is started again is given up, but the cluster still counts it: ask once more."""
    if len(cluster.scheduler_info["workers"]) == workers:
        return
    for name, nanny in list(cluster.workers.items()):
        if nanny.status in (Status.failed, Status.closed):
            del cluster.workers[name]
    cluster.scale(workers)


def _kill(cluster: LocalCluster) -> None:
    """Stop now: workers end with what they have in hand."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        pid = nanny.process.pid if nanny.process else None
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
