"""Outputs are there as a whole or not at all, wherever the place that a user names leads to."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from patience import PATIENCE
from vitrify.atomic_write import atomic_write_folder
from vitrify.errors import UsageError
from vitrify.named_files import require_apart, require_folder, require_place, write_text_whole, write_whole


def protected(path, bits):
    """Take permissions away; root, who may all, skips the test."""
    path.chmod(bits)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write everywhere")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "r.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to("real/r.txt")
    write_text_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_link_to_nothing_makes_what_it_names(tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to("later.txt")
    require_place(link)
    assert not (tmp_path / "later.txt").exists()
    write_text_whole(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "later.txt").read_text() == "new"


@pytest.mark.parametrize("bits", [0o600, 0o664, 0o755])
def test_a_file_keeps_its_permissions(tmp_path, bits):
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(bits)
    write_text_whole(path, "new")
    assert (path.read_text(), mode(path)) == ("new", bits)


def test_what_is_private_is_private_while_it_is_written(tmp_path):
    path, seen = tmp_path / "a.txt", []
    path.write_text("old")
    path.chmod(0o600)
    write_whole(path, lambda beside: (beside.write_text("new"), seen.append(mode(beside))))
    assert seen == [0o600]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_is_as_open_would_make_it(tmp_path, umask):
    (tmp_path / "group").mkdir()
    (tmp_path / "group").chmod(0o2775)  # files in it belong to its group
    before = os.umask(umask)
    try:
        write_text_whole(tmp_path / "group" / "ours.txt", "x")
        (tmp_path / "group" / "plain.txt").write_text("x")
    finally:
        os.umask(before)
    ours, plain = ((tmp_path / "group" / name).stat() for name in ("ours.txt", "plain.txt"))
    assert (ours.st_mode, ours.st_uid, ours.st_gid) == (plain.st_mode, plain.st_uid, plain.st_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who alone may give files away")
def test_a_file_keeps_its_owner(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    os.chown(path, 12345, 23456)
    path.chmod(0o666)
    write_text_whole(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


def test_a_device_is_written_to(tmp_path):
    (tmp_path / "nothing.txt").symlink_to("/dev/null")
    require_place(tmp_path / "nothing.txt")
    write_text_whole(tmp_path / "nothing.txt", "x")
    assert (tmp_path / "nothing.txt").is_char_device()
    (tmp_path / "full.txt").symlink_to("/dev/full")
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        write_text_whole(tmp_path / "full.txt", "x")


def test_a_pipe_is_written_to(tmp_path):
    path, read = tmp_path / "pipe.txt", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_text()), daemon=True)
    require_place(path)  # which must not wait for a reader, nor take one away
    reader.start()
    write_text_whole(path, "through it")
    reader.join(timeout=PATIENCE)
    assert read == ["through it"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_mounted_file_takes_the_content(tmp_path, monkeypatch):
    """As a container shares a single file: no other can be renamed over it."""

    def busy(*_):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    path = tmp_path / "a.txt"
    path.write_text("old and longer")
    monkeypatch.setattr("vitrify.atomic_write.os.replace", busy)
    write_text_whole(path, "new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "𝒩" * 63])
def test_the_longest_names(tmp_path, name):
    write_text_whole(tmp_path / name, "x")
    assert os.listdir(tmp_path) == [name]


def test_what_stops_a_writer_leaves_what_was_there(tmp_path):
    def stopped(beside):
        beside.write_text("half")
        raise KeyboardInterrupt

    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("a.txt")
    (tmp_path / "nothing.txt").symlink_to("/dev/null")
    before = sorted(os.listdir(tmp_path))
    for name in ("link.txt", "nothing.txt"):
        with pytest.raises(KeyboardInterrupt):
            write_whole(tmp_path / name, stopped)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize(("name", "word"), [
    ("missing/a.txt", "there is no folder"),
    ("folder", "it is a folder"),
    ("to_folder", "it is a folder"),
    ("file/a.txt", "Not a directory"),
    ("loop", "Too many levels of symbolic links"),
    ("into_missing", "there is no folder"),
    ("n" * 300, "File name too long"),
    ("/proc/a.txt", "cannot be written"),
])  # fmt: skip
def test_places_that_are_refused_before_the_work(tmp_path, name, word):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for link, target in (("to_folder", "folder"), ("loop", "loop"), ("into_missing", "missing/a.txt")):
        (tmp_path / link).symlink_to(target)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(UsageError, match=word):
        require_place(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == before


def test_a_protected_file_is_refused_before_the_work(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    protected(tmp_path / "a.txt", 0o444)
    with pytest.raises(UsageError, match="protected against writing"):
        require_place(tmp_path / "a.txt")


def test_a_file_in_a_protected_folder_is_written_as_open_would(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("old")
    protected(folder, 0o555)
    with pytest.raises(UsageError, match="Permission denied"):
        require_place(folder / "b.txt")
    require_place(folder / "a.txt")
    write_text_whole(folder / "a.txt", "new")
    assert (folder / "a.txt").read_text() == "new"


def test_a_place_that_is_asked_about_is_left_as_it_is(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    before = path.stat()
    require_place(path)
    require_place(tmp_path / "new.txt")
    require_folder(tmp_path / "new" / "below")
    assert path.stat() == before or path.stat().st_mtime_ns == before.st_mtime_ns
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    for name in ("file", "file/below"):
        with pytest.raises(UsageError, match="is no folder"):
            require_folder(tmp_path / name)


def test_one_file_under_two_names_is_seen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "link").symlink_to("a.txt")
    os.link(tmp_path / "a.txt", tmp_path / "hard")
    (tmp_path / "to_later").symlink_to("later")
    pairs = [
        ("a.txt", "./a.txt"),
        ("a.txt", "link"),
        ("a.txt", "hard"),
        ("later", "../" + tmp_path.name + "/later"),
        ("later", "to_later"),
    ]
    for one, other in pairs:
        with pytest.raises(UsageError, match="same place as --one"):
            require_apart({"--one": tmp_path / one, "--none": None, "--other": tmp_path.__class__(other)})
    require_apart({"--one": tmp_path / "a.txt", "--other": tmp_path / "b.txt"})


def fill(folder, *names):
    with atomic_write_folder(folder) as beside:
        for name in names:
            (beside / name).write_text(name)


def names(folder):
    return sorted(x.name for x in folder.iterdir())


@pytest.mark.parametrize("system", ["linux", "another"])
def test_a_folder_is_replaced_as_a_whole(tmp_path, monkeypatch, system):
    if system == "another":
        monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    fill(tmp_path / "a", "one", "two")
    fill(tmp_path / "a", "three")
    assert names(tmp_path / "a") == ["three"]
    assert names(tmp_path) == ["a"]


def test_a_folder_whose_filling_fails_stays_as_it_was(tmp_path):
    fill(tmp_path / "a", "one")
    with pytest.raises(FileNotFoundError):
        fill(tmp_path / "a", "two", "nowhere/three")
    assert (names(tmp_path / "a"), names(tmp_path)) == (["one"], ["a"])


def test_who_reads_a_folder_while_it_is_replaced_always_finds_one(tmp_path):
    fill(tmp_path / "a", "file")
    missing, done = [], threading.Event()

    def look():
        while not done.is_set():
            if not (tmp_path / "a" / "file").exists():
                missing.append(1)

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(50):
        fill(tmp_path / "a", "file")
    done.set()
    reader.join()
    assert missing == []


def test_a_folder_that_another_program_puts_there_at_the_last_moment_is_replaced(tmp_path, monkeypatch):
    """Two exports may begin one ensemble at once, and each sees that it is not there."""
    place, rename = tmp_path / "a", Path.rename

    def overtaken(self, target):
        if target == place and not place.exists():
            place.mkdir()
            (place / "theirs").write_text("x")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", overtaken)
    with atomic_write_folder(place) as beside:
        (beside / "ours").write_text("y")
    assert [x.name for x in place.iterdir()] == ["ours"]
    assert [x.name for x in tmp_path.iterdir()] == ["a"]
