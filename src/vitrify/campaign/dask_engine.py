"""An embedded Dask cluster: one process a core, one thread each, on the loopback only.

Durability never rests on it. A batch publishes its own results and returns a few bytes; a future that is lost or blamed
for the death of a worker is judged by what the store holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import dask
from distributed import Client, KilledWorker, LocalCluster, as_completed

from .runner import Done, run_batch
from .store import Store
from .task import Batch

AHEAD = 4  # batches in flight a worker: enough to keep it busy, few enough for the scheduler to stay light
TRIES = 3  # of a batch whose worker died
ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "VITRIFY_THREADS"], "1"
)


def run_on_local_cluster(batches: list[Batch], store: Store, workers: int) -> Iterator[Done]:
    """Run batches on a cluster of this many processes, which ends with the run."""
    quiet: dict[str, Any] = {
        "distributed.worker.daemon": True,
        "distributed.comm.timeouts.connect": "60s",
        "distributed.scheduler.allowed-failures": 0,
        "distributed.nanny.pre-spawn-environ": ONE_THREAD,
    }
    with (
        dask.config.set(quiet),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0,
            silence_logs=50,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield from _feed(client, batches, store, workers)


def _feed(client: Client, batches: list[Batch], store: Store, workers: int) -> Iterator[Done]:
    """Keep a bounded number of batches in flight, those first whose needs are met."""
    waiting, tries = dict(enumerate(batches)), [0] * len(batches)
    makers = {task.key for batch in batches for task in batch.tasks}
    ended: set[str] = set()  # keys whose batch is over, well or not
    flying: dict[Any, int] = {}
    completed = as_completed()
    while waiting or flying:
        ready = (n for n, x in waiting.items() if all(k in ended or k not in makers for k in x.after))
        for n in list(islice(ready, max(AHEAD * workers - len(flying), 0))):
            future = client.submit(run_batch, waiting.pop(n), str(store.directory), pure=False)
            flying[future.key] = n
            completed.add(future)
        future = next(completed)
        n = flying.pop(future.key)
        tries[n] += 1
        done = _judge(future, batches[n], store, tries[n])
        if done is None:
            waiting[n] = batches[n]
            continue
        ended.update(task.key for task in batches[n].tasks)
        yield done


def _judge(future: Any, batch: Batch, store: Store, tries: int) -> Done | None:
    """What became of a batch; None where its worker died and it is to be tried again."""
    try:
        done = future.result()
    except KilledWorker:
        lacking = [x for x in batch.tasks if not store.verified(x.key, x.digest)]
        if lacking and tries < TRIES:
            return None
        for task in lacking:
            store.record_failure(task.key, task.digest, f"its worker died {tries} times")
        return Done(batch.name, batch.counts, len(batch.tasks) - len(lacking), len(lacking), not lacking)
    assert isinstance(done, Done)
    return done
