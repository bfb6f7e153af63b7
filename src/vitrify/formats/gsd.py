"""GSD files (HOOMD schema), to write: for HOOMD-blue, OVITO and freud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell
from vitrify.errors import UsageError
from vitrify.glass import Glass

from .axes import in_space
from .format import Format, register_format


def write(glass: Glass, path: Path) -> None:
    """One frame: box, types, masses and positions about the middle, all lengths in single precision as the schema has them.

    Raises UsageError where the package gsd is not installed."""
    hoomd = package()
    mixture, frame = glass.model.mixture, hoomd.Frame()
    frame.configuration.step = 0
    frame.configuration.dimensions = glass.dimension
    frame.configuration.box = _box(glass.cell)
    frame.particles.N = glass.n_particles
    frame.particles.types = list(mixture.labels)
    frame.particles.typeid = glass.species.astype(np.uint32)
    frame.particles.mass = np.array(mixture.masses, dtype=np.float32)[glass.species]
    if glass.sizes is not None:
        frame.particles.diameter = glass.sizes.astype(np.float32)
    frame.particles.position = _about_the_middle(glass)
    with hoomd.open(str(path), "w") as file:
        file.append(frame)


def package() -> Any:
    """The module gsd.hoomd. Raises UsageError where it is not installed."""
    try:
        import gsd.hoomd  # an extra, which few need
    except ImportError:
        raise UsageError('.gsd files need the package gsd, which pip install "vitrify[export]" brings') from None
    return gsd.hoomd


def _box(cell: Cell) -> list[float]:
    """Edges and tilts xy, xz, yz: HOOMD's are b_x/b_y and so on, and Lz is 0 in two dimensions."""
    if cell.dimension == 2:
        (lx, _), (xy, ly) = cell.matrix.tolist()
        return [lx, ly, 0.0, xy / ly, 0.0, 0.0]
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell.matrix.tolist()
    return [lx, ly, lz, xy / ly, xz / lz, yz / lz]


def _about_the_middle(glass: Glass) -> NDArray[np.float32]:
    """Positions modulo the cell, fractions in [-1/2, 1/2): each particle stays where it is, or is named by another
    image."""
    cell = glass.cell
    middle = glass.positions - cell.positions(np.floor(cell.fractions(glass.positions) + 0.5))
    rounded = in_space(middle).astype(np.float32)
    if cell.is_orthogonal:
        half = in_space(cell.edges[None]).astype(np.float32) / np.float32(2)
        # what single precision rounds up to the edge is its image on the other side
        rounded = np.where((rounded >= half) & (half > 0), -half, rounded)
    return rounded


register_format(Format("gsd", (".gsd",), "GSD, in single precision", write=write, require=package))
