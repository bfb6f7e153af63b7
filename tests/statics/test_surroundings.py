"""An energy beyond pairs, Stillinger and Weber's, against its triplets in JAX, LAMMPS, matscipy and published constants."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lammps_runs import energy_and_forces, lammps
from vitrify import Glass, Mixture, make_glass, measure, models
from vitrify.batch import glass_batch
from vitrify.errors import SampleFailure, UsageError
from vitrify.observables import elasticity, mechanics
from vitrify.preparation import liquid as liquids
from vitrify.preparation.samples import Samples
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import cubic_force, hessian_force, quartic_force
from vitrify.statics.elastic_tensor import tensor_response
from vitrify.statics.mode_energy import strain_coupling
from vitrify.statics.quasilocalised import softest_mode
from vitrify.statics.stability import probe, stability
from vitrify.statics.strain import BULK, SHEAR_XY, strain_force

MODEL = models.named("stillinger_weber")
SILICON_DENSITY = 8 / (5.431 / 2.0951) ** 3
GPA = 2.1683 * 160.21766 / 2.0951**3  # ε/λ³ of silicon


@pytest.fixture(scope="module")
def silicon():
    """A small amorphous silicon."""
    return make_glass(MODEL, n_particles=64, density=SILICON_DENSITY, parent_temperature=0.15, seed=1)


def energy_of(pairs, numbers):
    """U of displacements (n, 3) and a displacement gradient, from explicit pairs and triplets, (their Eqs. 2.3 and 2.5)."""
    A, B, a, gamma, strength, cos0 = numbers
    triplets = [
        (p, q)
        for i in range(pairs.n_particles)
        for p in range(pairs.start[i], pairs.start[i + 1])
        for q in range(p + 1, pairs.start[i + 1])
    ]
    first, second = np.array(triplets).T

    def energy(x, gradient):
        r = (jnp.asarray(pairs.r_pd) @ (jnp.eye(3) + gradient).T) + x[pairs.target] - x[pairs.source]
        length = jnp.sqrt(jnp.sum(r * r, axis=1))
        e, unit = jnp.exp(gamma / (length - a)), r / length[:, None]
        angles = jnp.sum(e[first] * e[second] * (jnp.sum(unit[first] * unit[second], axis=1) - cos0) ** 2)
        return 0.5 * jnp.sum(A * (B / length**4 - 1.0) * jnp.exp(1.0 / (length - a))) + strength * angles

    return jax.jit(energy)


def derivatives_along(energy, z):
    """∂U/∂x, M·z, U''':zz and U''''⋮zzz."""
    force = jax.grad(lambda x: energy(x, jnp.zeros((3, 3))))
    along = [lambda t: force(t * z)]
    for _ in range(3):
        along.append(jax.jacfwd(along[-1]))
    return [np.array(jax.jit(x)(0.0)) for x in along]


def close(found, expected, rtol=1e-11):
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=rtol * np.abs(expected).max())


@pytest.fixture(scope="module", params=["glass", "few images", "other numbers"])
def surroundings(request, silicon):
    """Pairs of the glass at rest, of a cell so small that particles meet images of themselves, of a hotter configuration."""
    rng = np.random.default_rng(5)
    if request.param == "glass":
        return Pairs.of(silicon)
    if request.param == "few images":
        positions = diamond(1, 5.431 / 2.0951).positions + 0.05 * rng.normal(size=(8, 3))
        return Pairs.of(Glass(positions, 5.431 / 2.0951, np.zeros(8), MODEL))
    other = models.named("stillinger_weber", strength=9.0, a=1.7, gamma=0.9, cos0=0.1, A=3.0, B=0.5)
    moved = silicon.positions + 0.05 * rng.normal(size=silicon.positions.shape)
    return Pairs.of(Glass(moved, silicon.box, silicon.species, other))


def numbers_of(pairs):
    return pairs.surroundings.numbers


def test_all_orders_against_automatic_differentiation(surroundings):
    pairs = surroundings
    z = np.random.default_rng(0).normal(size=(pairs.n_particles, 3))
    energy = energy_of(pairs, numbers_of(pairs))
    rest, first, second, third = derivatives_along(energy, z)
    assert pairs.energy == pytest.approx(float(energy(0.0 * z, jnp.zeros((3, 3)))), rel=1e-12)
    np.testing.assert_allclose(pairs.energies.sum(), pairs.energy, rtol=1e-12)
    np.testing.assert_allclose(-pairs.forces(), rest, atol=1e-11)
    close(hessian_force(pairs, z), first)
    close(cubic_force(pairs, z), second)
    close(quartic_force(pairs, z), third)


def test_the_matrix_and_its_products(surroundings):
    pairs, n = surroundings, surroundings.n_particles
    energy = energy_of(pairs, numbers_of(pairs))
    dense = np.array(jax.hessian(lambda x: energy(x.reshape(n, 3), jnp.zeros((3, 3))))(jnp.zeros(3 * n)))
    hessian = Hessian(pairs)
    matrix = hessian.matrix().toarray()
    close(matrix, dense)
    np.testing.assert_array_equal(matrix, matrix.T)
    x = np.random.default_rng(2).normal(size=(1, n, 3))
    y = hessian.alone.put([0.0 * x])
    hessian.alone.multiply(hessian.alone.put([x]), y)
    close(hessian.alone.get(y, 1)[0].ravel(), dense @ x.ravel())
    close(hessian.diagonal, np.array([dense[3 * i : 3 * i + 3, 3 * i : 3 * i + 3] for i in range(n)]))


@pytest.mark.parametrize("strain", [SHEAR_XY, BULK], ids=["shear", "bulk"])
def test_strains(surroundings, strain):
    """Ξ, ∂U/∂γ and the Born part: particles are displaced after the strain."""
    pairs, n = surroundings, surroundings.n_particles
    energy = energy_of(pairs, numbers_of(pairs))

    def of(x, gamma):
        return energy(x, gamma * strain)

    zero = jnp.zeros((n, 3))
    mixed = np.array(jax.jacfwd(lambda g: jax.grad(of)(zero, g))(0.0))
    close(strain_force(pairs, strain), mixed)
    scratch = Hessian(pairs).alone
    slope, born = scratch.strain(strain[None], scratch.put([np.zeros((1, n, 3))]))[0, :, 0]
    assert slope == pytest.approx(float(jax.grad(of, argnums=1)(zero, 0.0)), rel=1e-10, abs=1e-10)
    assert born == pytest.approx(float(jax.grad(jax.grad(of, argnums=1), argnums=1)(zero, 0.0)), rel=1e-10)
    stress = np.array(jax.grad(lambda e: energy(zero, e))(jnp.zeros((3, 3))))
    np.testing.assert_allclose(pairs.virial(), stress, atol=1e-10 * np.abs(stress).max())


def test_the_coupling_of_a_mode_to_strains(silicon):
    pairs, n = Pairs.of(silicon), silicon.n_particles
    energy = energy_of(pairs, numbers_of(pairs))
    mode = np.random.default_rng(3).normal(size=(n, 3))
    found = strain_coupling(pairs, mode)
    mixed = np.array(jax.jacfwd(lambda e: jax.grad(energy)(jnp.zeros((n, 3)), e))(jnp.zeros((3, 3))))
    tensor = np.einsum("idab,id->ab", mixed, mode)
    close(found, 0.5 * (tensor + tensor.T))


def test_moduli_are_those_of_the_dense_matrices(silicon):
    """K too, from −V dp/dV of the total energy along e^η."""
    pairs, n, zero = Pairs.of(silicon), silicon.n_particles, jnp.zeros((silicon.n_particles, 3))
    energy = energy_of(pairs, numbers_of(pairs))
    dense = np.array(jax.hessian(lambda x: energy(x.reshape(n, 3), jnp.zeros((3, 3))))(jnp.zeros(3 * n)))
    inverse = np.linalg.pinv(dense, rcond=1e-10, hermitian=True)

    def along(eta):
        return energy(zero, (jnp.exp(eta) - 1.0) * jnp.eye(3))

    mixed = np.array(jax.jacfwd(lambda e: jax.grad(energy)(zero, e))(jnp.zeros((3, 3)))).reshape(3 * n, 3, 3)
    born = float(jax.grad(jax.grad(lambda g: energy(zero, g * SHEAR_XY)))(0.0))
    found = elasticity(silicon)
    shear = (born - mixed[:, 0, 1] @ inverse @ mixed[:, 0, 1]) / silicon.volume
    assert found["shear_modulus"] == pytest.approx(shear, rel=1e-8)
    assert found["shear_modulus"] < 0.9 * born / silicon.volume  # the affine answer alone would fail
    first, second = float(jax.grad(along)(0.0)), float(jax.grad(jax.grad(along))(0.0))
    trace = np.einsum("kaa->k", mixed)
    assert found["bulk_modulus"] == pytest.approx(
        (second - 3 * first - trace @ inverse @ trace) / (9 * silicon.volume), rel=1e-8
    )
    assert found["is_minimum"]


def test_modes_and_quasilocalised_modes(silicon):
    """The stationary point of the barrier, by derivatives of JAX; the residual is that of the equation itself."""
    pairs, hessian = Pairs.of(silicon), Hessian(Pairs.of(silicon))
    energy = energy_of(pairs, numbers_of(pairs))
    for order, k in (("quartic", 3), ("cubic", 2)):
        mode = softest_mode(hessian, order)
        assert mode.converged
        of = derivatives_along(energy, mode.vector)
        linear, force = of[1], of[k]
        ratio = np.vdot(linear, mode.vector) / np.vdot(force, mode.vector)
        assert np.linalg.norm(linear - ratio * force) < 1e-8 * np.linalg.norm(linear)
        assert mode.stiffness == pytest.approx(float(np.vdot(linear, mode.vector)), rel=1e-9)
    assert stability(hessian, certified=False).is_minimum
    assert stability(hessian, certified=True).is_minimum
    assert hessian.solve(probe(pairs)[None]).converged.all()


# --- other programs, and published numbers --------------------------------------------------------------------------------


def diamond(times, edge):
    """times³ unit cells of diamond."""
    quarter = np.array([(0, 0, 0), (0, 2, 2), (2, 0, 2), (2, 2, 0), (1, 1, 1), (1, 3, 3), (3, 1, 3), (3, 3, 1)]) / 4.0
    cells = np.array(list(np.ndindex(times, times, times)), dtype=float)
    positions = edge * (cells[:, None] + quarter).reshape(-1, 3)
    return Glass(positions, times * edge, np.zeros(len(positions)), MODEL)


def test_diamond_silicon():
    """U/N = −2 ε at the published lattice constant, 5.431 Å, and elastic constants 151, 76, 56 GPa (Cowley, Phys. Rev. Lett.
    60, 2379 (1988); Balamane, Halicioglu and Tiller, Phys. Rev. B 46, 2250 (1992))."""
    crystal = diamond(3, 5.431 / 2.0951)
    pairs = Pairs.of(crystal)
    assert mechanics(crystal)["energy_per_particle"] == pytest.approx(-2.0, abs=1e-6)
    assert abs(mechanics(crystal)["pressure"]) * GPA < 0.02
    np.testing.assert_allclose(pairs.forces(), 0.0, atol=1e-12)
    found = tensor_response(Hessian(pairs), probe(pairs))
    constants = GPA * (found.born - found.nonaffine)
    assert constants[0, 0] == pytest.approx(151.4, abs=0.6)
    assert constants[0, 1] == pytest.approx(76.4, abs=0.6)
    assert constants[3, 3] == pytest.approx(56.4, abs=0.6)
    assert GPA * found.born[3, 3] > 100.0  # most of the softness is that of particles which follow


def silicon_file(path, model=MODEL):
    """LAMMPS' file of the same potential, in ε and λ."""
    A, B, a, gamma, strength, cos0 = model.potential.numbers()
    path.write_text(f"A A A 1.0 1.0 {a!r} {strength!r} {gamma!r} {cos0!r} {A!r} {B!r} 4.0 0.0 0.0\n")
    return path


def test_lammps_has_the_same_energy_forces_and_pressure(silicon, tmp_path):
    moved = silicon.positions + 0.05 * np.random.default_rng(1).normal(size=silicon.positions.shape)
    glass = Glass(moved, silicon.box, silicon.species, MODEL)
    glass.write(tmp_path / "silicon.data")
    file = silicon_file(tmp_path / "Si.sw")
    with lammps(f"read_data {tmp_path / 'silicon.data'}", "pair_style sw", f"pair_coeff * * {file} A") as engine:
        energy, forces = energy_and_forces(engine)
        pressure = engine.get_thermo("press")
    pairs = Pairs.of(glass)
    assert pairs.energy == pytest.approx(energy, rel=1e-12)
    np.testing.assert_allclose(pairs.forces(), forces, atol=1e-10 * np.abs(forces).max())
    assert mechanics(glass)["pressure"] == pytest.approx(pressure, rel=1e-10)


def test_matscipy_has_the_same_matrix(silicon):
    ase = pytest.importorskip("ase")
    manybody = pytest.importorskip("matscipy.calculators.manybody")
    forms = pytest.importorskip("matscipy.calculators.manybody.explicit_forms")
    A, B, a, gamma, strength, cos0 = MODEL.potential.numbers()
    atoms = ase.Atoms("Si64", silicon.positions, cell=[silicon.box] * 3, pbc=True)
    known = {
        "__ref__": "ours", "el": "Si", "epsilon": 1.0, "sigma": 1.0, "costheta0": -cos0, "A": A, "B": B, "p": 4, "q": 0, "a": a,
        "lambda1": strength, "gamma": gamma,
    }  # fmt: skip
    calculator = manybody.Manybody(**forms.StillingerWeber(known))
    theirs = calculator.get_hessian(atoms, format="sparse").toarray()
    atoms.calc = calculator
    pairs = Pairs.of(silicon)
    assert pairs.energy == pytest.approx(atoms.get_potential_energy(), rel=1e-9)
    close(Hessian(pairs).matrix().toarray(), theirs, rtol=1e-8)


# --- in motion ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tilted", [False, True])
def test_forces_in_motion_are_those_of_statics(silicon, tilted):
    from samples import forces

    box = silicon.box * np.array([(1.0, 0.0, 0.0), (0.1, 1.0, 0.0), (-0.05, 0.08, 1.0)]) if tilted else silicon.box
    positions = silicon.positions + 0.03 * np.random.default_rng(4).normal(size=silicon.positions.shape)
    glass = Glass(positions, box, silicon.species, MODEL)
    batch = glass_batch(glass)
    batch.rebuild(0)
    forces(batch)
    expected = Pairs.of(glass).forces()
    np.testing.assert_allclose(batch.force[:, :3], expected[batch.label], atol=1e-11 * np.abs(expected).max())


def total_energy(batch, step):
    pairs = Pairs.of(batch.glass(0))
    level = batch.velocity[:, :3] + 0.5 * step * pairs.forces()[batch.label]
    return pairs.energy + 0.5 * np.sum(level**2)


def drift(silicon, monkeypatch, steps):
    """The energy, level with positions, at eleven moments of a run without a thermostat, less the first."""
    monkeypatch.setattr(liquids, "COUPLING", 0.0)
    batch, step = glass_batch(silicon), 0.005
    samples = Samples(batch)
    liquids.set_velocities(samples, 0.05, [np.random.default_rng(1)])
    batch.rebuild(0)
    energies = []
    for _ in range(11):
        liquids.advance(samples, steps=steps // 10, time_step=step, temperature=0.05)
        energies.append(total_energy(batch, step))
    return np.array(energies) - energies[0]


def test_energy_is_kept(silicon, monkeypatch):
    assert np.abs(drift(silicon, monkeypatch, 10_000)).max() < 1e-4 * 1.5 * 64 * 0.05


@pytest.mark.slow
def test_energy_is_kept_over_a_million_steps(silicon, monkeypatch):
    assert np.abs(drift(silicon, monkeypatch, 1_000_000)).max() < 2e-4 * 1.5 * 64 * 0.05


# --- at the door ----------------------------------------------------------------------------------------------------------


def test_a_mixture_of_lengths_is_refused():
    with pytest.raises(UsageError, match="has an energy beyond pairs, but its mixture is"):
        models.named("stillinger_weber", mixture=Mixture())
    assert models.parse("mw_water()").potential.strength == 23.15
    assert models.parse(str(MODEL)) == MODEL
    with pytest.raises(UsageError, match="a is 0.5, must be above 1"):
        models.named("stillinger_weber", a=0.5)


def test_rattlers_cannot_be_left_out():
    """A free particle in a hole of a crystal."""
    crystal = diamond(3, 5.431 / 2.0951)
    missing = np.linalg.norm(crystal.positions - crystal.positions[100], axis=1) > 2.2
    positions = np.concatenate([crystal.positions[missing], crystal.positions[100:101]])
    glass = Glass(positions, crystal.box, np.zeros(len(positions)), MODEL)
    with pytest.raises(SampleFailure, match="are rattlers, which cannot be left out of an energy that is not one of pairs"):
        Pairs.of(glass).without_rattlers()


def test_measure_tells_all(silicon):
    found = measure(silicon)
    assert found.is_minimum
    assert found.energy_per_particle == pytest.approx(-1.85, abs=0.1)
    assert 3.8 < np.mean(np.bincount(Pairs.of(silicon).source[Pairs.of(silicon).distance < 1.25], minlength=64)) < 4.6
