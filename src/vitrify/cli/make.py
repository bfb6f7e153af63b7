"""vitrify make"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vitrify.backends import DEVICES
from vitrify.backends.memory import require_memory
from vitrify.batch import row_width
from vitrify.errors import UsageError
from vitrify.formats.choose import require_writer
from vitrify.formats.whole import require_place
from vitrify.making import make_glass, require_possible
from vitrify.model import Model
from vitrify.model.catalogue import parse, usual_dimension, with_mixture
from vitrify.preparation import Recipe
from vitrify.preparation.asked import HOTTEST

from .device import usable
from .stage_line import stage_line

BYTES = 250  # a particle, beside its row of 4-byte neighbours; measured at 4e5 particles


def _temperature(_ctx: click.Context, _option: click.Parameter, text: str) -> Any:
    if text == "auto":
        return text
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < HOTTEST:
        raise UsageError(f"--temperature is {text!r}, must be a positive number or auto, and below {HOTTEST:g}")
    return value


def _require_memory(model: Model, particles: int, density: float, dimension: int) -> None:
    """Raise UsageError for what does not fit, before time is spent on pilot glasses, which are smaller."""
    require_possible(model, particles, density, dimension)
    width = row_width(model, density, dimension=dimension)
    require_memory(particles * (BYTES + 4.0 * width), f"a glass of {particles:,} particles")


@click.command()
@click.argument("model")
@click.option("--mixture", help='Another than the model\'s, such as "0.8:0.2; lengths 1,0.8,0.88".')
@click.option("--particles", type=int, required=True, help="Number of particles, N.")
@click.option("--density", type=float, required=True, help="ρ = N/V in λ⁻³; in two dimensions in λ⁻².")
@click.option("--dimension", type=click.IntRange(2, 3), help="2 or 3; that of the model unless given.")
@click.option(
    "--temperature", default="auto", callback=_temperature, help="Of the liquid, ε/k_B; auto: 4 (G∞ + 2σ) a0^d/30."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same glass.")
@click.option("--minimiser", type=click.Choice(["cg", "fire"]), default="cg", show_default=True)
@click.option("--device", type=click.Choice(DEVICES), default="cpu", show_default=True, help="Where it is made.")
@click.option("--output", type=click.Path(path_type=Path), required=True, help=".xyz, .extxyz, .data, .lammps or .gsd")
def make(
    model: str,
    mixture: str | None,
    particles: int,
    density: float,
    dimension: int | None,
    temperature: Any,
    seed: int,
    minimiser: str,
    device: str,
    output: Path,
) -> None:
    """Make one glass of MODEL, such as "pss(rc=1.2)", and write it to a file."""
    require_writer(output)
    require_place(output)
    chosen = parse(with_mixture(model, mixture) if mixture else model)
    dimension = dimension or usual_dimension(chosen)
    _require_memory(chosen, particles, density, dimension)
    with stage_line(str(chosen)) as progress:
        glass = make_glass(
            chosen,
            n_particles=particles,
            density=density,
            dimension=dimension,
            parent_temperature=temperature,
            seed=seed,
            recipe=Recipe(minimiser=minimiser),
            device=usable(device),
            progress=progress,
        )
    glass.write(output)
    made = glass.provenance
    click.echo(
        f"{output}: {glass.n_particles} particles of {glass.model} at density {glass.density:g}, quenched from "
        f"T = {made['parent_temperature']:g} to max|f| = {made['quench_max_force']:.2g} in {made['seconds']:.1f} s"
    )
