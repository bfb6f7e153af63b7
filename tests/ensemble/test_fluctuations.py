"""Estimates and their errors against ensembles whose answer is known."""

import numpy as np
import pytest

from vitrify.ensemble import (
    Estimate,
    bootstrap,
    fit_distribution,
    fluctuation,
    mean,
    relative_fluctuation,
    remove_outliers,
)
from vitrify.ensemble.fluctuations import leave_one_out, scheme_applies

N = 3000
CHI = 2.0
SPREAD = CHI / np.sqrt(N)  # of a modulus of mean 1


def gaussian(rng, n):
    return 20.0 * (1.0 + SPREAD * rng.normal(size=n))


def test_closed_form_equals_brute_force():
    x = 1e6 + np.random.default_rng(0).normal(size=50)  # a mean that would cancel naive squares
    brute = [relative_fluctuation(np.delete(x, k), N) for k in range(len(x))]
    np.testing.assert_allclose(leave_one_out(x, N), brute, rtol=1e-10)


def brute_scheme(x, threshold):
    kept = list(range(len(x)))
    while True:
        chi = relative_fluctuation(x[kept], 1)
        without = [relative_fluctuation(np.delete(x[kept], out), 1) for out in range(len(kept))]
        drop = 100 * (chi - np.array(without)) / chi
        if drop.max() < threshold:
            return kept
        kept.pop(int(drop.argmax()))


@pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0])
def test_outlier_scheme_is_the_paper_s_word_for_word(threshold):
    rng = np.random.default_rng(4)
    x = np.concatenate([gaussian(rng, 1200), [5.0, 12.0, 31.0]])
    assert list(np.flatnonzero(remove_outliers(x, threshold))) == brute_scheme(x, threshold)


def test_planted_outliers_go_and_nothing_else():
    rng = np.random.default_rng(1)
    x = np.concatenate([gaussian(rng, 2000), [2.0, -5.0, 8.0]])
    kept = remove_outliers(x)
    assert not kept[-3:].any()
    assert kept[:-3].mean() > 0.995
    found = fluctuation(x, N)
    assert found.direct.value > 1.3 * CHI
    assert abs(found.chi.value - CHI) < 4 * CHI / np.sqrt(2 * 2000) + 0.02  # scatter of σ, and the trimmed tails
    assert found.removed_fraction == pytest.approx(1 - kept.mean())


def test_estimate_and_stated_error_of_chi():
    """Over many ensembles: unbiased within 4 σ, and the stated error is the scatter."""
    rng = np.random.default_rng(2)
    found = [bootstrap(lambda x: relative_fluctuation(x, N), gaussian(rng, 200), seed=k, resamples=100) for k in range(150)]
    values, errors = np.array([x.value for x in found]), np.array([x.error for x in found])
    scatter = values.std(ddof=1)
    expected = CHI * np.sqrt(1 - 1 / 200)  # σ of n, not n − 1
    assert abs(values.mean() - expected) < 4 * scatter / np.sqrt(150) + CHI / (4 * 200)
    assert errors.mean() / scatter == pytest.approx(
        1.0, abs=4 / np.sqrt(2 * 150) + 0.05
    )  # of 150 scatters, and bootstrap bias


def test_mean_and_its_error():
    x = np.random.default_rng(3).normal(5.0, 2.0, 10_000)
    found = mean(x)
    assert found.error == pytest.approx(0.02, rel=0.05)
    assert abs(found.value - 5.0) < 4 * found.error
    assert bootstrap(np.mean, x).error == pytest.approx(found.error, rel=4 / np.sqrt(2 * 200))
    assert not mean([]).is_known
    assert np.isnan(mean([1.0]).error)


@pytest.mark.parametrize(
    ("shape", "room"), [("gaussian", 0.03), ("three_quarter_gaussian", 0.08), ("skewed_gaussian", 0.05)]
)
def test_fits_of_a_gaussian_ensemble(shape, room):
    found = fit_distribution(gaussian(np.random.default_rng(5), 20_000), N, shape)
    assert found.chi.value == pytest.approx(CHI, rel=room)  # four times each fit's own error
    assert found.centre == pytest.approx(20.0, rel=0.002)


def test_a_skewed_ensemble_is_fitted_by_its_own_moments():
    """Skew normal with α = −4: σ in closed form; a plain Gaussian misses it."""
    rng = np.random.default_rng(6)
    alpha, scale = -4.0, 0.05
    delta = alpha / np.sqrt(1 + alpha**2)
    u, v = rng.normal(size=(2, 40_000))
    x = 1.0 + scale * (delta * np.abs(u) + np.sqrt(1 - delta**2) * v)
    exact_mean = 1.0 + scale * delta * np.sqrt(2 / np.pi)
    exact = np.sqrt(N) * scale * np.sqrt(1 - 2 * delta**2 / np.pi) / exact_mean
    found = fit_distribution(x, N, "skewed_gaussian")
    assert found.chi.value == pytest.approx(exact, rel=0.03)
    assert found.centre == pytest.approx(exact_mean, rel=0.003)


def with_low_tail(rng, n, share):
    """Normal samples, a share of them carried away by half a deviation to many towards small moduli."""
    x, away = gaussian(rng, n), rng.random(n) < share
    x[away] -= 20.0 * SPREAD * (1.5 + rng.exponential(2.0, size=away.sum()))
    return x


@pytest.mark.parametrize(("shape", "tail"), [
    ("gaussian", 0.0), ("three_quarter_gaussian", 0.0), ("three_quarter_gaussian", 0.03),
])  # fmt: skip
def test_fits_are_unbiased_and_their_errors_are_the_scatter(shape, tail):
    """Of normal samples as few as an ensemble has, with a tail towards small moduli and without: the bias below a fifth of
    the error."""
    found = [fit_distribution(with_low_tail(np.random.default_rng(100 + s), 500, tail), N, shape).chi for s in range(80)]
    value, error = np.array([x.value for x in found]), np.array([x.error for x in found])
    assert abs(value.mean() - CHI) < 0.2 * error.mean() + 3 * value.std() / np.sqrt(80)
    assert 0.75 < error.mean() / value.std() < 1.3


def test_a_low_tail_broadens_the_full_gaussian_and_not_three_quarters_of_it():
    x = with_low_tail(np.random.default_rng(8), 4000, 0.03)
    full, upper = (fit_distribution(x, N, shape).chi for shape in ("gaussian", "three_quarter_gaussian"))
    assert full.value > 1.1 * CHI
    assert abs(upper.value - CHI) < 3 * upper.error < 0.2 * CHI


@pytest.mark.parametrize("seed", range(4))
def test_a_peak_of_too_few_bins_is_unknown_and_no_fit_breaks(seed):
    """60 samples, three of them far away."""
    x = with_low_tail(np.random.default_rng(1000 + seed), 60, 0.05)
    for shape in ("gaussian", "three_quarter_gaussian", "skewed_gaussian"):
        chi = fit_distribution(x, N, shape).chi
        assert chi.value > 0 or not chi.is_known
    lumps = np.concatenate([np.full(58, 20.0), [10.0, 30.0]])
    assert not fit_distribution(lumps + 1e-3 * x, N, "three_quarter_gaussian").chi.value > 3 * CHI


@pytest.mark.parametrize("skewness", [-0.02, -0.8])
def test_the_error_of_a_skewed_fit_is_its_scatter(skewness):
    """Also where there is hardly any skewness to fit, and so its width alone is badly known."""
    shape, found = (2 / skewness) ** 2, []
    for s in range(20):
        away = np.random.default_rng(s).gamma(shape, size=1500) - shape
        found.append(fit_distribution(20 * (1 - 0.02 * away / np.sqrt(shape)), N, "skewed_gaussian").chi)
    value, error = np.array([x.value for x in found]), np.array([x.error for x in found])
    assert 0.75 < np.median(error) / value.std() < 1.9  # the scatter of 20 is itself known to 16 %


def test_too_few_samples_say_so():
    assert not fluctuation([1.0, 2.0], N).chi.is_known
    assert not fit_distribution(np.arange(10.0), N).chi.is_known
    few = fluctuation(gaussian(np.random.default_rng(0), 300), N)
    assert few.removed_fraction == 0.0  # removal by 1 % steps would eat so small an ensemble
    assert few.chi == few.direct


@pytest.mark.parametrize(("value", "error", "text"), [
    (0.35012, 0.0041, "0.350(4)"), (12.3456, 0.12, "12.3(1)"), (123.4, 15.0, "123(15)"), (1.0, float("nan"), "1"), (float("nan"), 1.0, "–"),
])  # fmt: skip
def test_compact_notation(value, error, text):
    assert str(Estimate(value, error)) == text


def test_deviation_is_in_combined_errors():
    assert Estimate(1.0, 0.3).deviation(Estimate(2.0, 0.4)) == pytest.approx(2.0)


def test_the_scheme_applies_where_a_healthy_ensemble_survives_it():
    """Below its least number of samples the scheme eats normal samples; above it takes next to none."""
    rng = np.random.default_rng(7)
    assert not scheme_applies(100)
    assert remove_outliers(gaussian(rng, 100)).mean() < 0.5
    assert scheme_applies(1300)
    assert remove_outliers(gaussian(rng, 1300)).mean() > 0.99
