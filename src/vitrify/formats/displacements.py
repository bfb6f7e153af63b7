"""Modes as displacement vectors in extended xyz, a frame each: what OVITO draws as arrows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError
from vitrify.glass import Glass

from .axes import entries_of, in_space
from .whole import require_place, write_whole

SUFFIXES = (".xyz", ".extxyz")
COLUMNS = "species:S:1:pos:R:3:Displacement:R:3"  # OVITO's own name of the vectors that it draws as arrows

Frame = tuple[str, float, NDArray[np.float64]]  # name, ω² in ε/λ²/m, vector (n, d)


def write_displacements(glass: Glass, frames: list[Frame], path: Path) -> None:
    """Write positions and `Displacement:R:3` for every frame with all digits, the file as a whole or not at all. Raises
    UsageError where the place cannot be written."""
    write_whole(path, lambda beside: _write(glass, frames, beside))


def require_displacements(path: Path) -> None:
    """Raise UsageError unless modes can be written to this file: asked before they are sought."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} has suffix {path.suffix!r}, must be one of {', '.join(SUFFIXES)}")
    require_place(path)


def _write(glass: Glass, frames: list[Frame], path: Path) -> None:
    labels = [glass.model.mixture.labels[k] for k in glass.species]
    columns = COLUMNS if glass.sizes is None else f"{COLUMNS}:radius:R:1"
    sizes = np.empty((glass.n_particles, 0)) if glass.sizes is None else 0.5 * glass.sizes[:, None]
    head = entries_of(glass.cell, columns)
    with path.open("w", encoding="utf-8") as file:
        for name, eigenvalue, vector in frames:
            file.write(f'{glass.n_particles}\n{head} mode="{name}" eigenvalue={eigenvalue:.17g}\n')
            rows = np.concatenate([in_space(glass.positions), in_space(vector), sizes], axis=1)
            file.writelines(
                f"{label} {' '.join(f'{x:.17g}' for x in row)}\n" for label, row in zip(labels, rows, strict=True)
            )
