"""A store in a notebook, against what h5py reads from its files."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import vitrify
from stores import filled, study_text
from vitrify.campaign import Store
from vitrify.errors import BrokenFile, UsageError

LOOSE = (
    '"mechanics", { name = "modes", n_samples = 1, number = 4 }, { name = "structure", n_samples = 1, n_particles = 120 }'
)
TEXT = study_text(("loose", LOOSE), ("tight", '"mechanics", "elasticity"'))


@pytest.fixture
def store(tmp_path, _filled):
    """A copy that a test may damage."""
    for path in _filled.rglob("*"):
        if path.is_file():
            copy = tmp_path / "s" / path.relative_to(_filled)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return tmp_path / "s"


@pytest.fixture(scope="module")
def _filled(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("opening") / "s", TEXT)


def content(store, pattern):
    """Values and arrays of the one file that a pattern means."""
    (path,) = store.glob(pattern)
    with h5py.File(path) as file:
        return json.loads(file.attrs["values"]), {name: file[name][()] for name in file}


def test_all_ensembles_in_one_table(store):
    opened = vitrify.open_store(store)
    table = opened.tables()
    assert list(table.columns[:3]) == ["ensemble", "sample", "n_particles"]
    rows = list(zip(table["ensemble"], table["n_particles"], table["sample"], strict=True))
    assert rows == [("loose", 100, 0), ("loose", 100, 1), ("loose", 120, 0), ("tight", 100, 0), ("tight", 100, 1)]
    tight = table[table["ensemble"] == "tight"].set_index("sample")
    for sample in (0, 1):
        values, _ = content(store, f"tight/elasticity-*/00000{sample}.h5")
        assert {name: tight.loc[sample, name] for name in values} == values
    assert table["zero_modes"].isna().tolist() == [True, True, True, False, False]
    assert (str(table["zero_modes"].dtype), str(table["is_minimum"].dtype)) == ("Int64", "boolean")
    assert len(opened.tables(["tight"], samples=1)) == 1
    with pytest.raises(UsageError, match="no ensemble 'none'"):
        opened.tables(["none"])


def test_units_stand_beside_a_table(store):
    opened = vitrify.open_store(store)
    table = opened.table("tight")
    assert table.attrs["units"] == {name: opened.units()[name] for name in table.columns}
    assert (opened.units()["pressure"], opened.units()["energy_per_particle"]) == ("ε/λ³", "ε")
    assert set(opened.tables().attrs["units"]) == set(opened.tables().columns)


def test_results_are_arrays(store):
    opened = vitrify.open_store(store)
    (modes,) = opened.results("loose", "modes")
    values, arrays = content(store, "loose/modes-*/000000.h5")
    assert modes.values == values
    assert np.array_equal(modes.arrays["frequency"], arrays["frequency"])
    assert opened.results("tight", "modes") == []  # not asked for
    with pytest.raises(UsageError, match="must be one of mechanics"):
        opened.results("tight", "moods")


def test_glasses_one_after_the_other(store):
    opened = vitrify.open_store(store)
    found = dict(opened.glasses("tight"))
    assert list(found) == [0, 1]
    for sample, glass in found.items():
        values, arrays = content(store, f"tight/glass-*/00000{sample}.h5")
        assert np.array_equal(glass.positions, arrays["positions"])
        assert glass.box == values["box"]
    assert [x.n_particles for _, x in opened.glasses("loose", n_particles=120)] == [120]
    with pytest.raises(UsageError, match="n_particles is 130, must be one of 100, 120"):
        opened.glasses("loose", n_particles=130)


def test_a_broken_file_is_left_out_and_stays_where_it_is(store):
    (path,) = store.glob("tight/glass-*/000000.h5")
    path.write_bytes(path.read_bytes()[:500])
    before = {x: x.read_bytes() for x in store.rglob("*") if x.is_file()}
    opened = vitrify.open_store(store)
    assert opened.table("tight").index.tolist() == [1]
    assert [x for x, _ in opened.glasses("tight")] == [1]
    assert len(opened.broken) == 1
    assert "000000.h5" in opened.broken[0]
    with pytest.raises(BrokenFile):
        opened.glass("tight", 0)
    assert {x: x.read_bytes() for x in store.rglob("*") if x.is_file()} == before


def test_opening_reads_no_sample(tmp_path, monkeypatch):
    """So that a store of 100,000 samples opens at once."""
    store = Store.create(tmp_path / "s")
    store.write_text("study.toml", study_text(("loose", '"mechanics"')).replace("n_samples = 2", "n_samples = 100_000"))
    touched = []
    monkeypatch.setattr(h5py, "File", lambda *_: touched.append("file"))
    monkeypatch.setattr(Store, "has", lambda *_: touched.append("name"))
    monkeypatch.setattr(Store, "keys", lambda *_: touched.append("folder"))
    opened = vitrify.open_store(Path(store.directory))
    assert opened.ensembles() == ["loose"]
    assert touched == []


def test_a_store_without_a_finished_sample(tmp_path):
    store = Store.create(tmp_path / "s")
    store.write_text("study.toml", TEXT)
    opened = vitrify.open_store(tmp_path / "s")
    assert opened.tables().shape == (0, 3)
    assert list(opened.glasses("loose")) == []
