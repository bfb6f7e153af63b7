"""Energies beyond pairs whose first sweep keeps bonds for the second: each bond met once, or at both ends.

The same forces are written out here in NumPy, from a table's closed form or the formula, over all pairs of particles."""

import numpy as np
import pytest

import embedded_atoms
from vitrify import batch as batches
from vitrify import models
from vitrify.backends import backend, program, set_threads
from vitrify.batch import Batch
from vitrify.preparation.places import OnHost
from vitrify.preparation.programs import FORCES

N, EDGE = 150, 15.2


@pytest.fixture(params=["eam/fs", "eam/alloy", "second moment"])
def model(request, tmp_path):
    if request.param == "second moment":
        return models.parse("cu_zr()")
    return models.eam(embedded_atoms.write(tmp_path / "CuZr.eam", fs=request.param == "eam/fs"), embedded_atoms.ELEMENTS)


@pytest.fixture(autouse=True)
def threads_as_before():
    yield
    set_threads(None)


def samples(model, numbers, chosen=slice(None)):
    """A batch of particles that keep their distance, so many in each box; or some of these samples."""
    rng = np.random.default_rng(4)
    positions, species = [], []
    for n in numbers:
        sites = np.stack(np.meshgrid(*[np.arange(6)] * 3), -1).reshape(-1, 3)[rng.permutation(216)[:n]]
        positions.append((sites + 0.15 * rng.normal(size=(n, 3))) * EDGE / 6)
        species.append(rng.integers(0, 2, n))
    return Batch(model, [EDGE] * len(positions[chosen]), positions[chosen], species[chosen])


def forces(batch, listed=None):
    """(particles, 3) the force on each in the order of the samples, after their lists are made, in the order of `listed`."""
    every = list(range(batch.n_samples))
    for s in every if listed is None else listed:
        batch.rebuild(s)
    OnHost(batch, backend()).done(FORCES, every)
    found = np.zeros((batch.first[-1], 3))
    for s in every:
        found[batch.first[s] + batch.label[batch.rows(s)]] = batch.force[batch.rows(s), :3]
    return found


def energy(model, positions, species):
    """The energy of a sample by functions of the model's own bonds, over all pairs of particles."""
    beyond, numbers = model.potential.many_body(), batches.number_array(model.potential)
    r = positions[:, None] - positions[None]
    r -= EDGE * np.rint(r / EDGE)
    total = 0.0
    for i in range(len(positions)):
        moments = beyond.nothing(0.0)
        for j in np.flatnonzero((r[i] ** 2).sum(1) < model.potential.cutoff**2):
            if j != i:
                s = float((r[i, j] ** 2).sum())
                at = s if beyond.located is None else beyond.located(s, s**-0.5, species[i], species[j], numbers)
                moments = beyond.joined(
                    moments, beyond.moment(beyond.radial(at, species[i], species[j], numbers), *r[i, j])
                )
        total += beyond.energy(moments, species[i], numbers)
    return total


def test_forces_are_slopes_of_the_energy(model):
    batch = samples(model, [N])
    found, positions = forces(batch), batch.positions(0)
    species = np.zeros(N, dtype=int)
    species[batch.label] = batch.species
    for i, d in ((3, 0), (60, 1), (N - 1, 2)):
        ends = []
        for sign in (1.0, -1.0):
            moved = positions.copy()
            moved[i, d] += sign * 1e-5
            ends.append(energy(model, moved, species))
        assert found[i, d] == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-7, abs=1e-8)


def test_bonds_met_once_and_at_both_ends_give_the_same(model, monkeypatch):
    """One thread that has a sample, and threads that share it out."""
    once = forces(samples(model, [N, N]))
    monkeypatch.setattr(program, "BIG", 10)
    shared = {}
    for threads in (1, 3):
        set_threads(threads)
        shared[threads] = forces(samples(model, [N, N]))
    assert np.abs(once).max() > 1.0
    np.testing.assert_allclose(once, shared[1], rtol=0, atol=1e-12 * np.abs(once).max())
    assert np.array_equal(shared[1], shared[3])


def test_a_batch_changes_no_bit(model):
    numbers = [N, N - 31, N - 57]
    together = samples(model, numbers)
    found = forces(together)
    for s in range(len(numbers)):
        assert np.array_equal(forces(samples(model, numbers, slice(s, s + 1))), found[together.rows(s)])


def test_rows_that_become_longer_lose_no_bond_of_other_samples(model, monkeypatch):
    """The first list fits, that of the second does not: then all arrays are made anew."""
    numbers = [40, 200]
    right = forces(samples(model, numbers))
    monkeypatch.setattr(batches, "row_width", lambda *_: 48)
    narrow = samples(model, numbers)
    assert np.array_equal(forces(narrow, listed=(0, 1)), right)
    assert narrow.neighbours.shape[1] > 48
