"""Particles moved in cells that are no cubes: forces by a slow twin, the same minimum as in a cube, stress and energy of a
strained glass by its moduli, energy kept by a liquid."""

import numpy as np
import pytest

from cells import SHEARED, copies, in_cell
from samples import forces
from slow_twins import slow_sums
from vitrify.batch import Batch, glass_batch
from vitrify.errors import UsageError
from vitrify.leading import Lead
from vitrify.models.catalogue import parse
from vitrify.observables import elasticity, mechanics
from vitrify.preparation import Recipe, prepare_glass, quench_glass
from vitrify.preparation import liquid as liquids
from vitrify.preparation.liquid import equilibrate, set_velocities
from vitrify.preparation.places import OnDevice
from vitrify.preparation.quench import quench
from vitrify.preparation.samples import LISTS, Samples
from vitrify.statics import Pairs

TILTED = np.array([[0.02, 0.08, -0.05], [0.0, -0.01, 0.06], [0.0, 0.0, 0.015]])
STRETCHED = np.diag([0.05, -0.03, -0.02])
MINIMISERS = ("cg", "fire")


def pushed(glass, size, seed=5):
    return glass.with_positions(glass.positions + size * np.random.default_rng(seed).normal(size=glass.positions.shape))


def apart(glass, other):
    """Largest difference of two configurations in one cell, up to a translation."""
    moved = glass.cell.nearest(other.positions - glass.positions)
    return np.abs(moved - moved.mean(axis=0)).max()


@pytest.mark.parametrize("gradient", [TILTED, STRETCHED], ids=["triclinic", "orthogonal"])
@pytest.mark.parametrize("name", ["pss", "kob_andersen", "polydisperse"])
def test_forces_in_any_cell(made, name, gradient):
    times = (1, 1, 1) if name == "pss" else (2, 2, 2)  # one is below twice its range and the skin
    glass = pushed(copies(made(name), times), 0.05).strained(gradient)
    batch = glass_batch(glass)
    batch.rebuild(0)
    forces(batch)
    expected = slow_sums(glass)[1][batch.label]
    assert np.abs(expected).max() > 1.0
    np.testing.assert_allclose(batch.force[:, :3], expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("minimiser", MINIMISERS)
def test_a_quench_ends_in_the_minimum_that_it_ends_in_in_a_cube(pss_glass, minimiser):
    """The same particles in another cell of the same lattice of cells."""
    big = copies(pss_glass, (2, 2, 2))
    start = pushed(big, 0.005)
    back = quench_glass(in_cell(start, SHEARED), recipe=Recipe(minimiser=minimiser))
    assert not back.cell.is_orthogonal
    assert back.provenance["minimiser"] == minimiser
    home = in_cell(big, SHEARED)
    assert apart(home, back) < 1e-9
    assert apart(home, in_cell(start, SHEARED)) > 1e-3
    assert mechanics(back)["max_force"] < 2e-10
    assert mechanics(back)["energy_per_particle"] == pytest.approx(mechanics(big)["energy_per_particle"], rel=1e-13)


def stress(glass):
    """σ_ab = (1/V) Σ φ'/r r_a r_b over pairs."""
    pairs = Pairs.of(glass)
    return np.einsum("p,pa,pb->ab", pairs.terms[1], pairs.r_pd, pairs.r_pd) / pairs.volume


def energy(glass):
    return mechanics(glass)["energy_per_particle"] * glass.n_particles


@pytest.mark.parametrize("gradient", [TILTED, STRETCHED], ids=["triclinic", "orthogonal"])
def test_a_strained_glass_is_quenched_to_the_stress_and_energy_that_its_moduli_tell(pss_glass, gradient):
    """σ(γ) − σ(−γ) = 2Gγ; U(γ) + U(−γ) − 2U(0) = V Gγ²; U(γ) − U(−γ) = 2Vσγ, after the particles have moved."""
    glass, step = quench_glass(pss_glass.strained(gradient)), 5e-6  # at 2e-5 a soft mode bends σ(γ) by 2e-4 of it
    found = elasticity(glass)
    assert found["is_minimum"]
    shear = np.zeros((3, 3))
    for name, (a, b) in {"shear_modulus": (0, 1), "shear_modulus_xz": (0, 2), "shear_modulus_yz": (1, 2)}.items():
        shear[:] = 0.0
        shear[a, b] = step
        plus, minus = (quench_glass(glass.strained(sign * shear)) for sign in (1, -1))
        assert mechanics(plus)["max_force"] < 2e-10
        moduli = (stress(plus)[a, b] - stress(minus)[a, b]) / (2 * step)
        assert moduli == pytest.approx(found[name], rel=1e-4)
        work = (energy(plus) - energy(minus)) / (2 * step * glass.volume)
        assert work == pytest.approx(stress(glass)[a, b], rel=1e-4, abs=1e-6)
    affine = stress(glass.strained(shear))[1, 2] - stress(glass.strained(-shear))[1, 2]
    assert affine / (2 * step) > 1.2 * found["shear_modulus_yz"]  # which no quench would leave


def test_the_second_difference_of_the_energy_is_the_modulus(pss_glass):
    glass, step = quench_glass(pss_glass.strained(TILTED)), 2e-4
    shear = np.array([[0.0, step, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    plus, minus = (energy(quench_glass(glass.strained(sign * shear))) for sign in (1, -1))
    second = (plus + minus - 2.0 * energy(glass)) / (glass.volume * step**2)
    assert second == pytest.approx(elasticity(glass)["shear_modulus"], rel=1e-2)  # U to 1e-13 of U, and γ² is 4e-8


def tilted_liquid(glass, gradient, temperature=3.0):
    batch = glass_batch(pushed(glass, 0.05).strained(gradient))
    samples = Samples(batch)
    return batch, samples, equilibrate(samples, temperature=temperature, melt_msd=1.0, rngs=[np.random.default_rng(2)])[0]


@pytest.mark.parametrize("gradient", [TILTED, STRETCHED], ids=["triclinic", "orthogonal"])
def test_a_liquid_in_any_cell_keeps_its_energy_without_a_thermostat(pss_glass, monkeypatch, gradient):
    """And is in equipartition; of second order: about a quarter of the scatter at half the time step."""
    spread = []
    for step in (0.004, 0.002):
        batch, samples, run = tilted_liquid(pss_glass, gradient)
        assert run.temperature == pytest.approx(3.0, rel=0.05)
        assert run.msd_over_a0_squared >= 1.0
        with monkeypatch.context() as patch:
            patch.setattr(liquids, "COUPLING", 0.0)
            energies = []
            for _ in range(20):
                liquids.advance(samples, steps=round(0.02 / step), time_step=step, temperature=3.0)
                pairs = Pairs.of(batch.glass(0))
                level = batch.velocity[:, :3] + 0.5 * step * pairs.forces()[batch.label]
                energies.append(0.5 * pairs.terms[0].sum() + 0.5 * np.sum(level**2))
        spread.append(np.std(energies))
        np.testing.assert_allclose(batch.velocity.sum(axis=0), 0.0, atol=1e-9)
    assert spread[1] < 0.5 * spread[0]
    assert spread[1] < 1e-3 * 1.5 * pss_glass.n_particles * 3.0


def test_a_particle_moves_by_what_it_is_told_in_any_cell(pss_glass):
    """x ← x + Δt v, read back by the cell itself, over boundaries too."""
    batch = glass_batch(pss_glass.strained(TILTED))
    samples = Samples(batch)
    set_velocities(samples, 1.0, [np.random.default_rng(1)])
    samples.place.done(LISTS, [0])
    before, velocity, step = batch.positions(0), batch.velocity[np.argsort(batch.label), :3].copy(), 1e-3
    force = np.asarray(Pairs.of(batch.glass(0)).forces())
    liquids.advance(samples, steps=1, time_step=step, temperature=1.0)
    moved = batch.cells[0].nearest(batch.positions(0) - before)
    np.testing.assert_allclose(moved, step * (velocity + step * force), rtol=0, atol=1e-12)  # at its temperature already


def test_what_leads_in_other_cells_is_double(pss_glass):
    assert glass_batch(pss_glass).lead.is_single
    assert glass_batch(pss_glass.strained(TILTED)).lead is Lead.LIQUID


def test_a_rhombus_is_quenched_like_a_square():
    size = {"n_particles": 200, "density": 0.75, "parent_temperature": 3.0, "dimension": 2}
    glass = prepare_glass(parse("pss(rc=1.2)"), **size, rng=np.random.default_rng(4), recipe=Recipe(melt_msd=2.0))
    rhombic = np.array([[1, 0], [1, 1]])
    back = quench_glass(in_cell(pushed(glass, 0.005), rhombic))
    assert back.dimension == 2
    assert apart(in_cell(glass, rhombic), back) < 1e-9
    tilted = quench_glass(glass.strained(np.array([[0.0, 0.05], [0.0, 0.0]])))
    assert elasticity(tilted)["is_minimum"]
    assert mechanics(tilted)["max_force"] < 2e-10


def test_a_gpu_refuses_in_one_sentence(pss_glass):
    batch = glass_batch(pss_glass.strained(TILTED))
    with pytest.raises(UsageError, match=r"must be a cube or a square for its particles to be moved on a GPU$"):
        OnDevice(batch, None)


def test_cubes_beside_other_cells_come_to_the_same_minima(pss_glass):
    glasses = [pushed(x, 0.01) for x in (pss_glass, pss_glass.strained(TILTED))]
    batch = Batch(pss_glass.model, [x.box for x in glasses], [x.positions for x in glasses], [x.species for x in glasses])
    samples = Samples(batch)
    found = quench(samples, minimiser="cg", force_tolerance=1e-10)
    assert not samples.failed
    assert len(found) == 2
    for s, glass in enumerate(glasses):
        assert apart(quench_glass(glass), batch.glass(s)) < 1e-8
