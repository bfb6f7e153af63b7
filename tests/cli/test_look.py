"""vitrify look, and vitrify measure --report."""

import json
import shutil
import webbrowser

import numpy as np
import pytest
from click.testing import CliRunner

from glass_pages import Elements
from stores import filled, study_text
from vitrify import waiting
from vitrify.cli.main import cli
from vitrify.glass import Glass

QUICK = ("--modes", 2, "--soft-spots", 0, "--dipoles", 0, "--no-qlm")


@pytest.fixture
def look(tmp_path, monkeypatch):
    """Call `vitrify look` with these arguments in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, ["look", *map(str, arguments)])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    text = study_text(("one", '{ name = "modes", number = 2 }'), ("two", '"mechanics"'))
    return filled(tmp_path_factory.mktemp("look") / "small", text)


def page(path):
    return Elements(path.read_text(encoding="utf-8"))


def refused(result, *words):
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert all(x in result.stderr for x in words), result.stderr


def test_the_page_of_a_file_has_its_name(look, file, tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "EVERY", 0.005)
    monkeypatch.setattr(waiting, "FIRST_LINE", 0.0)
    monkeypatch.setattr(waiting, "NEXT_LINE", 0.0)
    result = look(file, *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stdout == "glass.html: the page of this glass; open it in a browser\n"
    assert "2 lowest modes" in result.stderr
    assert "glass.xyz" in page(tmp_path / "glass.html").text


def test_the_page_is_opened_where_that_is_asked(look, file, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert look(file, *QUICK, "--output", "mine.html", "--open").exit_code == 0
    assert opened == [(tmp_path / "mine.html").as_uri()]


def test_options_say_what_a_file_is(look, file, tmp_path):
    text = file.read_text().replace("A ", "Cu ").replace("B ", "Zr ")
    (tmp_path / "alloy.xyz").write_text(text)
    result = look("alloy.xyz", *QUICK, "--species", "Cu=A,Zr=B", "--frame", 0)
    assert result.exit_code == 0, result.output
    assert "alloy.xyz, frame 0" in page(tmp_path / "alloy.html").text


def test_a_glass_out_of_equilibrium_is_quenched_where_that_is_asked(look, pss_glass, tmp_path):
    pss_glass.with_positions(pss_glass.positions + 0.01 * np.sin(np.arange(480).reshape(-1, 3))).write(tmp_path / "hot.xyz")
    result = look("hot.xyz", *QUICK)
    assert result.exit_code == 0
    assert "This page has neither moduli nor modes: not at mechanical equilibrium" in result.stderr
    assert "not at mechanical equilibrium" in page(tmp_path / "hot.html").text
    assert look("hot.xyz", *QUICK, "--quench").exit_code == 0
    assert "not at mechanical equilibrium" not in page(tmp_path / "hot.html").text
    assert "mode 1" in page(tmp_path / "hot.html").text


def test_a_glass_of_a_store_is_shown_and_the_choice_told(look, store, tmp_path):
    result = look(store, *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("small.html: ")
    assert "with the lowest mode, ω = " in result.stderr
    assert "Glass of ensemble one, sample" in page(tmp_path / "small.html").text
    result = look(store, "--ensemble", "two", "--sample", 1, *QUICK, "--output", "x.html")
    assert result.exit_code == 0, result.output
    assert "Glass of ensemble two, sample 1" in page(tmp_path / "x.html").text


def test_what_cannot_be_looked_at_is_told_in_one_sentence(look, file, store, tmp_path):
    (tmp_path / "words.xyz").write_text("no glass\n")
    (tmp_path / "empty").mkdir()
    refused(look("words.xyz"), "words.xyz")
    refused(look("absent.xyz"), "absent.xyz")
    refused(look("empty"), "empty")
    refused(look(store, "--ensemble", "three", "--sample", 0), "three")
    refused(look(store, "--ensemble", "three"), "three")
    refused(look(store, "--ensemble", "one", "--sample", 9), "sample is 9", "0 to 1")
    refused(look(file, "--sample", 1), "--sample is of a store")
    refused(look(store, "--model", "pss(rc=1.2)"), "--model is of a file")
    refused(look(store, "--quench"), "--quench is of a file")
    refused(look(file, "--frame", "0:2"), "--frame")
    refused(look(file, "--output", "glass.xyz"), "--output", "ends in .html")
    refused(look(file, "--output", "absent/x.html"), "absent/x.html cannot be written")


def test_a_file_is_not_written_over(look, file, tmp_path):
    shutil.copy(file, tmp_path / "x.html")
    assert look("x.html", "--output", "x.html").exit_code == 2
    assert (tmp_path / "x.html").read_bytes() == file.read_bytes()


# vitrify measure --report


def test_the_report_shows_what_was_measured(measure, file, tmp_path):
    result = measure(file, "--modes", 2, "--json", "--report", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    numbers = json.loads(result.stdout)
    rows = {row[0]: row for row in page(tmp_path / "page.html").rows if row}
    assert rows["pressure"][1] == f"{numbers['pressure']:.9g}"
    assert rows["mode 1"][1] == f"{numbers['lowest_eigenvalues'][1] ** 0.5:.6g}"
    assert "mode 2" not in rows
    assert "the page of this glass" in result.stderr


def test_a_report_goes_with_quench_and_output(measure, pss_glass, tmp_path):
    pss_glass.with_positions(pss_glass.positions + 0.01 * np.sin(np.arange(480).reshape(-1, 3))).write(tmp_path / "hot.xyz")
    result = measure(
        tmp_path / "hot.xyz",
        "--quench",
        "--output",
        tmp_path / "cold.xyz",
        "--observable",
        "structure",
        "--report",
        tmp_path / "p.html",
    )
    assert result.exit_code == 0, result.output
    assert Glass.read(tmp_path / "cold.xyz").n_particles == 160
    assert "Radial distribution functions" in page(tmp_path / "p.html").text
    assert page(tmp_path / "p.html").of("option") == []


def test_reports_that_cannot_be_are_refused_before_the_work(measure, file, tmp_path):
    refused(measure(file, "--report", tmp_path / "page.txt"), "--report", "ends in .html")
    refused(measure(file, "--report", tmp_path / "absent" / "page.html"), "cannot be written")
    refused(measure(file, file, "--report", tmp_path / "page.html"), "--report is the page of one glass")
    assert not (tmp_path / "page.html").exists()
