"""Metals in the second-moment approximation: published crystals by sums of their shells, JAX on the closed formula, finite
strain.

Nothing here is taken from the package but what is tested: the formula is written again, in NumPy's arrays or JAX's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crystals
import vitrify
from vitrify import Glass, Mixture, models
from vitrify.cell import Cell
from vitrify.errors import UsageError
from vitrify.observables import elastic_constants, mechanics
from vitrify.preparation.liquid import time_step
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import cubic_force, hessian_force, quartic_force
from vitrify.statics.quasilocalised import softest_mode

GPA = 160.21766  # eV/Å³
COPPER = (0.0855, 1.224, 10.960, 2.278, 2.556)  # A, ξ, p, q, r0 of Cleri and Rosato
ZIRCONIUM = (0.1934, 2.2792, 8.250, 2.249, 3.232)  # r0 is ours: a of the hexagonal crystal
FIFTH = 2.3  # r0: between the fifth shell of neighbours, √5, and the sixth, √6
PUBLISHED = {"inner": 2.25, "outer": 2.44}  # a switch between these
ALLOY = Mixture.parse("[0.5:0.5; lengths 1,1,1; labels Cu,Zr]")


def law(i, j, potential):
    """A, ξ, p, q, r0 of two species, by the rule for unlike ones where nothing else is said."""
    kinds = [
        np.array([potential.A, potential.xi, potential.p, potential.q, potential.r0]),
        np.array([potential.A_2, potential.xi_2, potential.p_2, potential.q_2, potential.r0_2]),
    ]
    if i == j:
        return kinds[i]
    means = [*np.sqrt(kinds[0][:2] * kinds[1][:2]), *(0.5 * (kinds[0] + kinds[1])[2:])]
    own = [potential.A_12, potential.xi_12, potential.p_12, potential.q_12, potential.r0_12]
    return [x or mean for x, mean in zip(own, means, strict=True)]


def switch(t, inner, outer):
    """The integral of x⁴ (1 − x)⁴ from where it ends, over all of it."""
    x = jnp.clip((outer - t) / (outer - inner), 0.0, 1.0)
    return 630.0 * (x**5 / 5 - 4 * x**6 / 6 + 6 * x**7 / 7 - 4 * x**8 / 8 + x**9 / 9)


def energy_function(glass):
    """U(positions, gradient) of a glass by all bonds to images within the cutoff."""
    potential, species, cell = glass.model.potential, glass.species, np.asarray(glass.cell.matrix)
    n, d = glass.positions.shape
    times = np.ceil((potential.cutoff + 0.5) / glass.cell.heights).astype(int)
    found = []
    for k in np.ndindex(*(2 * times + 1)):
        shift = (np.array(k) - times) @ cell
        r = np.linalg.norm(glass.positions[None] - glass.positions[:, None] + shift, axis=2)
        i, j = np.nonzero((r < potential.cutoff + 0.5) & (r > 1e-9))
        found.append((i, j, np.tile(shift, (len(i), 1))))
    i, j, shift = (np.concatenate(x) for x in zip(*found, strict=True))
    laws = np.array([[law(a, b, potential) for b in range(2)] for a in range(2)]) if potential.A_2 else [[COPPER]]
    A, xi, p, q, r0 = np.asarray(laws)[species[i], species[j]].T

    def energy(positions, gradient):
        vector = (positions[j] - positions[i] + shift) @ (jnp.eye(d) + gradient).T
        t = jnp.sqrt(jnp.sum(vector**2, axis=1)) / r0
        w = switch(t, potential.inner, potential.outer)
        hopping = jnp.zeros(n).at[i].add(xi**2 * jnp.exp(-2.0 * q * (t - 1.0)) * w)
        return jnp.sum(A * jnp.exp(-p * (t - 1.0)) * w) - jnp.sum(jnp.sqrt(hopping))

    return energy


def scaled(found, expected, tolerance=1e-8):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


# --- the published crystals -----------------------------------------------------------------------------------------------


def neighbours(kind, ratio=1.633):
    """Vectors to all neighbours in five shells and more, in units of the distance of the nearest; (n, 3)."""
    k = np.stack(np.meshgrid(*[np.arange(-6, 7)] * 3, indexing="ij"), -1).reshape(-1, 3)
    if kind == "fcc":
        found = k @ (np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / np.sqrt(2.0))
    else:
        plane = k @ np.array([[1.0, 0.0, 0.0], [0.5, np.sqrt(3.0) / 2.0, 0.0], [0.0, 0.0, ratio]])
        found = np.concatenate([plane, plane + np.array([0.5, np.sqrt(3.0) / 6.0, ratio / 2.0])])
    r = np.linalg.norm(found, axis=1)
    return found[(r > 0.1) & (r < 4.0)]


def shells(vectors, numbers, end=FIFTH):
    """Energy of an atom with such neighbours, its slope by a stretch of all, and the two parts of the slope that cancel at
    rest: A p Σ t e and ξ q Σ t e / √Σ e."""
    A, xi, p, q, r0 = numbers
    t = np.linalg.norm(vectors, axis=1) / r0
    t = t[t < end]
    repulsion, hopping = A * np.exp(-p * (t - 1)), xi**2 * np.exp(-2 * q * (t - 1))
    push, pull = np.sum(p * t * repulsion), np.sum(q * t * hopping) / np.sqrt(hopping.sum())
    return repulsion.sum() - np.sqrt(hopping.sum()), pull - push, (push, pull)


def test_the_numbers_of_copper_are_the_published_ones():
    """a = 3.615 Å and −3.544 eV: in the crystal at rest, where A p Σ t e = ξ q Σ t e/√Σ e. Each of the four numbers would
    move one of these if it were another by a hundredth."""
    crystal = neighbours("fcc") * 3.615 / np.sqrt(2.0)
    energy, _, (push, pull) = shells(crystal, COPPER)
    assert energy == pytest.approx(-3.544, abs=1e-3)
    assert push == pytest.approx(pull, rel=2e-3)
    for k in range(4):
        other = np.array(COPPER)
        other[k] *= 1.01
        changed, _, (push, pull) = shells(crystal, other)
        assert abs(changed + 3.544) > 5e-3 or abs(push / pull - 1.0) > 5e-3


def test_the_numbers_of_zirconium_are_the_published_ones():
    """−6.167 eV, and a = 3.232 Å to 2 in a thousand with r0 = a, in the hexagonal crystal with c/a = 5.147/3.232."""
    crystal = neighbours("hcp", 5.147 / 3.232)
    edges = np.linspace(3.20, 3.26, 6001)
    energies = np.array([shells(a * crystal, ZIRCONIUM)[0] for a in edges])
    assert energies.min() == pytest.approx(-6.167, abs=1e-3)
    assert edges[energies.argmin()] == pytest.approx(3.232, rel=2e-3)


def copper(edge=3.615, times=4, **options):
    return crystals.fcc(models.second_moment(**options), edge, times)


@pytest.mark.parametrize(("options", "within"), [(PUBLISHED, 0.01), ({}, 0.05)], ids=["five shells", "as it comes"])
def test_elastic_constants_of_copper(options, within):
    """C11, C12 and C44 are those of finite strain of the formula to 1e-8, and the published 176, 125 and 82 GPa, to which
    Cleri and Rosato fitted: to a hundredth where the switch leaves five shells as they are."""
    vectors, potential = neighbours("fcc"), models.second_moment(**options).potential
    A, xi, p, q, r0 = COPPER

    def energy(strain, edge):
        t = jnp.linalg.norm(edge / np.sqrt(2.0) * vectors @ (jnp.eye(3) + strain).T, axis=1) / r0
        w = switch(t, potential.inner, potential.outer)
        hopping = jnp.sum(w * xi**2 * jnp.exp(-2 * q * (t - 1)))
        return jnp.sum(w * A * jnp.exp(-p * (t - 1))) - jnp.sqrt(hopping)

    zero, edge = jnp.zeros((3, 3)), 3.615
    slope = jax.jit(jax.grad(lambda a: energy(zero, a)))
    for _ in range(6):
        edge -= float(slope(edge) / jax.grad(slope)(edge))
    stress, h, volume = jax.jit(jax.grad(energy)), 1e-4, edge**3 / 4

    def change(strain):
        """Five-point differences of the stress: truncation is h⁴."""
        steps = [np.array(stress(k * h * strain, edge)) for k in (-2, -1, 1, 2)]
        return (steps[0] - 8 * steps[1] + 8 * steps[2] - steps[3]) / (12 * h * volume)

    pull, shear = np.zeros((3, 3)), np.zeros((3, 3))
    pull[0, 0] = 1.0
    shear[0, 1] = shear[1, 0] = 0.5
    expected = np.array([change(pull)[0, 0], change(pull)[1, 1], change(shear)[0, 1]])
    crystal = copper(edge, **options)
    found = elastic_constants(crystal).birch
    at_rest = mechanics(crystal)
    assert at_rest["energy_per_particle"] == pytest.approx(float(energy(zero, edge)), rel=1e-12)
    assert abs(at_rest["pressure"]) * GPA < 1e-8
    np.testing.assert_allclose([found[0, 0], found[0, 1], found[3, 3]], expected, rtol=1e-8)
    np.testing.assert_allclose(GPA * expected, [176.0, 125.0, 82.0], rtol=within)
    assert edge == pytest.approx(3.615, rel=1e-3)
    assert at_rest["energy_per_particle"] == pytest.approx(-3.544, rel=1e-3 if options else 1e-2)


# --- derivatives --------------------------------------------------------------------------------------------------------


def shaken(**options):
    """A disordered alloy so dense in distances that bonds stand within the switch too."""
    model = models.cu_zr() if not options else models.second_moment(mixture=ALLOY, **options)
    return crystals.shaken(model, edge=4.2, times=2, by=0.2)


OTHER = {
    "A": 0.1, "xi": 1.3, "p": 10.0, "q": 2.5, "r0": 2.6, "A_2": 0.15, "xi_2": 1.6, "p_2": 9.0, "q_2": 2.0, "r0_2": 2.9,
    "A_12": 0.12, "xi_12": 1.5, "p_12": 9.7, "q_12": 2.3, "r0_12": 2.7, "inner": 1.5, "outer": 2.0,
}  # fmt: skip


def test_all_numbers_can_be_given():
    """Energy and forces; all else follows from the same function."""
    glass = shaken(**OTHER)
    energy, pairs = energy_function(glass), Pairs.of(glass)
    x, zero = jnp.array(glass.positions), jnp.zeros((3, 3))
    assert pairs.energy == pytest.approx(float(energy(x, zero)), rel=1e-12)
    scaled(pairs.forces(), -np.array(jax.jit(jax.grad(energy))(x, zero)))


def test_all_derivatives_are_those_of_jax():
    """Energy, forces, M z, U''':zz, U'''':zzz, M, the virial, Ξ and the Born part."""
    glass = shaken()
    energy = energy_function(glass)
    n, rng = glass.n_particles, np.random.default_rng(1)
    x, zero = jnp.array(glass.positions), jnp.zeros((3, 3))
    z = rng.normal(size=(n, 3))
    z /= np.linalg.norm(z)
    pairs = Pairs.of(glass)
    assert pairs.energy == pytest.approx(float(energy(x, zero)), rel=1e-12)
    np.testing.assert_allclose(pairs.energies.sum(), pairs.energy, rtol=1e-12)
    gradient = jax.jit(jax.grad(energy))
    scaled(pairs.forces(), -np.array(gradient(x, zero)))
    along = [lambda t: gradient(x + t * z, zero)]
    for _ in range(3):
        along.append(jax.jacfwd(along[-1]))
    for found, expected in zip((hessian_force, cubic_force, quartic_force), along[1:], strict=True):
        scaled(found(pairs, z), jax.jit(expected)(0.0))
    matrix = np.array(jax.jit(jax.hessian(lambda flat: energy(flat.reshape(n, 3), zero)))(x.ravel()))
    scaled(Hessian(pairs).matrix().toarray(), matrix)
    stress = np.array(jax.jit(jax.grad(energy, argnums=1))(x, zero))
    scaled(pairs.virial(), 0.5 * (stress + stress.T))
    shear = jnp.zeros((3, 3)).at[0, 1].set(1.0)
    xi, slope, born = pairs.surroundings.under(np.array(shear))
    mixed = np.array(
        jax.jit(jax.jacfwd(lambda g: gradient(x, g * shear)))(0.0)
    )  # by places before the strain, which turns forces too
    scaled(xi, mixed + pairs.forces() @ np.array(shear))
    under = jax.grad(lambda g: energy(x, g * shear))
    assert slope == pytest.approx(float(jax.jit(under)(0.0)), rel=1e-8)
    assert born == pytest.approx(float(jax.jit(jax.grad(under))(0.0)), rel=1e-8)


@pytest.mark.parametrize("flat", [False, True], ids=["triclinic", "two dimensions"])
def test_other_cells(flat):
    rng = np.random.default_rng(3)
    if flat:
        cell, d = Cell(np.diag([17.0, 18.0])), 2
    else:
        cell, d = Cell([(16.0, 0.0, 0.0), (2.0, 17.0, 0.0), (-1.0, 1.5, 16.5)]), 3
    grid = np.stack(np.meshgrid(*[np.arange(6)] * d, indexing="ij"), -1).reshape(-1, d) / 6.0
    positions = grid @ np.asarray(cell.matrix) + rng.normal(scale=0.1, size=(len(grid), d))
    glass = Glass(positions, cell, np.arange(len(grid)) % 2, models.cu_zr())
    energy, pairs = energy_function(glass), Pairs.of(glass)
    x, zero = jnp.array(glass.positions), jnp.zeros((d, d))
    assert pairs.energy == pytest.approx(float(energy(x, zero)), rel=1e-12)
    scaled(pairs.forces()[:, :d], -np.array(jax.grad(energy)(x, zero)))
    if flat:
        n = len(grid)
        matrix = np.array(jax.jit(jax.hessian(lambda y: energy(y.reshape(n, d), zero)))(x.ravel()))
        scaled(Hessian(pairs).matrix().toarray(), matrix)


def test_an_atom_alone_has_no_energy_and_no_force():
    """√ has no slope at nothing."""
    positions = np.array([(1.0, 1.0, 1.0), (10.0, 10.0, 10.0), (12.6, 10.0, 10.0)])
    pairs = Pairs.of(Glass(positions, 18.0, np.zeros(3), models.second_moment()))
    A, xi, p, q, r0 = COPPER
    two = 2 * A * np.exp(-p * (2.6 / r0 - 1)) - 2 * xi * np.exp(-q * (2.6 / r0 - 1))
    assert pairs.energy == pytest.approx(two, rel=1e-12)
    np.testing.assert_array_equal(pairs.forces()[0], 0.0)
    assert np.isfinite(quartic_force(pairs, np.ones((3, 3)) + np.eye(3))).all()


# --- at the door, and a glass -----------------------------------------------------------------------------------------------


def test_names_and_numbers():
    assert str(models.second_moment()) == "second_moment(A=0.0855, xi=1.224, p=10.96, q=2.278, r0=2.556) [1; lengths 1]"
    full = models.second_moment(mixture=ALLOY, **OTHER)
    assert models.parse(str(full)) == full
    assert models.cu_zr().mixture.labels == ("Cu", "Zr")
    first, _, second = models.cu_zr().potential.pairs
    assert (tuple(first), tuple(second)) == (COPPER, ZIRCONIUM)
    with pytest.raises(UsageError, match="has numbers of at most 2 species, but its mixture has 3"):
        models.second_moment(mixture=Mixture(composition=(0.4, 0.4, 0.2), lengths=np.ones((3, 3))))
    with pytest.raises(UsageError, match="p is 2.0, must be above q, which is 2.278"):
        models.second_moment(p=2.0)
    with pytest.raises(UsageError, match="xi_2 is -1.0, must be positive, up to 1000, or 0"):
        models.second_moment(xi_2=-1)
    with pytest.raises(UsageError, match="outer is 1.5, must be above inner"):
        models.second_moment(outer=1.5)


def test_a_time_step_resolves_the_stiffest_contact():
    """0.25/√φ'' with φ of copper's dimer in the surroundings of its crystal, where that is 4 k_B T; and no other by the
    second species, which is softer."""
    A, xi, p, q, r0 = COPPER
    t = np.linalg.norm(neighbours("fcc"), axis=1)
    rho = xi**2 * np.sum(np.exp(-2 * q * (t - 1)) * np.asarray(switch(t, 1.732, 2.236)))
    r = np.linspace(1.0, 2.4, 200_001)
    repulsion, hopping = 2 * A * np.exp(-p * (r / r0 - 1)), xi**2 * np.exp(-2 * q * (r / r0 - 1)) / np.sqrt(rho)
    closest = np.argmin(np.abs(repulsion - hopping - 4 * 0.2))
    curvature = (p / r0) ** 2 * repulsion[closest] - (2 * q / r0) ** 2 * hopping[closest]
    assert time_step(models.second_moment(), 0.2) == pytest.approx(0.25 / np.sqrt(curvature), rel=0.02)
    assert time_step(models.cu_zr(), 0.2) == pytest.approx(time_step(models.second_moment(), 0.2), rel=0.2)


@pytest.mark.slow  # its kernels are those of no other test
def test_a_small_metallic_glass_is_made_and_measured():
    """From a random start to a quasilocalised mode: at rest and its modes by the closed formula; unlike atoms mix."""
    glass = vitrify.make_glass("cu_zr()", n_particles=200, density=0.056, parent_temperature=0.2, seed=1)
    energy = energy_function(glass)
    x, zero = jnp.array(glass.positions), jnp.zeros((3, 3))
    pairs, force = Pairs.of(glass), np.array(jax.jit(jax.grad(energy))(x, zero))
    assert np.abs(force).max() < 1e-7
    found = vitrify.measure(glass)
    assert found.is_minimum
    assert found.energy_per_particle == pytest.approx(float(energy(x, zero)) / 200, rel=1e-10)
    assert found.shear_modulus > 0.0
    assert abs(found.pressure) < 0.03 * found.bulk_modulus
    near = pairs.distance < 3.8
    unlike = np.mean(glass.species[pairs.source[near]] != glass.species[pairs.target[near]])
    assert unlike > 0.5  # of a mixture at random, or of two metals apart, no more
    soft = softest_mode(Hessian(pairs))
    assert soft.converged
    z = jnp.array(soft.vector)
    along = [lambda t: jax.grad(energy)(x + t * z, zero)]
    for _ in range(3):
        along.append(jax.jacfwd(along[-1]))
    linear, cubed = (np.array(jax.jit(along[k])(0.0)) for k in (1, 3))
    ratio = np.vdot(linear, z) / np.vdot(cubed, z)
    assert np.linalg.norm(linear - ratio * cubed) < 1e-7 * np.linalg.norm(linear)
