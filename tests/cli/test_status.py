"""`vitrify status`: its JSON, its tables, its watch, mistakes."""

import json
import os
import time

import pytest
from click.testing import CliRunner

import campaign_files as files
from stores import Echo
from vitrify.campaign import Result, Store
from vitrify.cli.main import cli
from vitrify.cli.table import width_of
from vitrify.study import parse_study, plan
from vitrify.study.observables import OBSERVABLES

TEXT = """[study]
name = "t"
seed = 3

[[ensemble]]
name = "loose"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 3
parent_temperature = 5.0
observables = ["mechanics"]
"""


def call(*arguments):
    return CliRunner().invoke(cli, ["status", *(str(x) for x in arguments)])


def folded(lines):
    """Sentences that were broken to fit, in one."""
    return " ".join(" ".join(lines).split())


def found(*arguments):
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.fixture
def store(tmp_path):
    """A campaign at work: one of three samples is done, one has failed, one is in hand; one is not asked for any longer."""
    store = Store.create(tmp_path / "s")
    store.write_text("study.toml", TEXT)
    units = plan(parse_study(TEXT.replace("n_samples = 3", "n_samples = 4")))
    for unit in (units[0], units[3]):
        for task in unit.tasks:
            store.publish(task.key, task.digest, Result({"x": 1.0}))
            files.log_line(store, task.key, ended=time.time(), seconds=30.0)
    glass, measured = units[1].tasks
    store.record_failure(glass.key, glass.digest, "melted\ntoo \x1b[31mslowly")
    store.record_failure(measured.key, measured.digest, f"because {glass.key} failed: melted")
    files.lease(store, files.run_elsewhere(store), units[2].tasks[0].key)
    store.quarantine(units[3].tasks[0].key, "is torn")
    store.publish(units[3].tasks[0].key, glass.digest, Result({"x": 1.0}))
    return store


def test_json_is_as_described(store):
    before = files.tree(store.directory)
    status = found(store.directory)
    assert files.tree(store.directory) == before
    assert list(status) == ["study", "workers", "totals", "ensembles", "runs", "in_hand", "quarantined", "not_asked_for"]
    (ensemble,) = status["ensembles"]
    expected = {"ensemble": "loose", "temperature": 5.0, "wanted": 3, "done": 1, "failed": 1, "running": 1, "missing": 2}
    assert expected.items() <= ensemble.items()
    assert (ensemble["core_seconds_left"], ensemble["seconds_left"], ensemble["unknown"]) == (60.0, 60.0, [])
    assert [(x["product"], x["wanted"], x["done"], x["failed"]) for x in ensemble["products"]] == [
        ("glass", 3, 1, 1), ("mechanics", 3, 1, 1),
    ]  # fmt: skip
    assert {"seconds": 30.0, "peak_mb": 150.0, "n_particles": 100, "missing": 1}.items() <= ensemble["products"][0].items()
    assert {"wanted": 3, "done": 1, "failed": 1, "seconds_left": 60.0}.items() <= status["totals"].items()
    (run,), (hand,), (aside,) = status["runs"], status["in_hand"], status["quarantined"]
    assert run["sentence"].startswith(f"process 77 on {files.ELSEWHERE} since ")
    assert hand["key"].startswith("loose/glass-")
    assert hand["pid"] == 78
    assert aside["reason"] == "is torn"
    assert [(x["files"], x["why"]) for x in status["not_asked_for"]] == [(1, "beyond the 3 that are asked for")] * 2


def test_many_failures_fill_no_screen(tmp_path):
    """Each sample that melts too slowly says how far it came; a line for each of a thousand would bury all else."""
    store, text = Store.create(tmp_path / "s"), TEXT.replace("n_samples = 3", "n_samples = 60")
    store.write_text("study.toml", text)
    for k, unit in enumerate(plan(parse_study(text))):
        glass = unit.tasks[0]
        words = f"moved only {k / 100} a0² in {4000 + k} steps" if k < 40 else "x" * k
        store.record_failure(glass.key, glass.digest, words)
    lines = call(store.directory).output.splitlines()
    assert len(lines) < 40
    assert "40 failed, such as: moved only 0.0 a0² in 4000 steps" in folded(lines)
    assert "11 failed for other reasons; --json tells them" in folded(lines)
    assert len(found(store.directory)["ensembles"][0]["reasons"]) == 60


def test_many_files_set_aside_fill_none_either(store):
    for k in range(30):
        key = f"loose/mechanics-000000000000/{k:06d}"
        store.publish(key, "0" * 64, Result({"x": 1.0}))
        store.quarantine(key, "is torn")
    output = call(store.directory).output
    assert "31 broken files were set aside:" in output
    assert "and 21 more; --json tells them" in output
    assert len(found(store.directory)["quarantined"]) == 31


def test_tables_for_a_person(store):
    result = call(store.directory)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[1].split() == ["loose", "3", "1", "1", "1", lines[1].split()[5], "60", "s", "5.0"]
    assert "1 failed: melted too  [31mslowly" in result.output
    assert "\x1b" not in result.output
    assert f"process 78 on {files.ELSEWHERE}: loose/glass-" in result.output
    assert "1 broken files were set aside" in result.output
    assert "beyond the 3 that are asked for" in result.output
    products = call(store.directory, "--products").output.splitlines()
    assert products[1].split()[:7] == ["loose", "glass", "100", "3", "1", "1", "1"]
    assert products[3].split()[:7] == ["loose", "mechanics", "100", "3", "1", "1", "0"]


def test_what_was_never_measured_is_taken_from_the_table(tmp_path):
    store = Store.create(tmp_path)
    store.write_text("study.toml", TEXT)
    lines = call(tmp_path).output.splitlines()
    assert lines[1].split()[-4] == "~"
    assert "~ an estimate, as `vitrify plan` makes it, until some are measured here: glass, mechanics" in folded(lines)
    (ensemble,) = found(tmp_path)["ensembles"]
    assert [x["seconds"] for x in ensemble["products"]] == [None, None]
    assert [x["source"] for x in ensemble["products"]] == ["table", "table"]
    assert (ensemble["estimated"], ensemble["unknown"]) == (["glass", "mechanics"], [])
    (tmp_path / "s.toml").write_text(TEXT)
    plan = CliRunner().invoke(cli, ["plan", str(tmp_path / "s.toml"), "--json"])
    assert ensemble["core_seconds_left"] == pytest.approx(3600 * json.loads(plan.output)["core_hours"])


def test_what_no_table_knows_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setitem(OBSERVABLES, "echo", Echo)
    store = Store.create(tmp_path)
    store.write_text("study.toml", TEXT.replace('["mechanics"]', '["mechanics", "echo"]'))
    (ensemble,) = found(tmp_path)["ensembles"]
    assert (ensemble["unknown"], ensemble["estimated"]) == (["echo"], ["glass", "mechanics"])
    assert ensemble["products"][2]["core_seconds_left"] is None
    lines = call(tmp_path).output.splitlines()
    assert lines[1].split()[-5:-3] == [">", "~"]
    assert "> at least so much, as nobody knows yet what these take: echo" in folded(lines)


def test_glasses_of_another_size_are_told_apart(tmp_path):
    store = Store.create(tmp_path)
    large = '["mechanics", { name = "dipoles", n_samples = 2, n_particles = 200 }]'
    store.write_text("study.toml", TEXT.replace('["mechanics"]', large))
    lines = call(tmp_path).output.splitlines()
    assert lines[1].split()[:3] == ["loose", "3", "0"]
    assert lines[2] == "  glasses of 200 particles for dipoles: 2 wanted, 0 done, 0 failed"
    assert lines[3].split()[:3] == ["total", "3", "0"]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("option", [[], ["--products"], ["--slowest"], ["--watch"]], ids=str)
def test_lines_fit_the_terminal(tmp_path, monkeypatch, width, option):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("vitrify.cli.status.time.sleep", interrupted)
    text = TEXT.replace('"loose"', f'"{"long " * 30}end"').replace("parent_temperature = 5.0\n", "")
    text += (
        '\n[[ensemble]]\nname = "玻璃"\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 256000\nn_samples = 1000000\n'
    )
    store = Store.create(tmp_path / "s")
    store.write_text("study.toml", text)
    tasks = plan(parse_study(text), samples=2)[2].tasks
    for task in (*tasks, plan(parse_study(TEXT))[0].tasks[0]):
        store.publish(task.key, task.digest, Result({"x": 1.0}))
        files.log_line(store, task.key, ended=time.time(), seconds=30.0, host="a-host-with-a-long-name.cluster.example.org")
    store.quarantine(tasks[1].key, "is torn in the midst of its third dataset, of which nothing can be read")
    store.record_failure(tasks[1].key, tasks[1].digest, "the energy is not a number after a very long while of trying")
    files.lease(store, files.run_elsewhere(store), tasks[1].key)
    result = call(store.directory, *option)
    assert result.exit_code == 0, result.output
    assert max(map(width_of, result.output.splitlines())) <= width
    shown = "ensemble" if option != ["--slowest"] else "seconds"
    assert shown in result.output


def test_slowest(store):
    key = plan(parse_study(TEXT))[0].tasks[1].key
    files.log_line(store, key, ended=time.time(), seconds=3600.0, peak=512.0, host="node7")
    slow = found(store.directory, "--slowest", "2")
    first = slow["slowest"][0]
    assert (first["seconds"], first["peak_mb"], first["host"], first["outcome"]) == (3600.0, 512.0, "node7", "made")
    assert len(slow["slowest"]) == 2
    assert slow["core_hours"] == pytest.approx({"mechanics": 1 + 60 / 3600, "glass": 60 / 3600})
    lines = call(store.directory, "--slowest").output.splitlines()
    assert lines[1].split() == ["3600.0", "512", "made", "node7", key]
    assert "1.03 core-hours in all" in lines[-1]
    empty = Store.create(store.directory.with_name("empty"))
    assert "no task" in call(empty.directory, "--slowest").output


def test_watching_ends_when_all_is_done(store, monkeypatch):
    looks = []

    def meanwhile(seconds):
        looks.append(seconds)
        for unit in plan(parse_study(TEXT)):
            for task in unit.tasks:
                store.publish(task.key, task.digest, Result({"x": 1.0}))

    monkeypatch.setattr("vitrify.cli.status.time.sleep", meanwhile)
    result = call(store.directory, "--watch", "--every", 0.5)
    assert result.exit_code == 0, result.output
    assert looks == [0.5]
    assert "loose" in result.output


def interrupted(_):
    raise KeyboardInterrupt


def test_watching_ends_with_ctrl_c(store, monkeypatch):
    monkeypatch.setattr("vitrify.cli.status.time.sleep", interrupted)
    assert call(store.directory, "--watch").exit_code == 0


@pytest.mark.parametrize(("arguments", "word"), [
    (["--watch", "--json"], "--watch and --json cannot go together"),
    (["--watch", "--slowest"], "--watch and --slowest cannot go together"),
    (["--slowest", "0"], "0 is not in the range"),
    (["--every", "0"], "0.0 is not in the range"),
])  # fmt: skip
def test_mistakes(store, arguments, word):
    result = call(store.directory, *arguments)
    assert result.exit_code == 2
    assert word in result.stderr


def test_wrong_places(tmp_path):
    assert "is not a vitrify store" in call(tmp_path).stderr
    Store.create(tmp_path)
    result = call(tmp_path)
    assert result.exit_code == 2
    assert "has no study.toml" in result.stderr


def fifo(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


ODD = {
    "a reason of another type": lambda x: x.write_text(
        json.dumps({"key": "a", "digest": "d", "reason": 5, "again": "yes"})
    ),
    "deep": lambda x: x.write_text("[" * 100_000),
    "bell and escape": lambda x: x.write_text(json.dumps({"key": "a", "digest": "d", "reason": "\x07\x1b]0;x\x07"})),
    "another key": lambda x: x.write_text(json.dumps({"key": "\x1b[2J/../..", "digest": "d", "reason": "none"})),
    "FIFO": fifo,
    "device": device,
    "folder": lambda x: x.mkdir(),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_note_of_a_failure_is_counted_and_obeyed_by_nobody(store, kind):
    glass = plan(parse_study(TEXT))[2].tasks[0]
    note = store.directory / "failed" / f"{glass.key}.json"
    ODD[kind](note)
    (note.parent / "odd name.json").write_text("{}")
    result = call(store.directory)
    assert result.exit_code == 0, result.output
    assert not set("\x07\x1b") & set(result.output)
    assert found(store.directory)["totals"]["failed"] == 2


@pytest.mark.parametrize("make", [fifo, device, lambda x: x.mkdir()], ids=["FIFO", "device", "folder"])
def test_no_other_text_of_a_store_is_waited_for(store, make):
    (folder,) = store.directory.glob("loose/mechanics-*")
    make(folder / "spec.json")
    make(store.directory / "log" / "odd.tsv")
    make(store.directory / "quarantine" / "odd.txt")
    (store.directory / "quarantine" / "odd.h5").write_bytes(b"")
    result = call(store.directory)
    assert result.exit_code == 0, result.output
    assert "the note of its reason cannot be read" in result.output


def test_definitions_that_name_each_other_are_followed_once(store):
    folder = store.directory / "loose" / "glass-0123456789ab"
    folder.mkdir()
    (folder / "000000.h5").write_bytes(b"")
    for text in (json.dumps({"glass": "0123456789ab" + "0" * 52, "density": 0.1}), "[" * 100_000):
        (folder / "spec.json").write_text(text)
        result = call(store.directory)
        assert result.exit_code == 0, result.output
        assert "loose/glass-0123456789ab" in result.output


def test_steps_between_melt_and_quench_are_told(tmp_path):
    store = Store.create(tmp_path / "s")
    steps = 'preparation = [{ step = "melt" }, { step = "cool", to = 0.5 }, { step = "quench" }]'
    store.write_text("study.toml", TEXT.replace('observables = ["mechanics"]', steps))
    told = "melt(msd=10.0) cool(to=0.5,steps=100000) quench(minimiser=cg,force_tolerance=1e-10)"
    assert found(store.directory)["ensembles"][0]["preparation"] == told
    assert "prepared by melt(msd=10.0)" in folded(call(store.directory).output.splitlines())
    store.write_text("study.toml", TEXT)
    assert found(store.directory)["ensembles"][0]["preparation"] == ""
    assert "prepared by" not in call(store.directory).output
