"""Samples made in step: the same glasses whatever the batch and the threads, the same minima as one by one."""

import os
import subprocess
import sys

import numpy as np
import pytest

from vitrify.backends import backend, set_threads
from vitrify.batch import Batch
from vitrify.errors import SampleFailure, UsageError
from vitrify.model import catalogue
from vitrify.observables import mechanics
from vitrify.preparation import Recipe, make, make_glass, make_glasses, quench_glass
from vitrify.preparation.in_step import InStep

SIZE = {"n_particles": 200, "density": 0.6, "parent_temperature": 6.0, "recipe": Recipe(melt_msd=1.0)}


@pytest.fixture(autouse=True)
def threads_as_before():
    yield
    set_threads(None)


def together(seeds, **changes):
    rngs = [np.random.default_rng(seed) for seed in seeds]
    return make_glasses(catalogue.pss(), rngs=rngs, machine=backend(), **(SIZE | changes))


def distance(glass, positions):
    """Largest difference of two configurations, up to a translation."""
    moved = positions - glass.positions
    moved -= glass.box * np.rint(moved / glass.box)
    return np.abs(moved - moved.mean(axis=0)).max()


def test_neither_batch_nor_threads_change_a_bit():
    set_threads(1)
    one, two, three = together([1, 2, 3])
    set_threads(2)
    for before, after in zip((one, two, three), together([1, 2, 3]), strict=True):
        assert np.array_equal(before.positions, after.positions)
    (alone,) = together([2])
    assert np.array_equal(alone.positions, two.positions)
    assert not np.array_equal(one.positions, two.positions)
    for glass in (one, two, three):
        assert mechanics(glass)["max_force"] < 2e-10
        assert glass.provenance["msd_over_a0_squared"] >= 1.0


def test_in_step_and_one_by_one_find_the_same_minimum(pss_glass):
    """From starts a fifth of a contact away, so that a quench is short and does not branch."""
    rng = np.random.default_rng(3)
    starts = [pss_glass.positions + 0.02 * rng.normal(size=pss_glass.positions.shape) for _ in range(3)]
    batch = Batch(pss_glass.model, [pss_glass.box] * 3, starts, [pss_glass.species] * 3)
    runs = InStep(batch, backend()).quench(force_tolerance=1e-11)
    for s, start in enumerate(starts):
        alone = quench_glass(pss_glass.with_positions(start), recipe=Recipe(force_tolerance=1e-11))
        assert distance(alone, batch.positions(s)) < 1e-8
        assert runs[s].force_evaluations == pytest.approx(alone.provenance["force_evaluations"], rel=0.1)
    assert len(batch.carried) == 8  # the minimiser's vectors are gone again


def test_an_ensemble_in_step_has_the_means_of_one_made_one_by_one():
    n = 40
    energy = [mechanics(glass)["energy_per_particle"] for glass in together(range(n))]
    alone = [
        mechanics(make_glass(catalogue.pss(), rng=np.random.default_rng(100 + k), **SIZE))["energy_per_particle"]
        for k in range(n)
    ]
    error = np.hypot(np.std(energy), np.std(alone)) / np.sqrt(n)
    assert abs(np.mean(energy) - np.mean(alone)) < 4 * error
    assert 0.5 < np.std(energy) / np.std(alone) < 2.0


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setitem(InStep.melt.__kwdefaults__, "max_steps", 2500)


def test_what_does_not_flow_fails_by_name(short):
    batch_of_two = together([1, 2], parent_temperature=0.05)
    assert all(isinstance(x, SampleFailure) and "moved only" in str(x) for x in batch_of_two)


def test_a_spent_quench_is_a_failure(pss_glass):
    batch = Batch(pss_glass.model, [pss_glass.box], [pss_glass.positions], [pss_glass.species])
    batch.ticks[0] += 2**58
    step = InStep(batch, backend())
    assert step.quench(force_tolerance=1e-10, max_evaluations=5) == [None]
    assert "stopped at max" in str(step.failed[0])


def test_what_is_not_a_number_never_counts_as_quenched(pss_glass):
    batch = Batch(pss_glass.model, [pss_glass.box], [pss_glass.positions], [pss_glass.species])
    batch.numbers[:] = np.nan
    step = InStep(batch, backend())
    assert step.quench(force_tolerance=1e-10) == [None]


def test_a_big_glass_takes_this_path(monkeypatch, short):
    monkeypatch.setattr(make, "BIG", 150)
    set_threads(2)
    big = make_glass(catalogue.pss(), rng=np.random.default_rng(2), **SIZE)
    assert big.provenance["device"] == "cpu"
    assert np.array_equal(big.positions, together([2])[0].positions)
    with pytest.raises(SampleFailure, match="moved only"):
        make_glass(catalogue.pss(), rng=np.random.default_rng(2), **(SIZE | {"parent_temperature": 0.05}))


def test_fire_is_not_made_in_step():
    with pytest.raises(UsageError, match="must be 'cg'"):
        together([1], recipe=Recipe(minimiser="fire"))


SIMULATE = """
import numpy as np
from vitrify.backends import backend, machine
from vitrify.model.catalogue import parse
from vitrify.batch import Batch
from vitrify.preparation import in_step, quench_glass

in_step.SWEEPS, BOX = 12, 4.05

def made(on):
    rngs = [np.random.default_rng(k) for k in (1, 2)]
    sites = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    starts = [(rng.permutation(sites)[:40] + 0.3 * rng.random((40, 3))) * BOX / 4 for rng in rngs]
    batch = Batch(parse("pss(rc=1.2)"), [BOX] * 2, starts, [np.arange(40) % 2] * 2)
    step = in_step.InStep(batch, on)
    step.spread_apart()
    step._set_velocities(2.0, rngs)
    busy, moving = step._busy()
    heat = step._advance(busy, moving, 8, 0.003, 2.0)
    step.arrays.download()
    return batch, heat

def quenched(glass, on):
    rng = np.random.default_rng(9)
    starts = [glass.positions + 0.01 * rng.normal(size=(40, 3)) for _ in range(2)]
    batch = Batch(glass.model, [glass.box] * 2, starts, [glass.species] * 2)
    in_step.InStep(batch, on).quench(force_tolerance=1e-8)
    return batch

def same(here, there, within):
    for s in (0, 1):
        difference = here.positions(s) - there.positions(s)
        difference -= here.boxes[s] * np.rint(difference / here.boxes[s])
        assert np.abs(difference).max() < within, (within, np.abs(difference).max())

with np.errstate(all="ignore"):  # integers wrap, padding divides by zero: both are meant
    (here, heat), (there, other_heat) = made(backend()), made(machine("cuda"))
    same(here, there, 1e-9)
    np.testing.assert_allclose(heat, other_heat, rtol=1e-9)
    glass = quench_glass(here.glass(0))
    same(quenched(glass, backend()), quenched(glass, machine("cuda")), 1e-8)
print("same")
"""


def test_start_liquid_and_quench_on_a_simulated_gpu():
    """Lists, descent, leapfrog, thermostat and conjugate gradients as CUDA kernels, against the CPU."""
    pytest.importorskip("numba_cuda")
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    command = [sys.executable, "-W", "ignore", "-c", SIMULATE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "same", done.stderr[-2000:]
