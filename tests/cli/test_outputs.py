"""What a command writes: asked about before the work, never onto what it reads, and kept."""

import json
import os
import stat
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from crystals import ONE_KIND
from stores import filled, study_text
from vitrify.campaign import Store
from vitrify.cli.main import cli
from vitrify.formats.displacements import write_displacements
from vitrify.glass import Glass
from vitrify.models import Model, catalogue
from vitrify.observables import measure
from vitrify.papers.sticky_spheres_1 import PAPER
from vitrify.papers.sticky_spheres_1.figures import FIGURES
from vitrify.preparation import quench_glass
from vitrify.report import write_report

MAKE = ["make", "pss(rc=1.2)", "--particles", 100, "--density", 0.6, "--temperature", 3]


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


def refused(result, word):
    """One sentence on standard error, exit code 2, nothing on standard output."""
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert word in result.stderr
    assert len(result.stderr.splitlines()) == 1
    return True


@pytest.fixture
def file(tmp_path, pss_glass):
    pss_glass.write(tmp_path / "g.xyz")
    return tmp_path / "g.xyz"


@pytest.fixture
def pushed(tmp_path, pss_glass):
    """A file of a glass that is not at equilibrium."""
    step = 1e-3 * np.sin(np.arange(3 * pss_glass.n_particles)).reshape(-1, 3)
    pss_glass.with_positions(pss_glass.positions + step).write(tmp_path / "pushed.xyz")
    return tmp_path / "pushed.xyz"


@pytest.fixture
def idle(monkeypatch):
    """No work may begin."""

    def worked(*_, **__):
        raise AssertionError("the work was begun before the place of its output was asked about")

    for name in ("make.make_glass", "measure.Glass.read", "measure.quench_glass"):
        monkeypatch.setattr(f"vitrify.cli.{name}", worked)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("outputs") / "s", study_text(("loose", '"mechanics"')))


@pytest.mark.parametrize("option", ["--write-modes", "--output"])
@pytest.mark.parametrize("spelling", ["./g.xyz", "below/../g.xyz", "link.xyz", "hard.xyz"])
def test_nothing_is_written_onto_its_own_input(file, idle, monkeypatch, option, spelling):
    monkeypatch.chdir(file.parent)
    (file.parent / "below").mkdir()
    (file.parent / "link.xyz").symlink_to("g.xyz")
    os.link(file, file.parent / "hard.xyz")
    before = file.read_bytes()
    assert refused(call("measure", "g.xyz", "--modes", 1, option, spelling), "same place as FILE")
    assert file.read_bytes() == before


def test_two_outputs_are_two_files(file, idle, tmp_path):
    same = ["--output", tmp_path / "a.xyz", "--write-modes", tmp_path / "." / "a.xyz"]
    assert refused(call("measure", file, "--modes", 1, *same), "same place as --output")


@pytest.mark.parametrize(("place", "word"), [
    ("missing/a.xyz", "there is no folder"),
    ("folder.xyz", "it is a folder"),
    ("g.xyz/a.xyz", "Not a directory"),
    ("/proc/a.xyz", "cannot be written"),
])  # fmt: skip
def test_places_are_asked_about_before_the_work(file, idle, tmp_path, place, word):
    (tmp_path / "folder.xyz").mkdir()
    assert refused(call(*MAKE, "--output", tmp_path / place), word)
    assert refused(call("measure", file, "--modes", 3, "--write-modes", tmp_path / place), word)
    assert refused(call("measure", file, "--quench", "--output", tmp_path / place), word)


def test_a_link_and_the_permissions_of_an_output_stay(tmp_path):
    real, link = tmp_path / "real.xyz", tmp_path / "link.xyz"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to("real.xyz")
    assert call(*MAKE, "--output", link).exit_code == 0
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert Glass.read(real).n_particles == 100


def test_modes_are_written_whole_or_not_at_all(pss_glass, tmp_path):
    frames, vector = tmp_path / "modes.xyz", np.zeros((pss_glass.n_particles, 3))
    frames.write_text("old")
    with pytest.raises(ValueError, match="dimension"):  # of the second, when the first is written
        write_displacements(pss_glass, [("mode 0", 1.0, vector), ("mode 1", 1.0, vector[:5])], frames)
    assert frames.read_text() == "old"
    assert os.listdir(tmp_path) == ["modes.xyz"]


def test_modes_have_the_name_that_ovito_draws(file, tmp_path, pss_glass):
    import ase.io

    frames = tmp_path / "modes.xyz"
    assert call("measure", file, "--modes", 2, "--qlm", "--write-modes", frames).exit_code == 0
    assert "Properties=species:S:1:pos:R:3:disp:R:3:" in frames.read_text().splitlines()[1]
    read = ase.io.read(frames, ":", format="extxyz")
    assert [x.info["mode"] for x in read] == ["mode 0", "mode 1", "quasilocalised"]
    assert all(x.arrays["disp"].shape == (pss_glass.n_particles, 3) for x in read)
    assert np.array_equal(read[0].positions, pss_glass.positions)
    assert np.array_equal(read[0].get_tags(), pss_glass.species)  # ASE knows elements alone, and not A


def test_a_quenched_glass_is_kept(pushed, tmp_path):
    kept = tmp_path / "quenched.xyz"
    done = call("measure", pushed, "--quench", "--output", kept, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    again = quench_glass(Glass.read(pushed))
    assert np.array_equal(Glass.read(kept).positions, again.positions)
    assert measure(Glass.read(kept)).shear_modulus == found["shear_modulus"]
    assert Glass.read(kept).provenance["quench_max_force"] == pytest.approx(found["max_force"], abs=1e-9)


def test_a_quenched_glass_is_kept_though_it_cannot_be_measured(pushed, tmp_path):
    kept = tmp_path / "quenched.xyz"
    assert call("measure", pushed, "--quench", "--output", kept, "--force-tolerance", 1e-30).exit_code == 2
    assert Glass.read(kept).n_particles == Glass.read(pushed).n_particles


def test_how_to_keep_a_quenched_glass_is_said_once(pushed, tmp_path):
    assert "--output FILE" in call("measure", pushed, "--quench").stderr
    assert call("measure", pushed, "--quench", "--json").stderr == ""
    told = call("measure", pushed, "--quench", "--output", tmp_path / "q.xyz").stderr
    assert told == f"{tmp_path / 'q.xyz'}: the glass after its quench\n"


@pytest.mark.parametrize("name", ["copy.xyz", "copy.data", "copy.gsd"])
def test_a_glass_is_written_in_another_format(file, tmp_path, pss_glass, name):
    assert call("measure", file, "--output", tmp_path / name).exit_code == 0
    pss_glass.write(tmp_path / f"own_{name}")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"own_{name}").read_bytes()


@pytest.mark.parametrize(("arguments", "word"), [
    (["--table", "missing/t.csv"], "there is no folder"),
    (["--table", "folder.csv"], "it is a folder"),
    (["--table", "t.csv", "--glasses", "file"], "is no folder"),
    (["--table", "t.csv", "--glasses", "t.csv"], "same place as --table"),
    (["--glasses", "STORE"], "same place as DIRECTORY"),
])  # fmt: skip
def test_places_of_exports_are_asked_about_before_the_work(store, tmp_path, monkeypatch, arguments, word):
    def read(*_, **__):
        raise AssertionError("the store was read")

    for name in ("tables", "glass_of"):
        monkeypatch.setattr(f"vitrify.opening.OpenStore.{name}", read)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("x")
    assert refused(call("export", store, *(str(store) if x == "STORE" else x for x in arguments)), word)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.csv"]


@pytest.mark.parametrize(
    ("place", "word"), [("file", "is no folder"), ("file/below", "is no folder"), ("/proc/r", "cannot be written")]
)
def test_the_place_of_a_report_is_asked_about_before_the_work(store, tmp_path, monkeypatch, place, word):
    def read(*_, **__):
        raise AssertionError("the store was read")

    monkeypatch.setattr("vitrify.report.page.gather", read)
    (tmp_path / "file").write_text("x")
    assert refused(call("report", store, "--output", tmp_path / place), word)
    assert refused(call("report", store, "--output", store), "same place as DIRECTORY")


def test_a_report_keeps_links_and_permissions_and_is_whole(store, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "vitrify.report.page.paper_of", lambda _: replace(PAPER, figures=FIGURES[1:3])
    )  # all nineteen take a quarter of a minute
    (tmp_path / "r").symlink_to("later")
    assert call("report", store, "--output", tmp_path / "r").exit_code == 0
    page = tmp_path / "later" / "index.html"
    page.chmod(0o640)
    page.rename(tmp_path / "public.html")
    page.symlink_to("../public.html")
    (tmp_path / "public.html").write_text("old")
    assert call("report", store, "--output", tmp_path / "r").exit_code == 0
    assert page.is_symlink()
    assert "<html" in page.read_text()
    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    assert not [x for x in tmp_path.rglob("*") if x.name.endswith(".tmp")]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_report_shows_how_far_it_is_on_a_terminal_alone(store, tmp_path, monkeypatch, capfd, terminal):
    from vitrify.cli.bar import bar

    monkeypatch.setattr("vitrify.report.page.paper_of", lambda _: replace(PAPER, figures=FIGURES[1:2]))
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    write_report(Store(store), tmp_path / "r", track=bar)
    said = capfd.readouterr()
    assert said.out == ""
    assert ("reading ensemble 1 of" in said.err, "drawing figure 1 of 1" in said.err) == (terminal, terminal)


def test_the_report_command_shows_it(store, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("vitrify.report.page.paper_of", lambda _: replace(PAPER, figures=FIGURES[1:2]))
    monkeypatch.setattr("vitrify.cli.report.bar", lambda chosen, title: shown.append(title) or chosen)
    assert call("report", store, "--output", tmp_path / "r").exit_code == 0
    assert shown == ["ensembles", "claims", "figures", "pages of glasses"]


def pulled_crystal():
    """An fcc crystal beyond its best distance: no pair repels, and the stickiness is infinite."""
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    edge = 1.02 * 2.0 ** (1 / 6) * np.sqrt(2.0)
    model = Model("pss", catalogue.pss(rc=1.2).potential, ONE_KIND)
    return Glass(edge * (cells + basis).reshape(-1, 3), 3 * edge, np.zeros(108, dtype=int), model)


def test_json_has_no_word_that_json_lacks(tmp_path, monkeypatch):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    monkeypatch.setattr("vitrify.cli.measure.Glass.read", lambda *_, **__: pulled_crystal())
    done = call("measure", tmp_path / "x.xyz", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout, parse_constant=refuse)["stickiness"] is None


@pytest.mark.parametrize(("place", "word"), [
    ("folder.xyz", "is a folder"),
    ("pipe.xyz", "is a pipe or a device"),
    ("nothing.xyz", "is a pipe or a device"),
    ("loop.xyz", "does not exist"),
    ("two\nlines.xyz", r"two\nlines.xyz does not exist"),
    (os.fsdecode(b"caf\xe9.xyz"), r"caf\udce9.xyz does not exist"),
])  # fmt: skip
def test_what_is_no_file_to_read_is_one_sentence(tmp_path, place, word):
    (tmp_path / "folder.xyz").mkdir()
    os.mkfifo(tmp_path / "pipe.xyz")  # nobody writes into it: it must not be waited for
    (tmp_path / "nothing.xyz").symlink_to("/dev/null")
    (tmp_path / "loop.xyz").symlink_to("loop.xyz")
    assert refused(call("measure", tmp_path / place), word)
