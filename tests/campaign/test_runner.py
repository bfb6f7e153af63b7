import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # workers unpickle the tasks by this name
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])

import squares

from vitrify.campaign import Batch, Result, Store, Task, run
from vitrify.errors import UsageError

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store")


def values(store, n):
    return [store.read(f"s/{i:06d}").values["square"] for i in range(n)]


@pytest.mark.parametrize("workers", [1, 2])
def test_all_are_made_and_only_what_is_missing(store, tmp_path, workers):
    log = tmp_path / "log"
    first = run(squares.batches(6, log), store, workers=workers)
    assert (first.made, first.failed, first.present) == (6, 0, 0)
    assert values(store, 6) == [i * i for i in range(6)]
    store.path("s/000002").unlink()
    again = run(squares.batches(8, log), store, workers=workers)
    assert (again.made, again.present) == (3, 5)
    assert sorted(log.read_text().split()) == sorted(["0", "1", "2", "3", "4", "5", "2", "6", "7"])
    assert "3 samples made, 5 were there already" in again.sentence()


def test_a_broken_file_is_made_again(store):
    run(squares.batches(3), store, workers=1)
    store.path("s/000001").write_bytes(b"broken")
    assert run(squares.batches(3), store, workers=1).made == 1
    assert values(store, 3) == [0, 1, 4]
    assert len(store.quarantined()) == 1


def test_failures_are_recorded_counted_and_not_tried_again(store):
    bad = Batch(
        "bad",
        (
            Task("b/000000", "d", squares.fail, (7,)),
            Task("c/000000", "d", squares.square_of, ("b/000000",), ("b/000000",)),
        ),
    )
    defect = Batch("defect", (Task("e/000000", "d", squares.crash),))
    outcome = run([bad, defect, *squares.batches(2)], store, workers=1)
    assert (outcome.made, outcome.failed) == (2, 2)
    assert store.failure("b/000000").reason == "7 will not be squared"
    assert store.failure("c/000000").reason == "because b/000000 failed: 7 will not be squared"
    assert store.failure("e/000000").reason == "ZeroDivisionError: a defect"
    again = run([bad, defect], store, workers=1)
    assert (again.made, again.failed, again.present) == (0, 0, 2)
    assert run([bad], store, workers=1, retry_failed=True).failed == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_wait_for_what_they_need(store, workers):
    later = Batch(
        "later",
        (Task("l/000000", "d", squares.square_of, ("s/000003",), ("s/000003",)),),
        after=("s/000003",),
    )
    run([*squares.batches(4), later], store, workers=workers)
    assert store.read("l/000000").values == {"square": 81}


def test_a_killed_worker_costs_nothing(store, tmp_path):
    deadly = Batch("deadly", (Task("k/000000", "d", squares.die_once, (str(tmp_path / "mark"),)),))
    outcome = run([deadly, *squares.batches(5)], store, workers=2)
    assert (outcome.made, outcome.failed) == (6, 0)
    assert values(store, 5) == [0, 1, 4, 9, 16]
    assert store.read("k/000000").values == {"square": 49}


def test_an_unwritable_store_ends_the_run_with_one_sentence(store, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vitrify.campaign.result_file._fill", refuse)
    with pytest.raises(UsageError, match="No space left"):
        run(squares.batches(2), store, workers=1)


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import squares
from vitrify.campaign import Store, run
run(squares.batches(12, sys.argv[3], 0.02), Store.create(sys.argv[2]), workers=1)
"""


def test_killed_anywhere_nothing_is_lost_or_repeated(tmp_path):
    """kill -9 of the whole run at random moments: what was published is never made again."""
    log, folder = tmp_path / "log", tmp_path / "store"
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(folder), str(log)]
    rng = random.Random(3)
    for _ in range(5):
        process = subprocess.Popen(command)
        time.sleep(0.35 + 0.3 * rng.random())
        published = {x.name for x in (folder / "s").glob("*.h5")}
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert published <= {x.name for x in (folder / "s").glob("*.h5")}
    subprocess.run(command, check=True)
    store = Store(folder)
    assert values(store, 12) == [i * i for i in range(12)]
    made = [int(x) for x in log.read_text().split()]
    assert set(made) == set(range(12))
    assert len(made) <= 12 + 5  # at most the one in hand at each kill was done twice


def test_a_result_that_is_no_number_is_refused_by_type():
    assert Result({"a": 1.0}).arrays == {}
