"""Every column of a table has a unit and a meaning."""

import json
import shutil

import h5py
import numpy as np
import pytest

import vitrify
from stores import filled, study_text
from vitrify import campaign
from vitrify.export.table import export_table
from vitrify.measuring.meanings import MEANINGS
from vitrify.observables import Measurement
from vitrify.report.page import write_report
from vitrify.study import plan
from vitrify.study.columns import columns
from vitrify.study.observables import OBSERVABLES
from vitrify.tables import export_tables

COLUMNS = columns()
CHEAP = {"modes": "number = 4", "dipoles": "number = 3"}  # options that keep an observable quick


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    asked = ", ".join(f'{{ name = "{x}", {CHEAP[x]} }}' if x in CHEAP else f'"{x}"' for x in OBSERVABLES)
    text = study_text(("a", asked), ("flat", asked))
    text = text.replace('name = "flat"', 'name = "flat"\ndimension = 2')
    return filled(tmp_path_factory.mktemp("columns") / "s", text)


@pytest.fixture(scope="module")
def store_of_all(store, tmp_path_factory):
    """The same with an imported glass, which has columns of its own."""
    place = shutil.copytree(store, tmp_path_factory.mktemp("imported") / "s")
    vitrify.import_glasses(vitrify.open_store(place).glass("a", 0), store=place, ensemble="imported")
    campaign.run(plan(vitrify.open_store(place).study, ensemble="imported"), campaign.Store(place), workers=1)
    return place


def test_every_column_of_every_observable_is_described(store_of_all):
    table = vitrify.open_store(store_of_all).tables()
    assert len(table) == 5
    assert set(table.columns) == set(COLUMNS)  # none without words, no words without a column
    assert all(x.meaning for x in COLUMNS.values())


def test_the_stated_kind_is_what_stands_in_the_files(store_of_all):
    """JSON tells whole numbers, truths and texts apart; floats are the rest."""
    found = {}
    for path in store_of_all.glob("*/*/000000.h5"):
        with h5py.File(path) as file:
            found |= json.loads(file.attrs["values"])
    known = {name: type(found[name]) for name in COLUMNS if name in found}
    assert len(known) == len(COLUMNS) - 4  # all but the keys and the dimension
    assert known == {name: COLUMNS[name].kind for name in known}


def test_the_name_of_the_first_version_warns():
    from vitrify.study import columns as module

    with pytest.warns(DeprecationWarning, match=r"now vitrify\.study\.columns\.columns\(\)"):
        assert module.COLUMNS == COLUMNS


def test_texts_have_no_unit_and_numbers_have_one():
    assert {name for name, x in COLUMNS.items() if not x.unit} == {name for name, x in COLUMNS.items() if x.kind is str}


def test_measure_has_words_for_all_its_fields_and_none_twice():
    fields = set(Measurement.__dataclass_fields__)
    assert fields <= set(COLUMNS) | set(MEANINGS)
    assert set(COLUMNS) & set(MEANINGS) == {"dipoles"}  # c(r) there, how many here


def test_units_are_those_of_the_dimension(store, tmp_path):
    opened = vitrify.open_store(store)
    assert opened.table("a").attrs["units"]["pressure"] == "ε/λ³"
    assert opened.table("flat").attrs["units"]["pressure"] == "ε/λ²"
    both = opened.tables()
    assert both.attrs["units"]["bulk_modulus"] == "ε/λ^d"
    assert both["dimension"].tolist() == [3, 3, 2, 2]
    assert both["shear_modulus_diagonal"].isna().tolist() == [True, True, False, False]
    assert both["shear_modulus_yz"].isna().tolist() == [False, False, True, True]
    assert opened.tables(["flat"]).attrs["units"]["bulk_modulus"] == "ε/λ²"
    alone = opened.tables(["a"])
    assert "dimension" not in alone
    assert alone.attrs["units"] == {name: COLUMNS[name].unit for name in alone.columns}
    export_table(both, opened, tmp_path / "t.csv")
    described = json.loads((tmp_path / "t.csv-metadata.json").read_text())["tableSchema"]["columns"]
    assert {x["name"]: x.get("schema:unitText") for x in described}["shear_modulus"] == "ε/λ^d"


def test_glasses_of_the_plane_come_out_of_a_store_as_they_are(store):
    glass = vitrify.open_store(store).glass("flat", 1)
    assert (glass.dimension, glass.density) == (2, pytest.approx(0.6))
    assert vitrify.open_store(store).glass("a", 1).dimension == 3
    table = vitrify.open_store(store).table("flat")
    found = vitrify.measure(glass)
    assert table["shear_modulus_diagonal"][1] == pytest.approx(found.shear_modulus_diagonal, rel=1e-9)
    assert table["zero_modes"].tolist() == [2, 2]


def test_compact_tables_hold_both_dimensions(store, tmp_path):
    """The tensor F of a quasilocalised mode has three columns in the plane, six in space."""
    opened = vitrify.open_store(store)
    export_tables(opened, tmp_path / "t")
    tables = vitrify.open_tables(tmp_path / "t")
    for name, d in (("a", 3), ("flat", 2)):
        for kept, there in zip(opened.results(name, "qlm"), tables.results(name, "qlm"), strict=True):
            assert there.arrays["coupling"].shape == (d, d)
            np.testing.assert_allclose(there.arrays["coupling"], kept.arrays["coupling"], rtol=1e-5)
        assert tables.table(name).attrs["units"] == opened.table(name).attrs["units"]
    assert tables.tables()["dimension"].tolist() == [3, 3, 2, 2]


def test_a_report_tells_the_dimension_where_it_is_not_of_space_alone(store, tmp_path):
    page = write_report(vitrify.open_store(store), tmp_path / "r")
    text = page.read_text()
    assert "4 G a0^d/30" in text
    assert "4 (G∞ + 2σ) a0^d/30" in text
    first = (tmp_path / "r" / "tables" / "table_I.csv").read_text().splitlines()
    assert first[0].split(",")[:3] == ["ensemble", "model", "d"]
    assert [x.split(",")[2] for x in first[1:]] == ["3", "2"]
    assert "r^2d c(r)" in text
