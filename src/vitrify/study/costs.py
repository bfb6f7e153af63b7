"""What a study will cost: tasks, core-hours and disk by ensemble, group and product, before the work.

Seconds are those of the store's own log where it knows a product, else those of the table that comes with the package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import TYPE_CHECKING

from vitrify.campaign import Store
from vitrify.errors import UsageError
from vitrify.options import code_of
from vitrify.recipe import LEAST_STEPS, Recipe, Step

from .cost_table import CostTable, Former, cost_table
from .counting import Held, held
from .folders import GLASS, PILOTS, Product, products
from .spec import EnsembleSpec, StudySpec
from .spent import Spent, spent_by_folder

if TYPE_CHECKING:
    from .spent import Log

BLOCK = 4096  # bytes; a file takes whole blocks of the disk
FILES = 20  # of a folder, whose mean size stands for the rest
LOG, MEASURED = "log", "table"  # where seconds come from; a guess names the glass former that stands in
UNKNOWN = "unknown"  # an observable that nobody has measured yet


@dataclass(frozen=True, slots=True)
class Cost:
    """One product of one group of glasses: what is asked for, what is missing, and what one task takes."""

    ensemble: str
    product: str  # "parent_temperature", "glass" or an observable
    n_particles: int  # of a glass; of a pilot for the parent temperature
    tasks: int
    missing: int  # neither finished nor failed for good
    seconds: float | None  # of one task on one core; None where it is not known yet
    file_size: float | None  # bytes on the disk, one file; None where it is not known yet
    source: str  # of the seconds: "log", "table", the glass former that they are guessed from, or "unknown"

    @property
    def core_hours(self) -> float | None:
        """Of all that is missing; None where that is not known yet."""
        seconds = _of_all(self.missing, self.seconds)
        return None if seconds is None else seconds / 3600.0

    @property
    def disk(self) -> float | None:
        """Bytes that what is missing will take; None where that is not known yet."""
        return _of_all(self.missing, self.file_size)


def costs(
    study: StudySpec,
    *,
    store: Store | None = None,
    log: Log | None = None,
    samples: int | None = None,
    ensemble: str | None = None,
) -> list[Cost]:
    """A line for each product of each group, in the order of the study; samples and ensemble as for `plan`.

    store: what it holds is not missing, and its files tell their sizes; log: its log, as `read_log` or `read_columns` reads
    it. Raises UsageError for an unknown ensemble."""
    limited = study.chosen(samples=samples, ensemble=ensemble)
    logged = {} if log is None else spent_by_folder(log)
    return [_cost(product, store, logged) for spec in limited for product in products(study, spec)]


def by_product(found: Iterable[Cost]) -> dict[str, float]:
    """Core-hours of what is missing by product, of all ensembles and sizes; what is not known yet counts nothing."""
    hours: dict[str, float] = defaultdict(float)
    for x in found:
        hours[x.product] += x.core_hours or 0.0
    return dict(hours)


def wall_hours(found: Iterable[Cost], cores: int) -> float:
    """Hours on so many cores: all core-hours shared out, but no less than the longest sample after its pilots, as one core
    does a sample and all its observables. What is not known yet counts nothing."""
    missing = [x for x in found if x.missing]
    pilots = {x.ensemble: x.seconds or 0.0 for x in missing if x.product == PILOTS}
    samples: dict[tuple[str, int], float] = defaultdict(float)
    for x in missing:
        if x.product != PILOTS:
            samples[x.ensemble, x.n_particles] += x.seconds or 0.0
    chains = [*pilots.values(), *(pilots.get(name, 0.0) + spent for (name, _), spent in samples.items())]
    return max(sum(x.core_hours or 0.0 for x in missing) / cores, max(chains, default=0.0) / 3600.0)


def task_seconds(product: Product, logged: Spent | None) -> tuple[float | None, str]:
    """Seconds of one task on one core, and where they are known from: the log where it has any, else the table. None where
    it is not known yet."""
    if logged is not None:
        return logged.seconds, LOG
    seconds, source = _in_table(product)
    return seconds, source if seconds is not None else UNKNOWN


def _of_all(missing: int, each: float | None) -> float | None:
    if not missing:
        return 0.0
    return None if each is None else missing * each


def _cost(product: Product, store: Store | None, logged: dict[str, Spent]) -> Cost:
    seconds, source = task_seconds(product, logged.get(product.folder))
    missing, size = product.tasks, _size_in_table(product)
    if store is not None:
        there = held(product, store)
        missing, size = there.missing, _size_in_store(store, there)
    return Cost(product.group.name, product.name, product.n_particles, product.tasks, missing, seconds, size, source)


def _size_in_store(store: Store, there: Held) -> float | None:
    """Mean over some files spread over all; by the table where there is none."""
    chosen = sorted(there.done)[:: max(ceil(len(there.done) / FILES), 1)]
    lengths: list[int] = []
    for name in chosen:
        with suppress(FileNotFoundError):  # set aside or removed meanwhile
            lengths.append(store.path(f"{there.product.folder}/{name}").stat().st_size)
    return sum(map(_whole_blocks, lengths)) / len(lengths) if lengths else _size_in_table(there.product)


def _size_in_table(product: Product) -> float | None:
    length = cost_table().size(product.name, product.n_particles)
    if length is None:
        return None
    return _whole_blocks(length + (product.observable.observable.more_bytes if product.observable else 0.0))


def _whole_blocks(length: float) -> float:
    return BLOCK * float(ceil(length / BLOCK))


def _in_table(product: Product) -> tuple[float | None, str]:
    """Seconds of one task by the table, and what they are known from."""
    table, spec, n = cost_table(), product.group, product.n_particles
    former, known = table.former(spec.parsed_model, spec.density, spec.dimension)
    source = MEASURED if known else former.name
    if product.name == PILOTS:
        return _pilots(table, former, spec, n), source
    if product.name == GLASS:
        return _glass(table, former, spec, n), source
    assert product.observable is not None
    each = table.stage(former, product.name, n)
    return (None if each is None else product.observable.observable.parts * each), source


def _pilots(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    """One glass quenched from random positions, then rounds of pilots, each with its moduli."""
    moduli, spec = _stage(table, former, "elasticity", n), replace(spec, preparation=())
    pilot = _glass(table, former, spec, n) + moduli
    return _quench(table, former, spec, n) + moduli + table.pilot_rounds * spec.n_pilots * pilot


def _glass(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    """A liquid runs until its particles have moved by melt_msd, so its steps are in proportion, above a least number."""
    steps = former.liquid_steps[table.start("liquid", n)]
    between = sum(_steps_of(x) for x in spec.recipe.between)
    share = (max(steps * spec.melt_msd / Recipe().melt_msd, float(LEAST_STEPS)) + between) / steps
    return share * _stage(table, former, "liquid", n) + _quench(table, former, spec, n)


def _steps_of(step: Step) -> float:
    """Steps of molecular dynamics of a step; none where a plugin does not tell."""
    with code_of(type(step), f"molecular_dynamics of step {step.name}", raising=UsageError, passing=()):
        number = float(step.molecular_dynamics)
        if not 0.0 <= number < inf:
            raise ValueError(f"it is {number}, must be a number of steps")
    return number


def _quench(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    return _stage(table, former, "quench", n) * (table.fire_over_cg if spec.minimiser == "fire" else 1.0)


def _stage(table: CostTable, former: Former, stage: str, n: int) -> float:
    """Of what every glass takes, which the table always has."""
    seconds = table.stage(former, stage, n)
    assert seconds is not None
    return seconds
