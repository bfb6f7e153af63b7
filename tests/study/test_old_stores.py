"""A store that the first release wrote stays readable, and a run of today goes on with it."""

import hashlib
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from vitrify import campaign, open_store
from vitrify.campaign import Store
from vitrify.study import parse_study, plan

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


def test_a_run_of_today_makes_nothing_of_it_anew(old):
    before = {x: hashlib.sha256(x.read_bytes()).hexdigest() for x in old.rglob("*.h5")}
    store = Store(old)
    outcome = campaign.run(plan(parse_study(store.read_text("study.toml"))), store, workers=1)
    assert (outcome.made, outcome.present) == (0, 2)
    assert {x: hashlib.sha256(x.read_bytes()).hexdigest() for x in old.rglob("*.h5")} == before


def test_its_tables_and_glasses(old):
    opened = open_store(old)
    table = opened.table("loose")
    with h5py.File(next((old / "loose").glob("elasticity-*/000001.h5"))) as file:
        values = json.loads(file.attrs["values"])
    assert table.loc[1, "shear_modulus"] == values["shear_modulus"]
    assert opened.glass("loose", 0).n_particles == 100
