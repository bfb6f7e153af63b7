"""Two dimensions: crystals whose moduli are known in closed form, automatic differentiation, finite strain."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cells import MINIMUM, PSS, SPRING, copies, relaxed
from samples import energy_function
from vitrify.contacts import Contacts
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.models.catalogue import pss
from vitrify.observables import (
    density_of_states,
    dipole_decay,
    elasticity,
    low_frequency_modes,
    measure,
    mechanics,
    quasilocalised_mode,
    radial_distribution,
)
from vitrify.preparation import quench_glass
from vitrify.statics import Hessian, Pairs
from vitrify.statics.chebyshev import ChebyshevOperator
from vitrify.statics.dipoles import bonds, dipole_force, responses, softest_bonds
from vitrify.statics.spectrum import spectral_density

MODULI = ("shear_modulus", "shear_modulus_diagonal", "shear_modulus_affine", "bulk_modulus", "poisson_ratio")


def triangular(times, spacing=MINIMUM, *, rhombic=False):
    """A triangular lattice, by a cell of one particle or by the rectangle of two."""
    a, b = spacing, spacing * np.sqrt(3)
    one = Glass([[0.0, 0.0]], [[a, 0], [a / 2, b / 2]], [0], PSS)
    two = Glass([[0.0, 0.0], [a / 2, b / 2]], [a, b], [0, 0], PSS)
    return copies(one if rhombic else two, times)


def derivatives(spacing):
    """φ' and φ'' at a distance."""
    d1, d2 = (x[0] for x in PSS.potential.evaluate(np.array([spacing**2]))[1:3])
    return 2 * spacing * d1, 2 * d1 + 4 * spacing**2 * d2


def made(n, seed=1, density=0.75):
    """A glass by a quench from a lattice in disorder."""
    rng, side = np.random.default_rng(seed), round(n**0.5)
    box = (n / density) ** 0.5
    spots = np.stack(np.meshgrid(*[np.arange(side)] * 2, indexing="ij"), -1).reshape(-1, 2)
    return quench_glass(Glass((spots + 0.6 * rng.random((n, 2))) * box / side, box, rng.permutation(n) % 2, pss(rc=1.3)))


@pytest.fixture(scope="module")
def small():
    return made(100)


@pytest.fixture(scope="module")
def large():
    return made(784, seed=2)


@pytest.mark.parametrize("spacing", [MINIMUM, 0.98 * MINIMUM])
@pytest.mark.parametrize("times", [(1, 1), (3, 2), (9, 6)])
@pytest.mark.parametrize("rhombic", [False, True])
def test_a_triangular_lattice(spacing, times, rhombic):
    """G = √3/4 (φ'' + 3 φ'/a), K = √3/2 (φ'' − φ'/a), p = −√3 φ'/a: of springs at rest λ = μ = √3 k/4, ν = 1/3."""
    glass = triangular(times, spacing, rhombic=rhombic)
    slope, curvature = derivatives(spacing)
    found, forces = elasticity(glass), mechanics(glass)
    assert glass.volume == pytest.approx(glass.n_particles * spacing**2 * np.sqrt(3) / 2)
    shear = np.sqrt(3) / 4 * (curvature + 3 * slope / spacing)
    for name in MODULI[:3]:
        assert found[name] == pytest.approx(shear, rel=1e-9)
    bulk = np.sqrt(3) / 2 * (curvature - slope / spacing)
    assert found["bulk_modulus"] == pytest.approx(bulk, rel=1e-9)
    assert found["poisson_ratio"] == pytest.approx((bulk - shear) / (bulk + shear), rel=1e-9)
    assert forces["pressure"] == pytest.approx(-np.sqrt(3) * slope / spacing, rel=1e-9, abs=1e-9)
    assert (found["zero_modes"], found["is_minimum"], forces["coordination"]) == (2, True, 6.0)
    if spacing == MINIMUM:
        assert curvature == pytest.approx(SPRING, rel=1e-9)
        assert found["poisson_ratio"] == pytest.approx(1 / 3, rel=1e-9)


def test_a_square_lattice_of_springs_does_not_resist_shear():
    spots = np.stack(np.meshgrid(*[np.arange(6)] * 2, indexing="ij"), -1).reshape(-1, 2) * MINIMUM
    with pytest.raises(SampleFailure, match="no solid"):
        elasticity(Glass(spots, 6 * MINIMUM, np.zeros(36), PSS))


def test_rattlers_have_at_most_two_contacts():
    """d + 1 contacts hold a particle: in a plane three."""
    glass = triangular((9, 6))
    caged = np.linalg.norm(glass.cell.nearest(glass.positions - glass.positions[40]), axis=1)
    rest = glass.positions[(caged == 0) | (caged > 1.5 * MINIMUM)]
    contacts = Contacts.of(Glass(rest, glass.box, np.zeros(len(rest)), PSS))
    assert contacts.rattlers.sum() == 1
    assert contacts.spans


@pytest.fixture(scope="module")
def dense(small):
    energy, n = energy_function(small), small.n_particles

    def of(flat, gradient):
        return energy(flat.reshape(n, 2), gradient)

    x, zero = jnp.array(small.positions.ravel()), jnp.zeros((2, 2))
    return {
        "of": of, "x": x, "energy": float(of(x, zero)), "force": -np.array(jax.grad(of)(x, zero)),
        "hessian": np.array(jax.hessian(of)(x, zero)),
        "mixed": np.array(jax.jacobian(jax.grad(of, argnums=1), argnums=0)(x, zero)),
        "born": np.array(jax.hessian(of, argnums=1)(x, zero)), "stress": np.array(jax.grad(of, argnums=1)(x, zero)),
    }  # fmt: skip


def test_forces_hessian_and_moduli_against_automatic_differentiation(small, dense):
    found, forces = elasticity(small), mechanics(small)
    assert forces["energy_per_particle"] * 100 == pytest.approx(dense["energy"], rel=1e-9)
    assert forces["pressure"] == pytest.approx(-np.trace(dense["stress"]) / (2 * small.volume), rel=1e-8)
    assert np.abs(dense["force"]).max() < 1e-8
    matrix = Hessian(Pairs.of(small)).matrix().toarray()
    np.testing.assert_allclose(matrix, dense["hessian"], atol=2e-9 * np.abs(matrix).max())
    np.testing.assert_array_equal(matrix, matrix.T)
    inverse = np.linalg.pinv(dense["hessian"], rcond=1e-10, hermitian=True)

    def modulus(gradient):
        xi = np.einsum("ab,abk->k", gradient, dense["mixed"])
        return (np.einsum("ab,abcd,cd->", gradient, dense["born"], gradient) - xi @ inverse @ xi) / small.volume

    assert found["shear_modulus"] == pytest.approx(modulus(np.array([[0.0, 1.0], [0.0, 0.0]])), rel=1e-8)
    assert found["shear_modulus_diagonal"] == pytest.approx(modulus(np.array([[-0.5, 0.5], [-0.5, 0.5]])), rel=1e-8)
    slope = np.trace(dense["stress"]) / small.volume
    bulk = (modulus(np.eye(2)) + slope - 2 * slope) / 4  # x(η) = e^η x bends
    assert found["bulk_modulus"] == pytest.approx(bulk, rel=1e-8)
    assert found["shear_modulus_affine"] > 1.2 * found["shear_modulus"]
    assert found["poisson_ratio"] == pytest.approx(
        (bulk - found["shear_modulus"]) / (bulk + found["shear_modulus"]), rel=1e-7
    )
    assert (found["zero_modes"], found["is_minimum"]) == (2, True)
    assert "shear_modulus_xz" not in found


def test_modes_and_quasilocalised_modes_against_automatic_differentiation(small, dense):
    values = np.linalg.eigvalsh(dense["hessian"])[2:]
    modes, first = low_frequency_modes(small, number=12)
    assert modes.vectors.shape == (12, 100, 2)
    np.testing.assert_allclose(modes.eigenvalues, values[:12], rtol=1e-7)
    found = elasticity(small)
    shear = 0.5 * (found["shear_modulus"] + found["shear_modulus_diagonal"])
    assert first == pytest.approx(2 * np.pi * np.sqrt(shear / small.density) / small.box, rel=1e-8)
    soft = quasilocalised_mode(small)
    pi = soft.vector
    assert pi.shape == (100, 2)
    assert np.linalg.norm(pi) == pytest.approx(1.0)
    along = dense["of"]

    def at(t):
        return along(dense["x"] + t * pi.ravel(), jnp.zeros((2, 2)))

    second, fourth = jax.grad(jax.grad(at)), jax.grad(jax.grad(jax.grad(jax.grad(at))))
    assert soft.values["frequency"] ** 2 == pytest.approx(float(second(0.0)), rel=1e-7)
    assert soft.values["quartic"] == pytest.approx(float(fourth(0.0)), rel=1e-5)
    parts = sum(soft.values[name] for name in ("k_plus", "k_minus", "f_plus", "f_minus"))
    assert parts == pytest.approx(soft.values["frequency"] ** 2, rel=1e-10)
    coupling = np.einsum("abk,k->ab", dense["mixed"], pi.ravel())
    np.testing.assert_allclose(soft.coupling, 0.5 * (coupling + coupling.T), atol=1e-6 * np.abs(coupling).max())
    dilation = np.trace(soft.coupling) / 2
    stretch = np.linalg.eigvalsh(soft.coupling)
    assert abs(soft.values["dilation_over_shear"]) == pytest.approx(abs(dilation) / (0.5 * (stretch[1] - stretch[0])))


def test_all_modes_of_a_large_glass_below_a_frequency(large):
    """By products and a count of eigenvalues, against the whole spectrum."""
    hessian = Hessian(Pairs.of(large))
    matrix = hessian.matrix()
    assert matrix.shape == (1568, 1568)
    spectrum = np.linalg.eigvalsh(matrix.toarray())
    assert np.abs(spectrum[:2]).max() < 1e-9
    modes, first = low_frequency_modes(large, below=3.0, hessian=hessian)
    expected = spectrum[2:][spectrum[2:] < (3.0 * first) ** 2]
    assert len(expected) > 10
    np.testing.assert_allclose(modes.eigenvalues, expected, rtol=1e-9)
    assert modes.proof in ("inertia", "deflated conjugate gradients")
    rows = modes.vectors.reshape(len(expected), -1)
    np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-9)
    np.testing.assert_allclose(rows.reshape(len(rows), -1, 2).sum(axis=1), 0.0, atol=1e-9)
    density = spectral_density(ChebyshevOperator(hessian))
    middle = float(np.median(spectrum))
    assert density.cumulative(middle) == pytest.approx(0.5, abs=0.02)
    omega, states = density.frequency_density()
    assert np.trapezoid(states, omega) == pytest.approx(2.0, rel=0.01)


def test_the_density_of_states_is_of_two_degrees_of_freedom(small):
    found = density_of_states(small)
    width = found.omega[1] - found.omega[0]
    assert found.density.sum() * width == pytest.approx(2.0 * (1 - 1 / 100))


def test_dipole_responses_stay_in_the_plane(small):
    hessian = Hessian(Pairs.of(small))
    pairs, inverse = hessian.pairs, np.linalg.pinv(hessian.matrix().toarray(), rcond=1e-10, hermitian=True)
    chosen = bonds(pairs)[::40]
    for bond, z in zip(chosen, responses(hessian, chosen), strict=True):
        exact = inverse @ dipole_force(pairs, bond, 100)[:, :2].ravel()
        np.testing.assert_allclose(z[:, :2].ravel(), exact / np.linalg.norm(exact), atol=1e-7)
        assert not z[:, 2].any()
    soft = softest_bonds(hessian, 10)
    every = {int(k): np.linalg.norm(inverse @ dipole_force(pairs, k, 100)[:, :2].ravel()) for k in bonds(pairs)}
    assert soft.compliance[0] == pytest.approx(every[int(soft.bonds[0])], rel=0.5)
    assert every[int(soft.bonds[0])] > 0.5 * max(every.values())
    assert np.isfinite(dipole_decay(small, number=4).each).any()


def test_the_radial_distribution_of_a_plane(small):
    """Pairs counted one by one, in rings of area 2πr dr."""
    found = radial_distribution(small)
    r = np.linalg.norm(small.cell.nearest(small.positions[None] - small.positions[:, None]), axis=-1)
    a, b = np.ix_(small.species == 0, small.species == 1)
    x = (r[a, b] / small.model.mixture.lengths[0][1]).ravel()
    edges = np.append(found.x - 0.005, found.x[-1] + 0.005)
    ring = np.pi * np.diff(edges**2) * small.model.mixture.lengths[0][1] ** 2
    expected = np.histogram(x, edges)[0] / (50 * 50 / small.volume * ring)
    inside = np.isfinite(found.g["AB"])
    assert inside.any()
    np.testing.assert_allclose(found.g["AB"][inside], expected[inside])


def test_a_sheared_cell_of_a_plane_is_the_same(small):
    turned = Glass(small.positions, np.array([[1, 0], [1, 1]]) * small.box, small.species, small.model)
    assert not turned.cell.is_orthogonal
    one, other = elasticity(small), elasticity(turned)
    for name in one:
        assert other[name] == pytest.approx(one[name], rel=1e-9), name


def test_moduli_of_a_tilted_plane_by_finite_strain(small):
    glass, step = relaxed(small.strained(np.array([[0.02, 0.06], [0.0, -0.03]]))), 1e-6
    assert not glass.cell.is_orthogonal
    found = elasticity(glass)

    def stress(gradient):
        strained = relaxed(glass.strained(gradient))
        pairs = Pairs.of(strained)
        return np.einsum("p,pa,pb->ab", pairs.terms[1], pairs.r_pd, pairs.r_pd)[:2, :2] / strained.volume

    ends = [stress(np.array([[0.0, sign * step], [0.0, 0.0]]))[0, 1] for sign in (1, -1)]
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(found["shear_modulus"], rel=2e-5)
    ends = [-np.trace(stress(sign * step * np.eye(2))) / 2 for sign in (1, -1)]
    assert -(ends[0] - ends[1]) / (4 * step) == pytest.approx(found["bulk_modulus"], rel=2e-5)


def test_a_measurement_of_a_plane(small, tmp_path):
    small.write(tmp_path / "plane.xyz")
    found = measure(tmp_path / "plane.xyz")
    assert found == measure(small)
    assert (found.shear_modulus_xz, found.shear_modulus_yz, found.zero_modes) == (None, None, 2)
    assert found.a0 == pytest.approx((small.box**2 / 100) ** 0.5)
    assert found.omega0 == pytest.approx(np.sqrt(found.shear_modulus / small.density) / found.a0)
