"""Every column of a table has a unit and a meaning."""

import json

import h5py
import pytest

import vitrify
from stores import filled, study_text
from vitrify.cli.measure import MEANINGS
from vitrify.observables import Measurement
from vitrify.study.columns import COLUMNS
from vitrify.study.spec import OBSERVABLES

CHEAP = {"modes": "number = 4", "dipoles": "number = 3"}  # options that keep an observable quick


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    asked = ", ".join(f'{{ name = "{x}", {CHEAP[x]} }}' if x in CHEAP else f'"{x}"' for x in OBSERVABLES)
    return filled(tmp_path_factory.mktemp("columns") / "s", study_text(("a", asked)))


def test_every_column_of_every_observable_is_described(store):
    table = vitrify.open_store(store).tables()
    assert len(table) == 2
    assert set(table.columns) == set(COLUMNS)  # none without words, no words without a column
    assert all(x.meaning for x in COLUMNS.values())


def test_the_stated_kind_is_what_stands_in_the_files(store):
    """JSON tells whole numbers, truths and texts apart; floats are the rest."""
    found = {}
    for path in store.glob("a/*/000000.h5"):
        with h5py.File(path) as file:
            found |= json.loads(file.attrs["values"])
    known = {name: type(found[name]) for name in COLUMNS if name in found}
    assert len(known) == len(COLUMNS) - 3  # all but the keys
    assert known == {name: COLUMNS[name].kind for name in known}


def test_texts_have_no_unit_and_numbers_have_one():
    assert {name for name, x in COLUMNS.items() if not x.unit} == {name for name, x in COLUMNS.items() if x.kind is str}


def test_measure_has_words_for_all_its_fields_and_none_twice():
    fields = set(Measurement.__dataclass_fields__)
    assert fields <= set(COLUMNS) | set(MEANINGS)
    assert set(COLUMNS) & set(MEANINGS) == {"dipoles"}  # c(r) there, how many here
