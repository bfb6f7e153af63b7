"""vitrify plan"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from vitrify.campaign import Store
from vitrify.campaign.journal import read_columns
from vitrify.campaign.runner import usable_cores
from vitrify.strict_json import strict_json
from vitrify.study import read_study
from vitrify.study.cost_table import cost_table
from vitrify.study.costs import LOG, MEASURED, UNKNOWN, Cost, by_product, costs, wall_hours
from vitrify.study.untouched import UntouchedStore

from .amounts import duration, plain, size
from .table import Column, left_out, sentence, table, terminal_width


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Folder of the results, if any; <name of the study>-store unless given.",
)
@click.option("--samples", type=click.IntRange(min=1), help="At most so many samples of each ensemble.")
@click.option("--ensemble", help="This ensemble only, by name.")
@click.option("--cores", type=click.IntRange(min=1), help="For the wall time; this machine's unless given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def plan(
    study: Path, store: Path | None, samples: int | None, ensemble: str | None, cores: int | None, as_json: bool
) -> None:
    """Show what STUDY will cost before it is run: tasks, core-hours, disk, wall time."""
    spec = read_study(study)
    place = _store_at(store or Path(f"{spec.name}-store"))
    log = None if place is None else read_columns(place)
    found = costs(spec, store=place, log=log, samples=samples, ensemble=ensemble)
    totals = _totals(found, cores or usable_cores())
    if as_json:
        lines = [{**asdict(x), "core_hours": x.core_hours, "disk_bytes": x.disk} for x in found]
        click.echo(strict_json({"study": spec.name, **totals, "products": lines}))
        return
    _print(found, totals)


def _store_at(place: Path) -> Store | None:
    """The store in a folder; None where there is nothing yet. Raises UsageError where it holds something else."""
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return None
    return UntouchedStore(place)


def _totals(found: list[Cost], cores: int) -> dict[str, Any]:
    return {
        "tasks": sum(x.tasks for x in found),
        "missing": sum(x.missing for x in found),
        "core_hours": sum(x.core_hours or 0.0 for x in found),
        "core_hours_by_product": by_product(found),
        "disk_bytes": sum(x.disk or 0.0 for x in found),
        "cores": cores,
        "wall_hours": wall_hours(found, cores),
        "unknown": list(dict.fromkeys(x.product for x in found if x.core_hours is None or x.disk is None)),
        "processor": cost_table().processor,
    }


def _print(found: list[Cost], totals: dict[str, Any]) -> None:
    """A line a product, the sums, and where the numbers come from. A sum that leaves out what is not known yet is marked
    as a lower bound."""
    width, cores = terminal_width(), totals["cores"]
    slow = "> " if any(x.core_hours is None for x in found) else ""
    large = "> " if any(x.disk is None for x in found) else ""
    name = Column("ensemble", [*(plain(x.ensemble) for x in found), "total"], left=True)
    columns = [
        Column("product", [*(x.product for x in found), ""], left=True),
        Column("N", [*(f"{x.n_particles:,}" for x in found), ""]),
        Column("tasks", [f"{n:,}" for n in (*(x.tasks for x in found), totals["tasks"])], spare=2),
        Column("missing", [f"{n:,}" for n in (*(x.missing for x in found), totals["missing"])]),
        Column("core-hours", [*(_number(x.core_hours) for x in found), slow + _number(totals["core_hours"])]),
        Column("disk", [*(_size(x.disk) for x in found), large + size(totals["disk_bytes"])], spare=1),
    ]
    lines = table(name, columns, width)
    spent = f"{slow}{duration(3600 * totals['wall_hours'])} on {cores} core{'s' if cores > 1 else ''}"
    notes = [*_sources(found, totals["processor"]), *_unknown(totals["unknown"])]
    for text in [_shares(totals), f"{spent}, once kernels are compiled", *notes]:
        lines += sentence(text, width)
    if gone := left_out(name, columns, width):
        lines += sentence(f"no room for {', '.join(gone)} in {width} columns; --json tells them too", width)
    click.echo("\n".join(lines))


def _shares(totals: dict[str, Any]) -> str:
    """Core-hours of each product, of all ensembles and sizes."""
    return "core-hours by product: " + ", ".join(f"{x} {_number(y)}" for x, y in totals["core_hours_by_product"].items())


def _sources(found: list[Cost], processor: str) -> list[str]:
    """Where the seconds come from, a guess for each ensemble by name."""
    known = {x.source for x in found}
    guesses = dict.fromkeys((plain(x.ensemble), x.source) for x in found if x.source not in (LOG, MEASURED, UNKNOWN))
    logged = (
        f"Costs of {sum(x.source == LOG for x in found)} of {len(found)} lines are those that the store's log measured."
    )
    return [
        *([logged] if LOG in known else []),
        *([f"Costs as measured on one core of {processor}."] if known - {LOG, UNKNOWN} else []),
        *(f"{name}: costs as of {source}, a guess." for name, source in guesses),
    ]


def _unknown(products: list[str]) -> list[str]:
    return [f"{', '.join(products)}: not known yet, left out of the sums; make a few and plan again."] if products else []


def _number(hours: float | None) -> str:
    if hours is None:
        return "unknown"
    if 0 < hours < 0.0005:
        return "<0.001"
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}" if hours >= 1 else f"{hours:.3f}"


def _size(length: float | None) -> str:
    return "unknown" if length is None else size(length)
