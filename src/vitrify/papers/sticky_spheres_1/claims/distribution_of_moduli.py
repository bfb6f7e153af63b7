"""Claims 58 and 59: the distribution of G, and how χ_G is estimated from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vitrify.ensemble import Estimate, bootstrap, fit_distribution
from vitrify.ensemble.distributions import Shape
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.ensemble.fluctuations import relative_fluctuation, remove_outliers
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.claim import Evidence, Measured
from vitrify.report.gathered import Gathered, Study

from .quantities import Observed, along, divided, measured, of_glasses, sizes_of

FloatArray = NDArray[np.float64]


def _skewness(values: FloatArray) -> float:
    away = values - values.mean()
    spread = float(np.mean(away**2))
    return float(np.mean(away**3)) / spread**1.5 if spread > 0 else float("nan")


def _skew(x: Gathered) -> Estimate:
    if "shear_modulus" not in x.table or len(x.table) < 4:
        return UNKNOWN
    return bootstrap(_skewness, x.table["shear_modulus"].to_numpy(float))


SKEW = Observed("skewness of p(G)", _skew)


def mean_skewness(study: Study) -> Evidence:
    """Mean skewness of p(G) over the ensembles of each set."""
    every = {name: along(name, SKEW)(study) for name in SETS}
    missing = tuple(x for found in every.values() for x in found.missing)
    if missing:
        return Evidence(missing=missing)
    return Evidence(tuple(_mean(f"mean skewness of p(G) in {name}", found.parts) for name, found in every.items()))


def _mean(label: str, parts: tuple[Measured, ...]) -> Measured:
    """Mean of independent numbers, each with the same weight, so that their errors decide nothing but the error."""
    value = float(np.mean([x.estimate.value for x in parts]))
    error = float(np.sqrt(np.sum([x.estimate.error**2 for x in parts]))) / len(parts)
    return measured(label, Estimate(value, error), sizes_of(parts))


THRESHOLDS = (0.25, 0.5, 1.0, 2.0, 5.0)  # δ in percent, as in Fig. 18
CHOSEN = 1.0
SHAPES: dict[Shape, str] = {
    "gaussian": "Gaussian", "three_quarter_gaussian": "3/4 Gaussian", "skewed_gaussian": "skewed Gaussian",
}  # fmt: skip
ENOUGH = 1000  # samples for the outlier scheme at δ = 1 % and for fits
RESAMPLES = 40  # each makes five outlier schemes


def _tested(study: Study) -> list[tuple[str, Gathered]]:
    """Ensembles of Fig. 18: inverse power laws, r_c = 1.1 and 1.2. Those with samples enough are taken, or all if none
    has."""
    ipl = [(f"IPL n = {control:g}", x) for control, x in study.of_set("IPL")]
    css = [(f"r_c = {control:g}", x) for control in (1.1, 1.2) if (x := study.at("CSS", control)) is not None]
    every = [*ipl, *css]
    return [pair for pair in every if pair[1].summary.n_samples >= ENOUGH] or every


def scheme_over_fits(study: Study) -> Evidence:
    """χ_G by the outlier scheme at δ = 1 % over χ_G by each of the three fits. Errors are combined as if independent, so
    that they are no smaller."""
    parts = [_over_fit(label, x, shape) for label, x in _tested(study) for shape in SHAPES]
    return Evidence(tuple(parts)) if parts else Evidence(missing=("r_c = 1.1",))


def _over_fit(label: str, x: Gathered, shape: Shape) -> Measured:
    name = f"scheme over {SHAPES[shape]} at {label}"
    if len(x.table) < ENOUGH:
        return measured(name, UNKNOWN, of_glasses(x))
    fitted = fit_distribution(x.table["shear_modulus"].to_numpy(float), x.spec.n_particles, shape)
    return measured(name, divided(x.summary.chi_g.chi, fitted.chi), of_glasses(x))


def best_threshold(study: Study) -> Evidence:
    """Distance of the scheme from the skewed Gaussian's χ_G at δ = 1 %, less that at the best of the other thresholds.

    It is negative where 1 % is best, and is in parts of χ_G. Its error is by bootstrap over samples with the fit held
    fixed."""
    parts = [_farther(label, x) for label, x in _tested(study)]
    return Evidence(tuple(parts)) if parts else Evidence(missing=("r_c = 1.1",))


def _farther(label: str, x: Gathered) -> Measured:
    name = f"1 % against other thresholds at {label}"
    if len(x.table) < ENOUGH:
        return measured(name, UNKNOWN, of_glasses(x))
    modulus = x.table["shear_modulus"].to_numpy(float)
    fitted = fit_distribution(modulus, 1, "skewed_gaussian").chi.value

    def farther(samples: FloatArray) -> float:
        off = {d: abs(relative_fluctuation(samples[remove_outliers(samples, d)], 1) / fitted - 1.0) for d in THRESHOLDS}
        return off.pop(CHOSEN) - min(off.values())

    return measured(name, bootstrap(farther, modulus, resamples=RESAMPLES), of_glasses(x))
