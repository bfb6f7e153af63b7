"""vitrify status"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from vitrify.campaign import Store
from vitrify.campaign.journal import read_columns
from vitrify.errors import UsageError
from vitrify.strict_json import strict_json
from vitrify.study.spent import core_hours, slowest
from vitrify.study.standing import described, standing
from vitrify.study.untouched import UntouchedStore

from .amounts import plain
from .lines import lines_of, lines_of_slowest
from .table import sentence, terminal_width


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--products", "by_product", is_flag=True, help="A line a product, with seconds and memory of its tasks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--watch", is_flag=True, help="Show it anew until all is done or Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.2, max=86400.0),
    default=5.0,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option(
    "--slowest", "number", metavar="[N]", is_flag=False, flag_value=10, type=click.IntRange(min=1),
    help="The slowest tasks of the log instead, 10 unless given, and core-hours by product; it comes after DIRECTORY.",
)  # fmt: skip
def status(directory: Path, by_product: bool, as_json: bool, watch: bool, every: float, number: int | None) -> None:
    """Show how far the study in DIRECTORY has come, who works on it, and what is left; nothing in it is changed."""
    if watch and (as_json or number):
        raise UsageError(f"--watch and {'--json' if as_json else '--slowest'} cannot go together: it shows a table anew")
    store = UntouchedStore(directory)
    if number:
        _slowest(store, number, as_json=as_json)
    elif watch:
        with suppress(KeyboardInterrupt):  # the way to end it
            _watch(store, every, by_product=by_product)
    elif as_json:
        click.echo(strict_json(described(standing(store))))
    else:
        click.echo("\n".join(lines_of(standing(store), by_product=by_product)))


def _slowest(store: Store, number: int, *, as_json: bool) -> None:
    log = read_columns(store)
    tasks, hours = slowest(log, number), core_hours(log)
    if as_json:
        click.echo(strict_json({"slowest": [asdict(x) for x in tasks], "core_hours": hours}))
    else:
        click.echo("\n".join(lines_of_slowest(tasks, hours)))


def _watch(store: Store, every: float, *, by_product: bool) -> None:
    """Until nothing is missing, or for ever."""
    from rich.live import Live  # a tenth of a second that one look does without
    from rich.text import Text

    with Live(auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            found = standing(store)
            now = time.strftime("%Y-%m-%d %H:%M:%S")
            head = sentence(f"{plain(found.study)}, {now}", terminal_width())
            live.update(Text("\n".join([*head, *lines_of(found, by_product=by_product)])), refresh=True)
            if not found.missing:
                return
            time.sleep(every)
