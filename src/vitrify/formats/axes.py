"""Cells and positions in the form that files have, with three axes in two dimensions too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell

FloatArray = NDArray[np.float64]
THICKNESS = 1.0  # thickness of a two-dimensional cell along the axis that has no period


def in_space(vectors: FloatArray) -> FloatArray:
    """Vectors (n, 2) or (n, 3) with three components."""
    return np.pad(vectors, ((0, 0), (0, 3 - vectors.shape[1])))


def matrix_in_space(cell: Cell) -> FloatArray:
    """The three vectors of a cell as rows."""
    matrix = THICKNESS * np.eye(3)
    matrix[: cell.dimension, : cell.dimension] = cell.matrix
    return matrix


def entries_of(cell: Cell, columns: str) -> str:
    """Cell and columns in the comment line of extended xyz. A two-dimensional system is not periodic along its normal."""
    lattice = " ".join(f"{x:.17g}" for x in matrix_in_space(cell).ravel())
    return f'Lattice="{lattice}" Properties={columns} pbc="T T {"F" if cell.dimension == 2 else "T"}"'
