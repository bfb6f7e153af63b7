"""vitrify status"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from vitrify.campaign import ReadOnlyStore, Store
from vitrify.campaign.journal import read_columns
from vitrify.errors import UsageError
from vitrify.strict_json import strict_json
from vitrify.study import study_status
from vitrify.study.status import StudyStatus, described
from vitrify.study.timings import core_hours, slowest

from .amounts import plain
from .bar import said
from .command import Command
from .lines import lines_of, lines_of_slowest
from .table import sentence, terminal_width


@click.command(
    cls=Command,
    examples=[
        ("Show the progress of the quick study.", "vitrify status quick-store"),
        ("Show it anew every ten seconds until all is done.", "vitrify status quick-store --watch --every 10"),
    ],
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--products",
    "by_product",
    is_flag=True,
    help="Show one line per product (parent temperature, glass, each observable), with seconds and memory per task.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object in place of the table.")
@click.option("--watch", is_flag=True, help="Repeat the display until all is done, or until Ctrl-C.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(min=0.2, max=86400.0),
    default=5.0,
    show_default=True,
    help="Time between two displays of --watch, in seconds.",
)
@click.option(
    "--slowest",
    "number",
    metavar="[N]",
    is_flag=False,
    flag_value=10,
    type=click.IntRange(min=1),
    help="Show the N slowest tasks (10, where N is left out) and the core-hours by product instead. This option comes "
    "after DIRECTORY.",
)
def status(directory: Path, by_product: bool, as_json: bool, watch: bool, every: float, number: int | None) -> None:
    """Show how far the study in the store DIRECTORY has come, who works on it, and how long the rest will take.

    The command only reads the store, so that it can be used during a run."""
    if watch and (as_json or number):
        raise UsageError(f"--watch and {'--json' if as_json else '--slowest'} cannot go together: it shows a table anew")
    store = ReadOnlyStore(directory)
    if number:
        _slowest(store, number, as_json=as_json)
    elif watch:
        with suppress(KeyboardInterrupt):  # the way to end it
            _watch(store, every, by_product=by_product)
    elif as_json:
        click.echo(strict_json(described(_looked_at(store))))
    else:
        click.echo("\n".join(lines_of(_looked_at(store), by_product=by_product)))


def _looked_at(store: Store) -> StudyStatus:
    with said("reading what the store holds"):
        return study_status(store)


def _slowest(store: Store, number: int, *, as_json: bool) -> None:
    with said("reading the log of the store"):
        log = read_columns(store)
    tasks, hours = slowest(log, number), core_hours(log)
    if as_json:
        click.echo(strict_json({"slowest": [asdict(x) for x in tasks], "core_hours": hours}))
    else:
        click.echo("\n".join(lines_of_slowest(tasks, hours)))


def _watch(store: Store, every: float, *, by_product: bool) -> None:
    """Repeat the status until nothing is missing, or for ever."""
    from rich.live import Live  # a tenth of a second that one look does without
    from rich.text import Text

    with Live(auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            found = study_status(store)
            now = time.strftime("%Y-%m-%d %H:%M:%S")
            head = sentence(f"{plain(found.study)}, {now}", terminal_width())
            live.update(Text("\n".join([*head, *lines_of(found, by_product=by_product)])), refresh=True)
            if not found.missing:
                return
            time.sleep(every)
