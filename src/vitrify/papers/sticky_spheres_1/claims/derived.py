"""Numbers that single claims ask for and no table of an ensemble holds."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from vitrify.ensemble import Estimate, bootstrap, fit_distribution, fit_power_law
from vitrify.ensemble.dipole_length import spans_continuum
from vitrify.ensemble.estimate import UNKNOWN
from vitrify.ensemble.fluctuations import relative_fluctuation, remove_outliers
from vitrify.ensemble.parent_temperature import RULE
from vitrify.model import Potential
from vitrify.papers.sticky_spheres_1.sets import SETS
from vitrify.report.claim import Evidence, Measured, Sizes
from vitrify.report.gathered import Gathered, Study

from .quantities import (
    G_OVER_K,
    POISSON,
    PREFACTOR,
    STZ,
    Finding,
    Observed,
    Place,
    along,
    divided,
    everywhere,
    fewest,
    of_dipoles,
    of_glasses,
    ratio,
)

FloatArray = NDArray[np.float64]
DRAWS = 200  # for errors that follow from those of other numbers


# Claim 1: the attractive parts of two potentials


def attraction(first: Place, second: Place) -> Finding:
    """Depth, range and steepest slope of one potential's attraction over those of another's: closed forms, without error."""

    def found(study: Study) -> Evidence:
        one, other = study.at(*first), study.at(*second)
        if one is None or other is None:
            return Evidence(missing=("'glass 1' or 'glass 2'",))
        a, b = (_attraction(x.spec.parsed_model.potential) for x in (one, other))
        return Evidence(
            tuple(
                Measured(f"{name} of the two attractions", Estimate(b[name] / a[name], 0.0), 0, 0, by_samples=False)
                for name in a
            )
        )

    return found


def _attraction(potential: Potential) -> dict[str, float]:
    """Lengths in units of the minimum's place, since the densities are chosen with it."""
    x = np.linspace(0.8, potential.cutoff, 20_001)
    energy = potential.energy(x * x)
    least = int(np.argmin(energy))
    depth, place = -float(energy[least]), float(x[least])
    area = float(np.trapezoid(-energy[least:], x[least:]))
    return {
        "depth": depth,
        "range": area / depth / place,  # the width of a square well of the same depth and area
        "steepest slope": float(np.gradient(energy, x).max()) * place,
    }


# Claim 5: the parent temperature


def _over_the_rule(x: Gathered) -> Estimate:
    given = x.parent.temperature if x.parent else x.spec.parent_temperature
    modulus = x.summary.shear_modulus_of_planes
    if isinstance(given, str) or not modulus.is_known:
        return UNKNOWN
    return divided(
        Estimate(given, 0.0), Estimate(RULE * modulus.value / x.spec.density, RULE * modulus.error / x.spec.density)
    )


HOTNESS = Observed("T over 4 G a0³/30", _over_the_rule)


# Claim 20: the exponent of the density of states


def pooled_exponents(study: Study) -> Evidence:
    """β of D ~ ω^β in each set, by maximum likelihood over the modes of all its ensembles."""
    every = [along(name, PREFACTOR)(study) for name in SETS]
    missing = tuple(dict.fromkeys(x for found in every for x in found.missing))
    if missing:
        return Evidence(missing=missing)
    return Evidence(tuple(_pooled(name, [x for _, x in study.of_set(name)]) for name in SETS))


def _pooled(name: str, members: list[Gathered]) -> Measured:
    """β + 1 = Σn/Σ(n/(β_i + 1)), as n/(β_i + 1) is the sum of logarithms of an ensemble's own fit."""
    tails = [x.micro.tail for x in members if x.micro.tail.exponent.is_known]
    size = min(x.micro.of_modes.n_particles for x in members)
    n_modes = sum(x.n_modes for x in tails)
    label = f"exponent in {len(tails)} of {len(members)} ensembles of {name}"
    if not tails:
        return Measured(label, UNKNOWN, size, 0)
    value = n_modes / sum(x.n_modes / (x.exponent.value + 1.0) for x in tails)
    return Measured(label, Estimate(value - 1.0, value / sqrt(n_modes)), size, n_modes)


# Claim 27: the decay of dipole responses


DECAY = Observed("exponent of c(r)", lambda x: x.micro.dipole.exponent, ("dipoles",), of_dipoles)


def decays(study: Study) -> Evidence:
    """κ of c(r) ~ r^κ beyond ξ_g, of those ensembles whose glasses are large enough to show it."""
    every = everywhere(DECAY)(study)
    if every.missing:
        return every
    able = {x.spec.name for x in study.ensembles if spans_continuum(x.micro.of_dipoles.n_particles, x.micro.length)}
    large = everywhere(DECAY, but=tuple(_places(study, able)))(study)
    if large.parts:
        return large
    return Evidence((Measured("exponent of c(r)", UNKNOWN, 0, 0),))


def _places(study: Study, able: set[str]) -> list[Place]:
    """Ensembles that are not among those able."""
    return [(name, control) for name in SETS for control, x in study.of_set(name) if x.spec.name not in able]


# Claims 53 to 56: what goes with what


def scatter_of_sizes(study: Study) -> Evidence:
    """Scatter of 2 ξ_g³ about its trend with ν, above the middle of all ν over that below it.

    Its error is the scatter of the same over sizes drawn anew within their own errors."""
    sizes, nu = everywhere(STZ)(study), everywhere(POISSON)(study)
    if sizes.missing or nu.missing:
        return Evidence(missing=(*sizes.missing, *nu.missing))
    n = min(x.n_particles for x in sizes.parts), min(x.n_samples for x in sizes.parts)
    estimates = [x.estimate for x in sizes.parts]
    if not all(x.is_known for x in (*estimates, *(x.estimate for x in nu.parts))):
        return Evidence((Measured("scatter at high over low ν", UNKNOWN, *n),))
    values, errors = (np.array([getattr(x, k) for x in estimates]) for k in ("value", "error"))
    x = np.array([part.estimate.value for part in nu.parts])
    rng = np.random.default_rng(0)
    drawn = [_scatter_ratio(x, np.maximum(values + errors * rng.normal(size=len(x)), 1.0)) for _ in range(DRAWS)]
    found = Estimate(_scatter_ratio(x, values), float(np.std(drawn, ddof=1)))
    return Evidence((Measured("scatter at high over low ν", found, *n, by_samples=False),))


def _scatter_ratio(nu: FloatArray, size: FloatArray) -> float:
    trend = np.polynomial.Polynomial.fit(nu, np.log(size), 1)
    off = (size - np.exp(trend(nu))) ** 2
    high = nu > 0.5 * (nu.min() + nu.max())
    return float(np.sqrt(off[high].mean() / off[~high].mean()))


def spread_between_models(study: Study) -> Evidence:
    """A_g of QSS over that of DSS at the same ν, the largest (or its inverse): one number of each of two models."""
    one, other = along("QSS", PREFACTOR, against=POISSON)(study), along("DSS", PREFACTOR, against=POISSON)(study)
    if one.missing or other.missing:
        return Evidence(missing=(*one.missing, *other.missing))
    curve = sorted((x for x in other.parts if x.estimate.is_known), key=lambda x: x.control)
    inside = [x for x in one.parts if x.estimate.is_known and curve and curve[0].control <= x.control <= curve[-1].control]
    if not inside:
        return Evidence((Measured("A_g of two models at one ν", UNKNOWN, 0, 0),))
    apart = [(x, divided(x.estimate, _interpolated(curve, x.control))) for x in inside]
    part, largest = max(apart, key=lambda pair: abs(np.log(pair[1].value)))
    shown = largest if largest.value > 1.0 else divided(Estimate(1.0, 0.0), largest)
    sizes = fewest(*(Sizes(x.n_particles, x.n_samples) for x in (part, *curve)))
    return Evidence((Measured(f"between {part.label} and DSS at its ν", shown, sizes.n_particles, sizes.n_samples),))


def _interpolated(curve: list[Measured], control: float) -> Estimate:
    """Straight between neighbours in the logarithm; the larger of their relative errors."""
    x = [part.control for part in curve]
    k = min(max(int(np.searchsorted(x, control)), 1), len(curve) - 1) if len(curve) > 1 else 0
    near = curve[max(k - 1, 0) : k + 1]
    value = float(np.exp(np.interp(control, x, np.log([part.estimate.value for part in curve]))))
    return Estimate(value, value * max(part.estimate.error / part.estimate.value for part in near))


def power(x: Observed, y: Observed, label: str) -> Finding:
    """Exponent of y ~ x^β over all ensembles of the three sets."""
    return _relation(x, y, label, lambda a, b: fit_power_law(a, b).exponent)


def correlation(x: Observed, y: Observed, label: str) -> Finding:
    """Pearson's coefficient of ln y with ln x over all ensembles of the three sets, with its error (1 − r²)/√(n − 2)."""
    return _relation(x, y, label, _correlation)


def _relation(
    x: Observed, y: Observed, label: str, relation: Callable[[list[Estimate], list[Estimate]], Estimate]
) -> Finding:
    def found(study: Study) -> Evidence:
        a, b = everywhere(x)(study), everywhere(y)(study)
        if a.missing or b.missing:
            return Evidence(missing=tuple(dict.fromkeys((*a.missing, *b.missing))))
        both = [(p, q) for p, q in zip(a.parts, b.parts, strict=True) if p.estimate.is_known and q.estimate.is_known]
        value = relation([p.estimate for p, _ in both], [q.estimate for _, q in both])
        sizes = fewest(Sizes(0, 0), *(Sizes(p.n_particles, p.n_samples) for p in (*a.parts, *b.parts)))
        if both:
            sizes = fewest(*(Sizes(p.n_particles, p.n_samples) for pair in both for p in pair))
        return Evidence(
            (Measured(f"{label} in {len(both)} of {len(a.parts)} ensembles", value, *_pair(sizes), by_samples=False),)
        )

    return found


def _pair(sizes: Sizes) -> tuple[int, int]:
    return sizes.n_particles, sizes.n_samples


def _correlation(x: list[Estimate], y: list[Estimate]) -> Estimate:
    if len(x) < 4:
        return UNKNOWN
    r = float(np.corrcoef(np.log([a.value for a in x]), np.log([b.value for b in y]))[0, 1])
    return Estimate(r, (1.0 - r * r) / sqrt(len(x) - 2))


# Claims 58 and 59: the distribution of G


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
    """Of independent numbers, each with the same weight: their errors decide nothing but the error."""
    value = float(np.mean([x.estimate.value for x in parts]))
    error = float(np.sqrt(np.sum([x.estimate.error**2 for x in parts]))) / len(parts)
    return Measured(label, Estimate(value, error), min(x.n_particles for x in parts), min(x.n_samples for x in parts))


THRESHOLDS = (0.25, 0.5, 1.0, 2.0, 5.0)  # δ in percent, as in Fig. 18
CHOSEN = 1.0
SHAPES = {"gaussian": "Gaussian", "three_quarter_gaussian": "3/4 Gaussian", "skewed_gaussian": "skewed Gaussian"}
ENOUGH = 1000  # samples for the outlier scheme at δ = 1 % and for fits
RESAMPLES = 40  # each makes five outlier schemes


def _tested(study: Study) -> list[tuple[str, Gathered]]:
    """Ensembles of Fig. 18: inverse power laws, r_c = 1.1 and 1.2; those with samples enough, or all if none has."""
    ipl = [(f"IPL n = {control:g}", x) for control, x in study.of_set("IPL")]
    css = [(f"r_c = {control:g}", x) for control in (1.1, 1.2) if (x := study.at("CSS", control)) is not None]
    every = [*ipl, *css]
    return [pair for pair in every if pair[1].summary.n_samples >= ENOUGH] or every


def scheme_over_fits(study: Study) -> Evidence:
    """χ_G by the outlier scheme at δ = 1 % over χ_G by each of the three fits; errors as if independent, so no smaller."""
    parts = [_over_fit(label, x, shape) for label, x in _tested(study) for shape in SHAPES]
    return Evidence(tuple(parts)) if parts else Evidence(missing=("r_c = 1.1",))


def _over_fit(label: str, x: Gathered, shape: str) -> Measured:
    name = f"scheme over {SHAPES[shape]} at {label}"
    if len(x.table) < ENOUGH:
        return Measured(name, UNKNOWN, *_pair(of_glasses(x)))
    fitted = fit_distribution(x.table["shear_modulus"].to_numpy(float), x.spec.n_particles, shape)  # type: ignore[arg-type]
    return Measured(name, divided(x.summary.chi_g.chi, fitted.chi), *_pair(of_glasses(x)))


def best_threshold(study: Study) -> Evidence:
    """How much farther from the skewed Gaussian's χ_G the scheme is at δ = 1 % than at the best of the other thresholds.

    Negative where 1 % is best; in parts of χ_G. Its error is by bootstrap over samples, the fit held."""
    parts = [_farther(label, x) for label, x in _tested(study)]
    return Evidence(tuple(parts)) if parts else Evidence(missing=("r_c = 1.1",))


def _farther(label: str, x: Gathered) -> Measured:
    name = f"1 % against other thresholds at {label}"
    if len(x.table) < ENOUGH:
        return Measured(name, UNKNOWN, *_pair(of_glasses(x)))
    modulus = x.table["shear_modulus"].to_numpy(float)
    fitted = fit_distribution(modulus, 1, "skewed_gaussian").chi.value

    def farther(samples: FloatArray) -> float:
        off = {d: abs(relative_fluctuation(samples[remove_outliers(samples, d)], 1) / fitted - 1.0) for d in THRESHOLDS}
        return off.pop(CHOSEN) - min(off.values())

    return Measured(name, bootstrap(farther, modulus, resamples=RESAMPLES), *_pair(of_glasses(x)))


# Claim 60: one system in two sets


def one_system(first: Place, second: Place) -> Finding:
    """1 where one ensemble stands at both places, else the ratio of G/K."""

    def found(study: Study) -> Evidence:
        a, b = study.at(*first), study.at(*second)
        if a is not None and b is not None and a.spec.name == b.spec.name:
            return Evidence(
                (Measured("one ensemble stands in both sets: G/K over itself", Estimate(1.0, 0.0), *_pair(of_glasses(a))),)
            )
        return ratio(first, second, G_OVER_K)(study)

    return found
