"""Quasilocalised modes: the kernels against NumPy and in plain Python, Newton's method against dense matrices, and the softest
mode against the plain iteration from more starts."""

import numpy as np
import pytest

from crystals import rattler, saddle
from samples import make
from slow_twins import free, plain_forces
from vitrify.backends.lanes import Lanes
from vitrify.errors import SampleFailure
from vitrify.kernels import anharmonic as kernels
from vitrify.kernels.hessian import pulled, put_triple_of, triple_of
from vitrify.statics import Hessian, Pairs, anharmonic
from vitrify.statics.anharmonic import forces, slope_blocks
from vitrify.statics.dipoles import bonds, decay, responses, softest_bonds, stiffness
from vitrify.statics.quasilocalised import iterate, softest_mode
from vitrify.statics.stability import require_minimum

ORDERS = ("quartic", "cubic", "pseudo-harmonic", "participation")


def displacements(number, n, seed=0):
    rows = np.random.default_rng(seed).normal(size=(number, n, 3))
    return rows / np.linalg.norm(rows, axis=(1, 2), keepdims=True)


def dense_slope(pairs, z, weight, order):
    """M − weight ∂F/∂z, (3n, 3n), from its blocks, and for participation |z_i|² 1 + 2 z_i⊗z_i of each particle."""
    blocks = slope_blocks(pairs, z, weight, order)
    n = pairs.n_particles
    full = blocks[:, [0, 3, 4, 3, 1, 5, 4, 5, 2]].reshape(-1, 3, 3)
    matrix = np.zeros((n, 3, n, 3))
    matrix[pairs.source, :, pairs.target] = -full
    matrix[np.arange(n), :, np.arange(n)] = pairs.sum_to_particles(full)
    if order == "participation":
        own = np.sum(z**2, axis=1)[:, None, None] * np.eye(3) + 2 * np.einsum("ia,ib->iab", z, z)
        matrix[np.arange(n), :, np.arange(n)] -= weight * own
    return matrix.reshape(3 * n, 3 * n)


def reference(hessian, order, starts=5):
    """The stiffness of the softest mode by the iteration alone, π ← M⁺·F(π) with a dense M⁺, from the softest dipole
    responses: what the package did before it knew better."""
    pairs, n = hessian.pairs, hessian.pairs.n_particles
    inverse = np.linalg.pinv(hessian.matrix().toarray(), rcond=1e-10, hermitian=True)
    chosen = sorted(responses(hessian, softest_bonds(hessian, 24).bonds), key=lambda z: stiffness(pairs, z))[:starts]
    found = []
    for pi in chosen:
        for _ in range(400):
            linear, force = plain_forces(pairs, pi, order)
            rest = linear - np.vdot(pi, linear) / np.vdot(pi, force) * force
            if np.linalg.norm(rest) < 1e-9 * np.linalg.norm(linear):
                found.append(float(np.vdot(pi, linear)))
                break
            pi = (inverse @ force.ravel()).reshape(n, 3)
            pi /= np.linalg.norm(pi)
    return min(found)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("number", [1, 5, 8])
def test_both_forces_in_one_sweep(glass, order, number):
    pairs = Pairs.of(glass)
    rows = displacements(number, glass.n_particles)
    linear, force = forces(pairs, rows, order)
    for k, z in enumerate(rows):
        for found, expected in zip((linear[k], force[k]), plain_forces(pairs, z, order), strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("order", ORDERS)
def test_the_sweep_in_plain_python(pss_glass, order):
    """The body as it stands, with eight numbers of NumPy in the place of a vector of eight."""
    pairs, rows = Pairs.of(pss_glass), displacements(8, pss_glass.n_particles)
    compiled = forces(pairs, rows, order)
    put = lambda x, i, a, c, value: x[i, a, c : c + 8].__setitem__(slice(None), value)  # noqa: E731  # one line, as its twin is
    eight = Lanes(8, lambda x, i, a, c: x[i, a, c : c + 8].copy(), put, lambda value: np.full(8, value))
    z = np.ascontiguousarray(rows.transpose(1, 2, 0))
    view = kernels.ForcesView(None, 8, pairs.springs, pairs.terms, z, np.empty_like(z), np.empty_like(z))
    parts = (triple_of(eight), put_triple_of(eight), pulled)
    form = kernels.FORMS[order]
    body = kernels.both_of(eight, *parts, form.pull, form.own_pull)
    for i in range(len(z)):
        body(i, 0, 0, view)
    view.force[:] = free(view.force)
    for found, expected in zip((view.linear, view.force), compiled, strict=True):
        np.testing.assert_allclose(found.transpose(2, 0, 1), expected, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize("order", ORDERS)
def test_blocks_are_the_slope_of_the_force(glass, order):
    """Against differences of the forces, whose truncation is 1e-8 of the step squared."""
    pairs = Pairs.of(glass)
    z, along = displacements(2, glass.n_particles, seed=3)
    weight, step = 0.7, 1e-4
    ends = [plain_forces(pairs, z + sign * step * along, order) for sign in (1, -1)]
    linear, force = ((ends[0][k] - ends[1][k]) / (2 * step) for k in (0, 1))
    expected = linear - weight * force
    found = free((dense_slope(pairs, z, weight, order) @ along.ravel()).reshape(-1, 3))
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("order", ORDERS)
def test_newton_solves_among_what_is_free(pss_glass, order):
    """Compiled and in plain Python: x·M·π = 0 and P·J·x = b, by a dense matrix with the two conditions bordered."""
    hessian = Hessian(Pairs.of(pss_glass))
    pairs = hessian.pairs
    mode = iterate(hessian, next(responses(hessian, softest_bonds(hessian, 1).bonds)), order, residual=1e-2)
    pi, n = mode.vector, pss_glass.n_particles
    linear, force = plain_forces(pairs, pi, order)
    weight, normal = mode.stiffness / mode.derivative, linear / mode.stiffness
    b = -(linear - weight * force)
    block, matrix = slope_blocks(pairs, pi, weight, order), dense_slope(pairs, pi, weight, order)
    shifts = np.tile(np.eye(3), (n, 1)).T
    bordered = np.block([[matrix, normal.ravel()[:, None], shifts.T], [normal.ravel()[None], np.zeros((1, 4))], [shifts, np.zeros((3, 4))]])  # fmt: skip
    expected = np.linalg.solve(bordered, np.concatenate([b.ravel(), np.zeros(4)]))[: 3 * n].reshape(n, 3)
    form = kernels.FORMS[order]
    plain = kernels.newton_of(form.own_slope, form.freed)
    for run, tolerance in ((anharmonic.newton(order), 1e-11), (plain, 1e-2)):
        x, *room = (np.empty((n, 3)) for _ in range(5))
        parts = (weight, hessian.inverse_diagonal, pi, normal, b, x, *room)
        steps = run(kernels.NewtonView(pairs.springs, block, *parts, tolerance, 900))
        assert 0 < steps < 900
        assert abs(np.vdot(normal, x)) < 1e-10 * np.linalg.norm(normal) * np.linalg.norm(x)
        away = x - x.mean(axis=0) - expected
        assert np.linalg.norm(away) < 1e3 * tolerance * np.linalg.norm(expected)
    assert anharmonic.newton(order)(kernels.NewtonView(pairs.springs, -block, *parts, 1e-9, 900)) < 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", ["pss", "pss_short", "qss", "inverse_power"])
def test_never_stiffer_than_the_iteration_alone(name, order):
    hessian = Hessian(Pairs.of(make(name)))
    found = softest_mode(hessian, order)
    assert found.residual < 1e-9
    assert found.stiffness <= reference(hessian, order) * (1 + 1e-8)


def test_the_same_bits_each_time(pss_glass):
    one, two = (softest_mode(Hessian(Pairs.of(pss_glass))) for _ in range(2))
    np.testing.assert_array_equal(one.vector, two.vector)


def test_what_is_no_minimum_has_no_mode_and_no_responses():
    for glass in (saddle(), rattler()):
        hessian = Hessian(Pairs.of(glass))
        with pytest.raises(SampleFailure, match="not a minimum"):
            require_minimum(hessian)
        with pytest.raises(SampleFailure, match="not a minimum"):
            softest_mode(hessian)
        with pytest.raises(SampleFailure, match="not a minimum"):
            decay(hessian, 1.0, bonds(hessian.pairs)[:2])


def test_responses_are_accurate_enough_for_their_decay(pss_glass, monkeypatch):
    """c(r) of 24 dipoles as it is solved for against twelve digits: a thousandth of its error at most."""
    hessian = Hessian(Pairs.of(pss_glass))
    chosen = np.random.default_rng(8).choice(bonds(hessian.pairs), size=24, replace=False)
    loose = decay(hessian, pss_glass.spacing, chosen)
    monkeypatch.setattr("vitrify.statics.dipoles.DECAY_TO", 1e-12)
    tight = decay(hessian, pss_glass.spacing, chosen)
    known = tight.dipoles == 24
    assert known.sum() > 5
    error = tight.each[:, known].std(axis=0) / np.sqrt(24)
    off = np.abs(loose.median - tight.median)[known]
    assert (off < 1e-3 * error).all()
    assert off.any()  # they were solved for to different digits
