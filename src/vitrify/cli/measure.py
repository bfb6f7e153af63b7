"""vitrify measure"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.model.catalogue import parse
from vitrify.observables.measurement import EQUILIBRIUM
from vitrify.observables.measurement import measure as measure_glass
from vitrify.preparation import quench_glass

MEANINGS = {
    "n": "particles",
    "box": "edge of the cube, λ",
    "model": "interaction model",
    "energy_per_particle": "U/N, ε",
    "max_force": "largest force component, ε/λ",
    "mean_pair_force": "mean |φ'| over pairs, ε/λ",
    "pressure": "p, ε/λ³",
    "pressure_positive": "p₊ of repulsive pairs, ε/λ³",
    "pressure_negative": "p₋ of attractive pairs, ε/λ³",
    "p_over_p0": "p/(p₊ + p₋)",
    "stickiness": "s, Eq. (3)",
    "coordination": "mean number of interacting neighbours",
    "min_coordination": "smallest number of them",
    "shear_modulus": "G in xy, Eq. (A1), ε/λ³",
    "shear_modulus_xz": "G in xz, ε/λ³",
    "shear_modulus_yz": "G in yz, ε/λ³",
    "shear_modulus_affine": "Born part of G in xy, ε/λ³",
    "bulk_modulus": "K, Eq. (A3), ε/λ³",
    "poisson_ratio": "ν, Eq. (A6)",
    "g_over_k": "G/K",
    "zero_modes": "zero eigenvalues of the Hessian",
    "is_minimum": "a minimum: 3 zero modes, none negative",
    "a0": "(V/N)^(1/3), λ",
    "omega0": "√(G/ρ)/a0, √(ε/m)/λ",
}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", help='What the particles are, such as "pss(rc=1.2)"; unless the file says so.')
@click.option("--species", help="Names in the file to A (small) and B (large), such as Cu=A,Zr=B.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--quench", is_flag=True, help="Minimise the energy first.")
@click.option("--force-tolerance", type=float, default=EQUILIBRIUM, show_default=True, help="In mean |pair force|.")
def measure(
    file: Path, model: str | None, species: str | None, as_json: bool, quench: bool, force_tolerance: float
) -> None:
    """Measure the glass in FILE (extended xyz, a periodic cube)."""
    glass = Glass.read(file, parse(model) if model else None, _mapping(species))
    found = asdict(measure_glass(quench_glass(glass) if quench else glass, force_tolerance=force_tolerance))
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name:22} {_shown(value):>16}  {MEANINGS[name]}")


def _mapping(text: str | None) -> dict[str, str]:
    """Cu=A,Zr=B as a dict. Raises UsageError."""
    pairs = [part.split("=") for part in (text or "").split(",") if part.strip()]
    if not all(len(x) == 2 and x[0].strip() and x[1].strip() for x in pairs):
        raise UsageError(f"--species is {text!r}, must be written like Cu=A,Zr=B")
    return {name.strip(): label.strip() for name, label in pairs}


def _shown(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)
