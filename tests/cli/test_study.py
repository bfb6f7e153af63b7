"""Studies that come with the package: by name from any folder, the same as their files."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import vitrify
from vitrify import campaign
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.shipped import FOLDER, shipped_studies
from vitrify.study import Ledger, read_study, write_manifest

NAMES = list(shipped_studies())
STUDY = '[[ensemble]]\nname = "a"\nmodel = "pss(rc=1.2)"\ndensity = 0.6\nn_particles = 100\nn_samples = 2\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder, in which the user stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


def refused(result, *words):
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert all(x in result.stderr for x in words), result.stderr
    return True


def test_the_studies_are_listed_one_per_line_each_with_its_sentence():
    assert NAMES == ["quick", "glass_formers", "other_glasses", "evidence", "paper"]
    lines = call("study", "--list").stdout.splitlines()
    assert [x.split()[0] for x in lines] == NAMES
    for name, line in zip(NAMES, lines, strict=True):
        told = vitrify.shipped_studies()[name]
        assert line.endswith(told)
        assert (FOLDER / f"{name}.toml").read_text(encoding="utf-8").startswith(f"# {told}\n")
        assert told[0].isupper()
        assert told.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_study_is_printed_to_the_byte_and_is_the_same_study(name, folder):
    result = call("study", name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout_bytes == (FOLDER / f"{name}.toml").read_bytes()
    (folder / "mine.toml").write_bytes(result.stdout_bytes)
    assert read_study("mine.toml") == read_study(name) == read_study(FOLDER / f"{name}.toml")
    assert read_study(name).name == name  # so that its store has this name too


def test_what_a_store_keeps_is_the_same_from_the_name_and_from_the_file(folder):
    for store, source in (("named", "quick"), ("filed", FOLDER / "quick.toml")):
        write_manifest(Ledger(read_study(source)), Store.create(folder / store))
    named, filed = (
        {x.relative_to(y): x.read_bytes() for x in y.rglob("*") if x.is_file()}
        for y in (folder / "named", folder / "filed")
    )
    assert len(named) > 16
    assert named == filed


def test_a_study_that_is_no_name_is_refused_with_what_there_is():
    refused(
        call("study", "quik"),
        "'quik' is unknown",
        "quick, glass_formers, other_glasses, evidence and paper",
        "did you mean 'quick'?",
    )
    refused(call("study"), "--list")
    refused(call("study", "quick", "--list"), "not both")
    for command in ("plan", "run"):
        refused(call(command, "quik"), "study quik cannot be read", "did you mean 'quick'?")
        refused(call(command, "studies/quick.toml"), "No such file", "did you mean 'quick'?")


def test_other_mistakes_are_told_without_the_list(folder):
    assert "studies that vitrify brings" not in call("plan", folder).stderr
    (folder / "wrong.toml").write_text("[study\n")
    assert "studies that vitrify brings" not in call("plan", "wrong.toml").stderr


def test_a_file_of_that_name_comes_first_and_a_folder_does_not(folder):
    (folder / "quick").mkdir()
    assert len(read_study("quick").ensembles) == 16
    (folder / "quick").rmdir()
    (folder / "quick").write_text(STUDY)
    assert [x.name for x in read_study("quick").ensembles] == ["a"]
    assert "a parent_temperature" in " ".join(call("plan", "quick").stdout.split())


@pytest.mark.parametrize("command", ["plan", "run"])
def test_what_says_a_place_is_no_name(folder, command):
    """`vitrify run quick/` must not make the shipped study's glasses where a folder was meant."""
    refused(call(command, "./quick"), "No such file")
    (folder / "quick").mkdir()
    refused(call(command, "quick/"), "Is a directory")


def test_a_study_is_planned_and_run_by_its_name_alone(folder, monkeypatch):
    planned = call("plan", "quick")
    assert planned.exit_code == 0, planned.output
    assert "QSS q=6" in planned.stdout
    assert list(folder.iterdir()) == []
    seen = []

    class Stopped(Exception):
        pass

    def recorded(units, place, **_):
        seen.append((sum(len(x.tasks) for x in units), place.directory))
        raise Stopped

    monkeypatch.setattr(campaign, "run", recorded)
    assert isinstance(call("run", "quick", "--workers", 1).exception, Stopped)
    ((tasks, place),) = seen
    assert tasks > 1000
    assert Path(place) == Path("quick-store")
    assert (folder / "quick-store" / "study.toml").read_bytes() == (FOLDER / "quick.toml").read_bytes()


def test_each_study_of_the_repository_is_copied_into_the_wheel():
    """No links are used: they are lost where a system or an archive knows none."""
    root = Path(__file__).parents[2]
    build = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    assert build["force-include"] == {f"studies/{name}.toml": f"vitrify/studies/{name}.toml" for name in NAMES}
    assert sorted(NAMES) == sorted(x.stem for x in (root / "studies").glob("*.toml") if not x.is_symlink())
