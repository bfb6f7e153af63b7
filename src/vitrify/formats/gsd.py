"""GSD files (HOOMD schema), to write: for HOOMD-blue, OVITO and freud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError
from vitrify.glass import Glass


def write(glass: Glass, path: Path) -> None:
    """One frame: box, types, masses and positions in [-L/2, L/2), all lengths in single precision as the schema has them.

    Raises UsageError where the package gsd is not installed."""
    hoomd = package()
    mixture, frame = glass.model.mixture, hoomd.Frame()
    frame.configuration.step = 0
    frame.configuration.box = [glass.box, glass.box, glass.box, 0, 0, 0]
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


def _about_the_middle(glass: Glass) -> NDArray[np.float32]:
    """Positions modulo the box in [-L/2, L/2): each particle stays where it is, or is named by its other image."""
    middle = glass.positions - glass.box * np.floor(glass.positions / glass.box + 0.5)
    rounded = middle.astype(np.float32)
    half = np.float32(glass.box) / np.float32(2)
    rounded[rounded >= half] = -half  # what single precision rounds up to the edge is its image on the other side
    return rounded
