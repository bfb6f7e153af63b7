"""The order of the work."""

from vitrify.campaign import Batch, Task
from vitrify.campaign import agenda as agenda_module
from vitrify.campaign.agenda import Agenda
from vitrify.campaign.sharding import shard


def batch(name, *keys, after=(), counts=1):
    return Batch(name, tuple(Task(key, "d", print) for key in keys), after=after, counts=counts)


def test_what_waits_comes_after_what_it_waits_for():
    agenda = Agenda([batch("late", "b", after=("a",)), batch("first", "a"), batch("free", "c", after=("nobody makes it",))])
    assert agenda.take(9) == [1, 2]
    assert agenda.take(1) == []
    agenda.close(1)
    assert agenda.take(1) == [0]
    agenda.close(0)
    agenda.close(2)
    assert not agenda


def test_a_batch_does_not_wait_for_itself():
    alone = Agenda([batch("sample", "a", after=("a",))])
    assert alone.take(1) == [0]
    both = Agenda([batch("sample", "a", "b", after=("a",)), batch("many at once", "a")])
    assert both.take(2) == [1]
    both.close(1)
    assert both.take(1) == [0]


def test_what_another_run_has_is_looked_at_again_later(monkeypatch):
    monkeypatch.setattr(agenda_module, "PATIENCE", 0.0)
    agenda = Agenda([batch("x", "a"), batch("y", "b")])
    assert agenda.take(1) == [0]
    agenda.postpone(0)
    assert agenda.take(2) == [1, 0]
    agenda.put_back(1)
    assert agenda.take(1) == [1]


def test_shards_are_parts_of_like_cost_that_bring_what_they_need():
    pilots = [batch(f"pilots {k}", f"t{k}", counts=0) for k in range(4)]
    samples = [batch(f"kind {k}", f"g{k}{i}", after=(f"t{k}",)) for i in range(10) for k in range(4)]
    parts = [shard(pilots + samples, k, 4) for k in (1, 2, 3, 4)]
    counted = [[x for x in part if x.counts] for part in parts]
    assert sorted(x.claim for part in counted for x in part) == sorted(x.claim for x in samples)
    for part in counted:
        assert len(part) == 10
        assert {x.name for x in part} == {f"kind {k}" for k in range(4)}  # not each shard one kind
    for part in parts:
        assert {key for x in part for key in x.after} == {x.claim for x in part if not x.counts}
