"""Moduli and Hessians against JAX on the paper's own formulas, finite strain, and matscipy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vitrify.observables import elasticity, measure, mechanics
from vitrify.statics import Hessian, Pairs

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def dense(glass):
    """Derivatives of U with respect to positions and strain."""
    from samples import energy_function

    energy = energy_function(glass)
    n = glass.n_particles

    def of(flat, gradient):
        return energy(flat.reshape(n, 3), gradient)

    x, zero = jnp.array(glass.positions.ravel()), jnp.zeros((3, 3))
    hessian = np.array(jax.jit(jax.hessian(of))(x, zero))
    mixed = np.array(jax.jacobian(jax.grad(of, argnums=1), argnums=0)(x, zero))  # (3, 3, 3n)
    born = np.array(jax.jit(jax.hessian(of, argnums=1))(x, zero))
    return {
        "of": of, "x": x, "hessian": hessian, "mixed": mixed, "born": born, "energy": float(of(x, zero)),
        "force": -np.array(jax.grad(of)(x, zero)), "stress": np.array(jax.grad(of, argnums=1)(x, zero)),
    }  # fmt: skip


def pseudo_inverse(matrix):
    return np.linalg.pinv(matrix, rcond=1e-10, hermitian=True)


def test_hessian(glass, dense):
    matrix = Hessian(Pairs.of(glass)).matrix().toarray()
    scale = np.abs(dense["hessian"]).max()
    np.testing.assert_allclose(matrix, dense["hessian"], atol=2e-9 * scale)  # Table II's monomials cancel to 1e-10
    np.testing.assert_array_equal(matrix, matrix.T)


def test_energy_forces_and_pressure(glass, dense):
    found = mechanics(glass)
    assert found["energy_per_particle"] * glass.n_particles == pytest.approx(dense["energy"], rel=1e-9)
    assert found["max_force"] < 1e-10
    assert np.abs(dense["force"]).max() < 1e-8
    assert found["pressure"] == pytest.approx(-np.trace(dense["stress"]) / (3 * glass.volume), rel=1e-8)


@pytest.mark.parametrize(
    ("name", "a", "b"), [("shear_modulus", 0, 1), ("shear_modulus_xz", 0, 2), ("shear_modulus_yz", 1, 2)]
)
def test_shear_modulus(glass, dense, name, a, b):
    xi = dense["mixed"][a, b]
    expected = (dense["born"][a, b, a, b] - xi @ pseudo_inverse(dense["hessian"]) @ xi) / glass.volume
    found = elasticity(glass)
    assert found[name] == pytest.approx(expected, rel=1e-8)
    if name == "shear_modulus":
        assert found["shear_modulus_affine"] == pytest.approx(dense["born"][0, 1, 0, 1] / glass.volume, rel=1e-8)
        assert found["shear_modulus_affine"] > 1.2 * expected  # the affine answer alone would fail


def test_bulk_modulus(glass, dense):
    """K from −V dp/dV of the total energy at x → e^η x, d/dη of the energy taken by JAX."""
    of, x = dense["of"], dense["x"]

    def along(eta):
        return of(x, (jnp.exp(eta) - 1.0) * jnp.eye(3))

    first, second = float(jax.grad(along)(0.0)), float(jax.grad(jax.grad(along))(0.0))
    xi = np.einsum("aak->k", dense["mixed"])
    expected = (second - 3 * first - xi @ pseudo_inverse(dense["hessian"]) @ xi) / (9 * glass.volume)
    assert elasticity(glass)["bulk_modulus"] == pytest.approx(expected, rel=1e-8)


def relaxed(of, x, gradient):
    """Newton to the minimum under strain."""
    for _ in range(8):
        force = np.array(jax.grad(of)(x, gradient))
        if np.abs(force).max() < 1e-11:
            break
        x = x - pseudo_inverse(np.array(jax.hessian(of)(x, gradient))) @ force
    return x


def test_finite_strain(pss_glass):
    """G and K from stress and pressure after strain and re-minimisation."""
    from samples import energy_function

    energy, n = energy_function(pss_glass), pss_glass.n_particles

    def of(flat, gradient):
        return energy(flat.reshape(n, 3), gradient)

    x, step = jnp.array(pss_glass.positions.ravel()), 2e-6
    shear = np.zeros((3, 3))
    shear[0, 1] = 1.0
    slopes, pressures = [], []
    for sign in (1, -1):
        gradient = sign * step * shear
        slopes.append(np.array(jax.grad(of, argnums=1)(relaxed(of, x, gradient), gradient))[0, 1])
        gradient = np.eye(3) * np.expm1(sign * step)
        home = relaxed(of, x, gradient)
        slope = float(jax.grad(lambda eta, y=home: of(y, (jnp.exp(eta) - 1) * jnp.eye(3)))(sign * step))
        pressures.append(-slope / (3 * pss_glass.volume * np.exp(3 * sign * step)))
    found = measure(pss_glass)
    assert found.shear_modulus == pytest.approx((slopes[0] - slopes[1]) / (2 * step * pss_glass.volume), rel=1e-5)
    assert found.bulk_modulus == pytest.approx(-(pressures[0] - pressures[1]) / (3 * 2 * step), rel=1e-5)


def test_eigenvalues_say_what_the_certificate_says(glass, dense):
    """Three zero modes, none negative, by the dense spectrum of the paper's energy."""
    spectrum = np.linalg.eigvalsh(dense["hessian"])
    scale = spectrum[-1]
    zero = int(np.sum(np.abs(spectrum) < 1e-8 * scale))
    found = elasticity(glass)
    assert found["zero_modes"] == zero
    assert found["is_minimum"] == (zero == 3 and spectrum[0] > -1e-8 * scale)
