"""A folder of tables gives what the store gives: tables to the last bit, arrays to the digits that are kept."""

import csv
import io
import json
import re
from dataclasses import asdict
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import vitrify
from stores import invented, study_text
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.ensemble import ParentTemperature
from vitrify.report.gathered import gather
from vitrify.study import parse_study, plan
from vitrify.study.observables import OBSERVABLES
from vitrify.tables import export_tables

EVERYTHING = (
    '"mechanics", "elasticity", { name = "structure", n_samples = 3 }, { name = "spectrum", n_samples = 2 }, "modes", "qlm", '
    '{ name = "dipoles", n_samples = 2, n_particles = 120, number = 8 }'
)
TEXT = (
    study_text(("../loose a", EVERYTHING), ("../loose_a", '"mechanics", "elasticity"'), ("none", EVERYTHING))
    .replace("n_samples = 2\nparent_temperature = 6.0", "n_samples = 6\nparent_temperature = 'auto'")
    .replace('name = "../loose a"\n', 'name = "../loose a"\nsets = { DSS = 0.55, CSS = 1.1 }\n')
)
DIGITS = {"frequency": 5e-7, "omega": 5e-7, "participation_ratio": 5e-2}  # relative; of all others 5e-5


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Of the first ensemble one sample failed in its modes, one lacks its qlm, one was never made, and one has a NaN."""
    made = invented(tmp_path_factory.mktemp("tables") / "s", TEXT, only=("../loose a", "../loose_a"))
    store = Store(made)
    (failed, *_) = (t for b in plan(parse_study(TEXT)) for t in b.tasks if re.search(r"/modes-.*/000001", t.key))
    store.path(failed.key).unlink()
    store.record_failure(failed.key, failed.digest, "a mode may be missing")
    next(made.glob("*/qlm-*/000002.h5")).unlink()
    for path in made.glob("*/*/000005.h5"):
        path.unlink()
    tasks = {t.key: t for b in plan(parse_study(TEXT)) for t in b.tasks}
    for sample, name, value in ((3, "p_over_p0", float("nan")), (1, "stickiness", float("inf"))):
        task = next(x for key, x in tasks.items() if re.search(rf"/mechanics-.*/00000{sample}", key))
        result = store.read(task.key)
        result.values[name] = value
        store.publish(task.key, task.digest, result)
    return made


@pytest.fixture(scope="module")
def folder(store, tmp_path_factory):
    done = call("export", store, "--tables", tmp_path_factory.mktemp("tables") / "t")
    assert done.exit_code == 0, done.output
    assert "2 ensembles were written" in done.output
    assert "1 have no results yet" in done.output
    return tmp_path_factory.getbasetemp() / done.output.split(":")[0]


@pytest.fixture(scope="module")
def both(store, folder):
    return vitrify.open_store(store), vitrify.open_tables(folder)


def test_every_table_is_the_same(both):
    opened, tables = both
    assert tables.ensembles() == opened.ensembles() == ["../loose a", "../loose_a", "none"]
    for name in tables.ensembles():
        pd.testing.assert_frame_equal(tables.table(name), opened.table(name), check_like=True, check_exact=True)
        assert tables.table(name).attrs["units"] == opened.table(name).attrs["units"]
    pd.testing.assert_frame_equal(tables.tables(), opened.tables(), check_like=True, check_exact=True)
    assert list(tables.table("../loose a").index) == [0, 3, 4]


@pytest.mark.parametrize("observable", [x for x in OBSERVABLES if x != "structure"])
def test_results_are_the_same_to_the_digits_that_are_kept(both, observable):
    for name in ("../loose a", "../loose_a", "none"):
        before, after = (x.results(name, observable) for x in both)
        assert len(after) == len(before)
        for one, other in zip(before, after, strict=True):
            assert repr(other.values) == repr(one.values)
            kept = ["coupling"] if observable == "qlm" else list(one.arrays)
            assert sorted(other.arrays) == sorted(kept)
            for array in kept:
                close = {"rtol": DIGITS.get(array, 5e-5), "atol": 0.0}
                np.testing.assert_allclose(other.arrays[array], one.arrays[array], **close)


def test_structure_keeps_mean_and_scatter(both):
    before, after = (x.results("../loose a", "structure") for x in both)
    assert len(after) == len(before) == 3
    for kind in ("AA", "AB", "BB"):
        one, other = (np.array([x.arrays[kind] for x in found]) for found in (before, after))
        np.testing.assert_allclose(other, one, rtol=5e-5, atol=1e-12)


def test_counts_and_parent_temperatures_are_the_same(both):
    opened, tables = both
    for name in tables.ensembles():
        assert tables.counts(name) == opened.counts(name)
        one, other = opened.parent_temperature(name), tables.parent_temperature(name)
        assert repr(one) == repr(other)
    assert tables.counts("../loose a").reasons == {"a mode may be missing": 1}
    assert isinstance(tables.parent_temperature("../loose a"), ParentTemperature)


def test_a_report_gathers_the_same(both):
    """All that a figure, a table or a claim is drawn from."""
    for one, other in zip(*(gather(x).ensembles for x in both), strict=True):
        assert other.spec == one.spec
        assert repr(asdict(other.summary)) == repr(asdict(one.summary))
        pd.testing.assert_frame_equal(other.qlm, one.qlm, check_exact=True)
        np.testing.assert_equal(len(other.micro.windows), len(one.micro.windows))
        for fit, same in zip(other.micro.windows, one.micro.windows, strict=True):
            assert fit.n_modes == same.n_modes
            assert fit.prefactor.value == pytest.approx(same.prefactor.value, rel=1e-6, nan_ok=True)
        np.testing.assert_allclose(other.micro.dipole.decay, one.micro.dipole.decay, rtol=1e-5)
        np.testing.assert_allclose(other.micro.dipole.error, one.micro.dipole.error, rtol=1e-3)
        assert other.micro.length.value == pytest.approx(one.micro.length.value, rel=1e-3, nan_ok=True)


def test_pandas_reads_the_files_as_they_are(both, folder):
    opened, _ = both
    table = pd.read_csv(folder / "_loose_a" / "samples.csv")
    assert table.groupby("n_particles").size().to_dict() == {100: 5, 120: 2}
    own = table[(table["n_particles"] == 100) & table["finished"]].set_index("sample")
    np.testing.assert_allclose(own["shear_modulus"], opened.table("../loose a")["shear_modulus"], rtol=1e-15)
    assert table["modes_counted_below"].isna().sum() == 3  # one failed, two glasses are of another size
    qlm = pd.read_csv(folder / "_loose_a" / "qlm.csv")
    assert list(qlm["sample"]) == [0, 1, 3, 4]
    structure = pd.read_csv(folder / "_loose_a" / "structure.csv")
    each = [x.arrays["AB"] for x in opened.results("../loose a", "structure")]
    shown = structure[structure["pair"] == "AB"]
    np.testing.assert_allclose(shown["g"], np.mean(each, axis=0), rtol=1e-4)
    np.testing.assert_allclose(shown["g_error"], np.std(each, axis=0, ddof=1) / np.sqrt(3), rtol=1e-4, atol=1e-9)
    for name in ("modes", "dipoles", "spectrum"):
        assert len(pd.read_csv(folder / "_loose_a" / f"{name}.csv"))


def test_provenance_tells_where_the_numbers_come_from(store, folder):
    abouts = [json.loads(x.read_text(encoding="utf-8")) for x in sorted(folder.glob("*/provenance.json"))]
    assert sorted(x["ensemble"] for x in abouts) == ["../loose a", "../loose_a"]
    about = next(x for x in abouts if x["ensemble"] == "../loose a")
    assert (about["study"], about["seed"], about["vitrify"]) == ("small", 5, version("vitrify"))
    folders = {x.name for x in (store / "_loose_a").iterdir()}
    for product in about["products"]:
        assert f"{product['name']}-{product['digest'][:12]}" in folders
    there = {(x["name"], x["n_particles"]): (x["asked"], x["there"]) for x in about["products"]}
    assert there["modes", 100] == (6, 4)
    assert there["dipoles", 120] == (2, 2)
    assert about["samples"]["wanted"] == 6
    assert asdict(parse_study(TEXT).ensembles[0])["density"] == about["definition"]["density"]


def test_glasses_have_the_checksums_of_the_store(store, folder):
    tables = vitrify.open_tables(folder)
    for path in store.glob("*/mechanics-*/00000[034].h5"):
        result = Store(store).read(str(path.relative_to(store).with_suffix("")))
        rows = [x for name in ("../loose a", "../loose_a") for x in tables.rows(name) if x["sample"] == int(path.stem)]
        assert len(rows) == 2
        assert any(result.made_from.startswith(x["glass"]) and len(x["glass"]) == 16 for x in rows)


@pytest.mark.slow
def test_the_page_of_the_tables_is_that_of_the_store(store, folder, tmp_path):
    """Its words, numbers and verdicts, and every table beside it, letter by letter; claims.json and
    the numbers behind figures to the digits that tables keep."""
    for source, name in ((store, "a"), (folder, "b")):
        assert call("report", source, "--output", tmp_path / name, "--glasses", "0").exit_code == 0
    files = [x.relative_to(tmp_path / "a") for x in (tmp_path / "a").rglob("*") if x.is_file()]
    assert {x.suffix for x in files} >= {".html", ".csv", ".svg", ".png"}
    for name in files:
        if name.suffix == ".json":
            one, other = (json.loads((tmp_path / x / name).read_text(encoding="utf-8")) for x in ("a", "b"))
            assert one == alike(other), name
        elif name.suffix == ".csv" and name.parent.name == "figures":
            one, other = (cells((tmp_path / x / name).read_text(encoding="utf-8")) for x in ("a", "b"))
            assert one == alike(other), name
        elif name.suffix in (".html", ".csv"):
            if name.suffix == ".html":
                one, other = (answers((tmp_path / x / name).read_text(encoding="utf-8")) for x in ("a", "b"))
                assert one == other
            one, other = (said((tmp_path / x / name).read_text(encoding="utf-8")) for x in ("a", "b"))
            assert one.splitlines() == other.splitlines(), name
        assert (tmp_path / "b" / name).exists()


def cells(text):
    """Of a table: numbers as numbers, words as words."""
    return [[number(x) for x in row] for row in csv.reader(io.StringIO(text))]


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return cell


def alike(found):
    """Numbers may differ as much as the digits of the tables leave out: g(r) has five, and a scatter of it three that are sure."""
    if isinstance(found, dict):
        return {key: alike(value) for key, value in found.items()}
    if isinstance(found, list):
        return [alike(value) for value in found]
    return pytest.approx(found, rel=1e-3, abs=1e-6) if isinstance(found, float) else found


def said(page):
    """Without its pictures, the minute that it was written in, and the data of its script."""
    return re.sub(r"data:image/[^\"]*|written on [-0-9: ]+UTC|id=\"answers\">.*", "", page)


def answers(page):
    """The ensemble, quantity and sample of every mark of the page's figures, and the glasses that it names. Values of
    marks are those of the files beside the page."""
    found = json.loads(re.findall(r'id="answers">(.*?)</script>', page)[0])
    marks = [
        (name, found["ensembles"][owner], x["quantities"][quantity], sample)
        for name, x in found["figures"].items()
        for owner, quantity, _, _, _, sample, *_ in x["marks"]
    ]
    return {str(x): marks.count(x) for x in marks} | {str(x[:3]): 1 for x in found["glasses"]}


def test_exporting_twice_gives_the_same_bytes(store, folder, tmp_path):
    export_tables(vitrify.open_store(store), tmp_path / "again")
    for path in folder.rglob("*"):
        if path.is_file():
            assert undated(tmp_path / "again" / path.relative_to(folder)) == undated(path), path


def undated(path):
    return re.sub(r'"written": "[-0-9]+"', "", path.read_text(encoding="utf-8"))
