"""vitrify look"""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Any

import click

from vitrify.errors import UsageError
from vitrify.glass_files import LAST
from vitrify.look import GlassPage, StoredGlass, glass_page, softest_of, stored_glass
from vitrify.look.looking import asked_by_default, looked_over
from vitrify.look.page import require_page
from vitrify.measuring import Asked, Place
from vitrify.measuring.place import stem
from vitrify.named_files import require_apart
from vitrify.opening import open_store
from vitrify.preparation import quench_glass
from vitrify.show_progress import show_progress
from vitrify.waiting import doing, shown

from .bar import bar
from .command import Command
from .reading import FORCE_TOLERANCE, Said, read_place, said_of_files
from .stage_line import stage_line


@click.command(
    cls=Command,
    examples=[
        (
            "Measure the glass in a file, write its page and open this in the browser.",
            'vitrify look glass.xyz --model "pss(rc=1.2)" --open',
        ),
        (
            "Show one glass of a store.",
            'vitrify look quick-store --ensemble "DSS rho=0.60" --sample 2 --output glass.html',
        ),
    ],
)
@click.argument("source", metavar="FILE|STORE", type=click.Path(path_type=Path))
@said_of_files
@click.option(
    "--output",
    metavar="FILE.html",
    type=click.Path(path_type=Path),
    show_default="the name of FILE or STORE with .html, in the current folder",
    help="Write the page to this file.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--ensemble", metavar="NAME", show_default="the one with the softest mode", help="Ensemble of the store.")
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(min=0),
    show_default="the one with the softest mode",
    help="Number of the sample in the store.",
)
@click.option(
    "--modes",
    metavar="K",
    type=click.IntRange(min=0),
    show_default="20, fewer in large glasses",
    help="Find the K lowest vibrational modes.",
)
@click.option(
    "--soft-spots",
    metavar="K",
    type=click.IntRange(min=0),
    show_default="6, fewer in large glasses",
    help="Find the K softest spots, each the core of a nonlinear quasilocalised mode.",
)
@click.option(
    "--qlm/--no-qlm",
    default=None,
    show_default="--qlm up to 20,000 particles",
    help="Find the softest nonlinear quasilocalised mode, or leave it out.",
)
@click.option(
    "--dipoles",
    metavar="M",
    type=click.IntRange(min=0),
    show_default="32, fewer in large glasses",
    help="Measure how the responses to M force dipoles decay with the distance.",
)
@click.option("--quench", is_flag=True, help="Minimise the energy of the glass in FILE before measuring.")
@FORCE_TOLERANCE
def look(
    source: Path, said: Said, output: Path | None, opens: bool, ensemble: str | None, sample: int | None, modes: int | None,
    soft_spots: int | None, qlm: bool | None, dipoles: int | None, quench: bool, force_tolerance: float,
) -> None:  # fmt: skip
    """Write a page that shows one glass: its numbers, its figures, and its softest modes and soft spots as arrows that turn
    in three dimensions. The glass is in FILE, or it is a sample of STORE, by default the one with the softest mode.
    """
    wanted = {"modes": modes, "qlm": qlm, "soft_spots": soft_spots, "dipoles": dipoles}
    of_store = source.is_dir()
    _refuse_options(said, ensemble, sample, of_store=of_store, quench=quench)
    place = output or Path(f"{source.resolve().name if of_store else stem(source)}.html")
    require_page(place, "--output")
    require_apart({"STORE" if of_store else "FILE": source, "--output": place})
    if of_store:
        page = _of_store(source, ensemble, sample, wanted | {"force_tolerance": force_tolerance})
    else:
        page = _of_file(source, said, wanted | {"force_tolerance": force_tolerance}, quench=quench)
    page.write(place)
    click.echo(f"{place}: the page of this glass; open it in a browser")
    if opens:
        webbrowser.open(place.resolve().as_uri())


def _refuse_options(said: Said, ensemble: str | None, sample: int | None, *, of_store: bool, quench: bool) -> None:
    """Raise UsageError for options of files where a store is given, and for those of stores where a file is."""
    if not of_store:
        for flag, value in (("--ensemble", ensemble), ("--sample", sample)):
            if value is not None:
                raise UsageError(f"{flag} is of a store: leave it out where a file is looked at")
        if isinstance(said.frames, slice):
            raise UsageError("--frame asks for several frames, must be one: a page shows one glass")
        return
    given = {
        "--model": said.model, "--species": said.species, "--units": said.units, "--box": said.box, "--quench": quench,
        "--frame": said.frames != LAST,
    }  # fmt: skip
    given_flag = next(
        (name for name, value in given.items() if value is not None and value is not False and value != {}), None
    )
    if given_flag:
        raise UsageError(f"{given_flag} is of a file: leave it out where a store is looked at, which knows its glasses")


def _of_file(file: Path, said: Said, wanted: dict[str, Any], *, quench: bool) -> GlassPage:
    """The page of the glass in a file."""
    assert isinstance(said.frames, int)
    reading = Asked(model=said.model, species=said.species, units=said.units, reduced=said.reduced, box=said.box)
    glass = read_place(Place(file, said.frames), reading)
    with stage_line(str(glass.model), "minimising the energy" if quench else "measuring") as observer:
        glass = quench_glass(glass, progress=observer) if quench else glass
        found, notes = looked_over(glass, asked_by_default(glass.n_particles, **wanted))
    _tell(notes)
    with shown(), doing("drawing the page"):
        source = file.name if said.frames == LAST else f"{file.name}, frame {said.frames}"
        return glass_page(glass, found, source=source, units=said.units, notes=notes)


def _tell(notes: list[str]) -> None:
    """Say what the page lacks, before somebody opens it."""
    for note in notes:
        click.echo(note, err=True)


def _of_store(directory: Path, ensemble: str | None, sample: int | None, wanted: dict[str, Any]) -> GlassPage:
    """The page of a glass of a store. Says on standard error which one was chosen."""
    opened = open_store(directory)
    if ensemble:
        opened.study.ensemble(ensemble)
    if ensemble and sample is not None:
        chosen = StoredGlass(ensemble, sample)
    else:
        chosen = softest_of(opened, [ensemble] if ensemble else [], lambda x: bar(x, "looking for the softest mode"))
        chosen = chosen if sample is None else StoredGlass(chosen.ensemble, sample)
        click.echo(" ".join(filter(None, (f"{chosen.name}.", chosen.why))), err=True)
    size = opened.study.ensemble(chosen.ensemble).n_particles
    with show_progress("this glass"):
        glass, found, notes = stored_glass(opened, chosen.ensemble, chosen.sample, asked_by_default(size, **wanted))
    _tell(notes)
    with shown(), doing("drawing the page"):
        source = f"{chosen.name} of the store {directory.resolve().name}"
        why = [chosen.why] if chosen.why else []
        return glass_page(glass, found, title=f"Glass of {chosen.name}", source=source, notes=[*why, *notes])
