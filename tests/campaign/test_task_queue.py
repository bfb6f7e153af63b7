"""The order of the work."""

from vitrify.campaign import Task, WorkUnit, task_queue
from vitrify.campaign.sharding import shard
from vitrify.campaign.task_queue import TaskQueue


def unit(name, *keys, after=(), counts=1):
    return WorkUnit(name, tuple(Task(key, "d", print) for key in keys), after=after, counts=counts)


def test_what_waits_comes_after_what_it_waits_for():
    queue = TaskQueue([unit("late", "b", after=("a",)), unit("first", "a"), unit("free", "c", after=("nobody makes it",))])
    assert queue.take(9) == [1, 2]
    assert queue.take(1) == []
    queue.close(1)
    assert queue.take(1) == [0]
    queue.close(0)
    queue.close(2)
    assert not queue


def test_a_batch_does_not_wait_for_itself():
    alone = TaskQueue([unit("sample", "a", after=("a",))])
    assert alone.take(1) == [0]
    both = TaskQueue([unit("sample", "a", "b", after=("a",)), unit("many at once", "a")])
    assert both.take(2) == [1]
    both.close(1)
    assert both.take(1) == [0]


def test_what_another_run_has_is_looked_at_again_later(monkeypatch):
    monkeypatch.setattr(task_queue, "PATIENCE", 0.0)
    queue = TaskQueue([unit("x", "a"), unit("y", "b")])
    assert queue.take(1) == [0]
    queue.postpone(0)
    assert queue.take(2) == [1, 0]
    queue.put_back(1)
    assert queue.take(1) == [1]


def test_shards_are_parts_of_like_cost_that_bring_what_they_need():
    pilots = [unit(f"pilots {k}", f"t{k}", counts=0) for k in range(4)]
    samples = [unit(f"kind {k}", f"g{k}{i}", after=(f"t{k}",)) for i in range(10) for k in range(4)]
    parts = [shard(pilots + samples, k, 4) for k in (1, 2, 3, 4)]
    counted = [[x for x in part if x.counts] for part in parts]
    assert sorted(x.key for part in counted for x in part) == sorted(x.key for x in samples)
    for part in counted:
        assert len(part) == 10
        assert {x.name for x in part} == {f"kind {k}" for k in range(4)}  # not each shard one kind
    for part in parts:
        assert {key for x in part for key in x.after} == {x.key for x in part if not x.counts}
