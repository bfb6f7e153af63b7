"""Fits of the distribution of a modulus, the alternatives to the outlier scheme in Fig. 18."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .estimate import UNKNOWN, Estimate

FloatArray = NDArray[np.float64]
Shape = Literal["gaussian", "three_quarter_gaussian", "skewed_gaussian"]
LEAST_SAMPLES = 50  # a histogram of fewer has no shape


@dataclass(frozen=True, slots=True)
class DistributionFit:
    """A fitted p(G) and the χ that it stands for."""

    shape: Shape
    chi: Estimate
    centre: float  # mean of the fitted distribution
    deviation: float  # its standard deviation


def fit_distribution(modulus: ArrayLike, n_particles: int, shape: Shape = "gaussian") -> DistributionFit:
    """χ from a fit to the histogram of a modulus, with lmfit as in the paper; unknown for fewer than LEAST_SAMPLES.

    "three_quarter_gaussian" is read as: the Gaussian is fitted to the upper three quarters of the samples only, so that the
    tail towards small G does not enter. modulus: (n,), any one unit."""
    values = np.asarray(modulus, dtype=float)
    if len(values) < LEAST_SAMPLES:
        return DistributionFit(shape, UNKNOWN, float("nan"), float("nan"))
    centre, count = histogram(values)
    used = centre >= np.quantile(values, 0.25) if shape == "three_quarter_gaussian" else count >= 0
    result = _fit(centre[used], count[used], values, shape)
    middle, deviation, error = _moments(result, shape)
    chi = Estimate(float(np.sqrt(n_particles) * deviation / middle), float(np.sqrt(n_particles) * error / middle))
    return DistributionFit(shape, chi, middle, deviation)


def histogram(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centres and counts of Freedman-Diaconis bins, at most 200."""
    edges = np.histogram_bin_edges(values, bins="fd")
    if len(edges) > 201:
        edges = np.linspace(values.min(), values.max(), 201)
    count, edges = np.histogram(values, bins=edges)
    return 0.5 * (edges[1:] + edges[:-1]), count.astype(float)


def _fit(x: FloatArray, count: FloatArray, values: FloatArray, shape: Shape) -> Any:
    from lmfit.models import (
        GaussianModel,
        SkewedGaussianModel,
    )  # a second to import, needed for Fig. 18 alone

    model = SkewedGaussianModel() if shape == "skewed_gaussian" else GaussianModel()
    middle, spread = float(np.median(values)), float(values.std())
    start = model.make_params(center=middle, sigma=spread, amplitude=float(count.sum() * (x[1] - x[0])))
    start["sigma"].min = 1e-6 * spread
    if shape == "skewed_gaussian":
        start["gamma"].set(value=-1.0, min=-20.0, max=20.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of lmfit, where it cannot give an error bar; then ours is NaN
        return model.fit(count, start, x=x, weights=1.0 / np.sqrt(np.maximum(count, 1.0)))  # Poisson errors


def _moments(result: Any, shape: Shape) -> tuple[float, float, float]:
    """Mean, standard deviation and the error of the latter, of the fitted distribution."""
    centre, sigma = result.params["center"].value, result.params["sigma"].value
    error = result.params["sigma"].stderr
    error = float("nan") if error is None else float(error)
    if shape != "skewed_gaussian":
        return float(centre), float(sigma), error
    gamma = result.params["gamma"].value
    delta = gamma / np.sqrt(1.0 + gamma**2)  # skew normal: mean ξ + ωδ√(2/π), variance ω²(1 − 2δ²/π)
    shrink = np.sqrt(1.0 - 2.0 * delta**2 / np.pi)
    return float(centre + sigma * delta * np.sqrt(2.0 / np.pi)), float(sigma * shrink), float(error * shrink)
