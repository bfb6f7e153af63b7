"""The microscopic numbers of one ensemble, in units of a0 and ω0 = c_s/a0 with c_s from the ensemble's mean G."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.short_forms import ShortForm

from .density_of_states import LowDensity, TailFit, fit_windows, fit_within, low_density
from .dipole_length import DipoleLength, dipole_length, half_box
from .estimate import UNKNOWN, Estimate
from .scales import characteristic_frequency, number_density, stz_size

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class LowModes(ShortForm):
    """Low-frequency modes of many glasses, in √(ε/m)/λ."""

    n_particles: int
    frequencies: list[FloatArray]
    complete: FloatArray  # (n,) all modes of each glass are known up to here


@dataclass(frozen=True, slots=True, repr=False)
class DipoleDecays(ShortForm):
    """c(r) of single dipoles in large glasses."""

    UNITS: ClassVar[Mapping[str, str]] = {"distance": "in a0"}

    n_particles: int
    distance: FloatArray  # (bins,) in a0
    each: list[FloatArray]  # one per glass: (dipoles, bins)


@dataclass(frozen=True, slots=True)
class GlassCount:
    """Number and size of the glasses on which something was measured."""

    n_particles: int
    n_glasses: int


@dataclass(frozen=True, slots=True, repr=False)
class Microscopic(ShortForm):
    """The quantities that Figs. 6-8, 13-16 and 19 show of one ensemble."""

    UNITS: ClassVar[Mapping[str, str]] = {"omega0": "√(ε/m)/λ"}

    omega0: float  # √(ε/m)/λ; not a number where G is unknown
    modulus_error: float  # relative error of G, which ω0 carries into A_g ω0⁵ ∝ G^(5/2)
    tail: TailFit
    windows: list[TailFit]
    density: LowDensity
    dipole: DipoleLength
    of_modes: GlassCount  # the tail's glasses
    of_dipoles: GlassCount  # the glasses of c(r)
    dimension: int = 3

    @property
    def prefactor(self) -> Estimate:
        """A_g ω0⁵; its error includes that of the counts and that of ω0."""
        counted = self.tail.prefactor
        if not counted.is_known:
            return UNKNOWN
        return Estimate(counted.value, float(np.hypot(counted.error, 2.5 * self.modulus_error * counted.value)))

    @property
    def length(self) -> Estimate:
        """ξ_g/a0."""
        return self.dipole.length

    @property
    def frequency(self) -> Estimate:
        """ω_g/ω0."""
        return characteristic_frequency(self.length)

    @property
    def number(self) -> Estimate:
        """Number density 𝒩."""
        return number_density(self.prefactor, self.frequency)

    @property
    def stz(self) -> Estimate:
        """STZ size in particles."""
        return stz_size(self.length, self.dimension)


def microscopic(
    shear_modulus: Estimate, density: float, modes: LowModes, dipoles: DipoleDecays, dimension: int = 3
) -> Microscopic:
    """Combine the modes and dipole responses of an ensemble; all masses are 1.

    shear_modulus: mean over the ensemble and its planes, ε/λ^d; density: ρ in λ^−d."""
    value = shear_modulus.value
    omega0 = float(np.sqrt(value / density)) * density ** (1.0 / dimension) if value > 0 else float("nan")
    known = np.isfinite(omega0)
    reduced = [x / omega0 for x in modes.frequencies] if known else []
    complete = modes.complete / omega0 if known else np.empty(0)
    n = modes.n_particles
    half = half_box(dipoles.n_particles, dimension)
    dipole = dipole_length(dipoles.distance, dipoles.each, half_box=half, dimension=dimension)
    return Microscopic(
        omega0,
        shear_modulus.error / value if known else float("nan"),
        fit_within(reduced, complete, n, dipole.length, dimension),
        fit_windows(reduced, complete, n, dimension),
        low_density(reduced, complete, n, dimension),
        dipole,
        GlassCount(n, len(modes.frequencies)),
        GlassCount(dipoles.n_particles, len(dipoles.each)),
        dimension,
    )
