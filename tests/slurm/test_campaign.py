"""A campaign by the command line, `vitrify run --slurm`, on a real Slurm of two nodes, and what may happen to it in a week."""

import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from patience import PATIENCE
from vitrify.campaign import Store

pytestmark = pytest.mark.slow
ENSEMBLE = """
[[ensemble]]
name = "{name}"
model = "pss(rc=1.2)"
density = 0.6
n_particles = {n_particles}
n_samples = 16
parent_temperature = 6.0
melt_msd = 1.0
observables = ["elasticity"]
"""
STUDY = '[study]\nname = "queue"\nseed = 5\n' + "".join(
    ENSEMBLE.format(name=name, n_particles=n) for name, n in [("small", 120), ("large", 1000)]
)
N_RESULTS = 2 * 16 * 2  # ensembles, samples, a glass and its moduli
JOBS = '[slurm]\nwalltime = "00:10:00"\nmemory = "2 GB"\nmaximum_jobs = 2\ncores = 2\ninterface = "lo"\ndirectives = ["--exclusive"]\n'
VITRIFY = [sys.executable, "-c", "from vitrify.cli.main import cli; cli()"]


class Campaign:
    """A run of `vitrify run --slurm`, watched from outside."""

    def __init__(self, slurm, folder):
        self.slurm, self.folder, self.store, self.said = slurm, folder, folder / "store", folder / "said"
        self.process = None
        self.node_of_pid = {}
        (folder / "study.toml").write_text(STUDY)
        (folder / "queue.toml").write_text(JOBS)

    def start(self):
        command = [*VITRIFY, "run", "study.toml", "--store", "store", "--slurm", "queue.toml", "--no-report", "--no-pack"]
        with self.said.open("w") as said:
            self.process = subprocess.Popen(command, cwd=self.folder, env=self.slurm.environment, stdout=said, stderr=said)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def results(self):
        """Results, each with what would change if it were made again: they have files of their own here."""
        paths = [Store(self.store).path(x) for x in results_in(self.store)]
        return {x: (x.stat().st_mtime_ns, x.stat().st_ino) for x in paths}

    def wait_for(self, number):
        """Until there are so many results; notes meanwhile which process is on which node."""
        wait_until(lambda: self._look() >= number or self.process.poll() is not None)
        assert self.process.poll() is None, self.said.read_text()

    def wait_for_more(self, number):
        self.wait_for(len(self.results()) + number)

    def finish(self):
        """Until the run ends well; returns what it said."""
        wait_until(lambda: self._look() and self.process.poll() is not None)
        assert self.process.returncode == 0, self.said.read_text()
        assert len(self.results()) == N_RESULTS
        assert not list(self.store.rglob("failed/**/*.json"))
        return self.said.read_text().strip().splitlines()[-1]

    def made_on(self):
        """Results made by each node's workers, those twice counted that were made twice."""
        made = Counter()
        for file in (self.store / "log").glob("*.tsv"):
            made[self.node_of_pid.get(int(file.suffixes[-2].lstrip(".")), "?")] += len(file.read_text().splitlines())
        return made

    def _look(self):
        self.node_of_pid.update(self.slurm.nodes_of_processes())
        return len(results_in(self.store))


def results_in(directory):
    """Keys of all results, whether they have files of their own or stand in packs."""
    if not (directory / "vitrify-store.json").exists():
        return []
    store, places = Store(directory), (x for x in sorted(directory.glob("*/*-*")) if x.is_dir())
    return [key for x in places for key in store.keys(str(x.relative_to(directory)))]


def content(directory):
    """Every result of a store, to the last bit; but for the seconds that it took."""
    store = Store(directory)
    return {key: _bits(store.read(key)) for key in results_in(directory)}


def _bits(result):
    values = {name: value for name, value in result.values.items() if not name.startswith("seconds")}
    return values, {name: (array.dtype, array.shape, array.tobytes()) for name, array in result.arrays.items()}


def wait_until(condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """What one process makes of the same study."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "study.toml").write_text(STUDY)
    command = [*VITRIFY, "run", "study.toml", "--store", "store", "--workers", "1", "--no-report"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return content(folder / "store")


@pytest.fixture
def campaign(slurm, tmp_path):
    campaign = Campaign(slurm, tmp_path)
    yield campaign
    if campaign.process is not None:
        campaign.kill()


def test_both_nodes_make_what_one_process_makes(campaign, plain, tell):
    campaign.start()
    said = campaign.finish()
    made = campaign.made_on()
    tell(f"{said}; results by node: {dict(made)}")
    assert made["n1"] > 0
    assert made["n2"] > 0
    assert sum(made.values()) == N_RESULTS
    assert content(campaign.store) == plain
    assert not list(campaign.store.glob(".certificates-*"))
    wait_until(lambda: not campaign.slurm.jobs())


def test_a_node_dies_jobs_are_cancelled_and_the_controller_is_killed(campaign, plain, tell):
    slurm = campaign.slurm
    campaign.start()
    campaign.wait_for(8)
    killed = slurm.kill_node("n2")
    assert killed >= 4  # slurmd, the job's shell become Dask's nannies, two workers
    slurm.ask("scontrol", "update", "NodeName=n2", "State=DOWN", "Reason=killed")  # slurmctld would find out in 5 s
    slurm.start_node("n2")
    campaign.wait_for_more(4)
    before = slurm.jobs()
    cancelled = len(before)
    slurm.cancel_all()
    wait_until(lambda: set(slurm.jobs("RUNNING")) - set(before))  # those that were submitted anew
    slurm.kill_controller()
    try:
        campaign.wait_for_more(4)
    finally:
        slurm.start_controller()
    said = campaign.finish()
    twice = sum(campaign.made_on().values()) - N_RESULTS
    tell(f"{killed} processes of a node killed, {cancelled} jobs cancelled, the controller killed: {said}")
    tell(f"results by node: {dict(campaign.made_on())}, {twice} made twice")
    assert content(campaign.store) == plain


def test_the_driver_is_killed(campaign, plain, tell):
    """Its workers end by themselves, and the next run makes nothing again that was published."""
    slurm = campaign.slurm
    campaign.start()
    campaign.wait_for(12)
    orphans = slurm.jobs()
    campaign.kill()
    died = time.monotonic()
    wait_until(lambda: not set(orphans) & set(slurm.jobs()))
    tell(f"{len(orphans)} jobs ended within {time.monotonic() - died:.1f} s of their driver's death")
    before = {path: (path.read_bytes(), about) for path, about in campaign.results().items()}
    campaign.start()
    said = campaign.finish()
    tell(f"{len(before)} results before the second run; {said}")
    after = campaign.results()
    assert {path: (path.read_bytes(), after[path]) for path in before} == before
    assert len(before) < N_RESULTS
    assert content(campaign.store) == plain
    assert not list(campaign.store.glob(".certificates-*"))  # the dead driver's too
