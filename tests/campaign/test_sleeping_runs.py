"""Runs that are stopped for long, and runs that cannot see each other's processes: each is known to be alive while it is."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import squares
import watched

from patience import PATIENCE
from vitrify.campaign import Here, Leases, Limits, Store, run
from vitrify.campaign import leases as lease_files
from vitrify.campaign.watchdog import InHand, Watchdog, in_hand
from vitrify.errors import Unreadable, UsageError
from vitrify.study.orphans import refuse_while_at_work

SILENCE, BEAT = 0.6, 0.06  # seconds, of runs in these tests
UNSHARED = {
    "another host": ["unshare", "-u", "sh", "-c", 'hostname "$0"; exec "$@"', "{host}"],
    "another PID namespace": ["unshare", "-p", "-f", "--mount-proc"],
    "a PID namespace with the outer /proc": ["unshare", "-p", "-f"],
    "a container": ["unshare", "-u", "-p", "-f", "--mount-proc", "sh", "-c", 'hostname "$0"; exec "$@"', "{host}"],
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Silence and beat in seconds, here and in the runs that are started."""
    monkeypatch.setattr(lease_files, "SILENCE", SILENCE)
    monkeypatch.setattr(lease_files, "BEAT", BEAT)
    monkeypatch.setenv("SQUARES_SILENCE_AND_BEAT", f"{SILENCE} {BEAT}")


@pytest.fixture
def started():
    """Starts a campaign as if on another host, or in a container; it ends with the test."""
    processes = []

    def start(where, host, folder, n, log, pause):
        command = [x.format(host=host) for x in UNSHARED[where]]
        if not shutil.which(command[0]) or subprocess.run([*command, "true"], capture_output=True).returncode:
            pytest.skip("needs the right to unshare namespaces")
        processes.append(watched.start(folder, n, log, pause, "here", before=command))
        return processes[-1]

    yield start
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def led_by(process):
    """The process that squares, below those that unshare."""
    import psutil

    parts = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return next(x for x in parts if "squares.py" in " ".join(x.cmdline()) and "python" in x.name())


@pytest.mark.parametrize("where", UNSHARED)
def test_a_run_that_was_stopped_is_seen_and_its_work_is_not_begun_twice(tmp_path, started, where):
    folder, log, n = tmp_path / "store", tmp_path / "begun", 5
    first = started(where, "one", folder, n, log, 0.6)
    watched.wait_for(lambda: watched.squared(log))
    asleep = led_by(first)
    asleep.send_signal(signal.SIGSTOP)
    time.sleep(3 * SILENCE)
    second = started(where, "two", folder, n, log, 0.6)
    watched.wait_for(lambda: len(watched.squared(log)) >= 3)
    store = Store(folder)
    assert len(Leases(store).living()) == 2
    with pytest.raises(UsageError, match="is in use by process"):
        refuse_while_at_work(store)
    asleep.send_signal(signal.SIGCONT)
    time.sleep(5 * BEAT)
    assert len(Leases(store).living()) == 2
    for process in (first, second):
        said, wrong = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said + wrong
    assert sorted(watched.squared(log)) == list(range(n))
    assert watched.contents(folder) == watched.undisturbed(tmp_path, n)
    assert not list((folder / "runs").glob("*.json"))


@pytest.mark.parametrize("where", UNSHARED)
def test_a_run_that_was_killed_out_of_sight_is_dead_soon(tmp_path, started, where):
    folder, log = tmp_path / "store", tmp_path / "begun"
    first = started(where, "one", folder, 3, log, 60.0)
    watched.wait_for(lambda: watched.squared(log))
    led_by(first).kill()
    first.communicate()
    watched.wait_for(lambda: not Leases(Store(folder)).living(), 20 * SILENCE)
    watched.finish(folder, 3, tmp_path / "again")
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 3)


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store")


@pytest.fixture
def far(monkeypatch):
    """All that is announced comes from another host."""
    monkeypatch.setattr(lease_files, "_myself", lambda: ("faraway", 77, 5, "another"))


def test_a_run_whose_file_was_removed_writes_it_again(store, far):
    leases = Leases(store)
    with leases.announced("", 1) as me:
        path = leases.runs / f"{me.name}.json"
        text = path.read_text()
        for remove in (path.unlink, lambda: shutil.rmtree(leases.runs)):
            remove()
            watched.wait_for(path.exists, 50 * BEAT)
            assert path.read_text() == text
            assert leases.living() == [me]
    assert not path.exists()


def test_a_run_does_not_make_the_store_anew_that_was_moved_away(store, tmp_path):
    leases = Leases(store)
    with leases.announced("", 1):
        store.directory.rename(tmp_path / "moved")
        time.sleep(5 * BEAT)
        assert not store.directory.exists()
        (tmp_path / "moved").rename(store.directory)


def test_a_silent_run_keeps_its_leases_until_somebody_needs_them(store, far, monkeypatch):
    leases = Leases(store)
    monkeypatch.setattr(lease_files, "BEAT", 1000.0)
    with leases.announced("asleep", 1) as asleep:
        for unit in ("a/000001", "b/000001"):
            assert leases.acquire(unit, asleep.name)
        path = leases.runs / f"{asleep.name}.json"
        os.utime(path, (time.time() - 2 * SILENCE,) * 2)
        assert leases.living() == []
        with leases.announced("awake", 1) as awake:
            assert leases.acquire("a/000001", awake.name)
            os.utime(path)  # it wakes up
            assert not leases.renew("a/000001", asleep.name)
            assert leases.renew("b/000001", asleep.name)
            assert not leases.acquire("b/000001", awake.name)
            (leases.folder / "b__000001.json").unlink()
            assert leases.renew("b/000001", asleep.name)
            os.utime(path, (time.time() - 2 * lease_files.FORGET,) * 2)
            with leases.announced("later", 1):
                assert not path.exists()
                assert [x.name for x in leases.folder.glob("*.json")] == ["a__000001.json"]


def test_what_another_run_has_published_meanwhile_stands(store, tmp_path):
    """A run that slept over a sample would put its own file in the place of that which observables were measured on."""

    def slow(store, number):
        store.publish("s/000000", "d", squares.square(store, 5))  # by another run, while this one sleeps
        return squares.square(store, number)

    unit = squares.WorkUnit("s", (squares.Task("s/000000", "d", slow, (2,)),))
    run([unit], store, engine=Here())
    assert store.read("s/000000").values == {"square": 25}


def test_of_many_that_find_a_dead_runs_lease_one_takes_it(store):
    """Each in a process of its own, all at the same moment, hundreds of times."""
    Path(store.directory / "claims").mkdir()
    command = [sys.executable, "-c", TAKING, str(store.directory)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    names = [x.stdout.readline().strip() for x in processes]
    assert len(set(names)) == 4
    leases = Leases(store)
    for k in range(150):
        unit = f"b/{k:06d}"
        leases._path(unit).write_text(leases._text(unit, "dead", unit))
        for x in processes:
            x.stdin.write(f"{unit}\n")
        for x in processes:
            x.stdin.flush()
        taken = [x.stdout.readline() == "True\n" for x in processes]
        assert sum(taken) <= 1, unit
        if any(taken):
            assert leases.holder(unit).run == names[taken.index(True)]
    for x in processes:
        x.communicate()
    assert not [x for x in (store.directory / "claims").iterdir() if x.name.startswith(".")]


TAKING = """
import sys
from vitrify.campaign import Leases, Store
leases = Leases(Store(sys.argv[1]))
with leases.announced("", 1) as me:
    print(me.name, flush=True)
    for line in sys.stdin:
        print(leases.acquire(line.strip(), me.name), flush=True)
"""


def test_a_lease_is_taken_by_one_of_two_that_both_found_it_stale(store, monkeypatch):
    """The first has judged and waits while the second takes the lease; then it goes on."""
    leases = Leases(store)
    with leases.announced("", 1) as one, leases.announced("", 1) as two:
        leases.folder.mkdir()
        leases._path("a").write_text(leases._text("a", "dead", "a"))
        judged, go_on, first = threading.Event(), threading.Event(), Leases(store)
        living = first._is_living

        def slow(name):
            found = living(name)
            if name == "dead":
                judged.set()
                go_on.wait(10)
            return found

        monkeypatch.setattr(first, "_is_living", slow)
        taken = []
        thread = threading.Thread(target=lambda: taken.append(first.acquire("a", one.name)))
        thread.start()
        assert judged.wait(10)
        assert leases.acquire("a", two.name)
        go_on.set()
        thread.join()
        assert taken == [False]
        assert leases.holder("a").run == two.name


class Worker:
    """A process as a nanny holds it."""

    def __init__(self, folder):
        self.process = subprocess.Popen(["sleep", "60"])
        self.pid, self.worker_dir = self.process.pid, str(folder)


def test_a_sample_is_not_late_because_the_machine_slept(store, tmp_path):
    """A laptop that is closed over the weekend: its samples have not worked for a day when it wakes up."""
    watchdog, worker = Watchdog("r", Limits(seconds=0.5)), Worker(tmp_path)
    two_days_ago = time.time() - 2 * 86400.0
    with in_hand(InHand("r", str(store.directory), "s/000000", "d", two_days_ago), tmp_path):
        watchdog.look(worker)
        watchdog.look(worker)
        assert worker.process.poll() is None
        assert store.failure("s/000000") is None
        time.sleep(0.6)
        watchdog.look(worker)
        worker.process.wait(10)
        assert "took longer than its time limit" in store.failure("s/000000").reason


def test_a_sample_that_takes_too_long_is_ended_while_the_store_cannot_be_read(store, tmp_path, monkeypatch):
    def fail(*_):
        raise Unreadable("the mark of the store cannot be read: Input/output error")

    watchdog, worker = Watchdog("r", Limits(seconds=0.2)), Worker(tmp_path)
    with in_hand(InHand("r", str(store.directory), "s/000000", "d", time.time()), tmp_path):
        watchdog.look(worker)
        monkeypatch.setattr("vitrify.campaign.watchdog.Store", fail)
        time.sleep(0.3)
        watchdog.look(worker)
        worker.process.wait(10)
