"""The rule for the temperature of the parent liquid, against moduli whose scatter is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vitrify.ensemble import Estimate, is_hot_enough, least_temperature
from vitrify.ensemble.parent_temperature import pilot_mean, rule
from vitrify.errors import SampleFailure

GLASSES = Path(__file__).parents[2] / "studies" / "results" / "dss_rho060.csv"  # 1,000 of N = 3,000
PLANES = ["shear_modulus", "shear_modulus_xz", "shear_modulus_yz"]


@pytest.mark.parametrize(("value", "error", "density", "expected"), [
    (30.0, 0.0, 1.0, 4.0), (30.01, 0.0, 1.0, 4.01), (30.0, 1.0, 1.0, 4.27), (24.0, 0.5, 0.6, 5.56), (411.0, 2.0, 1.2, 46.2), (0.3, 0.0, 1.0, 0.04),
])  # fmt: skip
def test_the_rule_adds_two_errors_and_rounds_up_to_three_digits(value, error, density, expected):
    assert rule(Estimate(value, error), density) == expected
    least = least_temperature(Estimate(value, error), density)
    assert (least.value, least.error) == pytest.approx((4 / 30 * value / density, 4 / 30 * error / density))
    assert -1e-12 <= expected - least.value - 2 * least.error <= 0.01 * expected


@pytest.mark.parametrize("value", [0.0, -3.0, float("nan")])
def test_glasses_that_do_not_resist_shear_give_no_temperature(value):
    with pytest.raises(SampleFailure, match="do not resist shear"):
        rule(Estimate(value, 0.1), 1.0)


def planes(rng, *shape):
    """G in three planes of correlation 0.25, of mean 20 and deviation 1."""
    common, own = rng.normal(size=(*shape, 1)), rng.normal(size=(*shape, 3))
    return 20.0 + 0.5 * common + np.sqrt(0.75) * own


@pytest.mark.parametrize(("n_pilots", "least", "most"), [(1, 0.88, 0.94), (2, 0.92, 0.97), (4, 0.94, 0.985)])
def test_the_error_of_pilots_is_their_scatter_and_two_of_it_reach_the_true_temperature(n_pilots, least, most):
    """4,000 times; two errors of 2, 5 and 11 degrees of freedom hold in 91, 95 and 96 of 100."""
    rng = np.random.default_rng(n_pilots)
    found = [pilot_mean(x) for x in planes(rng, 4000, n_pilots)]
    value, error = np.array([x.value for x in found]), np.array([x.error for x in found])
    assert np.mean(error**2) == pytest.approx(value.var(), rel=4 * np.sqrt(2 / 4000) + 4 / np.sqrt(4000))
    assert least < np.mean(value + 2 * error > 20.0) < most


def test_one_pilot_s_planes_tell_the_scatter_of_real_glasses():
    moduli = pd.read_csv(GLASSES)[PLANES].to_numpy()
    errors = np.array([pilot_mean(x[None]).error for x in moduli])
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(moduli.mean(axis=1).std(), rel=0.08)  # of 1,000 with a low tail


def test_pilots_that_scatter_more_than_their_planes_say_so():
    """Glasses of which each is the same in all its planes: nothing but the scatter between them is left."""
    moduli = np.repeat([[19.0], [21.0], [20.0], [24.0]], 3, axis=1)
    assert pilot_mean(moduli).error == pytest.approx(np.sqrt(3 / 11) * moduli[:, 0].std(ddof=1) / 2)


@pytest.mark.parametrize(
    ("temperature", "expected"), [(5.2, True), (5.21, True), (5.1, None), (5.0, None), (4.99, False), (float("nan"), None)]
)
def test_whether_a_liquid_was_hot_enough_is_open_within_two_errors(temperature, expected):
    assert is_hot_enough(temperature, Estimate(5.0, 0.1)) is expected
