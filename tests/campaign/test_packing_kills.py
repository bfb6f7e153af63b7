"""kill -9 at random moments of packing: nothing is lost, and every result is read bit for bit, by whoever looks meanwhile too."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import squares
import watched

from vitrify.campaign import Leases, ReadOnlyStore, Store, run
from vitrify.campaign.packing import blocks_in, pack
from vitrify.study.orphans import LEFTOVER

PACKER = Path(__file__).parent / "busy_packer.py"
N = 600


@pytest.fixture
def store(tmp_path):
    """A store with results of three blocks."""
    made = Store.create(tmp_path / "store")
    run(squares.units(N), made, workers=1, packed=False)
    return made


@pytest.mark.parametrize("kills", [4, pytest.param(80, marks=pytest.mark.slow)])
@pytest.mark.parametrize("packers", [1, 2])
def test_packers_are_killed_at_random_moments_and_nothing_is_lost(store, tell, kills, packers):
    """Two at once too, each of which may take over what the other had in hand."""
    seed = random.SystemRandom().randrange(10**6)
    rng, began, looks = random.Random(seed), time.monotonic(), 0
    before = watched.contents(store.directory)
    for k in range(kills):
        processes = [_start(store.directory, seed + k + 1000 * x) for x in range(packers)]
        end = time.monotonic() + rng.uniform(0.0, 0.6)
        reader = ReadOnlyStore(store.directory)
        while time.monotonic() < end:
            number = rng.randrange(N)
            key = f"s/{number:06d}"
            assert reader.read(key, "d").values == reader.summary(key, "d").values == {"square": number**2}
            assert len(reader.names("s")) == N
            looks += 1
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert watched.contents(store.directory) == before
    tell(
        f"{packers * kills} kills (seed {seed}) in {time.monotonic() - began:.0f} s, {looks} looks meanwhile: nothing lost"
    )
    _finish(store)
    assert watched.contents(store.directory) == before


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["here", "local"])
def test_runs_that_pack_are_killed_at_random_moments_and_nothing_is_lost(folder, log, tmp_path, tell, engine):
    """What was finished before a kill is there after it, and is not begun again."""
    seed, wanted = random.SystemRandom().randrange(10**6), 1200
    rng, seen, kills = random.Random(seed), {}, 0
    while kills < 40:
        process = watched.start(folder, wanted, log, 0.002, engine, packed=True)
        before = len(watched.contents(folder)) if folder.exists() else 0
        watched.wait_for(lambda: process.poll() is not None or len(_names(folder)) > before)  # noqa: B023  # it is called before the next turn
        time.sleep(rng.uniform(0.0, 0.8))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1
        after = watched.contents(folder)
        assert {key: after.get(key) for key in seen} == seen
        seen = after
        if len(seen) == wanted:
            break
    squares.run(squares.units(wanted), Store(folder), workers=1)
    begun = watched.squared(log)
    tell(
        f"{kills} kills (seed {seed}): {len(seen)} results, {len(begun)} begun, {len(list(folder.glob('s/packed/*')))} packs"
    )
    assert watched.contents(folder) == watched.undisturbed(tmp_path, wanted)
    assert len(begun) <= wanted + 2 * kills
    assert list(folder.glob("s/packed/*.zip"))


def _names(folder):
    return Store(folder).names("s") if (folder / "vitrify-store.json").exists() else []


def _start(folder, seed):
    path = os.pathsep.join([str(PACKER.parent), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, PACKER, folder, str(seed)], env={**os.environ, "PYTHONPATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == "at work\n", process.communicate()
    return process


def _finish(store):
    """One more packer, which nobody kills: it packs what the others left. Hidden files that they were writing when they were
    killed may stay: `vitrify prune` lists those."""
    with Leases(store).announced("packing", 1) as me:
        for block in blocks_in(store, "s"):
            pack(block, store, me.name, least=1)
    names = sorted(x for x in os.listdir(store.directory / "s" / "packed") if not LEFTOVER.fullmatch(x))
    assert [x[:14] for x in names] == ["000000-000255.", "000256-000511.", "000512-000599."], names
    assert list(store.directory.glob("s/*.h5")) == []
