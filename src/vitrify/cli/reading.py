"""Options that say what files of glasses are, which every command that reads some has."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from vitrify.errors import ModelOverridden
from vitrify.glass import Glass
from vitrify.glass_files import LAST, box_in_words, chosen_frames
from vitrify.measuring import Asked, Place
from vitrify.observables.measurement import EQUILIBRIUM
from vitrify.physical_units import Units

from .interaction import with_interaction
from .words import species_names

OPTIONS = (
    click.option(
        "--model",
        metavar="MODEL",
        show_default="the one that the file names",
        help='Model of the particles, such as "pss(rc=1.2)" (`vitrify models` lists them), or a name in a Python file of '
        "yours, such as mine.py:mine, which is run.",
    ),
    click.option(
        "--species",
        metavar="NAMES",
        help="Which name in the file is which species of the model, such as Cu=A,Zr=B or 1=A,2=B.",
    ),
    click.option(
        "--units",
        metavar="STYLE",
        show_default="lj",
        help="Units of the lengths in the file, and of results beside those in ε, λ and m, as LAMMPS names them: lj, "
        "metal, real or si.",
    ),
    click.option(
        "--lambda",
        "length",
        metavar="NUMBER",
        type=float,
        help="Length λ of the model in the unit of length of the file: Å for metal and real, m for si; 1 for lj where it "
        "is left out.",
    ),
    click.option(
        "--reduced",
        is_flag=True,
        help="The lengths in the file are in λ already; --units are those of the results alone.",
    ),
    click.option(
        "--frame",
        metavar="FRAME",
        show_default="-1, the last",
        help="Frame of a file that has many, counted from 0, or from the end as -1, -2, ...; several frames, where a "
        "command takes them, are written as 0:10.",
    ),
    click.option(
        "--box",
        metavar="NUMBERS",
        show_default="that of the file",
        help="Box of a file that has none, in the unit of length of the file: one edge, the edges 9,9,10, or the edges and "
        "the tilts xy,xz,yz.",
    ),
)


FORCE_TOLERANCE = click.option(
    "--force-tolerance",
    metavar="NUMBER",
    type=float,
    default=EQUILIBRIUM,
    show_default=True,
    help="Largest force on a particle of a glass at equilibrium, in units of the mean |pair force|.",
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the command line says of the files."""

    model: str | None
    species: Mapping[str, str]
    units: Units | None
    reduced: bool  # whether units are those of results alone
    frames: int | slice
    box: Any


def said_of_files(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options, of which it is called with `said`. It may have `epsilon` and `mass` besides."""

    @wraps(command)
    def called(
        *, model: str | None, species: str | None, units: str | None, length: float | None, reduced: bool,
        frame: str | None, box: str | None, epsilon: float | None = None, mass: float | None = None, **others: Any,
    ) -> Any:  # fmt: skip
        said = Said(
            model,
            species_names(species),
            Units.given(units, length=length, energy=epsilon, mass=mass),
            reduced,
            LAST if frame is None else chosen_frames(frame),
            None if box is None else box_in_words(box),
        )
        return command(said=said, **others)

    for option in reversed(OPTIONS[1:]):
        called = option(called)
    return OPTIONS[0](with_interaction(called))


def read_place(place: Place, asked: Asked) -> Glass:
    """Read the glass in a file. Where another model than the file's is used, stderr says so."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", ModelOverridden)
        glass = place.read(asked)
    for warning in heard:
        click.echo(f"Warning: {warning.message}", err=True)
    return glass
