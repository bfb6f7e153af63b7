"""The quasilocalised tail D(ω) = A_g ω⁴ of an ensemble, Eqs. (5) and (A9), by maximum likelihood.

D(ω) is per degree of freedom, (1/dN)⟨Σ δ(ω − ω_ℓ)⟩: its integral is 1, and it gives the paper's numbers. Eq. (A9) prints
1/N, which makes D(ω), A_g and 𝒩 three times as large. `dimension` is d, 2 or 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.short_forms import ShortForm

from .estimate import UNKNOWN, Estimate

FloatArray = NDArray[np.float64]
FRACTION = 0.75  # in units of the first shear phonon: its band is broad, and must not enter
SOFT_FRACTION = 0.25  # in ω_g: above it A_g falls with the window (soft ensembles: by 2.4 from 0.27 to 0.57 ω_g, measured)
FRACTIONS = (0.55, 0.65, 0.75, 0.85, 0.95)  # windows for the sensitivity
LEAST_MODES = 10  # fewer give A_g to no better than a third


@dataclass(frozen=True, slots=True, repr=False)
class TailFit(ShortForm):
    """A_g and a free exponent from the modes below a window. Frequencies in ω0."""

    UNITS: ClassVar[Mapping[str, str]] = {"window": "ω0"}

    window: float  # ω/ω0
    n_modes: int
    prefactor: Estimate  # A_g ω0⁵, per degree of freedom
    exponent: Estimate  # β of D ~ ω^β, fitted free: 4 is expected
    why_unknown: str = ""


def first_shear_band(n_particles: int, dimension: int = 3) -> float:
    """2π c_s/L in ω0: 2π N^(−1/d)."""
    return float(2.0 * np.pi * n_particles ** (-1.0 / dimension))


def tail_window(n_particles: int, length: Estimate, dimension: int = 3) -> float:
    """The largest ω/ω0 up to which D(ω) ~ ω⁴ holds: 0.75 of the first shear band, and at most a quarter of ω_g.

    length: ξ_g/a0, from which ω_g/ω0 is 2π a0/ξ_g. NaN where ξ_g is unknown, as then no window is safe."""
    band = first_shear_band(n_particles, dimension)
    return float(np.minimum(FRACTION * band, SOFT_FRACTION * 2.0 * np.pi / length.value))


def fit_within(
    frequencies: list[FloatArray], complete: FloatArray, n_particles: int, length: Estimate, dimension: int = 3
) -> TailFit:
    """The fit below `tail_window`. It is unknown, with the reason, where there is no such window or too few modes below
    it."""
    window = tail_window(n_particles, length, dimension)
    if not np.isfinite(window):
        return TailFit(window, 0, UNKNOWN, UNKNOWN, "the glasses are too small: ω_g, which limits the window, is not known")
    found = fit_tail(frequencies, complete, n_particles, window, dimension)
    if found.prefactor.is_known:
        return found
    return replace(
        found, why_unknown=f"the glasses are too small or too few: {found.n_modes} modes lie below {window:.3g} ω0"
    )


def fit_tail(
    frequencies: list[FloatArray], complete: FloatArray, n_particles: int, window: float, dimension: int = 3
) -> TailFit:
    """Maximum likelihood for dN A_g ω⁴ independent modes per dω below the window.

    A_g = 5 Σ counts/(dN Σ w⁵) with w the window or, where that is lower, the frequency up to which all modes of that glass
    are known; its error is A_g/√counts. β + 1 = counts/Σ ln(w/ω), error (β + 1)/√counts. Unknown below LEAST_MODES.

    frequencies: one array per glass, in ω0; complete: (n,), in ω0."""
    if len(frequencies) == 0:
        return TailFit(window, 0, UNKNOWN, UNKNOWN)
    limits = np.minimum(window, complete)
    inside = [x[x < w] for x, w in zip(frequencies, limits, strict=True)]
    count = sum(len(x) for x in inside)
    if count < LEAST_MODES:
        return TailFit(window, count, UNKNOWN, UNKNOWN)
    prefactor = 5.0 * count / (dimension * n_particles * float(np.sum(limits**5)))
    logs = sum(float(np.sum(np.log(w / x))) for x, w in zip(inside, limits, strict=True))
    exponent = count / logs
    root = float(np.sqrt(count))
    return TailFit(window, count, Estimate(prefactor, prefactor / root), Estimate(exponent - 1.0, exponent / root))


def fit_windows(
    frequencies: list[FloatArray], complete: FloatArray, n_particles: int, dimension: int = 3
) -> list[TailFit]:  # fmt: skip
    """The fit at each of FRACTIONS of the first shear band: how much A_g depends on the window."""
    band = first_shear_band(n_particles, dimension)
    return [fit_tail(frequencies, complete, n_particles, fraction * band, dimension) for fraction in FRACTIONS]


@dataclass(frozen=True, slots=True, repr=False)
class LowDensity(ShortForm):
    """A histogram of D(ω) ω0 per degree of freedom, for plots; bins without a mode are left out."""

    omega: FloatArray  # (bins,) ω/ω0 in the middle
    density: FloatArray  # (bins,) D(ω) ω0
    error: FloatArray  # (bins,) of the count of modes, a Poisson number


def bins_below(top: float) -> FloatArray:
    """Edges of the bins of a histogram: eight per decade, three decades up to `top`."""
    return np.asarray(top * 10.0 ** (-np.arange(25) / 8.0)[::-1])


def low_density(
    frequencies: list[FloatArray], complete: FloatArray, n_particles: int, dimension: int = 3
) -> LowDensity:  # fmt: skip
    """D(ω) in eight logarithmic bins per decade, up to where the modes of all glasses are complete. frequencies: in ω0."""
    modes = np.concatenate(frequencies) if frequencies else np.empty(0)
    top = float(complete.min()) if len(complete) else 0.0
    modes = modes[modes < top]
    if len(modes) < 2:
        return LowDensity(np.empty(0), np.empty(0), np.empty(0))
    edges = bins_below(top)
    counts = np.histogram(modes, edges)[0]
    there = counts > 0
    one = 1.0 / (dimension * n_particles * len(frequencies) * np.diff(edges)[there])  # the density of one mode in a bin
    return LowDensity(np.sqrt(edges[1:] * edges[:-1])[there], one * counts[there], one * np.sqrt(counts[there]))
