"""`vitrify plan`: the sums of its lines, what it says of where they come from, and mistakes."""

import json

import pytest
from click.testing import CliRunner

from vitrify.campaign import Result, Store
from vitrify.cli.main import cli
from vitrify.study import parse_study
from vitrify.study import plan as tasks_of

STUDY = """[study]
name = "small"
seed = 3

[[ensemble]]
name = "DSS rho=0.60"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 20

[[ensemble]]
name = "mine"
model = "lennard_jones(rc=1.8)"
density = 0.7
n_particles = 160
n_samples = 5
parent_temperature = 3.0
"""


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the default store would be
    (tmp_path / "s.toml").write_text(STUDY)
    return tmp_path / "s.toml"


def test_totals_are_the_sums(study):
    found = json.loads(call("plan", study, "--cores", 4, "--json").output)
    assert (found["study"], found["cores"], found["tasks"], found["missing"]) == ("small", 4, 1 + 3 * 20 + 3 * 5, 76)
    lines = found["products"]
    for total in ("tasks", "missing", "core_hours", "disk_bytes"):
        assert found[total] == pytest.approx(sum(x[total] for x in lines))
    assert found["wall_hours"] >= found["core_hours"] / 4 > 0
    few = json.loads(call("plan", study, "--samples", 2, "--ensemble", "mine", "--json").output)
    assert [(x["product"], x["tasks"]) for x in few["products"]] == [("glass", 2), ("mechanics", 2), ("elasticity", 2)]


def test_a_table_for_a_person(study):
    result = call("plan", study, "--cores", 2)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "core-hours" in lines[0]
    assert len([x for x in lines if x.startswith(("DSS rho=0.60", "mine "))]) == 7
    assert next(x for x in lines if x.startswith("total")).split()[1:3] == ["76", "76"]
    assert any("on 2 cores" in x for x in lines)
    assert any("one core of" in x for x in lines)
    guess = next(x for x in lines if x.startswith("mine: costs as of"))
    assert guess.endswith("a guess.")
    assert not any("the store's log" in x for x in lines)
    assert not (study.parent / "small-store").exists()  # a plan makes nothing


@pytest.mark.parametrize("given", [True, False])
def test_what_a_store_holds_is_not_missing(study, given):
    store = Store.create(study.parent / ("elsewhere" if given else "small-store"))
    for batch in tasks_of(parse_study(STUDY), ensemble="mine"):
        for task in batch.tasks:
            store.publish(task.key, task.digest, Result())
    place = ["--store", store.directory] if given else []
    found = json.loads(call("plan", study, *place, "--json").output)
    assert (found["tasks"], found["missing"]) == (76, 61)
    nothing = json.loads(call("plan", study, *place, "--ensemble", "mine", "--json").output)
    assert (nothing["missing"], nothing["core_hours"], nothing["disk_bytes"], nothing["wall_hours"]) == (0, 0, 0, 0)


def test_the_log_of_a_store_is_believed(study):
    store = Store.create(study.parent / "small-store")
    glass = tasks_of(parse_study(STUDY), ensemble="mine")[0].tasks[0].key
    (store.directory / "log").mkdir()
    (store.directory / "log" / "1.tsv").write_text(f"{glass}\t1.00\t7200.0000\t90.0\tmade\there\n")
    found = json.loads(call("plan", study, "--ensemble", "mine", "--json").output)["products"]
    assert (found[0]["source"], found[0]["core_hours"]) == ("log", pytest.approx(5 * 2.0))
    assert "1 of 3 lines" in call("plan", study, "--ensemble", "mine").output


@pytest.mark.parametrize(("arguments", "word"), [
    (["--ensemble", "none"], "no ensemble"), (["--store", "full"], "not a vitrify store"), (["--store", "s.toml"], "s.toml"),
])  # fmt: skip
def test_mistakes_are_one_sentence(study, arguments, word):
    (study.parent / "full").mkdir()
    (study.parent / "full" / "notes.txt").write_text("mine")
    result = call("plan", study, *arguments)
    assert result.exit_code == 2, result.output
    assert word in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
