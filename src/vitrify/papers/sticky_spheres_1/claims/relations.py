"""Claims 53 to 56: correlations between quantities, with one point per ensemble."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vitrify.ensemble import Estimate, correlation, fit_power_law
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.report.claim import Evidence, Measured
from vitrify.report.gathered import Study

from .quantities import POISSON, PREFACTOR, STZ, Finding, Observed, along, divided, everywhere, measured, sizes_of

FloatArray = NDArray[np.float64]
DRAWS = 200  # for errors that follow from those of other numbers
MOST_UNKNOWN = 0.5  # of the ensembles, for what is said of all: a few that happen to be known lie on a line by chance


def scatter_of_sizes(study: Study) -> Evidence:
    """Scatter of 2 ξ_g³ about its trend with ν, above the middle of all ν over that below it.

    Its error is the root mean square distance from it of the same number for sizes drawn anew within their own errors. The
    scatter about their own mean would not do: errors that drown the trend bring every draw near 1, and so near each
    other."""
    sizes, nu = everywhere(STZ)(study), everywhere(POISSON)(study)
    if sizes.missing or nu.missing:
        return Evidence(missing=(*sizes.missing, *nu.missing))
    label, glasses = "scatter at high over low ν", sizes_of(sizes.parts)
    estimates = [x.estimate for x in sizes.parts]
    if not all(x.is_known for x in (*estimates, *(x.estimate for x in nu.parts))):
        return Evidence((measured(label, UNKNOWN, glasses),))
    values, errors = (np.array([getattr(x, k) for x in estimates]) for k in ("value", "error"))
    x = np.array([part.estimate.value for part in nu.parts])
    rng = np.random.default_rng(0)
    drawn = [_scatter_ratio(x, np.maximum(values + errors * rng.normal(size=len(x)), 1.0)) for _ in range(DRAWS)]
    ratio = _scatter_ratio(x, values)
    found = Estimate(ratio, float(np.sqrt(np.mean((np.array(drawn) - ratio) ** 2))))
    return Evidence((measured(label, found, glasses, by_samples=False),))


def _scatter_ratio(nu: FloatArray, size: FloatArray) -> float:
    trend = np.polynomial.Polynomial.fit(nu, np.log(size), 1)
    off = (size - np.exp(trend(nu))) ** 2
    high = nu > 0.5 * (nu.min() + nu.max())
    return float(np.sqrt(off[high].mean() / off[~high].mean()))


def spread_between_models(study: Study) -> Evidence:
    """A_g of QSS over that of DSS at the same ν, or the inverse, whichever is larger, at its largest: one number for the
    two models."""
    one, other = along("QSS", PREFACTOR, against=POISSON)(study), along("DSS", PREFACTOR, against=POISSON)(study)
    if one.missing or other.missing:
        return Evidence(missing=(*one.missing, *other.missing))
    curve = sorted((x for x in other.parts if _has_logarithm(x)), key=lambda x: x.control)
    inside = [x for x in one.parts if _has_logarithm(x) and curve and curve[0].control <= x.control <= curve[-1].control]
    if not inside:
        return Evidence((measured("A_g of two models at one ν", UNKNOWN, sizes_of((*one.parts, *other.parts))),))
    apart = [(x, divided(x.estimate, _interpolated(curve, x.control))) for x in inside]
    part, largest = max(apart, key=lambda pair: abs(np.log(pair[1].value)))
    shown = largest if largest.value > 1.0 else divided(Estimate(1.0, 0.0), largest)
    return Evidence((measured(f"between {part.label} and DSS at its ν", shown, sizes_of((part, *curve))),))


def _has_logarithm(x: Measured) -> bool:
    return x.estimate.is_known and x.estimate.value > 0


def _interpolated(curve: list[Measured], control: float) -> Estimate:
    """Interpolate linearly between neighbours in the logarithm. The error is the larger of their relative errors."""
    x = [part.control for part in curve]
    k = min(max(int(np.searchsorted(x, control)), 1), len(curve) - 1) if len(curve) > 1 else 0
    near = curve[max(k - 1, 0) : k + 1]
    value = float(np.exp(np.interp(control, x, np.log([part.estimate.value for part in curve]))))
    return Estimate(value, value * max(part.estimate.error / part.estimate.value for part in near))


def power(x: Observed, y: Observed, label: str) -> Finding:
    """Exponent of y ~ x^β over all ensembles of the three sets."""
    return _relation(x, y, label, lambda a, b: fit_power_law(a, b).exponent)


def correlates(x: Observed, y: Observed, label: str) -> Finding:
    """Pearson's coefficient of ln y with ln x over all ensembles of the three sets."""
    return _relation(x, y, label, _correlation)


def _relation(
    x: Observed, y: Observed, label: str, relation: Callable[[list[Estimate], list[Estimate]], Estimate]
) -> Finding:
    def found(study: Study) -> Evidence:
        a, b = everywhere(x)(study), everywhere(y)(study)
        if a.missing or b.missing:
            return Evidence(missing=tuple(dict.fromkeys((*a.missing, *b.missing))))
        both = [(p, q) for p, q in zip(a.parts, b.parts, strict=True) if p.estimate.is_known and q.estimate.is_known]
        enough = len(both) > MOST_UNKNOWN * len(a.parts)
        value = relation([p.estimate for p, _ in both], [q.estimate for _, q in both]) if enough else UNKNOWN
        label_of_all = f"{label} in {len(both)} of {len(a.parts)} ensembles"
        every = [x for pair in both for x in pair] if enough else [*a.parts, *b.parts]
        return Evidence((measured(label_of_all, value, sizes_of(every), by_samples=False),))

    return found


def _correlation(x: list[Estimate], y: list[Estimate]) -> Estimate:
    return correlation(np.log([a.value for a in x]), np.log([b.value for b in y]))
