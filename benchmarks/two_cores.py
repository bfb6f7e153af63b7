"""Two processes at once on two cores against one alone: what is lost to shared memory and caches."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from .systems import PSS
from .table import Row
from .whole_chain import one

REPEATS = 3


def rows(*, quick: bool) -> Iterator[Row]:
    """Efficiency = throughput of two / twice the throughput of one."""
    cores = sorted(every_core())[:2]
    if len(cores) < 2:
        yield Row(work="two processes on two cores", at_least=0.9, unit="", note="this machine has one core")
        return
    glasses = 1 if quick else 3
    alone, together = [], []
    for _ in range(1 if quick else REPEATS):
        alone.append(_seconds(cores[-1:], glasses))
        together.append(_seconds(cores, glasses))
    share = float(np.median(alone) / np.median(together))
    note = f"{glasses} glasses a process: {np.median(alone):.2f} s alone, {np.median(together):.2f} s side by side"
    yield Row(work=f"efficiency of two cores, whole chain, {PSS}", ours=share, unit="", at_least=0.9, note=note)


def every_core() -> set[int]:
    """Free this process from the core that its case is pinned to; all cores that there are."""
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
    return os.sched_getaffinity(0)


def _seconds(cores: list[int], glasses: int) -> float:
    """Mean seconds of the processes, each timing itself once all have warmed up."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.two_cores", str(core), str(glasses)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for core in cores
    ]  # fmt: skip
    for process in processes:
        process.stdout.readline()  # type: ignore[union-attr]  # it is warm
    for process in processes:
        process.stdin.write("go\n")  # type: ignore[union-attr]  # a pipe, as was asked for
        process.stdin.flush()  # type: ignore[union-attr]  # a pipe, as was asked for
    return float(np.mean([float(process.communicate()[0]) for process in processes]))


def main(core: str, glasses: str) -> None:
    """One process: warm up, wait for the word, make and measure glasses."""
    os.sched_setaffinity(0, {int(core)})
    one(PSS, 0)
    print("warm", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    for seed in range(1, int(glasses) + 1):
        one(PSS, seed)
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
