"""LAMMPS data files, written (atom_style atomic, sphere where particles have sizes, molecular where they are bound to each
other; units lj)."""

from __future__ import annotations

from itertools import chain
from math import pi
from pathlib import Path

from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.glass_files import Format, register_format

from .axes import THICKNESS, in_space, matrix_in_space
from .configuration import glasses_of
from .lammps_data import frames, recognises


def write(glass: Glass, path: Path) -> None:
    """Write a data file, whose cell LAMMPS takes as it is; species are numbered from 1, and their names are type labels,
    which OVITO and LAMMPS' own `dump extxyz` take. The first line, which LAMMPS skips, names the model and its mixture."""
    mixture = glass.model.mixture
    counts, bound = _bound(glass)
    head = [
        f"{glass.model} glass, units lj",
        "",
        f"{glass.n_particles} atoms",
        f"{mixture.n_species} atom types",
        *counts,
        "",
    ]
    style, columns = ("atomic", ("",) * glass.n_particles) if glass.sizes is None else ("sphere", _spheres(glass))
    molecule = ("",) * glass.n_particles
    if glass.topology is not None:
        if glass.sizes is not None:
            raise UsageError(f"a LAMMPS data file has no atom style for both sizes and bonds, which {glass.model} has")
        style, molecule = "molecular", tuple(f" {k + 1}" for k in glass.topology.molecules(glass.n_particles).tolist())
    low = -0.5 * THICKNESS if glass.dimension == 2 else 0.0  # LAMMPS wants the plane inside of its cell
    matrix = matrix_in_space(glass.cell)
    edges = [f"0 {matrix[d, d]:.17g} {axis}lo {axis}hi" for d, axis in enumerate("xy")]
    edges += [f"{low:.17g} {matrix[2, 2] + low:.17g} zlo zhi"]
    if not glass.cell.is_orthogonal:
        edges += [f"{matrix[1, 0]:.17g} {matrix[2, 0]:.17g} {matrix[2, 1]:.17g} xy xz yz"]
    names = [f"{k + 1} {label}" for k, label in enumerate(mixture.labels)]
    labels = ["", "Atom Type Labels", "", *names] if all(map(_is_type_label, mixture.labels)) else []
    masses = ["", "Masses", "", *(f"{k + 1} {mass:.17g} # {mixture.labels[k]}" for k, mass in enumerate(mixture.masses))]
    rows = (
        f"{k + 1}{of} {kind + 1}{more} {x:.17g} {y:.17g} {z:.17g}"
        for k, (of, kind, more, (x, y, z)) in enumerate(
            zip(molecule, glass.species, columns, in_space(glass.positions), strict=True)
        )
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        parts = chain(head, edges, labels, masses, ["", f"Atoms # {style}", ""], rows, bound)
        file.writelines(f"{line}\n" for line in parts)


def _bound(glass: Glass) -> tuple[list[str], list[str]]:
    """The lines of bonds and angles in the header, and their sections."""
    topology, molecule = glass.topology, glass.model.molecule
    head: list[str] = []
    sections: list[str] = []
    if topology is None or molecule is None:
        return head, sections
    for name, rows, types in (
        ("bonds", topology.bonds, topology.bond_types),
        ("angles", topology.angles, topology.angle_types),
    ):
        if len(rows):
            head += [f"{len(rows)} {name}", f"{len(getattr(molecule, name))} {name[:-1]} types"]
            sections += ["", name.capitalize(), ""]
            sections += [
                f"{k + 1} {kind + 1} {' '.join(str(x + 1) for x in row)}"
                for k, (row, kind) in enumerate(zip(rows.tolist(), types.tolist(), strict=True))
            ]
    return head, sections


def _is_type_label(label: str) -> bool:
    """Tell whether LAMMPS takes a name for a type: one that could be a number or a range of numbers would be ambiguous."""
    return label[0].isalpha()


def _spheres(glass: Glass) -> tuple[str, ...]:
    """Diameter and density of each particle, which give it its mass."""
    mass, sizes = glass.model.mixture.masses[0], [] if glass.sizes is None else glass.sizes.tolist()
    return tuple(f" {x:.17g} {6.0 * mass / (pi * x**3):.17g}" for x in sizes)


SUFFIXES = (".data", ".lammps", ".lmp")
register_format(
    Format(
        "lammps",
        SUFFIXES,
        "a LAMMPS data file",
        frames=glasses_of(frames),
        recognises=recognises,
        write=write,
        holds_topology=True,
    )
)
