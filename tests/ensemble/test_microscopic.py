"""A_g, ξ_g and power laws on data whose answer is known."""

import numpy as np
import pytest

from vitrify.ensemble import (
    DipoleDecays,
    Estimate,
    LowModes,
    characteristic_frequency,
    dipole_length,
    fit_power_law,
    fit_tail,
    fit_windows,
    microscopic,
    number_density,
    ratio_of_means,
    stz_size,
)
from vitrify.ensemble.density_of_states import first_shear_band, fit_within, low_density, tail_window
from vitrify.ensemble.dipole_length import half_box

N, A = 3000, 0.2


def drawn(n_glasses, top=1.0, seed=0, exponent=4.0):
    """Independent modes with D = A ω^exponent per degree of freedom below `top`."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(3 * N * A * top ** (exponent + 1) / (exponent + 1), size=n_glasses)
    return [np.sort(top * rng.random(c) ** (1 / (exponent + 1))) for c in counts]


def test_prefactor_and_exponent_are_found_within_their_errors():
    off = []
    for seed in range(40):
        found = fit_tail(drawn(20, 0.5, seed), np.full(20, 0.5), N, 0.45)
        off.append([(found.prefactor.value - A) / found.prefactor.error, (found.exponent.value - 4) / found.exponent.error])
    off = np.array(off)
    assert np.abs(off.mean(axis=0)).max() < 4 / np.sqrt(40)  # unbiased
    assert np.all((off.std(axis=0) > 0.7) & (off.std(axis=0) < 1.4))  # errors are errors


def test_glasses_known_to_different_frequencies_are_weighed_rightly():
    modes = drawn(400, 0.5)
    complete = np.where(np.arange(400) % 2, 0.5, 0.3)
    seen = [x[x < c] for x, c in zip(modes, complete, strict=True)]
    found = fit_tail(seen, complete, N, 0.5)
    assert found.prefactor.value == pytest.approx(A, abs=4 * found.prefactor.error)
    assert found.exponent.value == pytest.approx(4, abs=4 * found.exponent.error)


def test_another_exponent_is_noticed_and_too_few_modes_are_unknown():
    found = fit_tail(drawn(200, 0.5, exponent=3.0), np.full(200, 0.5), N, 0.5)
    assert abs(found.exponent.value - 3) < 4 * found.exponent.error < 0.5
    assert not fit_tail([np.array([0.1])], np.array([0.5]), N, 0.5).prefactor.is_known
    assert not fit_tail([], np.empty(0), N, 0.5).prefactor.is_known


def test_windows_agree_where_the_law_holds():
    fits = fit_windows(drawn(300, 0.5), np.full(300, 0.5), N)
    assert [x.n_modes for x in fits] == sorted(x.n_modes for x in fits)
    assert all(abs(x.prefactor.value - A) < 4 * x.prefactor.error for x in fits)


def test_density_of_states_and_prefactor_have_one_normalisation():
    modes = drawn(3000, 0.5)
    found = fit_tail(modes, np.full(3000, 0.5), N, 0.5)
    low = low_density(modes, np.full(3000, 0.5), N)
    q = 10.0 ** (1 / 8)  # of a bin's edges: the mean of ω⁴ over it is not that of its middle
    over = (q**2.5 - q**-2.5) / 5 / (q**0.5 - q**-0.5)
    seen = low.density[-3:] / low.omega[-3:] ** 4 / over
    assert seen == pytest.approx(np.full(3, A), rel=0.08)  # 1,450 modes in the third
    assert found.prefactor.value == pytest.approx(A, abs=4 * found.prefactor.error)


def test_errors_of_the_density_of_states_are_its_scatter():
    """Over 400 ensembles, in the three bins that hold most modes: the mean stated error is their standard deviation."""
    many = [low_density(drawn(60, 0.5, seed), np.full(60, 0.5), N) for seed in range(400)]
    density, error = (np.array([getattr(x, name)[-3:] for x in many]) for name in ("density", "error"))
    assert error.mean(axis=0) / density.std(axis=0) == pytest.approx(np.ones(3), abs=4 / np.sqrt(2 * 400))


def test_window_is_the_narrower_of_shear_band_and_mode_frequency():
    stiff, soft = Estimate(3.8, 0.1), Estimate(8.4, 0.1)
    assert tail_window(10_000, stiff) == pytest.approx(0.75 * first_shear_band(10_000))
    assert tail_window(2000, soft) == pytest.approx(0.25 * 2 * np.pi / 8.4)
    assert np.isnan(tail_window(2000, Estimate(np.nan, np.nan)))


def test_a_soft_ensemble_is_not_biased_by_a_window_beyond_its_mode_frequency():
    """D = A ω⁴ up to 0.25 ω_g and less above, as soft glasses have it: the shear band's window alone gives too little."""
    length, n = Estimate(8.4, 0.1), 2000
    edge, band = 0.25 * 2 * np.pi / 8.4, 0.75 * first_shear_band(n)
    rng = np.random.default_rng(3)
    modes = []
    for _ in range(2000):
        x = 0.6 * rng.random(rng.poisson(3 * n * A * 0.6**5 / 5)) ** 0.2
        modes.append(np.sort(x[(x < edge) | (rng.random(len(x)) < (edge / x) ** 2)]))
    complete = np.full(2000, 0.6)
    within, broad = fit_within(modes, complete, n, length), fit_tail(modes, complete, n, band)
    assert within.prefactor.value == pytest.approx(A, abs=4 * within.prefactor.error)
    assert broad.prefactor.value < A - 10 * broad.prefactor.error


def test_glasses_without_a_window_or_without_modes_below_it_are_too_small():
    complete = np.full(20, 0.5)
    unknown = fit_within(drawn(20, 0.5), complete, N, Estimate(np.nan, np.nan))
    few = fit_within(drawn(2, 0.5), complete[:2], N, Estimate(30.0, 1.0))
    assert not unknown.prefactor.is_known
    assert unknown.why_unknown.startswith("the glasses are too small: ω_g")
    assert not few.prefactor.is_known
    assert few.why_unknown.startswith("the glasses are too small or too few: ")


BOX = half_box(24_000)  # 14.4 a0


def bumps(centre, n, *, dipoles=24, noise=0.4, between=0.0, seed=0):
    """c(r) with its maximum of r⁶c at `centre`: each dipole has its own place of the maximum, and each glass."""
    rng = np.random.default_rng(seed)
    r = 0.5 * 10.0 ** (np.arange(49) / 24.0)
    each = []
    for shift in between * rng.normal(size=n):
        place = np.log(centre) + shift + noise * rng.normal(size=(dipoles, 1))
        decays = r**-6.0 * np.exp(-2.0 * (np.log(r) - place) ** 2)
        each.append(np.where(r < BOX, decays, np.nan))
    return r, each


@pytest.mark.parametrize("centre", [3.0, 4.2, 7.0])
def test_length_is_the_maximum(centre):
    found = dipole_length(*bumps(centre, 8), half_box=BOX)
    assert found.length.value == pytest.approx(centre, abs=4 * found.length.error)
    assert 0 < found.length.error < 0.5
    assert len(found.fitted) >= 6


@pytest.mark.parametrize(("n", "dipoles", "between"), [
    (1, 48, 0.0), *(pytest.param(*x, marks=pytest.mark.slow) for x in ((2, 24, 0.0), (6, 24, 0.0), (12, 8, 0.2))),
])  # fmt: skip
def test_error_of_the_length_is_its_scatter(n, dipoles, between):
    """Also for two glasses, whose own scatter tells nothing, and where glasses differ by more than their dipoles."""
    found = [
        dipole_length(*bumps(4.2, n, dipoles=dipoles, between=between, seed=s), half_box=BOX).length for s in range(40)
    ]
    value, error = np.array([x.value for x in found]), np.array([x.error for x in found])
    scatter = value.std(ddof=1)
    assert 0.7 * scatter < np.sqrt(np.mean(error**2)) < 1.5 * scatter  # the scatter of 40 is itself known to 11 %
    assert abs(value.mean() - 4.2) < 0.2 * error.mean() + 4 * scatter / np.sqrt(40)


def test_what_periodic_images_lift_is_no_maximum():
    """A plateau of r⁶c that rises by 14 % at 0.93 of half the box, as the images make it: no length; without them neither."""
    r, each = bumps(4.2, 4)
    plateau = [np.where(r < BOX, r**-6.0 * (r / (1 + r)) * (1 + 0.14 * np.exp(-(((r / BOX - 0.95) / 0.05) ** 2))), np.nan)]
    found = dipole_length(r, plateau * 4, half_box=BOX)
    assert not found.length.is_known
    assert "no maximum below" in found.why_unknown
    assert dipole_length(r, each, half_box=BOX).length.is_known


def test_a_glass_that_is_too_small_gives_no_length():
    found = dipole_length(*bumps(9.0, 8), half_box=half_box(8000))  # its maximum lies at 0.9 of half the box
    assert not found.length.is_known
    assert "glasses are too small" in found.why_unknown
    assert not dipole_length(*bumps(4.0, 1, dipoles=1), half_box=BOX).length.is_known
    assert dipole_length(np.empty(0), [], half_box=BOX).why_unknown == "no samples yet"


def decays_beyond(exponent, n, *, seed=0, noise=0.2):
    """c(r) with its maximum of r⁶c at 4 a0, a power law beyond it, and noise of single dipoles that is smooth in r."""
    rng = np.random.default_rng(seed)
    r = np.geomspace(0.8, 18.0, 50)
    bump = 1 + np.exp(-((np.log(r / 4.0) / 0.15) ** 2)) - 1 / (1 + (r / 3.0) ** 8)
    tilt = np.where(r > 5.2, r / 5.2, 1.0) ** (exponent + 6.0)
    level, slope = 1 + noise * rng.normal(size=(2, n, 16, 1))
    return r, list(r**-6.0 * bump * tilt * np.abs(level) * r ** (slope - 1.0))


def test_decay_beyond_the_core_is_found_within_its_error():
    found = [dipole_length(*decays_beyond(-6.0, 4, seed=s), half_box=20.0).exponent for s in range(8)]
    values, errors = (np.array([getattr(x, k) for x in found]) for k in ("value", "error"))
    bend = 0.1  # what is left of the bump at 1.3 ξ_g
    assert abs(values.mean() + 6.0) < bend + 4 * errors.mean() / np.sqrt(8)
    steeper = dipole_length(*decays_beyond(-7.0, 4), half_box=20.0).exponent
    assert abs(steeper.value + 7.0) < bend + 4 * steeper.error < 0.5
    assert 0.5 < errors.mean() / values.std(ddof=1) < 2.0  # eight draws give a scatter to a quarter


def test_a_box_that_ends_too_early_shows_no_decay():
    r, each = decays_beyond(-6.0, 4)
    assert dipole_length(r, each, half_box=10.0).exponent.is_known
    small = dipole_length(r, each, half_box=8.5)  # ends at 7.2 a0: 1.4 times where the decay begins
    assert small.length.is_known
    assert not small.exponent.is_known


def test_a_ratio_of_correlated_terms_has_the_error_of_its_scatter():
    """Anticorrelated by −0.82 as k₊ and k₋ of a mode: errors added in quadrature would be wrong."""
    off = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        plus = 3.0 + 0.5 * rng.normal(size=80)
        minus = -2.0 - 0.82 * 0.5 * (plus - 3.0) / 0.5 + 0.29 * rng.normal(size=80)
        found = ratio_of_means(minus, plus)
        off.append((found.value + 2.0 / 3.0) / found.error)
    assert abs(np.mean(off)) < 4 / np.sqrt(60)
    assert 0.75 < np.std(off) < 1.3


def test_scales_in_closed_form():
    length, a = Estimate(4.0, 0.2), Estimate(0.05, 0.005)
    omega = characteristic_frequency(length)
    assert omega.value == pytest.approx(2 * np.pi / 4)
    assert omega.error == pytest.approx(omega.value * 0.05)
    assert number_density(a, omega).value == pytest.approx(0.05 * (np.pi / 2) ** 5)
    assert number_density(a, omega).error == pytest.approx(number_density(a, omega).value * np.hypot(0.1, 0.25))
    assert stz_size(length).value == pytest.approx(128.0)
    assert stz_size(length).error == pytest.approx(128.0 * 0.15)


def test_power_law_with_errors_in_both():
    rng = np.random.default_rng(2)
    off = []
    for _ in range(60):
        x = np.geomspace(1, 5, 9)
        y = 2.0 * x ** (2 / 3)
        noisy = [[Estimate(v * (1 + 0.03 * rng.normal()), 0.03 * v) for v in s] for s in (x, y)]
        fit = fit_power_law(*noisy)
        off.append((fit.exponent.value - 2 / 3) / fit.exponent.error)
    assert abs(np.mean(off)) < 0.6
    assert 0.5 < np.std(off) < 1.5
    assert not fit_power_law([Estimate(1, 0.1)] * 2, [Estimate(1, 0.1)] * 2).exponent.is_known


def test_units_of_the_ensemble():
    """ω0 = √(G/ρ)/a0: modes given in plain units come out in ω0."""
    shear, density = 24.0, 0.6
    omega0 = np.sqrt(shear / density) / density ** (-1 / 3)
    found = microscopic(
        Estimate(shear, 0.24),
        density,
        LowModes(N, [omega0 * x for x in drawn(300, 0.5)], np.full(300, 0.5 * omega0)),
        DipoleDecays(24_000, *bumps(4.0, 5)),
    )
    assert found.omega0 == pytest.approx(omega0)
    assert found.prefactor.value == pytest.approx(A, abs=4 * found.prefactor.error)
    assert found.length.value == pytest.approx(4.0, rel=0.05)
    counted = found.tail.prefactor.error / found.prefactor.value
    assert found.prefactor.error == pytest.approx(found.prefactor.value * np.hypot(counted, 2.5 * 0.01))  # G to 1 %
