"""Campaigns in processes of their own, to be disturbed, and what their stores hold afterwards."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import squares

from patience import PATIENCE

HERE = Path(__file__).parent


def start(folder, n, log, pause, engine="local", *part, before=(), packed=False):
    """A campaign in a session of its own, so that a signal to its group meets it alone. before: a command that starts it."""
    command = [*before, sys.executable, str(HERE / "squares.py"), *(str(x) for x in (folder, n, log, pause, engine, *part))]
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": path, "SQUARES_PACKED": str(int(packed))}, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(folder, n, log, pause=0.0, engine="here"):
    """Run to the end; what it said."""
    process = start(folder, n, log, pause, engine)
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said + wrong
    return said


def workers_of(process):
    """The worker processes of a local cluster."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [x for x in children if "spawn_main" in " ".join(x.cmdline())]
    except psutil.Error:
        return []


def published(folder):
    """What stands in a store: name → (inode, time of writing), which change where a file is written again."""
    return {x.name: (x.stat().st_ino, x.stat().st_mtime_ns) for x in (Path(folder) / "s").glob("*.h5")}


def wait_for(condition, seconds=PATIENCE):
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def contents(folder):
    """The bytes of all results, whether they have files of their own or stand in packs."""
    store = squares.Store(folder)
    return {key: store.content(key) for key in store.keys("s")}


def undisturbed(tmp_path, n):
    """The bytes that a store must hold in the end."""
    folder = tmp_path / "undisturbed"
    squares.run(squares.units(n), squares.Store.create(folder), workers=1, packed=False)
    return contents(folder)


def squared(log):
    """The numbers that were begun, one for each time."""
    return [int(x) for x in Path(log).read_text().split()] if Path(log).exists() else []


class Cluster:
    """A scheduler and two workers that somebody else started."""

    def __init__(self):
        self.process = _dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
        self.address = self._address()
        self.workers = _dask(
            "worker", self.address, "--nworkers", "2", "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard"
        )

    def _address(self):
        for line in self.process.stderr:
            if "Scheduler at:" in line:
                self._reader = threading.Thread(target=self.process.stderr.read)
                self._reader.start()
                return line.split()[-1]
        raise AssertionError("the scheduler did not come up")

    def close(self):
        for process in (self.workers, self.process):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._reader.join()
        self.process.stderr.close()


@contextlib.contextmanager
def cluster():
    """It ends with the block."""
    found = Cluster()
    try:
        yield found
    finally:
        found.close()


def _dask(*arguments):
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    pipe = subprocess.PIPE if arguments[0] == "scheduler" else subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments], env={**os.environ, "PYTHONPATH": path}, start_new_session=True, text=True,
        stdout=subprocess.DEVNULL, stderr=pipe,
    )  # fmt: skip
