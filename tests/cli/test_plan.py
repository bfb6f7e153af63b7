"""`vitrify plan`: the sums of its lines, what it says of where they come from, and mistakes."""

import json

import pytest
from click.testing import CliRunner

from stores import Echo
from vitrify.campaign import Result, Store
from vitrify.cli.main import cli
from vitrify.cli.table import width_of
from vitrify.study import parse_study
from vitrify.study import plan as tasks_of
from vitrify.study.observables import OBSERVABLES

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
    assert sum(found["core_hours_by_product"].values()) == pytest.approx(found["core_hours"])
    assert set(found["core_hours_by_product"]) == {x["product"] for x in found["products"]}
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


def test_what_is_not_known_yet_is_null_and_a_lower_bound(study, monkeypatch):
    monkeypatch.setitem(OBSERVABLES, "echo", Echo)
    known = json.loads(call("plan", study, "--json").output)
    study.write_text(STUDY.replace("n_samples = 5", 'n_samples = 5\nobservables = ["mechanics", "elasticity", "echo"]'))
    found = json.loads(call("plan", study, "--json").output)
    (echo,) = [x for x in found["products"] if x["product"] == "echo"]
    assert (echo["tasks"], echo["seconds"], echo["core_hours"], echo["disk_bytes"]) == (5, None, None, None)
    assert (found["unknown"], known["unknown"]) == (["echo"], [])
    assert (found["core_hours"], found["disk_bytes"]) == pytest.approx((known["core_hours"], known["disk_bytes"]))
    lines = call("plan", study).output.splitlines()
    assert next(x for x in lines if " echo " in x).split()[-2:] == ["unknown", "unknown"]
    assert next(x for x in lines if x.startswith("total")).count("> ") == 2
    assert any(x.startswith("> ") and "on " in x for x in lines)
    assert any(x.startswith("echo: not known yet") for x in lines)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_fit_the_terminal(study, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    study.write_text(
        STUDY.replace("DSS rho=0.60", "DSS " + "very " * 30 + "rho=0.60").replace('"mine"', '"玻璃' + "玻" * 90 + '"')
    )
    result = call("plan", study)
    assert result.exit_code == 0, result.output
    assert max(map(width_of, result.output.splitlines())) <= width
    assert "rho=0.60" in result.output if width == 200 else ".." in result.output


def test_a_plan_of_ten_million_samples_is_told_and_not_run(study):
    study.write_text(STUDY.replace("n_samples = 20", "n_samples = 10000000"))
    assert json.loads(call("plan", study, "--json").output)["tasks"] == 1 + 3 * 10_000_000 + 3 * 5
    result = call("run", study, "--store", "new")
    assert result.exit_code == 2
    assert "must be at most 1,000,000 in one run" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (study.parent / "new").exists()
