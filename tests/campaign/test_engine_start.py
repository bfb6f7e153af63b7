"""A local cluster that cannot start, or runs out of files: one sentence, exit code 2, and no flood of tracebacks."""

import os
import resource

import pytest
import watched

from patience import PATIENCE

BROKEN = {
    "not YAML": "distributed: [unclosed\n",
    "a list": "- a\n- b\n",
    "a number": "5\n",
    "no text": "\xff\xfe\x00",
    "no levels of logs": "logging: 7\n",
    "a level that is none": "logging: {distributed: nonsense}\n",
    "no time": "distributed: {comm: {timeouts: {tcp: soon}}}\n",
    "no number": "distributed: {scheduler: {bandwidth: much}}\n",
    "a folder that cannot be": "temporary-directory: /proc/nowhere\n",
}


def refused(process):
    """What it says in one sentence."""
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, said + wrong
    assert wrong == ""
    assert len(said.splitlines()) == 1
    assert said.startswith("Error: ")
    return said


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_configuration_of_dask_is_one_sentence(folder, log, tmp_path, monkeypatch, kind):
    place = tmp_path / "dask"
    place.mkdir()
    (place / "a.yaml").write_text(BROKEN[kind], encoding="latin-1")
    monkeypatch.setenv("DASK_CONFIG", str(place))
    assert "does not start" in refused(watched.start(folder, 2, log, 0.0, "local"))
    assert watched.squared(log) == []
    watched.finish(folder, 2, log)  # in its own process it does without Dask


def limited(option):
    return ["sh", "-c", f'ulimit {option}; exec "$@"', "sh"]


@pytest.mark.parametrize("files", [12, 20, 40])
def test_too_few_open_files_are_one_sentence(folder, log, files):
    said = refused(watched.start(folder, 4, log, 0.0, "local", before=limited(f"-n {files}")))
    assert "2 workers need " in said
    assert f"this process may open only {files}: allow more (ulimit -n " in said
    watched.finish(folder, 4, log)


def test_the_number_of_files_that_is_asked_for_is_enough(folder, log):
    said = refused(watched.start(folder, 4, log, 0.0, "local", before=limited("-n 40")))
    needed = said.partition("ulimit -n ")[2].partition(")")[0]
    process = watched.start(folder, 4, log, 0.0, "local", before=limited(f"-n {needed}"))
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said + wrong
    assert wrong == ""


def test_a_limit_that_may_be_raised_is_raised(folder, log):
    process = watched.start(folder, 4, log, 0.0, "local", before=limited("-Sn 40"))
    said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said + wrong
    assert wrong == ""


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs prlimit")
def test_a_worker_that_runs_out_of_files_ends_the_run_with_one_sentence(folder, log):
    process = watched.start(folder, 60, log, 0.1, "local")
    watched.wait_for(lambda: len(watched.squared(log)) >= 2)
    for worker in watched.workers_of(process):
        _, hard = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{worker.pid}/fd")) // 2, hard))
    assert "Too many open files" in refused(process)
    watched.finish(folder, 60, log)
