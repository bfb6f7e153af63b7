"""Disks that fail, or that lack what others have: each fault is preloaded into processes of their own."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import squares
import watched

from campaign_files import tree
from patience import PATIENCE
from stores import filled, study_text
from vitrify.errors import Unreadable, UsageError

N = 4
HERE = Path(__file__).parent
CLI = [sys.executable, "-c", "from vitrify.cli.main import cli; cli()"]


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        pytest.skip("needs a C compiler")
    library = tmp_path_factory.mktemp("shim") / "disk_faults.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, HERE / "disk_faults.c", "-ldl"], check=True)
    return str(library)


def run_on(shim, faults, folder, n, log, engine="here", *, wait=True):
    """A campaign on a disk with these faults."""
    command = [sys.executable, HERE / "squares.py", folder, str(n), log, "0.0", engine]
    process = subprocess.Popen(
        command, env=environment(shim, faults), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if not wait:
        return process
    said, wrong = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in wrong
    return process.returncode, said


def environment(shim, faults):
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "LD_PRELOAD": shim, **{name: str(x) for name, x in faults.items()}}


LACKING = [
    {"SHIM_FLOCK": errno.ENOLCK},
    {"SHIM_FLOCK": errno.ENOSYS},
    {"SHIM_LINK": errno.EPERM},
    {"SHIM_LINK": errno.EOPNOTSUPP},
    {"SHIM_LINK": errno.EMLINK},
    {"SHIM_FSYNCDIR": errno.EINVAL},
    {"SHIM_FSYNCDIR": errno.ENOTSUP},
    {"SHIM_FLOCK": errno.EOPNOTSUPP, "SHIM_LINK": errno.ENOSYS, "SHIM_FSYNCDIR": errno.ENOSYS},
]


@pytest.mark.parametrize("faults", LACKING, ids=str)
def test_a_disk_without_locks_links_or_fsync_of_folders_holds_a_store(shim, folder, log, tmp_path, faults):
    code, said = run_on(shim, faults, folder, N, log)
    assert code == 0, said
    assert watched.contents(folder) == watched.undisturbed(tmp_path, N)
    assert not list((folder / "claims").iterdir())


def test_runs_share_the_work_on_a_disk_without_links(shim, folder, log, tmp_path):
    faults = {"SHIM_LINK": errno.EPERM}
    processes = [run_on(shim, faults, folder, 30, log, wait=False) for _ in range(3)]
    for process in processes:
        said, wrong = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said + wrong
    assert sorted(watched.squared(log)) == list(range(30))  # each once, whoever did it
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 30)


def test_a_folder_that_cannot_be_brought_to_the_disk_is_told(shim, folder, log):
    code, said = run_on(shim, {"SHIM_FSYNCDIR": errno.EIO}, folder, N, log)
    assert code == 2
    assert "cannot be written: Input/output error" in said


REFUSED = [errno.EIO, errno.ESTALE, errno.EMFILE, errno.EACCES, errno.ENOMEM]


@pytest.mark.parametrize("number", REFUSED, ids=errno.errorcode.get)
def test_results_that_cannot_be_read_are_neither_moved_nor_made_again(shim, folder, log, number):
    watched.finish(folder, N, log)
    before = tree(folder / "s")
    code, said = run_on(shim, {"SHIM_OPEN": number}, folder, N, log)
    assert code == 2
    assert f"Error: 000000.h5 in {folder / 's'} cannot be read: {os.strerror(number)}" in said
    assert "0 samples made, 4 left as they are" in said
    assert tree(folder / "s") == before
    assert not (folder / "quarantine").exists()
    assert not (folder / "failed").exists()
    assert sorted(watched.squared(log)) == list(range(N))
    assert "4 existed already" in watched.finish(folder, N, log)


@pytest.mark.parametrize("engine", ["here", "local"])
def test_a_run_goes_on_with_the_others_and_tells_of_the_one_that_it_could_not_read(shim, folder, log, tmp_path, engine):
    watched.finish(folder, 2, log)
    before = watched.published(folder)
    code, said = run_on(shim, {"SHIM_OPEN": errno.EIO, "SHIM_WIDTH": 1}, folder, 6, log, engine)
    assert code == 2
    if engine == "here":  # else it fails once in each process
        assert "4 samples made, 1 left as they are, because they could not be read, 1 existed already" in said
    assert "run the same command again" in said
    after = watched.published(folder)
    assert {x: after[x] for x in before} == before
    watched.finish(folder, 6, log)
    assert sorted(watched.squared(log)) == list(range(6))  # none was made again
    assert watched.contents(folder) == watched.undisturbed(tmp_path, 6)


def test_what_a_worker_cannot_read_is_left_to_the_next_run(folder, monkeypatch):
    """The disk fails between the check of the store and the work."""
    store = squares.Store.create(folder)
    squares.run([squares.rooted([1.0, 2.0])], store, workers=1)
    store.path("sums/000000").unlink()

    def ill(*_):
        raise Unreadable("000000.h5 in r cannot be read: Input/output error")

    mended = squares.rooted([1.0, 2.0])
    fails = squares.Task("sums/000000", "d", ill, (), needs=("r/000000",))
    outcome = squares.run([squares.WorkUnit("rooted", (mended.tasks[0], fails))], store, workers=1)
    assert (outcome.made, outcome.failed, outcome.unread) == (0, 0, 1)
    assert store.failure("sums/000000") is None
    with pytest.raises(Unreadable, match="Input/output error"):
        outcome.require_all_read()
    assert squares.run([mended], store, workers=1).made == 1


def test_a_task_that_the_machine_failed_is_tried_again_by_the_next_run(folder):
    store = squares.Store.create(folder)
    ill = squares.WorkUnit("one", (squares.Task("x/000000", "d", squares.broken_disk),))
    assert squares.run([ill], store, workers=1).failed == 1
    assert store.failure("x/000000").again
    well = squares.WorkUnit("one", (squares.Task("x/000000", "d", squares.square, (7,)),))
    assert squares.run([well], store, workers=1).made == 1


def results_of(store):
    return {path: about for path, about in tree(store).items() if path.suffix == ".h5"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small store of a study, with all of its results."""
    place = tmp_path_factory.mktemp("finished")
    (place / "study.toml").write_text(study_text(("PSS", '"mechanics"')))
    return filled(place / "store", (place / "study.toml").read_text())


LOOKS = {
    "report": lambda store, out: ["report", store, "--output", out],
    "export": lambda store, out: ["export", store, "--table", out.with_suffix(".csv")],
    "glasses": lambda store, out: ["export", store, "--glasses", out],
    "run": lambda store, out: ["run", store.parent / "study.toml", "--store", store, "--workers", "1", "--no-report"],
}


@pytest.mark.parametrize("command", LOOKS)
@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES], ids=errno.errorcode.get)
def test_a_command_that_cannot_read_says_so_in_one_sentence_and_touches_nothing(shim, finished, tmp_path, command, number):
    before = results_of(finished)
    arguments = [str(x) for x in LOOKS[command](finished, tmp_path / "out")]
    done = subprocess.run(
        [*CLI, *arguments], env=environment(shim, {"SHIM_OPEN": number}), capture_output=True, text=True, timeout=PATIENCE
    )
    told = [x for x in done.stderr.splitlines() if x.startswith("Error: ")]
    assert done.returncode == 2, done.stderr
    assert len(told) == 1
    assert f"cannot be read: {os.strerror(number)}" in told[0]
    assert "Traceback" not in done.stderr
    assert results_of(finished) == before
    assert not (finished / "quarantine").exists()


@pytest.mark.parametrize("command", ["status", "plan"])
def test_what_reads_names_alone_does_not_mind(shim, finished, command):
    arguments = [str(finished)] if command == "status" else [str(finished.parent / "study.toml"), "--store", str(finished)]
    done = subprocess.run(
        [*CLI, command, *arguments],
        env=environment(shim, {"SHIM_OPEN": errno.EIO}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["report", "export", "glasses"])
def test_those_that_only_look_leave_a_broken_file_where_it_is(finished, tmp_path, command):
    store = Path(shutil.copytree(finished, tmp_path / "store"))
    glass = next(store.glob("PSS/glass-*/000001.h5"))
    glass.write_bytes(glass.read_bytes()[:-100])
    before = tree(store)
    arguments = [str(x) for x in LOOKS[command](store, tmp_path / "out")]
    done = subprocess.run([*CLI, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert tree(store) == before
    said = (tmp_path / "out" / "index.html").read_text() if command == "report" else done.stderr
    assert "000001.h5" in said


def test_a_store_that_is_moved_while_a_sample_is_made_is_not_made_anew(folder, tmp_path):
    store = squares.Store.create(folder)
    moving = squares.WorkUnit("one", (squares.Task("x/000000", "d", squares.move, (tmp_path / "elsewhere",)),))
    with pytest.raises(UsageError, match=r"moved or removed during the run"):
        squares.run([moving, *squares.units(3)], store, workers=1)
    assert not folder.exists()
    assert squares.run(squares.units(3), squares.Store(tmp_path / "elsewhere"), workers=1).made == 3


def test_a_store_that_is_no_longer_there_is_not_written_in_any_way(folder, tmp_path):
    store = squares.Store.create(folder)
    store.publish("x/000001", "d", squares.Result({"square": 1}))
    folder.rename(tmp_path / "elsewhere")
    folder.mkdir()  # by a shell that still stands in it, say
    for write in (
        lambda: store.publish("x/000000", "d", squares.Result({"square": 1})),
        lambda: store.record_failure("x/000000", "d", "no"),
        lambda: store.write_text("runs/r.json", "{}"),
        lambda: store.quarantine("x/000001", "is torn"),
    ):
        with pytest.raises(UsageError, match=r"moved or removed during the run"):
            write()
    assert not list(folder.iterdir())
