"""One source for CPU and GPU: the force body as a CUDA device function in numba-cuda's simulator, and the kernel cache."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba.core import config
from numba.core.errors import TypingError

from patience import PATIENCE
from simulated import assert_same
from vitrify.backends import Cpu
from vitrify.backends.fingerprint import fingerprint
from vitrify.kernels.forces import pair_terms_of
from vitrify.models.potentials import Hertzian, PiecewiseStickySpheres, QStickySpheres

SIMULATE = """
import numpy as np
from numba import cuda
from vitrify.backends.vectors import (
    Vectors, copy_plainly, displacement, displacement_shared_of, fetch_nothing, fetch_nothing_single,
    keep_in_cell_plainly, keep_plainly, no_width, pad_plainly, upper_half,
)
from vitrify.batch import Batch
from vitrify.kernels.contacts import vector_in_cube
from vitrify.kernels.forces import forces_of, slope_of
from vitrify.models.catalogue import parse
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
    fetch_nothing, displacement, fetch_nothing_single, displacement_shared_of(device(upper_half)), no_width,
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
Samples(batch).place.done("push-off", [0])
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
    code = "from vitrify.backends.fingerprint import fingerprint as f; from vitrify.models.potentials import QStickySpheres as Q; print(f(Q(6, 3.0).derivatives()))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == fingerprint(QStickySpheres(6, 3.0).derivatives())


KEPT = """
import sys
from vitrify.backends import Cpu, backend
from vitrify.kernels.forces import pair_terms_of
from vitrify.models.potentials import Hertzian
import numpy as np
begin = backend().compile(pair_terms_of(backend().inline(Hertzian().derivatives())))
sys.stdin.readline()  # so that two begin at once
found = np.zeros((5, 1))
begin(np.full(1, 0.25), np.ones(1), np.ones(4), found)
print(sum(begin.stats.cache_hits.values()), found[0, 0])
"""


def processes_that_use_a_kernel(folder, number):
    """How often each found it on disk, and what it computed."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    started = [subprocess.Popen([sys.executable, "-c", KEPT], **pipes) for _ in range(number)]
    for x in started:
        x.stdin.write("\n")
        x.stdin.flush()
    found = [x.communicate(timeout=PATIENCE)[0].split() for x in started]
    return [int(x) for x, _ in found], {float(x) for _, x in found}


def files_of(folder, suffix):
    return [x for x in folder.rglob("*") if x.suffix == suffix]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where kernels are kept."""
    with monkeypatch.context() as changed:
        changed.setenv("NUMBA_CACHE_DIR", str(tmp_path))
        config.reload_config()
        yield tmp_path
    config.reload_config()


def found_on_disk():
    """Whether a machine that has compiled nothing yet finds a kernel."""
    cpu = Cpu()
    kernel = cpu.compile(pair_terms_of(cpu.inline(Hertzian().derivatives())))
    kernel(np.ones(1), np.ones(1), np.ones(4), np.zeros((5, 1)))
    return bool(sum(kernel.stats.cache_hits.values()))


def test_a_compiled_kernel_is_found_again_on_disk(folder):
    """By another process too."""
    assert not found_on_disk()
    assert found_on_disk()
    assert processes_that_use_a_kernel(folder, 1)[0] == [1]


@pytest.mark.parametrize("suffix", [".nbc", ".nbi"])
def test_a_kernel_that_is_damaged_is_compiled_anew(folder, suffix):
    """And kept instead."""
    assert not found_on_disk()
    (file,) = files_of(folder, suffix)
    whole = file.read_bytes()
    for wrong in (whole[: len(whole) // 2], b"", b"no kernel at all"):
        file.write_bytes(wrong)
        assert not found_on_disk()
        assert found_on_disk()


def test_of_processes_that_need_a_kernel_at_once_one_compiles_it(tmp_path):
    """The others wait and load it; nothing but the kernel stays behind."""
    hits, values = processes_that_use_a_kernel(tmp_path, 3)
    assert sorted(hits) == [0, 1, 1]
    assert len(values) == 1
    assert len(files_of(tmp_path, ".nbc")) == 1
    assert not files_of(tmp_path, ".lock")


def test_nobody_waits_for_a_compilation_that_failed(folder):
    """Its lock is gone when the error is told."""
    wrong = Cpu().compile(lambda x: x.no_such_thing)
    with pytest.raises(TypingError):
        wrong(np.ones(1))
    assert list(folder.iterdir())  # it was to be kept there
    assert not files_of(folder, ".lock")


def test_what_is_merged_is_not_made_machine_code(folder):
    """Of a program there is one function that can be called, and of what is merged into it none."""
    cpu = Cpu()
    inner = cpu.inline(lambda x: 2.0 * x)
    outer = cpu.compile(lambda x: inner(x) + 1.0)
    assert outer(3.0) == 7.0
    (merged,), (whole,) = inner.overloads.values(), outer.overloads.values()
    assert merged.library.get_pointer_to_function(merged.fndesc.mangled_name) == 0
    assert whole.library.get_pointer_to_function(whole.fndesc.mangled_name) != 0


def test_a_constant_of_the_module_is_part_of_a_kernel(monkeypatch):
    """It is compiled in, so a kernel kept from before it was changed must not be found."""
    from vitrify.kernels import line_search

    before = fingerprint(line_search.judge_of(None, None))
    assert fingerprint(line_search.judge_of(None, None)) == before
    monkeypatch.setattr(line_search, "ACCEPT", 0.3)
    assert fingerprint(line_search.judge_of(None, None)) != before
