from dataclasses import replace

import numpy as np
import pytest

from vitrify.campaign import Result, Store, run
from vitrify.errors import SampleFailure
from vitrify.study import digest as digests
from vitrify.study import ensemble_counts, ensemble_table, parent_temperature_of, parse_study, plan
from vitrify.study.seeds import generator

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
    batches = plan(parse_study(TEXT))
    assert [(b.name, len(b.tasks), b.counts) for b in batches] == [
        ("loose / wild: pilots", 1, 0),
        ("loose / wild", 3, 1), ("given", 3, 1), ("loose / wild", 3, 1), ("given", 3, 1), ("loose / wild", 3, 1),
    ]  # fmt: skip
    assert batches[1].after == (batches[0].tasks[0].key,)
    keys = [task.key for b in batches for task in b.tasks]
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
    before, after = (digests.glass_digest(x, x.ensembles[0]) for x in changed(**fields))
    assert before != after


@pytest.mark.parametrize(
    "fields",
    [{"n_samples": 50}, {"observables": ("mechanics",)}, {"sets": {"DSS": 0.6}}, {"model": "pss( rc=1.20 )"}],
    ids=str,
)
def test_what_does_not_define_a_glass_leaves_it(fields):
    before, after = (digests.glass_digest(x, x.ensembles[0]) for x in changed(**fields))
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
    asked = 4 * parent.shear_modulus / spec.density / 30
    assert asked <= parent.temperature <= 1.1 * asked  # rounded up to two digits
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
