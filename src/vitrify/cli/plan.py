"""vitrify plan"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import click

from vitrify.campaign import ReadOnlyStore, Store
from vitrify.campaign.journal import read_columns
from vitrify.cores import usable_cores
from vitrify.strict_json import strict_json
from vitrify.study import Ledger, StudySpec, joined_study, product_statuses, read_study
from vitrify.study.cost_table import cost_table
from vitrify.study.costs import LOG, MEASURED, UNKNOWN
from vitrify.study.status import ProductStatus, wall_hours

from .amounts import duration, plain, size
from .bar import said
from .command import Command, StudyName
from .table import Column, left_out, sentence, table, terminal_width


@click.command(
    cls=Command,
    examples=[
        ("Show the cost of the quick study, which vitrify brings.", "vitrify plan quick"),
        ("Show the cost of a study of your own, and its wall time on 64 cores.", "vitrify plan mine.toml --cores 64"),
    ],
)
@click.argument("study", type=StudyName())
@click.option(
    "--store",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    show_default="NAME-store, with the name of the study",
    help="Folder of the results, which need not exist yet. Results that it holds cost nothing more.",
)
@click.option(
    "--samples",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="all",
    help="Count at most this many samples of each ensemble.",
)
@click.option("--ensemble", metavar="NAME", show_default="all", help="Count only the ensemble with this name.")
@click.option(
    "--cores",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="the cores of this machine",
    help="Number of cores for which the wall time is estimated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object in place of the table.")
def plan(
    study: Path, store: Path | None, samples: int | None, ensemble: str | None, cores: int | None, as_json: bool
) -> None:
    """Show what STUDY costs before it is run: its tasks, core-hours, disk space and wall time.

    STUDY is a study file, or the name of a study that vitrify brings (`vitrify study --list` shows these names)."""
    with said("reading the study and what its store holds"):
        spec, found = _looked_at(study, store, samples, ensemble)
    totals = _totals(found, cores or usable_cores())
    if as_json:
        click.echo(strict_json({"study": spec.name, **totals, "products": [_described(x) for x in found]}))
        return
    _print(found, totals)


def _looked_at(
    study: Path, store: Path | None, samples: int | None, ensemble: str | None
) -> tuple[StudySpec, list[ProductStatus]]:
    """The study and the state of each of its products."""
    spec = read_study(study)
    folder = store or Path(f"{spec.name}-store")
    place, spec = _store_at(folder), joined_study(spec, folder)
    log = None if place is None else read_columns(place)
    asked = Ledger(spec).chosen(samples=samples, ensemble=ensemble)
    return spec, product_statuses(asked, place, log=log, file_sizes=True)


def _store_at(place: Path) -> Store | None:
    """The store in a folder, or None where there is nothing yet. Raises UsageError where the folder holds something
    else."""
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return None
    return ReadOnlyStore(place)


def _described(x: ProductStatus) -> dict[str, Any]:
    return {
        **{name: getattr(x, name) for name in ("ensemble", "product", "n_particles")},
        "tasks": x.wanted,
        "missing": x.missing,
        "seconds": x.expected_seconds,
        **{name: getattr(x, name) for name in ("file_size", "source", "core_hours")},
        "disk_bytes": x.disk,
        "files": x.files,
    }


def _totals(found: list[ProductStatus], cores: int) -> dict[str, Any]:
    return {
        "tasks": sum(x.wanted for x in found),
        "missing": sum(x.missing for x in found),
        "core_hours": sum(x.core_hours or 0.0 for x in found),
        "core_hours_by_product": _by_product(found),
        "disk_bytes": sum(x.disk or 0.0 for x in found),
        "files": sum(x.files for x in found),
        "cores": cores,
        "wall_hours": wall_hours(found, cores),
        "unknown": list(dict.fromkeys(x.product for x in found if x.core_hours is None or x.disk is None)),
        "processor": cost_table().processor,
    }


def _by_product(found: list[ProductStatus]) -> dict[str, float]:
    """Core-hours of missing results by product, of all ensembles and sizes. Unknown costs count as zero."""
    hours: dict[str, float] = defaultdict(float)
    for x in found:
        hours[x.product] += x.core_hours or 0.0
    return dict(hours)


def _print(found: list[ProductStatus], totals: dict[str, Any]) -> None:
    """Print one line per product, the sums, and the source of the numbers. A sum without the costs that are not known yet
    is marked as a lower bound."""
    width, cores = terminal_width(), totals["cores"]
    slow = "> " if any(x.core_hours is None for x in found) else ""
    large = "> " if any(x.disk is None for x in found) else ""
    name = Column("ensemble", [*(plain(x.ensemble) for x in found), "total"], left=True)
    columns = [
        Column("product", [*(x.product for x in found), ""], left=True),
        Column("N", [*(f"{x.n_particles:,}" for x in found), ""]),
        Column("tasks", [f"{n:,}" for n in (*(x.wanted for x in found), totals["tasks"])], spare=2),
        Column("missing", [f"{n:,}" for n in (*(x.missing for x in found), totals["missing"])]),
        Column("core-hours", [*(_number(x.core_hours) for x in found), slow + _number(totals["core_hours"])]),
        Column("disk", [*(_size(x.disk) for x in found), large + size(totals["disk_bytes"])], spare=1),
    ]
    lines = table(name, columns, width)
    spent = f"{slow}{duration(3600 * totals['wall_hours'])} on {cores} core{'s' if cores > 1 else ''}"
    notes = [*_sources(found, totals["processor"]), *_unknown(totals["unknown"])]
    files = f"{totals['files']:,} files of results in the end, as a run packs small ones, some hundred to a file"
    for text in [_shares(totals), f"{spent}, once kernels are compiled", files, *notes]:
        lines += sentence(text, width)
    if gone := left_out(name, columns, width):
        lines += sentence(f"no room for {', '.join(gone)} in {width} columns; --json tells them too", width)
    click.echo("\n".join(lines))


def _shares(totals: dict[str, Any]) -> str:
    """Core-hours of each product, of all ensembles and sizes."""
    hours = totals["core_hours_by_product"].items()
    return "core-hours by product: " + ", ".join(f"{x} {_at_least(y, known=x not in totals['unknown'])}" for x, y in hours)


def _at_least(hours: float, *, known: bool) -> str:
    """Core-hours of which a part may be unknown, or all."""
    return _number(hours) if known else f"> {_number(hours)}" if hours else "unknown"


def _sources(found: list[ProductStatus], processor: str) -> list[str]:
    """Sentences on the source of the seconds, with each ensemble whose cost is a guess named."""
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
