"""Dask cluster whose workers are Slurm jobs.

Durability never rests on it, as in dask_executor.py: what is published is done, whatever becomes of a job or of the driver.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import psutil
from distributed import Client
from distributed.security import Security

from vitrify.errors import EngineLost, UsageError, check

from .alive import process_space
from .slurm_file import SlurmSpec, read_slurm
from .slurm_jobs import JOB_NAME, QUEUE_SECONDS, Jobs
from .slurm_leaving import DeafNanny, Leaving

__all__ = ["SlurmSpec", "read_slurm", "slurm_cluster"]

DEATH_SECONDS = 60  # a worker that finds no scheduler, or loses it, is gone after it
MARGIN_SECONDS = 300
CERTIFICATES = ".certificates-"  # a hidden folder of the store, while a driver lives
SETTINGS: dict[str, Any] = {
    "distributed.comm.timeouts.connect": "60s",
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.worker-saturation": 1.0,  # nothing waits on a worker, to be blamed for its death
}


@contextmanager
def slurm_cluster(
    spec: SlurmSpec,
    directory: Path,
    *,
    environment: Mapping[str, str],
    death_seconds: int = DEATH_SECONDS,
    queue_seconds: float = QUEUE_SECONDS,
) -> Iterator[Client]:
    """Start a scheduler in this process and yield its client, whose workers are Slurm jobs; they are cancelled when the
    context ends.

    directory: of the store, on a file system that the nodes share; logs and certificates go there. environment: of the
    workers, beyond the one that sbatch passes on. Raises UsageError where Slurm is not there, or refuses the jobs, or they
    all end before a worker comes up."""
    place = directory.resolve()
    check(len(str(place).split()) == 1, "--slurm", "store", str(place), "a path without spaces: job scripts name it")
    logs = Path(spec.log_directory or place / "log" / "slurm").resolve()
    jobqueue_cluster = _jobqueue_cluster()
    _check_interface(spec.interface)
    with (
        dask.config.set(SETTINGS),
        _certificates(place, spec.tls) as tls,
        jobqueue_cluster(**_job(spec, logs, environment, death_seconds), **tls) as cluster,
        Client(cluster) as client,
    ):
        _try_out(cluster.job_script(), place)
        client.register_plugin(DeafNanny())
        client.register_plugin(Leaving(spec.seconds - _margin(spec)))
        limits = {"minimum_jobs": spec.minimum_jobs, "maximum_jobs": spec.maximum_jobs}
        watch = {"client": client, "processes": spec.cores, "logs": logs, "queue_seconds": queue_seconds}
        jobs = cluster.adapt(Adaptive=Jobs, interval="1s", **limits, **watch)
        try:
            yield client
        except (EngineLost, CancelledError, OSError):  # work that was cancelled; why, the jobs know
            if jobs.verdict is None:
                raise
            raise UsageError(jobs.verdict) from None


def _jobqueue_cluster() -> Any:
    ctrl_c = signal.getsignal(signal.SIGINT)
    try:
        from dask_jobqueue.slurm import SLURMCluster
    except ImportError:
        raise UsageError('--slurm needs dask-jobqueue: pip install ".[cluster]"') from None
    signal.signal(signal.SIGINT, ctrl_c)  # its import makes Ctrl-C an exit with code 0 (dask-jobqueue 0.9, runner.py)
    if shutil.which("sbatch") is None:
        raise UsageError("--slurm needs Slurm's commands, and there is no sbatch on the PATH of this machine")
    return SLURMCluster


def _check_interface(interface: str | None) -> None:
    names = [name for _, name in socket.if_nameindex()]
    check(interface is None or interface in names, "[slurm]", "interface", interface, f"one of {', '.join(names)}")


def _job(spec: SlurmSpec, logs: Path, environment: Mapping[str, str], death_seconds: int) -> dict[str, Any]:
    """Arguments of SLURMCluster: a job of one-threaded worker processes under nannies."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    return {
        "queue": spec.partition,
        "account": spec.account,
        "walltime": spec.walltime,
        "cores": spec.cores,
        "processes": spec.cores,
        "memory": spec.memory,
        "job_name": JOB_NAME,
        "interface": spec.interface,
        "log_directory": str(logs),
        "death_timeout": death_seconds,
        # the job's shell becomes Dask's: a signal that ends the shell alone would leave workers behind
        "python": f"exec {shlex.quote(spec.python or sys.executable)}",
        "job_extra_directives": _directives(spec),
        "job_script_prologue": [*spec.prologue, *exports],  # the exports last: a module may set threads of its own
        "worker_extra_args": _worker_arguments(spec),
        "scheduler_options": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},  # some port is opened all the same
        "silence_logs": 50,
    }


def _directives(spec: SlurmSpec) -> list[str]:
    gpus = [f"--gres=gpu:{spec.gpus}"] if spec.gpus else []
    # requeued by Slurm as well as submitted anew by us, a lost job would come twice
    return ["--no-requeue", *gpus, *spec.directives]


def _worker_arguments(spec: SlurmSpec) -> list[str]:
    # after it even a unit in hand is left to others, while there is time to tell them
    lifetime = ["--lifetime", f"{spec.seconds - _margin(spec) // 5}s"]
    gpus = ["--resources", f"GPU={spec.gpus}"] if spec.gpus else []
    # the last limit counts: Slurm itself holds the memory, and a nanny that kills or pauses would do so sooner
    return ["--no-dashboard", "--memory-limit", "0", *lifetime, *gpus]


def _margin(spec: SlurmSpec) -> int:
    """Seconds before the end of a job from which its workers take no more units."""
    return min(MARGIN_SECONDS, spec.seconds // 10)


@contextmanager
def _certificates(place: Path, tls: bool) -> Iterator[dict[str, Any]]:
    """Keys that live as long as the driver, in a folder that only this user reads; what a dead driver left is removed."""
    if not tls:
        yield {}
        return
    try:
        security = Security.temporary()
    except ImportError:
        raise UsageError('tls needs cryptography: pip install ".[cluster]", or tls = false in [slurm]') from None
    space = hashlib.sha256(process_space().encode()).hexdigest()[:8]  # where a process number tells who is alive
    prefix = f"{CERTIFICATES}{socket.gethostname()}-{space}-"
    for left in place.glob(f"{prefix}*"):
        pid = left.name.removeprefix(prefix).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-", dir=place) as folder:
        for name in ("tls_ca_file", "tls_worker_cert", "tls_worker_key"):
            file = Path(folder, name)
            file.write_text(getattr(security, name))
            setattr(security, name, str(file))
        yield {"security": security, "protocol": "tls://"}


def _try_out(script: str, place: Path) -> None:
    """Ask Slurm whether it takes such a job: a wrong account is told now, and not by a queue that stays empty."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        tried = subprocess.run(["sbatch", "--test-only", file.name], capture_output=True, text=True, cwd=place)
    if tried.returncode:
        words = tried.stderr.strip().splitlines() or ["it says nothing"]
        raise UsageError(f"Slurm refuses the jobs: {words[-1].removeprefix('sbatch: error: ')}")
