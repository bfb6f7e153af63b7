"""The density of states of soft spots on synthetic ensembles whose density is known."""

import numpy as np
import pytest

from vitrify.ensemble import soft_spot_density
from vitrify.ensemble.density_of_states import fit_tail

N, PREFACTOR = 1000, 0.01  # D(ω) = PREFACTOR ω⁴ per degree of freedom: six spots below ω = 1 in a glass


def invented(rng, n_glasses, *, together=1, dimension=3):
    """Frequencies of glasses below 1, each spot `together` times."""
    mean = PREFACTOR * dimension * N / 5 / together
    glasses = (np.sort(np.tile(rng.random(rng.poisson(mean)) ** 0.2, together)) for _ in range(n_glasses))
    return list(glasses)


def exact(found):
    """The mean of D over each bin: edges lie √(ratio) about the middle."""
    ratio = 10.0 ** (1 / 16)
    low, high = found.omega / ratio, found.omega * ratio
    return PREFACTOR * (high**5 - low**5) / 5 / (high - low)


@pytest.mark.parametrize("dimension", [2, 3])
def test_density_and_its_error(dimension):
    """Within four errors of the truth, which each bin misses once in 16,000."""
    frequencies = invented(np.random.default_rng(1), 400, dimension=dimension)
    found = soft_spot_density(frequencies, np.ones(400), N, dimension)
    assert found.n_spots > 1000
    many = found.density > 0.05 * found.density.max()  # bins of few spots have no normal error
    assert many.sum() >= 3
    assert (np.abs(found.density - exact(found)) < 4 * found.error)[many].all()


@pytest.mark.parametrize("together", [1, 4])
def test_the_error_is_the_scatter(together):
    """Of 200 ensembles, by which it is known to 5 %; spots that come together scatter more than their number says."""
    rng = np.random.default_rng(2)
    many = [soft_spot_density(invented(rng, 60, together=together), np.ones(60), N) for _ in range(200)]
    last = np.array([(x.density[-1], x.error[-1]) for x in many])
    assert last[:, 0].std() == pytest.approx(last[:, 1].mean(), rel=0.2)
    poisson = last[:, 0].mean() / np.sqrt(np.mean([x.n_spots for x in many]) * 0.75)  # of the last bin, some 3/4 of all
    assert (last[:, 1].mean() > 1.5 * poisson) == (together == 4)


def test_a_census_cut_short_is_used_as_far_as_it_goes():
    whole = invented(np.random.default_rng(3), 300)
    short = [len(x) > 3 for x in whole]
    frequencies = [x[:3] for x in whole]
    complete = np.array([x[-1] if cut else np.inf for x, cut in zip(frequencies, short, strict=True)])
    found = soft_spot_density(frequencies, complete, N)
    assert found.complete == complete.min() < 0.9
    assert found.omega.max() < found.complete
    assert found.n_spots == sum(int((x < found.complete).sum()) for x in whole)  # as if none had been cut
    fit = fit_tail(frequencies, np.full(300, found.complete), N, found.complete)
    assert abs(fit.prefactor.value - PREFACTOR) < 4 * fit.prefactor.error
    everything = soft_spot_density(whole, np.full(300, np.inf), N)
    assert everything.n_spots == sum(map(len, whole))


def test_too_few_have_no_density():
    for frequencies in ([], [np.array([0.5, 0.7, 0.9])], [np.empty(0), np.array([0.5])]):
        found = soft_spot_density(frequencies, np.ones(len(frequencies)), N)
        assert len(found.omega) == len(found.density) == len(found.error) == 0
