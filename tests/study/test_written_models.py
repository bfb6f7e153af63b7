"""Formulas and tables in studies: what is written, what enters digests, and that a store has all that it needs."""

import json
import shutil

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

import embedded_atoms
from vitrify import models, open_store
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.models import setfl, tables
from vitrify.statics import Pairs
from vitrify.study import Ledger, parse_study, read_study
from vitrify.study.description import study_schema
from vitrify.study.manifest import stored_ledger, write_manifest
from vitrify.toml_file import parsed

STUDY = """
[study]
name = "written"

[[ensemble]]
name = "soft"
model = {model}
density = 0.9
n_particles = 100
n_samples = 1
parent_temperature = 0.5
observables = ["mechanics"]
"""
FORMULA = '{ formula = "a*(λ/r)**n", cutoff = 1.4, a = 1, n = 10 }'


def study_of(model):
    return parse_study(STUDY.replace("{model}", model))


def folder_of(model):
    return Ledger(study_of(model)).products[0].folder


def test_a_formula_as_a_table_of_toml_or_as_its_readable_form():
    study = study_of(FORMULA)
    assert str(study.ensembles[0].parsed_model) == 'formula("a*(l/r)^n", cutoff=1.4, a=1, n=10)'
    same = ["'formula(\"a*(l/r)^n\", a=1.0, n=10, cutoff=1.4)'", FORMULA.replace("λ/r", " (l / r) ")]
    assert {folder_of(x) for x in same} == {folder_of(FORMULA)}
    others = [
        FORMULA.replace("n = 10", "n = 12"),
        FORMULA.replace("1.4", "1.5"),
        FORMULA.replace("}", ", smooth_to = 3 }"),
        FORMULA.replace("a*", "2*a*"),
    ]
    assert len({folder_of(x) for x in [FORMULA, *others]}) == 5


@pytest.mark.parametrize(("model", "told"), [
    ('{ formula = "1/(r - 1)", cutoff = 1.4 }', "is singular at r = 1 λ"),
    ('{ formula = "1/r^10" }', "needs its cutoff"),
    ('{ formula = "1/r^10", table = "a", cutoff = 1.4 }', "must be a text, or have a formula, a table or an eam"),
    ('{ cutoff = 1.4 }', "must be a text, or have a formula, a table or an eam"),
    ('{ eam = "absent.eam.fs" }', "potential absent.eam.fs is not there"),
    ('{ eam = "absent.eam.fs", section = "A:A" }', "takes elements, digest, not 'section'"),
    ('{ formula = "1/r^10", cutoff = "long" }', "cutoff is 'long', must be a number"),
    ('{ formula = "1/r^10", cutoff = [1] }', "cutoff is [1], must be a finite number"),
    ('{ table = "absent.table" }', "table absent.table is not there"),
    ("3", "must be a text such as"),
])  # fmt: skip
def test_mistakes_are_told_with_their_line(model, told):
    with pytest.raises(UsageError) as caught:
        study_of(model)
    assert told in str(caught.value)
    assert "line 7" in str(caught.value)


def test_the_schema_knows_both_ways():
    for model in (
        FORMULA,
        '"pss(rc=1.2)"',
        '{ table = "a.table", section = "A:A" }',
        '{ eam = "a.eam.fs", elements = "Cu,Zr" }',
    ):
        jsonschema.validate(parsed(STUDY.replace("{model}", model), "study", "study", {}).content, study_schema())


@pytest.mark.slow  # its kernels are those of no other test
def test_a_store_keeps_its_table(tmp_path, monkeypatch):
    """Elsewhere, in a process that has read no table, after its file is gone, the store is status, opened and measured."""
    monkeypatch.chdir(tmp_path)
    models.inverse_power(rc=1.4).write_lammps_table("ipl.table", points=2000)
    study = STUDY.replace("{model}", '{ table = "ipl.table", section = "A:A" }\nmixture = "1; lengths 1"')
    (tmp_path / "study.toml").write_text(study)
    run = CliRunner().invoke(cli, ["run", "study.toml", "--store", "store", "--workers", "1", "--no-report"])
    assert run.exit_code == 0, run.output
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(tmp_path / "store", elsewhere / "moved")
    (tmp_path / "ipl.table").unlink()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(tables, "_known", {})
    monkeypatch.setattr(tables, "_folders", [])
    status = CliRunner().invoke(cli, ["status", "moved", "--json"])
    assert status.exit_code == 0, status.output
    assert json.loads(status.output)
    monkeypatch.setattr(tables, "_known", {})
    glass = open_store("moved").glass("soft", 0)
    assert str(glass.model).startswith('tabulated("ipl.table", digest="')
    family = models.inverse_power(rc=1.4).potential
    u = np.linspace(0.5, 1.9, 50)
    np.testing.assert_allclose(glass.model.potential.energy(u), family.energy(u), atol=1e-9)


def with_a_table(folder, rc=1.4):
    """A study in this folder with a table of an inverse power beside it; its file."""
    folder.mkdir(exist_ok=True)
    models.inverse_power(rc=rc).write_lammps_table(folder / "ipl.table", points=2000)
    (folder / "study.toml").write_text(STUDY.replace("{model}", '{ table = "ipl.table", section = "A:A" }'))
    return folder / "study.toml"


def test_paths_of_tables_begin_in_the_folder_of_the_study(tmp_path, monkeypatch):
    """As those of Python files do; a table that is not there is looked for in the current folder."""
    monkeypatch.chdir(tmp_path)
    study = with_a_table(tmp_path / "studies")
    other = with_a_table(tmp_path, rc=1.45)
    beside, here = (read_study(x).ensembles[0].parsed_model.potential.cutoff for x in (study, other))
    assert (beside, here) == (1.4, 1.45)
    (tmp_path / "studies" / "ipl.table").unlink()
    assert read_study(study).ensembles[0].parsed_model.potential.cutoff == 1.45
    (tmp_path / "ipl.table").unlink()
    monkeypatch.setattr(tables, "_folders", [])
    with pytest.raises(UsageError, match=r"table studies/ipl\.table is not there"):
        read_study(study.relative_to(tmp_path))


def test_a_store_goes_on_with_its_own_table_whatever_lies_around(tmp_path, monkeypatch):
    """Whoever runs, opens or exports a store that is there means the glasses in it."""
    monkeypatch.chdir(tmp_path)
    study = read_study(with_a_table(tmp_path))
    store = Store.create(tmp_path / "store")
    write_manifest(study, store)
    with_a_table(tmp_path, rc=1.45)
    assert stored_ledger(store).products[0].folder == Ledger(study).products[0].folder
    assert open_store("store").study.ensembles[0].model == study.ensembles[0].model
    assert read_study("study.toml").ensembles[0].model != study.ensembles[0].model


def test_a_changed_table_is_another_ensemble(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = []
    for rc in (1.4, 1.45):
        models.inverse_power(rc=rc).write_lammps_table("ipl.table", points=2000)
        folders.append(folder_of('{ table = "ipl.table", section = "A:A" }'))
    assert len(set(folders)) == 2


@pytest.mark.slow  # its kernels are those of no other test
def test_a_store_keeps_its_embedded_atoms(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    embedded_atoms.write(tmp_path / "CuZr.eam.fs", n_r=500, n_rho=500)
    study = STUDY.replace("{model}", '{ eam = "CuZr.eam.fs", elements = "Zr,Cu" }').replace(
        "density = 0.9", "density = 0.055"
    )
    (tmp_path / "study.toml").write_text(study.replace("parent_temperature = 0.5", "parent_temperature = 0.25"))
    run = CliRunner().invoke(cli, ["run", "study.toml", "--store", "store", "--workers", "1", "--no-report"])
    assert run.exit_code == 0, run.output
    (tmp_path / "CuZr.eam.fs").unlink()
    monkeypatch.setattr(setfl, "_known", {})
    glass = open_store("store").glass("soft", 0)
    assert glass.model.mixture.labels == ("Zr", "Cu")
    assert glass.model.potential.content.style == "eam.fs"
    assert np.abs(Pairs.of(glass).forces()).max() < 1e-9


def test_a_changed_file_of_embedded_atoms_is_another_ensemble(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = []
    for n in (500, 500, 600):
        embedded_atoms.write(tmp_path / "CuZr.eam.fs", n_r=n, n_rho=500)
        model = '{ eam = "CuZr.eam.fs", elements = "Cu,Zr" }'
        study = parse_study(STUDY.replace("{model}", model).replace("density = 0.9", "density = 0.055"))
        folders.append(Ledger(study).products[0].folder)
    assert folders[0] == folders[1] != folders[2]
