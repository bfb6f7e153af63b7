"""A glass that is made again with other bits: its observables are measured again, and no row holds two glasses."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from stores import filled, study_text
from vitrify import campaign, open_store
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.observables import mechanics
from vitrify.study import parse_study, plan
from vitrify.study.columns import columns

TEXT = study_text(("PSS", '"mechanics", "structure"'))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("finished") / "store", TEXT)


@pytest.fixture
def store(finished, tmp_path):
    return Store(shutil.copytree(finished, tmp_path / "store"))


@pytest.fixture
def tasks():
    """Of the first sample, by name of the product."""
    return {x.key.split("/")[1].rpartition("-")[0]: x for x in plan(parse_study(TEXT))[0].tasks}


def publish_again(store, task, shift=0.0, **values):
    """The glass of a task, as another machine would have made it."""
    glass = store.read(task.key, task.digest)
    arrays = glass.arrays | {"positions": glass.arrays["positions"] + shift}
    store.publish(task.key, task.digest, campaign.Result(glass.values | values, arrays))


def files(store, name):
    return {x.name: x.stat().st_ino for x in store.directory.glob(f"PSS/{name}-*/*.h5")}


def go_on(store):
    return campaign.run(plan(parse_study(TEXT)), store, workers=1)


def test_its_observables_are_measured_again(store, tasks):
    before = {name: files(store, name) for name in ("mechanics", "structure")}
    publish_again(store, tasks["glass"], shift=np.random.default_rng(0).normal(scale=0.01, size=(100, 3)))
    outcome = go_on(store)
    assert (outcome.made, outcome.present) == (1, 1)
    for name, inodes in before.items():
        after = files(store, name)
        assert after["000000.h5"] != inodes["000000.h5"]
        assert after["000001.h5"] == inodes["000001.h5"]
    measured = mechanics(open_store(store.directory).glass("PSS", 0))
    assert store.read(tasks["mechanics"].key).values == measured
    assert go_on(store).present == 2


def test_with_the_same_bits_nothing_is_measured_again(store, tasks):
    before = {name: files(store, name) for name in ("mechanics", "structure")}
    publish_again(store, tasks["glass"], seconds=77.0)
    assert go_on(store).present == 2
    assert {name: files(store, name) for name in before} == before


def test_a_table_never_combines_an_observable_with_another_glass(store, tasks):
    publish_again(store, tasks["glass"], shift=1e-9)
    opened = open_store(store.directory)
    assert list(opened.table("PSS").index) == [1]
    assert opened.broken == [
        f"{tasks['mechanics'].key} was measured on another glass than the one that is in the store now"
    ]
    assert len(opened.results("PSS", "structure")) == 1
    assert len(opened.broken) == 2
    assert not (store.directory / "quarantine").exists()
    go_on(store)
    opened = open_store(store.directory)
    assert list(opened.table("PSS").index) == [0, 1]
    assert len(opened.results("PSS", "structure")) == 2
    assert opened.broken == []


def test_what_carries_no_checksum_is_taken_as_it_is(store, tasks):
    """As earlier versions wrote it."""
    for name in ("mechanics", "structure"):
        task = tasks[name]
        store.publish(task.key, task.digest, replace(store.read(task.key), made_from=""))
    publish_again(store, tasks["glass"], shift=1e-9)
    assert go_on(store).present == 2
    assert list(open_store(store.directory).table("PSS").index) == [0, 1]


def test_each_glass_tells_the_processor_that_made_it(store, tasks):
    told = store.read(tasks["glass"].key).values["processor"]
    table = open_store(store.directory).tables()
    assert table["processor"].tolist() == [told, told]
    assert table.columns[-1] == "processor"
    assert columns()["processor"].kind is str


def run_it(store, tmp_path):
    (tmp_path / "study.toml").write_text(TEXT)
    arguments = ["run", tmp_path / "study.toml", "--store", store.directory, "--workers", "1", "--no-report"]
    return CliRunner().invoke(cli, [str(x) for x in arguments])


def test_a_run_on_a_store_begun_on_another_processor_says_so(store, tmp_path, tasks):
    assert "begun on" not in run_it(store, tmp_path).output
    publish_again(store, tasks["glass"], processor="Pentium II (mmx)")
    result = run_it(store, tmp_path)
    assert result.exit_code == 0, result.output
    (line,) = [x for x in result.output.splitlines() if "begun on" in x]
    assert "begun on Pentium II (mmx), but this is" in line
    assert "last bits" in line


def test_a_stray_file_beside_the_glasses_holds_no_run_up(store, tmp_path, tasks):
    """As a synchronised folder makes them; its name comes before that of every sample."""
    glass = store.path(tasks["glass"].key)
    shutil.copy(glass, glass.with_name("(conflicted copy) 000000.h5"))
    result = run_it(store, tmp_path)
    assert result.exit_code == 0, result.output
    assert "0 samples made, 2 existed already" in result.output


def test_the_instructions_are_those_that_kernels_are_compiled_to(monkeypatch):
    from vitrify.backends import processor

    monkeypatch.setattr("numba.config.CPU_FEATURES", "+avx2,-avx512f", raising=False)
    processor.vector_doubles.cache_clear()
    assert processor.vector_doubles() == 4
    assert processor.processor_kind().endswith("(avx2)")
    processor.vector_doubles.cache_clear()
