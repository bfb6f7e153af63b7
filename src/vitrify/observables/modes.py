"""Low-frequency modes of a glass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vitrify.errors import check
from vitrify.glass import Glass
from vitrify.statics import Hessian, Pairs, strain_modulus
from vitrify.statics.modes import Modes, lowest_modes, modes_below
from vitrify.statics.strain import PLANES, strain_force

from .measurement import EQUILIBRIUM, held_pairs

LEAST_SHEAR = 0.05  # of the Born part: a glass that yields has no speed of sound to set a scale by


def hessian_of(glass: Glass, *, without_rattlers: bool = False, force_tolerance: float = EQUILIBRIUM) -> Hessian:
    """The Hessian of a glass, or of those of its particles that hold each other. Raises what held_pairs raises."""
    pairs = Pairs.of(glass)
    return Hessian(held_pairs(pairs, force_tolerance) if without_rattlers else pairs)


def first_shear_phonon(glass: Glass, hessian: Hessian) -> float:
    """ω = 2π c_s/L of the longest shear wave that fits the cell, c_s = √(G/ρ) with this glass's own G, mean of its
    planes, in √(ε/m)/λ."""
    pairs = hessian.pairs
    planes = list(PLANES[pairs.dimension].values())
    forces = np.array([strain_force(pairs, plane) for plane in planes])
    found = [strain_modulus(pairs, plane, x) for plane, x in zip(planes, hessian.solve(forces).x_mid, strict=True)]
    shear = max(sum(x.value for x in found), LEAST_SHEAR * sum(x.affine for x in found)) / len(planes)
    masses = np.array(glass.model.mixture.masses)[glass.species]
    return float(2.0 * np.pi * np.sqrt(shear * glass.volume / masses.sum()) / glass.cell.longest_wave)


def low_frequency_modes(
    glass: Glass,
    *,
    below: float = 1.2,
    number: int = 0,
    hessian: Hessian | None = None,
    without_rattlers: bool = False,
) -> tuple[Modes, float]:
    """All modes below a multiple of the first shear phonon, or the `number` lowest where that is not 0; and that frequency.

    without_rattlers: of the particles that hold each other; rattlers stand still in the vectors. Raises SampleFailure for
    what is no minimum, or where a mode may be missing; UsageError for masses other than 1 and for what is no
    number of modes."""
    counts = isinstance(number, int | np.integer) and number >= 0
    check(counts, "modes", "number", number, "a whole number, 0 for all below a frequency")
    masses = set(glass.model.mixture.masses)
    check(masses == {1.0}, "modes", "masses", sorted(masses), "1 for every species")
    hessian = hessian or hessian_of(glass, without_rattlers=without_rattlers)
    first = first_shear_phonon(glass, hessian)
    modes = lowest_modes(hessian, number) if number else modes_below(hessian, (below * first) ** 2)
    vectors = hessian.pairs.in_glass(modes.vectors, axis=1)[..., : glass.dimension]
    return replace(modes, vectors=vectors), first
