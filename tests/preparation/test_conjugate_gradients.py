"""Conjugate gradients: lines that end where forces are interpolated, and lists that hold wherever forces are computed."""

from __future__ import annotations

import numpy as np
import pytest

from vitrify.batch import glass_batch
from vitrify.kernels.forces import INDEX_MASK
from vitrify.models import pss
from vitrify.observables import elasticity, mechanics
from vitrify.preparation.liquid import equilibrate
from vitrify.preparation.quench import quench
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start
from vitrify.statics import Hessian, Pairs


def liquid(seed, n_particles=200):
    rng = np.random.default_rng(seed)
    samples = Samples(random_start(pss(rc=1.2), n_particles=n_particles, density=0.6, rng=rng))
    equilibrate(samples, temperature=6.0, melt_msd=1.0, rngs=[rng])
    assert not samples.failed
    return samples.batch.glass(0)


def listed(batch):
    """Pairs of the neighbour list, by the order in which the particles stand now."""
    return {(i, int(j)) for i, number in enumerate(batch.counts) for j in batch.neighbours[i, :number] & INDEX_MASK}


def within_reach(batch):
    """Pairs that interact, from all distances."""
    x, box = batch.positions(0)[batch.label], batch.boxes[0]
    d = x[:, None] - x[None]
    d -= box * np.rint(d / box)
    mixture, kind = batch.model.mixture, batch.species
    reach = np.array(mixture.lengths)[kind[:, None], kind[None]] * batch.model.potential.cutoff
    near = np.sum(d**2, axis=2) < reach**2
    np.fill_diagonal(near, False)
    return set(zip(*(x.tolist() for x in np.nonzero(near)), strict=True))


@pytest.mark.parametrize("minimiser", ["cg", "fire"])
def test_the_list_holds_wherever_forces_are_computed(minimiser):
    """A quench that is stopped after some evaluations stands where its last forces were computed, with that list."""
    start = liquid(1)
    for most in (*range(3, 60), *range(60, 400, 17)):
        batch = glass_batch(start)
        samples = Samples(batch)
        quench(samples, minimiser=minimiser, force_tolerance=1e-10, max_evaluations=most)
        assert 0 in samples.failed
        assert within_reach(batch) <= listed(batch)


def test_a_line_takes_one_evaluation_where_the_energy_is_quadratic(pss_glass):
    """As many evaluations as conjugate gradients of linear algebra take products, with the Hessian of the minimum."""
    rng = np.random.default_rng(2)
    push = 1e-6 * rng.normal(size=pss_glass.positions.shape)
    batch = glass_batch(pss_glass.with_positions(pss_glass.positions + push - push.mean(axis=0)))
    samples = Samples(batch)
    found = samples.only(quench(samples, minimiser="cg", force_tolerance=1e-11))
    matrix = Hessian(Pairs.of(pss_glass)).matrix()
    f = -(matrix @ (push - push.mean(axis=0)).ravel())
    tolerance = 0.9e-11 * min(1.0, mechanics(pss_glass)["mean_pair_force"])
    d, products = f.copy(), 0
    while np.abs(f).max() > tolerance:
        image = matrix @ d
        old = f @ f
        f = f - old / (d @ image) * image
        d = f + (f @ f) / old * d
        products += 1
    assert 0.8 * products < found.force_evaluations < 1.3 * products + 10


@pytest.mark.slow
def test_minima_are_those_that_fire_finds_of_the_same_liquids():
    """One by one they are others, as liquids are far from a minimum; in the mean they are the same."""
    found = {"cg": [], "fire": []}
    for seed in range(30):
        start = liquid(seed, 300)
        for minimiser, rows in found.items():
            batch = glass_batch(start)
            samples = Samples(batch)
            samples.only(quench(samples, minimiser=minimiser, force_tolerance=1e-10))
            glass = batch.glass(0)
            moduli = elasticity(glass)
            told = mechanics(glass)
            rows.append([told["energy_per_particle"], told["p_over_p0"], moduli["shear_modulus"], moduli["bulk_modulus"]])
    cg, fire = (np.array(x) for x in found.values())
    error = (cg - fire).std(axis=0, ddof=1) / np.sqrt(len(cg))
    assert (np.abs((cg - fire).mean(axis=0)) < 4.0 * error).all()
    # the spread of thirty moduli is known to some 25 %, and processors round their liquids to other minima
    again = np.random.default_rng(0).integers(len(cg), size=(1000, len(cg)))
    error = np.std([ratio_of_spreads(cg[x], fire[x]) for x in again], axis=0)
    assert (error < 0.5).all()
    assert (np.abs(ratio_of_spreads(cg, fire)) < 4.0 * error).all()


def ratio_of_spreads(one, other):
    """Logarithm of the ratio of the widths that hold two thirds of each column."""
    widths = [np.subtract(*np.percentile(x, [84, 16], axis=0)) for x in (one, other)]
    return np.log(widths[0] / widths[1])
