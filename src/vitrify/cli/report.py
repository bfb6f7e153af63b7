"""vitrify report"""

from __future__ import annotations

from pathlib import Path

import click

from vitrify.look import write_stored_page
from vitrify.named_files import require_apart
from vitrify.report import summed_up, write_report
from vitrify.report.glasses import MOST
from vitrify.tables import open_results

from .bar import bar, said
from .command import Command


@click.command(
    cls=Command,
    examples=[
        ("Write the report of the quick study to the folder page.", "vitrify report quick-store --output page"),
        (
            "Write it with laboratory glasses of your own in Figs. 1 and 13.",
            "vitrify report quick-store --output page --experiments alloys.csv",
        ),
    ],
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the page index.html, the verdicts claims.json, the figures and the tables.",
)
@click.option(
    "--experiments",
    metavar="FILE.csv",
    type=click.Path(path_type=Path),
    help="CSV file of laboratory glasses for Figs. 1 and 13, with the columns alloy, poisson_ratio, stz_size (in atoms) "
    "and source.",
)
@click.option(
    "--glasses",
    metavar="N",
    type=click.IntRange(min=0),
    default=MOST,
    show_default=True,
    help="Write pages in 3D of at most N glasses beside the report of a store: the softest glass of each ensemble.",
)
def report(directory: Path, output: Path, experiments: Path | None, glasses: int) -> None:
    """Write the report of DIRECTORY: a page with the figures, the numbers, and a comparison with the claims of the paper.

    DIRECTORY is a store, or a folder of tables that `vitrify export --tables` wrote; it stays as it is."""
    found = open_results(directory)
    require_apart({"DIRECTORY": directory, "--output": output})
    with said("report"):
        page = write_report(found, output, experiments, track=bar, glass_page=write_stored_page, most_glasses=glasses)
    click.echo(page)
    click.echo(summed_up(output))
