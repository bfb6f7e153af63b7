"""Rows to a file and back: every bit, every type, what is missing, and columns that nobody knows."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrify.errors import UsageError
from vitrify.measuring import flat
from vitrify.measuring.rows import read_rows, table_of, union, write_rows

SAID = {"reason": "", "checksum": "0" * 64, "asked": "{}", "vitrify": "1"}
NAMES = st.text(st.characters(exclude_categories=("C",)), min_size=1)
FLOATS = st.floats(allow_nan=False)


def row(file, frame=-1, **values):
    return {"file": file, "frame": frame, **values, **SAID}


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
@settings(max_examples=30)  # each brings two files to the disk
@given(number=FLOATS, count=st.integers(-(2**62), 2**62), text=NAMES, file=NAMES, yes=st.booleans())
def test_what_is_written_is_read_back(tmp_path_factory, name, number, count, text, file, yes):
    path = tmp_path_factory.getbasetemp() / name
    given = [
        row(file, dimension=3, n_particles=count, model=text, shear_modulus=number, is_minimum=yes),
        {**row(f"{file}2"), "reason": f'it says "{text}", twice'},
    ]
    path.unlink(missing_ok=True)
    write_rows(given, path)
    first, second = read_rows(path)
    assert {x: first[x] for x in given[0]} == given[0]
    assert {x: second[x] for x in given[1]} == given[1]
    assert second["n_particles"] is second["model"] is second["shear_modulus"] is second["is_minimum"] is None
    before = path.read_bytes()
    write_rows([first, second], path)  # what is kept is written again each time
    assert path.read_bytes() == before


def test_whole_numbers_stay_whole_where_some_are_missing():
    table = table_of([row("a", n_particles=2**60 + 1, is_minimum=True), row("b")])
    assert table["n_particles"].tolist()[0] == 2**60 + 1  # a double would round it
    assert table["is_minimum"].dtype == "boolean"
    assert table_of([row("a", n_particles=3)])["n_particles"].dtype == "int64"


@pytest.mark.parametrize(("dimensions", "unit"), [([2], "ε/λ²"), ([3], "ε/λ³"), ([2, 3], "ε/λ^d")])
def test_units_are_those_of_the_dimension(dimensions, unit):
    table = table_of([row(str(d), dimension=d, shear_modulus=1.0, lowest_eigenvalues_0=2.0) for d in dimensions])
    assert table.attrs["units"]["shear_modulus"] == unit
    assert table.attrs["units"]["lowest_eigenvalues_0"] == "ε/λ²/m"


def test_a_number_of_dipoles_is_no_list_of_them():
    table = table_of([row("a", dipoles=64, dipoles_0_c=0.5)])
    assert table["dipoles"].tolist() == [64]
    assert table["dipoles"].dtype == "int64"


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_columns_of_a_plugin_that_is_missing_stay(tmp_path, name):
    given = row("a", farthest=1.25, how_many=3, which="B", whether=True)
    write_rows([given, row("b")], tmp_path / name)
    assert {x: read_rows(tmp_path / name)[0][x] for x in given} == given


def test_infinities_have_the_word_of_csvw(tmp_path):
    write_rows([row("a", stickiness=math.inf)], tmp_path / "t.csv")
    assert ",INF," in (tmp_path / "t.csv").read_text()
    assert read_rows(tmp_path / "t.csv")[0]["stickiness"] == math.inf


@pytest.mark.parametrize(("change", "word"), [
    ({"is_minimum": "perhaps"}, "is_minimum is 'perhaps', must be True or False"),
    ({"n_particles": "many"}, "n_particles is 'many', must be of type int"),
    ({"shear_modulus": "1,5"}, "shear_modulus is '1,5', must be of type float"),
])  # fmt: skip
def test_a_cell_of_another_kind_is_told(tmp_path, change, word):
    pd.DataFrame([row("a", dimension=3, n_particles=1, is_minimum=True) | change]).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UsageError, match=word):
        read_rows(tmp_path / "t.csv")


def test_rows_of_one_glass_are_one_and_others_follow():
    old = [row("b", n_particles=1), row("a", n_particles=1), row("a", 0, n_particles=1)]
    assert union([row("c", n_particles=2), row("a", n_particles=2)], old) == [
        row("c", n_particles=2),
        row("a", n_particles=2),
        row("b", n_particles=1),
        row("a", 0, n_particles=1),
    ]


def test_lists_and_dicts_are_columns_by_place_and_key():
    found = {
        "n_particles": 3,
        "box": [[1.0, 0.0], [0.5, 2.0]],
        "qlm": {"quartic": 4.0},
        "dipoles": [{"c": 1.0}, {"c": 2.0}],
    }
    assert flat(found) == {
        "n_particles": 3, "box_0_0": 1.0, "box_0_1": 0.0, "box_1_0": 0.5, "box_1_1": 2.0, "qlm_quartic": 4.0, "dipoles_0_c": 1.0,
        "dipoles_1_c": 2.0,
    }  # fmt: skip
