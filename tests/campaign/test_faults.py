"""Faults, for real: after each the same command is run again, and the store is that of an undisturbed run."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import squares
import watched

from patience import PATIENCE
from vitrify.campaign import Here, Leases, Limits, Local, Store, Task, WorkUnit, run

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
N = 12


def one(function, *arguments):
    return WorkUnit("one", (Task("x/000000", "d", function, arguments),))


@pytest.mark.parametrize("function", [squares.hang, squares.hang_with_the_interpreter])
def test_a_hanging_worker_is_ended_and_its_sample_set_aside(folder, function):
    store, began = Store.create(folder), time.monotonic()
    outcome = run([one(function), *squares.units(N)], store, engine=Local(2), limits=Limits(seconds=2.0))
    assert (outcome.made, outcome.failed) == (N, 1)
    assert store.failure("x/000000").reason == "took longer than its time limit of 2 s"
    assert time.monotonic() - began < 60.0


def test_a_hanging_sample_is_set_aside_without_a_cluster(folder):
    store = Store.create(folder)
    outcome = run([one(squares.hang), *squares.units(3)], store, engine=Here(), limits=Limits(seconds=0.5))
    assert (outcome.made, outcome.failed) == (3, 1)
    assert "time limit" in store.failure("x/000000").reason


def test_a_sample_that_eats_the_memory_is_set_aside(folder):
    store = Store.create(folder)
    outcome = run([one(squares.eat_memory), *squares.units(N)], store, engine=Local(2), limits=Limits(memory=500_000_000))
    assert (outcome.made, outcome.failed) == (N, 1)
    assert store.failure("x/000000").reason == "needed more memory than a worker's limit of 500 MB"
    again = run([one(squares.eat_memory), *squares.units(N)], store, engine=Local(2))
    assert (again.made, again.present) == (0, N + 1)  # not tried again unless asked


def test_a_deadly_sample_takes_nobody_with_it_and_is_tried_again_by_the_next_run(folder):
    store = Store.create(folder)
    outcome = run([one(squares.die), *squares.units(N)], store, engine=Local(2))
    assert (outcome.made, outcome.failed) == (N, 1)
    assert store.failure("x/000000").reason == "its worker died 3 times"
    mended = WorkUnit("one", (Task("x/000000", "d", squares.square, (7,)),))
    assert run([mended], store, workers=1).made == 1


@pytest.mark.parametrize("engine", ["here", "local"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_what_is_in_hand(folder, log, tmp_path, engine, number):
    process = watched.start(folder, N, log, 0.7, engine)
    watched.wait_for(lambda: len(watched.squared(log)) >= 2)
    os.killpg(process.pid, number)
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number, said + wrong
    assert "stopped before the end" in said
    assert "samples that have begun are being finished" in wrong
    begun = watched.squared(log)
    assert len(begun) < N
    assert sorted(f"{x:06d}.h5" for x in begun) == sorted(watched.published(folder))  # all that was begun was finished
    watched.finish(folder, N, log)
    assert sorted(watched.squared(log)) == list(range(N))
    assert watched.contents(folder) == watched.undisturbed(tmp_path, N)


@pytest.mark.parametrize("engine", ["here", "local"])
def test_two_signals_stop_at_once(folder, log, tmp_path, engine):
    process = watched.start(folder, 4, log, 25.0, engine)
    watched.wait_for(lambda: watched.squared(log))
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert time.monotonic() - began < 10.0
    assert not watched.published(folder)
    assert not list((folder / "claims").glob("*.json"))
    watched.finish(folder, 4, log)
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 4)


def test_two_runs_on_one_store_share_the_work(folder, log, tmp_path):
    processes = [watched.start(folder, 40, log, 0.1, "here") for _ in range(3)]
    for process in processes:
        said, wrong = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said + wrong
    assert sorted(watched.squared(log)) == list(range(40))  # each once, whoever did it
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 40)


def test_shards_make_all_of_it_and_none_of_it_twice(folder, log, tmp_path):
    processes = [watched.start(folder, 31, log, 0.05, "here", f"{k}/3") for k in (1, 2, 3)]
    for process in processes:
        process.communicate(timeout=PATIENCE)
    assert sorted(watched.squared(log)) == list(range(31))
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 31)


def test_the_leases_of_a_dead_run_are_taken_over(folder, log, tmp_path):
    first = watched.start(folder, 3, log, 300.0, "here")
    watched.wait_for(lambda: watched.squared(log))
    leases = Leases(Store(folder))
    assert [x.key for x in leases.in_hand()] == ["s/000000"]
    assert [x.pid for x in leases.living()] == [first.pid]
    first.kill()
    first.communicate()
    assert not leases.living()
    watched.finish(folder, 3, log)
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 3)


def test_what_a_living_run_has_in_hand_is_left_to_it(folder, log):
    first = watched.start(folder, 2, log, 4.0, "here")
    watched.wait_for(lambda: watched.squared(log))
    outcome = run(squares.units(2, log, 0.0), Store(folder), engine=Here())
    first.communicate(timeout=PATIENCE)
    assert (outcome.made, outcome.elsewhere) == (1, 1)
    assert sorted(watched.squared(log)) == [0, 1]


@pytest.fixture
def scheduler():
    """A Dask cluster that was there before: a scheduler and two workers in processes of their own."""
    with watched.cluster() as found:
        yield found


def test_a_cluster_that_is_there(folder, log, tmp_path, scheduler):
    said = watched.finish(folder, N, log, 0.1, scheduler.address)
    assert f"{N} samples made" in said
    assert watched.contents(folder) == watched.undisturbed(tmp_path, N)


def test_the_death_of_the_scheduler_is_one_sentence_and_loses_nothing(folder, log, tmp_path, scheduler):
    process = watched.start(folder, 60, log, 0.3, scheduler.address)
    watched.wait_for(lambda: len(watched.published(folder)) >= 4)
    scheduler.process.kill()
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, said + wrong
    assert "went away" in said
    before = watched.published(folder)
    watched.finish(folder, 60, log, 0.0, "local")
    after = watched.published(folder)
    assert {x: after[x] for x in before} == before
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 60)


CHECKING = """
import time
from vitrify.campaign.runner import processes_of_this_one
if __name__ == "__main__":
    pool = processes_of_this_one(2)
    print(*set(pool.map(abs, range(100))) and pool._processes, flush=True)
    time.sleep(600)
"""


def test_processes_that_check_a_store_do_not_outlive_the_run(tmp_path):
    import psutil

    (tmp_path / "checking.py").write_text(CHECKING)
    process = subprocess.Popen([sys.executable, tmp_path / "checking.py"], stdout=subprocess.PIPE, text=True)
    children = [int(x) for x in process.stdout.readline().split()]
    assert len(children) == 2
    process.kill()
    process.communicate()
    watched.wait_for(lambda: not any(psutil.pid_exists(x) for x in children))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 200 kB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    made = shutil.which("mount") and os.geteuid() == 0
    if not made or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", place]).returncode:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("engine", ["here", "local"])
def test_a_full_disk_is_one_sentence_and_loses_nothing(small_disk, log, tmp_path, engine):
    folder = small_disk / "store"
    process = watched.start(folder, 60, log, 0.02, engine)
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, said + wrong
    assert "cannot be written: No space left on device" in said
    before = watched.published(folder)
    assert 0 < len(before) < 60
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    watched.finish(folder, 60, log)
    after = watched.published(folder)
    assert {x: after[x] for x in before} == before
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 60)


def test_a_store_made_read_only_is_one_sentence_and_loses_nothing(small_disk, log, tmp_path):
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    folder = small_disk / "store"
    process = watched.start(folder, 60, log, 0.1, "local")
    watched.wait_for(lambda: len(watched.published(folder)) >= 4)
    watched.wait_for(
        lambda: not subprocess.run(["mount", "-o", "remount,ro", small_disk], stderr=subprocess.DEVNULL).returncode
    )
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, said + wrong
    assert "cannot be written: Read-only file system" in said
    before = watched.published(folder)
    process = watched.start(folder, 60, log, 0.0, "here")
    assert "Read-only file system" in process.communicate(timeout=PATIENCE)[0]
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    watched.finish(folder, 60, log)
    after = watched.published(folder)
    assert {x: after[x] for x in before} == before
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 60)


def test_the_local_cluster_listens_on_the_loopback_only(folder, log):
    import psutil

    process = watched.start(folder, 4, log, 3.0, "local")
    watched.wait_for(lambda: watched.squared(log))
    heard = []
    for x in [psutil.Process(process.pid), *watched.workers_of(process)]:
        heard += [c.laddr.ip for c in x.net_connections() if c.status == "LISTEN"]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert heard
    assert set(heard) == {"127.0.0.1"}
