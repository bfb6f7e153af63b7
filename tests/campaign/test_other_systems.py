"""What stands in for the parts of Linux that other systems lack: no /proc, no prctl, no affinity, no renameat2."""

import ctypes
import fcntl
import os
import resource
import subprocess
import sys
import time

import psutil
import pytest
import watched

from vitrify import atomic_write, cores
from vitrify.backends import processor, threads
from vitrify.campaign import Leases, Store, alive, clusters, journal
from vitrify.errors import UsageError


@pytest.fixture
def without_proc(monkeypatch, tmp_path):
    """As on macOS; psutil, which has other ways there, looks at the true /proc here."""
    nowhere = tmp_path / "no proc"
    monkeypatch.setattr(alive, "PROC", nowhere)
    monkeypatch.setattr(journal, "PROC", nowhere)
    return nowhere


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_process_is_known_by_the_time_of_its_birth(without_proc, sleeper):
    its_birth = alive.born(sleeper.pid)
    assert abs(its_birth - 1000 * time.time()) < 60_000
    assert alive.is_there(sleeper.pid, its_birth)
    assert alive.is_there(sleeper.pid, its_birth - 1) is False  # an earlier process of that number
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert alive.born(sleeper.pid) == 0  # dead and unburied
    assert alive.is_there(sleeper.pid, its_birth) is False
    sleeper.wait()
    assert alive.is_there(sleeper.pid, its_birth) is False
    assert alive.born(sleeper.pid) is None


def test_a_process_space_is_the_host_and_its_boot(without_proc, monkeypatch):
    here = alive.process_space()
    assert here.startswith(f"{os.uname().nodename}@")
    assert alive.same_boot(here)
    monkeypatch.setattr(psutil, "boot_time", lambda: 0.0)
    assert not alive.same_boot(here)


def test_nothing_is_known_where_psutil_knows_nothing_either(without_proc, monkeypatch):
    """A Linux whose /proc is not mounted."""

    def refuse(*_):
        raise FileNotFoundError("/proc/stat")

    monkeypatch.setattr(psutil, "boot_time", refuse)
    monkeypatch.setattr(psutil, "Process", refuse)
    assert alive.process_space() == ""
    assert alive.born(os.getpid()) is None
    assert not alive.same_boot("")


def test_a_run_is_seen_to_live_and_to_be_dead(without_proc, tmp_path, sleeper):
    leases = Leases(Store.create(tmp_path / "store"))
    with leases.announced("", 1) as me:
        assert me.boot.startswith(os.uname().nodename)
        assert me.born > 0
        assert [x.name for x in leases.living()] == [me.name]
        file = leases.runs / f"{me.name}.json"
        of_sleeper = {
            f'"pid": {me.pid}': f'"pid": {sleeper.pid}',
            f'"born": {me.born}': f'"born": {alive.born(sleeper.pid)}',
        }
        text = file.read_text()
        for mine, its in of_sleeper.items():
            assert mine in text
            text = text.replace(mine, its)
        (leases.runs / "other.json").write_text(text.replace(me.name, "other"))
        assert {x.name for x in leases.living()} == {me.name, "other"}
        sleeper.kill()
        sleeper.wait()
        assert {x.name for x in leases.living()} == {me.name}


def test_the_peak_of_memory_is_that_of_the_process(without_proc, monkeypatch):
    journal.forget_peak()  # which it cannot
    high = journal.peak_mb()
    assert high == pytest.approx(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3, rel=0.05)
    assert high > 20


def test_all_cores_where_no_affinity_is_told(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    monkeypatch.delenv("VITRIFY_THREADS", raising=False)
    assert cores.usable_cores() == 5
    assert threads() == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.usable_cores() == 1


LEADER = """
import sys, time
from pathlib import Path
from vitrify.campaign import runner
from pool_without_prctl import processes
if __name__ == "__main__":
    pool = processes(1)
    Path(sys.argv[1]).write_text(str(pool.submit(runner.os.getpid).result()))
    time.sleep(60)
"""
POOL = """
import ctypes
ctypes.CDLL = lambda *_, **__: object()  # a C library without prctl
from vitrify.campaign.runner import processes_of_this_one as processes
"""


def test_the_processes_of_a_pool_end_with_their_parent_without_prctl(tmp_path):
    """Each process of the pool imports the script that leads it, and so lacks prctl as well."""
    (tmp_path / "pool_without_prctl.py").write_text(POOL)
    (tmp_path / "leader.py").write_text(LEADER)
    note = tmp_path / "pid"
    leader = subprocess.Popen([sys.executable, str(tmp_path / "leader.py"), str(note)])
    try:
        watched.wait_for(lambda: note.exists() and note.read_text())
        child = psutil.Process(int(note.read_text()))
        assert child.is_running()
    finally:
        leader.kill()
        leader.wait()
    watched.wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize(("cpuinfo", "name"), [
    ("model name\t: Some x86\n", "Some x86"),
    ("processor\t: 0\nCPU implementer\t: 0x41\n", "neoverse-n1"),  # of Linux on aarch64
    (None, "neoverse-n1"),  # of macOS
])  # fmt: skip
def test_the_processor_has_a_name_without_cpuinfo(monkeypatch, tmp_path, cpuinfo, name):
    from llvmlite import binding

    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(binding, "get_host_cpu_name", lambda: "neoverse-n1")
    if cpuinfo is not None:
        processor.CPUINFO.write_text(cpuinfo)
    assert processor.processor.__wrapped__() == name


def test_a_generic_processor_is_told_as_its_machine(monkeypatch, tmp_path):
    from llvmlite import binding

    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(binding, "get_host_cpu_name", lambda: "generic")
    monkeypatch.setattr(processor.platform, "processor", lambda: "")
    monkeypatch.setattr(processor.platform, "machine", lambda: "arm64")
    assert processor.processor.__wrapped__() == "arm64"


def test_a_limit_that_only_seems_unlimited_is_kept(monkeypatch):
    """What macOS says of open files."""

    def refuse(*_):
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (8, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(UsageError, match="this process may open only 8"):
        clusters.require_open_files(1)


def test_folders_change_places_without_renameat2(monkeypatch, tmp_path):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    place = tmp_path / "page"
    for text in ("one", "two"):
        with atomic_write.atomic_write_folder(place) as folder:
            (folder / "a.txt").write_text(text)
    assert (place / "a.txt").read_text() == "two"
    assert [x.name for x in tmp_path.iterdir()] == ["page"]


@pytest.mark.parametrize("known", [True, False])
def test_a_file_is_brought_to_the_disk_where_fsync_stops_at_its_cache(monkeypatch, tmp_path, known):
    """What macOS calls F_FULLFSYNC; disks of a network answer that they do not know it."""
    flushed = []

    def full(handle, command):
        if not known:
            raise OSError("not supported")
        flushed.append(command)

    monkeypatch.setattr(atomic_write, "FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", full)
    monkeypatch.setattr(os, "fsync", lambda _: flushed.append("fsync"))
    (tmp_path / "a").write_text("x")
    atomic_write.sync(tmp_path / "a")
    assert flushed == ([51] if known else ["fsync"])
