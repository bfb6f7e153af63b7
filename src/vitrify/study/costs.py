"""What a study will cost: tasks, core-hours and disk by ensemble, group and product, before the work.

Seconds are those of the store's own log where it knows a product, else those of the table that comes with the package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from vitrify.campaign import Store
from vitrify.preparation import Recipe
from vitrify.preparation.liquid import LEAST_STEPS
from vitrify.statics.linear_solvers.response import ALWAYS_FACTORED, DENSEST_FACTORED, LARGEST_FACTORED

from .cost_table import CostTable, Former, cost_table
from .counting import Held, held
from .folders import GLASS, PILOTS, Product, products
from .spec import EnsembleSpec, StudySpec
from .spent import Spent, spent_by_folder

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 4096  # bytes; a file takes whole blocks of the disk
FILES = 20  # of a folder, whose mean size stands for the rest
LOG, MEASURED = "log", "table"  # where seconds come from; a guess names the glass former that stands in


@dataclass(frozen=True, slots=True)
class Cost:
    """One product of one group of glasses: what is asked for, what is missing, and what one task takes."""

    ensemble: str
    product: str  # "parent_temperature", "glass" or an observable
    n_particles: int  # of a glass; of a pilot for the parent temperature
    tasks: int
    missing: int  # neither finished nor failed for good
    seconds: float  # of one task on one core
    file_size: float  # bytes on the disk, one file
    source: str  # of the seconds: "log", "table", or the glass former that they are guessed from

    @property
    def core_hours(self) -> float:
        """Of all that is missing."""
        return self.missing * self.seconds / 3600.0

    @property
    def disk(self) -> float:
        """Bytes that what is missing will take."""
        return self.missing * self.file_size


def costs(
    study: StudySpec,
    *,
    store: Store | None = None,
    log: pd.DataFrame | None = None,
    samples: int | None = None,
    ensemble: str | None = None,
) -> list[Cost]:
    """A line for each product of each group, in the order of the study; samples and ensemble as for `plan`.

    store: what it holds is not missing, and its files tell their sizes; log: its log, as `read_log` reads it. Raises
    UsageError for an unknown ensemble."""
    limited = study.chosen(samples=samples, ensemble=ensemble)
    logged = {} if log is None else spent_by_folder(log)
    return [_cost(product, store, logged) for spec in limited for product in products(study, spec)]


def wall_hours(found: Iterable[Cost], cores: int) -> float:
    """Hours on so many cores: all core-hours shared out, but no less than the longest sample after its pilots, as one core
    does a sample and all its observables."""
    missing = [x for x in found if x.missing]
    pilots = {x.ensemble: x.seconds for x in missing if x.product == PILOTS}
    samples: dict[tuple[str, int], float] = defaultdict(float)
    for x in missing:
        if x.product != PILOTS:
            samples[x.ensemble, x.n_particles] += x.seconds
    chains = [*pilots.values(), *(pilots.get(name, 0.0) + spent for (name, _), spent in samples.items())]
    return max(sum(x.core_hours for x in missing) / cores, max(chains, default=0.0) / 3600.0)


def _cost(product: Product, store: Store | None, logged: dict[str, Spent]) -> Cost:
    seconds, source = _seconds(product)
    if product.folder in logged:
        seconds, source = logged[product.folder].seconds, LOG
    missing, size = product.tasks, _size_in_table(product)
    if store is not None:
        there = held(product, store)
        missing, size = there.missing, _size_in_store(store, there) if there.done else size
    return Cost(product.group.name, product.name, product.n_particles, product.tasks, missing, seconds, size, source)


def _size_in_store(store: Store, there: Held) -> float:
    """Mean over some files spread over all."""
    chosen = sorted(there.done)[:: ceil(len(there.done) / FILES)]
    lengths = [store.path(f"{there.product.folder}/{name}").stat().st_size for name in chosen]
    return sum(_whole_blocks(x) for x in lengths) / len(lengths)


def _size_in_table(product: Product) -> float:
    table, n = cost_table(), product.n_particles
    constant, each = table.sizes[table.start(product.name, n)][product.name]
    return _whole_blocks(constant + each * n)


def _whole_blocks(length: float) -> float:
    return BLOCK * float(ceil(length / BLOCK))


def _seconds(product: Product) -> tuple[float, str]:
    """Seconds of one task by the table, and what they are known from."""
    table, spec, n = cost_table(), product.group, product.n_particles
    former, known = table.former(spec.parsed_model, spec.density)
    if product.name == PILOTS:
        spent = _pilots(table, former, spec, n)
    elif product.name == GLASS:
        spent = _glass(table, former, spec, n)
    elif product.name == "dipoles":
        assert product.observable is not None
        spent = float(product.observable.settings["number"]) * table.stage(former, _solver(former, n), n)
    else:
        spent = table.stage(former, product.name, n)
    return spent, MEASURED if known else former.name


def _pilots(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    """One glass quenched from random positions, then rounds of pilots, each with its moduli."""
    moduli = table.stage(former, "elasticity", n)
    pilot = _glass(table, former, spec, n) + moduli
    return _quench(table, former, spec, n) + moduli + table.pilot_rounds * spec.n_pilots * pilot


def _glass(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    """A liquid runs until its particles have moved by melt_msd, so its steps are in proportion, above a least number."""
    steps = former.liquid_steps[table.start("liquid", n)]
    share = max(steps * spec.melt_msd / Recipe().melt_msd, float(LEAST_STEPS)) / steps
    return share * table.stage(former, "liquid", n) + _quench(table, former, spec, n)


def _quench(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    return table.stage(former, "quench", n) * (table.fire_over_cg if spec.minimiser == "fire" else 1.0)


def _solver(former: Former, n: int) -> str:
    """The stage of a dipole response: through a factor where one is made, else by conjugate gradients."""
    sparse = n <= (LARGEST_FACTORED if former.neighbours <= DENSEST_FACTORED else ALWAYS_FACTORED)
    return "dipoles" if sparse else "dipoles_iterative"
