"""Moduli and modes of many glasses at once against one glass alone; and their bodies in numba-cuda's simulator."""

from dataclasses import replace

import numpy as np
import pytest

from crystals import rattler, saddle
from samples import make
from simulated import assert_same
from vitrify.backends import backend
from vitrify.backends.threads import set_threads
from vitrify.cell import Cell
from vitrify.errors import SampleFailure
from vitrify.observables import elasticity
from vitrify.observables.elasticity import STRAINS, elasticities
from vitrify.observables.modes import low_frequency_modes, low_frequency_modes_of
from vitrify.statics import BULK, SHEAR_XY, Hessian, Pairs, bulk_modulus, modes, strain_modulus, subspace_iteration
from vitrify.statics.chebyshev import ChebyshevOperator, ChebyshevOperators
from vitrify.statics.hessians import Hessians
from vitrify.statics.modes import Modes, lowest_modes, modes_of
from vitrify.statics.strain import strain_force
from vitrify.statics.subspace_iteration import RitzPairs, SubspaceIteration

NUMBER, BLOCK = 12, 24


@pytest.fixture(scope="module")
def glasses(pss_glass):
    """Of several families, so of several sizes of spectrum."""
    return [pss_glass, make("hertzian"), make("lennard_jones")]


@pytest.fixture(scope="module")
def displaced(pss_glass):
    """No inherent state: some of its curvatures are negative."""
    noise = np.random.default_rng(0).normal(scale=0.12, size=pss_glass.positions.shape)
    return replace(pss_glass, positions=pss_glass.positions + noise)


@pytest.fixture(params=[1, 3])
def threads(request):
    set_threads(request.param)
    yield request.param
    set_threads(None)


@pytest.fixture
def never_alone(monkeypatch):
    """The way of one glass alone is shut, so that nothing is compared with itself."""

    def shut(*_):
        raise AssertionError("was done alone")

    monkeypatch.setattr(modes, "lowest_modes", shut)
    monkeypatch.setattr(modes, "modes_below", shut)


def side_by_side(glasses):
    """Their moduli, all found at once."""
    return elasticities(glasses, backend(), side_by_side=len(glasses))


def by_subspaces(glasses, number=NUMBER):
    return modes_of([Hessian(Pairs.of(x)) for x in glasses], backend(), number=number, block=BLOCK)


def pair_blocks(pairs):
    """(p, 3, 3) 2 φ_s 1 + 4 φ_ss r⊗r."""
    outer = np.einsum("pa,pb->pab", pairs.r_pd, pairs.r_pd)
    return 2 * pairs.terms[1][:, None, None] * np.eye(3) + 4 * pairs.terms[2][:, None, None] * outer


def test_moduli_are_those_of_each_glass_alone_to_the_last_bit(glasses):
    for glass, found, one in zip(glasses, side_by_side(glasses), elasticities(glasses, backend()), strict=True):
        expected = elasticity(glass)
        assert list(found) == list(expected)
        assert found == one == expected
        assert [type(x) for x in found.values()] == [type(x) for x in expected.values()]


def test_moduli_are_those_of_a_dense_solve(glasses):
    """NumPy throughout: blocks, strain forces, and M⁺ from the dense matrix."""
    for glass in glasses:
        pairs = Pairs.of(glass)
        inverse = np.linalg.pinv(Hessian(pairs).matrix().toarray(), rcond=1e-10, hermitian=True)
        expected = []
        for strain in STRAINS[3]:
            affine = pairs.r_pd @ strain.T
            pull = np.einsum("pab,pb->pa", pair_blocks(pairs), affine)
            force = -pairs.sum_to_particles(pull)
            np.testing.assert_allclose(strain_force(pairs, strain), force, atol=1e-11 * np.abs(force).max())
            response = (inverse @ force.ravel()).reshape(-1, 3)
            expected.append((0.5 * np.vdot(affine, pull) - np.vdot(force, response)) / pairs.volume)
            if strain is SHEAR_XY:
                assert strain_modulus(pairs, strain, response).value == pytest.approx(expected[0], rel=1e-9)
            if strain is BULK:
                bulk = bulk_modulus(pairs, response).value
        slope = 0.5 * np.sum(pairs.slope * pairs.distance) / pairs.volume
        found = elasticity(glass)
        assert found["shear_modulus"] == pytest.approx(expected[0], rel=1e-8)
        assert found["shear_modulus_yz"] == pytest.approx(expected[2], rel=1e-8)
        assert found["bulk_modulus"] == pytest.approx((expected[3] - 2 * slope) / 9, rel=1e-8)
        assert found["bulk_modulus"] == pytest.approx(bulk, rel=1e-8)


def test_modes_are_those_of_each_glass_alone(glasses, never_alone):
    for glass, found in zip(glasses, by_subspaces(glasses), strict=True):
        hessian = Hessian(Pairs.of(glass))
        expected = lowest_modes(hessian, NUMBER)
        _compare(hessian, found, expected)
        assert found.counted_below == pytest.approx(expected.counted_below, rel=0.1)


def test_modes_below_a_number_of_each_glass(glasses, never_alone):
    """Each glass with a number of its own, so that different numbers of modes go side by side."""
    each = [Hessian(Pairs.of(x)) for x in glasses]
    spectra = [np.linalg.eigvalsh(x.matrix().toarray())[3:] for x in each]
    below = [float(spectrum[k : k + 2].mean()) for spectrum, k in zip(spectra, (4, 11, 7), strict=True)]
    for hessian, found, edge in zip(each, modes_of(each, backend(), below=below, block=BLOCK), below, strict=True):
        _compare(hessian, found, MODES_BELOW(hessian, edge))
        assert found.counted_below == edge


MODES_BELOW = modes.modes_below


def _compare(hessian, found, expected):
    number = len(expected.eigenvalues)
    np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=1e-8)
    assert found.proof == "inertia"
    rows = found.vectors.reshape(number, -1)
    np.testing.assert_allclose(rows @ rows.T, np.eye(number), atol=1e-10)
    np.testing.assert_allclose(found.vectors.sum(axis=1), 0.0, atol=1e-10)
    rest = np.linalg.norm(rows @ hessian.matrix() - found.eigenvalues[:, None] * rows, axis=1)
    assert rest.max() < 1e-9 * found.eigenvalues[-1]
    np.testing.assert_allclose(found.residuals, rest, atol=1e-11 * found.eigenvalues[-1])


def test_the_observable_of_many_is_that_of_each(glasses):
    below = low_frequency_modes_of(glasses[:2], backend(), below=1.5)
    for glass, (found, first) in zip(glasses, below, strict=False):
        expected, same = low_frequency_modes(glass, below=1.5)
        assert first == same
        np.testing.assert_array_equal(found.eigenvalues, expected.eigenvalues)


def test_results_do_not_depend_on_the_others_nor_on_threads(glasses, threads):
    """Bit for bit, alone in one thread or last of three."""
    others = side_by_side(glasses), by_subspaces(glasses)
    set_threads(1)
    alone = side_by_side(glasses[2:]), by_subspaces(glasses[2:])
    assert others[0][2] == alone[0][0]
    for name in ("eigenvalues", "vectors", "residuals", "counted_below"):
        np.testing.assert_array_equal(getattr(others[1][2], name), getattr(alone[1][0], name))


def test_a_big_glass_does_not_depend_on_threads(pss_glass, monkeypatch):
    """What is shared out among threads: in this test a small glass counts as big."""
    monkeypatch.setattr("vitrify.backends.program.BIG", 100)
    monkeypatch.setattr("vitrify.backends.program.CHUNK", 16)
    found = []
    for number in (1, 3):
        set_threads(number)
        found.append(elasticity(pss_glass))
    set_threads(None)
    assert found[0] == found[1]
    monkeypatch.undo()
    assert found[0] == pytest.approx(elasticity(pss_glass), rel=1e-8)


def test_what_is_no_minimum_is_told_and_does_not_spoil_the_others(glasses, displaced):
    batch = [saddle(), glasses[0], rattler(), displaced, glasses[1]]
    moduli, found = side_by_side(batch), by_subspaces(batch)
    sound = [glasses[0], glasses[1]]
    assert [moduli[1], moduli[4]] == side_by_side(sound)
    for mine, alone in zip((found[1], found[4]), by_subspaces(sound), strict=True):
        np.testing.assert_array_equal(mine.eigenvalues, alone.eigenvalues)
        np.testing.assert_array_equal(mine.vectors, alone.vectors)
    assert isinstance(moduli[0], SampleFailure)
    assert moduli[2] == elasticity(rattler())
    assert moduli[2]["zero_modes"] == 6
    assert isinstance(moduli[3], SampleFailure)
    for failure, sentence in zip((found[0], found[2], found[3]), ("zero modes", "6 zero modes", "saddle"), strict=True):
        assert isinstance(failure, SampleFailure)
        assert sentence in str(failure)


def test_a_mode_that_is_missed_is_noticed(glasses, monkeypatch):
    whole = modes.lowest_ritz_pairs

    def forgetful(together, numbers, block):
        return {
            s: RitzPairs(*(np.delete(a, 2, axis=0) for a in (x.eigenvalues, x.vectors, x.residuals)))
            for s, x in whole(together, numbers + 1, block).items()
        }

    monkeypatch.setattr(modes, "lowest_ritz_pairs", forgetful)
    alone = []
    monkeypatch.setattr(
        modes, "lowest_modes", lambda hessian, number: alone.append(number) or lowest_modes(hessian, number)
    )
    found = by_subspaces(glasses[:1])
    assert alone == [NUMBER]
    np.testing.assert_array_equal(found[0].eigenvalues, lowest_modes(Hessian(Pairs.of(glasses[0])), NUMBER).eigenvalues)


def test_what_does_not_converge_or_does_not_fit_is_done_alone(glasses, monkeypatch):
    each = [Hessian(Pairs.of(x)) for x in glasses]
    expected = lowest_modes(each[0], 470)
    (found,) = modes_of(each[:1], backend(), number=470, block=712)  # a subspace larger than the space
    np.testing.assert_array_equal(found.eigenvalues, expected.eigenvalues)
    monkeypatch.setattr(subspace_iteration, "ROUNDS", 2)
    found = by_subspaces(glasses)
    assert all(isinstance(x, Modes) and x.proof == "dense matrix" for x in found)
    assert side_by_side([]) == by_subspaces([]) == low_frequency_modes_of([], backend()) == []


def test_bounds_and_filters_are_those_of_one_glass(glasses):
    """Degrees odd and even side by side; the filter is that of the dense matrix."""
    each = [Hessian(Pairs.of(x)) for x in glasses]
    together, operators = Hessians([x.pairs for x in each], backend()), [ChebyshevOperator(x) for x in each]
    many = ChebyshevOperators(together)
    np.testing.assert_array_equal(many.largest, [x.largest for x in operators])
    cut, degree = np.array([0.01, 0.02, 0.04]) * many.largest, np.array([21, 8, 33])
    rows = [np.random.default_rng(s).normal(size=(8, x.pairs.n_particles, 3)) for s, x in enumerate(each)]
    x = together.put(rows)
    many.filter(x, together.zeros(*x.shape), cut, degree)
    for s, (hessian, found) in enumerate(zip(each, together.get(x, 8), strict=True)):
        flat = rows[s].reshape(8, -1)
        np.testing.assert_array_equal(found.reshape(8, -1), operators[s].filter(flat, cut[s], int(degree[s])))
        values, vectors = np.linalg.eigh(hessian.matrix().toarray())
        place = (many.largest[s] + cut[s] - 2 * values) / (many.largest[s] - cut[s])
        chebyshev = np.polynomial.chebyshev.Chebyshev.basis(int(degree[s]))
        top = chebyshev((many.largest[s] + cut[s]) / (many.largest[s] - cut[s]))
        expected = (flat @ vectors * (chebyshev(place) / top)) @ vectors.T
        np.testing.assert_allclose(found.reshape(8, -1), expected, atol=1e-9)


def test_blocks_are_inverted_as_by_numpy(glasses):
    """With a particle that meets nothing, and two on a single spring, whose blocks cannot be inverted."""
    spring = Pairs(
        2, Cell.of(1.0, 3), np.zeros((2, 3)), np.array([0, 1, 2]), np.array([1, 0]), np.array([[0.6, 0, 0.8], [-0.6, 0, -0.8]]),
        np.array([[0.0] * 2, [0.0] * 2, [2.5] * 2, [0.0] * 2, [0.0] * 2]),
    )  # fmt: skip
    samples = [Pairs.of(rattler()), spring, Pairs.of(glasses[0])]
    diagonal, inverse = Hessians(samples, backend()).on_blocks
    blocks = np.concatenate([x.sum_to_particles(pair_blocks(x)) for x in samples])
    np.testing.assert_allclose(diagonal, blocks, rtol=1e-12, atol=1e-13 * np.abs(blocks).max())
    expected = _inverse_blocks(blocks)
    np.testing.assert_allclose(inverse, expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max())


def _inverse_blocks(diagonal):
    """By LAPACK; 1 for a particle without neighbours, and 1 over its largest entry for a singular block."""
    floating = ~diagonal.any(axis=(1, 2))
    blocks = np.where(floating[:, None, None], np.eye(3), diagonal)
    largest = np.abs(blocks).max(axis=(1, 2))
    singular = np.abs(np.linalg.det(blocks)) < 1e-12 * largest**3
    return np.linalg.inv(np.where(singular[:, None, None], np.eye(3) * largest[:, None, None], blocks))


def test_a_solved_column_rests_while_others_go_on(glasses):
    """Each column is solved as by one glass alone, to the last bit, and to the digits of a dense solve."""
    samples = [Pairs.of(x) for x in glasses[:2]]
    right = np.random.default_rng(2).normal(size=(2, 8, 160, 3))
    right[:, 1] = 0.0
    right[:, 2] = [strain_force(x, SHEAR_XY) for x in samples]
    right -= right.mean(axis=2, keepdims=True)
    together = Hessians(samples, backend())
    x, solved, steps = together.solve(together.put(list(right)), tolerance=1e-6)
    assert (solved == 1.0).all()
    assert (steps > 10).all()
    for sample, b, mine in zip(samples, right, together.get(x, 8), strict=True):
        alone = Hessians([sample], backend())
        np.testing.assert_array_equal(mine, alone.get(alone.solve(alone.put([b]), tolerance=1e-6)[0], 8)[0])
        rest = (Hessian(sample).matrix() @ mine.reshape(8, -1).T).T.reshape(b.shape) - b
        assert (np.linalg.norm(rest, axis=(1, 2)) <= 2e-6 * np.linalg.norm(b, axis=(1, 2))).all()


def test_steps_have_an_end(glasses):
    together = Hessians([Pairs.of(x) for x in glasses[:2]], backend())
    b = together.put([np.random.default_rng(1).normal(size=(3, 160, 3)) for _ in range(2)])
    together.free(b)
    _, solved, steps = together.solve(b, tolerance=1e-10, max_steps=5)
    np.testing.assert_array_equal(steps, [5, 5])
    assert (solved[:, :3] == 0.0).all()


def test_samples_that_rest_are_left_as_they_are(glasses):
    together = Hessians([Pairs.of(x) for x in glasses], backend())
    x = together.put([np.random.default_rng(1).normal(size=(8, 160, 3)) for _ in range(3)])
    y = together.zeros(*x.shape)
    together.let_go(np.array([1, 0, 1]))
    together.multiply(x, y)
    assert [bool(found.any()) for found in together.get(y, 8)] == [True, False, True]


def test_what_is_no_minimum_is_given_up_early(glasses):
    iteration = SubspaceIteration(Hessians([Pairs.of(x) for x in (saddle(), glasses[0])], backend()), BLOCK)
    for _ in range(6):
        iteration.filter()
        iteration.rotate()
    assert iteration.active.tolist() == [0, 1]


def test_particles_that_do_not_interact_are_told():
    grid = saddle()
    gas = replace(grid, positions=3.0 * grid.positions, box=3.0 * grid.box)
    (found,) = by_subspaces([gas])
    with pytest.raises(SampleFailure) as alone:
        lowest_modes(Hessian(Pairs.of(gas)), NUMBER)
    assert str(found) == str(alone.value)


SIMULATE = """
import numpy as np
from vitrify.backends import backend
from vitrify.backends.gpu import Gpu
from vitrify.models.catalogue import parse
from vitrify.preparation import Recipe, prepare_glass
from vitrify.statics import Pairs, SHEAR_XY
from vitrify.statics.chebyshev import ChebyshevOperators
from vitrify.statics.hessians import Hessians

def glass(seed):
    return prepare_glass(
        parse("pss(rc=1.2)"), n_particles=40, density=0.6, parent_temperature=6.0,
        rng=np.random.default_rng(seed), recipe=Recipe(melt_msd=1.0),
    )

samples = [Pairs.of(glass(seed)) for seed in (3, 4)]
force = np.random.default_rng(0).normal(size=(2, 1, 40, 3))
space = np.random.default_rng(1).normal(size=(2, 8, 40, 3))

def results(machine):
    on = Hessians(samples, machine)
    for blocks in on.on_blocks:
        yield machine.get(blocks)
    right = on.put(list(force))
    yield on.strain(SHEAR_XY[None], right)[:, :, :1]
    on.free(right)
    yield np.array(on.get(right, 1))
    x, solved, steps = on.solve(right, tolerance=1e-10, max_steps=12)
    yield np.array(on.get(x, 1))
    yield solved[:, :1]
    yield steps
    many = ChebyshevOperators(on)
    yield many.largest
    x, y, turned = on.put(list(space)), on.zeros(80, 3, 8), on.zeros(80, 3, 8)
    yield many.moments(on.put(list(space)), y, 7)
    many.filter(x, y, np.array([600.0, 700.0]), np.array([5, 4]))
    yield np.array(on.get(x, 8))
    on.multiply(x, y)
    overlaps = on.overlaps(x, y)
    yield overlaps
    on.rotate(overlaps[:, 0].copy(), x, turned)
    yield np.array(on.get(turned, 8))
    yield on.residuals(space[:, :, 0, 0].copy(), x, y)
    yield np.array(on.products(x, y))

with np.errstate(all="ignore"):
    for expected, found in zip(results(backend()), results(Gpu()), strict=True):
        assert np.abs(expected).max() > 0.0 or not found.any()
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())
print("same")
"""


def test_the_bodies_run_as_cuda_device_functions():
    assert_same(SIMULATE)
