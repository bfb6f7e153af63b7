"""A store that the first release wrote stays readable, and a run of today goes on with it."""

import hashlib
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from stores import glasses_of
from vitrify import campaign, open_store
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.study import digest as digests
from vitrify.study import parse_study, plan
from vitrify.study.earlier import temperatures_made_anew

OLD = Path(__file__).parent / "stores" / "release-0.1.0"


@pytest.fixture
def old(tmp_path):
    return Path(shutil.copytree(OLD, tmp_path / "store"))


def test_every_file_of_it_is_read_as_it_is(old):
    store, files = Store(old), sorted(old.rglob("*.h5"))
    assert len(files) == 11
    for path in files:
        with h5py.File(path) as file:
            digest, values = file.attrs["digest"], json.loads(file.attrs["values"])
            arrays = {name: file[name][()] for name in file}
        found = store.read(str(path.relative_to(old).with_suffix("")), digest)
        assert found.values == values
        assert found.arrays.keys() == arrays.keys()
        assert all(np.array_equal(found.arrays[name], arrays[name], equal_nan=True) for name in arrays)


def test_a_run_of_today_goes_on_with_it_honestly(old):
    """Its temperature is found anew, by a rule that has changed since, and so are its glasses; what is there stays, and the
    tables are those of the glasses that the study asks for now."""
    before = {x: hashlib.sha256(x.read_bytes()).hexdigest() for x in old.rglob("*.h5")}
    store = Store(old)
    study = parse_study(store.read_text("study.toml"))
    earlier = open_store(old).table("loose")
    said = CliRunner().invoke(cli, ["run", str(old / "study.toml"), "--store", str(old), "--workers", "1", "--no-report"])
    assert said.exit_code == 0
    assert (
        "4 G∞ a0³/30, two digits, which can fall short of 4 G a0³/30 of an ensemble's own glasses: loose (1 in all)"
        in said.stderr
    )
    assert {x: hashlib.sha256(x.read_bytes()).hexdigest() for x in before} == before
    assert temperatures_made_anew(study, store) == ""
    later = open_store(old).table("loose")
    assert list(later.index) == list(earlier.index) == [0, 1]
    assert (later["parent_temperature"] != earlier["parent_temperature"]).all()
    outcome = campaign.run(plan(study), store, workers=1)
    assert (outcome.made, outcome.present) == (0, 2)


def test_glasses_of_a_temperature_that_the_study_gives_are_not_made_anew():
    """The rule for pilots is no part of what defines them."""
    study = parse_study((OLD / "study.toml").read_text() + "parent_temperature = 5.46\n")
    definition = glasses_of(study)[0].definition
    assert definition["parent_temperature"] == "5.46"
    assert digests.TEMPERATURE_RULE not in json.dumps(definition, ensure_ascii=False)


def test_its_tables_and_glasses(old):
    opened = open_store(old)
    table = opened.table("loose")
    with h5py.File(next((old / "loose").glob("elasticity-*/000001.h5"))) as file:
        values = json.loads(file.attrs["values"])
    assert table.loc[1, "shear_modulus"] == values["shear_modulus"]
    assert opened.glass("loose", 0).n_particles == 100
