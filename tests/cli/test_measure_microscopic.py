"""`measure --modes --qlm --dipoles --write-modes`: what the JSON holds, and what goes wrong."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from crystals import rattler
from vitrify.cli.main import cli
from vitrify.statics import Hessian, Pairs


@pytest.fixture
def file(tmp_path, pss_glass):
    path = tmp_path / "glass.xyz"
    pss_glass.write(path)
    return path


def measure(*arguments):
    return CliRunner().invoke(cli, ["measure", *map(str, arguments)])


def test_json_holds_modes_mode_and_dipoles(file, pss_glass, tmp_path):
    frames = tmp_path / "modes.xyz"
    done = measure(file, "--modes", 5, "--qlm", "--dipoles", 6, "--json", "--write-modes", frames)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    spectrum = np.linalg.eigvalsh(Hessian(Pairs.of(pss_glass)).matrix().toarray())
    np.testing.assert_allclose(found["lowest_eigenvalues"], spectrum[3:8], rtol=1e-8)
    assert set(found["qlm"]) == {
        "frequency", "residual", "participation_ratio", "quartic", "k_plus", "k_minus", "f_plus", "f_minus",
        "dilation_over_shear",
    }  # fmt: skip
    assert found["qlm"]["residual"] < 1e-9
    assert found["qlm"]["frequency"] ** 2 >= found["lowest_eigenvalues"][0]
    assert all(x["dipoles"] <= 6 and x["c"] > 0 for x in found["dipoles"])
    lines = frames.read_text().splitlines()
    assert len(lines) == 6 * (pss_glass.n_particles + 2)
    assert ":Displacement:R:3 " in lines[1]
    first = np.array([line.split()[4:] for line in lines[2 : 2 + pss_glass.n_particles]], dtype=float)
    matrix = Hessian(Pairs.of(pss_glass)).matrix()
    assert first.ravel() @ (matrix @ first.ravel()) == pytest.approx(found["lowest_eigenvalues"][0], rel=1e-8)


def test_a_bar_over_dipole_responses_on_a_terminal_alone(monkeypatch, capfd):
    from vitrify.cli.bar import bar

    assert list(bar(np.arange(3), "dipole responses")) == [0, 1, 2]
    assert capfd.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(bar(np.arange(3), "dipole responses")) == [0, 1, 2]
    assert "dipole responses" in capfd.readouterr().err


def test_a_table_for_people(file):
    done = measure(file, "--modes", 2, "--qlm")
    assert done.exit_code == 0
    assert "lowest_eigenvalues" in done.output
    assert "dilation_over_shear" in done.output


def test_mistakes_are_one_sentence(file, tmp_path):
    done = measure(file, "--write-modes", tmp_path / "m.xyz")
    assert (done.exit_code, "ask for --modes k or --qlm" in done.stderr) == (2, True)
    done = measure(file, "--modes", 2, "--write-modes", tmp_path / "m.pdf")
    assert (done.exit_code, "must be one of .xyz, .extxyz" in done.stderr) == (2, True)
    assert measure(file, "--modes", 0).exit_code == 2


def test_a_glass_with_a_rattler_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("vitrify.cli.measure.Glass.read", lambda *_: rattler())
    done = measure(tmp_path / "x.xyz", "--modes", 3, "--model", "pss(rc=1.2)", "--force-tolerance", 1e9)
    assert done.exit_code == 2
    assert "6 zero modes where a solid has 3" in done.stderr
