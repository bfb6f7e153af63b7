"""Ensembles are added one after the other, from whatever stores; what is there is replaced as a whole; damage is told."""

import json
import shutil

import pytest
from click.testing import CliRunner

import vitrify
from stores import invented, study_text
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.tables import export_tables
from vitrify.tables.files import checksum

SOME = '"mechanics", "elasticity", "modes"'
TEXT = study_text(("A", SOME), ("B", SOME))
FEWER = study_text(("A", SOME))


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


def export(store, folder, *arguments):
    return call("export", store, "--tables", folder, *arguments)


def tree(folder):
    return {x.relative_to(folder): (x.read_bytes(), x.stat().st_ino) for x in sorted(folder.rglob("*")) if x.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return invented(tmp_path_factory.mktemp("whole") / "s", TEXT)


@pytest.fixture(scope="module")
def tables_of_whole(whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "t"
    export_tables(vitrify.open_store(whole), folder)
    return folder


@pytest.fixture
def folder(tables_of_whole, tmp_path):
    return shutil.copytree(tables_of_whole, tmp_path / "t")


def test_an_ensemble_joins_those_that_are_there(whole, tmp_path):
    export_tables(vitrify.open_store(whole), tmp_path / "t", ensembles=["B"])
    before = tree(tmp_path / "t" / "B")
    assert not (tmp_path / "t" / "A").exists()
    other = invented(tmp_path / "s", FEWER, seed=1)
    export_tables(vitrify.open_store(other), tmp_path / "t")
    assert tree(tmp_path / "t" / "B") == before
    tables = vitrify.open_tables(tmp_path / "t")
    assert tables.ensembles() == ["A", "B"]  # the study that knew both stays
    assert list(tables.tables()["ensemble"]) == ["A", "A", "B", "B"]
    assert set(tables.table("A")["pressure"]) == set(vitrify.open_store(other).table("A")["pressure"])


def test_the_study_gains_ensembles(whole, tmp_path):
    small = invented(tmp_path / "s", FEWER)
    export_tables(vitrify.open_store(small), tmp_path / "t")
    assert (tmp_path / "t" / "study.toml").read_text() == FEWER
    export_tables(vitrify.open_store(whole), tmp_path / "t", ensembles=["B"])
    assert (tmp_path / "t" / "study.toml").read_text() == TEXT
    assert vitrify.open_tables(tmp_path / "t").ensembles() == ["A", "B"]


def test_more_samples_and_other_sets_are_no_other_definition(folder, tmp_path):
    text = FEWER.replace("n_samples = 2", "n_samples = 3").replace('name = "A"\n', 'name = "A"\nsets = { DSS = 0.6 }\n')
    text += TEXT[TEXT.rindex("\n[[ensemble]]") :]
    export_tables(vitrify.open_store(invented(tmp_path / "s", text, only=["A"])), folder)
    tables = vitrify.open_tables(folder)
    assert tables.study.ensemble("A").sets == {"DSS": 0.6}
    assert (len(tables.table("A")), len(tables.table("B"))) == (3, 2)


LAST = TEXT.replace('name = "B"', 'name = "D"')


@pytest.mark.parametrize(("text", "made", "said"), [
    (LAST.replace("density = 0.6", "density = 0.7"), "D", "'A' of another definition than the store's study has (density 0.6, there 0.7)"),
    (TEXT.replace("seed = 5", "seed = 6"), "A", "'B' of another definition than the store's study has (seed 5, there 6)"),
    (LAST.replace('name = "A"', 'name = "C"'), "D", "'A', which the study 'small' of the store does not have"),
], ids=["density", "seed", "name"])  # fmt: skip
def test_another_study_is_refused(folder, tmp_path, text, made, said):
    before = tree(folder)
    other = invented(tmp_path / "s", text, only=[made])
    result = export(other, folder)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1
    assert tree(folder) == before


def test_an_ensemble_of_another_definition_replaces_its_own_tables(folder, tmp_path):
    text = FEWER.replace("0.6\n", "0.7\n", 1) + TEXT[TEXT.rindex("\n[[ensemble]]") :]
    assert "density = 0.7" in text
    export_tables(vitrify.open_store(invented(tmp_path / "s", text, only=["A"])), folder)
    assert [x.density for x in vitrify.open_tables(folder).study.ensembles] == [0.7, 0.6]


def test_tables_are_replaced_as_a_whole(folder, tmp_path):
    other = invented(tmp_path / "s", study_text(("A", '"mechanics"'), ("B", SOME)), only=["A"])
    assert (folder / "A" / "modes.csv").exists()
    (folder / "A" / "stray.txt").write_text("x")
    export_tables(vitrify.open_store(other), folder)
    assert sorted(x.name for x in (folder / "A").iterdir()) == ["provenance.json", "samples.csv"]
    assert not [x for x in folder.iterdir() if x.name.startswith(".")]


def test_more_samples_are_not_replaced_by_fewer(folder, tmp_path):
    """As from a store that was begun again after the machine was lost."""
    before, other = tree(folder / "A"), invented(tmp_path / "s", TEXT.replace("n_samples = 2", "n_samples = 1"))
    result = export(other, folder)
    assert result.exit_code == 0
    assert "it has 2 finished samples, the store 1" in result.output
    assert tree(folder / "A") == before
    assert export(other, folder, "--overwrite").exit_code == 0
    assert len(vitrify.open_tables(folder).table("A")) == 1


def test_ensembles_whose_folders_read_the_same(tmp_path):
    store = invented(tmp_path / "s", study_text(("a b", SOME), ("a_b", SOME)))
    for name in ("a_b", "a b", "a_b"):
        export_tables(vitrify.open_store(store), tmp_path / "t", ensembles=[name])
    tables, opened = vitrify.open_tables(tmp_path / "t"), vitrify.open_store(store)
    assert sorted(x.name for x in (tmp_path / "t").iterdir() if x.is_dir()) == ["a_b", "a_b-2"]
    for name in ("a b", "a_b"):
        assert list(tables.table(name)["pressure"]) == list(opened.table(name)["pressure"])


@pytest.mark.parametrize("file", ["samples.csv", "modes.csv", "provenance.json"])
@pytest.mark.parametrize("how", ["changed", "cut", "missing", "binary"])
def test_a_damaged_table_leaves_its_ensemble_out(folder, file, how):
    path = folder / "A" / file
    content = path.read_bytes()
    if how == "changed":
        place = content.index(b"1" if file != "provenance.json" else b'"files"', len(content) // 2)
        path.write_bytes(content[:place] + b"7" + content[place + 1 :])
    elif how == "missing":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if how == "cut" else b"\xff\xfe" + content)
    tables = vitrify.open_tables(folder)
    assert len(tables.table("A")) == 0
    assert tables.results("A", "modes") == []
    assert tables.counts("A").done == 0
    assert len(tables.table("B")) == 2
    (said,) = tables.broken
    assert said.startswith("A is left out: ")
    assert file in said


@pytest.mark.parametrize(("file", "old", "new"), [
    ("samples.csv", "n_particles,sample", "sample,sample"), ("samples.csv", "100,0", "100,x"), ("samples.csv", "\n", "\n,,\n"),
    ("samples.csv", "100,0,True", "100,0,"), ("samples.csv", "100,0,True", "100,,True"),
    ("modes.csv", "frequency", "colour"), ("modes.csv", "0,", "0,a,b,c,"), ("modes.csv", "\n", "\nx,y,z\n"),
], ids=str)  # fmt: skip
def test_a_forged_table_is_no_traceback(folder, file, old, new):
    """With the right checksum."""
    path, about = folder / "A" / file, folder / "A" / "provenance.json"
    path.write_text(path.read_text().replace(old, new, 1))
    said = json.loads(about.read_text())
    said["files"][file] = checksum(path.read_text())
    about.write_text(json.dumps(said))
    tables = vitrify.open_tables(folder)
    assert len(tables.table("A")) == 0
    assert "cannot be understood" in tables.broken[0] or "samples.csv does not say" in tables.broken[0]
    assert len(tables.table("B")) == 2


COUNTS = {"wanted": 2, "done": 2, "failed": 0, "reasons": {}}


@pytest.mark.parametrize(("key", "value"), [
    ("products", [{"name": 1}]), ("samples", {}), ("samples", COUNTS | {"done": "two"}), ("samples", COUNTS | {"failed": -1}),
    ("samples", COUNTS | {"reasons": ["lost"]}), ("samples", COUNTS | {"reasons": {"lost": "one"}}),
    ("files", {"../../study.toml": "0"}), ("files", {"a" * 5000: "0"}), ("files", {"samples.csv": 1}), ("left_out", {}),
    ("left_out", [1]), ("finished", True), ("seed", None), ("definition", {}), ("definition", {"density": -1, "observables": []}),
], ids=lambda x: str(x)[:20])  # fmt: skip
def test_a_forged_provenance_is_no_traceback(folder, key, value):
    about = folder / "A" / "provenance.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {key: value}))
    tables = vitrify.open_tables(folder)
    assert len(tables.table("A")) == 0
    assert tables.counts("A").done == 0
    assert tables.broken[0].startswith("A is left out: ")
    assert all(isinstance(x, str) for x in tables.broken)


@pytest.mark.parametrize(("old", "new"), [
    ("density = 0.6", "density = 0.9"), ("rc=1.2", "rc=1.5"), ("n_particles = 100", "n_particles = 200"), ("seed = 5", "seed = 6"),
    ('"modes"', '{ name = "modes", below = 0.7 }'),
], ids=str)  # fmt: skip
def test_numbers_of_another_study_are_not_shown_as_this_ones(folder, old, new):
    """The study was changed by hand, or the tables were copied from elsewhere."""
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(text.replace(old, new, 1))
    tables = vitrify.open_tables(folder)
    assert len(tables.table("A")) == 0
    assert tables.broken[0].startswith("A is left out: they are of another definition than study.toml has (")


@pytest.mark.parametrize(("old", "new"), [
    ("n_samples = 2", "n_samples = 9"), ("rc=1.2", "rc = 1.20"), ('"modes"', '"modes", "dipoles"'), (', "modes"', ""),
], ids=str)  # fmt: skip
def test_what_changes_no_result_may_change(folder, old, new):
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(text.replace(old, new))
    tables = vitrify.open_tables(folder)
    assert [len(tables.table(x)) for x in ("A", "B")] == [2, 2]
    assert tables.broken == []


def test_of_two_folders_of_one_ensemble_the_second_is_named(folder):
    shutil.copytree(folder / "A", folder / "A copy")
    tables = vitrify.open_tables(folder)
    assert len(tables.table("A")) == 2
    assert tables.broken == ["A copy is left out: A has the tables of 'A' already"]


@pytest.mark.parametrize(("name", "old", "new", "said"), [
    ("samples.csv", "100,1,True", "100,0,True", "has a sample twice"), ("qlm.csv", "\n0,", "\ninf,", "cannot be understood"),
    ("parent_temperature.json", '"n_pilots": 1', '"n_pilots": "x"', "something other than numbers"),
], ids=["twice", "infinite", "text"])  # fmt: skip
def test_numbers_that_cannot_be(tmp_path, name, old, new, said):
    text = study_text(("A", '"mechanics", "qlm"')).replace("parent_temperature = 6.0\n", "n_pilots = 1\n")
    export_tables(vitrify.open_store(invented(tmp_path / "s", text)), tmp_path / "t")
    path, about = tmp_path / "t" / "A" / name, tmp_path / "t" / "A" / "provenance.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    provenance = json.loads(about.read_text())
    provenance["files"][name] = checksum(path.read_text())
    about.write_text(json.dumps(provenance))
    tables = vitrify.open_tables(tmp_path / "t")
    assert len(tables.table("A")) == 0
    assert said in tables.broken[0]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_a_person_put_in_the_place_of_an_ensemble_stays(whole, tmp_path, kind):
    export(whole, tmp_path / "t", "--ensemble", "B")
    mine = tmp_path / "t" / "A"
    if kind == "folder":
        mine.mkdir()
        mine = mine / "notes.txt"
    mine.write_text("mine")
    assert export(whole, tmp_path / "t").exit_code == 0
    assert mine.read_text() == "mine"
    assert len(vitrify.open_tables(tmp_path / "t").table("A")) == 2


@pytest.mark.parametrize(("file", "content", "said"), [
    ("study.toml", "[study", "not valid TOML"), ("study.toml", "[study]\nnme = 1", "is not a key"),
    ("vitrify-tables.json", "{}", "cannot be read"), ("vitrify-tables.json", '{"version": 9}', "newer vitrify"),
], ids=str)  # fmt: skip
def test_a_damaged_study_is_one_sentence(folder, tmp_path, file, content, said):
    (folder / file).write_text(content)
    result = call("report", folder, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1


def test_neither_store_nor_tables(tmp_path):
    result = call("report", tmp_path, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert "vitrify-store.json" in result.output
    assert "vitrify-tables.json" in result.output
    assert result.output.count("\n") == 1


def test_tables_of_an_ensemble_that_the_study_does_not_have(folder):
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(text[: text.rindex("\n[[ensemble]]")])
    tables = vitrify.open_tables(folder)
    assert tables.ensembles() == ["A"]
    assert tables.broken == ["B is left out: study.toml has no ensemble 'B'"]


def test_what_else_lies_in_the_folder_is_left_alone(folder, whole):
    (folder / "README.md").write_text("Tables of a study.")
    (folder / "notes").mkdir()
    export_tables(vitrify.open_store(whole), folder)
    tables = vitrify.open_tables(folder)
    assert len(tables.tables()) == 4
    assert tables.broken == []
    assert (folder / "README.md").exists()


def test_a_folder_of_other_files_is_not_begun(whole, tmp_path):
    (tmp_path / "mine.csv").write_text("x")
    result = export(whole, tmp_path)
    assert result.exit_code == 2
    assert "contains other files" in result.output
    assert [x.name for x in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(("arguments", "said"), [
    (["--samples", "1"], "cannot go with --tables"), (["--ensemble", "Z"], "has no ensemble 'Z'"),
], ids=["samples", "ensemble"])  # fmt: skip
def test_what_cannot_be_asked(whole, tmp_path, arguments, said):
    result = export(whole, tmp_path / "t", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "t").exists()


def test_an_unfinished_folder_says_so(folder):
    (folder / "study.toml").unlink()
    with pytest.raises(UsageError, match="has no study.toml"):
        vitrify.open_tables(folder)


def test_what_was_left_out_of_the_store_is_told_by_the_tables(whole, tmp_path):
    store = shutil.copytree(whole, tmp_path / "s")
    path = next(store.glob("A/mechanics-*/000001.h5"))
    path.write_bytes(path.read_bytes()[:300])
    result = export(store, tmp_path / "t")
    assert result.exit_code == 0
    assert "left out: 000001.h5" in result.output
    tables = vitrify.open_tables(tmp_path / "t")
    assert list(tables.table("A").index) == [0]
    assert [x.arrays["frequency"].size for x in tables.results("A", "modes")] == [
        x.arrays["frequency"].size for x in vitrify.open_store(whole).results("A", "modes")
    ]
    assert ["000001.h5" in x for x in tables.broken] == [True]
