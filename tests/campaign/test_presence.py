"""Who is at work on a store, told by files alone."""

import dataclasses
import json
import os
import resource
import time
from contextlib import contextmanager

import pytest

from vitrify.campaign import Presence, Store, exclusively
from vitrify.campaign.presence import SILENCE
from vitrify.errors import UsageError


@pytest.fixture
def presence(tmp_path):
    return Presence(Store.create(tmp_path / "store"))


def elsewhere(presence, run, silent_for):
    """As if the run were led from another machine, and last heard of so long ago."""
    path = presence.runs / f"{run.name}.json"
    path.write_text(json.dumps(dataclasses.asdict(dataclasses.replace(run, host="faraway", boot="another"))))
    os.utime(path, (time.time() - silent_for,) * 2)


def test_a_run_is_alive_while_its_block_lasts_and_leaves_nothing(presence):
    with presence.announced("2 workers", 2) as me:
        assert [x.name for x in presence.living()] == [me.name]
        assert f"process {os.getpid()} on " in me.sentence()
        assert presence.claim("a/000001", me.name)
        presence.ask_to_stop(me.name)
        assert presence.is_asked_to_stop(me.name)
    assert not list(presence.runs.iterdir())
    assert not list(presence.claims.iterdir())


def test_a_claim_is_one_runs_at_a_time(presence):
    with presence.announced("", 1) as one, presence.announced("", 1) as two:
        assert presence.claim("a/000001", one.name)
        assert not presence.claim("a/000001", two.name)
        assert presence.claim("a/000001", one.name)  # its own: the worker that had it died
        presence.at("a/000001", one.name, "b/000001")
        assert [(x.batch, x.key, x.run) for x in presence.in_hand()] == [("a/000001", "b/000001", one.name)]
        assert presence.is_mine("a/000001", one.name)
        assert not presence.is_mine("a/000001", two.name)
        presence.release("a/000001")
        assert presence.claim("a/000001", two.name)


def test_a_run_elsewhere_is_dead_when_it_has_been_silent(presence):
    with presence.announced("", 1) as far, presence.announced("", 1) as me:
        presence.claim("a/000001", far.name)
        elsewhere(presence, far, SILENCE / 2)
        assert {x.name for x in presence.living()} == {far.name, me.name}
        assert not presence.claim("a/000001", me.name)
        elsewhere(presence, far, 2 * SILENCE)
        assert [x.name for x in presence.living()] == [me.name]
        assert not presence.in_hand()
        assert presence.claim("a/000001", me.name)
        assert presence.is_mine("a/000001", me.name)


def test_a_process_number_that_was_given_anew_is_not_taken_for_the_run(presence):
    with presence.announced("", 1) as me:
        assert presence.is_alive(me)
        assert not presence.is_alive(dataclasses.replace(me, born=me.born - 1))
        assert not presence.is_alive(dataclasses.replace(me, pid=2**22 + 1))


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
def test_a_claim_for_which_there_is_no_room_leaves_nothing(presence, monkeypatch, links):
    """An empty one would hold up others, on a disk that knows no links."""
    if not links:
        presence.claims.mkdir()
        monkeypatch.setattr("vitrify.campaign.presence._create", exclusively.create_exclusively)
    with presence.announced("test", 1) as me:
        with no_room(), pytest.raises(UsageError, match="File too large"):
            presence.claim("a/000001", me.name)
        assert not list(presence.claims.iterdir())
        assert presence.claim("a/000001", me.name)


def test_files_that_cannot_be_read_belong_to_nobody(presence):
    presence.runs.mkdir()
    presence.claims.mkdir()
    (presence.runs / "x.json").write_text("{")
    (presence.claims / "a__000001.json").write_text('{"batch": 3}')
    assert not presence.living()
    assert not presence.in_hand()
    with presence.announced("", 1) as me:
        assert presence.claim("a/000001", me.name)
