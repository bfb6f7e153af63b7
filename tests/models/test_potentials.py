from math import factorial, prod

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catalogue
import vitrify
from samples import TABLE_II, phi
from vitrify.errors import UsageError
from vitrify.kernels.forces import slope_of
from vitrify.models.potentials import Harmonic, InversePower, PiecewiseStickySpheres, QStickySpheres

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("potential", catalogue.POTENTIALS, ids=repr)
@given(part=st.floats(0.02, 0.98))
def test_derivatives_are_consistent(potential, part):
    """Each of the five is the slope of the one before; a step never crosses a joint."""
    u, step = 0.7 + part * (potential.cutoff**2 - 0.7), 1e-6
    if isinstance(potential, PiecewiseStickySpheres) and abs(u - 2 ** (1 / 3)) < 2 * step:
        u += 4 * step
    radial, numbers = potential.derivatives(), potential.numbers()
    up, down, here = (np.array(radial(x, numbers)) for x in (u + step, u - step, u))
    central = (up - down) / (2 * step)
    scale = np.abs(here[1:]) + 1e-3 * np.abs(here).max()
    assert np.all(np.abs(central[:-1] - here[1:]) < 1e-5 * scale)  # truncation step² and round-off 1e-16/step


@pytest.mark.parametrize("potential", catalogue.POTENTIALS, ids=repr)
def test_value_and_derivatives_agree_with_autodiff_of_the_paper(potential):
    """φ and four u-derivatives against JAX on the formula as printed; PSS within the round-off of Table II's monomials."""
    point = {"Hertzian": 0.81, "Harmonic": 0.81}.get(type(potential).__name__, 1.44)
    derivative = lambda u: phi(potential, u**0.5)  # noqa: E731  # a formula
    expected = []
    for _ in range(5):
        expected.append(float(derivative(point)))
        derivative = jax.grad(derivative)
    np.testing.assert_allclose(potential.evaluate(np.array([point]))[:, 0], expected, rtol=3e-9, atol=1e-10)


@pytest.mark.parametrize("potential", catalogue.POTENTIALS, ids=repr)
def test_value_and_derivatives_vanish_at_the_cutoff_to_the_order_that_they_should(potential):
    smooth_to = 1 if isinstance(potential, Harmonic) else getattr(potential, "smooth_to", 2)
    at_cutoff = potential.derivatives()(potential.cutoff**2, potential.numbers())
    np.testing.assert_allclose(at_cutoff[: smooth_to + 1], 0.0, atol=1e-13)
    assert not potential.evaluate(np.array([potential.cutoff**2 * 1.0001])).any()


@pytest.mark.parametrize(("exponent", "rc"), [(10, 1.48), (10, 1.4), (36, 1.3)])
def test_soft_spheres_smooth_to_the_third_derivative(exponent, rc):
    """φ, φ', φ'', φ''' vanish at the cutoff, with respect to u and to r; φ_uuuu is that of the bare power."""
    potential, u_c, half = InversePower(exponent, rc, 3), rc**2, exponent // 2
    at_cutoff = potential.derivatives()(u_c, potential.numbers())
    scale = [prod(range(half, half + m)) * rc ** -(exponent + 2.0 * m) for m in range(5)]  # of the bare power
    assert np.all(np.abs(at_cutoff[:4]) < 1e-12 * np.array(scale[:4]))
    assert at_cutoff[4] == pytest.approx(scale[4], rel=1e-12)
    third = jax.grad(jax.grad(jax.grad(lambda r: potential_of_u(potential, r**2))))
    assert abs(float(third(rc))) < 1e-9 * exponent**3 * rc**-exponent
    assert vitrify.models.check(potential, speed=False).smooth_to == 3
    assert vitrify.models.check(InversePower(exponent, rc), speed=False).smooth_to == 2


def potential_of_u(potential, u):
    return potential.derivatives()(u, potential.numbers())[0]


@pytest.mark.parametrize("part", [0.9, 0.95])
def test_soft_spheres_near_their_cutoff_are_what_the_polynomial_does_not_take_away(part):
    """φ = Σ_{k ≥ 4} b_k (u − u_c)^k/k!, b_k the k-th derivative of u^-5 at u_c."""
    potential, u_c = InversePower(10, 1.48, 3), 1.48**2
    b = [(-1) ** k * prod(range(5, 5 + k)) * u_c ** -(5.0 + k) for k in range(60)]
    expected = sum(b[k] * (u_c * (part - 1.0)) ** k / factorial(k) for k in range(4, 60))
    assert potential.energy(np.array(part * u_c)) == pytest.approx(expected, rel=1e-9)


def test_the_form_without_a_third_derivative_keeps_its_name_and_its_numbers():
    """Names are in the digests of earlier stores, coefficients in the bits of their glasses."""
    assert str(vitrify.models.inverse_power(rc=1.48)) == "inverse_power(exponent=10, rc=1.48)"
    assert vitrify.models.parse("inverse_power(smooth_to=2)") == vitrify.models.inverse_power()
    smooth = "inverse_power(exponent=10, rc=1.48, smooth_to=3)"
    assert str(vitrify.models.parse(smooth)) == smooth
    u_c = 1.48**2
    w = 1.0 / u_c
    slope = -5 * w**5 * w
    c4 = -0.5 * (-6 * slope * w)
    c2 = -slope - 2.0 * c4 * u_c
    assert InversePower(10, 1.48).numbers() == (-(w**5) - c2 * u_c - c4 * u_c**2, c2, c4, 0.0)


@pytest.mark.parametrize("rc", TABLE_II)
def test_table_2_follows_from_the_six_conditions(rc):
    solved = list(PiecewiseStickySpheres(rc).table_coefficients().values())
    np.testing.assert_allclose(solved, TABLE_II[rc], rtol=1e-9)


@pytest.mark.parametrize("rc", [1.05, 1.1, 1.237, 1.5, 2.0])
def test_pss_is_smooth_at_the_minimum(rc):
    """φ, φ_u, φ_uu from both sides of x_min."""
    potential, joint = PiecewiseStickySpheres(rc), 2 ** (1 / 3)
    radial, numbers = potential.derivatives(), potential.numbers()
    below, above = (np.array(radial(joint * (1 + sign * 1e-13), numbers)) for sign in (-1, 1))
    np.testing.assert_allclose(above[:3], below[:3], atol=1e-8)
    assert above[0] == pytest.approx(-1.0)
    assert abs(above[3] - below[3]) > 1.0  # φ''' jumps: higher derivatives are piecewise


def test_third_derivative_at_the_joint_has_the_values_of_the_paper_reading():
    """φ''' with respect to r at x_min, r_c = 1.2: −1069 below, +5075 above (known from an independent reading)."""
    potential, joint = PiecewiseStickySpheres(1.2), 2 ** (1 / 3)
    found = []
    for u in (joint * (1 - 1e-12), joint * (1 + 1e-12)):
        _, _, d2, d3, _ = potential.derivatives()(u, potential.numbers())
        r = u**0.5
        found.append(12 * r * d2 + 8 * r**3 * d3)
    assert found[0] == pytest.approx(-1069, abs=1)
    assert found[1] == pytest.approx(5075, abs=1)


@pytest.mark.parametrize(("kind", "arguments", "word"), [
    (QStickySpheres, {"q": 7}, "even"), (QStickySpheres, {"xc": 0.5}, "xc"),
    (PiecewiseStickySpheres, {"rc": 1.0}, "rc"), (PiecewiseStickySpheres, {"rc": -2.0}, "rc"),
    (InversePower, {"exponent": 9}, "even"), (InversePower, {"smooth_to": 1}, "smooth_to is 1, must be 2 or 3"),
])  # fmt: skip
def test_impossible_parameters_are_named(kind, arguments, word):
    with pytest.raises(UsageError, match=word):
        kind(**arguments)


@pytest.mark.parametrize("potential", catalogue.POTENTIALS, ids=repr)
def test_the_liquid_form_is_the_same_potential(potential):
    """Good to 1e-9 of the force at contact (u = 0.9); at r_c = 1.1 monomials lose seven digits of sixteen."""
    u = np.linspace(0.7, potential.cutoff**2 * 0.9999, 500)
    exact, liquid = potential.derivatives(), potential.liquid_slope() or slope_of(potential.derivatives())
    numbers = potential.numbers()
    scale = max(abs(exact(0.9, numbers)[1]), 1.0)
    for x in u:
        assert liquid(x, numbers) == pytest.approx(exact(x, numbers)[1], rel=1e-9, abs=1e-9 * scale)
