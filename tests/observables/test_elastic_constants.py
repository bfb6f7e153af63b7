"""Stress and all elastic constants: closed forms, automatic differentiation, finite strain with re-minimisation."""

from dataclasses import fields

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cells import (
    MINIMUM,
    PSS,
    SHEARED,
    SPRING,
    copies,
    fcc,
    flat_glass,
    in_cell,
    relaxed,
    tilted,
    tilted_flat_glass,
)  # fmt: skip
from crystals import rattler, saddle
from samples import energy_function
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.models.catalogue import pss
from vitrify.observables import ElasticConstants, elastic_constants, elasticity, mechanics
from vitrify.statics import Hessian, Pairs
from vitrify.statics.elastic_tensor import VOIGT, full_tensor

PLANES = {
    3: {"shear_modulus": (0, 1), "shear_modulus_xz": (0, 2), "shear_modulus_yz": (1, 2)},
    2: {"shear_modulus": (0, 1)},
}


@pytest.fixture(scope="module", params=["cube", "tilted", "square", "tilted, flat"])
def solid(request, pss_glass):
    flat = {"square": flat_glass, "tilted, flat": tilted_flat_glass}
    return (
        flat[request.param]() if request.param in flat else {"cube": pss_glass, "tilted": tilted(pss_glass)}[request.param]
    )


# --- closed forms ----------------------------------------------------------------------------------------------------


def derivatives(spacing):
    """φ' and φ'' at a distance."""
    d1, d2 = (x[0] for x in PSS.potential.evaluate(np.array([spacing**2]))[1:3])
    return 2 * spacing * d1, 2 * d1 + 4 * spacing**2 * d2


def cubic(c11, c12, c44):
    matrix = np.diag([c11 - c12] * 3 + [c44] * 3)
    matrix[:3, :3] += c12
    return matrix


@pytest.mark.parametrize("spacing", [MINIMUM, 0.97 * MINIMUM, 1.01 * MINIMUM])
def test_an_fcc_crystal_of_springs(spacing):
    """C11 = √2 (φ'' − φ'/a)/a, C12 = C44 = C11/2 (Cauchy) and p = −2√2 φ'/a²; under pressure B11 = C11 − p, B12 = C12 + p,
    B44 = C44 − p."""
    slope, curvature = derivatives(spacing)
    found = elastic_constants(fcc((4, 3, 3), spacing))
    c11, p = np.sqrt(2.0) * (curvature - slope / spacing) / spacing, -2.0 * np.sqrt(2.0) * slope / spacing**2
    expected = cubic(c11, c11 / 2, c11 / 2)
    np.testing.assert_allclose(found.thermodynamic, expected, atol=1e-10 * c11)
    np.testing.assert_allclose(found.birch, cubic(c11 - p, c11 / 2 + p, c11 / 2 - p), atol=1e-10 * c11)
    np.testing.assert_allclose(found.nonaffine, 0.0, atol=1e-10 * c11)  # a Bravais lattice
    np.testing.assert_allclose(found.stress, -p * np.eye(3), atol=1e-11 * c11)
    assert found.pressure == pytest.approx(p, rel=1e-10, abs=1e-10)
    assert (found.zero_modes, found.is_minimum) == (3, True)
    if spacing == MINIMUM:
        assert curvature == pytest.approx(SPRING, rel=1e-9)


def test_averages_of_a_cubic_crystal():
    """K_V = K_R = (c11 + 2 c12)/3, G_V = (c11 − c12 + 3 c44)/5, G_R = 5 (c11 − c12) c44/(4 c44 + 3 (c11 − c12)); for c44 =
    c11 − c12 the crystal of springs has G_V = 4/5, G_R = 5/7 of c44 and A = 5 · 28/25 − 5 = 3/5."""
    found = elastic_constants(fcc((3, 3, 3)))
    c44 = SPRING / (MINIMUM * np.sqrt(2.0))
    assert found.voigt.bulk == pytest.approx(4 / 3 * c44, rel=1e-9)
    assert found.reuss.bulk == pytest.approx(4 / 3 * c44, rel=1e-9)
    assert found.voigt.shear == pytest.approx(4 / 5 * c44, rel=1e-9)
    assert found.reuss.shear == pytest.approx(5 / 7 * c44, rel=1e-9)
    assert found.hill.shear == pytest.approx((4 / 5 + 5 / 7) / 2 * c44, rel=1e-9)
    assert found.universal_anisotropy == pytest.approx(0.6, rel=1e-9)
    np.testing.assert_allclose(found.shear_moduli, np.array([0.5, 0.5, 1, 1, 1]) * c44, rtol=1e-9)


@pytest.mark.parametrize("spacing", [MINIMUM, 0.98 * MINIMUM])
def test_a_triangular_lattice_is_isotropic(spacing):
    """In the plane: G = √3/4 (φ'' + 3 φ'/a), K = √3/2 (φ'' − φ'/a) of Birch's coefficients, and no anisotropy."""
    one = Glass([[0.0, 0.0], [spacing / 2, spacing * np.sqrt(3) / 2]], [spacing, spacing * np.sqrt(3)], [0, 0], PSS)
    found, (slope, curvature) = elastic_constants(copies(one, (5, 3))), derivatives(spacing)
    shear, bulk = np.sqrt(3) / 4 * (curvature + 3 * slope / spacing), np.sqrt(3) / 2 * (curvature - slope / spacing)
    expected = [[bulk + shear, bulk - shear, 0], [bulk - shear, bulk + shear, 0], [0, 0, shear]]
    np.testing.assert_allclose(found.birch, expected, atol=1e-9 * bulk)
    for average in (found.voigt, found.reuss, found.hill):
        assert (average.bulk, average.shear) == pytest.approx((bulk, shear), rel=1e-9)
    assert abs(found.universal_anisotropy) < 1e-9


# --- glasses ---------------------------------------------------------------------------------------------------------


def test_the_moduli_of_elasticity_follow(solid):
    """G of a displacement gradient γ e_x e_y, whose E is γ/2 (xy + yx) + γ²/2 yy: C_xyxy + σ_yy = B_xyxy + (σ_yy − σ_xx)/2.
    K = B_iijj/d², p = −tr σ/d."""
    found, moduli = elastic_constants(solid), elasticity(solid)
    thermodynamic, birch, stress = full_tensor(found.thermodynamic), full_tensor(found.birch), found.stress
    for name, (a, b) in PLANES[solid.dimension].items():
        assert thermodynamic[a, b, a, b] + stress[b, b] == pytest.approx(moduli[name], rel=1e-10)
        assert birch[a, b, a, b] + 0.5 * (stress[b, b] - stress[a, a]) == pytest.approx(moduli[name], rel=1e-10)
    assert full_tensor(found.born)[0, 1, 0, 1] + stress[1, 1] == pytest.approx(moduli["shear_modulus_affine"], rel=1e-10)
    assert found.voigt.bulk == pytest.approx(moduli["bulk_modulus"], rel=1e-10)
    assert found.pressure == pytest.approx(mechanics(solid)["pressure"], rel=1e-12)
    assert (found.zero_modes, found.is_minimum) == (moduli["zero_modes"], moduli["is_minimum"])


def test_constants_against_automatic_differentiation(solid):
    """∂²U/∂E∂E of the energy as a function of E, by the deformation FᵀF = 1 + 2E."""
    energy, n, d = energy_function(solid), solid.n_particles, solid.dimension
    axes = VOIGT[d]

    def of(flat, components):
        shears = jnp.zeros((d, d)).at[tuple(axes.T)].set(components)  # E_xx, and γ_xy = 2 E_xy above the diagonal
        doubled = shears + shears.T
        return energy(flat.reshape(n, d), jnp.linalg.cholesky(jnp.eye(d) + doubled).T - jnp.eye(d))

    x, zero = jnp.array(solid.positions.ravel()), jnp.zeros(len(axes))
    stress = np.array(jax.grad(of, argnums=1)(x, zero)) / solid.volume
    born = np.array(jax.hessian(of, argnums=1)(x, zero)) / solid.volume
    mixed = np.array(jax.jacobian(jax.grad(of, argnums=1))(x, zero))
    inverse = np.linalg.pinv(np.array(jax.hessian(of)(x, zero)), rcond=1e-10, hermitian=True)
    nonaffine = mixed @ inverse @ mixed.T / solid.volume
    found, scale = elastic_constants(solid), np.abs(born).max()  # Table II's monomials cancel to 1e-9
    np.testing.assert_allclose([found.stress[a, b] for a, b in axes], stress, atol=1e-8 * np.abs(stress).max())
    np.testing.assert_allclose(found.born, born, atol=1e-8 * scale)
    np.testing.assert_allclose(found.nonaffine, nonaffine, atol=1e-8 * scale)
    assert np.abs(nonaffine).max() > 0.05 * scale  # the affine answer alone would fail


def cauchy_stress(glass):
    """σ_ab = (1/V) Σ φ'/r r_a r_b over pairs."""
    pairs, d = Pairs.of(glass), glass.dimension
    return np.einsum("p,pa,pb->ab", pairs.terms[1], pairs.r_pd, pairs.r_pd)[:d, :d] / pairs.volume


@pytest.mark.parametrize("name", ["tilted", "tilted, flat"])
def test_birch_coefficients_by_finite_strain(name, pss_glass):
    """Stress of strained cells after re-minimisation. A gradient that is upper triangular turns by ω = (g − gᵀ)/2, so that
    δσ = B:ε + ωσ − σω; six of these tell all of B, its antisymmetric part too."""
    glass, step = tilted(pss_glass) if name == "tilted" else tilted_flat_glass(), 1e-6
    found, d = elastic_constants(glass), glass.dimension
    birch, scale = full_tensor(found.birch), np.abs(found.birch).max()
    assert np.abs(found.birch - found.birch.T).max() > 1e-3 * scale  # the stress is no pressure
    for a, b in VOIGT[d]:
        gradient = np.zeros((d, d))
        gradient[a, b] = 1.0
        ends = [cauchy_stress(relaxed(glass.strained(sign * step * gradient))) for sign in (1, -1)]
        spin = 0.5 * (gradient - gradient.T)
        expected = np.einsum("ijkl,kl->ij", birch, gradient) + spin @ found.stress - found.stress @ spin
        np.testing.assert_allclose((ends[0] - ends[1]) / (2 * step), expected, atol=2e-5 * scale)  # step² and 1e-11/step


def test_a_glass_has_the_same_constants_in_a_sheared_cell(pss_glass):
    one, other = elastic_constants(pss_glass), elastic_constants(in_cell(pss_glass, SHEARED))
    for x in fields(ElasticConstants):
        np.testing.assert_allclose(getattr(other, x.name), getattr(one, x.name), atol=1e-8 * np.abs(one.born).max())


def test_shear_moduli_are_those_of_a_turned_glass(pss_glass):
    """G of (xx − yy)/√2 is that of layers along the diagonal, and the mean of all is Voigt's average of any direction."""
    found = elastic_constants(pss_glass)
    birch = full_tensor(found.birch)
    for seed in range(3):
        turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
        turned = np.einsum("ijkl,ai,bj,ck,dl->abcd", birch, turn, turn, turn, turn)
        planes = [turned[a, b, a, b] for a, b in ((0, 1), (0, 2), (1, 2))]
        pure = [(turned[0, 0, 0, 0] + turned[1, 1, 1, 1] - turned[0, 0, 1, 1] - turned[1, 1, 0, 0]) / 4]
        normal = np.einsum("aabb->ab", turned)
        pure.append((normal.sum() - 3 * normal[:, 2].sum() - 3 * normal[2].sum() + 9 * normal[2, 2]) / 12)
        assert np.mean(planes + pure) == pytest.approx(found.voigt.shear, rel=1e-9)
    eighth = np.array([[1, -1, 0], [1, 1, 0], [0, 0, np.sqrt(2)]]) / np.sqrt(2)
    turned = np.einsum("ijkl,ai,bj,ck,dl->abcd", birch, eighth, eighth, eighth, eighth)
    assert found.shear_moduli[0] == pytest.approx(turned[0, 1, 0, 1], rel=1e-9)


def test_without_rattlers():
    """A particle in a hole that it does not touch changes nothing but the zero modes."""
    glass = rattler()
    whole, held = elastic_constants(glass), elastic_constants(glass, without_rattlers=True)
    assert (whole.zero_modes, whole.is_minimum, held.zero_modes, held.is_minimum) == (6, False, 3, True)
    np.testing.assert_allclose(held.thermodynamic, whole.thermodynamic, atol=1e-9 * np.abs(whole.born).max())
    assert held.voigt.bulk == pytest.approx(elasticity(glass, without_rattlers=True)["bulk_modulus"], rel=1e-10)
    given = elastic_constants(glass, hessian=Hessian(Pairs.of(glass).without_rattlers()))
    np.testing.assert_array_equal(given.thermodynamic, held.thermodynamic)


def test_what_has_no_moduli_is_refused_as_by_elasticity():
    apart = Glass([[0, 0, 0], [5.0, 5, 5]], 10.0, [0, 1], pss())
    for glass in (saddle(), apart):
        said = []
        for measured in (elasticity, elastic_constants):
            with pytest.raises(SampleFailure) as caught:
                measured(glass)
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_where_no_stress_is_stable_there_is_no_average_at_uniform_stress(pss_glass):
    """What yields in one plane has Birch coefficients, but no compliance."""
    stable = elastic_constants(pss_glass)
    soft = ElasticConstants(stable.stress, stable.born, stable.nonaffine + np.diag([0, 0, 0, 0, 0, 1e3]), 3, True)
    assert soft.birch[5, 5] < 0
    assert np.isnan([soft.reuss.bulk, soft.reuss.shear, soft.hill.bulk, soft.universal_anisotropy]).all()
    assert soft.voigt.bulk == pytest.approx(stable.voigt.bulk)
