"""Soft spots against defects planted in a crystal, plain sums over shells and images, and the same glass in another cell; and
vibrality against dense inverses."""

from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cells import MINIMUM, SHEARED, fcc, in_cell, relaxed, tilted
from crystals import rattler
from samples import energy_function
from vitrify.cell import Cell
from vitrify.errors import SampleFailure, UsageError
from vitrify.glass import Glass
from vitrify.models import catalogue
from vitrify.observables import quasilocalised_mode, soft_spots, vibrality
from vitrify.observables.modes import hessian_of
from vitrify.observables.soft_spots import KINDS, core_of
from vitrify.statics import Hessian, Pairs
from vitrify.statics.modes import lowest_modes
from vitrify.study.observables import OBSERVABLES

TERMS = ("k_plus", "k_minus", "f_plus", "f_minus")


@pytest.fixture(scope="module")
def flat():
    """A glass of two dimensions, by another's minimiser."""
    rng, side = np.random.default_rng(1), 10
    box = side / 0.75**0.5
    spots = np.stack(np.meshgrid(*[np.arange(side)] * 2, indexing="ij"), -1).reshape(-1, 2)
    positions = (spots + 0.6 * rng.random((side**2, 2))) * box / side
    return relaxed(Glass(positions, box, rng.permutation(side**2) % 2, catalogue.pss(rc=1.3)))


@pytest.fixture(scope="module")
def glasses(made, flat):
    """In a cube, a triclinic cell and in two dimensions."""
    return {"cube": made("pss"), "triclinic": tilted(made("pss")), "flat": flat}


NAMES = pytest.mark.parametrize("name", ["cube", "triclinic", "flat"])


def nearest(glass, place):
    """Distance of each particle to a place, the least over images, (n,)."""
    shifts = (
        np.stack(np.meshgrid(*[np.arange(-2, 3)] * glass.dimension), -1).reshape(-1, glass.dimension)
    ) @ glass.cell.matrix
    away = glass.positions[:, None] - place + shifts
    return np.linalg.norm(away, axis=2).min(axis=1)


# --- planted defects ---------------------------------------------------------------------------------------------------


def with_defects(glass, weak):
    """The springs of a crystal at its minimum, those of some particles weakened. weak: factor by particle."""
    pairs = Pairs.of(glass)
    factor = np.ones(len(pairs.target))
    for particle, by in weak.items():
        factor[(pairs.source == particle) | (pairs.target == particle)] *= by
    return replace(pairs, terms=pairs.terms * factor)


@pytest.mark.parametrize("kind", [x for x in KINDS if x != "cubic"])  # by inversion no third derivative is left there
def test_planted_defects_are_found_at_their_places(kind):
    """Two particles on weak springs, one of them at the corner of the cell: by inversion the core is at the site itself, and ω
    is √weak times the frequency of a particle of the crystal among others at rest, but for corrections by their motion."""
    glass = fcc((4, 4, 4))
    corner = int(np.argmin(np.linalg.norm(glass.positions, axis=1)))
    middle = int(np.argmin(np.linalg.norm(glass.positions - 0.5 * glass.cell.edges, axis=1)))
    weak = {corner: 0.05, middle: 0.09}
    hessian = Hessian(with_defects(glass, weak))
    found = soft_spots(glass, 8, kind=kind, hessian=hessian, starts=8)
    softest = {}
    for spot in found.spots:
        site = int(np.argmin(nearest(glass, spot.core)))
        if site in weak:
            softest.setdefault(site, spot)
    assert list(softest) == [corner, middle]  # both, the weaker one first
    einstein = np.sqrt(np.trace(Hessian(Pairs.of(glass)).diagonal[middle]) / 3)
    for site, spot in softest.items():
        assert nearest(glass, spot.core)[site] < 1e-5 * MINIMUM  # as residuals are 1e-10 at most
        assert spot.values["participation_ratio"] < 2 / glass.n_particles
        assert np.sum(spot.vector[site] ** 2) > 0.9
        assert spot.frequency == pytest.approx(np.sqrt(weak[site]) * einstein, rel=weak[site])


# --- places, sizes and profiles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [np.diag([5.0, 6.0, 7.0]), [[6, 0, 0], [2, 7, 0], [-1, 2, 6]], np.diag([8.0, 9.0]), [[7, 0], [3, 6]]], ids=str)  # fmt: skip
def test_core_of_a_cluster_over_the_boundary(cell):
    """Pairs of particles on opposite sides of a place have it as their mean, and Σ w |x|² in closed form."""
    cell = Cell(np.asarray(cell, dtype=float))
    rng = np.random.default_rng(3)
    away = rng.normal(size=(30, cell.dimension)) * 0.3
    half = rng.random(30) + 0.1
    weight = np.tile(half, 2)
    for place in (np.zeros(cell.dimension), 0.02 * np.ones(cell.dimension), cell.positions(np.full(cell.dimension, 0.5))):
        positions = cell.wrapped(np.concatenate([place + away, place - away]))
        core, size = core_of(cell, positions, weight)
        assert np.linalg.norm(cell.nearest(core - place)) < 1e-12
        assert size == pytest.approx(np.sqrt(half @ np.sum(away**2, axis=1) / half.sum()), rel=1e-12)
        np.testing.assert_allclose(cell.fractions(core), np.clip(cell.fractions(core), -1e-12, 1))


@NAMES
@pytest.mark.parametrize("kind", KINDS)
def test_profiles_are_plain_sums_and_add_up(name, kind, glasses):
    glass = glasses[name]
    found = soft_spots(glass, 4, kind=kind, starts=16)
    half, width = 0.5 * glass.cell.heights.min(), 0.5 * glass.spacing
    for spot in found.spots:
        profile, r = spot.profile, nearest(glass, spot.core)
        assert spot.values["residual"] < 1e-9
        assert profile.particles.sum() == glass.n_particles
        assert profile.square.sum() == pytest.approx(1.0, rel=1e-13)
        for term in TERMS:
            whole, share = spot.values[term], getattr(spot.split, term)
            assert getattr(profile.split, term).sum() == pytest.approx(whole, rel=1e-12, abs=1e-12)
            assert share.sum() == pytest.approx(whole, rel=1e-12, abs=1e-12)
        assert sum(spot.values[x] for x in TERMS) == pytest.approx(spot.frequency**2, rel=1e-9)
        np.testing.assert_allclose(np.diff(profile.inner), width)
        assert half - width < profile.inner[-1] <= half
        ends = [*profile.inner, np.inf]
        for k, (low, high) in enumerate(pairwise(ends)):
            inside = (r >= low) & (r < high)
            assert profile.particles[k] == inside.sum()
            assert profile.square[k] == pytest.approx(np.sum(spot.vector[inside] ** 2), rel=1e-12, abs=1e-14)
            assert profile.split.k_plus[k] == pytest.approx(spot.split.k_plus[inside].sum(), rel=1e-12, abs=1e-14)
        weight = np.sum(spot.vector**2, axis=1) ** 2
        assert spot.size == pytest.approx(np.sqrt(weight @ r**2 / weight.sum()), rel=1e-9)
        assert spot.vector.shape == (glass.n_particles, glass.dimension)
        assert spot.coupling.shape == (glass.dimension, glass.dimension)


@NAMES
def test_the_softest_is_the_softest_mode(name, glasses):
    """And its numbers are those of `quasilocalised_mode`, which other tests check."""
    glass = glasses[name]
    found, known = soft_spots(glass, 3).spots[0].values, quasilocalised_mode(glass).values
    for key in ("frequency", "participation_ratio", "quartic", "k_plus", "f_minus", "dilation_over_shear"):
        assert found[key] == pytest.approx(known[key], rel=1e-7), key


def test_a_shift_moves_the_core_and_nothing_else(pss_glass):
    shift = np.array([1.7, -4.0, 3.1])
    moved = pss_glass.with_positions(pss_glass.cell.wrapped(pss_glass.positions + shift))
    one, two = (soft_spots(x, 3, kind="pseudo-harmonic", starts=16) for x in (pss_glass, moved))
    for x, y in zip(one.spots, two.spots, strict=True):
        assert x.frequency == pytest.approx(y.frequency, rel=1e-9)
        assert np.linalg.norm(pss_glass.cell.nearest(x.core + shift - y.core)) < 1e-6
        np.testing.assert_allclose(x.profile.square, y.profile.square, atol=1e-6)


def test_a_glass_has_the_same_spots_in_a_sheared_cell(pss_glass):
    sheared = in_cell(pss_glass, SHEARED)
    one, two = (soft_spots(x, 3, kind="pseudo-harmonic", starts=16) for x in (pss_glass, sheared))
    for x, y in zip(one.spots, two.spots, strict=True):
        assert x.frequency == pytest.approx(y.frequency, rel=1e-8)
        assert x.size == pytest.approx(y.size, rel=1e-6)
        assert np.linalg.norm(pss_glass.cell.nearest(x.core - y.core)) < 1e-6


def test_kinds_differ_as_they_should(pss_glass):
    """Each kind's softest mode has the lowest cost of its own kind among the softest of all kinds."""
    pairs = Pairs.of(pss_glass)
    hessian = Hessian(pairs)
    softest = {kind: soft_spots(pss_glass, 40, kind=kind, hessian=hessian).spots for kind in KINDS}

    def cost(spot, kind):
        z = spot.vector
        delta = z[pairs.target] - z[pairs.source]
        forms = {
            "quartic": abs(spot.values["quartic"]), "cubic": spot.values["cubic"] ** 2,
            "pseudo-harmonic": 0.5 * np.sum(np.sum(delta**2, axis=1) ** 2), "participation": np.sum(np.sum(z**2, axis=1) ** 2),
        }  # fmt: skip
        return spot.frequency ** (6 if kind == "cubic" else 4) / forms[kind]

    for kind in KINDS:
        own = min(cost(x, kind) for x in softest[kind])
        others = min(cost(x, kind) for other in KINDS if other != kind for x in softest[other])
        assert own < others


# --- what has none, and mistakes ---------------------------------------------------------------------------------------


def test_rattlers():
    """Left out they stand still, and no number depends on them; with them the glass has no soft spots."""
    glass = rattler()
    with pytest.raises(SampleFailure, match="not a minimum"):
        soft_spots(glass, 2)
    with pytest.raises(SampleFailure, match="not a minimum"):
        vibrality(glass)
    loose = Pairs.of(glass).contacts.rattlers
    assert loose.sum() == 1
    held = hessian_of(glass, without_rattlers=True, force_tolerance=np.inf)  # its pairs have no force to measure others by
    found, psi = soft_spots(glass, 2, starts=16, hessian=held), vibrality(glass, hessian=held)
    inner = Glass(glass.positions[~loose], glass.cell, glass.species[~loose], glass.model)
    known, alone = soft_spots(inner, 2, starts=16), vibrality(inner)
    assert np.isnan(psi[loose]).all()
    np.testing.assert_allclose(psi[~loose], alone, rtol=1e-12)
    for x, y in zip(found.spots, known.spots, strict=True):
        assert x.frequency == pytest.approx(y.frequency, rel=1e-9)
        np.testing.assert_array_equal(x.vector[loose], 0.0)
        assert x.profile.particles.sum() == glass.n_particles


def test_mistakes_are_one_sentence(pss_glass):
    with pytest.raises(UsageError, match="soft spots: number is 0, must be a whole number, at least 1"):
        soft_spots(pss_glass, 0)
    with pytest.raises(UsageError, match="soft spots: kind is 'quintic', must be one of quartic, cubic"):
        soft_spots(pss_glass, 2, kind="quintic")
    with pytest.raises(UsageError, match="soft spots: starts is -1"):
        soft_spots(pss_glass, 2, starts=-1)


# --- vibrality -----------------------------------------------------------------------------------------------------------


@NAMES
def test_vibrality_is_the_diagonal_of_a_dense_inverse(name, glasses, monkeypatch):
    """By a factor and by solves; M of automatic differentiation, whose digits set the tolerance, and our own, to more."""
    glass = glasses[name]
    n, d = glass.n_particles, glass.dimension
    energy = energy_function(glass)
    matrix = jax.hessian(lambda x: energy(x.reshape(n, d), jnp.zeros((d, d))))(jnp.array(glass.positions.ravel()))
    expected = [
        (np.diag(np.linalg.pinv(dense, rcond=1e-9, hermitian=True)).reshape(n, d).sum(axis=1), rel)
        for dense, rel in ((np.array(matrix), 1e-7), (Hessian(Pairs.of(glass)).matrix().toarray(), 1e-8))
    ]
    for largest_dense in (1000, 10):
        monkeypatch.setattr("vitrify.statics.compliance.LARGEST_DENSE", largest_dense)
        found = vibrality(glass)
        for known, rel in expected:
            np.testing.assert_allclose(found, known, rtol=rel)


def test_vibrality_by_modes(flat):
    """Σ_k |ψ_k,i|²/ω_k² of all modes, as it is defined."""
    modes = lowest_modes(Hessian(Pairs.of(flat)), 2 * flat.n_particles)
    expected = np.einsum("kid,k->i", modes.vectors**2, 1.0 / modes.eigenvalues)
    np.testing.assert_allclose(vibrality(flat), expected, rtol=1e-8)


def test_a_study_may_ask_for_each_kind():
    asked = OBSERVABLES["soft_spots"]
    assert [asked(kind=kind).kind for kind in KINDS] == list(KINDS)
    with pytest.raises(UsageError, match="kind is 'quintic'"):
        asked(kind="quintic")
    with pytest.raises(UsageError, match="number is 0"):
        asked(number=0)
