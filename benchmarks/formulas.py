"""A formula and a table against the hand-written family of the same potential: molecular dynamics and the Hessian."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from vitrify import models
from vitrify.glass import Glass
from vitrify.statics import Hessian, Pairs

from .systems import KOB_ANDERSEN, Liquid, System, advance, liquid, scratch
from .table import Row
from .timing import interleaved

WANTED = 0.9  # times the speed of the hand-written family
SOFT = System("soft", "bipl()", 2000, 0.82, 0.6)
FORMULAS = {
    KOB_ANDERSEN.of_size(2000): 'formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5)',
    SOFT: 'formula("(l/r)^10", cutoff=1.48, smooth_to=3)',
}
POINTS = 20_000  # of the table


def rows(*, quick: bool) -> Iterator[Row]:
    """Two rows for each formula, and two for a table of Lennard-Jones."""
    repeats, steps = (3, 100) if quick else (9, 500)
    for system, formula in FORMULAS.items():
        yield from _against_its_own(liquid(system), formula, WANTED, repeats, steps)
    file = scratch() / "lennard_jones.table"
    models.lennard_jones().write_lammps_table(file, points=POINTS)
    yield from _against_its_own(liquid(next(iter(FORMULAS))), _table(file), None, repeats, steps)


def _table(file: Path) -> str:
    return str(models.tabulated(file, "A:A"))


def _against_its_own(start: Liquid, text: str, wanted: float | None, repeats: int, steps: int) -> Iterator[Row]:
    """Processor times of molecular dynamics and of the Hessian with its pairs, in turn."""
    own = start.system
    model = models.Model(text, models.parse(text).potential, own.model.mixture)
    other = replace(start, system=System(f"{own.name}-as-said", str(model), own.n_particles, own.density, own.temperature))
    batches = {"own": start.batch(), "said": other.batch()}
    glasses = {"own": own.model, "said": model}
    glasses = {k: Glass(start.positions, start.box, start.species, x) for k, x in glasses.items()}
    work: dict[str, Callable[[str], object]] = {
        "MD": lambda k: advance(batches[k], own.temperature, steps),
        "Hessian": lambda k: Hessian(Pairs.of(glasses[k])).matrix(),
    }
    for name, of in work.items():
        contenders = {k: lambda k=k, of=of: _processor_time(lambda: of(k)) for k in batches}
        interleaved(contenders, 1)  # compiles
        spent = interleaved(contenders, repeats)
        yield Row(
            work=f"{name}, {text}, N = {own.n_particles:,}", ours=spent["said"], peer=f"the family by hand, {own.text}",
            theirs=spent["own"], ratio_wanted=wanted, note="processor time",
        )  # fmt: skip


def _processor_time(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
