"""Glasses of a study made many at once on a GPU, before the engine makes what remains on the CPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from vitrify.batch import row_width
from vitrify.campaign import Batch, Progress, Result, Store, Task
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.observables.in_step import moduli_in_step
from vitrify.preparation import make_glasses

from . import work
from .seeds import generator
from .spec import EnsembleSpec

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

FRACTION = 0.7  # of the free memory that a batch may take
RECORDS, REST = 11, 120  # arrays of 32 bytes a particle (one of them while sorting), and bytes of all others


def make_on_device(batches: Iterable[Batch], store: Store, machine: Gpu, progress: Progress) -> int:
    """Make and publish every missing glass of these batches that a GPU can make, and its moduli; the number made.

    Needs the parent temperatures in the store. A glass that fails is recorded; those with another minimiser than conjugate
    gradients are left to the engine."""
    tasks = [task for batch in batches for task in batch.tasks]
    missing = [task for task in tasks if _is_missing_glass(task, store)]
    elastic = {task.needs[0]: task for task in tasks if _is_elasticity(task)}  # by the key of the glass
    progress.start(len(missing), 0)
    made = 0
    try:
        for _, group in groupby(sorted(missing, key=_folder), key=_folder):
            for part in _parts(list(group), machine):
                done = _make(part, elastic, store, machine)
                made += done
                progress.step(part[0].arguments[0].name, made=done, failed=len(part) - done)
    finally:
        progress.stop()
    return made


def samples_at_once(spec: EnsembleSpec, free: int) -> int:
    """How many samples of this ensemble fit into so many bytes; at least one."""
    width = row_width(spec.parsed_model, spec.density)
    return max(int(FRACTION * free / (spec.n_particles * (32 * RECORDS + REST + 4 * width))), 1)


def _is_missing_glass(task: Task, store: Store) -> bool:
    if task.function is not work.glass_task or task.arguments[0].minimiser != "cg":
        return False
    ready = all(store.has(key) for key in task.needs)
    return ready and store.failure(task.key) is None and not store.verified(task.key, task.digest)


def _folder(task: Task) -> str:
    return task.key.rsplit("/", 1)[0]


def _parts(tasks: list[Task], machine: Gpu) -> Iterator[list[Task]]:
    size = samples_at_once(tasks[0].arguments[0], machine.free_memory())
    for first in range(0, len(tasks), size):
        yield tasks[first : first + size]


def _is_elasticity(task: Task) -> bool:
    return task.function is work.observable_task and task.arguments[0].name == "elasticity"


def _make(tasks: list[Task], elastic: dict[str, Task], store: Store, machine: Gpu) -> int:
    spec, seed, _, temperature_key = tasks[0].arguments
    with np.errstate(all="ignore"):  # where the kernels are simulated, integers wrap and padding divides by zero as meant
        made = make_glasses(
            spec.parsed_model,
            n_particles=spec.n_particles,
            density=spec.density,
            parent_temperature=work.temperature_of(store, spec, temperature_key),
            rngs=[generator(seed, spec.name, "sample", task.arguments[2]) for task in tasks],
            recipe=spec.recipe,
            machine=machine,
        )
        sound = [(t, glass) for t, glass in zip(tasks, made, strict=True) if _publish(t, glass, store)]
        wanted = [(elastic[t.key], glass) for t, glass in sound if t.key in elastic and isinstance(glass, Glass)]
        for task, found in zip(wanted, moduli_in_step([glass for _, glass in wanted], machine), strict=True):
            if isinstance(found, dict) and found["is_minimum"]:  # what fails is measured again, and recorded, by the engine
                store.publish(task[0].key, task[0].digest, Result(dict(found)))
    return len(sound)


def _publish(task: Task, glass: Glass | SampleFailure, store: Store) -> bool:
    if isinstance(glass, SampleFailure):
        store.record_failure(task.key, task.digest, str(glass))
        return False
    store.publish(task.key, task.digest, work.glass_result(glass))
    return True
