"""Number of Slurm jobs: as many as there is work for, within the limits; those that were lost are replaced.

Measured with Dask's own `adapt()` (dask-jobqueue 0.9): it waits for ever where a job of several processes is cancelled,
where a job is cancelled before it starts, and where one sbatch fails. So the queue itself is asked.
"""

from __future__ import annotations

import asyncio
import os
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from distributed import Client, Future
from distributed.core import Status
from distributed.deploy.adaptive import Adaptive

JOB_NAME = "vitrify"
QUEUE_SECONDS = 20.0  # between looks at the queue: a campaign is one of many users that ask slurmctld
SOON_SECONDS = 4.0  # the same, while a job has lost its workers and is about to leave the queue
IDLE_SECONDS = 60.0  # a job without work is kept so long, because its turn in the queue was waited for
BARREN_JOBS = 6  # that ended before a worker of theirs came up, while no job works: it is not the nodes
UNFINISHED = ("waiting", "queued", "no-worker", "processing")  # states of a Dask task
LEAVING = ("CG", "CD", "CA", "F", "TO", "NF", "BF", "OOM")  # states of a Slurm job whose processes are over


class Jobs(Adaptive):
    """Adaptive number of jobs, which `cluster.adapt` asks for every second.

    client: of the cluster. processes: of a job. logs: folder of the jobs' outputs, named by their numbers."""

    cluster: Any

    def __init__(
        self, *arguments: Any, client: Client, processes: int, logs: Path, queue_seconds: float, **rest: Any
    ) -> None:
        self.client, self.processes, self.logs, self.queue_seconds = client, processes, logs, queue_seconds
        self.verdict: str | None = None  # why there is no point in going on
        self._came_up: set[str] = set()  # jobs that have had a worker
        self._idle_since: dict[str, float] = {}
        self._barren = 0
        self._next_look = time.monotonic() + queue_seconds
        super().__init__(*arguments, **rest)

    async def adapt(self) -> None:
        """Look at work and jobs, submit and cancel; one at a time."""
        if self._adapting or self.verdict:
            return
        self._adapting = True
        try:
            self._note_workers()
            if time.monotonic() > self._next_look:
                self._next_look = time.monotonic() + self.queue_seconds
                await self._forget_the_lost()
            await self._submit_and_cancel()
        finally:
            self._adapting = False

    async def _submit_and_cancel(self) -> None:
        """Submit and cancel jobs. Each bundle wants a worker: Dask's own targets come from guessed durations, and close
        workers that are at work."""
        unfinished = sum(x.state in UNFINISHED for x in self.cluster.scheduler.tasks.values())
        wanted = int(min(max(unfinished, self.minimum), self.maximum))
        there = len(self.cluster.worker_spec) * self.processes
        if wanted > there:
            self.cluster.scale(wanted)
        else:
            await self.scale_down(self._long_idle((there - wanted) // self.processes))
        with suppress(RuntimeError):  # of a failed sbatch, which is tried again at the next look at the queue
            await self.cluster

    def _note_workers(self) -> None:
        """Note which jobs have workers, and which of those are at work; where one lost its own, the queue is looked at
        soon."""
        jobs, now = self.cluster.worker_spec, time.monotonic()
        up = {_job_of(x.name, jobs) for x in self._workers()}
        busy = {_job_of(x.name, jobs) for x in self._workers() if x.processing}
        if up - self._came_up:
            self._barren = 0
        if (self._came_up - up) & set(jobs):
            self._next_look = min(self._next_look, now + SOON_SECONDS)
        self._came_up = (self._came_up | up) & set(jobs)
        self._idle_since = {x: self._idle_since.get(x, now) for x in jobs if x not in busy}

    def _long_idle(self, at_most: int) -> list[str]:
        """Jobs that have had nothing to do, or have waited in the queue for work that others did."""
        since = time.monotonic() - IDLE_SECONDS
        return [x for x, began in self._idle_since.items() if began < since][:at_most]

    async def _forget_the_lost(self) -> None:
        """Drop jobs that have left the queue, or never got there; what they leave to do is submitted anew."""
        submitted = {name: job.job_id for name, job in self.cluster.workers.items()}  # before the queue is read
        present = await _queue()
        if present is None:
            return  # slurmctld does not answer: nothing is known
        for name, number in submitted.items():
            job = self.cluster.workers.get(name)
            if number not in present and job is not None and job.job_id == number:
                job.status = Status.closed
                del self.cluster.workers[name]
                self.cluster.worker_spec.pop(name, None)
                await self._judge(name, number)
                self._came_up.discard(name)  # the next job may have its name

    async def _judge(self, name: str, number: str | None) -> None:
        """Cancel all work where job after job starts and ends without a worker: the next job would do the same."""
        log = self.logs / f"{JOB_NAME}-{number}.err"
        if name in self._came_up or not log.exists():  # it has worked, or has never started
            return
        self._barren += 1
        if self._barren >= BARREN_JOBS and not self._workers():
            self.verdict = f"{self._barren} Slurm jobs in a row ended before a worker came up; {_last_words(log)}"
            await self.client.cancel([Future(x, client=self.client) for x in self.client.futures], asynchronous=True)

    def _workers(self) -> list[Any]:
        return list(self.cluster.scheduler.workers.values())


async def _queue() -> set[str] | None:
    """Numbers of this user's jobs that wait or run; None where Slurm does not tell."""
    command = ["squeue", "--noheader", "--user", str(os.getuid()), "--format=%A %t"]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL)
    output, _ = await process.communicate()
    if process.returncode:
        return None
    jobs = (line.split() for line in output.decode().splitlines())
    return {number for number, state in jobs if state not in LEAVING}


def _job_of(worker: str, jobs: Iterable[str]) -> str:
    """Name of a worker's job: Dask names the workers of a job of several processes <job>-0, <job>-1 and so on."""
    return worker if worker in jobs else worker.rpartition("-")[0]


def _last_words(log: Path) -> str:
    lines = [x.strip() for x in log.read_text(errors="replace").splitlines() if x.strip()]
    return f"the last said {lines[-1]!r} in {log}" if lines else f"the last said nothing in {log}"
