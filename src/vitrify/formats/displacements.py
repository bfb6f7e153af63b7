"""Modes as displacement vectors in extended xyz, a frame each: what OVITO draws as arrows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError
from vitrify.glass import Glass

Frame = tuple[str, float, NDArray[np.float64]]  # name, ω² in ε/λ²/m, vector (n, 3)


def write_displacements(glass: Glass, frames: list[Frame], path: Path) -> None:
    """Write positions and `displacement:R:3` for every frame. Raises UsageError where the place cannot be written."""
    labels = [glass.model.mixture.labels[k] for k in glass.species]
    edge = f"{glass.box:.17g}"
    lattice = f"{edge} 0 0 0 {edge} 0 0 0 {edge}"
    try:
        with path.open("w") as file:
            for name, eigenvalue, vector in frames:
                head = 'Properties=species:S:1:pos:R:3:displacement:R:3 pbc="T T T"'
                file.write(f'{glass.n_particles}\nLattice="{lattice}" {head} mode="{name}" eigenvalue={eigenvalue:.17g}\n')
                rows = np.concatenate([glass.positions, vector], axis=1)
                file.writelines(
                    f"{label} {' '.join(f'{x:.12g}' for x in row)}\n" for label, row in zip(labels, rows, strict=True)
                )
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
