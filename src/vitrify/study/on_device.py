"""Glasses of a study made many at once on a GPU, by work units of their own; what they leave is made on the CPU after
them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from vitrify.backends.choose import gpu
from vitrify.batch import row_width
from vitrify.campaign import Store, Task, WorkUnit
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.preparation import prepare_glasses

from . import work
from .observable import Measured
from .observables import OBSERVABLES
from .spec import EnsembleSpec

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

AT_ONCE = 1000  # glasses of a unit: minutes of a GPU
FRACTION = 0.7  # of the free memory that a unit may take
RECORDS, REST = 16, 170  # arrays of 32 bytes a particle (seven of them for sorting), and bytes of all others


def with_gpu(units: Iterable[WorkUnit]) -> list[WorkUnit]:
    """The same work, where work units for a GPU make many glasses at once, with their moduli and modes; what they leave
    comes after them."""
    everything = list(units)
    made = [unit for unit in everything if unit.tasks[0].function is work.glass_task]
    on_gpu = [
        _together(part) for _, group in groupby(sorted(made, key=_folder), key=_folder) for part in _chunks(list(group))
    ]
    keys = {unit.key for unit in made}
    rest = [replace(x, after=(*x.after, x.key)) if x.key in keys else x for x in everything]
    first = [x for x in rest if not x.counts]
    return [*first, *on_gpu, *(x for x in rest if x.counts)]


def make_in_step(store: Store, tasks: list[Task], machine: Gpu | None = None) -> None:
    """Make and publish the glasses of these tasks, all of one folder, together with the observables that are measured of
    many at once. A glass that fails is recorded as failed.

    machine: by default the GPU of this process."""
    used = machine or gpu()
    glasses = [task for task in tasks if task.function is work.glass_task]
    wanted = [task for task in tasks if task.function is work.observable_task]
    for part in _parts(glasses, used) if glasses else ():
        with np.errstate(all="ignore"):  # where kernels are simulated, integers wrap and padding divides by zero as meant
            made = _make(part, store, used)
            for name in (x.name for x in OBSERVABLES.values() if x.many_at_once):
                _measure([task for task in wanted if task.arguments[0].name == name], made, store, used)


def samples_at_once(spec: EnsembleSpec, free: int) -> int:
    """Number of samples of this ensemble that fit into so many bytes, at least one."""
    width = row_width(spec.parsed_model, spec.density, dimension=spec.dimension)
    return max(int(FRACTION * free / (spec.n_particles * (32 * RECORDS + REST + 4 * width))), 1)


def _chunks(units: list[WorkUnit]) -> list[list[WorkUnit]]:
    return [units[k : k + AT_ONCE] for k in range(0, len(units), AT_ONCE)]


def _folder(unit: WorkUnit) -> str:
    return unit.key.rsplit("/", 1)[0]


def _together(units: list[WorkUnit]) -> WorkUnit:
    tasks = [unit.tasks[0] for unit in units]
    tasks += [task for unit in units for task in unit.tasks if _is_measured(task)]
    name, after = f"{units[0].name} on a GPU", units[0].after
    return WorkUnit(name, tuple(tasks), after, counts=0, resources={"GPU": 1}, together=make_in_step)


def _parts(tasks: list[Task], machine: Gpu) -> Iterator[list[Task]]:
    size = samples_at_once(tasks[0].arguments[0], machine.free_memory())
    for first in range(0, len(tasks), size):
        yield tasks[first : first + size]


def _is_measured(task: Task) -> bool:
    return task.function is work.observable_task and task.arguments[0].observable.many_at_once


def _make(tasks: list[Task], store: Store, machine: Gpu) -> dict[str, Glass]:
    """Make the glasses. Returns those that could be made, by key."""
    spec, seed, _, temperature_key = tasks[0].arguments
    made = prepare_glasses(
        spec.parsed_model,
        n_particles=spec.n_particles,
        density=spec.density,
        parent_temperature=work.temperature_of(store, spec, temperature_key),
        rngs=[work.generator(seed, spec.name, work.SAMPLE, task.arguments[2]) for task in tasks],
        dimension=spec.dimension,
        recipe=spec.recipe,
        machine=machine,
    )
    published = zip(tasks, made, strict=True)
    return {t.key: x for t, x in published if _publish(t, x, store) and isinstance(x, Glass)}


def _measure(tasks: list[Task], made: dict[str, Glass], store: Store, machine: Gpu) -> None:
    """Measure one observable on those glasses for which it is wanted. A measurement that fails is left to the engine, which
    repeats and records it."""
    wanted = [task for task in tasks if task.needs[0] in made]
    if not wanted:
        return
    observable, glasses = wanted[0].arguments[0], [made[task.needs[0]] for task in wanted]
    found = observable.observable.measure_many(glasses, machine)
    for task, glass, measured in zip(wanted, glasses, found, strict=True):
        if isinstance(measured, Measured):
            sealed = replace(work.measured_result(measured), made_from=work.glass_checksum(work.glass_result(glass)))
            store.publish(task.key, task.digest, sealed)


def _publish(task: Task, glass: Glass | SampleFailure, store: Store) -> bool:
    if isinstance(glass, SampleFailure):
        store.record_failure(task.key, task.digest, str(glass))
        return False
    store.publish(task.key, task.digest, work.glass_result(glass))
    return True
