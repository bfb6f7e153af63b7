"""Observables against closed forms and slow sums."""

from dataclasses import replace

import numpy as np
import pytest

from vitrify.errors import SampleFailure, UsageError
from vitrify.glass import Glass
from vitrify.models import Mixture, Model, catalogue
from vitrify.observables import elasticity, low_frequency_modes, measure, mechanics
from vitrify.observables.elasticity import poisson_ratio
from vitrify.statics import Hessian, Pairs
from vitrify.statics.linear_solvers import inertia
from vitrify.statics.linear_solvers.pardiso import INDEFINITE, PardisoFactor
from vitrify.statics.stability import stability

ONE_KIND = Mixture(composition=(1.0,), lengths=((1.0,),), masses=(1.0,), labels=("A",))


def fcc(spacing, cells=4):
    """Nearest neighbours `spacing` apart."""
    edge = spacing * np.sqrt(2)
    corner = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), -1).reshape(-1, 3)
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    return ((corner[:, None] + basis).reshape(-1, 3)) * edge, cells * edge


def test_fcc_of_nearest_neighbour_springs():
    """Unstressed fcc crystal of springs k at distance a: C44 = C12 = k/(a√2), C11 = 2 C44, so K = 4/3 C44, and nothing
    is nonaffine (a Bravais lattice). The minimum of φ_PSS is at x_min, k = φ''(x_min) = 57.15."""
    a = 2.0 ** (1 / 6)
    positions, box = fcc(a)
    model = Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND)
    found = measure(Glass(positions, box, np.zeros(len(positions)), model), force_tolerance=np.inf)
    stiffness = 72.0 * 2 ** (-1 / 3)  # φ''(x_min) of 4(x⁻¹² − x⁻⁶)
    expected = stiffness / (a * np.sqrt(2))
    assert found.shear_modulus == pytest.approx(expected, rel=1e-9)
    assert found.shear_modulus_affine == pytest.approx(expected, rel=1e-9)
    assert found.bulk_modulus == pytest.approx(4 / 3 * expected, rel=1e-9)
    assert found.coordination == found.min_coordination == 12
    assert found.energy_per_particle == pytest.approx(-6.0)
    assert found.pressure == pytest.approx(0.0, abs=1e-10)
    assert found.is_minimum


def test_pressure_of_a_compressed_fcc_crystal():
    a = 1.0
    positions, box = fcc(a)
    model = Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND)
    found = mechanics(Glass(positions, box, np.zeros(len(positions)), model))
    force = 24.0 * (2 - 1)  # −φ'(1) of Lennard-Jones
    assert found["pressure"] == pytest.approx(len(positions) * 6 * force * a / (3 * box**3), rel=1e-12)
    assert str(found["pressure_negative"]) == "0.0"  # where nothing attracts, and not -0.0
    assert found["p_over_p0"] == 1.0
    assert found["stickiness"] == 0.0


def test_stickiness_by_slow_sums(pss_glass):
    r = pss_glass.positions[None] - pss_glass.positions[:, None]
    r -= pss_glass.box * np.rint(r / pss_glass.box)
    lam = np.array(pss_glass.model.mixture.lengths)[pss_glass.species[:, None], pss_glass.species]
    distance = np.linalg.norm(r, axis=2) + 1e9 * np.eye(len(r))
    slope = 2 * distance / lam**2 * pss_glass.model.potential.evaluate((distance / lam).ravel() ** 2)[1].reshape(lam.shape)
    attraction, repulsion = np.maximum(slope.max(axis=1), 0), np.maximum((-slope).max(axis=1), 0)
    found = mechanics(pss_glass)
    assert found["stickiness"] == pytest.approx(attraction.mean() / repulsion.mean(), rel=1e-12)
    assert found["coordination"] == (distance < pss_glass.model.potential.cutoff * lam).sum(axis=1).mean()


def test_identities(glass):
    found = measure(glass)
    assert found.pressure == pytest.approx(found.pressure_positive - found.pressure_negative)
    assert found.poisson_ratio == pytest.approx((3 - 2 * found.g_over_k) / (6 + 2 * found.g_over_k))
    assert found.omega0 == pytest.approx(np.sqrt(found.shear_modulus / glass.density) / found.a0)
    assert poisson_ratio(0.0, 1.0) == 0.5
    pairs = Pairs.of(glass)
    assert np.array_equal(pairs.r_pd.sum(axis=0) < 1e-9, [True] * 3)
    assert np.bincount(pairs.target, minlength=glass.n_particles).tolist() == np.diff(pairs.start).tolist()


def test_a_solve_is_the_pseudo_inverse(pss_glass):
    hessian = Hessian(Pairs.of(pss_glass))
    right = np.random.default_rng(0).normal(size=(11, pss_glass.n_particles, 3))  # more than one block of eight
    found = hessian.solve(right, tolerance=1e-12)
    assert found.converged.all()
    inverse = np.linalg.pinv(hessian.matrix().toarray(), rcond=1e-10, hermitian=True)
    expected = (right - right.mean(axis=1, keepdims=True)).reshape(11, -1) @ inverse
    np.testing.assert_allclose(found.x_mid.reshape(11, -1), expected, rtol=1e-7, atol=1e-9 * np.abs(expected).max())


def saddle():
    """Square arrangement: a simple cubic crystal of PSS is no minimum."""
    grid = np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), -1).reshape(-1, 3) * 2.0 ** (1 / 6)
    return Glass(grid, 5 * 2.0 ** (1 / 6), np.zeros(125), Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND))


def test_saddles_and_floppy_states_are_seen():
    glass = saddle()
    matrix = Hessian(Pairs.of(glass)).matrix().toarray()
    spectrum = np.linalg.eigvalsh(matrix)
    found = stability(Hessian(Pairs.of(glass)), certified=False)
    assert found.zero_modes == int(np.sum(np.abs(spectrum) < 1e-8))
    assert found.negative_modes == int(np.sum(spectrum < -1e-8))
    assert not found.is_minimum
    assert found.zero_modes > 3  # rows of the cubic crystal slide freely


def test_a_rattler_adds_three_zero_modes():
    positions, box = fcc(2.0 ** (1 / 6), cells=5)
    near = np.linalg.norm(positions - positions[60] - box * np.rint((positions - positions[60]) / box), axis=1)
    caged = positions[(near == 0) | (near > 1.4)]  # one particle alone in a hole
    glass = Glass(caged, box, np.zeros(len(caged)), Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND))
    found = elasticity(glass)
    assert found["zero_modes"] == 6
    assert not found["is_minimum"]


@pytest.mark.parametrize("count", [lambda x: PardisoFactor(x, INDEFINITE).negative, inertia._dense])
def test_inertia_counts_eigenvalues(pss_glass, count):
    matrix = Hessian(Pairs.of(pss_glass)).matrix()
    spectrum = np.linalg.eigvalsh(matrix.toarray())
    for cut in (-1.0, 0.5 * spectrum[3], 0.5 * (spectrum[40] + spectrum[41])):
        from scipy import sparse

        shifted = sparse.csr_array(matrix - cut * sparse.eye_array(matrix.shape[0], format="csr"))
        assert count(shifted) == int(np.sum(spectrum < cut))


def test_out_of_equilibrium_is_refused(pss_glass):
    moved = pss_glass.positions.copy()
    moved[3] += 0.01
    with pytest.raises(SampleFailure, match="not at mechanical equilibrium"):
        measure(pss_glass.with_positions(moved))
    apart = Glass([[0, 0, 0], [5.0, 5, 5]], 10.0, [0, 1], catalogue.pss())
    with pytest.raises(SampleFailure, match="no two particles interact"):
        measure(apart)


def test_modes_are_those_of_unit_masses(pss_glass):
    heavy = replace(pss_glass.model.mixture, masses=(1.0, 2.0))
    glass = replace(pss_glass, model=replace(pss_glass.model, mixture=heavy))
    with pytest.raises(UsageError, match=r"masses is \[1.0, 2.0\], must be 1 for every species"):
        low_frequency_modes(glass, number=3)
