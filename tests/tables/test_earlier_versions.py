"""What an earlier version of the code put into a store is exported by today's: its digests are others."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

import vitrify
from stores import invented, study_text
from vitrify.campaign import Store
from vitrify.plugins import option
from vitrify.study import Ledger, digest, parse_study
from vitrify.study.earlier import kept_products
from vitrify.study.observables import OBSERVABLES
from vitrify.study.results import ensemble_results
from vitrify.tables import export_tables

TEXT = study_text(("A", '"mechanics", "modes", "qlm", { name = "dipoles", number = 8, n_particles = 120 }')).replace(
    "parent_temperature = 6.0", "parent_temperature = 'auto'"
)
RELEASE = Path(__file__).parents[1] / "study" / "stores" / "release-0.1.0"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return invented(tmp_path_factory.mktemp("earlier") / "s", TEXT)


@pytest.fixture
def store(made, tmp_path):
    return shutil.copytree(made, tmp_path / "s")


def raised(monkeypatch, **physics):
    """A later version of the code."""
    for name, number in physics.items():
        if name == "liquid":
            monkeypatch.setattr(digest, "LIQUID", number)
        else:
            monkeypatch.setattr(OBSERVABLES[name], "version", number)


@dataclass(frozen=True)
class Started(OBSERVABLES["qlm"]):
    """One with an option that today's has not."""

    starts: int = option(5, "how many starts")


def exported(store, folder):
    return export_tables(vitrify.open_store(store), folder), vitrify.open_tables(folder)


LATER = {
    "qlm": {"qlm": 7}, "glasses": {"liquid": 7}, "both": {"liquid": 7, "modes": 7, "dipoles": 8},
}  # fmt: skip


@pytest.mark.parametrize("physics", LATER.values(), ids=LATER)
def test_results_of_an_earlier_version_are_exported(store, tmp_path, monkeypatch, physics):
    before, today = vitrify.open_store(store).tables(), set(digest.physics().values())
    raised(monkeypatch, **physics)
    done, tables = exported(store, tmp_path / "t")
    assert done.ensembles == {"A": 4}
    after = tables.tables()
    for name in ("pressure", "qlm_k_plus", "modes_counted_below", "dipole_spacing", "parent_temperature"):
        assert list(after[name].dropna()) == list(before[name].dropna())
        assert after[name].notna().any()
    assert tables.parent_temperature("A") is not None
    named = {x.split(" of ")[0] for x in done.told}
    liquids = {"glass", "parent_temperature"} if "liquid" in physics else set()
    assert named == (set(physics) - {"liquid"}) | liquids
    said = {x["name"]: x["definition"]["physics"] for x in tables.provenance("A")["products"]}
    assert {said[x] for x in named} <= today


def test_an_option_that_the_earlier_version_did_not_know(store, tmp_path, monkeypatch):
    monkeypatch.setitem(OBSERVABLES, "qlm", Started)
    done, tables = exported(store, tmp_path / "t")
    assert done.ensembles == {"A": 4}
    assert len(tables.results("A", "qlm")) == 2


def test_one_that_is_asked_for_is_another_result(store, tmp_path, monkeypatch):
    monkeypatch.setitem(OBSERVABLES, "qlm", Started)
    asked = TEXT.replace('"qlm"', '{ name = "qlm", starts = 9 }')
    Store(store).write_text("study.toml", asked)
    done, tables = exported(store, tmp_path / "t")
    assert tables.results("A", "qlm") == []
    assert done.ensembles == {"A": 2}  # those of the other size


@pytest.mark.parametrize(("old", "new"), [
    ("density = 0.6", "density = 0.7"), ("melt_msd = 1.0", "melt_msd = 2.0"), ("seed = 5", "seed = 6"),
    ("'auto'", "'auto'\nn_pilots = 3"), ("'auto'", "6.0"),
], ids=["density", "msd", "seed", "pilots", "temperature"])  # fmt: skip
def test_what_another_study_made_is_not_taken(store, tmp_path, monkeypatch, old, new):
    raised(monkeypatch, liquid=7)
    Store(store).write_text("study.toml", TEXT.replace(old, new))
    done, _ = None, None
    done = export_tables(vitrify.open_store(store), tmp_path / "t")
    assert done.ensembles == {}
    assert done.empty == ["A"]


def test_todays_results_come_first(store, monkeypatch):
    """Where a run of today has begun to make them anew."""
    raised(monkeypatch, qlm=7)
    study = parse_study(TEXT)
    here = Store(store)
    (old,) = store.glob("A/qlm-*")
    found = [x for x in kept_products(Ledger(study).products, here) if x.name == "qlm"]
    assert [x.folder for x in found] == [f"A/{old.name}"]
    with_today = Store(invented(store.parent / "today", TEXT, seed=3))
    (new,) = (store.parent / "today").glob("A/qlm-*")
    shutil.copytree(new, store / "A" / new.name)
    found = [x for x in kept_products(Ledger(study).products, here) if x.name == "qlm"]
    assert [x.folder for x in found] == [f"A/{new.name}"]
    assert found[0].digest == next(x.digest for x in Ledger(study).products if x.name == "qlm")
    assert len(ensemble_results(study, study.ensembles[0], with_today, "qlm")) == 2


def test_a_definition_that_is_not_what_its_folder_is_called_is_not_believed(store, tmp_path, monkeypatch):
    raised(monkeypatch, qlm=7)
    (about,) = store.glob("A/qlm-*/spec.json")
    about.write_text(re.sub(r'"physics": \d+', '"physics": 99', about.read_text()))
    _, tables = exported(store, tmp_path / "t")
    assert tables.results("A", "qlm") == []


def test_a_store_of_the_first_release(tmp_path):
    """Its dipole responses, had it any, would be means alone, and its glasses do not say on which processor they were made."""
    store = shutil.copytree(RELEASE, tmp_path / "s")
    done, tables = exported(store, tmp_path / "t")
    opened = vitrify.open_store(store)
    assert {x.split(" of ")[0] for x in done.told} == {"glass", "parent_temperature"}  # of earlier liquids
    assert tables.table("loose").equals(opened.table("loose")[list(tables.table("loose"))])
    assert len(tables.table("loose")) == 2
    assert tables.provenance("loose")["processors"] == {}
    assert repr(tables.parent_temperature("loose")) == repr(opened.parent_temperature("loose"))
