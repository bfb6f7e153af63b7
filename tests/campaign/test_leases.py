"""Runs on a store and the leases of their workers, told by files alone."""

import dataclasses
import json
import os
import resource
import time
from contextlib import contextmanager

import pytest

from vitrify import atomic_write
from vitrify.campaign import Leases, Store
from vitrify.campaign.leases import SILENCE
from vitrify.errors import UsageError


@pytest.fixture
def leases(tmp_path):
    return Leases(Store.create(tmp_path / "store"))


def elsewhere(leases, run, silent_for):
    """As if the run were led from another machine, and last heard of so long ago."""
    path = leases.runs / f"{run.name}.json"
    path.write_text(json.dumps(dataclasses.asdict(dataclasses.replace(run, host="faraway", boot="another"))))
    os.utime(path, (time.time() - silent_for,) * 2)


def test_a_run_is_alive_while_its_block_lasts_and_leaves_nothing(leases):
    with leases.announced("2 workers", 2) as me:
        assert [x.name for x in leases.living()] == [me.name]
        assert f"process {os.getpid()} on " in me.sentence()
        assert leases.acquire("a/000001", me.name)
        leases.ask_to_stop(me.name)
        assert leases.is_asked_to_stop(me.name)
    assert not list(leases.runs.iterdir())
    assert not list(leases.folder.iterdir())


def test_a_lease_is_one_runs_at_a_time(leases):
    with leases.announced("", 1) as one, leases.announced("", 1) as two:
        assert leases.acquire("a/000001", one.name)
        assert not leases.acquire("a/000001", two.name)
        assert leases.acquire("a/000001", one.name)  # its own: the worker that had it died
        leases.note_task("a/000001", one.name, "b/000001")
        assert [(x.batch, x.key, x.run) for x in leases.in_hand()] == [("a/000001", "b/000001", one.name)]
        assert leases.is_mine("a/000001", one.name)
        assert not leases.is_mine("a/000001", two.name)
        leases.release("a/000001")
        assert leases.acquire("a/000001", two.name)


def test_a_run_elsewhere_is_dead_when_it_has_been_silent(leases):
    with leases.announced("", 1) as far, leases.announced("", 1) as me:
        leases.acquire("a/000001", far.name)
        elsewhere(leases, far, SILENCE / 2)
        assert {x.name for x in leases.living()} == {far.name, me.name}
        assert not leases.acquire("a/000001", me.name)
        elsewhere(leases, far, 2 * SILENCE)
        assert [x.name for x in leases.living()] == [me.name]
        assert not leases.in_hand()
        assert leases.acquire("a/000001", me.name)
        assert leases.is_mine("a/000001", me.name)


def test_a_process_number_that_was_given_anew_is_not_taken_for_the_run(leases):
    with leases.announced("", 1) as me:
        assert leases.is_alive(me)
        assert not leases.is_alive(dataclasses.replace(me, born=me.born - 1))
        assert not leases.is_alive(dataclasses.replace(me, pid=2**22 + 1))


@contextmanager
def no_room():
    """A disk that takes names of files, but no byte more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("links", [True, False])
def test_a_lease_for_which_there_is_no_room_leaves_nothing(leases, monkeypatch, links):
    """An empty one would hold up others, on a disk that knows no links."""
    if not links:
        leases.folder.mkdir()
        monkeypatch.setattr("vitrify.campaign.leases._create", atomic_write.create_exclusively)
    with leases.announced("test", 1) as me:
        with no_room(), pytest.raises(UsageError, match="File too large"):
            leases.acquire("a/000001", me.name)
        assert not list(leases.folder.iterdir())
        assert leases.acquire("a/000001", me.name)


def test_files_that_cannot_be_read_belong_to_nobody(leases):
    leases.runs.mkdir()
    leases.folder.mkdir()
    (leases.runs / "x.json").write_text("{")
    (leases.folder / "a__000001.json").write_text('{"batch": 3}')
    assert not leases.living()
    assert not leases.in_hand()
    with leases.announced("", 1) as me:
        assert leases.acquire("a/000001", me.name)
