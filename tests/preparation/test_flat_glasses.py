"""Glasses made in two dimensions: d in everything that counts degrees of freedom, against NumPy and other thermometers."""

import numpy as np
import pytest

import vitrify
from simulated import assert_same
from slow_twins import slow_sums
from vitrify.backends import backend, set_threads
from vitrify.ensemble.parent_temperature import find_parent_temperature, pilot_mean
from vitrify.errors import SampleFailure, UsageError
from vitrify.models import catalogue
from vitrify.models.catalogue import parse, usual_dimension
from vitrify.observables import elasticity, mechanics
from vitrify.preparation import Recipe, prepare_glass, prepare_glasses, quench_glass
from vitrify.preparation import liquid as liquids
from vitrify.preparation.liquid import equilibrate
from vitrify.preparation.samples import Samples
from vitrify.preparation.start import random_start
from vitrify.statics import Hessian, Pairs

QUICK = Recipe(melt_msd=1.0)
FLAT = {"pss": ("pss(rc=1.2)", 0.75, 3.0), "kob_andersen": ("kob_andersen_2d()", 1.2, 2.0)}
FLAT |= {"polydisperse": ("polydisperse_ipl_2d()", 0.65, 1.5)}


def made(name, n=200, seed=1, **changes):
    model, density, temperature = FLAT[name]
    size = {"n_particles": n, "density": density, "parent_temperature": temperature, "dimension": 2, "recipe": QUICK}
    return prepare_glass(parse(model), rng=np.random.default_rng(seed), **(size | changes))


@pytest.fixture(scope="module", params=FLAT)
def flat(request):
    return made(request.param)


def test_a_glass_of_the_plane_is_a_minimum_by_another_sum(flat):
    """Energy, forces and virial pressure by NumPy; the minimum is one of the plane, with two zero modes."""
    energy, forces, pressure = slow_sums(flat)
    found = mechanics(flat)
    assert flat.positions.shape == (200, 2)
    assert flat.density == pytest.approx(200 / flat.box**2)
    assert np.abs(forces).max() < 2e-10
    assert found["energy_per_particle"] == pytest.approx(energy / 200, rel=1e-12)
    assert found["pressure"] == pytest.approx(pressure, rel=1e-10)
    eigenvalues = np.linalg.eigvalsh(Hessian(Pairs.of(flat)).matrix().toarray())
    assert np.abs(eigenvalues[:2]).max() < 1e-9
    assert eigenvalues[2] > 1e-4
    assert elasticity(flat)["zero_modes"] == 2
    assert flat.provenance["msd_over_a0_squared"] >= 1.0


def test_its_moduli_are_those_of_finite_strain(flat):
    """A strained square is a cell of another shape, in which the particles are quenched."""
    found, step = elasticity(flat), 1e-5

    def stress(gradient):
        strained = quench_glass(flat.strained(step * np.array(gradient)))
        pairs = Pairs.of(strained)
        return np.einsum("p,pa,pb->ab", pairs.terms[1], pairs.r_pd, pairs.r_pd)[:2, :2] / pairs.volume

    shear = (stress([[0, 1], [0, 0]]) - stress([[0, -1], [0, 0]])) / (2 * step)
    assert shear[0, 1] == pytest.approx(found["shear_modulus"], rel=1e-4)
    bulk = (stress([[1, 0], [0, 1]]) - stress([[-1, 0], [0, -1]])) / (2 * step)
    assert np.trace(bulk) / 4 == pytest.approx(found["bulk_modulus"], rel=1e-4)  # p = −Tr σ/2, K = −dp/(2 dη)
    assert found["shear_modulus_affine"] > 1.2 * found["shear_modulus"]


def test_three_thermometers_agree_in_the_plane():
    """What the thermostat says, the velocities of 2(N − 1) degrees of freedom, and the configuration: ⟨|∇U|²⟩/⟨∇²U⟩."""
    n, rng = 400, np.random.default_rng(3)
    batch = random_start(catalogue.pss(), n_particles=n, density=0.75, rng=rng, dimension=2)
    samples = Samples(batch)
    equilibrate(samples, temperature=3.0, melt_msd=2.0, rngs=[rng])
    told, kinetic, squares, curvature = [], [], [], []
    for _ in range(60):
        told.append(liquids.advance(samples, steps=50, time_step=0.002, temperature=3.0)[0])
        kinetic.append(np.sum(batch.velocity[:, :2] ** 2, axis=0))
        pairs = Pairs.of(batch.glass(0))
        squares.append(np.sum(pairs.forces() ** 2))
        curvature.append(Hessian(pairs).matrix().trace())
    assert np.mean(told) == pytest.approx(3.0, rel=0.01)
    assert np.mean(kinetic) * 2 / (2 * (n - 1)) == pytest.approx(3.0, rel=0.01)
    x, y = np.mean(kinetic, axis=0) / (n - 1)
    assert x == pytest.approx(y, rel=0.05)
    assert np.mean(squares) / np.mean(curvature) == pytest.approx(3.0, rel=0.03)  # 4.5 were d = 3 in the thermostat
    assert not batch.velocity[:, 2:].any()
    assert not batch.ticks[:, 2:].any()
    np.testing.assert_allclose(batch.velocity.sum(axis=0), 0.0, atol=1e-9)


def test_a_flat_liquid_keeps_its_energy_without_a_thermostat(monkeypatch):
    spread = []
    for step in (0.004, 0.002):
        rng = np.random.default_rng(1)
        batch = random_start(catalogue.pss(), n_particles=200, density=0.75, rng=rng, dimension=2)
        samples = Samples(batch)
        equilibrate(samples, temperature=3.0, melt_msd=1.0, rngs=[rng])
        with monkeypatch.context() as patch:
            patch.setattr(liquids, "COUPLING", 0.0)
            energies = []
            for _ in range(20):
                liquids.advance(samples, steps=round(0.02 / step), time_step=step, temperature=3.0)
                _, forces, _ = slow_sums(batch.glass(0))
                level = batch.velocity[:, :2] + 0.5 * step * forces[batch.label]
                energies.append(slow_sums(batch.glass(0))[0] + 0.5 * np.sum(level**2))
        spread.append(np.std(energies))
    assert spread[1] < 0.5 * spread[0]
    assert spread[1] < 1e-3 * 200 * 3.0  # of the kinetic energy


def test_flat_glasses_are_the_same_bits_alone_and_together_on_any_number_of_threads():
    model, density, temperature = FLAT["pss"]
    size = {"n_particles": 200, "density": density, "parent_temperature": temperature, "dimension": 2, "recipe": QUICK}
    alone = [made("pss", seed=s) for s in (1, 2)]
    try:
        for threads in (1, 2):
            set_threads(threads)
            rngs = [np.random.default_rng(s) for s in (1, 2, 3)]
            many = prepare_glasses(parse(model), rngs=rngs, machine=backend(), **size)
            for one, other in zip(alone, many, strict=False):
                np.testing.assert_array_equal(one.positions, other.positions)
                np.testing.assert_array_equal(one.species, other.species)
    finally:
        set_threads(None)


def test_a_mean_squared_displacement_is_in_units_of_the_plane():
    """a0² = A/N: a liquid that is said to have gone a0² has, by its own positions."""
    rng = np.random.default_rng(2)
    batch = random_start(catalogue.pss(), n_particles=300, density=0.25, rng=rng, dimension=2)  # dilute: a0 = 2 λ
    before = batch.positions(0)
    run = equilibrate(Samples(batch), temperature=3.0, melt_msd=1.0, rngs=[rng])[0]
    assert 1.0 <= run.msd_over_a0_squared < 60.0
    moved = batch.cells[0].nearest(batch.positions(0) - before)
    if run.msd_over_a0_squared < 10.0:  # folded into the box it is no more than it was
        assert np.mean(np.sum((moved - moved.mean(axis=0)) ** 2, axis=1)) <= 1.05 * run.msd_over_a0_squared / 0.25


def test_the_parent_temperature_of_the_plane_obeys_the_same_rule():
    found = find_parent_temperature(
        catalogue.pss(), n_particles=200, density=0.75, rng=np.random.default_rng(8), dimension=2, n_pilots=2, recipe=QUICK
    )
    asked = 4.0 * (found.shear_modulus + 2.0 * found.shear_modulus_error) / 0.75 / 30.0
    assert asked <= found.temperature < 1.011 * asked


def test_the_error_of_pilots_of_the_plane_is_their_scatter():
    """Two planes a pilot, of the correlation that was measured; the variance of the mean over n pilots, on average."""
    rng, n, correlation = np.random.default_rng(0), 3, 0.07
    moduli = rng.multivariate_normal([10.0, 10.0], [[4.0, 4.0 * correlation], [4.0 * correlation, 4.0]], size=(4000, n))
    found = [pilot_mean(x) for x in moduli]
    scatter = np.var([x.value for x in found])
    assert np.mean([x.error**2 for x in found]) == pytest.approx(scatter, rel=0.05)


def test_disks_below_jamming_are_no_glass():
    """Of the plane: a contact fewer than 2(N − 1) + 1."""
    size = {"n_particles": 100, "parent_temperature": 0.01, "dimension": 2, "recipe": QUICK}
    with pytest.raises(SampleFailure, match="no solid"):
        prepare_glass(catalogue.hertzian(), density=0.5, rng=np.random.default_rng(0), **size)
    glass = prepare_glass(catalogue.hertzian(), density=1.0, rng=np.random.default_rng(0), **size)
    assert 4.0 < mechanics(glass)["coordination"] < 6.5
    assert elasticity(glass, without_rattlers=True)["is_minimum"]


def test_a_glass_former_of_the_plane_is_made_in_the_plane():
    asked = {"n_particles": 100, "parent_temperature": 2.0, "recipe": QUICK}
    by_name = vitrify.make_glass("kob_andersen_2d()", density=1.2, **asked)
    by_form = vitrify.make_glass(str(catalogue.kob_andersen_2d()), density=1.2, **asked)
    assert by_name.dimension == 2
    np.testing.assert_array_equal(by_name.positions, by_form.positions)
    assert vitrify.make_glass("bipl()", density=0.86, dimension=2, **asked).dimension == 2
    flat = [x for x in vitrify.models.GLASS_FORMERS if usual_dimension(vitrify.models.named(x)) == 2]
    assert flat == ["kob_andersen_2d", "polydisperse_ipl_2d"]


@pytest.mark.parametrize(("wrong", "word"), [
    ({"dimension": 4}, "dimension is 4, must be 2 or 3"),
    ({"dimension": "2"}, "dimension is '2', must be 2 or 3"),
    ({"dimension": True}, "dimension is True, must be 2 or 3"),
    ({"dimension": 2, "density": 30.0}, "less than twice the cutoff"),
])  # fmt: skip
def test_what_cannot_be_made_gets_one_sentence(wrong, word):
    size = {"n_particles": 100, "density": 0.75, "parent_temperature": 3.0}
    for make in (vitrify.make_glass, lambda x, **y: prepare_glass(parse(x), rng=np.random.default_rng(0), **y)):
        with pytest.raises(UsageError, match=word) as caught:
            make("pss(rc=1.2)", **(size | wrong))
        assert "\n" not in str(caught.value)


def test_the_least_number_that_is_named_fits():
    with pytest.raises(UsageError, match="take at least") as caught:
        catalogue.pss().box_for(10, 1.0, 2)
    least = int(str(caught.value).split("at least ")[1].split()[0])
    assert catalogue.pss().box_for(least, 1.0, 2) >= 2 * catalogue.pss().cutoff
    assert least < 20  # 38 in space


SIMULATE = """
import numpy as np
from vitrify import batch
from vitrify.backends import backend, machine
from vitrify.leading import Lead
from vitrify.models.catalogue import parse
from vitrify.preparation import start
from vitrify.preparation.liquid import advance, set_velocities
from vitrify.preparation.quench import quench
from vitrify.preparation.samples import Samples

batch.lead_of = lambda *_: Lead.LIQUID  # in double, as on a GPU

def made(on):
    rngs = [np.random.default_rng(s) for s in (1, 2)]
    samples = Samples(start.random_batch(parse("pss(rc=1.2)"), n_particles=30, density=0.8, rngs=rngs, dimension=2), on)
    start.push_off(samples)
    set_velocities(samples, 2.0, rngs)
    heat = advance(samples, steps=8, time_step=0.003, temperature=2.0)
    quench(samples, minimiser="cg", force_tolerance=1e-6)
    samples.place.download()
    return samples.batch, heat

with np.errstate(all="ignore"):  # integers wrap, padding divides by zero: both are meant
    (here, heat), (there, other) = made(backend()), made(machine("cuda"))
for s in (0, 1):
    np.testing.assert_allclose(heat[s], other[s], rtol=1e-9)
    assert here.positions(s).shape == there.positions(s).shape == (30, 2)
    apart = here.cells[s].nearest(here.positions(s) - there.positions(s))
    assert np.abs(apart).max() < 1e-4, np.abs(apart).max()
print("same")
"""


@pytest.mark.slow
def test_a_flat_glass_on_a_simulated_gpu():
    assert_same(SIMULATE)
