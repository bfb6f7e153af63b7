"""Scales derived from A_g and ξ_g, and power laws among ensembles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .estimate import UNKNOWN, Estimate

STZ_CONSTANT = 2.0  # c_STZ of Sect. VI C


def characteristic_frequency(length: Estimate) -> Estimate:
    """ω_g/ω0 = 2π a0/ξ_g, Eq. (6). length: ξ_g/a0."""
    return _power(length, -1.0, 2.0 * np.pi)


def frequency_at_density(density: float, mean_density: float, dimension: int = 3) -> float:
    """The factor by which frequencies of a glass are those at another density, in units of ω0 = √(G/ρ)/a0 of one G:
    (ρ/ρ̄)^(1/2 − 1/d). It is 1 in two dimensions. density, mean_density: ρ and ρ̄ in λ^−d."""
    return float((density / mean_density) ** (0.5 - 1.0 / dimension))


def number_density(prefactor: Estimate, frequency: Estimate) -> Estimate:
    """𝒩 = A_g ω_g⁵, Eq. (7), both in ω0."""
    fifth = _power(frequency, 5.0, 1.0)
    value = prefactor.value * fifth.value
    if not np.isfinite(value) or value == 0:
        return UNKNOWN
    return Estimate(value, value * float(np.hypot(prefactor.error / prefactor.value, fifth.error / fifth.value)))


def stz_size(length: Estimate, dimension: int = 3) -> Estimate:
    """Number of particles of a shear transformation zone, c_STZ ξ_g^d in a0^d, Sect. VI C."""
    return _power(length, float(dimension), STZ_CONSTANT)


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """y = prefactor · x^exponent through points with errors; unknown for fewer than three, or where all have one x."""

    exponent: Estimate
    prefactor: float
    n_points: int


def fit_power_law(x: list[Estimate], y: list[Estimate], *, widened: bool = True) -> PowerLaw:
    """Fit a straight line in logarithms, with each point weighted by its error in y (and in x, along the slope).

    widened: scatter beyond the errors widens the error of the exponent, for points that are by their nature not on a line.
    Where they are on a line, three points would overstate it by a fifth."""
    both = [(a, b) for a, b in zip(x, y, strict=True) if a.is_known and b.is_known and a.value > 0 and b.value > 0]
    if len(both) < 3 or len({a.value for a, _ in both}) < 2:
        return PowerLaw(UNKNOWN, float("nan"), len(both))
    lx, ly = (np.log([p[k].value for p in both]) for k in (0, 1))
    ex, ey = (np.array([p[k].error / p[k].value for p in both]) for k in (0, 1))
    slope = 1.0
    for _ in range(20):
        weight = 1.0 / np.maximum(ey**2 + (slope * ex) ** 2, 1e-12)
        mx, my = np.average(lx, weights=weight), np.average(ly, weights=weight)
        spread = float(np.sum(weight * (lx - mx) ** 2))
        slope = float(np.sum(weight * (lx - mx) * (ly - my))) / spread
    chi2 = float(np.sum(weight * (ly - my - slope * (lx - mx)) ** 2)) / max(len(both) - 2, 1)
    error = float(np.sqrt((max(chi2, 1.0) if widened else 1.0) / spread))
    return PowerLaw(Estimate(slope, error), float(np.exp(my - slope * mx)), len(both))


def _power(x: Estimate, exponent: float, factor: float) -> Estimate:
    if not np.isfinite(x.value) or x.value <= 0:
        return UNKNOWN
    value = factor * x.value**exponent
    return Estimate(value, abs(exponent) * value * x.error / x.value)
