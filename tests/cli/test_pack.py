"""vitrify pack: a store of few files gives the same tables, exports and reports."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from stores import invented, study_text
from vitrify import open_store
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.study.manifest import stored_ledger
from vitrify.tables import export_tables

OLD = Path(__file__).parents[1] / "study" / "stores" / "release-0.1.0"
TEXT = study_text(("tight", '"mechanics", "elasticity", "modes"')).replace("n_samples = 2", "n_samples = 40")


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return invented(tmp_path_factory.mktemp("made") / "store", TEXT)


@pytest.fixture
def store(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "store"))


def test_a_packed_store_gives_the_same_tables_and_glasses(store, tmp_path):
    opened = open_store(store)
    table, results = opened.tables(), opened.results("tight", "modes")
    glasses = dict(opened.glasses("tight"))
    export_tables(opened, tmp_path / "before")
    said = call("pack", store)
    assert (said.exit_code, said.output) == (
        0, "160 results packed; the store has 4 packs and 0 files of one result now\n"
    )  # fmt: skip
    again = open_store(store)
    pd.testing.assert_frame_equal(again.tables(), table)
    assert [x.values for x in again.results("tight", "modes")] == [x.values for x in results]
    assert [x.arrays["frequency"].tolist() for x in again.results("tight", "modes")] == [
        x.arrays["frequency"].tolist() for x in results
    ]
    assert {k: x.positions.tobytes() for k, x in again.glasses("tight")} == {
        k: x.positions.tobytes() for k, x in glasses.items()
    }
    assert again.glass("tight", 3).box == glasses[3].box
    export_tables(again, tmp_path / "after")
    for path in (tmp_path / "before").rglob("*.csv"):
        assert path.read_bytes() == (tmp_path / "after" / path.relative_to(tmp_path / "before")).read_bytes()
    assert again.broken == []
    assert call("status", store).output == call("status", store).output
    assert (
        call("pack", store, "--unpack").output
        == "160 results unpacked; the store has 0 packs and 160 files of one result now\n"
    )
    pd.testing.assert_frame_equal(open_store(store).tables(), table)


def test_an_observable_of_another_glass_is_left_out_of_a_table_of_packs(store):
    call("pack", store)
    folder = next(store.glob("tight/glass-*"))
    here = Store(store)
    key = f"tight/{folder.name}"
    glass, other = here.read(f"{key}/000003"), here.read(f"{key}/000004")
    here.publish(f"{key}/000003", _digest(here, folder), other)
    assert 3 not in open_store(store).table("tight").index
    assert [k for k, _ in enumerate(open_store(store).results("tight", "modes"))] == list(range(39))
    assert "measured on another glass" in _broken(store)
    here.publish(f"{key}/000003", _digest(here, folder), glass)
    assert len(open_store(store).table("tight")) == 40


def _digest(store, folder):
    return next(x.digest for x in stored_ledger(store).products if x.folder.endswith(folder.name))


def _broken(store):
    opened = open_store(store)
    opened.table("tight")
    return " ".join(opened.broken)


def test_a_store_of_the_first_release_is_packed(tmp_path):
    store = Path(shutil.copytree(OLD, tmp_path / "store"))
    before = open_store(store).table("loose")
    assert call("pack", store).exit_code == 0
    assert len(list(store.rglob("*.zip"))) == 5
    pd.testing.assert_frame_equal(open_store(store).table("loose"), before)


def test_a_folder_that_is_no_store_is_one_sentence(tmp_path):
    said = call("pack", tmp_path)
    assert said.exit_code == 2
    assert said.stderr == f"Error: {tmp_path} is not a vitrify store: it has no vitrify-store.json\n"
