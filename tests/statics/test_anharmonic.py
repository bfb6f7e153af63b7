"""U''', U'''', the four-term split, strain coupling and nonlinear modes against automatic differentiation of the paper's energy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from samples import energy_function, pair_scales
from vitrify.observables import quasilocalised_mode
from vitrify.statics import Hessian, Pairs
from vitrify.statics.anharmonic import cubic_force, forces, hessian_force, quartic_force
from vitrify.statics.mode_energy import dilation_over_shear, energy_split, strain_coupling
from vitrify.statics.modes import lowest_modes
from vitrify.statics.quasilocalised import iterate, softest_mode

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def along(glass, order):
    """z ↦ d^order/dt^order U(x + t z) at t = 0."""
    energy, x, zero = energy_function(glass), jnp.array(glass.positions), jnp.zeros((3, 3))

    def derivative(z):
        def of(t):
            return energy(x + t * z, zero)

        for _ in range(order):
            of = jax.grad(of)
        return of(0.0)

    return derivative


KINDS = ("quartic", "cubic", "pseudo-harmonic", "participation")


def form_of(glass, kind):
    """z ↦ U''':zzz, U''''::zzzz, Σ_<ij> (z_ij·z_ij)² or Σ_i (z_i·z_i)², and its degree. Pairs are all that interact."""
    if kind in ("cubic", "quartic"):
        degree = {"cubic": 3, "quartic": 4}[kind]
        return along(glass, degree), degree
    if kind == "participation":
        return lambda z: jnp.sum(jnp.sum(z**2, axis=1) ** 2), 4
    i, j = np.triu_indices(glass.n_particles, 1)
    r = np.linalg.norm(glass.cell.nearest(glass.positions[j] - glass.positions[i]), axis=1)
    lam, _ = pair_scales(glass.model.mixture, glass.species, glass.sizes, i, j)
    near = r < glass.model.potential.cutoff * lam
    return lambda z: jnp.sum(jnp.sum((z[j[near]] - z[i[near]]) ** 2, axis=1) ** 2), 4


def displacement(glass, seed=0):
    z = np.random.default_rng(seed).normal(size=(glass.n_particles, 3))
    z -= z.mean(axis=0)
    return z / np.linalg.norm(z)


@pytest.mark.parametrize(("order", "force"), [(2, hessian_force), (3, cubic_force), (4, quartic_force)])
def test_contractions(glass, order, force):
    z = displacement(glass)
    derivative = along(glass, order)
    found = force(Pairs.of(glass), z)
    scale = np.abs(found).max()
    np.testing.assert_allclose(found, np.array(jax.grad(derivative)(jnp.array(z))) / order, atol=1e-8 * scale)
    assert np.vdot(z, found) == pytest.approx(float(derivative(jnp.array(z))), abs=1e-8 * scale * np.sqrt(z.size))


@pytest.mark.parametrize("kind", KINDS)
def test_force_and_gradient_of_each_kind(pss_glass, kind):
    """F is the gradient of the form over its degree among displacements without translations, and M·z − κ/τ F that of the
    logarithm of the cost κ²/τ (κ³/τ² of cubic ones) but for a number over κ."""
    form, degree = form_of(pss_glass, kind)
    z, quadratic = displacement(pss_glass), along(pss_glass, 2)
    linear, force = (x[0] for x in forces(Pairs.of(pss_glass), z[None], kind))
    expected = np.array(jax.grad(form)(jnp.array(z))) / degree
    np.testing.assert_allclose(force, expected - expected.mean(axis=0), atol=1e-8 * np.abs(force).max())
    above, below = (3, 2) if kind == "cubic" else (2, 1)

    def cost(x):
        free = x - x.mean(axis=0)
        return above * jnp.log(quadratic(free)) - below * jnp.log(jnp.abs(form(free)))

    kappa, tau = np.vdot(z, linear), np.vdot(z, force)
    found = 2 * above / kappa * (linear - kappa / tau * force)
    np.testing.assert_allclose(found, np.array(jax.grad(cost)(jnp.array(z))), atol=1e-7 * np.abs(found).max())


def test_split_sums_to_the_eigenvalue(glass):
    hessian = Hessian(Pairs.of(glass))
    for mode, eigenvalue in zip(*(getattr(lowest_modes(hessian, 5), x) for x in ("vectors", "eigenvalues")), strict=True):
        split = energy_split(hessian.pairs, mode)
        assert sum(split.sums.values()) == pytest.approx(eigenvalue, rel=1e-12, abs=1e-12 * split.sums["k_plus"])
        assert split.sums["k_plus"] > 0 >= split.sums["k_minus"]
        assert split.sums["f_plus"] >= 0 >= split.sums["f_minus"]
        assert split.k_plus.shape == (glass.n_particles,)
        if "inverse_power" in glass.model.name or "hertzian" in glass.model.name:
            assert split.sums["k_minus"] == split.sums["f_plus"] == 0.0  # repulsive: by construction


def test_split_against_dense_parts(pss_glass):
    """Each term from dense matrices of pairs, Eq. (8)."""
    pairs, z = Pairs.of(pss_glass), displacement(pss_glass)
    expected = dict.fromkeys(["k_plus", "k_minus", "f_plus", "f_minus"], 0.0)
    potential, lengths = pss_glass.model.potential, np.array(pss_glass.model.mixture.lengths)
    from samples import phi

    def radial(r, lam):
        return phi(potential, r / lam)

    once = np.flatnonzero(pairs.source < pairs.target)
    species = pss_glass.species
    lam = lengths[species[pairs.source[once]], species[pairs.target[once]]]
    slopes, curvatures = (jax.vmap(f)(pairs.distance[once], lam) for f in (jax.grad(radial), jax.grad(jax.grad(radial))))
    for k, slope, curvature in zip(once, np.asarray(slopes), np.asarray(curvatures), strict=True):
        i, j, r = pairs.source[k], pairs.target[k], pairs.distance[k]
        normal, delta = pairs.r_pd[k] / r, z[j] - z[i]
        square = float(normal @ delta) ** 2
        expected["k_plus" if curvature > 0 else "k_minus"] += curvature * square
        expected["f_plus" if slope > 0 else "f_minus"] += slope / r * (float(delta @ delta) - square)
    found = energy_split(pairs, z).sums
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-8), name


def test_strain_coupling(glass):
    energy, x, z = energy_function(glass), jnp.array(glass.positions), displacement(glass)

    def pulled(gradient):
        return jax.jvp(lambda y: energy(y, gradient), (x,), (jnp.array(z),))[1]

    tensor = np.array(jax.grad(pulled)(jnp.zeros((3, 3))))
    found = strain_coupling(Pairs.of(glass), z)
    np.testing.assert_allclose(found, 0.5 * (tensor + tensor.T), atol=1e-8 * np.abs(found).max())


def test_dilation_over_shear_in_closed_form():
    assert dilation_over_shear(np.eye(3) + np.diag([2.0, -1.0, -1.0])) == pytest.approx(0.5)
    assert dilation_over_shear(-(np.eye(3) + np.diag([2.0, -1.0, -1.0]))) == pytest.approx(0.5)  # the sign of π is free
    assert dilation_over_shear(np.eye(3) + np.diag([-2.0, 1.0, 1.0])) == pytest.approx(-0.5)


@pytest.mark.parametrize("order", KINDS)
def test_nonlinear_modes_solve_their_equation(pss_glass, order):
    """Eq. (A14) and its kin, with M and F of automatic differentiation."""
    mode = softest_mode(Hessian(Pairs.of(pss_glass)), order)
    pi, (form, degree) = jnp.array(mode.vector), form_of(pss_glass, order)
    linear = np.array(jax.grad(along(pss_glass, 2))(pi)) / 2
    force = np.array(jax.grad(form)(pi)) / degree
    force = force - force.mean(axis=0)
    residual = linear - np.vdot(pi, linear) / np.vdot(pi, force) * force
    assert np.linalg.norm(residual) < 1e-8 * np.linalg.norm(linear)  # JAX's M from the printed table is good to 1e-9
    assert mode.residual < 1e-9
    assert mode.stiffness == pytest.approx(float(along(pss_glass, 2)(pi)), rel=1e-8)
    assert np.linalg.norm(mode.vector) == pytest.approx(1.0)


def test_the_kept_mode_is_the_softest_of_many_starts(pss_glass):
    hessian = Hessian(Pairs.of(pss_glass))
    kept = softest_mode(hessian)
    lowest = lowest_modes(hessian, 1).eigenvalues[0]
    assert kept.stiffness >= lowest  # no displacement is softer than the lowest mode
    others = [iterate(hessian, displacement(pss_glass, seed)).stiffness for seed in range(8)]
    assert kept.stiffness <= min(others) * (1 + 1e-8)


def test_measurement_of_a_mode(pss_glass):
    found = quasilocalised_mode(pss_glass).values
    assert list(found) == ["frequency", "residual", "participation_ratio", "quartic", "k_plus", "k_minus", "f_plus",
                           "f_minus", "dilation_over_shear"]  # fmt: skip
    total = sum(found[x] for x in ("k_plus", "k_minus", "f_plus", "f_minus"))
    assert total == pytest.approx(found["frequency"] ** 2, rel=1e-11)
    assert 1 / pss_glass.n_particles < found["participation_ratio"] < 0.5
