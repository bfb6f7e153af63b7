"""kill -9 at hundreds of random moments: of whole runs and of workers. What was published is neither lost nor made again."""

import contextlib
import os
import random
import signal
import time

import psutil
import pytest
import watched

N = 3000
OWN_PROCESS, CLUSTER, WORKERS = 75, 60, 75  # kills of each kind


class Watch:
    """Counts over all kills."""

    def __init__(self, folder):
        self.folder, self.kills, self.seen = folder, 0, {}

    def note(self):
        """What is published by now."""
        self.seen |= {name: stamp for name, stamp in watched.published(self.folder).items() if name not in self.seen}

    def verdict(self):
        """Numbers of results that were lost, and of those that were written again after they had been published."""
        after = watched.published(self.folder)
        lost = sum(name not in after for name in self.seen)
        return lost, sum(name in after and after[name] != stamp for name, stamp in self.seen.items())


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_and_nothing_repeated(tmp_path, tell):
    seed = random.SystemRandom().randrange(10**6)
    rng, folder, log = random.Random(seed), tmp_path / "store", tmp_path / "begun"
    watch, began = Watch(folder), time.monotonic()
    for k in range(OWN_PROCESS):
        _kill_a_run(watch, log, "here", rng.uniform(0.0, 0.6), at_work=k % 4 > 0, whole_group=True)
    for k in range(CLUSTER):  # by turns with its workers, which else must end by themselves
        _kill_a_run(watch, log, "local", rng.uniform(0.0, 1.0), at_work=k % 4 > 0, whole_group=bool(k % 2))
    _kill_workers(watch, log, rng, WORKERS)
    watch.note()
    watched.finish(folder, N, log, 0.0, "local")
    lost, repeated = watch.verdict()
    begun = watched.squared(log)
    tell(
        f"{watch.kills} kills at random moments (seed {seed}) in {time.monotonic() - began:.0f} s: {len(watch.seen)} results "
        f"published before the last one, {lost} lost, {repeated} repeated; {N} wanted, {len(begun)} begun"
    )
    assert watch.kills >= 200
    assert (lost, repeated) == (0, 0)
    assert watched.contents(folder) == watched.undisturbed(tmp_path, N)
    assert len(begun) <= N + 2 * watch.kills  # what was in hand at a kill, on two workers, is all that is done again
    assert not list((folder / "claims").glob("*.json"))
    assert not list((folder / "runs").glob("*.json"))


def _kill_a_run(watch, log, engine, seconds, *, at_work, whole_group):
    """at_work: count the seconds from the first result on, not from the start."""
    before = len(watched.published(watch.folder))
    process = watched.start(watch.folder, N, log, 0.05, engine)
    if at_work:
        watched.wait_for(lambda: len(watched.published(watch.folder)) > before)
    time.sleep(seconds)
    watch.note()
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    process.communicate()
    watch.kills += 1


def _kill_workers(watch, log, rng, number):
    """Of one run that goes on."""
    before = len(watched.published(watch.folder))
    process = watched.start(watch.folder, N, log, 0.05, "local")
    watched.wait_for(lambda: len(watched.published(watch.folder)) > before)
    killed = 0
    while killed < number and process.poll() is None:
        time.sleep(rng.uniform(0.1, 1.0))
        watch.note()
        workers = watched.workers_of(process)
        if workers:
            with contextlib.suppress(psutil.Error):  # it has just died by itself
                rng.choice(workers).kill()
                killed += 1
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    watch.kills += killed + 1
