"""How far a study has come, against stores filled by hand and counted by hand."""

import os
import subprocess
import sys
import time
import tracemalloc
from collections import Counter

import pytest

import campaign_files as files
from vitrify.campaign import Leases, ReadOnlyStore, Result, Store
from vitrify.campaign.journal import read_columns, read_log
from vitrify.campaign.store import Listed
from vitrify.study import ensemble_counts, parse_study, plan, product_statuses, study_status
from vitrify.study.results import PROVENANCE, ensemble_table, parent_temperature_of
from vitrify.study.status import described
from vitrify.study.timings import core_hours, slowest, timings_by_folder

TEXT = """[study]
name = "t"
seed = 3

[defaults]
n_particles = 100

[[ensemble]]
name = "cold / a"
model = "pss(rc=1.2)"
density = 0.6
n_samples = 4
observables = ["mechanics", { name = "modes", n_samples = 2 }, { name = "structure", n_samples = 1, n_particles = 160 }]

[[ensemble]]
name = "given"
model = "pss(rc=1.5)"
density = 0.6
n_samples = 2
parent_temperature = 3.0
observables = []
"""
STUDY = parse_study(TEXT)
TASKS = {}  # keys by ensemble's folder, product and number of particles, in the order of the samples
for unit in plan(STUDY):
    for task in unit.tasks:
        ensemble, product, _ = task.key.split("/")
        TASKS.setdefault((ensemble, product.rpartition("-")[0]), []).append(task)


def tasks(product, ensemble="cold___a", n=100):
    """The plan's own tasks, those of glasses of 160 particles apart."""
    found = TASKS[ensemble, product]
    if product != "glass":
        return found
    return [x for x in found if x.arguments[0].n_particles == n]


def publish(store, *chosen, **values):
    for task in chosen:
        store.publish(task.key, task.digest, Result(values or {"x": 1.0}))


@pytest.fixture
def store(tmp_path):
    made = Store.create(tmp_path / "s")
    made.write_text("study.toml", TEXT)
    return made


def test_an_empty_store(store):
    found = study_status(store)
    assert [x.ensemble for x in found.ensembles] == ["cold / a", "given"]
    first, second = found.ensembles
    names = [(x.product, x.n_particles, x.wanted, x.missing) for x in first.products]
    assert names == [
        ("parent_temperature", 100, 1, 1), ("glass", 100, 4, 4), ("mechanics", 100, 4, 4), ("modes", 100, 2, 2),
        ("glass", 160, 1, 1), ("structure", 160, 1, 1),
    ]  # fmt: skip
    assert [(x.product, x.wanted) for x in second.products] == [("glass", 2)]
    assert (first.samples.wanted, second.samples.wanted) == (4, 2)
    assert ({n: x.wanted for n, x in first.other_sizes.items()}, second.other_sizes) == ({160: 1}, {})
    assert (first.temperature, second.temperature) == ("auto", 3.0)
    assert first.estimated == ["parent_temperature", "glass", "mechanics", "modes", "structure"]
    assert first.unknown == []
    assert found.seconds_left(100.0) is None
    assert found.missing == 15


def test_what_is_there_is_counted_by_product_and_by_sample(store):
    publish(store, *tasks("parent_temperature"), temperature=5.4)
    publish(store, *tasks("glass")[:3], *tasks("mechanics")[:2], tasks("modes")[0], *tasks("glass", n=160))
    first = study_status(store).ensembles[0]
    assert [x.done for x in first.products] == [1, 3, 2, 1, 1, 0]
    assert first.temperature == 5.4
    # of the samples, 0 has all of its three products; 1 lacks its modes; 160 its structure
    assert (first.samples.done, first.samples.failed) == (1, 0)
    publish(store, tasks("modes")[1], *tasks("structure"))
    first = study_status(store).ensembles[0]
    assert first.samples.done == 2
    assert [(n, x.wanted, x.done, x.failed) for n, x in first.other_sizes.items()] == [(160, 1, 1, 0)]
    assert ensemble_counts(STUDY, STUDY.ensembles[0], store) == study_status(store).ensembles[0].samples


def test_failures_are_counted_with_their_reasons(store):
    glasses, mechanics = tasks("glass"), tasks("mechanics")
    publish(store, *glasses[:3])
    for k, reason, again in ((1, "is a saddle", False), (2, "is a saddle", False), (3, "worker lost", True)):
        store.record_failure(mechanics[k].key, mechanics[k].digest, reason, again=again)
    store.record_failure(glasses[3].key, glasses[3].digest, "melted too slowly")
    store.record_failure(glasses[0].key, glasses[0].digest, "was made after all")
    store.record_failure(glasses[0].key[:-1] + "9", glasses[0].digest, "is not asked for")
    first = study_status(store).ensembles[0]
    glass, measured = first.products[1:3]
    assert (glass.done, glass.failed, glass.missing, glass.reasons) == (3, 1, 0, {"melted too slowly": 1})
    assert (measured.failed, measured.missing) == (3, 2)  # sample 0, and the one whose worker was lost
    assert measured.reasons == {"is a saddle": 2, "worker lost (the next run tries it again)": 1}
    assert (first.samples.failed, first.samples.reasons) == (3, {"is a saddle": 2, "melted too slowly": 1})


def test_who_is_at_work(store):
    alive, dead = files.run_elsewhere(store), files.run_elsewhere(store, "r0", silent=3600.0)
    files.lease(store, alive, tasks("glass")[2].key)
    files.lease(store, alive, tasks("mechanics")[0].key, pid=79)
    files.lease(store, alive, tasks("mechanics")[1].key, pid=80)
    files.lease(store, dead, tasks("mechanics")[2].key)
    found = study_status(store)
    assert [x.name for x in found.runs] == ["r1"]
    assert {x.pid for x in found.in_hand} == {78, 79, 80}
    assert found.workers == 3
    assert [x.running for x in found.ensembles[0].products] == [0, 1, 2, 0, 0, 0]
    with Leases(store).announced("in a test", 1):  # one of this process, told by its own files
        assert {x.how for x in study_status(store).runs} == {"2 workers", "in a test"}


def test_time_left_is_what_is_missing_shared_among_those_at_work(store):
    key = tasks("mechanics")[0].key
    publish(store, tasks("mechanics")[0])
    for seconds, peak, outcome in ((10.0, 300.0, "made"), (20.0, 200.0, "made"), (900.0, 999.0, "failed")):
        files.log_line(store, key, ended=1e9 + seconds, seconds=seconds, peak=peak, outcome=outcome)
    idle = study_status(store)
    part = idle.ensembles[0].products[2]
    assert (part.seconds, part.peak_mb, part.missing) == (15.0, 300.0, 3)
    assert (part.core_seconds_left, part.source) == (45.0, "log")
    assert idle.ensembles[0].products[1].source == "table"  # no glass was measured
    assert idle.ensembles[0].core_seconds_left > 45.0
    run = files.run_elsewhere(store)
    for k in (1, 2):
        files.lease(store, run, tasks("mechanics")[k].key)
    busy = study_status(store)
    assert busy.seconds_left(busy.ensembles[0].products[2].core_seconds_left) == pytest.approx(45.0 / 2)


@pytest.mark.parametrize(("began", "rate"), [
    ([], 4.0),  # an hour that ends with the last task holds four of the six, the first begun with it
    ([1e9 + 3600.0], 2 / 0.5),  # half an hour, two tasks
    ([1e9 + 9000.0], 4.0),  # a run that has not ended a task yet: the hour before it
])  # fmt: skip
def test_rate_is_that_of_the_last_hour_of_activity(began, rate):
    ended = [1e9 + x for x in (0.0, 900.0, 2000.0, 3000.0, 4000.0, 5400.0)]
    log = {
        "key": ["a/glass-1/0"] * 6,
        "ended": ended,
        "seconds": [200.0] * 6,
        "peak_mb": [1.0] * 6,
        "outcome": ["made"] * 6,
    }
    assert timings_by_folder(log, began)["a/glass-1"].rate == pytest.approx(rate)


def test_a_young_campaign_is_rated_by_its_own_length():
    log = {
        "key": ["a/glass-1/0"] * 2,
        "ended": [100.0, 190.0],
        "seconds": [10.0] * 2,
        "peak_mb": [1.0] * 2,
        "outcome": ["made"] * 2,
    }
    assert timings_by_folder(log)["a/glass-1"].rate == pytest.approx(2 * 3600 / 100)
    later = {name: [column[0], *column] for name, column in log.items()} | {"ended": [100.0, 1e6 + 100.0, 1e6 + 190.0]}
    assert timings_by_folder(later)["a/glass-1"].rate == pytest.approx(2 * 3600 / 100)  # taken up again after a pause
    assert timings_by_folder({x: [] for x in log}) == {}


def test_slowest_tasks_and_core_hours(store):
    a, b = tasks("glass")[0].key, tasks("mechanics")[0].key
    for k, (key, seconds) in enumerate([(a, 5.0), (b, 7200.0), (a, 3600.0), (b, 1.0)]):
        files.log_line(store, key, ended=1e9 + k, seconds=seconds, outcome="failed" if k == 2 else "made", process=k % 2)
    log = read_columns(store)
    assert [(x.key, x.seconds, x.outcome) for x in slowest(log, 2)] == [(b, 7200.0, "made"), (a, 3600.0, "failed")]
    assert len(slowest(log, 100)) == 4
    assert core_hours(log) == pytest.approx({"mechanics": 7201 / 3600, "glass": 3605 / 3600})
    assert timings_by_folder(read_log(store)) == timings_by_folder(log)  # a table and lists are the same log


def test_lines_that_a_kill_cut_short_are_left_out(store):
    key = tasks("glass")[0].key
    files.log_line(store, key, ended=1e9, seconds=2.0)
    path = next((store.directory / "log").iterdir())
    whole = path.read_text()
    for torn in (
        whole[:-9],
        whole[:20],
        "\t\n",
        whole.replace("150.0", "1.5.0"),
        whole.replace("150.0", "nan"),
        whole.replace("150.0", "inf"),
        whole.replace("150.0", "9" * 400),
        whole.replace("2.0000", "two"),
    ):
        path.write_text(whole + torn + ("" if torn.endswith("\n") else "\n") + whole)
        assert read_columns(store)["seconds"] == [2.0, 2.0]
        assert list(read_log(store)["ended"]) == [1e9, 1e9]
    path.write_text(whole + whole[:-3])
    assert len(read_columns(store)["key"]) == 1


def test_a_broken_file_stays_where_it_is(store):
    (pilots,) = tasks("parent_temperature")
    publish(store, pilots, temperature=5.4)
    store.path(pilots.key).write_bytes(b"torn")
    before = files.tree(store.directory)
    assert study_status(store).ensembles[0].temperature == "auto"
    assert files.tree(store.directory) == before


def test_nothing_is_written(store, monkeypatch):
    """A run on another host, whose life is judged by a clock, is where leases would write."""
    publish(store, *tasks("glass")[:2])
    files.lease(store, files.run_elsewhere(store), tasks("glass")[2].key)
    files.log_line(store, tasks("glass")[0].key, ended=time.time(), seconds=2.0)
    before = files.tree(store.directory)

    def refused(*_, **__):
        raise AssertionError("status writes")

    for name in ("write_text", "write_bytes", "mkdir", "unlink", "touch", "rename", "replace"):
        monkeypatch.setattr(f"pathlib.Path.{name}", refused)
    for name in ("replace", "link", "unlink", "mkdir", "utime"):
        monkeypatch.setattr(os, name, refused)
    assert described(study_status(ReadOnlyStore(store.directory)))["totals"]["running"] == 1
    monkeypatch.undo()
    assert files.tree(store.directory) == before


def test_tables_are_read_from_a_store_that_cannot_be_written(store, monkeypatch):
    """A broken file is left out, though it cannot be set aside."""
    (pilots,) = tasks("parent_temperature")
    publish(store, pilots, *tasks("glass", "given"))
    for task in (pilots, *tasks("glass", "given")):
        store.path(task.key).write_bytes(b"torn")

    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", read_only)
    assert parent_temperature_of(STUDY, STUDY.ensembles[0], store) is None
    assert len(ensemble_table(STUDY, STUDY.ensembles[1], store)) == 0


def test_what_was_set_aside_is_named(store):
    task = tasks("glass")[0]
    publish(store, task)
    aside = store.quarantine(task.key, "is torn")
    assert [(x.file, x.reason) for x in study_status(store).quarantined] == [(aside.name, "is torn")]


@pytest.mark.parametrize("command", ["status", "plan"])
def test_looking_needs_neither_numba_nor_pandas(store, command):
    """What takes a second to import is left to those that compute."""
    publish(store, tasks("glass")[0])
    files.log_line(store, tasks("glass")[0].key, ended=1e9, seconds=2.0)
    place = {"status": [store.directory], "plan": [store.directory / "study.toml", "--store", store.directory]}[command]
    call = f"cli({[command, *map(str, place)]}, standalone_mode=False)"
    code = f"import sys; from vitrify.cli.main import cli; {call}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"numba", "scipy", "pandas", "matplotlib", "distributed", "dask"} & set(found)


@pytest.mark.parametrize("begun", [False, True])
def test_a_plan_and_a_status_tell_the_same(store, begun):
    if begun:
        publish(store, *tasks("parent_temperature"), *tasks("glass")[:3], *tasks("mechanics")[:1], temperature=5.4)
        glass = tasks("glass", "given")[0]
        store.record_failure(glass.key, glass.digest, "is a saddle")
        files.log_line(store, tasks("glass")[0].key, ended=1e9, seconds=20.0)
    found = study_status(store)
    planned = product_statuses(STUDY, store, log=read_columns(store))
    assert [p for x in found.ensembles for p in x.products] == planned
    totals = described(found)["totals"]
    assert totals["core_seconds_left"] == pytest.approx(3600 * sum(x.core_hours for x in planned))
    assert totals["missing"] == sum(x.missing for x in planned)


def test_a_plan_is_the_status_of_a_store_that_is_not_there_yet(store):
    planned = product_statuses(STUDY)
    assert planned == product_statuses(STUDY, store, log=read_columns(store))
    assert {(x.done, x.failed, x.running, x.missing - x.wanted) for x in planned} == {(0, 0, 0, 0)}


def test_samples_are_those_of_the_ensembles_own_size(store):
    """Glasses that an observable asks for at another size are told apart, their failures too."""
    large = tasks("glass", n=160)[0]
    store.record_failure(large.key, large.digest, "did not melt")
    publish(store, *tasks("glass"), *tasks("mechanics"), *tasks("modes"))
    found = described(study_status(store))
    first = found["ensembles"][0]
    assert (first["wanted"], first["done"], first["failed"], first["reasons"]) == (4, 4, 0, {})
    apart = {"n_particles": 160, "wanted": 1, "done": 0, "failed": 1, "reasons": {"did not melt": 1}}
    assert first["other_sizes"] == [apart]
    assert (found["totals"]["wanted"], found["totals"]["done"], found["totals"]["failed"]) == (6, 4, 0)
    assert found["totals"]["other_sizes"] == {"wanted": 1, "done": 0, "failed": 1}


def test_names_that_are_no_samples_are_not_counted(store):
    folder = tasks("glass")[0].key.rpartition("/")[0]
    publish(store, *tasks("glass")[:2])
    for name in ("000004", "0000001", "00002", "x00001", "00\u0661001", "0000000"):
        (store.directory / folder / f"{name}.h5").write_bytes(b"")
    assert study_status(store).ensembles[0].products[1].done == 2


def test_a_study_of_ten_million_samples_is_counted_by_what_is_there(store):
    text = TEXT.replace("n_samples = 4", "n_samples = 10000000")
    store.write_text("study.toml", text)
    publish(store, *tasks("glass"), *tasks("mechanics")[:3])
    tracemalloc.start()
    try:
        first = study_status(store).ensembles[0]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000  # bytes
    finally:
        tracemalloc.stop()
    assert (first.samples.wanted, first.samples.done) == (10_000_000, 1)  # sample 2 lacks nothing but is asked for no modes
    assert [x.done for x in first.products] == [0, 4, 3, 0, 0, 0]


def test_tables_of_ten_million_samples_read_what_is_there(store, monkeypatch):
    """A look at each of ten million names would take minutes."""
    study = parse_study(TEXT.replace("n_samples = 2\n", "n_samples = 10000000\n"))
    spec = study.ensemble("given")
    values = dict.fromkeys(PROVENANCE, 1.0)
    publish(store, *tasks("glass", "given"), **values)
    looks = Counter()
    read = Listed.summary
    monkeypatch.setattr(Listed, "summary", lambda self, name, *x, **y: (looks.update([name]), read(self, name, *x, **y))[1])
    assert list(ensemble_table(study, spec, store).index) == [0, 1]
    assert len(looks) == 2
