"""The numbers of a page of one glass as rows of tables, each number as `vitrify measure` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitrify.glass import Glass
from vitrify.measuring.in_units import told
from vitrify.measuring.meanings import meaning_of
from vitrify.physical_units import Units
from vitrify.study.observable import NUMBER

from .displacements import Displacement
from .scene import species_of

IN_OTHER_TABLES = ("lowest_eigenvalues", "soft_spots", "dipoles")
PARTS = ("k_plus", "k_minus", "f_plus", "f_minus", "quartic")  # of a soft spot
ABOUT = ("n", "model", "box")  # they stand at the head of the page


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    about: str = ""


def about_the_glass(glass: Glass, source: str) -> list[tuple[str, str]]:
    """Name and value of what says which glass it is."""
    d, cell = glass.dimension, glass.cell
    volume = {2: "λ⁻²", 3: "λ⁻³"}[d]
    kinds = ", ".join(f"{label}: {n:,}" for label, n, _ in species_of(glass))
    rows = [
        ("File", source),
        ("Model", str(glass.model)),
        ("Dimensions", f"{d}"),
        ("Particles", f"{glass.n_particles:,}" + (f" ({kinds})" if len(species_of(glass)) > 1 else "")),
        ("Density", f"{glass.density:.6g} {volume}"),
        ("Cell", _cell(glass)),
        ("Sides of the cell", ", ".join(f"{x:.6g}" for x in np.linalg.norm(cell.matrix, axis=1)) + " λ"),
    ]
    return [x for x in rows if x[1]]


def numbers_table(values: Mapping[str, Any], units: Units | None, dimension: int) -> Table:
    """All single numbers, with the unit and the sentence of each."""
    rows = list(_rows(values, units, dimension))
    head = ("name", "value", "unit", *(("in the laboratory",) if units else ()), "meaning")
    return Table("Numbers", head, rows)


def modes_table(displacements: Sequence[Displacement]) -> Table | None:
    """Frequency, participation ratio, place and size of each displacement."""
    if not displacements:
        return None
    rows = [
        (
            x.name,
            f"{x.frequency:.6g}",
            f"{x.participation_ratio:.4g}",
            " ".join(f"{c:.3f}" for c in x.core),
            f"{x.size:.4g}",
        )
        for x in displacements
    ]
    return Table(
        "Modes and soft spots",
        ("name", "ω in √(ε/m)/λ", "participation ratio", "core in λ", "size in λ"),
        rows,
        "The core is the mean place of the particles with weights |u|⁴ of their displacements u, and the size is the "
        "radius of gyration about it with the same weights. A wave that fills the cell has no core, and its size is that "
        "of the cell.",
    )


def spots_table(values: Mapping[str, Any]) -> Table | None:
    """What `vitrify measure --soft-spots` shows of each soft spot."""
    found = values.get("soft_spots")
    if not isinstance(found, Mapping):
        return None
    rows = [
        (f"soft spot {k}", *(shown(x[y]) for y in PARTS), f"{x['dilation_over_shear']:.4g}", str(x["found_by"]))
        for k, x in enumerate(found["spots"])
    ]
    head = ("name", "k₊", "k₋", "f₊", "f₋", "U''''", "dilation/shear", "found by")
    lost = f" {found['lost']} starts led to none." if found["lost"] else ""
    kept = "This is the softest" if len(found["spots"]) == 1 else f"These are the {len(found['spots'])} softest"
    about = (
        f"{kept} of {found['found']} nonlinear modes (kind: {found['kind']}) that a "
        f"census found from {found['starts']} starts.{lost} k₊, k₋, f₊ and f₋ are the four parts of ω² of Eq. (10), in "
        "ε/λ²; U'''' is the fourth derivative of the energy along the mode, in ε/λ⁴."
    )
    return Table("Soft spots in detail", head, rows, about)


def decay_table(values: Mapping[str, Any]) -> Table | None:
    """c(r) as numbers."""
    found = values.get("dipoles")
    if not isinstance(found, list):
        return None
    rows = [(f"{x['r_over_a0']:.4g}", shown(x["c"]), str(x["dipoles"])) for x in found]
    return Table("Decay of dipole responses", ("r/a0", "c(r)", "dipoles"), rows, "c(r) is that of Eq. (A13).")


def shown(value: Any) -> str:
    """A number, or a list of them, as `vitrify measure` prints it."""
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], list | tuple):
            return "\n".join(" ".join(f"{x:.8g}" for x in row) for row in value)
        return ", ".join(map(shown, value))
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _rows(values: Mapping[str, Any], units: Units | None, dimension: int) -> Iterator[tuple[str, ...]]:
    for name, value in _single(values):
        about = meaning_of(name, [dimension])
        beside = told(name, value, units, dimension) if units else None
        laboratory = ((f"{shown(beside.value)} {beside.unit}" if beside else "",)) if units else ()
        yield (name, shown(value), "" if about.unit == NUMBER else about.unit, *laboratory, about.meaning)


def _single(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values by name. Those of the quasilocalised mode have its name before theirs, as in a table of samples."""
    for name, value in values.items():
        if name in IN_OTHER_TABLES or name in ABOUT:
            continue
        if isinstance(value, Mapping):
            yield from ((f"{name}_{key}", x) for key, x in value.items())
        else:
            yield name, value


def _cell(glass: Glass) -> str:
    cell = glass.cell
    if cell.is_cubic:
        return {2: "a square", 3: "a cube"}[glass.dimension]
    if cell.is_orthogonal:
        return {2: "a rectangle", 3: "a cuboid"}[glass.dimension]
    rows = "; ".join(" ".join(f"{x:.5g}" for x in row) for row in cell.matrix)
    return f"{ {2: 'a parallelogram', 3: 'a parallelepiped'}[glass.dimension] } with the vectors {rows} λ"
