"""A_g, ξ_g and power laws on data whose answer is known."""

import numpy as np
import pytest

from vitrify.ensemble import (
    Estimate,
    LowModes,
    characteristic_frequency,
    dipole_length,
    fit_power_law,
    fit_tail,
    fit_windows,
    microscopic,
    number_density,
    stz_size,
)

N, A = 3000, 0.2


def drawn(n_glasses, top=1.0, seed=0, exponent=4.0):
    """Independent modes with D = A ω^exponent below `top`."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(N * A * top ** (exponent + 1) / (exponent + 1), size=n_glasses)
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


def bumps(centre, n, noise=0.02, far=15.0, seed=0):
    rng = np.random.default_rng(seed)
    r = 0.5 * 10.0 ** (np.arange(40) / 24.0)
    shape = np.exp(-2.0 * np.log(r / centre) ** 2)
    decays = r**-6.0 * shape * np.exp(noise * rng.normal(size=(n, 40)))
    return r, np.where(r < far, decays, np.nan)


@pytest.mark.parametrize("centre", [3.0, 4.2, 5.5])
def test_length_is_the_maximum(centre):
    found = dipole_length(*bumps(centre, 8))
    assert found.length.value == pytest.approx(centre, abs=4 * found.length.error)
    assert 0 < found.length.error < 0.2
    assert len(found.fitted) >= 6


def test_a_glass_that_is_too_small_gives_no_length():
    found = dipole_length(*bumps(9.0, 8, far=8.0))
    assert not found.length.is_known
    assert "no maximum" in found.why_unknown
    assert not dipole_length(*bumps(4.0, 1)).length.is_known
    assert dipole_length(np.empty(0), np.empty((0, 0))).why_unknown == "no samples yet"


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
        shear, density, LowModes(N, [omega0 * x for x in drawn(300, 0.5)], np.full(300, 0.5 * omega0)), *bumps(4.0, 5)
    )
    assert found.omega0 == pytest.approx(omega0)
    assert found.prefactor.value == pytest.approx(A, abs=4 * found.prefactor.error)
    assert found.length.value == pytest.approx(4.0, rel=0.05)
