"""Workers as jobs of a real Slurm of two nodes."""

import os
import stat
import time
from pathlib import Path
from threading import Thread

import on_nodes
import pytest
from distributed import as_completed

from patience import PATIENCE
from vitrify.campaign.slurm import SlurmSpec, slurm_cluster
from vitrify.errors import UsageError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
SPEC = {"walltime": "00:10:00", "memory": "1 GB", "interface": "lo", "directives": ("--exclusive",), "maximum_jobs": 2}


@pytest.fixture
def start(slurm, tmp_path, monkeypatch):
    """Start a cluster in a folder, whose jobs find the module `on_nodes`."""
    monkeypatch.setenv("SLURM_CONF", slurm.environment["SLURM_CONF"])
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    def start(**changes):
        return slurm_cluster(
            SlurmSpec(**{**SPEC, **changes}),
            tmp_path,
            environment={"OMP_NUM_THREADS": "1"},
            queue_seconds=2,
            death_seconds=120,
        )

    return start


def submit(client, number, pause=0.0, **options):
    return [client.submit(on_nodes.where, pause, pure=False, **options) for _ in range(number)]


def take(tasks, at=None):
    """Results, each let go at once as an engine does. at: what to do when so many are there."""
    results, at = [], at or {}
    completed = as_completed(tasks)
    tasks.clear()
    for task in completed:
        results += [task.result()] if task.status == "finished" else []
        del task  # a worker that alone has a result which is still wanted cannot leave without blame
        if len(results) in at:
            Thread(target=at.pop(len(results))).start()
    return results


def wait_for(condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


def test_jobs_work_on_both_nodes_and_leave_nothing(start, slurm, tmp_path):
    with start(cores=2, minimum_jobs=2, prologue=("export FROM_PROLOGUE=yes", "export OMP_NUM_THREADS=7")) as client:
        client.wait_for_workers(4, timeout=PATIENCE)
        found = client.gather(submit(client, 12, 0.5))
        (certificates,) = tmp_path.glob(".certificates-*")
        assert stat.S_IMODE(certificates.stat().st_mode) == 0o700
        assert client.cluster.scheduler.address.startswith("tls://")
    assert {x["SLURMD_NODENAME"] for x in found} == {"n1", "n2"}
    assert {x["FROM_PROLOGUE"] for x in found} == {"yes"}
    assert {x["OMP_NUM_THREADS"] for x in found} == {"1"}  # the package's threads are the last word
    assert [x.name for x in tmp_path.iterdir()] == ["log"]
    numbers = {x["SLURM_JOB_ID"] for x in found}
    assert {x.name for x in (tmp_path / "log" / "slurm").glob("*.err")} == {f"vitrify-{x}.err" for x in numbers}
    wait_for(lambda: not slurm.jobs())


def test_cancelled_jobs_are_submitted_anew(start, slurm, tell):
    """While they wait, and while they run: Dask's own adapt() waits for ever after either, as jobs have two processes."""
    ran = []

    def cancel_what_runs():
        ran.extend(slurm.jobs())
        slurm.cancel_all()

    slurm.ask("scontrol", "update", "PartitionName=main", "State=DOWN")
    try:
        with start(cores=2) as client:
            tasks = submit(client, 16, 0.5)
            wait_for(lambda: len(slurm.jobs("PENDING")) == 2)
            never_ran = slurm.jobs("PENDING")
            slurm.cancel_all()
            slurm.ask("scontrol", "update", "PartitionName=main", "State=UP")
            found = take(tasks, at={5: cancel_what_runs})
    finally:
        slurm.ask("scontrol", "update", "PartitionName=main", "State=UP")
    jobs = {x["SLURM_JOB_ID"] for x in found}
    tell(
        f"{len(never_ran)} waiting jobs and {len(ran)} running ones cancelled, {len(found)} tasks done in jobs {sorted(jobs)}"
    )
    assert len(found) > 12  # a worker leaves the task in hand to others, unless it alone has a result that is still wanted
    assert not jobs & set(never_ran)
    assert jobs & set(ran)
    assert jobs - set(ran)


def test_workers_leave_before_the_walltime(start, monkeypatch):
    """And new jobs go on."""
    monkeypatch.setattr("vitrify.campaign.slurm._margin", lambda spec: spec.seconds - 6)
    with start(cores=2) as client:
        found = take(submit(client, 40, 0.7))
    jobs = {x["SLURM_JOB_ID"] for x in found}
    assert len(found) == 40
    assert len(jobs) > 2


def test_a_controller_that_is_away_for_a_while(start, slurm):
    """An sbatch that fails is tried again."""
    with start() as client:
        slurm.kill_controller()
        futures = submit(client, 4, 0.1)
        try:
            wait_for(lambda: any(x.job_id is None for x in client.cluster.workers.values()))
        finally:
            slurm.start_controller()
        assert len(client.gather(futures)) == 4


def test_a_task_that_wants_a_gpu_gets_one_to_itself(start):
    with start(gpus=1, directives=(), minimum_jobs=2) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        found = client.gather(submit(client, 8, 0.5, resources={"GPU": 1}))
    assert {(x["SLURMD_NODENAME"], x["CUDA_VISIBLE_DEVICES"]) for x in found} == {("n1", "0"), ("n2", "0")}


def test_idle_jobs_are_given_back(start, slurm, monkeypatch):
    monkeypatch.setattr("vitrify.campaign.slurm_jobs.IDLE_SECONDS", 1.0)
    with start(minimum_jobs=1) as client:
        assert len(client.gather(submit(client, 8, 0.5))) == 8
        wait_for(lambda: len(slurm.jobs()) == 1)
        time.sleep(2.5)
        assert len(slurm.jobs()) == 1
        assert len(client.gather(submit(client, 8, 0.5))) == 8


def test_jobs_that_end_before_a_worker_comes_up_end_the_run(start, slurm, monkeypatch):
    monkeypatch.setattr("vitrify.campaign.slurm_jobs.BARREN_JOBS", 3)
    said = r"\d Slurm jobs in a row ended before a worker came up; the last said 'no such module' in .*vitrify-\d+\.err"
    with pytest.raises(UsageError, match=said), start(prologue=("echo no such module >&2", "exit 3")) as client:
        client.gather(submit(client, 2))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"partition": "lunch"}, "Slurm refuses the jobs: .*[Ii]nvalid partition"),
        ({"memory": "1 TB"}, "Slurm refuses the jobs: .*configuration is not available"),
        ({"interface": "ib7"}, r"\[slurm\]: interface is 'ib7', must be one of .*lo"),
    ],
)
def test_what_slurm_would_never_run_is_told_at_once(start, change, sentence):
    with pytest.raises(UsageError, match=sentence), start(**change):
        pass


def test_without_slurm(start, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(UsageError, match="there is no sbatch on the PATH"), start():
        pass
