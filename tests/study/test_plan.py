import pickle
import tracemalloc
from collections import Counter
from dataclasses import replace
from importlib import import_module
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from stores import glasses_of
from vitrify.campaign import Result, Store, Task, WorkUnit, run
from vitrify.errors import SampleFailure, UsageError
from vitrify.study import digest as digests
from vitrify.study import (
    ensemble_counts,
    ensemble_table,
    parent_temperature_of,
    parse_study,
    plan,
    read_study,
    work,
)
from vitrify.study.products import safe_name
from vitrify.study.work import generator

TEXT = """[study]
name = "t"
seed = 3

[[ensemble]]
name = "loose / wild"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 3
n_pilots = 1
melt_msd = 1.0

[[ensemble]]
name = "given"
model = "pss(rc=1.5)"
density = 0.6
n_particles = 160
n_samples = 2
parent_temperature = 3.0
melt_msd = 1.0
"""


def test_shape_of_a_plan():
    units = plan(parse_study(TEXT))
    assert [(b.name, len(b.tasks), b.counts) for b in units] == [
        ("loose / wild: pilots", 1, 0),
        ("loose / wild", 3, 1), ("given", 3, 1), ("loose / wild", 3, 1), ("given", 3, 1), ("loose / wild", 3, 1),
    ]  # fmt: skip
    assert units[1].after == (units[0].tasks[0].key,)
    keys = [task.key for b in units for task in b.tasks]
    assert len(set(keys)) == len(keys)
    assert len(plan(parse_study(TEXT), samples=1)) == 3
    assert {b.name for b in plan(parse_study(TEXT), ensemble="given")} == {"given"}


def changed(**fields):
    study = parse_study(TEXT)
    return study, replace(study, ensembles=(replace(study.ensembles[0], **fields), study.ensembles[1]))


@pytest.mark.parametrize("fields", [
    {"density": 0.61}, {"n_particles": 102}, {"parent_temperature": 5.0}, {"n_pilots": 2}, {"pilot_particles": 120},
    {"minimiser": "fire"}, {"force_tolerance": 1e-9}, {"melt_msd": 2.0}, {"model": "pss(rc=1.21)"}, {"name": "other"},
], ids=str)  # fmt: skip
def test_what_defines_a_glass_changes_its_digest(fields):
    before, after = (glasses_of(x)[0].digest for x in changed(**fields))
    assert before != after


@pytest.mark.parametrize(
    "fields",
    [{"n_samples": 50}, {"observables": ("mechanics",)}, {"sets": {"DSS": 0.6}}, {"model": "pss( rc=1.20 )"}],
    ids=str,
)
def test_what_does_not_define_a_glass_leaves_it(fields):
    before, after = (glasses_of(x)[0].digest for x in changed(**fields))
    assert before == after


def test_seeds_belong_to_the_sample():
    first = generator(1, "a", "sample", 0).random(4)
    assert np.array_equal(first, generator(1, "a", "sample", 0).random(4))
    others = [
        generator(2, "a", "sample", 0),
        generator(1, "b", "sample", 0),
        generator(1, "a", "pilot", 0),
        generator(1, "a", "sample", 1),
    ]
    assert all(not np.array_equal(first, x.random(4)) for x in others)


def test_a_study_is_made_extended_and_repaired(tmp_path):
    """Real glasses: made once, the same on one worker or two, remade alone bit for bit, extended without repeats."""
    study, store = parse_study(TEXT), Store.create(tmp_path / "a")
    assert run(plan(study, samples=1), store, workers=1).made == 2
    outcome = run(plan(study), store, workers=1)
    assert (outcome.made, outcome.present) == (3, 2)
    spec = study.ensembles[0]
    table = ensemble_table(study, spec, store)
    assert list(table.index) == [0, 1, 2]
    assert (table["max_force"] < 1e-10).all()
    assert table["is_minimum"].all()
    assert (table["msd_over_a0_squared"] >= 1.0).all()
    parent = parent_temperature_of(study, spec, store)
    asked = 4 * (parent.shear_modulus + 2 * parent.shear_modulus_error) / spec.density / 30
    assert asked <= parent.temperature <= 1.01 * asked  # rounded up to three digits
    assert (table["parent_temperature"] == parent.temperature).all()

    other = Store.create(tmp_path / "b")
    run(plan(study, ensemble="loose / wild"), other, workers=1)
    assert ensemble_table(study, spec, other).drop(columns="seconds").equals(table.drop(columns="seconds"))

    key = plan(study)[1].tasks[0].key
    store.path(key).write_bytes(b"torn")
    assert len(ensemble_table(study, spec, store)) == 2
    assert run(plan(study), store, workers=1).made == 1
    assert ensemble_table(study, spec, store).drop(columns="seconds").equals(table.drop(columns="seconds"))


def test_failed_samples_are_counted_and_left_out(tmp_path, monkeypatch):
    study, store = parse_study(TEXT), Store.create(tmp_path / "a")

    def measured(store, name, glass_key, digest):
        if glass_key.endswith("1"):
            raise SampleFailure("is a saddle")
        return Result({name.name: 1.0})

    def glass(*_):
        return Result(
            dict.fromkeys(
                ["parent_temperature", "msd_over_a0_squared", "liquid_steps", "force_evaluations", "seconds"],
                1.0,
            )
        )

    monkeypatch.setattr("vitrify.study.work.observable_task", measured)
    monkeypatch.setattr("vitrify.study.work.glass_task", glass)
    assert run(plan(study, ensemble="given"), store, workers=1).failed == 1
    counts = ensemble_counts(study, study.ensembles[1], store)
    assert (counts.wanted, counts.done, counts.failed, counts.reasons) == (2, 1, 1, {"is a saddle": 1})
    assert list(ensemble_table(study, study.ensembles[1], store).index) == [0]


SIZES = """[study]
name = "t"
seed = 3

[[ensemble]]
name = "auto"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 5
observables = [
    "mechanics", { name = "modes", n_samples = 2, number = 4 }, { name = "structure", n_samples = 7 },
    { name = "dipoles", n_samples = 3, n_particles = 160, number = 8 }, { name = "qlm", n_particles = 160 },
]

[[ensemble]]
name = "given"
model = "qss(q=6, xc=3.0)"
density = 0.8
n_particles = 600
n_samples = 3
parent_temperature = 2.0
observables = []
"""
PAPER = Path(__file__).parents[2] / "studies" / "paper.toml"


def slow_plan(study, **chosen):
    """The same plan computed task by task, each with its own digests."""
    limited = study.chosen(**chosen)
    first = [
        WorkUnit(
            f"{x.name}: pilots",
            (Task(slow_temperature(study, x)[0], slow_temperature(study, x)[1], work.parent_temperature_task, (x, study.seed)),),
            counts=0,
        )
        for x in limited
        if x.parent_temperature == "auto"
    ]  # fmt: skip
    groups = [group for x in limited for group in x.groups()]
    rows = zip_longest(*([slow_sample(study, x, i) for i in range(x.n_samples)] for x in groups))
    return first + [unit for row in rows for unit in row if unit is not None]


def slow_temperature(study, spec):
    """Key and digest of the parent temperature; empty where the study gives it."""
    if spec.parent_temperature != "auto":
        return "", ""
    digest = digests.digest_of(digests.parent_temperature_definition(study, spec))
    return f"{safe_name(spec.name)}/parent_temperature-{digest[:12]}/000000", digest


def slow_sample(study, spec, index):
    temperature, found = slow_temperature(study, spec)
    needed = tuple(filter(None, [temperature]))
    digest = digests.digest_of(digests.glass_definition(study, spec, found))
    key = f"{safe_name(spec.name)}/glass-{digest[:12]}/{index:06d}"
    tasks = [
        Task(
            key,
            digest,
            work.glass_task,
            (spec, study.seed, index, *(needed or ("",))),
            needs=needed,
            identity=work.glass_checksum,
        )
    ]
    for x in spec.measured:
        if index < spec.samples_of(x):
            own = digests.digest_of(digests.observable_definition(digest, x))
            place = f"{safe_name(spec.name)}/{x.name}-{own[:12]}/{index:06d}"
            tasks.append(Task(place, own, work.observable_task, (x, key, digest), needs=(key,)))
    return WorkUnit(spec.name, tuple(tasks), after=needed)


@pytest.mark.parametrize("chosen", [{}, {"samples": 2}, {"ensemble": "auto"}, {"ensemble": "given", "samples": 1}], ids=str)
def test_a_plan_is_what_it_would_be_task_by_task(chosen):
    """Keys, digests, needs, arguments and order; tasks that are made when they are looked at are the tasks."""
    study = parse_study(SIZES)
    found, expected = plan(study, **chosen), slow_plan(study, **chosen)
    assert found == expected
    assert [tuple(x.tasks) for x in found] == [x.tasks for x in expected]
    assert [len(x.tasks) for x in found] == [len(x.tasks) for x in expected]
    assert [x.key for x in found] == [x.key for x in expected]
    assert [x.tasks[-1] for x in found] == [x.tasks[-1] for x in expected]
    assert pickle.loads(pickle.dumps(found)) == expected


def test_the_plan_of_the_paper_is_what_it_would_be_task_by_task():
    study = read_study(PAPER)
    assert plan(study, samples=3) == slow_plan(study, samples=3)


def test_models_are_parsed_and_digests_taken_once_a_group(monkeypatch):
    counted = Counter()
    for name in ("vitrify.study.spec.parse", "vitrify.study.products.digest_of"):
        module, _, function = name.rpartition(".")
        original = getattr(import_module(module), function)
        monkeypatch.setattr(name, lambda *x, name=name, original=original: (counted.update([name]), original(*x))[1])

    def calls(samples):
        study = parse_study(TEXT.replace("n_samples = 3", f"n_samples = {samples}"))
        counted.clear()
        assert sum(len(x.tasks) for x in plan(study)) == 1 + 3 * samples + 3 * 2
        return dict(counted)

    assert calls(500) == calls(3)


def test_a_batch_takes_some_hundred_bytes_however_many_tasks_it_has():
    study = parse_study(TEXT.replace("n_samples = 3", "n_samples = 5000"))
    plan(study)  # with what it imports
    tracemalloc.start()
    try:
        units = plan(study)
        assert tracemalloc.get_traced_memory()[0] / len(units) < 400  # bytes
    finally:
        tracemalloc.stop()


def test_a_batch_on_its_way_to_a_worker_is_small():
    assert len(pickle.dumps(plan(read_study(PAPER))[-1])) < 1500  # bytes; with what defines its products twice as many


def test_more_samples_than_a_run_can_take_are_refused_at_once():
    study = parse_study(TEXT.replace("n_samples = 3", "n_samples = 10000000"))
    with pytest.raises(UsageError, match="10,000,002 samples, must be at most 1,000,000 in one run") as caught:
        plan(study)
    assert "\n" not in str(caught.value)
    assert len(plan(study, samples=2)) == 5
    assert len(plan(study, ensemble="given")) == 2


def test_small_ensembles_beside_a_large_one_come_first():
    small = TEXT[TEXT.rindex("[[ensemble]]") :]
    more = "".join(small.replace("given", f"small {k}") for k in range(5))
    names = [x.name for x in plan(parse_study(TEXT.replace("n_samples = 3", "n_samples = 40") + more)) if x.counts]
    assert Counter(names) == {"loose / wild": 40, "given": 2} | {f"small {k}": 2 for k in range(5)}
    assert names[:3] == ["loose / wild", "given", "small 0"]
    assert names[-38:] == ["loose / wild"] * 38
