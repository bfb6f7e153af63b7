"""Widths and correlations against samples whose answer is known: no bias, and stated errors that are the scatter."""

import numpy as np
import pytest

from vitrify.ensemble import Estimate, correlation, decades_spanned, fit_power_law, relative_width, standard_deviation

REPEATS, N = 250, 100
WEIBULL_SPAN = 0.2 * np.log10(np.log(0.025) / np.log(0.975))  # of the softest modes where D ~ ω⁴: P(> ω) = exp(−ω⁵)


def gaussian(rng):
    return 20.0 + 3.0 * rng.normal(size=N)


def pairs(rng):
    x, y = rng.normal(size=(2, N))
    return x, 0.3 * x + np.sqrt(1 - 0.3**2) * y


def exponent_of_minima(sizes=(1000, 3000, 8000)):
    """ω² of the softest of N modes with D ~ ω⁴ goes as N^(−2/5)."""

    def found(rng):
        means = []
        for size in sizes:
            squares = size**-0.4 * rng.weibull(5.0, size=N) ** 2
            means.append(Estimate(float(squares.mean()), float(squares.std(ddof=1) / np.sqrt(N))))
        return fit_power_law([Estimate(float(size), 0.0) for size in sizes], means, widened=False).exponent

    return found


CASES = {
    "standard deviation": (lambda rng: standard_deviation(gaussian(rng)), 3.0),
    "relative width": (lambda rng: relative_width(-gaussian(rng)), 0.15),
    "correlation": (lambda rng: correlation(*pairs(rng)), 0.3),
    "decades, Weibull": (lambda rng: decades_spanned(2.0 * rng.weibull(5.0, size=N)), WEIBULL_SPAN),
    "decades, lognormal": (lambda rng: decades_spanned(10 ** (0.13 * rng.normal(size=N))), 2 * 1.959964 * 0.13),
    "exponent of minima": (exponent_of_minima(), -0.4),
}


@pytest.mark.parametrize("case", CASES)
def test_no_bias_and_stated_errors_are_the_scatter(case):
    estimate, truth = CASES[case]
    rng = np.random.default_rng(1)
    found = [estimate(rng) for _ in range(REPEATS)]
    values, errors = np.array([x.value for x in found]), np.array([x.error for x in found])
    scatter = values.std(ddof=1)
    assert abs(values.mean() - truth) < 0.2 * scatter  # 250 repeats know the mean to 0.06 of it
    assert abs(np.sqrt(np.mean(errors**2)) / scatter - 1.0) < 0.15  # the scatter of 250 is known to 4.5 %


def test_what_is_not_known():
    few = [1.0, 2.0, 3.0]
    assert not standard_deviation(few).is_known
    assert not relative_width(few).is_known
    assert not relative_width(np.zeros(50)).is_known
    assert not correlation(few, few).is_known
    assert not correlation(np.ones(50), np.arange(50)).is_known
    assert not decades_spanned(np.arange(1.0, 40.0)).is_known  # the 2.5 % quantile of 39 lies below all
    assert not decades_spanned(np.arange(0.0, 100.0)).is_known


def test_a_perfect_correlation_is_one():
    x = np.arange(30.0)
    assert correlation(x, 3 - 2 * x).value == pytest.approx(-1.0)
