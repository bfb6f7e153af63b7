"""Fits of the distribution of a modulus, the alternatives to the outlier scheme in Fig. 18."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import ceil, log, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .estimate import UNKNOWN, Estimate

FloatArray = NDArray[np.float64]
Shape = Literal["gaussian", "three_quarter_gaussian", "skewed_gaussian"]
LEAST_SAMPLES = 50  # a histogram of fewer has no shape
ABSURD = 1e100  # samples in a bin, or one over it: what a wild step of a fit may expect before it is taken back
QUARTER_HEIGHT = sqrt(2.0 * log(4.0))  # standard deviations from its middle at which a Gaussian is a quarter of its peak
LEAST_BINS = 4  # for three parameters


@dataclass(frozen=True, slots=True)
class DistributionFit:
    """A fitted p(G) and the χ that follows from it."""

    shape: Shape
    chi: Estimate
    centre: float  # mean of the fitted distribution
    deviation: float  # its standard deviation


def fit_distribution(modulus: ArrayLike, n_particles: int, shape: Shape = "gaussian") -> DistributionFit:
    """χ from a fit to the histogram of a modulus, made with lmfit as in the paper; unknown for fewer than LEAST_SAMPLES.

    The counts of the bins are Poisson numbers, and their likelihood is what is maximised: weights 1/√count would make the
    fitted distribution too narrow, as they trust the bins that happen to be low.

    "three_quarter_gaussian" is read as: the Gaussian is fitted to the upper three quarters of the peak's height only, so
    that the tail towards small G does not enter. modulus: (n,), any one unit."""
    values = np.asarray(modulus, dtype=float)
    if len(values) < LEAST_SAMPLES:
        return DistributionFit(shape, UNKNOWN, float("nan"), float("nan"))
    centre, count = histogram(values)
    fit = _fit_upper_three_quarters if shape == "three_quarter_gaussian" else _fit
    result = fit(centre, count, values, shape)
    if result is None:
        return DistributionFit(shape, UNKNOWN, float("nan"), float("nan"))
    middle, deviation, error = _moments(result, shape)
    chi = Estimate(float(np.sqrt(n_particles) * deviation / middle), float(np.sqrt(n_particles) * error / middle))
    return DistributionFit(shape, chi, middle, deviation)


def histogram(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centres and counts of Freedman-Diaconis bins, at most 200 over the samples. Empty bins for two standard deviations on
    either side are included, since it is known that nothing was found there."""
    edges = np.histogram_bin_edges(values, bins="fd")
    if len(edges) > 201:
        edges = np.linspace(values.min(), values.max(), 201)
    width = edges[1] - edges[0]
    beyond = width * np.arange(1, ceil(2.0 * values.std() / width) + 1)
    count, edges = np.histogram(values, bins=np.concatenate([edges[0] - beyond[::-1], edges, edges[-1] + beyond]))
    return 0.5 * (edges[1:] + edges[:-1]), count.astype(float)


def _fit(x: FloatArray, count: FloatArray, values: FloatArray, shape: Shape) -> Any:
    from lmfit import minimize  # a second to import, needed for Fig. 18 alone
    from lmfit.models import GaussianModel, SkewedGaussianModel

    model = SkewedGaussianModel() if shape == "skewed_gaussian" else GaussianModel()
    middle, spread = float(np.median(values)), float(values.std())
    start = model.make_params(center=middle, sigma=spread, amplitude=float(count.sum() * (x[1] - x[0])))
    start["sigma"].min = 1e-6 * spread
    if shape == "skewed_gaussian":
        start["gamma"].set(value=-1.0, min=-20.0, max=20.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lmfit warns where it cannot give an error bar; then ours is NaN
        return minimize(lambda p: _deviance(count, _over_bins(model, p, x)), start, scale_covar=False)


def _fit_upper_three_quarters(x: FloatArray, count: FloatArray, values: FloatArray, shape: Shape) -> Any:
    """Fit a Gaussian to the bins where it is itself above a quarter of its peak; the bins and the fit are found in turn.
    Returns None where fewer than LEAST_BINS are left.

    The bins where the histogram is above a quarter of its own peak would be others, which are high by chance. The result of
    the fit hardly depends on its bins, so that it ends after two to five rounds, sometimes between two sets of bins."""
    middle = float(np.median(values))
    sigma = 1.4826 * float(np.median(np.abs(values - middle)))  # σ of a Gaussian, hardly affected by its tail
    seen: set[bytes] = set()
    result: Any = None
    while True:
        near = np.abs(x - middle) < QUARTER_HEIGHT * sigma
        if near.sum() < LEAST_BINS:
            return None
        if near.tobytes() in seen:
            return result
        seen.add(near.tobytes())
        result = _fit(x[near], count[near], values, shape)
        middle, sigma = float(result.params["center"].value), float(result.params["sigma"].value)


def _over_bins(model: Any, parameters: Any, x: FloatArray) -> FloatArray:
    """Mean of a density over each bin by Simpson's rule, (bins,). Its value at the middle would make peaks too broad."""
    half = 0.5 * (x[1] - x[0])
    below, middle, above = (model.eval(parameters, x=x + shift) for shift in (-half, 0.0, half))
    return np.asarray((below + 4.0 * middle + above) / 6.0)


def _deviance(count: FloatArray, expected: FloatArray) -> FloatArray:
    """Residuals whose squares add up to −2 ln of the Poisson likelihood up to a constant, (bins,)."""
    expected = np.clip(np.nan_to_num(expected, nan=ABSURD), 1.0 / ABSURD, ABSURD)
    apart = expected - count + count * np.log(np.maximum(count, 1.0) / expected)
    return np.asarray(np.sign(count - expected) * np.sqrt(2.0 * np.maximum(apart, 0.0)))


def _moments(result: Any, shape: Shape) -> tuple[float, float, float]:
    """Mean and standard deviation of the fitted distribution, and the error of the latter.

    A skewed Gaussian's width and skewness are known together far better than each alone, so their covariance enters."""
    centre, sigma = result.params["center"].value, result.params["sigma"].value
    if shape != "skewed_gaussian":
        return float(centre), float(sigma), _error(result, {"sigma": 1.0})
    gamma = result.params["gamma"].value
    delta = gamma / np.sqrt(1.0 + gamma**2)  # skew normal: mean ξ + ωδ√(2/π), variance ω²(1 − 2δ²/π)
    shrink = np.sqrt(1.0 - 2.0 * delta**2 / np.pi)
    slope = -2.0 / np.pi * delta / shrink * (1.0 + gamma**2) ** -1.5
    error = _error(result, {"sigma": shrink, "gamma": sigma * slope})
    return float(centre + sigma * delta * np.sqrt(2.0 / np.pi)), float(sigma * shrink), error


def _error(result: Any, slopes: dict[str, float]) -> float:
    """Error of a function of the parameters with these slopes; NaN where the fit knows no covariance."""
    covariance = getattr(result, "covar", None)
    if covariance is None:
        return float("nan")
    slope = np.array([slopes.get(name, 0.0) for name in result.var_names])
    return float(np.sqrt(slope @ covariance @ slope))
