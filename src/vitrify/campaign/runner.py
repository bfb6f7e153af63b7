"""Running a campaign: see what is missing, make it, publish it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

from vitrify.errors import BrokenFile, SampleFailure, UsageError

from .progress import Progress
from .store import Store
from .task import Batch, Task


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one batch; a few bytes, so that an engine has nothing to lose."""

    name: str
    counts: int
    made: int  # tasks
    failed: int
    sound: bool  # every task of it has its result


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, in samples."""

    made: int
    failed: int
    present: int
    seconds: float

    def sentence(self) -> str:
        """For a person."""
        minutes, seconds = divmod(round(self.seconds), 60)
        spent = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        there = f", {self.present} were there already" if self.present else ""
        failed = f", {self.failed} failed (set aside with their reasons)" if self.failed else ""
        return f"{self.made} samples made{failed}{there}, in {spent}"


def run(
    batches: Iterable[Batch],
    store: Store,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    retry_failed: bool = False,
) -> Outcome:
    """Make what the batches ask for and the store lacks; safe to stop and to repeat.

    workers: processes, one a core unless given; 1 works in this process. Raises UsageError where the store can no longer
    be written, KeyboardInterrupt after Ctrl-C."""
    started, shown = time.monotonic(), progress or Progress(visible=False)
    everything = list(batches)
    missing = [x for x in everything if not _is_finished(x, store, retry_failed)]
    present = sum(x.counts for x in everything) - sum(x.counts for x in missing)
    made = failed = 0
    shown.start(sum(x.counts for x in everything), present)
    try:
        for done in _engine(missing, store, workers or usable_cores()):
            made += done.counts if done.sound else 0
            failed += 0 if done.sound else done.counts
            shown.step(done.name, made=done.counts if done.sound else 0, failed=0 if done.sound else done.counts)
    finally:
        shown.stop()
    return Outcome(made, failed, present, time.monotonic() - started)


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run_batch(batch: Batch, directory: str) -> Done:
    """Do what is missing of one batch; runs in a worker. A task that fails is recorded, and so are those that need it."""
    store = Store(directory)
    made = failed = 0
    for task in batch.tasks:
        if store.verified(task.key, task.digest):
            continue
        reason = _failed_need(task, store) or _attempt(task, store)
        if reason is None:
            made += 1
        else:
            failed += 1
            store.record_failure(task.key, task.digest, reason)
    return Done(batch.name, batch.counts, made, failed, failed == 0)


def _is_finished(batch: Batch, store: Store, retry_failed: bool) -> bool:
    """Every task has a sound result, or is known to fail and not to be tried again."""
    finished = True
    for task in batch.tasks:
        failure = store.failure(task.key)
        if failure and retry_failed:
            store.clear_failure(task.key)
        if not store.verified(task.key, task.digest) and (failure is None or retry_failed):
            finished = False
    return finished


def _engine(missing: list[Batch], store: Store, workers: int) -> Iterable[Done]:
    if workers > 1 and len(missing) > 1:
        from .dask_engine import run_on_local_cluster  # the engine takes half a second to import

        return run_on_local_cluster(missing, store, min(workers, len(missing)))
    return (run_batch(batch, str(store.directory)) for batch in missing)


def _failed_need(task: Task, store: Store) -> str | None:
    for key in task.needs:
        if not store.has(key):
            failure = store.failure(key)
            return f"because {key} failed: {failure.reason}" if failure else f"because {key} is missing"
    return None


def _attempt(task: Task, store: Store) -> str | None:
    """Run and publish one task; the reason where it failed."""
    try:
        store.publish(task.key, task.digest, task.function(store, *task.arguments))
    except UsageError:
        raise
    except (SampleFailure, BrokenFile) as error:
        return str(error)
    except Exception as error:  # a defect in one sample must not stop a campaign of thousands
        return f"{type(error).__name__}: {error}"
    store.clear_failure(task.key)
    return None
