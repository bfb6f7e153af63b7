"""Low-frequency modes of a glass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vitrify.backends import Cpu, backend
from vitrify.errors import SampleFailure, check
from vitrify.glass import Glass
from vitrify.statics import Hessian, Modulus, Pairs
from vitrify.statics.hessian import together
from vitrify.statics.hessians import at_once, of_one_dimension
from vitrify.statics.modes import Modes, lowest_modes, modes_below, modes_of
from vitrify.statics.strain import PLANES, strain_responses

from .measurement import EQUILIBRIUM, held_pairs

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

COLUMNS = 300  # columns of vectors that hold some fifty modes of a glass while they are found side by side
LEAST_SHEAR = 0.05  # in units of the Born part: a glass that yields has no speed of sound to set a scale by


def hessian_of(glass: Glass, *, without_rattlers: bool = False, force_tolerance: float = EQUILIBRIUM) -> Hessian:
    """The Hessian of a glass, or of those of its particles that hold each other. Raises the errors of held_pairs."""
    pairs = Pairs.of(glass)
    return Hessian(held_pairs(pairs, force_tolerance) if without_rattlers else pairs)


def first_shear_phonon(glass: Glass, hessian: Hessian) -> float:
    """ω = 2π c_s/L of the longest shear wave that fits the cell, c_s = √(G/ρ) with this glass's own G, the mean of its
    planes, in √(ε/m)/λ."""
    return first_shear_phonons([glass], [hessian], backend())[0]


def first_shear_phonons(glasses: Sequence[Glass], hessians: Sequence[Hessian], machine: Cpu | Gpu) -> list[float]:
    """The first shear phonon of each glass; all glasses have one dimension."""
    planes, nothing = PLANES[glasses[0].dimension], [np.zeros((x.pairs.n_particles, 3)) for x in hessians]
    responses = strain_responses(together(hessians, machine), list(planes.values()), nothing)
    return [_phonon(glass, found.moduli) for glass, found in zip(glasses, responses, strict=True)]


def _phonon(glass: Glass, planes: list[Modulus]) -> float:
    shear = max(sum(x.value for x in planes), LEAST_SHEAR * sum(x.affine for x in planes)) / len(planes)
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
    """All modes below a multiple of the first shear phonon, or the `number` lowest modes where that is not 0, and the
    frequency of that phonon.

    without_rattlers: take only the particles that hold each other; rattlers stand still in the vectors. Raises
    SampleFailure for a glass that is no minimum, or where a mode may be missing, and UsageError for masses other than 1 and
    for an impossible number of modes."""
    _check(glass, number)
    hessian = hessian or hessian_of(glass, without_rattlers=without_rattlers)
    first = first_shear_phonon(glass, hessian)
    modes = lowest_modes(hessian, number) if number else modes_below(hessian, (below * first) ** 2)
    return _in_glass(modes, glass, hessian), first


def low_frequency_modes_of(
    glasses: Sequence[Glass], machine: Cpu | Gpu, *, below: float = 1.2, number: int = 0
) -> list[tuple[Modes, float] | SampleFailure]:
    """The result of `low_frequency_modes` for each glass, or why it has none. Raises UsageError as low_frequency_modes
    does."""
    for glass in glasses:
        _check(glass, number)
    size = at_once(Pairs.of(glasses[0]), COLUMNS, machine) if glasses else 1
    return [x for part in of_one_dimension(glasses, size) for x in _side_by_side(part, machine, below, number)]


def _side_by_side(
    glasses: Sequence[Glass], machine: Cpu | Gpu, below: float, number: int
) -> list[tuple[Modes, float] | SampleFailure]:
    hessians = [Hessian(Pairs.of(x)) for x in glasses]
    firsts = first_shear_phonons(glasses, hessians, machine)
    modes = modes_of(hessians, machine, number=number, below=[(below * x) ** 2 for x in firsts])
    return [
        x if isinstance(x, SampleFailure) else (_in_glass(x, glass, hessian), first)
        for x, glass, hessian, first in zip(modes, glasses, hessians, firsts, strict=True)
    ]


def _in_glass(modes: Modes, glass: Glass, hessian: Hessian) -> Modes:
    """Modes with vectors of all particles of the glass, (k, n, d)."""
    return replace(modes, vectors=hessian.pairs.in_glass(modes.vectors, axis=1)[..., : glass.dimension])


def _check(glass: Glass, number: int) -> None:
    counts = isinstance(number, int | np.integer) and number >= 0
    check(counts, "modes", "number", number, "a whole number, 0 for all below a frequency")
    masses = set(glass.model.mixture.masses)
    check(masses == {1.0}, "modes", "masses", sorted(masses), "1 for every species")
