"""The log: a line a task."""

import pytest
import squares

from vitrify.campaign import Here, Store, read_log, run
from vitrify.campaign.journal import Journal, forget_peak, peak_mb
from vitrify.campaign.watchdog import parse_bytes, parse_seconds
from vitrify.errors import UsageError


def test_every_task_is_noted_with_its_time_and_memory(tmp_path):
    store = Store.create(tmp_path / "store")
    slow = [
        squares.WorkUnit("x", (squares.Task("x/000000", "d", squares.fail, (1,)),)),
        *squares.units(3, tmp_path / "l", 0.2),
    ]
    run(slow, store, engine=Here())
    log = read_log(store)
    assert list(log["key"]) == ["x/000000", "s/000000", "s/000001", "s/000002"]
    assert list(log["outcome"]) == ["failed", "made", "made", "made"]
    assert (log["seconds"][1:] >= 0.2).all()
    assert (log["seconds"][1:] < 2.0).all()
    assert (log["peak_mb"] > 20).all()  # a Python process with NumPy


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path):
    store = Store.create(tmp_path / "store")
    Journal.of(store, "one").note("a/000001", 1.5, 100.0, made=True)
    path = next((store.directory / "log").iterdir())
    whole = path.read_text()
    path.write_text(whole + whole[: len(whole) // 2])
    (path.parent / "other.tsv").write_text(whole[:9] + "\n" + whole)
    assert list(read_log(store)["seconds"]) == [1.5, 1.5]
    assert read_log(Store.create(tmp_path / "empty")).empty


def test_the_peak_is_that_of_the_task():
    forget_peak()
    eaten = bytearray(200_000_000)
    eaten[::4096] = b"x" * len(eaten[::4096])
    high = peak_mb()
    del eaten
    forget_peak()
    assert high - peak_mb() > 150


def test_times_and_amounts_of_memory():
    assert [parse_seconds(x) for x in ("90 s", "1.5min", "2 h", "1 d")] == [90, 90, 7200, 86400]
    assert [parse_bytes(x) for x in ("800 MB", "4GiB")] == [800_000_000, 2**32]
    for wrong in ("", "4", "h", "-1 h", "0 s", "3 weeks", "1e3 s"):
        with pytest.raises(UsageError, match="is not a time"):
            parse_seconds(wrong)
