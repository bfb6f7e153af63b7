"""Results in packs are those that stood in files of their own, whatever happens to a pack or to one of them."""

import errno
import os
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
import squares

from campaign_files import tree
from vitrify.campaign import Leases, ReadOnlyStore, Result, Store, Summary, packing, run
from vitrify.campaign.packing import Block, blocks_in, drop, pack, unpack
from vitrify.errors import BrokenFile, Unreadable, UsageError

N = 40


def result(k):
    return Result(
        {"g": 0.1 * k, "n": k, "odd": float("nan"), "ok": True, "why": "line\nü"}, {"x": np.arange(k, k + 9.0)}, f"of {k}"
    )


@pytest.fixture
def store(tmp_path):
    """A store with results in files of their own."""
    made = Store.create(tmp_path / "store")
    for k in range(N):
        made.publish(f"a/b/{k:06d}", "d", result(k))
    return made


def packed(store, folder="a/b", identity=None, least=2):
    """The same with all of them in packs; how many were moved."""
    with Leases(store).announced("packing", 1) as me:
        return sum(pack(x, store, me.name, identity, least) for x in blocks_in(store, folder))


def the_pack(store):
    (path,) = (store.directory / "a" / "b" / "packed").iterdir()
    return path


def place_in(path, name):
    """Where the content of a member begins, and its length."""
    with zipfile.ZipFile(path) as file:
        about = file.getinfo(name)
        return about.header_offset + 30 + len(name), about.file_size


def damage(path, *places):
    content = bytearray(path.read_bytes())
    for at in places:
        content[at] ^= 0xFF
    path.write_bytes(content)


def same(found, k):
    expected = result(k)
    assert str(found.values) == str(expected.values)
    assert np.array_equal(found.arrays["x"], expected.arrays["x"])
    assert found.made_from == expected.made_from


def all_the_same(store, but=()):
    for k in set(range(N)) - set(but):
        same(store.read(f"a/b/{k:06d}", "d"), k)


def test_what_was_packed_is_read_as_before(store):
    before = {key: store.content(key) for key in store.keys("a/b")}
    assert packed(store) == N
    assert sorted(x.name for x in (store.directory / "a" / "b").iterdir()) == ["packed"]
    for found in (store, Store(store.directory), ReadOnlyStore(store.directory)):
        assert {key: found.content(key) for key in found.keys("a/b")} == before
        all_the_same(found)
        assert found.has("a/b/000003")
        assert not found.has("a/b/000040")
        assert found.size("a/b/000003") == len(before["a/b/000003"])
        with pytest.raises(FileNotFoundError):
            found.read("a/b/000040")
        with pytest.raises(BrokenFile, match=r"000003 of .*\.zip in .* made for another study"):
            found.read("a/b/000003", "other")
    assert not list(store.directory.glob("claims/*"))


def test_any_zip_program_takes_results_out(store, tmp_path):
    """HDF5 files byte for byte, which need no package of ours."""
    before = {key: store.content(key) for key in store.keys("a/b")}
    packed(store)
    with zipfile.ZipFile(the_pack(store)) as file:
        assert file.testzip() is None
        assert {f"a/b/{x[:6]}": file.read(x) for x in file.namelist() if x.endswith(".h5")} == before


def test_values_are_read_without_the_arrays(store, monkeypatch):
    packed(store, identity=lambda x: f"bits {x.values['n']}")
    monkeypatch.setattr("vitrify.campaign.result_file.decode", None)  # which reads all of a result
    for read in (
        lambda k, **x: store.summary(f"a/b/{k:06d}", "d", **x),
        lambda k, **x: store.listed("a/b").summary(f"{k:06d}", "d", **x),
    ):
        found = read(7, identity=lambda x: "not asked")
        assert (str(found.values), found.made_from, found.identity) == (str(result(7).values), "of 7", "bits 7")
        with pytest.raises(BrokenFile, match="another study"):
            store.summary("a/b/000007", "other")


def test_values_of_files_of_their_own_and_of_packs_that_tell_no_identity(store):
    expected = Summary({"n": 7}, "of 7", "bits 7")
    for _ in range(2):
        found = store.listed("a/b").summary("000007", "d", identity=lambda x: f"bits {x.values['n']}")
        assert (found.values["n"], found.made_from, found.identity) == (7, expected.made_from, expected.identity)
        packed(store)


def test_a_file_beside_a_pack_counts_more(store):
    packed(store)
    store.publish("a/b/000003", "d", result(33))
    same(store.read("a/b/000003"), 33)
    same_values = store.listed("a/b").summary("000003").values
    assert same_values["n"] == 33
    packed(store, least=1)
    same(store.read("a/b/000003"), 33)
    all_the_same(store, but=[3])
    assert len(list((store.directory / "a" / "b").rglob("*.*"))) == 1


def test_what_comes_later_joins_the_pack(store):
    packed(store)
    for k in range(N, 300):
        store.publish(f"a/b/{k:06d}", "d", result(k))
    assert packed(store) == 300 - N
    assert [x.name.split(".")[:2] for x in sorted((store.directory / "a" / "b" / "packed").iterdir())] == [
        ["000000-000255", "2"], ["000256-000299", "1"],
    ]  # fmt: skip
    assert store.keys("a/b") == [f"a/b/{k:06d}" for k in range(300)]
    same(store.read("a/b/000299", "d"), 299)


def test_large_and_broken_results_and_others_stay_where_they_are(store, monkeypatch):
    monkeypatch.setattr(packing, "LARGEST", 20_000)
    large = Result({}, {"x": np.random.default_rng(0).random(3000)})
    store.publish("a/b/000040", "d", large)
    store.path("a/b/000041").write_bytes(b"broken")
    store.path("a/b/000042").mkdir()
    store.path("a/b/000043").symlink_to(store.path("a/b/000040"))
    store.publish("a/b/average", "d", result(1))
    assert packed(store) == N
    left = ["000040.h5", "000041.h5", "000042.h5", "000043.h5", "average.h5", "packed"]
    assert sorted(os.listdir(store.directory / "a" / "b")) == left
    assert np.array_equal(store.read("a/b/000040").arrays["x"], large.arrays["x"])
    assert store.has("a/b/average")


def test_one_damaged_result_is_set_aside_and_made_again_alone(store):
    packed(store)
    path = the_pack(store)
    at, size = place_in(path, "000007.h5")
    damage(path, at + size - 20)
    with pytest.raises(BrokenFile, match=r"000007 of 000000-000039\..*zip in .* is damaged|cannot be read"):
        store.read("a/b/000007", "d")
    all_the_same(store, but=[7])
    assert store.sound("a/b/000007", "d") is None
    assert not store.has("a/b/000007")
    assert len(store.keys("a/b")) == N - 1
    assert len(store.quarantined()) == 1
    assert [x.name[:14] for x in store.directory.glob("quarantine/*.h5")] == ["a__b__000007.1"[:14]]
    all_the_same(store, but=[7])
    store.publish("a/b/000007", "d", result(7))
    all_the_same(store)
    assert packed(store, least=1) == 1
    all_the_same(store)


def test_a_damaged_line_of_the_index_costs_no_result(store):
    packed(store)
    path = the_pack(store)
    at, size = place_in(path, "index.jsonl")
    line = path.read_bytes()[at : at + size].split(b"\n")[7]
    damage(path, path.read_bytes().find(line) + len(line) - 3)
    all_the_same(store)
    assert store.listed("a/b").summary("000007", "d").values["n"] == 7


@pytest.mark.parametrize("seed", range(3))
def test_every_damage_is_noticed_and_costs_what_it_hit(store, seed):
    packed(store)
    path, rng = the_pack(store), np.random.default_rng(seed)
    sound = path.read_bytes()
    for at in rng.integers(len(sound), size=15):
        path.write_bytes(sound)
        os.utime(path, ns=(int(at), int(at)))
        damage(path, int(at))
        lost = 0
        for k in range(N):
            for read in (store.read, store.summary):
                try:
                    found = read(f"a/b/{k:06d}", "d")
                except BrokenFile:
                    lost += 1
                else:
                    assert str(found.values) == str(result(k).values)
        assert lost <= 2
        assert len(store.keys("a/b")) == N


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_of_a_truncated_pack_what_is_there_is_read_and_the_rest_made_again(store, part):
    packed(store)
    path = the_pack(store)
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    assert len(store.keys("a/b")) == N  # until they were looked at
    sound = [k for k in range(N) if store.verified(f"a/b/{k:06d}", "d")]
    assert len(sound) == (N if part == 0.999 else pytest.approx(part * N, abs=4))
    if part < 0.999:
        assert [x.name for x in store.directory.glob("quarantine/*.zip")] != []
    assert len(store.keys("a/b")) == len(sound)
    for k in sound:
        same(store.read(f"a/b/{k:06d}", "d"), k)


def test_a_broken_file_with_a_sound_result_behind_it_is_not_made_again(store):
    content = store.content("a/b/000003")
    packed(store)
    store.path("a/b/000003").write_bytes(content[:-100])
    same(store.sound("a/b/000003", "d"), 3)
    assert len(store.quarantined()) == 1


def test_a_pack_that_cannot_be_read_is_neither_broken_nor_missing(store, monkeypatch):
    packed(store)
    store = Store(store.directory)
    before = tree(store.directory)
    real = os.open

    def refused(path, *rest, **more):
        if str(path).endswith(".zip"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return real(path, *rest, **more)

    monkeypatch.setattr("vitrify.campaign.pack_file.os.open", refused)
    for look in (store.read, lambda key: store.sound(key, "d"), store.summary):
        with pytest.raises(Unreadable, match=r"\.zip in .* cannot be read: Input/output error$"):
            look("a/b/000003")
    assert len(store.keys("a/b")) == N
    monkeypatch.undo()
    assert tree(store.directory) == before
    all_the_same(store)


@pytest.mark.parametrize("link", ["a", "a/b", "a/b/packed"])
def test_nothing_is_packed_where_a_link_leads(store, tmp_path, link):
    place = store.directory / link
    if link.endswith("packed"):
        (tmp_path / "mine").mkdir()
    else:
        shutil.move(place, tmp_path / "mine")
    place.symlink_to(tmp_path / "mine")
    before = tree(tmp_path / "mine")
    assert packed(store) == 0
    assert tree(tmp_path / "mine") == before
    all_the_same(store)


def test_a_link_in_the_place_of_a_pack_is_not_followed(store, tmp_path):
    packed(store)
    path = the_pack(store)
    path.rename(tmp_path / "mine.zip")
    path.symlink_to(tmp_path / "mine.zip")
    assert store.keys("a/b") == []
    assert not store.has("a/b/000003")


def test_an_earlier_version_does_not_take_packed_results_for_missing(store):
    mark = (store.directory / "vitrify-store.json").read_text()
    assert mark == '{"version": 1}'
    packed(store)
    assert (store.directory / "vitrify-store.json").read_text() == '{"version": 2}'


def test_a_read_only_store_is_read(store):
    packed(store)
    subprocess.run(["chmod", "-R", "a-w", store.directory], check=True)
    try:
        assert len(ReadOnlyStore(store.directory).keys("a/b")) == N
        all_the_same(ReadOnlyStore(store.directory))
    finally:
        subprocess.run(["chmod", "-R", "u+w", store.directory], check=True)


def test_results_are_taken_out_again_byte_for_byte(store):
    before = {x.name: x.read_bytes() for x in (store.directory / "a" / "b").iterdir()}
    packed(store)
    assert unpack("a/b", store) == N
    assert {x.name: x.read_bytes() for x in (store.directory / "a" / "b").glob("*.h5")} == before
    assert list((store.directory / "a" / "b" / "packed").iterdir()) == []
    all_the_same(store)


def test_samples_are_removed_from_a_pack(store):
    packed(store)
    drop(store, "a/b", ["000003", "000039", "000099"])
    assert set(range(N)) - {int(x) for x in store.names("a/b")} == {3, 39}
    all_the_same(store, but=[3, 39])


def test_a_lease_of_a_living_run_keeps_others_from_packing_its_block(store):
    block = Block("a/b", 0)
    with Leases(store).announced("one", 1) as one, Leases(store).announced("other", 1) as other:
        assert Leases(store).acquire(block.key, one.name)
        assert pack(block, store, other.name) == 0
        assert pack(block, store, one.name) == N


def test_a_result_made_anew_while_its_block_is_packed_is_not_lost(store, monkeypatch):
    """By another run, between the reading of the file that was there and its removal."""
    publish = packing.packs.publish

    def meanwhile(*arguments):
        publish(*arguments)
        store.quarantine("a/b/000005", "it was made from another glass")
        store.publish("a/b/000005", "d", result(55))

    monkeypatch.setattr(packing.packs, "publish", meanwhile)
    packed(store)
    same(store.read("a/b/000005", "d"), 55)
    all_the_same(store, but=[5])
    monkeypatch.undo()
    packed(store, least=1)
    same(store.read("a/b/000005", "d"), 55)


def test_the_same_on_a_disk_without_links(store, monkeypatch):
    def none(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("vitrify.campaign.packing.os.link", none)
    test_a_result_made_anew_while_its_block_is_packed_is_not_lost(store, monkeypatch)


@pytest.mark.parametrize("moved", ["into a pack", "into another pack"])
def test_a_reader_finds_what_is_moved_while_it_looks(store, monkeypatch, moved):
    """Between its look at the file and at the packs, or between its look at their names and into one of them."""
    if moved == "into another pack":
        packed(store)
        store.publish("a/b/000099", "d", result(99))
    reader, real, done = Store(store.directory), packing.packs.packs_in, []

    def late(folder, *, fresh=False):
        if not done:
            done.append(1)
            before = real(folder, fresh=fresh)
            packed(store, least=1)
            return before if moved == "into another pack" else real(folder, fresh=fresh)
        return real(folder, fresh=fresh)

    for look in (
        lambda: reader.names("a/b"),
        lambda: reader.read("a/b/000003"),
        lambda: reader.listed("a/b").summary("000003"),
    ):
        done.clear()
        monkeypatch.setattr("vitrify.campaign.store.packs_in", late)
        look()
        monkeypatch.undo()
    assert len(reader.names("a/b")) == N + (moved == "into another pack")


def test_a_full_disk_leaves_all_as_it_was(store, monkeypatch):
    before = {key: store.content(key) for key in store.keys("a/b")}

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("vitrify.atomic_write.os.fsync", full)
    with pytest.raises(UsageError, match="No space left"), Leases(store).announced("packing", 1) as me:
        pack(Block("a/b", 0), store, me.name)
    monkeypatch.undo()
    assert {key: store.content(key) for key in store.keys("a/b")} == before
    assert len(list((store.directory / "a" / "b").glob("*.h5"))) == N


def numbers(store):
    return sorted(int(x) for x in store.names("s"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_packs_as_it_goes_and_goes_on_with_packs(tmp_path, workers):
    store = Store.create(tmp_path / "store")
    outcome = run(squares.units(300), store, workers=workers)
    assert outcome.made == 300
    assert sorted(x.name.split(".")[0] for x in (store.directory / "s" / "packed").iterdir()) == [
        "000000-000255",
        "000256-000299",
    ]
    assert list((store.directory / "s").glob("*.h5")) == []
    again = run(squares.units(320), store, workers=workers)
    assert (again.made, again.present) == (20, 300)
    assert numbers(store) == list(range(320))
    assert [store.read(f"s/{k:06d}", "d").values["square"] for k in range(320)] == [k**2 for k in range(320)]
    assert list((store.directory / "s").glob("*.h5")) == []


def test_a_run_leaves_a_few_results_and_those_of_a_stopped_run_in_files_of_their_own(tmp_path):
    store = Store.create(tmp_path / "store")
    run(squares.units(10), store, workers=1)
    assert len(list((store.directory / "s").glob("*.h5"))) == 10
    run(squares.units(100), store, workers=1, packed=False)
    assert len(list((store.directory / "s").glob("*.h5"))) == 100


@pytest.mark.parametrize("more", [0, 20])
def test_a_run_packs_what_one_that_was_killed_after_its_last_result_left(tmp_path, more):
    """Though nothing of those blocks, or nothing at all, is left to make."""
    store = Store.create(tmp_path / "store")
    run(squares.units(600), store, workers=1, packed=False)
    outcome = run(squares.units(600 + more), store, workers=1)
    assert (outcome.made, outcome.present) == (more, 600)
    assert len(list(store.directory.glob("s/packed/*.zip"))) == 3
    assert list(store.directory.glob("s/*.h5")) == []


def test_a_complete_store_that_cannot_be_written_is_as_good_as_it_is(tmp_path, monkeypatch):
    store = Store.create(tmp_path / "store")
    run(squares.units(100), store, workers=1, packed=False)
    monkeypatch.setattr(Leases, "announced", lambda *_: (_ for _ in ()).throw(UsageError("a disk that is full")))
    assert run(squares.units(100), store, workers=1).present == 100


def test_a_run_makes_a_damaged_result_of_a_pack_again_alone(tmp_path):
    store = Store.create(tmp_path / "store")
    run(squares.units(300), store, workers=1)
    path = next((store.directory / "s" / "packed").glob("000000-*"))
    at, size = place_in(path, "000007.h5")
    damage(path, at + size // 2)
    damaged = [k for k in range(300) if _is_broken(store, f"s/{k:06d}")]
    outcome = run(squares.units(300), store, workers=1)
    assert damaged in ([7], [])  # HDF5 has room that nothing depends on
    assert (outcome.made, outcome.present) == (len(damaged), 300 - len(damaged))
    assert [store.read(f"s/{k:06d}", "d").values["square"] for k in range(300)] == [k**2 for k in range(300)]


def _is_broken(store, key):
    try:
        store.read(key)
    except BrokenFile:
        return True
    return False


def test_what_is_made_from_another_result_now_is_taken_out_of_its_pack(tmp_path):
    """An identity that a pack tells is that of the bits."""
    store = Store.create(tmp_path / "store")
    many = [squares.rooted([float(k)], key=f"r/{k:06d}") for k in range(20)]
    units = [
        squares.WorkUnit(
            "b", (x.tasks[0], squares.Task(f"sums/{k:06d}", "d", squares.sum_of, (f"r/{k:06d}",), needs=(f"r/{k:06d}",)))
        )
        for k, x in enumerate(many)
    ]
    run(units, store, workers=1)
    assert {x.parent.name for x in store.directory.rglob("*.zip")} == {"packed"}
    assert [store.listed("r").summary("000003", identity=lambda _: "asked").identity] == [np.array([3.0]).tobytes().hex()]
    store.quarantine("r/000003", "lost")
    store.publish("r/000003", "d", squares.root(store, [7.0], ""))
    outcome = run(units, store, workers=1)
    assert (outcome.made, outcome.present) == (1, 19)
    assert store.read("sums/000003").values["sum"] == 7.0
    assert store.read("sums/000004").values["sum"] == 4.0


def test_large_results_share_packs_of_a_bounded_size(store, monkeypatch):
    size = store.size("a/b/000003")
    monkeypatch.setattr(packing, "WHOLE", 10 * size)
    before = {key: store.content(key) for key in store.keys("a/b")}
    assert packed(store) == N
    assert len(list((store.directory / "a" / "b" / "packed").iterdir())) == 4
    assert packed(store) == 0
    store.publish("a/b/000003", "d", result(33))
    store.publish("a/b/000004", "d", result(4))  # the same bits again
    assert packed(store, least=1) == 2
    same(store.read("a/b/000003"), 33)
    assert {key: store.content(key) for key in store.keys("a/b") if key != "a/b/000003"} == {
        key: x for key, x in before.items() if key != "a/b/000003"
    }
    assert list((store.directory / "a" / "b").glob("*.h5")) == []


def test_a_sound_file_is_kept_where_the_same_result_is_damaged_in_its_pack(store):
    """As a packer that was killed leaves it."""
    content = store.content("a/b/000007")
    packed(store)
    at, size = place_in(the_pack(store), "000007.h5")
    damage(the_pack(store), at + size - 20)
    store.path("a/b/000007").write_bytes(content)
    packed(store, least=2)
    same(store.read("a/b/000007", "d"), 7)
    packed(store, least=1)
    same(store.read("a/b/000007", "d"), 7)
