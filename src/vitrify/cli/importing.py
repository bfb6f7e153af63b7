"""vitrify import"""

from __future__ import annotations

from pathlib import Path

import click

from vitrify.show_progress import show_progress
from vitrify.study.importing import import_glasses

from .amounts import plain
from .bar import bar
from .command import Command
from .reading import FORCE_TOLERANCE, Said, said_of_files
from .words import name_and_options


@click.command(
    "import",
    cls=Command,
    examples=[
        (
            'Put all glasses of your files into the ensemble "KA" of a store.',
            'vitrify import *.xyz --store mine --ensemble KA --model "kob_andersen()"',
        ),
        (
            "Put the last frame of a LAMMPS dump there, and ask for its ten lowest modes.",
            'vitrify import run.lammpstrj --store mine --ensemble KA --observable "modes number=10"',
        ),
    ],
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--store",
    metavar="FOLDER",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the store, which is made where there is none.",
)
@click.option(
    "--ensemble",
    metavar="NAME",
    required=True,
    help="Name of the ensemble that the glasses become, or to which they are added.",
)
@said_of_files
@click.option("--quench", is_flag=True, help="Minimise the energy of each glass first.")
@FORCE_TOLERANCE
@click.option(
    "--observable",
    "observables",
    multiple=True,
    metavar="NAME",
    help='Observable to be measured of the ensemble besides mechanics and elasticity, such as "structure" or '
    '"modes number=10". The option may be repeated.',
)
def importing(
    files: tuple[Path, ...], said: Said, store: Path, ensemble: str, quench: bool, force_tolerance: float,
    observables: tuple[str, ...],
) -> None:  # fmt: skip
    """Put the glasses in FILES into an ensemble of a store. `vitrify run --store FOLDER` then measures them.

    Formats are extended xyz, LAMMPS dump and data files, GSD, and what ASE reads; files may be compressed.
    You can stop this command and repeat it: a glass that the store holds already is skipped."""
    with show_progress():
        done = import_glasses(
            files,
            store=store,
            ensemble=ensemble,
            model=said.model,
            species=said.species,
            frames=said.frames,
            box=said.box,
            units=None if said.reduced else said.units,
            quench=quench,
            force_tolerance=force_tolerance,
            observables=[_asked(text) for text in observables],
            track=lambda x: bar(x, "glasses"),
        )
    for why in done.left_out():
        click.echo(f"left out: {why}", err=True)
    if done.overridden:
        number = len(done.overridden)
        click.echo(f"Warning: {number} file{'s' if number > 1 else ''}: {plain(done.overridden[0])}", err=True)
    click.echo(f"{store}: {plain(done.sentence())}")
    click.echo(f"to measure what is not measured yet: vitrify run --store {store}", err=True)


def _asked(text: str) -> dict[str, object]:
    name, options = name_and_options("--observable", text, "modes number=10")
    return {"name": name, **options}
