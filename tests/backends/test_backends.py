"""One source for CPU and GPU: the force body as a CUDA device function in numba-cuda's simulator, and the kernel cache."""

import os
import subprocess
import sys

import numpy as np
import pytest

from simulated import assert_same
from vitrify.backends.fingerprint import fingerprint
from vitrify.model.potentials import PiecewiseStickySpheres, QStickySpheres

SIMULATE = """
import numpy as np
from numba import cuda
from vitrify.backends.vectors import (
    Vectors, copy_plainly, displacement, displacement_single_of, fetch_nothing, fetch_nothing_single,
    keep_in_cell_plainly, keep_plainly, no_width, pad_plainly, upper_half,
)
from vitrify.batch import Batch
from vitrify.kernels.contacts import vector_in_cube
from vitrify.kernels.forces import forces_of, slope_of
from vitrify.model.catalogue import parse
from vitrify.kernels.state import LEFT, STALE2
from vitrify.preparation.samples import Samples

rng = np.random.default_rng(0)
box, n = 4.9, 64
grid = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), -1).reshape(-1, 3)
model = parse("{model}")
sizes = None if model.mixture.sizes is None else [model.mixture.sizes.draw(n, rng)]
species = np.arange(n) % model.mixture.n_species
batch = Batch(model, [box], [(grid + 0.3 * rng.random((n, 3))) * box / 4], [species], sizes)
batch.rebuild(0)
device = cuda.jit(device=True)
vectors = Vectors(*[device(x) for x in (
    fetch_nothing, displacement, fetch_nothing_single, displacement_single_of(device(upper_half)), no_width,
    keep_plainly, keep_in_cell_plainly, pad_plainly, copy_plainly,
)])
slope = device(slope_of(device(batch.model.potential.derivatives())))
body = device(forces_of(slope, vectors, device(vector_in_cube), batch.form))

@cuda.jit
def kernel(n, pair, stage, force):
    i = cuda.grid(1)
    if i < n:
        body(i, 0, pair, stage, force)

force = np.zeros((n, 4))
with np.errstate(all="ignore"):  # integers wrap, padding divides by zero: both are meant
    kernel[2, 32](n, batch.pair_view(), np.zeros((3, 1)), force)
ticks = batch.ticks.copy()
batch.state[0, [STALE2, LEFT]] = 1e9, 1
Samples(batch).place.done("spread", [0])
assert not np.array_equal(batch.ticks, ticks)
assert np.abs(force).max() > 1.0
np.testing.assert_allclose(force, batch.force, rtol=1e-11, atol=1e-11 * np.abs(force).max())
print("same")
"""


@pytest.mark.parametrize("model", [
    "pss(rc=1.2)", "qss(q=12, xc=1.7)", "inverse_power(rc=1.1) [sizes uniform 1,1.4; nonadditivity 0.2]",
    "lennard_jones(rc=2.0) [0.5:0.25:0.25; lengths 1,0.9,1.1,1,0.8,1.2; energies 1,1.5,2,0.5,1,1; cutoffs 2,1.5,1.3,2,2,1.9]",
])  # fmt: skip
def test_the_force_body_runs_as_a_cuda_device_function(model):
    assert_same(SIMULATE.replace("{model}", model))


def test_a_kernel_is_known_by_its_content():
    """Same family, other numbers: one kernel. Another exponent: another kernel. The same in every process."""
    same = (
        fingerprint(PiecewiseStickySpheres(1.1).derivatives()),
        fingerprint(PiecewiseStickySpheres(1.2).derivatives()),
    )
    assert same[0] == same[1]
    assert fingerprint(QStickySpheres(6, 3.0).derivatives()) != fingerprint(QStickySpheres(8, 3.0).derivatives())
    code = "from vitrify.backends.fingerprint import fingerprint as f; from vitrify.model.potentials import QStickySpheres as Q; print(f(Q(6, 3.0).derivatives()))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == fingerprint(QStickySpheres(6, 3.0).derivatives())


def test_a_compiled_kernel_is_found_again_on_disk(tmp_path):
    """A second process loads what the first compiled."""
    code = """
from vitrify.backends import backend
from vitrify.kernels.pair_terms import pair_terms_of
from vitrify.model.potentials import Hertzian
import numpy as np
begin = backend().compile(pair_terms_of(backend().inline(Hertzian().derivatives())))
begin(np.ones(1), np.ones(1), np.ones(4), np.zeros((5, 1)))
print(sum(begin.stats.cache_hits.values()))
"""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    hits = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [x.strip() for x in hits] == ["0", "1"]
    assert np.any([x.suffix == ".nbc" for x in tmp_path.rglob("*")])


def test_a_constant_of_the_module_is_part_of_a_kernel(monkeypatch):
    """It is compiled in, so a kernel kept from before it was changed must not be found."""
    from vitrify.kernels import line_search

    before = fingerprint(line_search.judge_of(None))
    assert fingerprint(line_search.judge_of(None)) == before
    monkeypatch.setattr(line_search, "ACCEPT", 0.3)
    assert fingerprint(line_search.judge_of(None)) != before
