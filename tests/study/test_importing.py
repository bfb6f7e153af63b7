"""Glasses from files as an ensemble of a store: imported, measured, added to, repeated, killed, next to those of a study."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import vitrify
from patience import PATIENCE
from stores import invented, study_text
from vitrify import Glass, import_glasses, open_store
from vitrify.campaign import Leases, Store
from vitrify.cli.main import cli
from vitrify.ensemble import fluctuation, frequency_at_density, microscopic
from vitrify.ensemble.estimate import Estimate
from vitrify.ensemble.microscopic import DipoleDecays, LowModes
from vitrify.errors import UsageError
from vitrify.models.catalogue import parse
from vitrify.preparation import Recipe, prepare_glass
from vitrify.report.gathered import gather
from vitrify.study import Ledger, parse_study, read_study
from vitrify.study.study_text import with_ensemble
from vitrify.tables import open_tables, remake

MODEL, N = "pss(rc=1.2)", 60
OWN, FOREIGN = 60, 40  # files that name their model, and files of another program
DENSITIES = (0.6, 0.61)


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


def done(*arguments):
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result


def results(store):
    """Each file of a result with its content."""
    return {x.relative_to(store): x.read_bytes() for x in sorted(store.rglob("*.h5"))}


def write_elsewhere(glass, path, names=("Cu", "Zr")):
    """Write as another program does: its own order of columns, names of elements, no model and no provenance."""
    rows = (
        f"{x!r} {y!r} {z!r} {names[kind]}"
        for kind, (x, y, z) in zip(glass.species.tolist(), glass.positions.tolist(), strict=True)
    )
    lattice = " ".join(repr(float(x)) for x in (glass.box * np.eye(3)).ravel())
    head = f'Lattice="{lattice}" Properties=pos:R:3:species:S:1 pbc="T T T"'
    path.write_text("\n".join([str(glass.n_particles), head, *rows]) + "\n")


@pytest.fixture(scope="module")
def glasses():
    return [
        prepare_glass(
            parse(MODEL), n_particles=N, density=DENSITIES[k % 2], parent_temperature=6.0,
            rng=np.random.default_rng(k), recipe=Recipe(melt_msd=1.0),
        )
        for k in range(OWN + FOREIGN)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def files(glasses, tmp_path_factory):
    """A hundred files, by origin."""
    folder = tmp_path_factory.mktemp("files")
    own, foreign = ([folder / f"{x}{k:03}.xyz" for k in range(n)] for x, n in (("own", OWN), ("other", FOREIGN)))
    for glass, path in zip(glasses, own, strict=False):
        glass.write(path)
    for glass, path in zip(glasses[OWN:], foreign, strict=True):
        write_elsewhere(glass, path)
    return own, foreign


@pytest.fixture(scope="module")
def measured(files, tmp_path_factory):
    """A store of the hundred, imported from two origins one after the other, and measured."""
    own, foreign = files
    store = tmp_path_factory.mktemp("stores") / "mine-store"
    done("import", *own, "--store", store, "--ensemble", "mine", "--observable", "spectrum")
    done("import", *foreign, "--store", store, "--ensemble", "mine", "--model", MODEL, "--species", "Cu=A,Zr=B")
    done("run", "--store", store, "--workers", "1", "--no-report")
    return store


def test_a_hundred_files_become_an_ensemble_that_is_measured(measured, glasses):
    status = json.loads(done("status", measured, "--json").output)
    (ensemble,) = status["ensembles"]
    expected = {"imported": True, "temperature": "imported", "wanted": 100, "done": 100, "failed": 0, "missing": 0}
    assert expected.items() <= ensemble.items()
    assert status["study"] == "mine"
    assert status["not_asked_for"] == []
    spec = open_store(measured).study.ensemble("mine")
    assert (spec.n_samples, spec.n_particles, spec.dimension, spec.model) == (100, N, 3, MODEL)
    assert spec.density == pytest.approx(np.mean([x.density for x in glasses]), rel=1e-14)  # round-off of a sum
    for k in (0, OWN - 1, OWN, 99):
        np.testing.assert_array_equal(open_store(measured).glass("mine", k).positions, glasses[k].positions)
        assert open_store(measured).glass("mine", k).box == glasses[k].box


def test_its_chi_is_that_of_the_same_glasses_measured_one_by_one(measured, glasses):
    """No store, no study: each glass by `vitrify.measure`, and χ of the hundred moduli by `vitrify.ensemble`."""
    direct = [vitrify.measure(x) for x in glasses]
    (found,) = gather(Store(measured)).ensembles
    for column, chi in (("shear_modulus", found.summary.chi_g), ("bulk_modulus", found.summary.chi_k)):
        moduli = np.array([getattr(x, column) for x in direct])
        expected = fluctuation(moduli, N)
        assert chi.chi.value == pytest.approx(expected.chi.value, rel=1e-8)  # solvers agree to 1e-10, on any threads
        assert chi.chi.error == pytest.approx(expected.chi.error, rel=1e-6)
        np.testing.assert_allclose(found.table[column], moduli, rtol=1e-8)


def test_a_glass_says_where_it_comes_from_and_what_its_file_said(measured, glasses, files):
    import hashlib

    own, foreign = (open_store(measured).glass("mine", k).provenance for k in (3, OWN + 3))
    assert own["imported_from"] == "own003.xyz"
    assert own["imported_file_sha256"] == hashlib.sha256(files[0][3].read_bytes()).hexdigest()
    assert own["glass_density"] == glasses[3].density
    assert {k: own[k] for k in glasses[3].provenance} == glasses[3].provenance
    assert "parent_temperature" not in foreign
    assert not any(str(files[0][0].parent) in str(x) for x in (*own.values(), *foreign.values()))


def test_tables_and_report_of_it(measured, glasses, tmp_path):
    done("export", measured, "--table", tmp_path / "t.csv", "--glasses", tmp_path / "g", "--tables", tmp_path / "tables")
    table = pd.read_csv(tmp_path / "t.csv")
    assert list(table["imported_from"][[0, 99]]) == ["own000.xyz", "other039.xyz"]
    np.testing.assert_allclose(table["glass_density"], [x.density for x in glasses], rtol=1e-14)
    assert table["parent_temperature"].isna().sum() == FOREIGN  # files of another program say none
    assert len(list((tmp_path / "g").rglob("*.xyz"))) == 100
    for source in (measured, tmp_path / "tables"):
        done("report", source, "--output", tmp_path / "page")
        first = pd.read_csv(tmp_path / "page" / "tables" / "table_I.csv")
        shown = first.loc[0, ["ensemble", "N", "n finished", "T", "T is at least that"]]
        assert list(shown) == ["mine", N, 100, "imported", "–"]
    tables = open_tables(tmp_path / "tables")
    assert tables.broken == []
    np.testing.assert_array_equal(tables.table("mine")["shear_modulus"], table["shear_modulus"])
    kept = len(tables.results("mine", "spectrum"))  # those of the first samples
    assert tables.densities("mine", "spectrum") == open_store(measured).densities("mine", "spectrum")[:kept]
    with pytest.raises(UsageError, match="'mine' was imported: its glasses were made elsewhere"):
        remake(tables, "mine", 0)


def test_frequencies_of_glasses_of_several_densities_have_one_unit(measured, glasses):
    """ω0 = √(G/ρ)/a0 of each glass's own density, by what gives ω0 to a whole ensemble."""
    nothing = LowModes(N, [], np.empty(0)), DipoleDecays(N, np.empty(0), [])
    spec, unit = open_store(measured).study.ensemble("mine"), Estimate(20.0, 0.1)
    at_mean = microscopic(unit, spec.density, *nothing).omega0
    (found,) = gather(Store(measured)).ensembles
    raw = open_store(measured).results("mine", "spectrum")
    for k in (0, 1, 98):
        own = microscopic(unit, glasses[k].density, *nothing).omega0
        np.testing.assert_allclose(found.spectrum[k].arrays["omega"] / at_mean, raw[k].arrays["omega"] / own, rtol=1e-12)
        area = [np.trapezoid(x.arrays["density"], x.arrays["omega"]) for x in (found.spectrum[k], raw[k])]
        assert area[0] == pytest.approx(area[1], rel=1e-12)
    assert found.spectrum[0].arrays["omega"][-1] != raw[0].arrays["omega"][-1]
    flat = [microscopic(unit, x, *nothing, dimension=2).omega0 for x in DENSITIES]
    assert flat[0] / flat[1] == pytest.approx(frequency_at_density(DENSITIES[1], DENSITIES[0], 2), rel=1e-14)


def test_again_and_packed_nothing_changes(measured, files, tmp_path):
    store = shutil.copytree(measured, tmp_path / "mine-store")
    before, text = results(store), (store / "study.toml").read_text()
    said = done("import", *files[0], "--store", store, "--ensemble", "mine").output
    assert "0 glasses imported, 60 existed already; ensemble 'mine' has 100, of density 0.6 to 0.61" in said
    assert (results(store), (store / "study.toml").read_text()) == (before, text)
    done("pack", store)
    assert "60 existed already" in done("import", *files[0], "--store", store, "--ensemble", "mine").output
    assert (store / "study.toml").read_text() == text


def test_files_that_fail_are_left_out_with_a_sentence_each(files, made, tmp_path):
    broken, large, thermal, copy = (tmp_path / f"{x}.xyz" for x in ("broken", "large", "thermal", "copy"))
    broken.write_text(files[0][0].read_text()[:-200])
    made("pss").write(large)
    glass = Glass.read(files[0][1])
    glass.with_positions(glass.positions + 0.01 * np.sin(np.arange(3 * N)).reshape(-1, 3)).write(thermal)
    shutil.copy(files[0][2], copy)
    absent = tmp_path / "absent.xyz"
    given = [files[0][2], broken, large, thermal, copy, absent, files[0][3]]
    said = done("import", *given, "--store", tmp_path / "s", "--ensemble", "mine")
    assert "2 glasses imported, 1 existed already, 4 left out" in said.output
    out = [x for x in said.stderr.splitlines() if x.startswith("left out: ")]
    assert [str(x) in line for x, line in zip((broken, large, thermal, absent), out, strict=True)] == [True] * 4
    assert "it has 160 particles, but all glasses of ensemble 'mine' have 60" in out[1]
    assert "not at mechanical equilibrium" in out[2]
    assert all(x.count(str(tmp_path)) == 1 for x in out)
    again = done("import", thermal, "--store", tmp_path / "s", "--ensemble", "mine", "--quench")
    assert "1 glass imported; ensemble 'mine' has 3" in again.output
    again = done("import", thermal, "--store", tmp_path / "s", "--ensemble", "mine", "--quench")
    assert "0 glasses imported, 1 existed already" in again.output
    quenched = open_store(tmp_path / "s").glass("mine", 2)
    assert vitrify.measure(quenched).max_force < 1e-8


def test_where_all_fail_nothing_is_made(files, tmp_path):
    absent = [tmp_path / "a.xyz", tmp_path / "b.xyz"]
    found = call("import", *absent, "--store", tmp_path / "s", "--ensemble", "mine")
    assert found.exit_code == 2
    assert "none of the 2 glasses could be imported:" in found.stderr
    assert not (tmp_path / "s").exists()
    found = call("import", files[1][0], "--store", tmp_path / "s", "--ensemble", "mine")  # which does not say its model
    assert (found.exit_code, "does not say which model" in found.stderr) == (2, True)
    assert not (tmp_path / "s").exists()


def test_a_killed_import_is_repeated_and_goes_on(files, tmp_path):
    store, own = tmp_path / "s", files[0]
    command = [sys.executable, "-m", "vitrify", "import", *own, "--store", store, "--ensemble", "mine"]
    process = subprocess.Popen([str(x) for x in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + PATIENCE
    while len(results(store) if store.exists() else ()) < 5 and time.monotonic() < end:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    there = results(store)
    assert 5 <= len(there) < OWN
    assert json.loads(done("status", store, "--json").output)["ensembles"][0]["wanted"] >= 1
    said = done("import", *own, "--store", store, "--ensemble", "mine").output
    assert f"{OWN - len(there)} glasses imported, {len(there)} existed already; ensemble 'mine' has {OWN}" in said
    assert there.items() <= results(store).items()
    named = [open_store(store).glass("mine", k).provenance["imported_from"] for k in range(OWN)]
    assert named == [x.name for x in own]


def test_a_lost_glass_fails_with_a_reason_and_comes_back_under_its_number(files, tmp_path):
    store = tmp_path / "s"
    done("import", *files[0][:4], "--store", store, "--ensemble", "mine")
    (lost,) = (store / "mine").glob("glass-*/000001.h5")
    kept = Store(store).read(str(lost.relative_to(store).with_suffix("")))
    lost.unlink()
    done("run", "--store", store, "--workers", "1", "--no-report")
    (ensemble,) = json.loads(done("status", store, "--json").output)["ensembles"]
    assert (ensemble["done"], ensemble["failed"], ensemble["missing"]) == (3, 1, 0)
    assert list(ensemble["reasons"]) == ["it was imported and is no longer in the store: import its file again"]
    said = done("import", *files[0][:4], "--store", store, "--ensemble", "mine").output
    assert "1 glass imported, 3 existed already; ensemble 'mine' has 4" in said
    found = Store(store).read(str(lost.relative_to(store).with_suffix("")))
    assert found.values == kept.values
    assert "1 sample made, 3 existed already" in done("run", "--store", store, "--workers", "1", "--no-report").output
    (ensemble,) = json.loads(done("status", store, "--json").output)["ensembles"]
    assert (ensemble["done"], ensemble["failed"], ensemble["missing"]) == (4, 0, 0)


def test_a_broken_glass_is_set_aside_and_imported_again(files, tmp_path):
    store = tmp_path / "s"
    done("import", *files[0][:3], "--store", store, "--ensemble", "mine")
    (broken,) = (store / "mine").glob("glass-*/000001.h5")
    broken.write_bytes(broken.read_bytes()[:-100])
    said = done("import", *files[0][:3], "--store", store, "--ensemble", "mine").output
    assert "1 glass imported, 2 existed already; ensemble 'mine' has 3" in said
    assert len(Store(store).quarantined()) == 1
    assert open_store(store).glass("mine", 1).provenance["imported_from"] == files[0][1].name


def test_imported_and_made_ensembles_share_a_store(files, tmp_path):
    """The study file need not name what was imported: it belongs to the store, and no run makes it an orphan."""
    store, path = tmp_path / "both", tmp_path / "made.toml"
    path.write_text(study_text(("loose", '"mechanics"')))
    done("import", *files[0][:3], "--store", store, "--ensemble", "mine")
    plan = json.loads(done("plan", path, "--store", store, "--json").output)
    missing = {(x["ensemble"], x["product"]): x["missing"] for x in plan["products"]}
    assert (missing["mine", "glass"], missing["mine", "mechanics"]) == (0, 3)
    done("run", path, "--store", store, "--workers", "1", "--no-report")
    status = json.loads(done("status", store, "--json").output)
    assert [(x["ensemble"], x["imported"], x["done"], x["missing"]) for x in status["ensembles"]] == [
        ("loose", False, 2, 0), ("mine", True, 3, 0),
    ]  # fmt: skip
    assert status["not_asked_for"] == []
    done("import", *files[0][3:5], "--store", store, "--ensemble", "mine", "--observable", "modes number=3")
    assert done("run", path, "--store", store, "--workers", "1", "--no-report").stdout.startswith("5 samples made")
    opened = open_store(store)
    assert (opened.study.name, opened.ensembles(), opened.counts("mine").done) == ("small", ["loose", "mine"], 5)
    assert [len(x.arrays["frequency"]) for x in opened.results("mine", "modes")] == [3] * 5
    assert set(opened.tables()["imported_from"].dropna()) == {x.name for x in files[0][:5]}
    clash = call("import", files[0][0], "--store", store, "--ensemble", "loose")
    assert (clash.exit_code, "'loose' of the store is made by its study" in clash.stderr) == (2, True)
    path.write_text(study_text(("mine", '"mechanics"')))
    clash = call("run", path, "--store", store, "--no-report")
    assert (clash.exit_code, "'mine' was imported into the store" in clash.stderr) == (2, True)
    path.write_text(study_text(("loose", '"mechanics"')))
    done("run", path, "--store", store, "--workers", "1", "--no-report", "--replace-study")
    assert open_store(store).ensembles() == ["loose"]
    gone = json.loads(done("status", store, "--json").output)["not_asked_for"]
    assert {x["folder"].partition("/")[0] for x in gone} == {"mine"}


def test_a_made_ensemble_never_stands_for_an_imported_one_of_its_name(files, tmp_path):
    """Folders of one ensemble are looked through for what an earlier version made; what was imported is nobody's version."""
    text = study_text(("mine", '"mechanics"'))
    invented(tmp_path / "s", text)
    spec = import_glasses(files[0][0], store=tmp_path / "other", ensemble="mine")
    assert spec.n_samples == 1
    imported = open_store(tmp_path / "other").text.partition("[[ensemble]]")
    (tmp_path / "s" / "study.toml").write_text("".join(imported))
    assert len(open_store(tmp_path / "s").table("mine")) == 0
    shutil.copytree(tmp_path / "other" / "mine", tmp_path / "s" / "mine", dirs_exist_ok=True)
    (tmp_path / "s" / "study.toml").write_text(text)
    shutil.rmtree(next((tmp_path / "s" / "mine").glob(Ledger(parse_study(text)).products[0].folder.rpartition("/")[2])))
    assert open_store(tmp_path / "s").finished(open_store(tmp_path / "s").study.ensemble("mine")) == []


def test_definitions_of_what_is_made_say_nothing_of_imports():
    study = parse_study(study_text(("loose", '"mechanics"')))
    alone = Ledger(study)
    assert not any("imported" in x.definition for x in alone.products)
    both = Ledger(with_ensemble(study.text, imported_spec()))
    assert [x.digest for x in both.products][: len(alone.products)] == [x.digest for x in alone.products]
    glass = both.products[len(alone.products)]
    assert glass.definition == {"name": "mine", "imported": True, "n_particles": N, "model": MODEL}
    assert glass.needs is None


def imported_spec(**more):
    keys = {"name": "mine", "imported": True, "model": MODEL, "density": 0.6, "n_particles": N, "n_samples": 3}
    return vitrify.study.EnsembleSpec(**keys | more)


def test_the_study_of_a_store_is_edited_and_not_rewritten():
    before = (
        '# my notes\n[study]\nname = "s"\n\n[[ensemble]]  # first\nname = "mine"\nimported = true\nmodel = "pss(rc=1.2)"\n'
        'density = 0.6\nn_particles = 60\nn_samples = 3\nsets = { DSS = 0.6 }\n\n# of the other\n[[ensemble]]\nname = "b"\n'
        'model = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 100\nn_samples = 2  # two\n'
    )
    spec = parse_study(before).ensemble("mine")
    grown = vitrify.study.EnsembleSpec(
        **{x: getattr(spec, x) for x in ("name", "imported", "model", "density", "n_particles", "sets")},
        n_samples=7, observables=("mechanics",),
    )  # fmt: skip
    after = with_ensemble(before, grown)
    assert after.ensemble("mine") == grown
    assert after.ensemble("b") == parse_study(before).ensemble("b")
    assert after.text.startswith('# my notes\n[study]\nname = "s"\n\n[[ensemble]]\n')
    assert after.text.endswith(before[before.index("\n# of the other") :])
    with pytest.raises(UsageError, match="writes its ensembles as one list"):
        with_ensemble('ensemble = [{name = "a", model = "pss(rc=1.2)"}]', grown)


def test_names_and_options_survive_the_text(tmp_path):
    name = 'quoted "a" \\ λ'
    asked = vitrify.study.ObservableSpec.of({"name": "modes", "number": 4, "below": 0.5, "n_samples": 2})
    spec = imported_spec(name=name, observables=("mechanics", asked), sets={name: 1.5})
    assert with_ensemble("", spec).ensemble(name) == spec


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("parent_temperature = 5.0", "parent_temperature is 5.0, must be left out of an imported ensemble"),
        ("n_pilots = 3", "n_pilots is 3, must be left out of an imported ensemble"),
        ('observables = [{ name = "modes", n_particles = 100 }]', "n_particles is 100, must be left out of an imported"),
        ("imported = 1", "imported is 1, must be true or false"),
    ],
)
def test_keys_that_an_imported_ensemble_cannot_have(line, told):
    text = with_ensemble("", imported_spec(observables=())).text
    text = "\n".join(x for x in text.splitlines() if not x.startswith(line.partition(" ")[0])) + f"\n{line}\n"
    with pytest.raises(UsageError, match=told):
        parse_study(text)


def test_defaults_of_what_is_made_are_nothing_to_an_imported_ensemble():
    defaults = "[defaults]\nparent_temperature = 5.0\nn_pilots = 3\nmelt_msd = 2.0\nn_samples = 1\n"
    assert with_ensemble(defaults, imported_spec()).ensemble("mine") == imported_spec()


def test_asking_for_more_needs_no_file(files, tmp_path):
    store = tmp_path / "s"
    done("import", *files[0][:3], "--store", store, "--ensemble", "mine")
    done("import", "--store", store, "--ensemble", "mine", "--observable", "modes number=3")
    assert [x.name for x in open_store(store).study.ensemble("mine").measured] == ["mechanics", "elasticity", "modes"]
    nothing = call("import", "--store", store, "--ensemble", "another")
    assert (nothing.exit_code, "there is nothing to import" in nothing.stderr) == (2, True)


def test_what_cannot_be_added_to_is_told(files, tmp_path):
    store = tmp_path / "s"
    done("import", files[0][0], "--store", store, "--ensemble", "mine")
    other = call("import", files[0][1], "--store", store, "--ensemble", "mine", "--model", "pss(rc=1.3)")
    assert (other.exit_code, "model is 'pss(rc=1.3)', must be pss(rc=1.2)" in other.stderr) == (2, True)
    named = tmp_path / "named.xyz"
    named.write_text(files[0][1].read_text().replace(MODEL, "pss(rc=1.3)"))
    other = call("import", named, "--store", store, "--ensemble", "mine")
    assert (other.exit_code, f"its model is not {MODEL}, that of ensemble 'mine'" in other.stderr) == (2, True)
    with Leases(Store(store)).announced("import", 1) as run:
        assert Leases(Store(store)).acquire("import", run.name)
        at_work = call("import", files[0][1], "--store", store, "--ensemble", "mine")
    assert (at_work.exit_code, "another import into the store" in at_work.stderr) == (2, True)
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "thesis.tex").write_text("")
    kept = call("import", files[0][1], "--store", folder, "--ensemble", "mine")
    assert (kept.exit_code, os.listdir(folder)) == (2, ["thesis.tex"])
    assert "0 glasses" not in kept.output


def test_glasses_in_memory_are_imported_from_python(glasses, tmp_path):
    found = import_glasses(glasses[:3], store=tmp_path / "s", ensemble="mine", observables=["structure"])
    assert (found.new, found.failed, found.n_samples) == ([0, 1, 2], [], 3)
    assert found.densities == (glasses[0].density, glasses[1].density)
    assert read_study(tmp_path / "s" / "study.toml").name == "s"
    more = import_glasses([*glasses[2:4], glasses[3]], store=tmp_path / "s", ensemble="mine")
    assert (more.new, more.present, more.n_samples) == ([3], 2, 4)
    with pytest.raises(UsageError, match="glass is 7, must be a Glass or the path of a file"):
        import_glasses([7], store=tmp_path / "s", ensemble="mine")
    with pytest.raises(UsageError, match="n_particles is 99, must be left out"):
        import_glasses([], store=tmp_path / "s", ensemble="mine", observables=[{"name": "modes", "n_particles": 99}])
    with pytest.raises(UsageError, match="force_tolerance is -1"):
        import_glasses(glasses[:1], store=tmp_path / "s", ensemble="mine", force_tolerance=-1)


def test_any_cell_sizes_and_dimension(made, tmp_path):
    """A tilted cell, sizes of particles and a plane are kept to the last bit, each in an ensemble of its own."""
    plane = prepare_glass(
        parse(MODEL), n_particles=N, density=0.8, parent_temperature=5.0, rng=np.random.default_rng(3), dimension=2,
        recipe=Recipe(melt_msd=1.0),
    )  # fmt: skip
    tilted = vitrify.quench_glass(made("pss").strained(np.array([[0.0, 0.05, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])))
    given = {"plane": plane, "tilted": tilted, "sizes": made("polydisperse")}
    for name, glass in given.items():
        import_glasses([glass], store=tmp_path / "s", ensemble=name)
    opened = open_store(tmp_path / "s")
    for name, glass in given.items():
        found = opened.glass(name, 0)
        np.testing.assert_array_equal(found.positions, glass.positions)
        np.testing.assert_array_equal(found.box, glass.box)
        assert (found.sizes is None) == (glass.sizes is None)
        assert found.sizes is None or np.array_equal(found.sizes, glass.sizes)
        assert opened.study.ensemble(name).dimension == glass.dimension
    mixed = import_glasses([plane, tilted], store=tmp_path / "s", ensemble="plane")
    assert (mixed.present, [why for _, why in mixed.failed]) == (
        1,
        ["it has 160 particles, but all glasses of ensemble 'plane' have 60"],
    )
    done("run", "--store", tmp_path / "s", "--workers", "1", "--no-report")
    for name, glass in given.items():
        direct = vitrify.measure(glass)
        assert opened.table(name)["shear_modulus"][0] == pytest.approx(direct.shear_modulus, rel=1e-8)  # of two solves


def test_rounded_positions_are_told_and_can_be_allowed(glasses, tmp_path):
    """Eight decimals, as many programs write, leave a force of some 1e-7 of the mean; their moduli are right to as much."""
    rounded = glasses[0].with_positions(np.round(glasses[0].positions, 8))
    with pytest.raises(UsageError, match="not at mechanical equilibrium.*its positions hold 8 decimal digits"):
        import_glasses([rounded], store=tmp_path / "s", ensemble="mine")
    import_glasses([rounded], store=tmp_path / "s", ensemble="mine", force_tolerance=1e-5)
    done("run", "--store", tmp_path / "s", "--workers", "2", "--no-report")
    found = open_store(tmp_path / "s").table("mine")["shear_modulus"]
    assert found[0] == pytest.approx(vitrify.measure(glasses[0]).shear_modulus, rel=1e-5)


def test_run_without_a_study_says_what_it_needs(tmp_path):
    found = call("run")
    assert (found.exit_code, "give STUDY, or --store DIR" in found.stderr) == (2, True)
    Store.create(tmp_path / "s")
    found = call("run", "--store", tmp_path / "s")
    assert (found.exit_code, "has no study.toml" in found.stderr) == (2, True)
