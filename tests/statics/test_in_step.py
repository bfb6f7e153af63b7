"""Moduli and modes of many glasses in step against one glass alone; and their bodies in numba-cuda's simulator."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from crystals import rattler, saddle
from samples import make
from vitrify.backends import backend
from vitrify.backends.threads import set_threads
from vitrify.cell import Cell
from vitrify.errors import SampleFailure
from vitrify.observables import elasticity
from vitrify.observables.in_step import moduli_in_step
from vitrify.statics import SHEAR_XY, Hessian, Pairs
from vitrify.statics.chebyshev import ChebyshevOperator
from vitrify.statics.in_step import PairsInStep, chebyshev, conjugate_gradients, modes, modes_in_step
from vitrify.statics.linear_solvers.block_jacobi_cg import inverse_blocks
from vitrify.statics.modes import Modes, lowest_modes
from vitrify.statics.strain import strain_force

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
    """The ways of one glass alone are shut, so that nothing is compared with itself."""

    def shut(*_):
        raise AssertionError("was done alone")

    monkeypatch.setattr("vitrify.observables.in_step.elasticity", shut)
    monkeypatch.setattr("vitrify.statics.in_step.modes.lowest_modes", shut)


def test_moduli_are_those_of_each_glass_alone(glasses, never_alone):
    for glass, found in zip(glasses, moduli_in_step(glasses, backend()), strict=True):
        expected = elasticity(glass)
        assert list(found) == list(expected)
        assert found == pytest.approx(expected, rel=1e-8)
        assert [type(x) for x in found.values()] == [type(x) for x in expected.values()]


def test_modes_are_those_of_each_glass_alone(glasses, never_alone):
    for glass, found in zip(glasses, modes_in_step(glasses, NUMBER, backend(), block=BLOCK), strict=True):
        hessian = Hessian(Pairs.of(glass))
        expected = lowest_modes(hessian, NUMBER)
        np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=1e-8)
        assert found.counted_below == pytest.approx(expected.counted_below, rel=0.1)
        assert found.proof == "inertia"
        rows = found.vectors.reshape(NUMBER, -1)
        np.testing.assert_allclose(rows @ rows.T, np.eye(NUMBER), atol=1e-10)
        np.testing.assert_allclose(found.vectors.sum(axis=1), 0.0, atol=1e-10)
        rest = np.linalg.norm(rows @ hessian.matrix() - found.eigenvalues[:, None] * rows, axis=1)
        assert rest.max() < 1e-9 * found.eigenvalues[-1]
        np.testing.assert_allclose(found.residuals, rest, atol=1e-11 * found.eigenvalues[-1])


def test_results_do_not_depend_on_the_others_nor_on_threads(glasses, threads):
    """Bit for bit, alone in one thread or last of three."""
    others = moduli_in_step(glasses, backend()), modes_in_step(glasses, NUMBER, backend(), block=BLOCK)
    set_threads(1)
    alone = moduli_in_step(glasses[2:], backend()), modes_in_step(glasses[2:], NUMBER, backend(), block=BLOCK)
    assert others[0][2] == alone[0][0]
    for name in ("eigenvalues", "vectors", "residuals", "counted_below"):
        np.testing.assert_array_equal(getattr(others[1][2], name), getattr(alone[1][0], name))


def test_what_is_no_minimum_is_told_and_does_not_spoil_the_others(glasses, displaced):
    batch = [saddle(), glasses[0], rattler(), displaced, glasses[1]]
    moduli, found = moduli_in_step(batch, backend()), modes_in_step(batch, NUMBER, backend(), block=BLOCK)
    sound = [glasses[0], glasses[1]]
    assert [moduli[1], moduli[4]] == moduli_in_step(sound, backend())
    for mine, alone in zip((found[1], found[4]), modes_in_step(sound, NUMBER, backend(), block=BLOCK), strict=True):
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
    whole = modes.subspaces_in_step

    def forgetful(*arguments):
        return {
            s: modes.Subspace(*(np.delete(a, 2, axis=0) for a in (x.eigenvalues, x.vectors, x.residuals)))
            for s, x in whole(*arguments).items()
        }

    monkeypatch.setattr(modes, "subspaces_in_step", lambda pairs, number, block: forgetful(pairs, number + 1, block))
    alone = []
    monkeypatch.setattr(
        modes, "lowest_modes", lambda hessian, number: alone.append(number) or lowest_modes(hessian, number)
    )
    found = modes_in_step(glasses[:1], NUMBER, backend(), block=BLOCK)
    assert alone == [NUMBER]
    np.testing.assert_array_equal(found[0].eigenvalues, lowest_modes(Hessian(Pairs.of(glasses[0])), NUMBER).eigenvalues)


def test_what_does_not_converge_or_does_not_fit_is_done_alone(glasses, monkeypatch):
    expected = [lowest_modes(Hessian(Pairs.of(x)), 470) for x in glasses[:1]]
    found = modes_in_step(glasses[:1], 470, backend())  # a subspace as large as the space
    np.testing.assert_array_equal(found[0].eigenvalues, expected[0].eigenvalues)
    monkeypatch.setattr(modes, "ROUNDS", 2)
    found = modes_in_step(glasses, NUMBER, backend(), block=BLOCK)
    assert all(isinstance(x, Modes) and x.proof == "dense matrix" for x in found)
    assert moduli_in_step([], backend()) == modes_in_step([], NUMBER, backend()) == []


def test_bounds_and_filters_are_those_of_one_glass(glasses):
    samples = [Pairs.of(x) for x in glasses]
    pairs, operators = PairsInStep(samples, backend()), [ChebyshevOperator(x) for x in samples]
    largest = chebyshev.largest_in_step(pairs)
    np.testing.assert_allclose(largest, [x.largest for x in operators], rtol=1e-10)
    cut = np.array([0.01, 0.02, 0.04]) * largest
    x = np.random.default_rng(0).normal(size=(pairs.n, 3, 8))
    rows = [x[a:b].transpose(2, 0, 1).reshape(8, -1) for a, b in zip(pairs.first[:-1], pairs.first[1:], strict=True)]
    expected = [
        o.filter(r, c, int(d)) for o, r, c, d in zip(operators, rows, cut, chebyshev._degrees(cut, largest), strict=True)
    ]
    chebyshev.filter_in_step(pairs, np.ones(3, dtype=np.int64), x, np.zeros_like(x), cut, largest)
    for a, b, rows_ in zip(pairs.first[:-1], pairs.first[1:], expected, strict=True):
        np.testing.assert_allclose(x[a:b].transpose(2, 0, 1).reshape(8, -1), rows_, atol=1e-12)


def test_blocks_are_inverted_as_by_one_glass_alone(glasses):
    """With a particle that meets nothing, and two on a single spring, whose blocks cannot be inverted."""
    spring = Pairs(
        2, Cell.of(1.0, 3), np.zeros((2, 3)), np.array([0, 1, 2]), np.array([1, 0]), np.array([[0.6, 0, 0.8], [-0.6, 0, -0.8]]),
        np.array([[0.0] * 2, [0.0] * 2, [2.5] * 2, [0.0] * 2, [0.0] * 2]),
    )  # fmt: skip
    samples = [Pairs.of(rattler()), spring, Pairs.of(glasses[0])]
    pairs = PairsInStep(samples, backend())
    found = np.zeros((pairs.n, 3, 3))
    pairs.launch.inverse_block(pairs.n, 1, pairs.on_pairs, found)
    expected = np.concatenate([inverse_blocks(Hessian(x).diagonal) for x in samples])
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max())


def test_a_solved_column_rests_while_others_go_on(glasses, monkeypatch):
    """Seldom looks change nothing; each column is solved as by one glass alone."""
    samples = [Pairs.of(x) for x in glasses[:2]]
    pairs, right = PairsInStep(samples, backend()), np.random.default_rng(2).normal(size=(320, 3, 8))
    right[:, :, 1] = 0.0
    right[:, :, 2] = np.concatenate([strain_force(x, SHEAR_XY) for x in samples])
    pairs.free(pairs.everyone(), right)
    found = []
    for look in (1, 50):
        monkeypatch.setattr(conjugate_gradients, "LOOK", look)
        x, solved = conjugate_gradients.solve_in_step(pairs, right, tolerance=1e-6)
        assert (solved == 1.0).all()
        found.append(x)
    np.testing.assert_array_equal(found[0], found[1])
    for s, sample in enumerate(samples):
        rows = slice(160 * s, 160 * (s + 1))
        expected = Hessian(sample).solve(right[rows].transpose(2, 0, 1), tolerance=1e-6).x_mid
        mine = found[0][rows].transpose(2, 0, 1)
        mine = mine - mine.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(mine, expected, atol=1e-10 * np.abs(expected).max())


def test_what_is_no_minimum_is_given_up_early(glasses):
    samples = [Pairs.of(x) for x in (saddle(), glasses[0])]
    iteration = modes.SubspaceIteration(PairsInStep(samples, backend()), BLOCK)
    for _ in range(6):
        iteration.filter()
        iteration.rotate()
    assert iteration.going.tolist() == [0, 1]


def test_particles_that_do_not_interact_are_told():
    grid = saddle()
    gas = replace(grid, positions=3.0 * grid.positions, box=3.0 * grid.box)
    (found,) = modes_in_step([gas], NUMBER, backend(), block=BLOCK)
    with pytest.raises(SampleFailure) as alone:
        lowest_modes(Hessian(Pairs.of(gas)), NUMBER)
    assert str(found) == str(alone.value)


SIMULATE = """
import numpy as np
from vitrify.backends import backend
from vitrify.backends.gpu import Gpu
from vitrify.model.catalogue import parse
from vitrify.observables.in_step import moduli_in_step
from vitrify.preparation import Recipe, make_glass
from vitrify.statics import Pairs, SHEAR_XY
from vitrify.statics.in_step import PairsInStep, chebyshev, solve_in_step

def glass(seed):
    return make_glass(
        parse("pss(rc=1.2)"), n_particles=40, density=0.6, parent_temperature=6.0,
        rng=np.random.default_rng(seed), recipe=Recipe(melt_msd=1.0),
    )

samples = [Pairs.of(glass(seed)) for seed in (3, 4)]
force = np.random.default_rng(0).normal(size=(80, 3, 1))
space = np.random.default_rng(1).normal(size=(80, 3, 8))

def results(machine):
    pairs = PairsInStep(samples, machine)
    busy, w = pairs.everyone(), pairs.width(1)
    right, strains, half = np.zeros((80, 3, w)), np.zeros((3, 3, w)), pairs.zeros(2, w)
    right[:, :, :1], strains[:, :, 0] = force, SHEAR_XY
    right = machine.put(right)
    pairs.launch.strain_force(*pairs.threads(80, w), pairs.on_pairs, machine.put(strains), right, half)
    pairs.free(busy, right)
    yield machine.get(right)[:, :, 0]
    yield machine.get(half)[:, :, 0]
    x, solved = solve_in_step(pairs, right, tolerance=1e-10, max_steps=12)
    yield machine.get(x)[:, :, 0]
    yield solved[:, 0]
    yield chebyshev.largest_in_step(pairs)
    x, y, turned = machine.put(space.copy()), pairs.zeros(3, 8), pairs.zeros(3, 8)
    cut = np.array([600.0, 700.0])
    chebyshev.filter_in_step(pairs, np.ones(2, dtype=np.int64), x, y, cut, 4.0 * cut)
    yield machine.get(x)
    pairs.multiply(busy, x, y)
    overlaps = pairs.overlaps(busy, x, y)
    yield overlaps
    pairs.launch.rotate(*pairs.threads(80, 8), pairs.on_sample_of, machine.put(overlaps[:, 0].copy()), x, turned)
    yield machine.get(turned)
    partial = pairs.partial(pairs.few.number, 1, 8)
    pairs.launch.residual(
        *pairs.threads(pairs.few.number, 8), busy, pairs.few.on_parts, machine.put(space[:2, 0].copy()), x, y, partial
    )
    yield pairs.totals(busy, partial)

with np.errstate(all="ignore"):
    for expected, found in zip(results(backend()), results(Gpu()), strict=True):
        assert np.abs(expected).max() > 0.0 or not found.any()
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())
print("same")
"""


def test_the_bodies_run_as_cuda_device_functions():
    pytest.importorskip("numba_cuda")
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    command = [sys.executable, "-W", "ignore", "-c", SIMULATE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "same", done.stderr
