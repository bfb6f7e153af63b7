"""Pairs, moduli and modes in cells of any shape: the same arrangement described in another cell, crystals whose moduli are
known in closed form, and finite strain."""

import numpy as np
import pytest

from cells import MINIMUM, PSS, SHEARED, SPRING, copies, fcc, in_cell, primitive, relaxed, tilted
from samples import pair_scales
from vitrify.backends.threads import set_threads
from vitrify.batch import least_height
from vitrify.contacts import Contacts
from vitrify.errors import UsageError
from vitrify.glass import Glass, range_of
from vitrify.models.catalogue import parse
from vitrify.observables import dipole_decay, low_frequency_modes, mechanics, quasilocalised_mode, radial_distribution
from vitrify.observables.elasticity import elasticity
from vitrify.preparation import quench_glass
from vitrify.statics import Hessian, Pairs
from vitrify.statics.dipoles import bonds
from vitrify.statics.linear_solvers.inertia import count_below


def sorted_rows(pairs):
    """Each pair as i, j and its vector, in an order that rounding does not change."""
    rows = np.column_stack([pairs.source, pairs.target, np.round(pairs.r_pd, 6)])
    order = np.lexsort(rows.T[::-1])
    return pairs.source[order], pairs.target[order], pairs.r_pd[order], pairs.terms[:, order]


def assert_same_numbers(one, other, rel=1e-11, names=None):
    for name in names or one:
        assert other[name] == pytest.approx(one[name], rel=rel, abs=1e-13), name


MODULI = ("shear_modulus", "shear_modulus_xz", "shear_modulus_yz", "shear_modulus_affine", "bulk_modulus")


@pytest.mark.parametrize("times", [(1, 1, 1), (2, 2, 2)], ids=["images", "lists"])
def test_a_glass_is_the_same_in_a_sheared_cell(pss_glass, times):
    cubic = copies(pss_glass, times)
    sheared = in_cell(cubic, SHEARED)
    assert not sheared.cell.is_orthogonal
    assert sheared.volume == pytest.approx(cubic.volume, rel=1e-13)
    one, other = Pairs.of(cubic), Pairs.of(sheared)
    for x, y in zip(sorted_rows(one), sorted_rows(other), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-12 * np.abs(x).max())
    np.testing.assert_array_equal(other.r_pd[other.source < other.target].shape, (len(bonds(one)), 3))
    assert_same_numbers(elasticity(cubic), elasticity(sheared), rel=1e-9)
    assert_same_numbers(mechanics(cubic), mechanics(sheared), names=("energy_per_particle", "pressure", "stickiness"))
    if times == (1, 1, 1):
        modes, expected = (low_frequency_modes(x, number=12)[0] for x in (sheared, cubic))
        np.testing.assert_allclose(modes.eigenvalues, expected.eigenvalues, rtol=1e-10)
        overlap = np.abs(np.einsum("kid,kid->k", modes.vectors, expected.vectors))
        np.testing.assert_allclose(overlap, 1.0, atol=1e-8)
        soft, known = quasilocalised_mode(sheared).values, quasilocalised_mode(cubic).values
        assert_same_numbers(known, soft, rel=1e-7, names=("frequency", "quartic", "dilation_over_shear", "k_plus"))
        g, known_g = radial_distribution(sheared).g, radial_distribution(cubic).g
        near = np.isfinite(g["AB"])
        assert near.any()
        np.testing.assert_allclose(g["AB"][near], known_g["AB"][near])


@pytest.mark.parametrize("times", [(1, 1, 1), (2, 2, 2)], ids=["images", "lists"])
@pytest.mark.parametrize("name", ["kob_andersen", "polydisperse"])
def test_mixtures_are_the_same_in_a_sheared_cell(name, times, made):
    """Energies of pairs and sizes go with the particles, in lists and in copies of a small cell."""
    cubic = copies(made(name), times)
    sheared = in_cell(cubic, SHEARED)
    small = sheared.cell.heights.min() < least_height(
        sheared.cell, range_of(cubic.species, cubic.sizes, cubic.model), cubic.model
    )
    assert small == (times == (1, 1, 1))
    for x, y in zip(sorted_rows(Pairs.of(cubic)), sorted_rows(Pairs.of(sheared)), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-12 * np.abs(x).max())
    assert_same_numbers(elasticity(cubic), elasticity(sheared), rel=1e-9)
    assert_same_numbers(mechanics(cubic), mechanics(sheared), names=("energy_per_particle", "pressure", "stickiness"))
    for key, known in radial_distribution(cubic).g.items():
        g = radial_distribution(sheared).g[key]
        near = np.isfinite(g)
        assert near.any()
        np.testing.assert_allclose(g[near], known[near])


@pytest.mark.parametrize("times", [(1, 1, 1), (2, 2, 2)], ids=["images", "lists"])
@pytest.mark.parametrize("mixture", [
    "[0.5:0.25:0.25; lengths 1,0.9,1.1,1,0.8,1.2; energies 1,1.5,2,0.5,1,0.7; cutoffs 2,1.5,1.3,2,1.8,1.9]",
    "[sizes discrete 0.8,1,1.2; nonadditivity 0.3]",
], ids=["cutoffs", "sizes"])  # fmt: skip
def test_pairs_end_where_they_end_in_a_cube(mixture, times):
    """Pairs of a disordered arrangement, found without a list: within the cutoff of their own."""
    model, rng, n = parse(f"lennard_jones(rc=2.0) {mixture}"), np.random.default_rng(3), 216
    grid = np.array(list(np.ndindex(6, 6, 6)))[rng.permutation(n)]
    species, sizes = np.arange(n) % model.mixture.n_species, model.mixture.sizes
    glass = Glass(grid + 0.2 * rng.random((n, 3)), 6.0, species, model, sizes=sizes and sizes.draw(n, rng))
    glass = copies(glass, times)
    i, j = np.divmod(np.arange(glass.n_particles**2), glass.n_particles)
    away = glass.cell.nearest(glass.positions[j] - glass.positions[i])
    kinds = range(model.mixture.n_species)
    cutoff = np.array([[model.reduced_cutoff(a, b) for b in kinds] for a in kinds])[glass.species[i], glass.species[j]]
    length, _ = pair_scales(model.mixture, glass.species, glass.sizes, i, j)
    met = (np.linalg.norm(away, axis=1) < cutoff * length) & (i != j)
    assert met.sum() > 10 * glass.n_particles
    for one in (glass, in_cell(glass, SHEARED)):
        source, target, r_pd, _ = sorted_rows(Pairs.of(one))
        assert np.array_equal(source * glass.n_particles + target, np.flatnonzero(met))
        np.testing.assert_allclose(r_pd, away[met], atol=1e-12)


def test_vectors_of_a_sheared_cell_are_opposite_to_the_last_bit(pss_glass):
    for glass in (in_cell(pss_glass, SHEARED), in_cell(copies(pss_glass, (2, 2, 2)), SHEARED), fcc((1, 1, 1))):
        pairs = Pairs.of(glass)
        matrix = Hessian(pairs).matrix().toarray()
        np.testing.assert_array_equal(matrix, matrix.T)
        assert {tuple(x) for x in pairs.r_pd} == {tuple(-x) for x in pairs.r_pd}


def test_dipole_responses_in_a_sheared_cell(pss_glass):
    """c(r) of the same bonds: in the cube it reaches further, half the least height being shorter in the sheared cell."""
    cubic = copies(pss_glass, (2, 2, 2))
    one, other = dipole_decay(cubic, number=4), dipole_decay(in_cell(cubic, SHEARED), number=4)
    both = np.isfinite(other.each)
    assert both.any()
    np.testing.assert_allclose(other.each[both], one.each[both], rtol=1e-4)


@pytest.mark.parametrize("glass", [fcc((1, 1, 1)), fcc((2, 2, 2)), fcc((1, 1, 4)), primitive(), copies(primitive(), (5, 4, 3))],
                         ids=["4", "32", "rod", "1", "60"])  # fmt: skip
def test_the_moduli_of_an_fcc_crystal_of_springs(glass):
    """C11 = √2 k/a and C12 = C44 = k/(√2 a), whatever the cell; K is (C11 + 2 C12)/3."""
    found = elasticity(glass)
    assert found["bulk_modulus"] == pytest.approx(2.0 * np.sqrt(2.0) / 3.0 * SPRING / MINIMUM, rel=1e-9)
    if glass.cell.is_orthogonal:
        for name in MODULI[:4]:
            assert found[name] == pytest.approx(SPRING / (np.sqrt(2.0) * MINIMUM), rel=1e-9)
    assert (found["zero_modes"], found["is_minimum"]) == (3, True)
    forces = mechanics(glass)
    assert (forces["coordination"], forces["min_coordination"]) == (12.0, 12.0)
    assert forces["energy_per_particle"] == pytest.approx(
        6.0 * PSS.potential.evaluate(np.array([MINIMUM**2]))[0][0], rel=1e-9
    )
    assert Contacts.of(glass).spans


def test_a_small_crystal_under_pressure_is_a_large_one():
    """With stress, where every pair's force counts as well."""
    small, large = fcc((1, 1, 1), 0.97 * MINIMUM), fcc((5, 5, 5), 0.97 * MINIMUM)
    assert Pairs.of(small).isolated.sum() == 0
    assert_same_numbers(elasticity(large), elasticity(small), names=MODULI)
    assert_same_numbers(mechanics(large), mechanics(small), names=("energy_per_particle", "pressure", "p_over_p0"))


def test_the_modes_of_a_small_crystal_are_those_of_a_large_one_that_have_its_period():
    small = np.linalg.eigvalsh(Hessian(Pairs.of(fcc((2, 1, 1)))).matrix().toarray())
    large = np.linalg.eigvalsh(Hessian(Pairs.of(fcc((4, 3, 3)))).matrix().toarray())
    assert all(np.abs(large - x).min() < 1e-10 * large[-1] for x in small)


def test_modes_of_a_small_crystal_are_counted():
    """Blocks of several images of one particle stand in one place of the matrix."""
    matrix = Hessian(Pairs.of(fcc((2, 1, 1)))).matrix()
    values = np.linalg.eigvalsh(matrix.toarray())
    for cut in (-1.0, 1.0, float(np.median(values)) + 1e-3, 2.0 * values[-1]):
        assert count_below(matrix, cut) == int(np.sum(values < cut))


def test_a_small_cell_is_measured_but_not_made(pss_glass):
    for glass in (fcc((1, 1, 1)), primitive(), in_cell(pss_glass, SHEARED)):
        assert elasticity(glass)["is_minimum"]
        with pytest.raises(UsageError, match="twice the cutoff") as caught:
            quench_glass(glass)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("apart", [True, False])
def test_what_spans_the_cell(apart):
    """A row of particles along one axis of a tilted cell touches its image; with a gap it floats."""
    n = 5
    cell = np.array([[n * MINIMUM + apart, 0, 0], [2.0, 9.0, 0], [-3.0, 1.0, 9.0]])
    row = np.arange(n)[:, None] * np.array([[MINIMUM, 0, 0]])
    tube = np.concatenate([row + MINIMUM * np.array([0.5 * k, np.sqrt(3) / 2 * k, 0]) for k in (0, 1)])
    tube = np.concatenate((tube, tube + MINIMUM * np.array([0.5, 1 / np.sqrt(12), np.sqrt(2 / 3)])))
    contacts = Contacts.of(Glass(tube, cell, np.zeros(len(tube)), PSS))
    assert contacts.spans == (not apart)


def stress(glass):
    """σ_ab = (1/V) Σ φ'/r r_a r_b over pairs."""
    pairs = Pairs.of(glass)
    return np.einsum("p,pa,pb->ab", pairs.terms[1], pairs.r_pd, pairs.r_pd) / pairs.volume


def test_moduli_of_a_tilted_glass_by_finite_strain(pss_glass):
    """A strain is a new cell: G from the shear stress, K from the pressure, after re-minimisation."""
    glass, step = tilted(pss_glass), 1e-6
    found = elasticity(glass)
    for name, (a, b) in {"shear_modulus": (0, 1), "shear_modulus_xz": (0, 2), "shear_modulus_yz": (1, 2)}.items():
        gradient = np.zeros((3, 3))
        gradient[a, b] = step
        ends = [stress(relaxed(glass.strained(sign * gradient)))[a, b] for sign in (1, -1)]
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(found[name], rel=2e-5)
    ends = [-np.trace(stress(relaxed(glass.strained(sign * step * np.eye(3))))) / 3 for sign in (1, -1)]
    assert -(ends[0] - ends[1]) / (6 * step) == pytest.approx(found["bulk_modulus"], rel=2e-5)
    assert found["shear_modulus_affine"] > 1.2 * found["shear_modulus"]


def test_lists_of_a_big_tilted_glass_do_not_depend_on_threads(pss_glass):
    big = in_cell(copies(pss_glass, (6, 6, 6)), SHEARED)
    found = []
    try:
        for number in (1, 2):
            set_threads(number)
            found.append(Pairs.of(big))
    finally:
        set_threads(None)
    assert np.array_equal(found[0].r_pd, found[1].r_pd)
    once = Pairs.of(pss_glass)
    assert len(found[0].target) == 216 * len(once.target)
    assert np.abs(found[0].forces()).max() < 1e-9
