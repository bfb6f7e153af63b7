"""vitrify report"""

from __future__ import annotations

from pathlib import Path

import click

from vitrify.campaign import Store
from vitrify.report import write_report


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of the page, figures and tables.")
def report(directory: Path, output: Path) -> None:
    """Write the report of the store in DIRECTORY."""
    click.echo(write_report(Store(directory), output))
