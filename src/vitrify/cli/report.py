"""vitrify report"""

from __future__ import annotations

from pathlib import Path

import click

from vitrify.formats.whole import require_apart
from vitrify.report import summed_up, write_report
from vitrify.tables import open_results

from .bar import bar


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder of the page, claims.json, figures, tables."
)
@click.option(
    "--experiments",
    type=click.Path(path_type=Path),
    help="CSV with alloy, poisson_ratio, stz_size, source for Figs. 1 and 13.",
)
def report(directory: Path, output: Path, experiments: Path | None) -> None:
    """Write the report of the store or tables in DIRECTORY, which stay as they are, and say how the claims fare."""
    found = open_results(directory)
    require_apart({"DIRECTORY": directory, "--output": output})
    click.echo(write_report(found, output, experiments, track=bar))
    click.echo(summed_up(output))
