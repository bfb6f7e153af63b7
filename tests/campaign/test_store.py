import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from patience import PATIENCE
from vitrify.campaign import Result, Store
from vitrify.errors import BrokenFile, Unreadable, UsageError

RESULT = Result(
    {"g": 1.5, "n": 3, "ok": True, "why": "fine"},
    {"x": np.arange(12.0).reshape(4, 3), "s": np.zeros(20_000, np.int8)},
)


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store")


def test_what_is_published_is_read(store):
    store.publish("a/b/000001", "abc", RESULT)
    found = store.read("a/b/000001", "abc")
    assert found.values == RESULT.values
    assert all(np.array_equal(found.arrays[k], v) and found.arrays[k].dtype == v.dtype for k, v in RESULT.arrays.items())
    assert store.keys("a/b") == ["a/b/000001"]
    assert store.has("a/b/000001")
    assert not store.has("a/b/000002")
    assert store.keys("nothing/here") == []


def test_a_temporary_of_a_dead_run_is_not_a_result(store):
    store.publish("a/000001", "abc", RESULT)
    (store.directory / "a" / ".000002.h5.77.dead.tmp").write_bytes(b"half")
    assert store.keys("a") == ["a/000001"]


def test_every_damage_is_noticed(store):
    store.publish("a/000001", "abc", RESULT)
    path = store.path("a/000001")
    sound = path.read_bytes()
    rng = np.random.default_rng(0)
    noticed = 0
    for at in rng.integers(len(sound), size=60):
        damaged = bytearray(sound)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        try:
            found = store.read("a/000001", "abc")
            assert found.values == RESULT.values  # a byte that nothing depends on
            assert np.array_equal(found.arrays["x"], RESULT.arrays["x"])
        except BrokenFile:
            noticed += 1
    assert noticed > 0


@pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_set_aside(store, part):
    store.publish("a/000001", "abc", RESULT)
    path = store.path("a/000001")
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    with pytest.raises(BrokenFile, match=r"000001\.h5"):
        store.read("a/000001")
    assert not store.verified("a/000001", "abc")
    assert not path.exists()
    assert len(store.quarantined()) == 1


def test_a_foreign_file_and_another_digest_are_broken(store, tmp_path):
    store.path("a/000001").parent.mkdir()
    store.path("a/000001").write_bytes(b"hello, this is no HDF5")
    with pytest.raises(BrokenFile, match="cannot be read"):
        store.read("a/000001")
    store.publish("a/000001", "abc", RESULT)
    with pytest.raises(BrokenFile, match="another study"):
        store.read("a/000001", "def")


@pytest.mark.parametrize("key", ["../x", "/etc/x", "a/../../x", "a//b", "", "a b", "a/..", "."])
def test_a_key_never_leads_outside(store, key):
    if key == ".":
        assert store.path(key).parent == store.directory
        return
    with pytest.raises(UsageError, match="not a key"):
        store.path(key)


def test_failures_are_kept_with_their_reason(store):
    store.record_failure("a/000003", "abc", "a saddle")
    assert store.failure("a/000003").reason == "a saddle"
    assert [x.key for x in store.failures("a")] == ["a/000003"]
    store.clear_failure("a/000003")
    assert store.failure("a/000003") is None


@pytest.mark.parametrize("note", [b"[" * 100_000, b"\xff", b"[]", b""], ids=["deep", "no text", "list", "empty"])
def test_a_note_of_a_failure_that_is_damaged_is_still_a_failure(store, note):
    store.record_failure("a/000003", "abc", "a saddle")
    (store.directory / "failed" / "a" / "000003.json").write_bytes(note)
    assert store.failure("a/000003").reason == "the note of its failure cannot be read"


def test_texts_are_utf8_or_refused(store):
    store.write_text("study.toml", 'name = "ガラス"')
    assert (store.directory / "study.toml").read_bytes().decode("utf-8") == store.read_text("study.toml")
    (store.directory / "study.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"study\.toml of the store .* not a text in UTF-8"):
        store.read_text("study.toml")


def test_why_a_file_was_set_aside_is_kept_whatever_the_name_of_its_folder(store):
    store.publish("a/000001", "abc", RESULT)
    store.quarantine("a/000001", "/tmp/\udcff/a/000001.h5 is broken")  # a name that is none in UTF-8, as Python holds it
    assert store.quarantined() == ["/tmp/\\udcff/a/000001.h5 is broken"]


def test_a_folder_that_is_no_store(tmp_path):
    with pytest.raises(UsageError, match="not a vitrify store"):
        Store(tmp_path)
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match="contains other files"):
        Store.create(tmp_path)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        Store.create(file / "below")


def test_a_store_of_the_future_is_refused(store):
    (store.directory / "vitrify-store.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(UsageError, match="newer"):
        Store(store.directory)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_read_only_disk_is_one_sentence_and_leaves_nothing(store, monkeypatch, number):
    store.publish("a/000001", "abc", RESULT)

    def full(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("vitrify.atomic_write.os.replace", full)
    with pytest.raises(UsageError, match=os.strerror(number)):
        store.publish("a/000002", "abc", RESULT)
    monkeypatch.undo()
    assert [x.name for x in (store.directory / "a").iterdir()] == ["000001.h5"]


FULL = """
import resource, sys
from vitrify.campaign import Result, Store
store = Store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
store.publish("a/000001", "abc", Result({}, {"x": __import__("numpy").arange(3000.0)}))
"""


def test_a_disk_that_fills_up_within_a_file_does_not_end_the_process(store):
    """As HDF5 did when it closed a file of which the disk had refused a part."""
    ended = subprocess.run([sys.executable, "-c", FULL, store.directory], capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith(f"the store {store.directory} cannot be written: File too large")
    assert list((store.directory / "a").iterdir()) == []


@pytest.mark.parametrize("place", ["quarantine", "a"])
def test_what_stands_in_the_way_is_named(store, place):
    store.publish("b/000001", "abc", RESULT)
    (store.directory / place).write_text("not a folder")
    with pytest.raises(UsageError, match=f"/{place}/.*: Not a directory$"):
        store.publish("a/000001", "abc", RESULT) if place == "a" else store.quarantine("b/000001", "why")


@pytest.mark.parametrize("link", ["failed", "failed/a", "quarantine"])
def test_no_file_that_a_link_leads_to_is_touched(store, tmp_path, link):
    """Neither written, nor removed, nor filled with what is broken."""
    outside, place = tmp_path / "outside", store.directory / link
    for name in ("000001.json", "a/000001.json"):
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / name).write_text('{"reason": "mine"}')
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(outside)
    before = {x: x.read_bytes() for x in outside.rglob("*") if x.is_file()}
    store.publish("a/000002", "abc", RESULT)
    store.clear_failure("a/000002")  # of which there is none
    acts = [lambda: store.record_failure("a/000003", "abc", "why"), lambda: store.clear_failure("a/000001")]
    for act in [lambda: store.quarantine("a/000002", "why")] if link == "quarantine" else acts:
        with pytest.raises(UsageError, match=f"{link} is not a plain folder, as a store has it"):
            act()
    assert {x: x.read_bytes() for x in outside.rglob("*") if x.is_file()} == before
    assert store.has("a/000002")


HOSTILE = [
    {"key": "a/000003", "digest": "abc", "reason": 5}, {"key": "a", "digest": [], "reason": None, "again": False}, {"reason": 5}, {"key": "../../x"}, [1], "text", 3, {"reason": ["a"], "again": "yes"}, {},
]  # fmt: skip


@pytest.mark.parametrize("note", HOSTILE, ids=str)
def test_a_note_of_other_types_is_a_failure_whose_note_cannot_be_read(store, note):
    store.record_failure("a/000003", "abc", "a saddle")
    (store.directory / "failed" / "a" / "000003.json").write_text(json.dumps(note))
    assert store.failures("a") == [store.failure("a/000003")]
    assert store.failure("a/000003").key == "a/000003"
    assert store.failure("a/000003").reason == "the note of its failure cannot be read"


def test_where_a_note_stands_tells_whose_it_is(store):
    store.record_failure("a/000003", "abc", "x" * 1_000_000)
    path = store.directory / "failed" / "a" / "000003.json"
    path.write_text(path.read_text().replace("a/000003", "../../../etc/passwd"))
    (found,) = store.failures("a")
    assert found.key == "a/000003"
    assert len(found.reason) == 2000


def fifo(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def folder(path):
    path.mkdir()
    (path / "mine").write_text("keep")


def link_to_itself(path):
    path.symlink_to(path.name)


ODD = [fifo, device, folder]


@pytest.mark.parametrize("make", ODD)
def test_no_note_is_waited_for(store, make):
    place = store.directory / "failed" / "a" / "000003.json"
    place.parent.mkdir(parents=True)
    make(place)
    (place.parent / "odd name.json").write_text("{}")
    assert [x.reason for x in store.failures("a")] == ["the note of its failure cannot be read"]
    store.clear_failure("a/000003")
    assert store.failures("a") == []
    if make is folder:
        assert [x.read_text() for x in store.directory.glob("quarantine/*/mine")] == ["keep"]


@pytest.mark.parametrize("make", ODD)
def test_what_is_no_plain_file_is_no_result_and_is_set_aside(store, make):
    (store.directory / "a").mkdir()
    make(store.path("a/000001"))
    with pytest.raises(BrokenFile, match="not a plain file"):
        store.read("a/000001")
    assert not store.verified("a/000001", "abc")
    assert len(store.quarantined()) == 1
    store.publish("a/000001", "abc", RESULT)
    assert store.verified("a/000001", "abc")


@pytest.mark.parametrize("name", ["study.toml", "quarantine/x.txt", "vitrify-store.json"])
@pytest.mark.parametrize("make", ODD)
def test_no_text_of_a_store_is_waited_for(store, name, make):
    place = store.directory / name
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    make(place)
    if name == "study.toml":
        with pytest.raises(UsageError, match="not a plain file"):
            store.read_text(name)
    elif name == "quarantine/x.txt":
        assert store.quarantined() == ["the note of its reason cannot be read"]
    else:
        with pytest.raises(UsageError, match="not a plain file"):
            Store(store.directory)


def test_a_link_that_leads_nowhere_is_a_missing_result(store):
    (store.directory / "a").mkdir()
    link_to_itself(store.path("a/000001"))
    assert not store.has("a/000001")
    assert not store.verified("a/000001", "abc")
    store.publish("a/000001", "abc", RESULT)
    assert store.verified("a/000001", "abc")


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE, errno.EACCES, errno.ENOMEM])
def test_what_cannot_be_read_is_not_broken(store, monkeypatch, number):
    store.publish("a/000001", "abc", RESULT)
    store.record_failure("a/000002", "abc", "a saddle")
    store.write_text("study.toml", "")

    def refused(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("vitrify.campaign.plain_file.os.open", refused)
    for look in (
        lambda: store.read("a/000001", "abc"),
        lambda: store.verified("a/000001", "abc"),
        lambda: store.failure("a/000002"),
        lambda: store.failures("a"),
        lambda: store.read_text("study.toml"),
        lambda: Store(store.directory),
    ):
        with pytest.raises(Unreadable, match=f"cannot be read: {os.strerror(number)}$"):
            look()
    monkeypatch.undo()
    assert store.verified("a/000001", "abc")
    assert store.quarantined() == []


@pytest.mark.parametrize("where", ["_require_walkable", "_content", "checksum"])
def test_a_lack_of_memory_is_no_damage(store, monkeypatch, where):
    store.publish("a/000001", "abc", RESULT)

    def short(*_):
        raise MemoryError

    monkeypatch.setattr(f"vitrify.campaign.result_file.{where}", short)
    with pytest.raises(Unreadable, match="cannot be read: not enough memory"):
        store.verified("a/000001", "abc")
    monkeypatch.undo()
    assert store.verified("a/000001", "abc")


def test_a_file_of_which_the_disk_gives_too_little_is_not_broken(store, monkeypatch):
    store.publish("a/000001", "abc", RESULT)
    sound = os.fstat

    def longer(handle):
        about = sound(handle)
        return os.stat_result((*about[:6], about.st_size + 1, *about[7:10]))

    monkeypatch.setattr("vitrify.campaign.plain_file.os.fstat", longer)
    with pytest.raises(Unreadable, match="bytes arrived"):
        store.verified("a/000001", "abc")
    monkeypatch.undo()
    assert store.verified("a/000001", "abc")
