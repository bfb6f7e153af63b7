"""MDAnalysis: a Universe or a group of its atoms at the current frame, in single precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, check, shown
from vitrify.glass import Glass
from vitrify.models import Model

from ..axes import in_space
from ..elements import are_elements
from ..particle_columns import radii_of
from .needs import require_package
from .particles import Particles, labels_of, masses_of, vectors_of

FloatArray = NDArray[np.float64]
OWNER = "the Universe"
NAMED_BY = ("types", "names", "elements")  # attributes of atoms, the first that is there


def taken(given: Any, model: Model | str, species: Mapping[str, str] | None, dimension: int, length: float) -> Glass:
    """The glass of a Universe or a group of atoms. Raises UsageError."""
    check(dimension in (2, 3), "from_mdanalysis", "dimension", dimension, "2 or 3")
    group = getattr(given, "atoms", None)
    if group is None or not all(hasattr(group, x) for x in ("positions", "dimensions")):
        raise UsageError(f"a Universe or an AtomGroup of MDAnalysis must be given, not {shown(given)}")
    if group.dimensions is None:
        raise UsageError(f"{OWNER} has no cell; a periodic one is needed")
    attribute = next((x for x in NAMED_BY if hasattr(group, x)), None)
    if attribute is None:
        raise UsageError(f"{OWNER} has no {', '.join(NAMED_BY[:-1])} or {NAMED_BY[-1]}, from which species are read")
    radii = getattr(group, "radii", None)
    return (
        Particles(
            OWNER,
            [str(x) for x in getattr(group, attribute)],
            np.array(group.positions, dtype=float),
            _vectors(np.array(group.dimensions, dtype=float)),
            (True, True, dimension == 3),
            None if radii is None else 2.0 * np.array(radii, dtype=float),
        )
        .in_units(length)
        .glass(model, species)
    )


def made(glass: Glass) -> Any:
    """A Universe of a glass. Raises UsageError where MDAnalysis is not installed."""
    package, n = require_package("MDAnalysis", "to_mdanalysis"), glass.n_particles
    labels = labels_of(glass)
    universe = package.Universe.empty(n, trajectory=True)
    universe.add_TopologyAttr("types", labels)
    universe.add_TopologyAttr("names", labels)
    universe.add_TopologyAttr("masses", masses_of(glass))
    universe.add_TopologyAttr("radii", radii_of(glass))
    if are_elements(glass.model.mixture.labels):
        universe.add_TopologyAttr("elements", labels)
    universe.atoms.positions = in_space(glass.positions)
    universe.dimensions = _lengths_and_angles(vectors_of(glass.cell))
    return universe


def _vectors(dimensions: FloatArray) -> FloatArray:
    """The vectors of a cell as rows, of its lengths a, b, c and angles α, β, γ in degrees: a along x, b in the xy plane."""
    a, b, c = dimensions[:3]
    cosines = np.where(dimensions[3:] == 90.0, 0.0, np.cos(np.radians(dimensions[3:])))
    alpha, beta, gamma = cosines
    sine = 1.0 if gamma == 0.0 else np.sqrt(1.0 - gamma**2)
    x, y = beta, (alpha - beta * gamma) / sine
    return np.array([[a, 0, 0], [b * gamma, b * sine, 0], [c * x, c * y, c * np.sqrt(max(1.0 - x * x - y * y, 0.0))]])


def _lengths_and_angles(vectors: FloatArray) -> FloatArray:
    """Lengths a, b, c and angles α, β, γ in degrees of vectors as rows."""
    lengths = np.linalg.norm(vectors, axis=1)
    a, b, c = vectors / lengths[:, None]
    return np.concatenate([lengths, np.degrees(np.arccos([b @ c, a @ c, a @ b]))])
