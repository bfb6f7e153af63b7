"""LAMMPS' tables of pair potentials, with which LAMMPS runs the very potential of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, check
from vitrify.models import Model
from vitrify.models.offers import numbers_of, radial_of
from vitrify.models.plain_numbers import finite_number
from vitrify.named_files import write_whole

FloatArray = NDArray[np.float64]
LEAST_POINTS, MOST_POINTS = 100, 10_000_000


def write_table(model: Model, path: Any, *, points: int = 20_000, inner: float = 0.5) -> None:
    """Write φ and −dφ/dr of each pair of species, equally spaced in r² from `inner` (in λ_ij) to the cutoff.

    LAMMPS puts cubic splines in r² through the points (`pair_style table spline`). With 20,000 of them its energy of a
    glass is ours to 1e-13 of it and its forces are to 1e-9 of the mean pair force; straight lines (`linear`) are to 1e-7
    and 1e-5 only. Raises UsageError where particles have sizes, where the energy is not one of pairs alone, and where φ is
    no number at `inner`."""
    owner, whole = "write_lammps_table", finite_number(points)
    right = whole is not None and whole % 1 == 0 and LEAST_POINTS <= whole <= MOST_POINTS
    check(right, owner, "points", points, f"a whole number from {LEAST_POINTS} to {MOST_POINTS:,}")
    if model.mixture.sizes is not None:
        raise UsageError(f"{model} has a size for each particle, but LAMMPS' tables are for pairs of types, which it lacks")
    if model.potential.many_body() is not None:
        raise UsageError(f"{model} has an energy beyond pairs, which a table of pairs cannot have")
    pairs = list(combinations_with_replacement(range(model.mixture.n_species), 2))
    least = min(model.reduced_cutoff(i, j) for i, j in pairs)
    near = finite_number(inner)
    check(near is not None and 0.0 < near < least, owner, "inner", inner, f"positive and below the cutoff, {least:g} λ_ij")
    sections = [_section(model, i, j, int(points), float(inner)) for i, j in pairs]
    head = _head(model, [_pair_coeff(model, i, j, Path(path).name) for i, j in pairs], int(points))
    write_whole(Path(path), lambda beside: _fill(beside, head, sections))


def _head(model: Model, pair_coeffs: list[str], points: int) -> list[str]:
    """What the file is, and the lines of an input that use it; LAMMPS itself looks at UNITS."""
    return [
        f"# UNITS: lj CONTRIBUTOR: vitrify; pair potentials of {model.in_full}",
        "# in an input with units lj, after read_data:",
        f"# pair_style table spline {points}",
        *(f"# {line}" for line in pair_coeffs),
        "",
    ]


def _pair_coeff(model: Model, i: int, j: int, file: str) -> str:
    return f"pair_coeff {i + 1} {j + 1} {file} {_name(model, i, j)}"


def _name(model: Model, i: int, j: int) -> str:
    """The keyword of a section, such as A:B; no label has a colon."""
    labels = model.mixture.labels
    return f"{labels[i]}:{labels[j]}"


def _section(model: Model, i: int, j: int, points: int, inner: float) -> tuple[list[str], FloatArray]:
    """The head of a section, and its rows (points, 3): r, ε_ij φ and the force −ε_ij dφ/dr = −2 r φ_u ε_ij/λ_ij², where
    u = r²/λ_ij²."""
    length, energy = model.mixture.lengths[i][j], model.mixture.energies[i][j]
    cutoff = model.reduced_cutoff(i, j)
    radial, numbers = radial_of(model.potential_of(i, j)), numbers_of(model.potential_of(i, j))
    u = np.linspace(inner**2, cutoff**2, points)
    with np.errstate(all="ignore"):
        phi, slope = np.array([_at(radial, x, numbers) for x in u.tolist()]).T
    r = length * np.sqrt(u)
    rows = np.stack([r, energy * phi, -2.0 * energy * r * slope / length**2], axis=1)
    if not np.isfinite(rows).all():
        raise UsageError(
            f"write_lammps_table: inner is {inner:g}, where the energy of {model} is not a finite number; it must be larger"
        )
    return [_name(model, i, j), f"N {points} RSQ {length * inner:.17g} {length * cutoff:.17g}", ""], rows


def _at(radial: Any, u: float, numbers: tuple[float, ...]) -> tuple[float, float]:
    """φ and φ_u; not cut off at the cutoff itself, where a potential may end with a slope."""
    try:
        phi, slope = radial(u, numbers)[:2]
    except (OverflowError, ZeroDivisionError):
        return np.inf, -np.inf
    return float(phi), float(slope)


def _fill(path: Path, head: list[str], sections: Iterable[tuple[list[str], FloatArray]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in head)
        for title, rows in sections:
            file.writelines(f"{line}\n" for line in title)
            file.writelines(_rows(rows))
            file.write("\n")


def _rows(rows: FloatArray) -> Iterator[str]:
    for k, (r, phi, force) in enumerate(rows.tolist()):
        yield f"{k + 1} {r:.17g} {phi:.17g} {force:.17g}\n"
