"""A liquid that does not melt is given up early; one that would have made it never is."""

import re

import numpy as np
import pytest

from vitrify.backends import backend
from vitrify.ensemble import find_parent_temperature
from vitrify.errors import SampleFailure
from vitrify.models import catalogue
from vitrify.preparation import Recipe, prepare_glass, prepare_glasses
from vitrify.preparation import liquid as liquids
from vitrify.preparation.liquid import equilibrate
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start

COLD = {"n_particles": 40, "density": 0.6, "parent_temperature": 0.05}
EARLY = r"T = 0\.05 moved only 0\.\d+ a0² in (\d+) steps instead of 10 a0²: it needs a higher parent temperature, or a smaller melt_msd"


def steps_told(failure):
    return int(re.search(EARLY, str(failure))[1])


def test_a_cold_liquid_is_given_up_long_before_its_last_step():
    """Of 400,000 that it may take."""
    with pytest.raises(SampleFailure) as told:
        prepare_glass(catalogue.pss(), rng=np.random.default_rng(3), **COLD)
    assert steps_told(told.value) <= 160_000


def test_many_at_once_too(monkeypatch):
    monkeypatch.setitem(liquids.equilibrate.__kwdefaults__, "max_steps", 20_000)
    made = prepare_glasses(catalogue.pss(), rngs=[np.random.default_rng(k) for k in (1, 2)], machine=backend(), **COLD)
    assert all(steps_told(x) <= 10_000 for x in made)


MOST = 400_000
LOOKS = MOST // 500


def given_up(way, melt_msd=10.0):
    """After which part of the looks a liquid with these mean squared displacements is given up, if at all."""
    reached = next((k for k, msd in enumerate(way) if msd >= melt_msd), len(way))
    return next((k / LOOKS for k in range(1, reached) if liquids.hopeless(list(way[:k]), melt_msd, MOST)), None)


def test_particles_in_cages_are_given_up():
    """A plateau with the scatter of few particles, above what the hot start left behind."""
    rng = np.random.default_rng(0)
    assert 0.1 <= given_up(0.3 + 0.01 * rng.normal(size=LOOKS)) <= 0.2
    assert given_up(0.3 + 0.05 * rng.normal(size=LOOKS)) <= 0.6
    assert given_up(np.full(LOOKS, 300.0), melt_msd=1e5) == pytest.approx(0.1)


@pytest.mark.parametrize("seed", range(5))
def test_random_walks_that_arrive_are_not(seed):
    """Twenty independent walkers of any rate that gets them there in time, after a start in which they rattled in cages."""
    rng = np.random.default_rng(seed)
    for last in (0.2, 0.6, 1.0):
        step = np.sqrt(10.0 / (3 * last * LOOKS))
        for held in (0, int(0.05 * LOOKS)):
            walk = np.cumsum(step * rng.normal(size=(LOOKS, 20, 3)) * (np.arange(LOOKS) >= held)[:, None, None], axis=0)
            assert given_up(0.2 + np.mean(np.sum(walk**2, axis=2), axis=1)) is None


def test_a_slow_liquid_goes_to_its_end_and_to_the_same_bits():
    """Half a million particle steps: it needs 20 times what it needs when hot, and is not disturbed."""
    found = []
    for most in (100_000, 400_000):
        rng = np.random.default_rng(5)
        batch = random_start(catalogue.pss(), n_particles=40, density=0.6, rng=rng)
        run = equilibrate(Samples(batch), temperature=1.6, melt_msd=10.0, rngs=[rng], max_steps=most)[0]
        found.append((run, batch.ticks.copy()))
    assert found[0][0].steps > 10_000
    assert np.array_equal(found[0][1], found[1][1])


def test_a_pilot_that_does_not_melt_says_where_its_temperature_came_from(monkeypatch):
    from vitrify.ensemble import parent_temperature

    monkeypatch.setattr(parent_temperature, "rule", lambda modulus, density: 0.05)
    with pytest.raises(SampleFailure, match="moved only .*pilot glasses: give a temperature, or use more or larger pilots"):
        find_parent_temperature(
            catalogue.pss(), n_particles=40, density=0.6, rng=np.random.default_rng(1), n_pilots=1, recipe=Recipe()
        )
