from collections import Counter
from dataclasses import replace

import pytest
import squares

from vitrify.campaign import Here, Local, Result, Store, Task, WorkUnit, run
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
    first = run(squares.units(6, log), store, workers=workers)
    assert (first.made, first.failed, first.present) == (6, 0, 0)
    assert values(store, 6) == [i * i for i in range(6)]
    store.path("s/000002").unlink()
    again = run(squares.units(8, log), store, workers=workers)
    assert (again.made, again.present) == (3, 5)
    assert sorted(log.read_text().split()) == sorted(["0", "1", "2", "3", "4", "5", "2", "6", "7"])
    assert "3 samples made, 5 existed already" in again.sentence()


def test_a_broken_file_is_made_again(store):
    run(squares.units(3), store, workers=1)
    store.path("s/000001").write_bytes(b"broken")
    assert run(squares.units(3), store, workers=1).made == 1
    assert values(store, 3) == [0, 1, 4]
    assert len(store.quarantined()) == 1


def test_failures_are_recorded_counted_and_not_tried_again(store):
    bad = WorkUnit(
        "bad",
        (
            Task("b/000000", "d", squares.fail, (7,)),
            Task("c/000000", "d", squares.square_of, ("b/000000",), ("b/000000",)),
        ),
    )
    defect = WorkUnit("defect", (Task("e/000000", "d", squares.crash),))
    outcome = run([bad, defect, *squares.units(2)], store, workers=1)
    assert (outcome.made, outcome.failed) == (2, 2)
    assert store.failure("b/000000").reason == "7 will not be squared"
    assert store.failure("c/000000").reason == "because b/000000 failed: 7 will not be squared"
    assert store.failure("e/000000").reason == "ZeroDivisionError: a defect"
    again = run([bad, defect], store, workers=1)
    assert (again.made, again.failed, again.present) == (0, 0, 2)
    assert run([bad], store, workers=1, retry_failed=True).failed == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_wait_for_what_they_need(store, workers):
    later = WorkUnit(
        "later",
        (Task("l/000000", "d", squares.square_of, ("s/000003",), ("s/000003",)),),
        after=("s/000003",),
    )
    run([*squares.units(4), later], store, workers=workers)
    assert store.read("l/000000").values == {"square": 81}


def test_a_killed_worker_costs_nothing(store, tmp_path):
    deadly = WorkUnit("deadly", (Task("k/000000", "d", squares.die_once, (str(tmp_path / "mark"),)),))
    outcome = run([deadly, *squares.units(5)], store, workers=2)
    assert (outcome.made, outcome.failed) == (6, 0)
    assert values(store, 5) == [0, 1, 4, 9, 16]
    assert store.read("k/000000").values == {"square": 49}


def test_an_unwritable_store_ends_the_run_with_one_sentence(store, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vitrify.campaign.result_file.image", refuse)
    with pytest.raises(UsageError, match="No space left"):
        run(squares.units(2), store, workers=1)


def test_batches_that_need_a_gpu_go_to_the_worker_that_owns_it(store, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpu = [WorkUnit("gpu", (Task(f"g/{k:06d}", "d", squares.where),), resources={"GPU": 1}) for k in range(6)]
    assert run([*gpu, *squares.units(20)], store, engine=Local(2, gpus=1)).made == 26
    found = [store.read(f"g/{k:06d}").values for k in range(6)]
    assert len({x["process"] for x in found}) == 1
    assert {x["gpu"] for x in found} == {"0"}


def test_what_is_made_together_is_not_made_again(store, tmp_path):
    def together(store, tasks):
        for task in tasks[:3]:
            store.publish(task.key, task.digest, squares.square(store, int(task.key[2:])))

    log = tmp_path / "log"
    single = squares.units(5, log)
    many = WorkUnit("many", tuple(x.tasks[0] for x in single), counts=0, together=together)
    outcome = run([many, *(replace(x, after=(x.key,)) for x in single)], store, workers=1)
    assert (outcome.made, outcome.elsewhere) == (5, 0)
    assert values(store, 5) == [0, 1, 4, 9, 16]
    assert log.read_text().split() == ["3", "4"]


def test_a_result_that_is_no_number_is_refused_by_type():
    assert Result({"a": 1.0}).arrays == {}


def test_a_large_store_is_checked_by_several_processes(store, monkeypatch):
    run(squares.units(40), store, workers=1, packed=False)
    store.path("s/000007").unlink()
    store.path("s/000009").write_bytes(b"broken")
    monkeypatch.setattr("vitrify.campaign.runner.MANY", 10)
    monkeypatch.setattr("vitrify.campaign.runner.CHUNK", 3)
    outcome = run(squares.units(40), store, workers=1)
    assert (outcome.made, outcome.present) == (2, 38)
    assert len(store.quarantined()) == 1


def test_a_store_is_listed_before_files_are_read(store, monkeypatch):
    """One look a folder; a unit that lacks a file is missing whatever else it has, and its other files are read by who does
    it; a note of a failure is heeded, and forgotten on demand."""
    pairs = [
        WorkUnit("pair", tuple(Task(f"{kind}/{i:06d}", "d", squares.square, (i,)) for kind in "ab")) for i in range(20)
    ]
    run(pairs[:10], store, workers=1)
    store.path("b/000003").unlink()
    store.record_failure("a/000015", "d", "is a saddle")
    listed, read = Counter(), Counter()
    names, sound = Store.names, Store.sound
    monkeypatch.setattr(Store, "names", lambda self, folder: (listed.update([folder]), names(self, folder))[1])
    monkeypatch.setattr(Store, "sound", lambda self, key, *x: (read.update([key]), sound(self, key, *x))[1])
    monkeypatch.setattr(Here, "results", lambda self, units, order, stop: iter(()))
    outcome = run(pairs, store, engine=Here())
    assert outcome.present == 9
    assert listed == {"a": 1, "b": 1}
    assert set(read) == {f"{kind}/{i:06d}" for kind in "ab" for i in range(10) if i != 3} | {"b/000015"}
    assert store.failure("a/000015")
    run(pairs, store, engine=Here(), retry_failed=True)
    assert store.failure("a/000015") is None
