"""Whatever stands in `runs/`, `claims/` and `log/` of a store: a run and a look at it end well, and nothing outside changes."""

import json
import os
import stat

import pytest
import squares
from click.testing import CliRunner

import campaign_files as files
from vitrify.campaign import Here, Leases, ReadOnlyLeases, Store, read_log, run
from vitrify.cli.main import cli
from vitrify.errors import UsageError

RUN = {"name": "r", "host": "h", "pid": 77, "born": 5, "boot": "b", "began": 1e9, "how": "2 workers", "workers": 2}
LEASE = {"batch": "s/000000", "run": "r", "host": "h", "pid": 78, "key": "s/000000", "since": 1e9}
ODD = [
    None,
    True,
    [],
    {},
    -1,
    2**70,
    1e300,
    float("nan"),
    float("inf"),
    "",
    "x" * 100_000,
    "\x07\x1b[2J\ud800",
    "../../../etc/x",
    "\0",
]
DEEP = "[" * 200_000
WRONG = [DEEP, "", "null", "[1]", "{", "1" * 10_000, '"\\ud800"', "{}", "\ufeff{}"]


@pytest.fixture
def store(tmp_path):
    store = Store.create(tmp_path / "store")
    for name in ("runs", "claims", "log"):
        (store.directory / name).mkdir()
    return store


def texts():
    """Of a run's file and of a lease's: each field with each odd value, lost, and whole files of another kind."""
    for record in (RUN, LEASE):
        yield from (json.dumps(record | {name: value}) for name in record for value in ODD)
        yield from (json.dumps({k: v for k, v in record.items() if k != name}) for name in record)
    yield from WRONG


def in_place_of(path, kind):
    """Something that is not a plain file, or too large a one."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    elif kind == "folder":
        (path / "within").mkdir(parents=True)
    elif kind == "huge":
        path.touch()
        os.truncate(path, 2**40)
    elif kind == "unlisted":
        path.write_bytes(b"\xff\xfe\x00")
    else:
        path.symlink_to(kind)


KINDS = ["pipe", "socket", "folder", "huge", "unlisted", "/dev/zero", "/dev/stdin", "/dev/tty", "nowhere", "."]


def test_no_text_of_a_run_or_a_lease_ends_a_campaign(store):
    for k, text in enumerate(texts()):
        (store.directory / "runs" / f"r{k}.json").write_text(text)
        (store.directory / "claims" / f"s__{k % 5:06d}.json").write_text(text)
        (store.directory / "claims" / f"c{k}.json").write_text(text)
    assert all("\x1b" not in x.sentence() and "\x07" not in x.sentence() for x in ReadOnlyLeases(store).living())
    assert all(x.sentence().encode() for x in Leases(store).living())
    ReadOnlyLeases(store).in_hand()
    (store.directory / "runs" / "r.json").unlink(missing_ok=True)
    for path in (store.directory / "runs").iterdir():  # long ago, so that none is taken for a run that is alive
        os.utime(path, (0, 0))
    assert run(squares.units(5), store, engine=Here()).made == 5


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_holds_nothing_up(store, kind):
    for path in ("runs/r.json", "claims/s__000001.json", "log/l.tsv"):
        in_place_of(store.directory / path, kind)
    assert Leases(store).living() == Leases(store).in_hand() == ReadOnlyLeases(store).living() == []
    assert read_log(store).empty
    assert run(squares.units(3), store, engine=Here()).made == 3
    assert list(read_log(store)["key"]) == ["s/000000", "s/000001", "s/000002"]


def test_a_run_is_known_by_the_name_of_its_file(store, tmp_path):
    """Else a file outside the store would be removed when the run is found dead."""
    treasure = tmp_path / "treasure.json"
    treasure.write_text("{}")
    dead = RUN | {"name": "../../treasure"}
    (store.directory / "runs" / "r.json").write_text(json.dumps(dead))
    os.utime(store.directory / "runs" / "r.json", (0, 0))
    for lease in ("a", "b"):
        (store.directory / "claims" / f"{lease}.json").write_text(json.dumps(LEASE | {"run": "../../treasure"}))
    assert run(squares.units(2), store, engine=Here()).made == 2
    assert treasure.read_text() == "{}"
    assert not (store.directory / "runs" / "r.json").exists()


def test_a_run_of_the_next_century_holds_nothing_up(store):
    (store.directory / "runs" / "r.json").write_text(json.dumps(RUN))
    (store.directory / "claims" / "s__000000.json").write_text(json.dumps(LEASE))
    os.utime(store.directory / "runs" / "r.json", (5e9, 5e9))
    assert Leases(store).living() == ReadOnlyLeases(store).living() == []
    assert run(squares.units(2), store, engine=Here()).made == 2
    assert list((store.directory / "runs").iterdir()) == []


@pytest.mark.parametrize("folder", ["runs", "claims"])
@pytest.mark.parametrize("kind", ["link", "file", "pipe"])
def test_a_folder_that_is_none_is_one_sentence(store, tmp_path, folder, kind):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "old.json").write_text(json.dumps(RUN))
    (outside / "s__000000.json").write_text(json.dumps(LEASE))
    os.utime(outside / "old.json", (0, 0))
    place = store.directory / folder
    place.rmdir()
    if kind == "link":
        place.symlink_to(outside)
    else:
        in_place_of(place, kind) if kind == "pipe" else place.write_text("")
    before = files.tree(outside)
    with pytest.raises(UsageError, match=f"{folder} is not a plain folder, as a store has it"):
        run(squares.units(2), store, engine=Here())
    assert ReadOnlyLeases(store).living() == ReadOnlyLeases(store).in_hand() == []
    if folder == "runs":  # where a run may be alive: `prune` asks
        with pytest.raises(UsageError, match="runs in .* cannot be read: "):
            Leases(store).living()
    assert files.tree(outside) == before


def test_links_that_wait_for_a_file_of_ours_are_not_written_through(store, tmp_path):
    target = tmp_path / "target"
    target.write_text("mine")
    for folder, name in [("claims", "s__000000.json"), ("runs", "clock")]:
        (store.directory / folder / f".{name}.{os.getpid()}.tmp").symlink_to(target)
    assert run(squares.units(2), store, engine=Here()).made == 2
    assert target.read_text() == "mine"


def test_the_log_of_a_stranger(store, tmp_path):
    whole = "s/000001\t1600000000.00\t2.0000\t100.0\tmade\th\n"
    odd = [whole.replace("2.0000", x) for x in ("nan", "inf", "-5", "1" * 400, "1e300", "", "\x1b[2J")]
    odd += [whole.replace("made", "\x07"), "x" * 300_000 + "\n", "\0" * 300_000, "\t" * 9 + "\n"]
    for k, text in enumerate(odd):
        (store.directory / "log" / f"{k}.tsv").write_text(text + whole)
    log = read_log(store)
    assert set(log["seconds"]) == {2.0}
    assert set(log["outcome"]) == {"made"}


def test_texts_of_a_store_that_are_no_files(store, tmp_path):
    store.write_text("study.toml", "x")
    for kind in ("pipe", "folder", "huge", "/dev/zero", "/dev/stdin", "nowhere"):
        (store.directory / "study.toml").rename(tmp_path / f"study of {kind.replace('/', ' ')}")
        in_place_of(store.directory / "study.toml", kind)
        result = CliRunner().invoke(cli, ["status", str(store.directory)])
        assert result.exit_code == 2, result.output
        assert len(result.stderr.splitlines()) == 1
        assert "study.toml" in result.stderr


@pytest.mark.parametrize("kind", ["pipe", "folder", "huge", "/dev/zero", "nowhere"])
def test_a_mark_that_is_no_file(tmp_path, kind):
    in_place_of(tmp_path / "vitrify-store.json", kind)
    with pytest.raises(UsageError, match=r"vitrify-store\.json"):
        Store(tmp_path)


def test_a_store_of_links_is_read(store, tmp_path):
    """As git-annex keeps its files."""
    store.write_text("study.toml", "x")
    for name in ("study.toml", "vitrify-store.json"):
        (store.directory / name).rename(tmp_path / name)
        (store.directory / name).symlink_to(tmp_path / name)
    assert Store(store.directory).read_text("study.toml") == "x"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_run_that_may_not_be_read_by_this_user_may_be_alive(store):
    files.run_elsewhere(store)
    (store.directory / "runs" / "r1.json").chmod(0)
    with pytest.raises(UsageError, match=r"r1\.json in .* cannot be read: Permission denied"):
        Leases(store).living()
    assert ReadOnlyLeases(store).living() == []


def test_a_run_that_cannot_be_read_now_may_be_alive(store, monkeypatch):
    files.run_elsewhere(store)

    def refuse(path, *_, **__):
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(UsageError, match=r"r1\.json in .* cannot be read: Input/output error"):
        Leases(store).living()
    assert ReadOnlyLeases(store).living() == []
