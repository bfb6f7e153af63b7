"""A real Slurm of two nodes on this machine, for the time of the tests; skipped, with the reason, where it cannot be had."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from patience import PATIENCE

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # tests and jobs import what they share by the same name
PREFIX = "vitrify-slurm-"


class Slurm:
    """What tests do to it. folder: of its configuration and state."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def ask(self, *command):
        """The output of one of Slurm's commands."""
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def jobs(self, states="PENDING,RUNNING"):
        """Numbers of the jobs in these states."""
        return self.ask("squeue", "--noheader", f"--states={states}", "--format=%A").split()

    def cancel_all(self):
        self.ask("scancel", *self.jobs())

    def end_all_jobs(self):
        """Without waiting for what workers still have in hand."""
        for pid in self.nodes_of_processes():
            _kill(pid)
        self.ask("scancel", "--user", "root")
        deadline = time.monotonic() + PATIENCE
        while self.jobs("PENDING,RUNNING,COMPLETING") and time.monotonic() < deadline:
            time.sleep(0.1)

    def await_nodes(self, seconds=PATIENCE):
        """Until both nodes are idle. After its restart a controller may not know one for a while, and takes no job then; a
        node tells of itself when it is asked to read its configuration again."""
        end = time.monotonic() + seconds
        ask_again = time.monotonic() + 5
        while self.ask("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").split() != ["n1", "n2"]:
            assert time.monotonic() < end, self.ask("sinfo", "-h", "-N", "-o", "%N %T %E")
            if time.monotonic() > ask_again:
                self.ask("scontrol", "reconfigure")
                ask_again = time.monotonic() + 5
            time.sleep(0.2)

    def kill_node(self, node):
        """As if its plug were pulled: daemon, steps and jobs die at once. Returns how many processes that were."""
        daemon = int((self.folder / f"slurmd.{node}.pid").read_text())
        doomed = [daemon, *(pid for pid, where in self.nodes_of_processes().items() if where == node)]
        for pid in doomed:
            _kill(pid)
        return len(doomed)

    def nodes_of_processes(self):
        """The node of every process of a job, by its number."""
        nodes = {}
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            if node := self._node(pid):
                nodes[pid] = node
        return nodes

    def start_node(self, node):
        subprocess.run(["slurmd", "-N", node, "-f", self.environment["SLURM_CONF"]], env=self.environment, check=True)

    def kill_controller(self):
        os.kill(int((self.folder / "slurmctld.pid").read_text()), signal.SIGKILL)

    def start_controller(self):
        subprocess.run(["slurmctld", "-f", self.environment["SLURM_CONF"]], env=self.environment, check=True)
        deadline = time.monotonic() + PATIENCE
        while subprocess.run(["scontrol", "ping"], env=self.environment, capture_output=True).returncode:
            assert time.monotonic() < deadline, (self.folder / "log" / "slurmctld.log").read_text()[-2000:]
            time.sleep(0.2)

    def _node(self, pid):
        """The node on which a process believes to be, if it is of a job of this Slurm."""
        try:
            words = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it has ended, or is another user's
            return None
        environment = dict(x.partition("=")[::2] for x in words)
        ours = environment.get("SLURM_CONF") == self.environment["SLURM_CONF"]
        return environment.get("SLURMD_NODENAME") if ours else None


@pytest.fixture(scope="session")
def slurm():
    if os.getuid() != 0:
        pytest.skip("only root can start Slurm's daemons")
    _end_what_is_left()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (folder / "owner").write_text(str(os.getpid()))
    try:
        command = [HERE / "start_slurm.sh", folder, *map(str, _free_ports(3))]
        started = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        if started.returncode:
            pytest.skip((started.stderr.strip().splitlines() or ["start_slurm.sh failed"])[-1])
        yield Slurm(folder)
    finally:
        _end(folder)


@pytest.fixture(autouse=True)
def no_job_outlives_its_test(request):
    yield
    if "slurm" in request.fixturenames:
        request.getfixturevalue("slurm").end_all_jobs()
        request.getfixturevalue("slurm").await_nodes()


def _end_what_is_left():
    """A session that was killed could not stop its Slurm."""
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/owner"):
        if not Path("/proc", owner.read_text()).exists():
            _end(owner.parent)


def _kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _end(folder):
    subprocess.run([HERE / "stop_slurm.sh", folder], timeout=PATIENCE)
    shutil.rmtree(folder, ignore_errors=True)


def _free_ports(number):
    """Ports on which nobody listens, below those that the kernel gives away: a daemon that is restarted needs its own again."""
    free = []
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            free.append(port)
    return free[:number]
