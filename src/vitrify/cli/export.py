"""vitrify export"""

from __future__ import annotations

from pathlib import Path

import click

from vitrify.errors import UsageError
from vitrify.export import FORMATS, export_glasses, export_table, require_glasses, require_table
from vitrify.named_files import require_apart
from vitrify.opening import OpenStore, open_store
from vitrify.tables import export_tables, require_tables

from .amounts import plain
from .bar import bar, said
from .command import Command
from .words import names_of

WRITTEN = [x.name for x in FORMATS.values() if x.write]


@click.command(
    cls=Command,
    examples=[
        (
            "Write one row per sample, with units, to a CSV file.",
            "vitrify export quick-store --table samples.csv",
        ),
        (
            "Write two glasses of each ensemble as LAMMPS data files.",
            "vitrify export quick-store --glasses glasses --format lammps --samples 2",
        ),
    ],
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--table",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File for a table with one row per sample, and with a unit for each column: .csv, or .parquet, which needs the "
    "extra `export`.",
)
@click.option(
    "--glasses",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Folder for the glasses, one file per glass and one subfolder per ensemble.",
)
@click.option(
    "--tables",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Folder for compact tables of all results, from which `vitrify report` can draw the report again.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(WRITTEN),
    default="extxyz",
    show_default=True,
    help="File format of the glasses: extended xyz, GSD, or a LAMMPS data file.",
)
@click.option(
    "--names",
    metavar="NAMES",
    callback=names_of,
    show_default="A, B, ...",
    help="Names of the species in the files of glasses, such as A=Cu,B=Zr.",
)
@click.option(
    "--ensemble",
    "ensembles",
    metavar="NAME",
    multiple=True,
    show_default="all",
    help="Export only the ensemble with this name. The option may be repeated.",
)
@click.option(
    "--samples",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="all",
    help="Export at most this many samples of each ensemble.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace files of glasses that exist already, and tables that hold more samples than the store.",
)
def export(
    directory: Path, table: Path | None, glasses: Path | None, tables: Path | None, form: str, ensembles: tuple[str, ...],
    samples: int | None, overwrite: bool, names: dict[str, str] | None,
) -> None:  # fmt: skip
    """Write what the store in DIRECTORY holds to files of other programs; the store stays as it is.

    Give at least one of --table, --glasses and --tables."""
    if table is None and glasses is None and tables is None:
        raise UsageError("export has nothing to write: ask for --table FILE, --glasses FOLDER, --tables FOLDER or several")
    if tables is not None and samples is not None:
        raise UsageError("--samples cannot go with --tables: these hold all that is finished")
    if names and glasses is None:
        raise UsageError("--names are those of species in files of glasses: ask for --glasses FOLDER too")
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
            names=names, track=lambda x: bar(x, "glasses"),
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
    with said(f"writing {path}"):
        export_table(found, opened, path)
    _say(opened.broken)
    left_out = f", {len(opened.broken)} could not be read" if opened.broken else ""
    rows = "1 sample" if len(found) == 1 else f"{len(found)} samples"
    click.echo(f"{path}: {rows}, {found.shape[1]} columns{left_out}")


def _say(broken: list[str]) -> None:
    for why in broken:
        click.echo(f"left out: {plain(why)}", err=True)
