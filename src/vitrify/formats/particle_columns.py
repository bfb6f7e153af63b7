"""The columns of particles in extended xyz: those that we read back, and what ASE and OVITO need beside them.

ASE refuses a file in which a species is no element, unless a column Z gives atomic numbers, of which 0 is an unknown one;
then it keeps `tags`, by which the species are told apart. OVITO takes a species B for boron, but draws the radius of a
column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vitrify.glass import Glass

from .elements import are_elements

COLUMNS = "species:S:1:pos:R:3"
RADIUS = "radius:R:1"  # ½ λ_i, or ½ λ_ii of a species
UNKNOWN = "Z:I:1:tags:I:1"  # atomic number and number of the species


def columns_of(glass: Glass, vector: str = "") -> str:
    """The value of Properties. vector: the name of vectors that follow the positions."""
    parts = [COLUMNS, *([f"{vector}:R:3"] if vector else [])]
    named = are_elements(glass.model.mixture.labels)
    parts += [RADIUS] if glass.sizes is not None or not named else []
    return ":".join(parts if named else [*parts, UNKNOWN])


def radii_of(glass: Glass) -> NDArray[np.float64]:
    """(n,) ½ λ_i, or ½ λ_ii of a species."""
    if glass.sizes is not None:
        return 0.5 * glass.sizes
    return np.asarray(0.5 * np.diag(np.array(glass.model.mixture.lengths))[glass.species])


def ends_of(glass: Glass) -> list[str]:
    """The end of each particle's row: what stands behind its coordinates and vectors in these columns."""
    mixture = glass.model.mixture
    named = are_elements(mixture.labels)
    unknown = ["" if named else f" 0 {kind}" for kind in range(mixture.n_species)]
    if glass.sizes is not None:
        return [f" {0.5 * size:.17g}{unknown[kind]}" for size, kind in zip(glass.sizes, glass.species, strict=True)]
    ends = unknown if named else [f" {0.5 * mixture.lengths[k][k]:.17g}{end}" for k, end in enumerate(unknown)]
    return [ends[kind] for kind in glass.species]
