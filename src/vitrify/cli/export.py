"""vitrify export"""

from __future__ import annotations

from pathlib import Path

import click

from vitrify.errors import UsageError
from vitrify.export import FORMATS, export_glasses, export_table, require_glasses, require_table
from vitrify.formats.whole import require_apart
from vitrify.opening import OpenStore, open_store
from vitrify.tables import export_tables, require_tables

from .amounts import plain
from .bar import bar

WRITTEN = [x.name for x in FORMATS.values() if x.write]


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--table", type=click.Path(path_type=Path), help="A row a sample, with units: FILE.parquet or FILE.csv.")
@click.option("--glasses", type=click.Path(path_type=Path), help="Folder for every glass, a folder in it an ensemble.")
@click.option("--tables", type=click.Path(path_type=Path), help="Folder of compact tables, which a report can be drawn of.")
@click.option("--format", "form", type=click.Choice(WRITTEN), default="extxyz", show_default=True, help="Of glasses.")
@click.option("--ensemble", "ensembles", multiple=True, help="This ensemble only, by name; may be given again.")
@click.option("--samples", type=click.IntRange(min=1), help="At most so many samples of each ensemble.")
@click.option("--overwrite", is_flag=True, help="Also glasses whose files are there, and tables with more samples.")
def export(
    directory: Path, table: Path | None, glasses: Path | None, tables: Path | None, form: str, ensembles: tuple[str, ...],
    samples: int | None, overwrite: bool,
) -> None:  # fmt: skip
    """Write the samples of the store in DIRECTORY as one table, its glasses as files, its results as compact tables, or
    several of these; the store stays as it is."""
    if table is None and glasses is None and tables is None:
        raise UsageError("export has nothing to write: ask for --table FILE, --glasses FOLDER, --tables FOLDER or several")
    if tables is not None and samples is not None:
        raise UsageError("--samples cannot go with --tables: these hold all that is finished")
    opened = open_store(directory)
    require_apart({"DIRECTORY": directory, "--table": table, "--glasses": glasses, "--tables": tables})
    if table is not None:
        require_table(table)
    if glasses is not None:
        require_glasses(glasses, form)
    if tables is not None:
        require_tables(tables)
    if table is not None:
        _table(opened, table, ensembles, samples)
    if glasses is not None:
        done = export_glasses(
            opened, glasses, form=form, ensembles=ensembles, samples=samples, overwrite=overwrite,
            track=lambda x: bar(x, "glasses"),
        )  # fmt: skip
        _say(done.broken)
        click.echo(f"{glasses}: {done.sentence()}")
    if tables is not None:
        written = export_tables(
            opened, tables, ensembles=ensembles, overwrite=overwrite, track=lambda x: bar(x, "ensembles")
        )  # fmt: skip
        for told in written.told:
            click.echo(plain(told), err=True)
        click.echo(f"{tables}: {written.sentence()}")


def _table(opened: OpenStore, path: Path, ensembles: tuple[str, ...], samples: int | None) -> None:
    found = opened.tables(ensembles, samples=samples, track=lambda x: bar(x, "ensembles"))
    export_table(found, opened, path)
    _say(opened.broken)
    left_out = f", {len(opened.broken)} could not be read" if opened.broken else ""
    click.echo(f"{path}: {len(found)} samples, {found.shape[1]} columns{left_out}")


def _say(broken: list[str]) -> None:
    for why in broken:
        click.echo(f"left out: {plain(why)}", err=True)
