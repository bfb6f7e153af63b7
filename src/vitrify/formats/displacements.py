"""Modes as displacement vectors in extended xyz, one frame each, which OVITO draws as arrows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.named_files import require_place, write_whole

from .axes import entries_of, in_space
from .particle_columns import columns_of, ends_of

SUFFIXES = (".xyz", ".extxyz")
VECTOR = "disp"  # which OVITO reads as the vectors Displacement; of a column of that very name it keeps one component

Frame = tuple[str, float, NDArray[np.float64]]  # name, ω² in ε/λ²/m, vector (n, d)


def write_displacements(glass: Glass, frames: list[Frame], path: Path | str) -> None:
    """Write positions and `disp:R:3` for every frame with all digits, the file as a whole or not at all. Raises
    UsageError where the place cannot be written."""
    write_whole(Path(path), lambda beside: _write(glass, frames, beside))


def require_displacements(path: Path) -> None:
    """Raise UsageError unless modes can be written to this file: it is called before they are sought."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} has suffix {path.suffix!r}, must be one of {', '.join(SUFFIXES)}")
    require_place(path)


def _write(glass: Glass, frames: list[Frame], path: Path) -> None:
    labels = [glass.model.mixture.labels[k] for k in glass.species]
    head, ends = entries_of(glass.cell, columns_of(glass, VECTOR)), ends_of(glass)
    with path.open("w", encoding="utf-8") as file:
        for name, eigenvalue, vector in frames:
            file.write(f'{glass.n_particles}\n{head} mode="{name}" eigenvalue={eigenvalue:.17g}\n')
            rows = np.concatenate([in_space(glass.positions), in_space(vector)], axis=1)
            file.writelines(
                f"{label} {' '.join(f'{x:.17g}' for x in row)}{end}\n"
                for label, row, end in zip(labels, rows, ends, strict=True)
            )
