"""One large glass on one core and on two: molecular dynamics and lists of 256,000 particles, kernel by kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

import vitrify.backends
from vitrify.preparation.liquid import advance, set_velocities, time_step
from vitrify.preparation.samples import Samples

from .systems import PSS, liquid
from .table import Row

STEPS, REPEATS = 60, 3


def rows(*, quick: bool) -> Iterator[Row]:
    """Seconds of as many steps with one thread and with two, in one process, in turn."""
    size = 32_000 if quick else 256_000
    liquid(PSS.of_size(4000))
    command = [sys.executable, "-m", "benchmarks.threads", "2" if quick else "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    for what, (one, two) in found.items():
        yield Row(
            work=f"{what} with two threads, {PSS.of_size(size)}", ours=two, peer="vitrify, one thread", theirs=one,
            note=f"{STEPS} steps, lists included" if what == "MD" else "one list",
        )  # fmt: skip


def main(copies: str) -> None:
    """Medians over turns, as JSON."""
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
    batch = liquid(PSS.of_size(4000)).replicated(int(copies)).batch()
    samples, step = Samples(batch), time_step(PSS.model, PSS.temperature)
    set_velocities(samples, PSS.temperature, [np.random.default_rng(1)])
    batch.rebuild(0)

    def spent(threads: int, what: str) -> float:
        vitrify.backends.set_threads(threads)
        started = time.perf_counter()
        if what == "MD":
            advance(samples, steps=STEPS, time_step=step, temperature=PSS.temperature)
        else:
            batch.rebuild(0)
        return time.perf_counter() - started

    spent(2, "MD")  # compiles
    turns = {what: [[spent(n, what) for n in (1, 2)] for _ in range(REPEATS)] for what in ("MD", "neighbour list")}
    print(json.dumps({what: np.median(found, axis=0).tolist() for what, found in turns.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
