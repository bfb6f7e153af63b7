"""Lowest modes, their proof, responses and densities against dense spectra of the paper's energy (JAX)."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from crystals import rattler, saddle
from samples import energy_function
from vitrify.errors import SampleFailure
from vitrify.statics import Hessian, Pairs
from vitrify.statics.chebyshev import ChebyshevOperator
from vitrify.statics.dipoles import DECAY_TO, bonds, decay, dipole_force, responses, softest_bonds, stiffness
from vitrify.statics.linear_solvers.certificate import nothing_below
from vitrify.statics.linear_solvers.inertia import count_below
from vitrify.statics.modes import lowest_modes, modes_below, participation_ratio
from vitrify.statics.spectrum import spectral_density
from vitrify.statics.stability import require_minimum

# these glasses are small: without this most would be done with dense matrices
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def dense(pss_glass):
    """The Hessian of the paper's energy by automatic differentiation."""
    energy, n = energy_function(pss_glass), pss_glass.n_particles
    flat = jnp.array(pss_glass.positions.ravel())
    return np.array(jax.jit(jax.hessian(lambda x: energy(x.reshape(n, 3), jnp.zeros((3, 3)))))(flat))


@pytest.fixture(autouse=True)
def sparse_ways(monkeypatch):
    monkeypatch.setattr("vitrify.statics.modes.DENSE", 0)


@pytest.fixture
def hessian(pss_glass):
    return Hessian(Pairs.of(pss_glass))


@pytest.mark.parametrize("number", [1, 6, 40])
def test_lowest_modes_are_those_of_the_dense_matrix(hessian, dense, number):
    expected, vectors = np.linalg.eigh(dense)
    found = lowest_modes(hessian, number)
    np.testing.assert_allclose(found.eigenvalues, expected[3 : 3 + number], rtol=1e-8)
    assert found.residuals.max() < 1e-9 * found.eigenvalues[-1]
    assert found.proof == "inertia"
    rows = found.vectors.reshape(number, -1)
    np.testing.assert_allclose(rows @ rows.T, np.eye(number), atol=1e-10)
    assert abs(rows[0] @ vectors[:, 3]) == pytest.approx(1.0, abs=1e-8)


def test_all_but_a_few_modes_by_the_whole_spectrum(hessian, dense):
    found = lowest_modes(hessian, 470)
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(dense)[3:473], rtol=1e-8)


@pytest.mark.parametrize("number", [1, 40])
def test_small_glasses_by_a_dense_matrix(hessian, dense, number, monkeypatch):
    monkeypatch.setattr("vitrify.statics.modes.DENSE", 1000)
    expected = np.linalg.eigvalsh(dense)[3:]
    found = lowest_modes(hessian, number)
    np.testing.assert_allclose(found.eigenvalues, expected[:number], rtol=1e-8)
    again = modes_below(hessian, 0.5 * (expected[number - 1] + expected[number]))
    np.testing.assert_allclose(again.eigenvalues, expected[:number], rtol=1e-8)
    assert found.proof == again.proof == "dense matrix"


@pytest.mark.parametrize("place", [0.5, 3.5, 20.5, 60.5])
def test_modes_below_a_number_are_all_of_them(hessian, dense, place):
    spectrum = np.linalg.eigvalsh(dense)[3:]
    low = int(place)
    cut = 0.5 * (spectrum[low - 1] + spectrum[low]) if low else 0.5 * spectrum[0]
    found = modes_below(hessian, cut)
    assert len(found.eigenvalues) == low
    np.testing.assert_allclose(found.eigenvalues, spectrum[:low], rtol=1e-8)


def test_the_certificate_without_a_factor_sees_a_missing_mode(hessian):
    operator, found = ChebyshevOperator(hessian), lowest_modes(hessian, 12)
    assert nothing_below(hessian, operator, found.vectors, found.counted_below)
    for k in (0, 5, 11):
        assert not nothing_below(hessian, operator, np.delete(found.vectors, k, axis=0), found.counted_below)


def test_modes_without_mkl_are_the_same(hessian, monkeypatch):
    """As where pypardiso is uninstalled; then a dense factor counts the modes of a glass of this size."""
    expected = lowest_modes(hessian, 12)
    monkeypatch.setitem(sys.modules, "pypardiso", None)
    found = lowest_modes(hessian, 12)
    assert found.proof == expected.proof == "inertia"
    np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=1e-12)
    monkeypatch.setattr("vitrify.statics.linear_solvers.inertia.DENSE_LIMIT", 10)
    assert lowest_modes(hessian, 12).proof == "deflated conjugate gradients"


@pytest.mark.parametrize("limit", ["modes.LARGEST_FACTORED", "linear_solvers.inertia.DENSE_LIMIT"])
def test_modes_without_a_factor_are_the_same(hessian, monkeypatch, limit):
    """Too large for a factor, or no memory for one."""
    expected = lowest_modes(hessian, 12)
    monkeypatch.setattr("vitrify.statics.linear_solvers.pardiso.available_memory", lambda: 1000)
    monkeypatch.setattr(f"vitrify.statics.{limit}", 10)
    found = lowest_modes(hessian, 12)
    assert found.proof == "deflated conjugate gradients"
    np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=1e-10)
    below = modes_below(hessian, expected.counted_below)
    np.testing.assert_allclose(below.eigenvalues, expected.eigenvalues, rtol=1e-10)


def test_a_mode_that_is_missed_is_noticed(hessian, monkeypatch):
    from vitrify.statics import modes

    whole = modes._filtered_lanczos

    def forgetful(hessian, operator, cut, number):
        return tuple(np.delete(x, 2, axis=0) for x in whole(hessian, operator, cut, number + 1))

    monkeypatch.setattr(modes, "_filtered_lanczos", forgetful)
    with pytest.raises(SampleFailure, match=r"modes were found, but .* lie below"):
        lowest_modes(hessian, 12)


def test_saddles_and_rattlers_are_told_in_a_sentence():
    with pytest.raises(SampleFailure, match="zero modes|saddle"):
        lowest_modes(Hessian(Pairs.of(saddle())), 10)
    with pytest.raises(SampleFailure, match="6 zero modes where a solid has 3: 1 particles have at most 3 neighbours"):
        lowest_modes(Hessian(Pairs.of(rattler())), 10)
    with pytest.raises(SampleFailure, match="not a minimum|saddle"):
        require_minimum(Hessian(Pairs.of(saddle())))


def test_participation_ratio_in_closed_form():
    one, everyone = np.zeros((10, 3)), np.ones((10, 3))
    one[3, 1] = 2.0
    assert participation_ratio(one) == pytest.approx(0.1)
    assert participation_ratio(everyone) == pytest.approx(1.0)


def test_responses_are_those_of_the_pseudo_inverse(hessian, dense):
    right = np.random.default_rng(0).normal(size=(70, hessian.pairs.n_particles, 3))
    right -= right.mean(axis=1, keepdims=True)
    inverse = np.linalg.pinv(dense, rcond=1e-10, hermitian=True)
    expected = (right.reshape(70, -1) @ inverse).reshape(right.shape)
    np.testing.assert_allclose(hessian.response(right, tolerance=1e-12), expected, atol=1e-8 * np.abs(expected).max())


def test_a_factor_too_large_for_memory_gives_way(hessian, monkeypatch):
    monkeypatch.setattr("vitrify.statics.linear_solvers.pardiso.available_memory", lambda: 1000)
    monkeypatch.setattr("vitrify.statics.linear_solvers.inertia.DENSE_LIMIT", 10)
    with pytest.raises(SampleFailure, match="does not fit in memory"):
        count_below(hessian.matrix(), 1.0)


def test_dipole_response_is_normalised_and_soft_bonds_are_soft(hessian, dense):
    pairs = hessian.pairs
    inverse = np.linalg.pinv(dense, rcond=1e-10, hermitian=True)
    every = bonds(pairs)
    z = next(responses(hessian, every[:1]))
    raw = inverse @ dipole_force(pairs, every[0], pairs.n_particles).ravel()
    np.testing.assert_allclose(z.ravel(), raw / np.linalg.norm(raw), atol=1e-8)
    all_soft = np.array([stiffness(pairs, x) for x in responses(hessian, every)])
    chosen = [stiffness(pairs, x) for x in responses(hessian, softest_bonds(hessian, 24).bonds)]
    assert min(chosen) == pytest.approx(all_soft.min(), rel=0.2)  # of all pairs, without a solve for each


def test_decay_is_the_median_of_a_plain_loop(pss_glass, hessian):
    pairs, every = hessian.pairs, bonds(hessian.pairs)
    chosen = every[[5, 300]]
    found = decay(hessian, pss_glass.spacing, chosen)
    half = 0.5 * np.log10(found.distance[1] / found.distance[0])
    total = np.zeros(len(found.distance))
    for bond, z in zip(chosen, responses(hessian, chosen, tolerance=DECAY_TO), strict=True):
        home = pss_glass.positions[pairs.source[bond]] + 0.5 * pairs.r_pd[bond]
        values = {}
        for k in every:
            i, j = pairs.source[k], pairs.target[k]
            away = pss_glass.positions[i] + 0.5 * pairs.r_pd[k] - home
            away -= pss_glass.box * np.rint(away / pss_glass.box)
            r = np.linalg.norm(away)
            if 0 < r < 0.5 * pss_glass.box:
                b = int(np.argmin(np.abs(np.log10(found.distance) - np.log10(r / pss_glass.spacing))))
                if abs(np.log10(found.distance[b]) - np.log10(r / pss_glass.spacing)) < half:
                    values.setdefault(b, []).append(float((z[j] - z[i]) @ pairs.r_pd[k] / pairs.distance[k]) ** 2)
        for b, inside in values.items():
            total[b] += np.median(inside)
    known = found.dipoles == 2
    assert known.sum() > 5
    np.testing.assert_allclose(found.median[known], total[known] / 2, rtol=1e-9)


def test_kernel_polynomials_count_as_the_dense_spectrum(hessian, dense):
    spectrum = np.linalg.eigvalsh(dense)
    operator = ChebyshevOperator(hessian)
    assert spectrum[-1] <= operator.largest <= 1.5 * spectrum[-1]
    found = spectral_density(operator, n_moments=512, n_vectors=64)
    assert found.moments[0] == pytest.approx(1.0)
    assert found.moments[1] == pytest.approx(np.mean(2 * spectrum / operator.largest - 1), abs=0.01)
    for part in (0.1, 0.3, 0.6, 0.9):
        cut = np.quantile(spectrum, part)
        assert found.cumulative(cut) == pytest.approx(np.mean(spectrum < cut), abs=0.01)
    omega, density = found.frequency_density()
    assert np.trapezoid(density, omega) == pytest.approx(3.0, rel=1e-3)
