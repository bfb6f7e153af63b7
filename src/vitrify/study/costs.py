"""Cost of one task of a product: seconds on one core and bytes on the disk, estimated before the work.

Seconds come from the store's own log where it knows a product, else from the table that comes with the package."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from math import ceil, inf

from vitrify.campaign import Store
from vitrify.errors import UsageError
from vitrify.models import Model
from vitrify.options import code_of
from vitrify.recipe import LEAST_STEPS, Recipe, Step

from .cost_table import CostTable, Former, cost_table
from .inventory import ProductInventory
from .products import GLASS, PILOTS, Product
from .spec import EnsembleSpec
from .timings import Timing

PILOTS_A_ROUND = 2  # of `make_glass`
BLOCK = 4096  # bytes; a file takes whole blocks of the disk
FILES = 20  # files of a folder, whose mean size stands for that of the rest
LOG, MEASURED = "log", "table"  # sources of seconds; a guess names the glass former that it uses
UNKNOWN = "unknown"  # an observable that nobody has measured yet


def task_seconds(product: Product, logged: Timing | None) -> tuple[float | None, str]:
    """Seconds of one task on one core, and their source: the log where it has any, else the table. Returns None where they
    are not known yet."""
    if logged is not None:
        return logged.seconds, LOG
    seconds, source = _in_table(product)
    return seconds, source if seconds is not None else UNKNOWN


def seconds_to_make(model: Model, density: float, dimension: int, n_particles: int, *, pilot_particles: int = 0) -> float:
    """Seconds on one core of one glass that is quenched from its liquid at once. pilot_particles: of each pilot glass that
    finds the parent temperature; 0 where that is given."""
    table = cost_table()
    former, _ = table.former(model, density, dimension)

    def quench(n: int) -> float:
        return _stage(table, former, "quench", n)

    def glass(n: int) -> float:
        return _stage(table, former, "liquid", n) + quench(n)

    if not pilot_particles:
        return glass(n_particles)
    moduli = _stage(table, former, "elasticity", pilot_particles)
    rounds = table.pilot_rounds * PILOTS_A_ROUND * (glass(pilot_particles) + moduli)
    return glass(n_particles) + quench(pilot_particles) + moduli + rounds


def file_size(there: ProductInventory, store: Store | None) -> float | None:
    """Bytes that one file of a product takes on the disk: the mean of some files spread over all, or from the table where
    there are no files. Returns None where they are not known yet."""
    lengths = _lengths(there, store) if store else []
    return sum(map(_whole_blocks, lengths)) / len(lengths) if lengths else _size_in_table(there.asked)


def _lengths(there: ProductInventory, store: Store) -> list[int]:
    """Bytes of some files of a product."""
    lengths: list[int] = []
    for name in sorted(there.there)[:: max(ceil(there.done / FILES), 1)]:
        with suppress(FileNotFoundError):  # set aside or removed meanwhile
            lengths.append(store.size(f"{there.asked.folder}/{name}"))
    return lengths


def _size_in_table(product: Product) -> float | None:
    length = cost_table().size(product.name, product.n_particles)
    if length is None:
        return None
    return _whole_blocks(length + (product.observable.observable.more_bytes if product.observable else 0.0))


def _whole_blocks(length: float) -> float:
    return BLOCK * float(ceil(length / BLOCK))


def _in_table(product: Product) -> tuple[float | None, str]:
    """Seconds of one task from the table, and their source."""
    table, spec, n = cost_table(), product.group, product.n_particles
    former, known = table.former(spec.parsed_model, spec.density, spec.dimension)
    source = MEASURED if known else former.name
    if product.name == PILOTS:
        return _pilots(table, former, spec, n), source
    if product.name == GLASS and spec.imported:
        return 0.0, MEASURED
    if product.name == GLASS:
        return _glass(table, former, spec, n), source
    assert product.observable is not None
    each = table.stage(former, product.name, n)
    return (None if each is None else product.observable.observable.parts * each), source


def _pilots(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    """Seconds of one glass quenched from random positions, then of rounds of pilots, each with its moduli."""
    moduli, spec = _stage(table, former, "elasticity", n), replace(spec, preparation=())
    pilot = _glass(table, former, spec, n) + moduli
    return _quench(table, former, spec, n) + moduli + table.pilot_rounds * spec.n_pilots * pilot


def _glass(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    """Seconds of a glass. A liquid runs until its particles have moved by melt_msd, so its steps are in proportion to that,
    above a least number."""
    steps = former.liquid_steps[table.start("liquid", n)]
    between = sum(_told(x, "molecular_dynamics") for x in spec.recipe.between)
    quenches = 1.0 + sum(_told(x, "quenches") for x in spec.recipe.between)
    share = (max(steps * spec.melt_msd / Recipe().melt_msd, float(LEAST_STEPS)) + between) / steps
    return share * _stage(table, former, "liquid", n) + quenches * _quench(table, former, spec, n)


def _told(step: Step, cost: str) -> float:
    """Number of molecular dynamics steps, or of quenches, that a preparation step takes; zero where a plugin does not
    tell."""
    with code_of(type(step), f"{cost} of step {step.name}", raising=UsageError, passing=()):
        number = float(getattr(step, cost))
        if not 0.0 <= number < inf:
            raise ValueError(f"it is {number}, must be a number of them")
    return number


def _quench(table: CostTable, former: Former, spec: EnsembleSpec, n: int) -> float:
    return _stage(table, former, "quench", n) * (table.fire_over_cg if spec.minimiser == "fire" else 1.0)


def _stage(table: CostTable, former: Former, stage: str, n: int) -> float:
    """Seconds of a stage that every glass goes through, which the table always has."""
    seconds = table.stage(former, stage, n)
    assert seconds is not None
    return seconds
