"""Dask clusters to which work units are sent: of this machine's cores, one that is there, jobs of a Slurm queue."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dask
import psutil
from distributed import Client, LocalCluster, Status
from distributed.comm.addressing import parse_address, parse_host_port
from distributed.comm.registry import get_backend
from distributed.security import Security

from vitrify.errors import EngineLost, UsageError

from .dask_plugins import DeafWorker, GpuWorkers, hush, loggers_of_dask
from .needs_dask import WITHOUT_DASK, needs_dask, said
from .slurm import SlurmSpec, slurm_cluster
from .task import WorkUnit
from .worker import Order

STARTS = 5  # of a local cluster
COUNT = 5.0  # seconds between two counts of the workers of a cluster
FILES = 32  # open files of a local cluster itself; 24 were counted
FILES_OF_WORKER = 12  # and of each of its workers, in the process that leads it
ANSWER = 10.0  # seconds to wait for a scheduler
CLOSE = 10.0  # seconds that a cluster has to say goodbye
ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "VITRIFY_THREADS"], "1"
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cluster to which work units are sent. slots: workers that it has or may soon have; heal: bring back what it lost."""

    client: Client
    slots: Callable[[], int]
    name: str
    heal: Callable[[], None] = lambda: None


@contextlib.contextmanager
def local_cluster(workers: int, gpus: int = 0) -> Iterator[Cluster]:
    """Start processes of this machine that listen on the loopback only; where the block ends by an error, they are
    killed."""
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
    with needs_dask(WITHOUT_DASK):
        require_open_files(workers)
    with dask.config.set(quiet), _quiet(), _local_workers(workers) as dask_cluster, _client(dask_cluster) as client:
        with needs_dask():
            client.register_plugin(DeafWorker())
            client.register_plugin(GpuWorkers(gpus))
        try:
            yield Cluster(client, lambda: workers, "the local cluster", lambda: _heal(dask_cluster, workers))
        except BaseException:
            _kill(dask_cluster)
            raise


@contextlib.contextmanager
def cluster_at(url: str) -> Iterator[Cluster]:
    """Connect to a cluster that is there. Raises UsageError where nobody answers."""
    _require_address(url)
    try:
        client = Client(url, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {url}: {str(error).splitlines()[0]}") from None
    with _quiet():
        try:
            yield Cluster(client, _now_and_then(lambda: _number_of_workers(client)), f"the scheduler at {url}")
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be gone, and Dask stumble over it
                client.close(timeout=CLOSE)


def _require_address(url: str) -> None:
    """Raise UsageError for what is no address, or one that needs certificates which nobody has named: a client that cannot
    even begin to connect waits 20 s at its end, and complains with a traceback."""
    try:
        scheme, place = parse_address(url)
        get_backend(scheme).get_connector()
        parse_host_port(place)
        certificates = Security().get_connection_args("client").get("ssl_context")
    except (OSError, ValueError, TypeError) as error:  # TypeError: of a kind that is known but not installed
        reason = str(error).splitlines()[0]
        raise UsageError(f"no Dask scheduler answers at {url}: {reason}; write it like tcp://HOST:8786") from None
    if scheme == "tls" and certificates is None:
        raise UsageError(
            f"no Dask scheduler answers at {url}: TLS needs certificates, which Dask's configuration names under "
            "distributed.comm.tls"
        )


@contextlib.contextmanager
def cluster_on_slurm(spec: SlurmSpec, order: Order) -> Iterator[Cluster]:
    """Start jobs of a Slurm queue."""
    _allow_open_files(FILES + FILES_OF_WORKER * spec.workers)
    with slurm_cluster(spec, Path(order.directory), environment=ONE_THREAD) as client:
        yield Cluster(client, lambda: spec.workers, "the cluster on Slurm")


def require_resources(cluster: Cluster, units: list[WorkUnit]) -> None:
    """Raise UsageError where a unit would wait for ever, as no worker has what it needs."""
    wanted = {name for unit in units for name in unit.resources}
    there = {name for x in cluster.client.scheduler_info(n_workers=-1)["workers"].values() for name in x["resources"]}
    for name in sorted(wanted - there):
        raise UsageError(
            f'no worker of {cluster.name} has a {name}: start one with --resources "{name}=1", or use --device cpu'
        )


def require_open_files(workers: int) -> None:
    """Raise UsageError where this process may not open the files and connections of so many local workers, and cannot be
    made to: without them Dask stumbles over every connection, for ever."""
    needed = psutil.Process().num_fds() + FILES + FILES_OF_WORKER * workers
    allowed = _allow_open_files(needed)
    if allowed < needed:
        raise UsageError(
            f"{workers} workers need {needed} open files, but this process may open only {allowed}: allow more "
            f"(ulimit -n {needed}) or use fewer workers; --workers 1 needs only a few files"
        )


def _allow_open_files(needed: int) -> float:
    """Raise the limit of this process, as far as the system lets it; return what it is then."""
    soft, hard = (math.inf if x == resource.RLIM_INFINITY else x for x in resource.getrlimit(resource.RLIMIT_NOFILE))
    if soft >= needed:
        return soft
    allowed = int(min(needed, hard))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    except (ValueError, OSError):  # macOS says "unlimited" and has a limit all the same
        return soft
    return allowed


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence Dask on lost connections, and asyncio on errors in its callbacks: we say it in one sentence."""
    before = {logger: logger.level for logger in loggers_of_dask()}
    hush()
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)


@contextlib.contextmanager
def _client(cluster: LocalCluster) -> Iterator[Client]:
    with needs_dask():
        client = Client(cluster)
    with client:
        yield client


def _local_workers(workers: int) -> LocalCluster:
    """Start a local cluster; a worker that is killed while it starts takes it along, and then another is made."""
    for left in reversed(range(STARTS)):
        try:
            return _started(workers)
        except Exception as error:  # of the system, or of what a user's configuration makes of Dask
            if not left or not isinstance(error, RuntimeError):
                raise EngineLost(f"the local cluster does not start: {said(error)}") from None
    raise AssertionError("not reached")


def _started(workers: int) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,  # the watchdog sees to it
        silence_logs=logging.CRITICAL,
        **_secret(),
    )


def _number_of_workers(client: Client) -> int:
    return max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)


def _now_and_then(ask: Callable[[], int]) -> Callable[[], int]:
    """Ask anew every few seconds only, since an answer costs a way to the scheduler and back."""
    asked, answer = 0.0, 0

    def told() -> int:
        nonlocal asked, answer
        if not answer or time.monotonic() - asked > COUNT:
            asked, answer = time.monotonic(), ask()
        return answer

    return told


def _secret() -> dict[str, Any]:
    """Certificates for the run, where they can be made: other users of this machine reach its loopback too."""
    if find_spec("cryptography") is None:
        return {}
    return {"security": Security.temporary(), "protocol": "tls://"}


def _heal(cluster: LocalCluster, workers: int) -> None:
    """Ask once more for workers that were killed while they were started again: the cluster gave them up, but counts
    them."""
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
