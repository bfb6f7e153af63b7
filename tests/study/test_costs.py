"""What a study is said to cost, against counts by hand, files as they are, and what must follow from what."""

from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stores import Echo
from vitrify.campaign import Result, Store, result_file, run
from vitrify.models.catalogue import FAMILIES, named, parse
from vitrify.study import Ledger, parse_study, plan, product_statuses, read_study
from vitrify.study.cost_table import cost_table
from vitrify.study.costs import BLOCK
from vitrify.study.observables import OBSERVABLES
from vitrify.study.products import PILOTS
from vitrify.study.status import wall_hours

TEXT = """[study]
name = "t"
seed = 3

[defaults]
melt_msd = 1.0
n_pilots = 1

[[ensemble]]
name = "loose / wild"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 160
n_samples = 3
observables = [
    "mechanics", { name = "elasticity", n_samples = 2 }, { name = "dipoles", n_samples = 1, n_particles = 200, number = 4 },
]

[[ensemble]]
name = "given"
model = "pss(rc=1.5)"
density = 0.6
n_particles = 160
n_samples = 2
parent_temperature = 3.0
"""
STUDY = parse_study(TEXT)
IN_THE_TABLE = tuple(x for x in OBSERVABLES if cost_table().size(x, 300) is not None)  # others are "unknown" yet
PAPER = Path(__file__).parents[2] / "studies" / "paper.toml"


def costs(study, *, store=None, log=None, **chosen):
    """As `vitrify plan` tells them."""
    return product_statuses(Ledger(study).chosen(**chosen), store, log=log, file_sizes=True)


def told(found):
    """All that a plan says of a product."""
    return found.missing, found.expected_seconds, found.source, found.file_size, found.core_hours, found.disk


def changed(**fields):
    return replace(STUDY, ensembles=(replace(STUDY.ensembles[0], **fields), STUDY.ensembles[1]))


def by_product(found, name="loose / wild"):
    return {x.product: x for x in found if x.ensemble == name and x.n_particles == 160}


def hours(found):
    return sum(x.core_hours for x in found)


def test_tasks_are_those_of_the_plan():
    counted = [(x.ensemble, x.product, x.n_particles, x.wanted, x.missing) for x in costs(STUDY)]
    assert counted == [
        ("loose / wild", "parent_temperature", 160, 1, 1),
        ("loose / wild", "glass", 160, 3, 3),
        ("loose / wild", "mechanics", 160, 3, 3),
        ("loose / wild", "elasticity", 160, 2, 2),
        ("loose / wild", "glass", 200, 1, 1),
        ("loose / wild", "dipoles", 200, 1, 1),
        ("given", "glass", 160, 2, 2),
        ("given", "mechanics", 160, 2, 2),
        ("given", "elasticity", 160, 2, 2),
    ]


@pytest.mark.parametrize("chosen", [{}, {"samples": 1}, {"samples": 2, "ensemble": "loose / wild"}, {"ensemble": "given"}])
def test_as_many_tasks_as_are_run(chosen):
    assert sum(x.wanted for x in costs(STUDY, **chosen)) == sum(len(x.tasks) for x in plan(STUDY, **chosen))


def test_twice_the_samples_cost_twice_as_much():
    more = changed(n_samples=6)
    once, twice = ([x for x in costs(study) if x.product == "glass"] for study in (STUDY, more))
    assert twice[0].core_hours == pytest.approx(2 * once[0].core_hours)
    assert twice[0].disk == pytest.approx(2 * once[0].disk)
    pilots, more_pilots = (by_product(costs(study))[PILOTS] for study in (STUDY, more))
    assert told(pilots) == told(more_pilots)


def test_costs_follow_what_is_asked():
    """A longer liquid in proportion, four responses as four times one, pilots as many."""
    liquid = [by_product(costs(changed(melt_msd=x)))["glass"].expected_seconds for x in (20.0, 40.0, 60.0)]
    assert liquid[2] - liquid[1] == pytest.approx(liquid[1] - liquid[0])
    short = [by_product(costs(changed(melt_msd=x)))["glass"].expected_seconds for x in (1.0, 1.1)]
    assert short[0] == short[1]  # a liquid has a least number of steps
    responses = [costs(changed(observables=parse_study(TEXT.replace("number = 4", f"number = {n}")).ensembles[0].observables)) for n in (4, 16)]  # fmt: skip
    few, many = (next(x for x in found if x.product == "dipoles") for found in responses)
    assert many.expected_seconds == pytest.approx(4 * few.expected_seconds)
    one, two, three = (by_product(costs(changed(n_pilots=n)))[PILOTS].expected_seconds for n in (1, 2, 3))
    assert three - two == pytest.approx(two - one)
    assert (
        by_product(costs(changed(minimiser="fire")))["glass"].expected_seconds
        > by_product(costs(STUDY))["glass"].expected_seconds
    )


def test_larger_glasses_cost_more():
    large = parse_study(TEXT.replace("n_particles = 160", "n_particles = 5000")).ensembles
    everything = IN_THE_TABLE
    small, large = (
        costs(replace(STUDY, ensembles=(replace(spec, n_particles=n, observables=everything),)))
        for spec, n in ((large[0], 2000), (large[0], 4000))
    )
    for few, many in zip(small, large, strict=True):
        assert many.expected_seconds > few.expected_seconds
        assert many.file_size >= few.file_size


NOT_YET = {"stillinger_weber", "second_moment"}  # until the table is made anew; a plan says that it guesses


def test_the_table_knows_the_paper_and_every_family():
    assert {x.source for x in costs(read_study(PAPER))} == {"table"}
    assert {parse(x.model).name.split("(")[0] for x in cost_table().formers} == set(FAMILIES) - NOT_YET


def test_what_is_not_in_the_table_is_guessed_from_the_nearest():
    guessed = changed(density=0.61)
    assert {x.source for x in costs(guessed, ensemble="loose / wild")} == {"pss(rc=1.2) at density 0.6"}
    assert {x.source for x in costs(guessed, ensemble="given")} == {"table"}
    former, known = cost_table().former(named("qss", q=6, xc=3.3), 0.8)
    assert (former.model, known) == ("qss(q=6, xc=3.0)", False)


@pytest.fixture
def full(tmp_path):
    """A store that holds something for every task."""
    store = Store.create(tmp_path / "full")
    for batch in plan(STUDY):
        for task in batch.tasks:
            store.publish(task.key, task.digest, Result())
    return store


def test_what_stands_in_the_store_costs_nothing(full):
    found = costs(STUDY, store=full)
    assert sum(x.wanted for x in found) == 17
    assert sum(x.missing for x in found) == 0
    assert (hours(found), sum(x.disk for x in found), wall_hours(found, 1)) == (0.0, 0.0, 0.0)
    more = costs(changed(n_samples=5), store=full)
    assert {x.product: x.missing for x in more if x.missing} == {"glass": 2, "mechanics": 2}


def test_failures_are_missing_only_where_they_are_tried_again(full):
    first, second = (batch.tasks[0] for batch in plan(STUDY, ensemble="given"))
    for task, again in ((first, False), (second, True)):
        full.path(task.key).unlink()
        full.record_failure(task.key, task.digest, "is a saddle", again=again)
    assert [x.missing for x in costs(STUDY, store=full, ensemble="given")] == [1, 0, 0]


def log(*rows):
    return pd.DataFrame(rows, columns=["key", "ended", "seconds", "peak_mb", "outcome", "host"])


def test_a_log_overrides_the_table():
    glass = plan(STUDY)[1].tasks[0].key.rpartition("/")[0]
    table = log(
        (f"{glass}/000000", 1.0, 100.0, 90.0, "made", "a"),
        (f"{glass}/000001", 2.0, 300.0, 90.0, "made", "a"),
        (f"{glass}/000002", 3.0, 9000.0, 90.0, "failed", "a"),
        ("elsewhere/glass-012345678901/000000", 4.0, 7.0, 90.0, "made", "b"),
    )
    found = by_product(costs(STUDY, log=table))
    assert (found["glass"].expected_seconds, found["glass"].source) == (200.0, "log")
    assert found["glass"].core_hours == pytest.approx(3 * 200.0 / 3600.0)
    assert found["mechanics"] == by_product(costs(STUDY))["mechanics"]
    assert costs(STUDY, log=log()) == costs(STUDY)


def test_wall_time_is_shared_out_but_one_sample_is_not():
    found = costs(STUDY)
    assert wall_hours(found, 1) == pytest.approx(hours(found))
    assert wall_hours(found, 2) == pytest.approx(hours(found) / 2)
    first = {x.product: x.expected_seconds for x in found if x.ensemble == "loose / wild" and x.n_particles == 160}
    large = sum(x.expected_seconds for x in found if x.n_particles == 200)
    small = sum(first[x] for x in ("glass", "mechanics", "elasticity"))
    assert wall_hours(found, 1000) == pytest.approx((first[PILOTS] + max(large, small)) / 3600.0)


def blocks(path):
    return BLOCK * ceil(path.stat().st_size / BLOCK)


def test_disk_of_a_study_as_it_turns_out(tmp_path):
    small = replace(STUDY.ensembles[0], n_particles=300, n_samples=2, observables=IN_THE_TABLE)
    study, store = replace(STUDY, ensembles=(small,)), Store.create(tmp_path / "store")
    expected = {x.product: x.disk for x in costs(study)}
    assert run(plan(study), store, workers=1).failed == 0
    real = {x: sum(blocks(path) for path in store.directory.glob(f"*/{x}-*/*.h5")) for x in expected}
    assert sum(expected.values()) == pytest.approx(sum(real.values()), rel=0.2)
    for product, length in real.items():
        assert abs(expected[product] - length) <= max(0.2 * length, 2 * BLOCK), product
    held = {x.product: x.file_size for x in costs(study, store=store)}
    assert held == {x: length / (1 if x == PILOTS else 2) for x, length in real.items()}


@pytest.mark.parametrize("n", [400, 2000, 3000, 20_000, 100_000])
def test_disk_of_large_glasses(n, tmp_path):
    """Positions and a vector field of any size, packed or not, as random numbers tell what packing is worth."""
    rng, spec = np.random.default_rng(1), replace(STUDY.ensembles[0], n_particles=n, observables=("qlm",))
    expected = {x.product: x.file_size for x in costs(replace(STUDY, ensembles=(spec,)))}
    values = dict.fromkeys("abcdefghijklmn", 0.12345678901234567)
    glass = {"positions": rng.random((n, 3)) * (n / 0.6) ** (1 / 3), "species": rng.integers(0, 2, n).astype(np.int8)}
    field = {"vector": rng.normal(size=(n, 3)) / n, "coupling": np.ones((3, 3))}
    split = {name: rng.normal(size=n) ** 2 for name in ("k_plus", "k_minus", "f_plus", "f_minus")}
    for product, arrays in {"glass": glass, "qlm": field | split}.items():
        path = tmp_path / f"{product}.h5"
        result_file.write(path, 64 * "0", Result(values, arrays))
        assert expected[product] == pytest.approx(blocks(path), rel=0.2, abs=2 * BLOCK)


@pytest.fixture
def unmeasured(monkeypatch):
    """A study with an observable that no table knows."""
    monkeypatch.setitem(OBSERVABLES, "echo", Echo)
    return parse_study(TEXT.replace('"mechanics", {', '"mechanics", "echo", {'))


def test_an_observable_that_nobody_measured_is_not_known_yet(unmeasured):
    found = by_product(costs(unmeasured))
    echo = found.pop("echo")
    assert (echo.wanted, echo.missing, echo.expected_seconds, echo.file_size, echo.source) == (3, 3, None, None, "unknown")
    assert (echo.core_hours, echo.disk) == (None, None)
    assert {name: told(x) for name, x in found.items()} == {name: told(x) for name, x in by_product(costs(STUDY)).items()}
    assert wall_hours(costs(unmeasured), 2) == wall_hours(costs(STUDY), 2)


def test_a_log_knows_what_the_table_does_not(unmeasured):
    folder = next(x for x in Ledger(unmeasured).products if x.name == "echo").folder
    echo = by_product(costs(unmeasured, log=log((f"{folder}/000000", 1.0, 7.0, 9.0, "made", "a"))))["echo"]
    assert (echo.expected_seconds, echo.source, echo.file_size) == (7.0, "log", None)


def test_one_glass_costs_what_its_stages_do():
    from vitrify.models import pss
    from vitrify.study.costs import seconds_to_make

    alone = seconds_to_make(pss(rc=1.2), 0.6, 3, 2000)
    assert 0.0 < seconds_to_make(pss(rc=1.2), 0.6, 3, 1000) < alone
    assert seconds_to_make(pss(rc=1.2), 0.6, 3, 2000, pilot_particles=2000) > 3.0 * alone  # two pilots a round, and moduli
