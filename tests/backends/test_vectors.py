"""The two vector operations against the plain loops that a GPU runs."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from vitrify.backends import backend, set_threads, threads
from vitrify.backends.cpu import OPTIONS
from vitrify.backends.processor import has
from vitrify.backends.program import NOT_SHARED
from vitrify.backends.threads import shared_out
from vitrify.backends.vectors import (
    FETCHED,
    KEPT,
    copy_plainly,
    displacement,
    displacement_shared_of,
    keep_in_cell_plainly,
    keep_plainly,
    pad_plainly,
    upper_half,
)
from vitrify.errors import UsageError
from vitrify.kernels.views import Candidates

VECTORS = backend().vectors
MASK = np.uint32(2**28 - 1)


@pytest.fixture(autouse=True)
def threads_as_before():
    yield
    set_threads(None)


FETCH, KEEP, KEEP_IN_CELL, PAD, COPY = VECTORS.fetch, VECTORS.keep, VECTORS.keep_in_cell, VECTORS.pad, VECTORS.copy


@njit
def fetch(ticks, row, count, mask, x, y, z, stage):
    FETCH(ticks, row, count, mask, x, y, z, stage)


FETCH_SINGLE, FETCHED_SINGLE, EIGHT_A_TURN = VECTORS.fetch_single, VECTORS.fetched_single, VECTORS.eight_a_turn


@njit
def fetch_single(ticks, row, count, x, y, z, stage, displacements):
    FETCH_SINGLE(ticks, row, count, x, y, z, stage)
    for k in range(count):
        dx, dy, dz = FETCHED_SINGLE(stage, k, ticks, np.uint64(0), x, y, z)
        displacements[0, k], displacements[1, k], displacements[2, k] = dx, dy, dz


@njit
def keep(here, candidates, limit, begin, end, row, count):
    return KEEP(here, candidates, limit, begin, end, row, count)


@njit
def keep_in_cell(here, candidates, limit, begin, end, row, count, shape):
    return KEEP_IN_CELL(here, candidates, limit, begin, end, row, count, shape)


@njit
def pad(row, count, itself):
    PAD(row, count, itself)


@njit
def copy(source, begin, target, at):
    COPY(source, begin, target, at)


@pytest.mark.parametrize("count", [8, 24])
def test_eight_rows_are_fetched_and_transposed(count):
    rng = np.random.default_rng(1)
    ticks = rng.integers(-(2**63), 2**63 - 1, (50, 4))
    row = (rng.integers(0, 50, 32) | (rng.integers(0, 3, 32) << 28)).astype(np.uint32)
    stage = np.full((3, 32), np.nan)
    fetch(ticks, row, np.uint64(count), MASK, *ticks[7, :3], stage)
    with np.errstate(over="ignore"):  # the minimum image is the wrap
        expected = [displacement(stage, k, ticks, int(row[k] & MASK), *ticks[7, :3]) for k in range(count)]
    assert np.array_equal(stage[:, :count].T, expected)
    assert np.isnan(stage[:, count:]).all()
    assert count % FETCHED == 0


@pytest.mark.parametrize(("begin", "end"), [(0, 16), (3, 19), (5, 12), (10, 40)])
def test_candidates_inside_are_packed_in_order(begin, end):
    rng = np.random.default_rng(2)
    upper = rng.integers(-(2**31), 2**31 - 1, (3, 64)).astype(np.int32)
    limit = np.full(64, 3e18, dtype=np.float32)  # about half of them
    limit[end:] = -1.0  # as the candidates of a cell end
    entries = np.arange(100, 164).astype(np.uint32)
    rows = [np.zeros(40, dtype=np.uint32) for _ in range(2)]
    here, candidates = (*upper[:, 9], entries[9]), Candidates(upper, limit[None], entries)
    asked = (here, candidates, limit, np.uint64(begin), np.uint64(end))
    count = keep(*asked, rows[0], np.uint64(5))
    with np.errstate(over="ignore"):
        expected = keep_plainly(*asked, rows[1], np.uint64(5))
    assert count == expected
    assert 5 < count < 5 + KEPT
    assert np.array_equal(rows[0][:count], rows[1][:count])
    assert entries[9] not in rows[0]


@pytest.mark.parametrize(("begin", "end"), [(0, 16), (3, 19), (5, 12), (10, 40)])
def test_candidates_inside_a_cell_that_is_no_cube(begin, end):
    """The metric of h = (xx, yy, zz, xy, xz, yz) in double precision tells which; the plain twin tells the order."""
    rng = np.random.default_rng(4)
    upper = rng.integers(-(2**31), 2**31 - 1, (3, 64)).astype(np.int32)
    shape = np.array([1.0, 0.8, 1.3, 0.4, -0.3, 0.2], dtype=np.float32)
    with np.errstate(over="ignore"):
        away = (upper[:, 9:10] - upper).astype(float)
    squared = np.sum((np.array([[1.0, 0.4, -0.3], [0.0, 0.8, 0.2], [0.0, 0.0, 1.3]]) @ away) ** 2, axis=0)
    limit = np.full(64, np.median(squared), dtype=np.float32)
    limit[end:] = -1.0
    entries = np.arange(100, 164).astype(np.uint32)
    rows = [np.zeros(40, dtype=np.uint32) for _ in range(2)]
    here, candidates = (*upper[:, 9], entries[9]), Candidates(upper, limit[None], entries)
    asked = (here, candidates, limit, np.uint64(begin), np.uint64(end))
    count = keep_in_cell(*asked, rows[0], np.uint64(5), shape)
    with np.errstate(over="ignore"):
        expected = keep_in_cell_plainly(*asked, rows[1], np.uint64(5), shape)
    assert count == expected
    assert np.array_equal(rows[0][:count], rows[1][:count])
    near = [k for k in range(begin, min(end, begin + KEPT)) if squared[k] < limit[0] and k != 9]
    assert rows[0][5:count].tolist() == entries[near].tolist()


@pytest.mark.parametrize("count", [8, 24])
def test_upper_halves_are_fetched_and_transposed(count):
    """Differences of 32-bit integers wrap: the minimum image."""
    rng = np.random.default_rng(4)
    ticks = rng.integers(-(2**63), 2**63 - 1, (50, 4))
    row = (rng.integers(0, 50, 32) | (rng.integers(0, 3, 32) << 28)).astype(np.uint32)
    upper, stage = (ticks[7, :3] >> 32).astype(np.int32), np.zeros((3, 32))
    displacements = np.zeros((3, 32), dtype=np.float32)
    fetch_single(ticks, row, np.uint64(count), *upper, stage, displacements)
    plain = displacement_shared_of(upper_half)
    with np.errstate(over="ignore"):
        expected = [plain((None, NOT_SHARED), k, ticks, int(row[k] & MASK), *upper) for k in range(count)]
    assert np.array_equal(displacements[:, :count].T, expected)
    assert count % FETCHED == 0


def test_a_loop_is_as_wide_as_it_is_told():
    """Eight numbers of single precision a turn, where a processor could take sixteen or four."""
    if not has("avx2"):
        pytest.skip("no AVX2 here")

    @njit(**OPTIONS)
    def squares(x):
        total = np.float32(0.0)
        for k in range(np.uint64(len(x))):
            total += x[k] * x[k]
            EIGHT_A_TURN()
        return total

    assert squares(np.ones(100, dtype=np.float32)) == 100.0
    assembly = "\n".join(squares.inspect_asm().values())
    assert re.search(r"vfn?madd\d+ps\s+%ymm", assembly)
    assert "%zmm" not in assembly


def test_packing_and_conversion_are_vector_code():
    """Entries packed in one instruction of AVX-512, or by permutations on AVX2; no integer converted by itself."""
    if not has("avx2"):
        pytest.skip("no AVX2 here")
    test_candidates_inside_are_packed_in_order(0, 16)
    packing = "\n".join(keep.inspect_asm().values())
    assert ("vpcompressd" if has("avx512f") else "vpermd") in packing
    test_eight_rows_are_fetched_and_transposed(8)
    assert not re.search(r"vcvtsi2sd", "\n".join(fetch.inspect_asm().values()))


HERE, TREE = Path(__file__), Path(__file__).parents[1]
AVX2 = "sse sse2 sse3 ssse3 sse4.1 sse4.2 popcnt avx avx2 fma bmi bmi2 lzcnt f16c movbe cx16 cmov fxsr xsave mmx sahf 64bit"


@pytest.mark.skipif(not has("avx512f"), reason="no AVX-512 to do without")
def test_all_of_it_on_avx2_alone():
    """These tests, those of single precision and of lists again, with kernels compiled as for a processor without AVX-512."""
    features = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ",".join(f"+{x}" for x in AVX2.split())}
    chosen = [HERE, HERE.with_name("test_single.py"), TREE / "kernels" / "test_lists_and_forces.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, chosen)]
    done = subprocess.run(command, env=os.environ | features, capture_output=True, text=True, check=False, cwd=TREE.parent)
    assert done.returncode == 0, done.stdout[-3000:]


def test_padding_and_copying():
    rows = [np.arange(40).astype(np.uint32) for _ in range(2)]
    pad(rows[0], np.uint64(3), np.uint32(99))
    pad_plainly(rows[1], np.uint64(3), np.uint32(99))
    assert np.array_equal(rows[0], rows[1])
    assert (rows[0] == 99).sum() == 8
    source, targets = np.random.default_rng(3).random(40).astype(np.float32), np.zeros((2, 40), dtype=np.float32)
    copy(source, np.uint64(2), targets[0], np.uint64(5))
    copy_plainly(source, np.uint64(2), targets[1], np.uint64(5))
    assert np.array_equal(targets[0], targets[1])
    assert np.array_equal(targets[0, 5:21], source[2:18])


def test_work_is_shared_out_without_gap_or_overlap():
    for number in (1, 2, 3):
        set_threads(number)
        for n in (1, 63, 64, 1000, 4097):
            parts = sorted(shared_out(lambda first, last: (first, last), n))
            assert parts[0][0] == 0
            assert parts[-1][1] == n
            assert all(a[1] == b[0] and b[0] % 64 == 0 for a, b in pairwise(parts))


def test_the_number_of_threads_is_checked(monkeypatch):
    monkeypatch.setenv("VITRIFY_THREADS", "3")
    assert threads() == 3
    monkeypatch.setenv("VITRIFY_THREADS", "many")
    with pytest.raises(UsageError, match="VITRIFY_THREADS is 'many'"):
        threads()
    with pytest.raises(UsageError, match="positive"):
        set_threads(0)
