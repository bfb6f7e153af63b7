"""`measure --modes --qlm --dipoles --write-modes`: what the JSON holds, and what goes wrong."""

import json

import numpy as np
import pytest

from crystals import rattler
from vitrify.observables import elastic_constants, local_moduli
from vitrify.statics import Hessian, Pairs


def test_json_holds_modes_mode_and_dipoles(file, pss_glass, tmp_path, measure):
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
    assert ":disp:R:3:" in lines[1]
    first = np.array([line.split()[4:7] for line in lines[2 : 2 + pss_glass.n_particles]], dtype=float)
    matrix = Hessian(Pairs.of(pss_glass)).matrix()
    assert first.ravel() @ (matrix @ first.ravel()) == pytest.approx(found["lowest_eigenvalues"][0], rel=1e-8)


def test_a_bar_over_dipole_responses_on_a_terminal_alone(monkeypatch, capfd):
    from vitrify.cli.bar import bar

    assert list(bar(np.arange(3), "dipole responses")) == [0, 1, 2]
    assert capfd.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(bar(np.arange(3), "dipole responses")) == [0, 1, 2]
    assert "dipole response 3 of 3" in capfd.readouterr().err


def test_a_table_for_people(file, measure):
    done = measure(file, "--modes", 2, "--qlm")
    assert done.exit_code == 0
    assert "lowest_eigenvalues" in done.output
    assert "dilation_over_shear" in done.output


def test_mistakes_are_one_sentence(file, tmp_path, measure):
    done = measure(file, "--write-modes", tmp_path / "m.xyz")
    assert (done.exit_code, "ask for --modes k or --qlm" in done.stderr) == (2, True)
    done = measure(file, "--modes", 2, "--write-modes", tmp_path / "m.pdf")
    assert (done.exit_code, "must be one of .xyz, .extxyz" in done.stderr) == (2, True)
    assert measure(file, "--modes", 0).exit_code == 2


def test_a_glass_with_a_rattler_is_told(tmp_path, monkeypatch, measure):
    monkeypatch.setattr("vitrify.cli.measure.Glass.read", lambda *_, **__: rattler())
    done = measure(tmp_path / "x.xyz", "--modes", 3, "--model", "pss(rc=1.2)", "--force-tolerance", 1e9)
    assert done.exit_code == 2
    assert "6 zero modes where a solid has 3" in done.stderr


def test_json_holds_elastic_constants(file, pss_glass, tmp_path, measure):
    done = measure(file, "--elastic-constants", "--json")
    assert done.exit_code == 0, done.output
    found, expected = json.loads(done.stdout), elastic_constants(pss_glass)
    known = {
        "stress": "stress",
        "thermodynamic_constants": "thermodynamic",
        "born_constants": "born",
        "birch_coefficients": "birch",
    }
    for name, of in known.items():
        np.testing.assert_allclose(found[name], getattr(expected, of), rtol=1e-9, atol=1e-9)
    assert found["hill_shear_modulus"] == pytest.approx(expected.hill.shear, rel=1e-9)
    assert found["bulk_modulus"] == pytest.approx(found["voigt_bulk_modulus"], rel=1e-9)
    shown = measure(file, "--elastic-constants").stdout
    assert shown.index("birch_coefficients") < shown.index("hill_shear_modulus")
    row = " ".join(f"{x:.8g}" for x in expected.birch[3])
    assert row in " ".join(shown.split())


def test_elastic_constants_without_rattlers(tmp_path, measure):
    path = tmp_path / "glass.xyz"
    rattler().write(path)
    model = (
        "--model",
        "pss(rc=1.2)",
        "--mixture",
        "1; lengths 1",
        "--force-tolerance",
        1e3,
    )  # its pairs bear only rounding
    asked = (*model, "--elastic-constants", "--without-rattlers")
    found = json.loads(measure(path, *asked, "--json").stdout)
    expected = elastic_constants(rattler(), without_rattlers=True)
    np.testing.assert_allclose(found["birch_coefficients"], expected.birch, atol=1e-9 * np.abs(expected.birch).max())
    assert found["is_minimum"]


def test_observables_of_studies_are_measured_as_they_stand(file, pss_glass, measure):
    found = json.loads(
        measure(file, "--observable", "elastic_constants", "--observable", "local_moduli cells=2", "--json").stdout
    )
    constants, maps = elastic_constants(pss_glass), local_moduli(pss_glass, cells=2)
    birch = 0.5 * (constants.birch + constants.birch.T)
    assert found["c_45"] == pytest.approx(birch[3, 4], rel=1e-8)
    np.testing.assert_allclose(found["elastic_constants_arrays"]["birch"], constants.birch, atol=1e-8 * birch.max())
    np.testing.assert_allclose(found["local_moduli_arrays"]["bulk_modulus"], maps.bulk_modulus, rtol=1e-8)
    assert found["local_shear_modulus_width"] == pytest.approx(maps.shear_modulus_width, rel=1e-8)
    assert measure(file, "--observable", "local_moduli cells=65").exit_code == 2
