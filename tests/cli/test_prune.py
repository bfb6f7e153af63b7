"""`vitrify prune`: it lists, asks, removes; and refuses."""

import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner

import campaign_files as files
from patience import PATIENCE
from vitrify.campaign import Result, Store
from vitrify.cli.main import cli
from vitrify.study import parse_study, plan, write_manifest

TEXT = """[study]
name = "t"
seed = 3

[[ensemble]]
name = "loose"
model = "pss(rc=1.2)"
density = 0.55
n_particles = 100
n_samples = 2
parent_temperature = 5.0
observables = ["mechanics"]
"""
MIND = TEXT.replace("0.55", "0.6")


def call(*arguments):
    return CliRunner().invoke(cli, ["prune", *(str(x) for x in arguments)])


@pytest.fixture
def store(tmp_path):
    """Filled for a density of 0.55, and asked for 0.6 since; with one file set aside."""
    store = Store.create(tmp_path / "s")
    for text in (TEXT, MIND):
        write_manifest(parse_study(text), store)
        for batch in plan(parse_study(text)):
            for task in batch.tasks:
                store.publish(task.key, task.digest, Result({"x": 1.0}))
    key = plan(parse_study(MIND))[0].tasks[0].key
    store.quarantine(key, "is torn")
    store.publish(key, plan(parse_study(MIND))[0].tasks[0].digest, Result({"x": 1.0}))
    return store


def folders(store):
    return sorted(x.name for x in (store.directory / "loose").iterdir())


def asked(store):
    return sorted({task.key.split("/")[1] for batch in plan(parse_study(MIND)) for task in batch.tasks})


def test_a_change_of_mind(store):
    before = files.tree(store.directory)
    listed = call(store.directory, "--dry-run")
    assert listed.exit_code == 0, listed.output
    assert listed.output.count("3 files, ") == 2  # two samples and what defines them, of glass and mechanics
    assert listed.output.count(": density 0.55, now 0.6") == 2
    assert "6 files, " in listed.output.splitlines()[-1]
    assert files.tree(store.directory) == before
    removed = call(store.directory, "--yes")
    assert removed.exit_code == 0, removed.output
    assert folders(store) == asked(store)
    assert len(store.quarantined()) == 1
    assert "nothing to remove" in call(store.directory).output
    assert "quarantine: 2 files" in call(store.directory, "--yes", "--quarantine").output
    assert store.quarantined() == []
    assert all(store.verified(x.key, x.digest) for batch in plan(parse_study(MIND)) for x in batch.tasks)


def test_without_a_terminal_it_refuses(store):
    before = files.tree(store.directory)
    result = call(store.directory)
    assert result.exit_code == 2
    assert "no terminal to ask on: give --yes" in result.stderr
    assert files.tree(store.directory) == before


@pytest.mark.parametrize(("answer", "gone"), [(b"y\n", True), (b"n\n", False), (b"\n", False)])
def test_on_a_terminal_it_asks(store, answer, gone):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from vitrify.cli.main import cli; cli()", "prune", str(store.directory)]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        os.write(ours, answer)
        output = process.communicate(timeout=PATIENCE)[0]
    os.close(ours)
    os.close(theirs)
    assert "Remove 6 files" in output
    assert (folders(store) == asked(store)) is gone, output


def test_what_changed_while_it_asked_is_listed_anew(store, monkeypatch):
    """A run with the old study, say, that began and ended meanwhile."""

    def agreed(_):
        write_manifest(parse_study(TEXT), store)
        return True

    monkeypatch.setattr("vitrify.cli.prune._agreed", agreed)
    result = call(store.directory)
    assert result.exit_code == 2
    assert "has changed since it was listed" in result.stderr
    assert len(folders(store)) == 4


def test_while_a_run_is_alive_it_refuses(store):
    files.run_elsewhere(store)
    result = call(store.directory, "--yes")
    assert result.exit_code == 2
    assert f"is in use by process 77 on {files.ELSEWHERE}" in result.stderr
    assert len(folders(store)) == 4
    assert "would be removed" in call(store.directory, "--dry-run").output


def test_links_and_their_targets_survive(store, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "000000.h5").write_text("mine")
    link = store.directory / "loose" / "glass-0123456789ab"
    link.symlink_to(target)
    assert call(store.directory, "--yes").exit_code == 0
    assert link.is_symlink()
    assert (target / "000000.h5").read_text() == "mine"


def test_a_store_that_cannot_be_written(store, monkeypatch):
    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.unlink", read_only)
    result = call(store.directory, "--yes")
    assert result.exit_code == 2
    assert "cannot be written: Read-only file system" in result.stderr
    assert call(tmp := store.directory.parent).exit_code == 2, tmp
