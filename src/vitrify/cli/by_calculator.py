"""The numbers of `vitrify measure --calculator`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from vitrify.errors import UsageError
from vitrify.measuring.by_calculator import calculator_in, measure_file
from vitrify.show_progress import show_progress
from vitrify.strict_json import strict_json

from .reading import Said

MEANINGS = {
    "energy_per_particle": "U/N",
    "max_force": "largest component of a force",
    "pressure": "p",
    "shear_modulus": "G, xy",
    "shear_modulus_xz": "G, xz",
    "shear_modulus_yz": "G, yz",
    "shear_modulus_diagonal": "G of layers along the diagonal",
    "shear_modulus_affine": "Born part of G, xy",
    "bulk_modulus": "K",
    "poisson_ratio": "ν",
    "g_over_k": "G/K",
    "a0": "(V/N)^(1/d)",
    "product_error": "relative error of M·v by differences",
    "force_calls": "calls of the calculator in this run",
}


def measure_with(
    calculator: str, file: tuple[Path, ...], said: Said, others: Mapping[str, object], *, as_json: bool, **options: Any
) -> None:
    """Measure one file and print what was found. others: options of the command line that need a model, by name. Raises
    UsageError for one of these that is given."""
    model = {"--model": said.model, "--units": said.units, "--reduced": said.reduced}
    given = [name for name, x in {**model, **others}.items() if x]
    if given:
        raise UsageError(f"{given[0]} is of a model, and --calculator measures without one: leave one of them out")
    if len(file) > 1 or isinstance(said.frames, slice):
        raise UsageError("--calculator measures one glass at a time: give one file, and one frame of it")
    with show_progress():
        found = measure_file(
            file[0], calculator_in(calculator), species=said.species, frame=said.frames, box=said.box, **options
        )
    if as_json:
        click.echo(strict_json(found.values))
        return
    values, errors = found.values, found.errors
    click.echo(f"{found.n_particles} particles; all numbers are in the units of the calculator")
    for name, meaning in MEANINGS.items():
        if name in values:
            error = f"± {errors[name]:.1g}" if name in errors else ""
            click.echo(f"{name:22} {values[name]:>16.9g} {error:10} {meaning}")
    low = found.modes
    click.echo(f"lowest modes, complete below ω² = {low.counted_below:.6g} by {low.proof}:")
    for x, error, e in zip(low.eigenvalues, low.errors, low.participation_ratios, strict=True):
        click.echo(f"  ω² {x:.9g} ± {error:.1g}, participation ratio {e:.4g}")
    if found.quasilocalised:
        click.echo(f"softest quasilocalised modes found from {found.starts} starts; there may be others:")
    for spot in found.quasilocalised:
        click.echo(
            f"  ω {spot.frequency:.9g} ± {spot.errors['frequency']:.1g}, "
            f"participation ratio {spot.participation_ratio:.4g}, quartic {spot.quartic:.6g}, residual {spot.residual:.0e}"
        )
