"""The microscopic numbers of one ensemble, in units of a0 and ω0 = c_s/a0 with c_s from the ensemble's mean G."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .density_of_states import FRACTION, TailFit, first_shear_band, fit_tail, fit_windows, low_density
from .dipole_length import DipoleLength, dipole_length
from .estimate import Estimate
from .scales import characteristic_frequency, number_density, stz_size

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LowModes:
    """Low-frequency modes of many glasses, in √(ε/m)/λ."""

    n_particles: int
    frequencies: list[FloatArray]
    complete: FloatArray  # (n,) all modes of each glass are known up to here


@dataclass(frozen=True, slots=True)
class Microscopic:
    """What Figs. 6-8, 13-16 and 19 show of one ensemble."""

    omega0: float  # √(ε/m)/λ; not a number where G is unknown
    tail: TailFit
    windows: list[TailFit]
    density: tuple[FloatArray, FloatArray]  # ω/ω0 and D ω0
    dipole: DipoleLength

    @property
    def prefactor(self) -> Estimate:
        """A_g ω0⁵."""
        return self.tail.prefactor

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
        """𝒩."""
        return number_density(self.prefactor, self.frequency)

    @property
    def stz(self) -> Estimate:
        """STZ size in particles."""
        return stz_size(self.length)


def microscopic(
    shear_modulus: float, density: float, modes: LowModes, distance: FloatArray, decays: FloatArray
) -> Microscopic:
    """Put together from the modes and dipole responses of an ensemble; unit masses.

    shear_modulus: mean over the ensemble, ε/λ³; density: ρ in λ⁻³; distance, decays: as dipole_length takes them."""
    omega0 = float(np.sqrt(shear_modulus / density)) * density ** (1.0 / 3.0) if shear_modulus > 0 else float("nan")
    known = np.isfinite(omega0)
    reduced = [x / omega0 for x in modes.frequencies] if known else []
    complete = modes.complete / omega0 if known else np.empty(0)
    n = modes.n_particles
    return Microscopic(
        omega0,
        fit_tail(reduced, complete, n, FRACTION * first_shear_band(n)),
        fit_windows(reduced, complete, n),
        low_density(reduced, complete, n),
        dipole_length(distance, decays),
    )
