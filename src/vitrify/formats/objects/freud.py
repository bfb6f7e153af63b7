"""freud's systems: (box, positions), the box about the origin with tilts as HOOMD has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, shown
from vitrify.glass import Glass
from vitrify.models import Model
from vitrify.models.catalogue import model_of

from ..axes import in_space
from .needs import require_package
from .particles import Particles

FloatArray = NDArray[np.float64]
LENGTHS_AND_TILTS = ("Lx", "Ly", "Lz", "xy", "xz", "yz")  # Lz is 0 in two dimensions
OWNER = "freud's system"


def taken(system: Any, model: Model | str, species: Any, sizes: Any) -> Glass:
    """The glass of (box, positions) with species, and with sizes where the model has them. Raises UsageError."""
    if not isinstance(system, tuple | list) or len(system) != 2:
        raise UsageError(f"{OWNER} must be given as (box, positions), not as {shown(system)}")
    vectors, positions = _vectors(system[0]), np.array(system[1], dtype=float)
    if positions.ndim != 2 or positions.shape[1] not in (2, 3):
        raise UsageError(f"{OWNER} has positions of shape {positions.shape}, must be (n, 3)")
    cell, _ = Particles(OWNER, [], in_space(positions), vectors, (True, True, bool(vectors[2].any()))).cell()
    return Glass(positions, cell, species, model_of(model), sizes=sizes)


def made(glass: Glass) -> tuple[Any, FloatArray]:
    """Box and positions of a glass. Raises UsageError where freud is not installed."""
    freud = require_package("freud", "to_freud")
    cell, flat = glass.cell, glass.dimension == 2
    h = cell.matrix
    tilts = (h[1, 0] / h[1, 1], *((0.0, 0.0) if flat else (h[2, 0] / h[2, 2], h[2, 1] / h[2, 2])))
    box = freud.box.Box(*cell.edges, *((0.0,) if flat else ()), *tilts, is2D=flat)
    middle = glass.positions - cell.positions(np.floor(cell.fractions(glass.positions) + 0.5))
    return box, in_space(middle)


def _vectors(box: Any) -> FloatArray:
    """(3, 3) the vectors of a box as rows, of whatever freud takes for one: a Box, its lengths and tilts by name or in a
    row, or its matrix, whose columns are the vectors. Raises UsageError."""
    if isinstance(box, Mapping):
        values: Any = [box.get(x, 0.0) for x in LENGTHS_AND_TILTS]
    else:
        values = [getattr(box, x) for x in LENGTHS_AND_TILTS] if hasattr(box, "Lx") else box
    try:
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape == (3, 3):
        return numbers.T
    if numbers.shape not in ((2,), (3,), (6,)):
        raise UsageError(f"{OWNER} has the box {shown(box)}, must be a Box, its lengths and tilts, or a matrix")
    lx, ly, lz, xy, xz, yz = np.pad(numbers, (0, 6 - len(numbers))).tolist()
    return np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]])
