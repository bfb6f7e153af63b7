"""vitrify plan"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from vitrify.campaign import Store
from vitrify.campaign.journal import read_log
from vitrify.campaign.runner import usable_cores
from vitrify.strict_json import strict_json
from vitrify.study import read_study
from vitrify.study.cost_table import cost_table
from vitrify.study.costs import LOG, MEASURED, Cost, costs, wall_hours
from vitrify.study.untouched import UntouchedStore

from .amounts import duration, size


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
    log = None if place is None else read_log(place)
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
        "core_hours": sum(x.core_hours for x in found),
        "disk_bytes": sum(x.disk for x in found),
        "cores": cores,
        "wall_hours": wall_hours(found, cores),
        "processor": cost_table().processor,
    }


def _print(found: list[Cost], totals: dict[str, Any]) -> None:
    click.echo(f"{'ensemble':24} {'product':18} {'N':>8} {'tasks':>8} {'missing':>8} {'core-hours':>10} {'disk':>9}")
    for x in found:
        counts = f"{x.n_particles:8,} {x.tasks:8,} {x.missing:8,}"
        click.echo(f"{x.ensemble:24.24} {x.product:18} {counts} {_number(x.core_hours):>10} {size(x.disk):>9}")
    counts = f"{'':8} {totals['tasks']:8,} {totals['missing']:8,}"
    click.echo(f"{'total':43} {counts} {_number(totals['core_hours']):>10} {size(totals['disk_bytes']):>9}")
    cores = totals["cores"]
    click.echo(f"{duration(3600 * totals['wall_hours'])} on {cores} core{'s' if cores > 1 else ''}, kernels compiled")
    for sentence in _sources(found, totals["processor"]):
        click.echo(sentence)


def _sources(found: list[Cost], processor: str) -> list[str]:
    """Where the seconds come from, a guess for each ensemble by name."""
    known = {x.source for x in found}
    guesses = dict.fromkeys((x.ensemble, x.source) for x in found if x.source not in (LOG, MEASURED))
    logged = (
        f"Costs of {sum(x.source == LOG for x in found)} of {len(found)} lines are those that the store's log measured."
    )
    return [
        *([logged] if LOG in known else []),
        *([f"Costs as measured on one core of {processor}."] if known - {LOG} else []),
        *(f"{name}: costs as of {source}, a guess." for name, source in guesses),
    ]


def _number(hours: float) -> str:
    if 0 < hours < 0.0005:
        return "<0.001"
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}" if hours >= 1 else f"{hours:.3f}"
