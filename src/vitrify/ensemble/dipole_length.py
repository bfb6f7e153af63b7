"""The core size ξ_g of quasilocalised modes, which is the maximum of r⁶c(r), Figs. 7 and 19, and the decay of c(r) beyond
it.

Far from a dipole the strain of an elastic continuum falls as r^−d, and c(r), its square, as r^−2d: in two dimensions it is
r⁴c(r) that has the maximum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds
from vitrify.short_forms import ShortForm

from .bootstrap import RESAMPLES
from .estimate import UNKNOWN, Estimate

FloatArray = NDArray[np.float64]
NEAREST = 1.6  # in a0: nearer, c(r) shows the packing
FARTHEST = 0.85  # in units of half the box: beyond it the periodic images lift r⁶c(r), by 14 % at 0.93 (measured)
LARGEST = 0.75  # in units of half the box: a maximum beyond it cannot be told from an effect of the images
HALF_WIDTH = 0.17  # half width of the fitted bump, in decades of r
LEAST_BINS = 6  # for a cubic
LEAST_FOUND = 0.8  # part of the resamples that must have a maximum for an error
BEYOND = 1.3  # in ξ_g: nearer, c(r) still bends into its continuum decay
LEAST_SPAN = 1.5  # from there on to where the images begin, as a ratio of distances: less shows no slope


@dataclass(frozen=True, slots=True, repr=False)
class DipoleLength(ShortForm):
    """c(r) of an ensemble and the quantities that follow from it. Lengths are in a0."""

    UNITS: ClassVar[Mapping[str, str]] = {"length": "a0"}

    distance: FloatArray  # (bins,)
    decay: FloatArray  # (bins,) c(r), mean over glasses; NaN where unknown
    error: FloatArray  # (bins,) standard error of c(r) over all dipoles
    length: Estimate  # ξ_g/a0
    fitted: FloatArray  # (m,) distances of the bump
    curve: FloatArray  # (m,) the cubic there, as r^2d c
    why_unknown: str = ""
    exponent: Estimate = UNKNOWN  # κ of c(r) ~ r^κ beyond ξ_g: continuum elasticity has −2d


def half_box(n_particles: int, dimension: int = 3) -> float:
    """L/2 in a0: N^(1/d)/2."""
    return float(0.5 * n_particles ** (1.0 / dimension))


def dipole_length(
    distance: FloatArray, decays: Sequence[FloatArray], *, half_box: float, dimension: int = 3
) -> DipoleLength:
    """ξ_g from a cubic in log r to log r^2d c(r) around its maximum, which is looked for below 0.75 of half the box.

    Its error is by bootstrap over the dipoles within each glass, or over glasses where these scatter more. Unknown where
    there is no maximum in the range: the glass is too small. distance: (bins,); decays: for each glass (dipoles, bins), NaN
    where a dipole has no bin; half_box: L/2, all lengths in a0."""
    nothing = np.empty(0)
    if len(decays) == 0:
        return DipoleLength(nothing, nothing, nothing, UNKNOWN, nothing, nothing, "no samples yet")
    within = distance <= FARTHEST * half_box
    distance, each = distance[within], [np.atleast_2d(x)[:, within] for x in decays]
    largest = LARGEST * half_box

    def length(of: Sequence[FloatArray]) -> float:
        return _maximum(distance, _mean(of), largest, 2 * dimension)[0]

    mean = _mean(each)
    value, fitted, curve = _maximum(distance, mean, largest, 2 * dimension)
    if not np.isfinite(value):
        why = f"there is no maximum below {largest:.3g} a0, 0.75 of half the box: the glasses are too small"
        return DipoleLength(distance, mean, _standard_error(each), UNKNOWN, nothing, nothing, why)
    error = _error(length, each)
    why = "" if np.isfinite(error) else "one dipole response gives no error"
    exponent = _exponent(distance, each, value)
    return DipoleLength(distance, mean, _standard_error(each), Estimate(value, error), fitted, curve, why, exponent)


def _exponent(distance: FloatArray, each: Sequence[FloatArray], length: float) -> Estimate:
    """Slope of log c against log r beyond BEYOND · ξ_g, with its error by the same bootstrap; unknown in a small box."""
    chosen = distance >= BEYOND * length
    if chosen.sum() < LEAST_BINS or distance[-1] < LEAST_SPAN * distance[chosen][0]:
        return UNKNOWN
    x = np.log(distance[chosen])

    def slope(of: Sequence[FloatArray]) -> float:
        y = _mean(of)[chosen]
        known = np.isfinite(y) & (y > 0)
        if known.sum() < LEAST_BINS:
            return float("nan")
        return float(np.polynomial.Polynomial.fit(x[known], np.log(y[known]), 1).convert().coef[1])

    return Estimate(slope(each), _error(slope, each))


def _error(statistic: Callable[[Sequence[FloatArray]], float], each: Sequence[FloatArray]) -> float:
    """The larger of a statistic's scatters over resampled dipoles and over resampled glasses.

    A bootstrap over n things misses a factor √(n/(n − 1)); the scatter of two or three glasses is itself too uncertain."""
    rng = np.random.default_rng(seeds.RESAMPLING)

    def other_dipoles() -> float:
        return statistic([x[rng.integers(len(x), size=len(x))] for x in each])

    def other_glasses() -> float:
        return statistic([each[k] for k in rng.integers(len(each), size=len(each))])

    dipoles, glasses = sum(map(len, each)) / len(each), len(each)
    over_dipoles = _scatter(other_dipoles) * np.sqrt(dipoles / (dipoles - 1.0)) if dipoles > 1 else np.nan
    over_glasses = _scatter(other_glasses) * np.sqrt(glasses / (glasses - 1.0)) if glasses > 1 else np.nan
    return float(np.fmax(over_dipoles, over_glasses))


def _scatter(draw: Callable[[], float]) -> float:
    drawn = np.array([draw() for _ in range(RESAMPLES)])
    known = drawn[np.isfinite(drawn)]
    return float(np.std(known, ddof=1)) if len(known) > LEAST_FOUND * RESAMPLES else float("nan")


def _mean(each: Sequence[FloatArray]) -> FloatArray:
    """Mean over the dipoles of each glass, then over glasses, in bins that all glasses have."""
    return np.asarray(np.mean([_mean_of_known(x) for x in each], axis=0))


def _standard_error(each: Sequence[FloatArray]) -> FloatArray:
    """Standard error of the mean over all dipoles, by bin."""
    together = np.concatenate(each)
    number = np.isfinite(together).sum(axis=0)
    away = np.where(np.isfinite(together), together - _mean_of_known(together), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt((away**2).sum(axis=0) / (number - 1) / number))


def _mean_of_known(rows: FloatArray) -> FloatArray:
    known = np.isfinite(rows)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, rows, 0.0).sum(axis=0) / known.sum(axis=0))


def _maximum(
    distance: FloatArray, decay: FloatArray, largest: float, power: int
) -> tuple[float, FloatArray, FloatArray]:  # fmt: skip
    """Position of the maximum of r^power c, and the fitted cubic; NaN where there is no maximum inside the range."""
    unknown = (float("nan"), np.empty(0), np.empty(0))
    good = np.flatnonzero(np.isfinite(decay) & (decay > 0) & (distance > NEAREST))
    if len(good) < LEAST_BINS:
        return unknown
    x, y = np.log10(distance[good]), np.log10(distance[good] ** power * decay[good])
    centre = x[int(np.argmax(y))]
    for _ in range(3):  # the window follows the maximum
        chosen = np.abs(x - centre) <= HALF_WIDTH
        if chosen.sum() < LEAST_BINS:
            return unknown
        middle, half = 0.5 * (x[chosen][0] + x[chosen][-1]), 0.5 * (x[chosen][-1] - x[chosen][0])
        powers = np.vander((x[chosen] - middle) / half, 4, increasing=True)
        cubic = np.linalg.lstsq(powers, y[chosen], rcond=None)[0]
        top = _top(*cubic[1:])
        if not abs(top) < 1.0:
            return unknown
        centre = middle + half * top
    value = float(10.0**centre)
    return (value, 10.0 ** x[chosen], 10.0 ** (powers @ cubic)) if value <= largest else unknown


def _top(b: float, c: float, d: float) -> float:
    """Position of the maximum of b t + c t² + d t³: the root of b + 2 c t + 3 d t² at which it falls; NaN where it has
    none."""
    under = c * c - 3.0 * b * d
    return float(b / (np.sqrt(under) - c)) if under > 0.0 and under**0.5 != c else float("nan")
