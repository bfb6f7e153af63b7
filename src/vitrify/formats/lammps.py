"""LAMMPS data files (atom_style atomic, or sphere where particles have sizes; units lj), to write."""

from __future__ import annotations

from itertools import chain
from math import pi
from pathlib import Path

from vitrify.glass import Glass


def write(glass: Glass, path: Path) -> None:
    """A data file; species are numbered from 1. The first line, which LAMMPS skips, says the model and its mixture."""
    mixture = glass.model.mixture
    head = [
        f"{glass.model} glass, units lj",
        "",
        f"{glass.n_particles} atoms",
        f"{mixture.n_species} atom types",
        "",
    ]
    edges = [f"0 {glass.box:.17g} {axis}lo {axis}hi" for axis in "xyz"]
    style, columns = ("atomic", ("",) * glass.n_particles) if glass.sizes is None else ("sphere", _spheres(glass))
    masses = ["", "Masses", "", *(f"{k + 1} {mass:.17g}" for k, mass in enumerate(mixture.masses))]
    rows = (
        f"{k + 1} {kind + 1}{more} {x:.17g} {y:.17g} {z:.17g}"
        for k, (kind, more, (x, y, z)) in enumerate(zip(glass.species, columns, glass.positions, strict=True))
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in chain(head, edges, masses, ["", f"Atoms # {style}", ""], rows))


def _spheres(glass: Glass) -> tuple[str, ...]:
    """Diameter and density of each particle, which give it its mass."""
    mass, sizes = glass.model.mixture.masses[0], [] if glass.sizes is None else glass.sizes.tolist()
    return tuple(f" {x:.17g} {6.0 * mass / (pi * x**3):.17g}" for x in sizes)
