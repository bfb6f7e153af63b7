"""Liquids and glasses that single precision leads: the same ensembles as in double, and the same bits whatever the batch."""

import numpy as np
import pytest

from vitrify import batch as batches
from vitrify.batch import Batch
from vitrify.leading import Lead
from vitrify.models.catalogue import parse
from vitrify.observables import elasticity, mechanics
from vitrify.preparation import Recipe, prepare_glass
from vitrify.preparation import quench as quenches
from vitrify.preparation.liquid import equilibrate
from vitrify.preparation.quench import quench
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start

LIQUIDS = {"pss(rc=1.2)": (0.60, 5.4), "qss(q=12, xc=2.0)": (0.65, 6.0)}
COLUMNS = ("energy_per_particle", "p_over_p0", "coordination", "shear_modulus", "bulk_modulus")


def measured(model, seeds):
    """(glasses, columns) of glasses of 120 particles."""
    density, temperature = LIQUIDS[model]
    glasses = [
        prepare_glass(
            parse(model), n_particles=120, density=density, parent_temperature=temperature,
            rng=np.random.default_rng(seed), recipe=Recipe(melt_msd=1.0),
        ) for seed in seeds
    ]  # fmt: skip
    rows = [mechanics(glass) | elasticity(glass, without_rattlers=True) for glass in glasses]
    return np.array([[float(row[name]) for name in COLUMNS] for row in rows])


@pytest.mark.parametrize("model", LIQUIDS)
def test_glasses_have_the_means_of_those_that_doubles_lead(model, monkeypatch):
    """Within four errors; docs/speed.md has the same of 1,000 glasses."""
    single = measured(model, range(30))
    monkeypatch.setattr(batches, "leading_form", lambda formula, potential: Lead.EXACT)
    double = measured(model, range(100, 130))
    error = np.hypot(single.std(axis=0, ddof=1), double.std(axis=0, ddof=1)) / np.sqrt(len(single))
    assert (np.abs(single.mean(axis=0) - double.mean(axis=0)) < 4.0 * error).all()
    assert (np.abs(np.log(single[:, 0].std() / double[:, 0].std())) < np.log(2.0)).all()


def test_a_batch_changes_no_bit_of_a_liquid_or_its_glass():
    model, batch_of = parse("pss(rc=1.2)"), {}
    start = random_start(model, n_particles=150, density=0.6, rng=np.random.default_rng(1))
    other = random_start(model, n_particles=180, density=0.6, rng=np.random.default_rng(2))
    for places in ([0], [1, 0, 1]):
        chosen = [(start, other)[k] for k in places]
        batch_of[len(places)] = Batch(
            model, [x.boxes[0] for x in chosen], [x.positions(0) for x in chosen], [x.glass(0).species for x in chosen]
        )
    assert batch_of[1].lead is Lead.SINGLE_LIQUID
    for batch, s in ((batch_of[1], 0), (batch_of[3], 1)):
        samples = Samples(batch)
        rngs = [np.random.default_rng(3 if k == s else 4) for k in range(batch.n_samples)]
        equilibrate(samples, temperature=5.4, melt_msd=0.5, rngs=rngs)
        quench(samples, minimiser="cg", force_tolerance=1e-10)
        assert not samples.failed
    assert np.array_equal(batch_of[1].positions(0), batch_of[3].positions(1))


def test_a_quench_ends_on_the_exact_forces():
    """Whatever leads its rough part: the forces that are left are those of the potential itself."""
    batch = random_start(parse("pss(rc=1.2)"), n_particles=150, density=0.6, rng=np.random.default_rng(4))
    samples = Samples(batch)
    run = samples.only(quench(samples, minimiser="cg", force_tolerance=1e-11))
    assert mechanics(batch.glass(0))["max_force"] < 3e-11  # positions rounded to doubles
    assert run.max_force < 1e-11


def test_forces_that_cancel_in_a_dense_glass_do_not_hold_a_quench_up():
    """Pair forces of hundreds of ε/λ, of which single precision leaves thousandths: the exact forces take over before."""
    glass = prepare_glass(
        parse("pss(rc=1.2)"), n_particles=600, density=1.2, parent_temperature=57.4, rng=np.random.default_rng(1),
        recipe=Recipe(melt_msd=1.0),
    )  # fmt: skip
    found = mechanics(glass)
    assert found["mean_pair_force"] > 30.0
    assert found["max_force"] < 1e-9
    assert glass.provenance["force_evaluations"] < 10_000


def test_a_rough_part_that_gets_nowhere_leaves_the_rest_to_the_exact_forces(monkeypatch):
    monkeypatch.setattr(quenches, "SINGLE", 0.0)
    monkeypatch.setattr(quenches, "ROUGH", 1e-9)  # single precision cannot
    monkeypatch.setattr(quenches, "ROUGH_BUDGET", 3_000)
    batch = random_start(parse("pss(rc=1.2)"), n_particles=150, density=0.6, rng=np.random.default_rng(4))
    samples = Samples(batch)
    run = samples.only(quench(samples, minimiser="cg", force_tolerance=1e-11, max_evaluations=10_000))
    assert run.max_force < 1e-11
    assert 3_000 < run.force_evaluations < 10_000
