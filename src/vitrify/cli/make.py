"""vitrify make"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vitrify.backends import DEVICES
from vitrify.backends.memory import require_memory
from vitrify.batch import row_width
from vitrify.errors import UsageError, wrong
from vitrify.glass_files import require_writer
from vitrify.making import MOST_PILOT_PARTICLES, make_glass, require_possible
from vitrify.models import Model
from vitrify.models.catalogue import parse, usual_dimension
from vitrify.named_files import require_place
from vitrify.options import Option
from vitrify.preparation.asked import HOTTEST
from vitrify.preparation.stages import told
from vitrify.recipe import recipe_of_steps
from vitrify.show_progress import show_progress
from vitrify.study.costs import seconds_to_make
from vitrify.waiting import doing

from .command import Command
from .device import usable
from .interaction import with_interaction
from .words import name_and_options

BYTES = 250  # per particle, besides its row of 4-byte neighbours; measured at 4e5 particles


def _temperature(_ctx: click.Context, _option: click.Parameter, text: str) -> Any:
    if text == "auto":
        return text
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < HOTTEST:
        raise wrong("", "--temperature", text, f"a positive number or auto, and below {HOTTEST:g}")
    return value


def _require_memory(model: Model, particles: int, density: float, dimension: int) -> None:
    """Raise UsageError for a glass that does not fit into memory, before time is spent on pilot glasses, which are
    smaller."""
    require_possible(model, particles, density, dimension)
    width = row_width(model, density, dimension=dimension)
    require_memory(particles * (BYTES + 4.0 * width), f"a glass of {particles:,} particles")


def _preparation(steps: tuple[str, ...], minimiser: str | None) -> list[dict[str, Option]]:
    """All steps of a preparation: those that are given, with melt put before and quench behind them where they are missing.
    Raises UsageError."""
    given = [name_and_options("--step", text, "cool to=0.5") for text in steps]
    if not given or given[0][0] != "melt":
        given.insert(0, ("melt", {}))
    if given[-1][0] != "quench":
        given.append(("quench", {"minimiser": minimiser} if minimiser else {}))
    elif minimiser:
        raise UsageError("--minimiser stands beside --step quench, which says it; one of them must be left out")
    made: list[dict[str, Option]] = [{"step": name, **options} for name, options in given]
    recipe_of_steps(made)  # before anything else is looked at
    return made


@click.command(
    cls=Command,
    examples=[
        (
            "Make a glass of 500 sticky spheres, whose liquid has a temperature that is found from pilot glasses.",
            'vitrify make "pss(rc=1.2)" --particles 500 --density 0.6 --output glass.xyz',
        ),
        (
            "Cool a Kob-Andersen liquid to temperature 0.3 before it is quenched.",
            'vitrify make "kob_andersen()" --particles 1000 --density 1.2 --step "cool to=0.3" --output ka.xyz',
        ),
    ],
)
@click.argument("model", required=False)
@with_interaction
@click.option("--particles", "--n-particles", metavar="N", type=int, required=True, help="Number of particles.")
@click.option(
    "--density",
    metavar="NUMBER",
    type=float,
    required=True,
    help="Number density ρ = N/V in λ⁻³, or in λ⁻² in two dimensions, with λ the diameter of a small particle.",
)
@click.option(
    "--dimension",
    metavar="D",
    type=click.IntRange(2, 3),
    show_default="that of the model, mostly 3",
    help="Dimension of space, 2 or 3.",
)
@click.option(
    "--temperature",
    metavar="NUMBER",
    default="auto",
    show_default=True,
    callback=_temperature,
    help="Temperature of the liquid in ε/k_B, which is the parent temperature of the glass. With auto it is "
    "4 (G∞ + 2σ) a0^d/30, with the shear modulus G∞ of pilot glasses, its error σ, and a0 = (V/N)^(1/d).",
)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of all random numbers. The same seed gives the same glass.",
)
@click.option(
    "--minimiser",
    type=click.Choice(["cg", "fire"]),
    show_default="cg",
    help="Minimiser of the quench: conjugate gradients or FIRE.",
)
@click.option(
    "--step",
    "steps",
    multiple=True,
    metavar="STEP",
    help='Step between the melt and the quench, such as "cool to=0.5 steps=100000", with temperatures in ε/k_B. The option '
    "may be repeated; steps are done in their order.",
)
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    default="cpu",
    show_default=True,
    help="Device that makes the glass; cuda is an NVIDIA GPU.",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="File for the glass. Its suffix says the format: .xyz, .extxyz, .data, .lammps or .gsd.",
)
def make(
    model: str | None,
    particles: int,
    density: float,
    dimension: int | None,
    temperature: Any,
    seed: int,
    minimiser: str | None,
    steps: tuple[str, ...],
    device: str,
    output: Path,
) -> None:
    """Make one glass of MODEL and write it to a file.

    MODEL is a potential with its parameters, such as "pss(rc=1.2)", or a glass former of the literature, such as
    "kob_andersen()"; `vitrify models` lists them all. It may also be a name in a Python file of yours, such as
    mine.py:mine, which is run. A formula (--potential) or a table (--pair-table) may stand in its place. A random start is
    melted, and the liquid is quenched to the nearest minimum of its energy."""
    preparation = _preparation(steps, minimiser)
    require_writer(output)
    require_place(output)
    if model is None:
        raise UsageError('a model is missing: write one such as "pss(rc=1.2)", or --potential, --pair-table or --eam')
    chosen = parse(model)
    dimension = dimension or usual_dimension(chosen)
    _require_memory(chosen, particles, density, dimension)
    pilots = min(particles, MOST_PILOT_PARTICLES) if temperature == "auto" else 0
    about = seconds_to_make(chosen, density, dimension, particles, pilot_particles=pilots)
    glass_of = f"a glass of {particles:,} particles"
    with show_progress(str(chosen)), doing(glass_of, about=about), told(None, "random start") as progress:
        glass = make_glass(
            chosen,
            n_particles=particles,
            density=density,
            dimension=dimension,
            parent_temperature=temperature,
            seed=seed,
            preparation=preparation,
            device=usable(device),
            progress=progress,
        )
    glass.write(output)
    made = glass.provenance
    click.echo(
        f"{output}: {glass.n_particles} particles of {glass.model} at density {glass.density:g}, quenched from "
        f"T = {made['parent_temperature']:g} to max|f| = {made['quench_max_force']:.2g} in {made['seconds']:.1f} s"
    )
