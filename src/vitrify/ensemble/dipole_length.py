"""The core size ξ_g of quasilocalised modes: the maximum of r⁶c(r), Figs. 7 and 19."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bootstrap import RESAMPLES
from .estimate import UNKNOWN, Estimate

FloatArray = NDArray[np.float64]
NEAREST = 1.6  # in a0: nearer, c(r) shows the packing
HALF_WIDTH = 0.17  # of the fitted bump, in decades of r
LEAST_BINS = 6  # for a cubic
LEAST_SAMPLES = 2  # for an error


@dataclass(frozen=True, slots=True)
class DipoleLength:
    """c(r) of an ensemble and what follows. Lengths in a0."""

    distance: FloatArray  # (bins,)
    decay: FloatArray  # (bins,) c(r), mean over samples; NaN where unknown
    length: Estimate  # ξ_g/a0
    fitted: FloatArray  # (m,) distances of the bump
    curve: FloatArray  # (m,) the cubic there, as r⁶c
    why_unknown: str = ""


def dipole_length(distance: FloatArray, decays: FloatArray) -> DipoleLength:
    """ξ_g from a cubic in log r to log r⁶c(r) around its maximum; error by bootstrap over samples.

    Unknown where the maximum stands at the end of the range (the glass is too small) or for fewer than LEAST_SAMPLES.
    distance: (bins,); decays: (n, bins), NaN where a glass has no bin."""
    nothing = np.empty(0)
    if len(decays) == 0:
        return DipoleLength(nothing, nothing, UNKNOWN, nothing, nothing, "no samples yet")
    mean = _mean(decays)
    value, fitted, curve = _maximum(distance, mean)
    if not np.isfinite(value):
        return DipoleLength(distance, mean, UNKNOWN, nothing, nothing, "no maximum within half the box")
    if len(decays) < LEAST_SAMPLES:
        return DipoleLength(distance, mean, Estimate(value, float("nan")), fitted, curve, "one sample gives no error")
    rng = np.random.default_rng(0)
    drawn = [_maximum(distance, _mean(decays[rng.integers(len(decays), size=len(decays))]))[0] for _ in range(RESAMPLES)]
    known = np.array([x for x in drawn if np.isfinite(x)])
    error = float(np.std(known, ddof=1)) if len(known) > 0.8 * RESAMPLES else float("nan")
    return DipoleLength(distance, mean, Estimate(value, error), fitted, curve)


def _mean(decays: FloatArray) -> FloatArray:
    """Mean over the samples that have a bin; only bins that all have."""
    return np.asarray(np.where(np.isfinite(decays).all(axis=0), decays.mean(axis=0), np.nan))


def _maximum(distance: FloatArray, decay: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Place of the maximum of r⁶c, and the fitted cubic; NaN where there is none inside the range."""
    nothing = np.empty(0)
    good = np.flatnonzero(np.isfinite(decay) & (decay > 0) & (distance > NEAREST))
    if len(good) < LEAST_BINS:
        return float("nan"), nothing, nothing
    x, y = np.log10(distance[good]), np.log10(distance[good] ** 6 * decay[good])
    centre = x[int(np.argmax(y))]
    for _ in range(3):  # the window follows the maximum
        chosen = np.abs(x - centre) <= HALF_WIDTH
        if chosen.sum() < LEAST_BINS:
            return float("nan"), nothing, nothing
        cubic = np.polynomial.Polynomial.fit(x[chosen], y[chosen], 3)
        roots = [r.real for r in cubic.deriv().roots() if abs(r.imag) < 1e-9 and cubic.deriv(2)(r.real) < 0]
        inside = [r for r in roots if x[chosen][0] < r < x[chosen][-1]]
        if not inside:
            return float("nan"), nothing, nothing
        centre = inside[0]
    return float(10.0**centre), 10.0 ** x[chosen], 10.0 ** cubic(x[chosen])
