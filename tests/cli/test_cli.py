"""The command line: numbers come out, mistakes are one sentence and exit code 2."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from samples import GLASSES
from vitrify.cli.main import COMMANDS, cli
from vitrify.observables import measure

STUDY = """[study]
name = "small"
seed = 3

[defaults]
n_pilots = 1
melt_msd = 1.0

[[ensemble]]
name = "DSS rho=0.60"
model = "pss(rc=1.2)"
density = 0.6
n_particles = 100
n_samples = 2
sets = { DSS = 0.60, CSS = 1.2 }
"""


def call(*arguments):
    return CliRunner().invoke(cli, [str(x) for x in arguments])


def refused(result, word):
    """One sentence on standard error, exit code 2, no traceback."""
    assert result.exit_code == 2, result.output
    assert word in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1
    return True


def test_every_command_has_help():
    assert call("--help").exit_code == 0
    for command in COMMANDS:
        result = call(command, "--help")
        assert result.exit_code == 0
        assert len(result.output) > 50
    assert call("nonsense").exit_code == 2


def test_a_study_from_start_to_report(tmp_path):
    study, store = tmp_path / "s.toml", tmp_path / "store"
    study.write_text(STUDY)
    result = call("run", study, "--store", store, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "2 samples made" in result.output
    page = (store / "report" / "index.html").read_text()
    assert "DSS rho=0.60" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("<meta http-equiv=", "")  # nothing from outside
    assert all(f'id="figure-{k}"' in page for k in range(1, 20))
    drawn = {int(x.stem[-2:]) for x in (store / "report" / "figures").glob("*.png")}
    assert drawn >= {2, 3, 4}
    assert page.count("<img") == len(drawn) == 19 - page.count("Nothing to draw: ")
    again = call("run", study, "--store", store, "--workers", 1, "--no-report")
    assert "0 samples made, 2 existed already" in again.output
    status = json.loads(call("status", store, "--json").output)
    (found,) = status["ensembles"]
    assert (found["wanted"], found["done"], found["failed"]) == (2, 2, 0)
    assert "DSS rho=0.60" in call("status", store).output
    assert call("report", store, "--output", tmp_path / "again").exit_code == 0

    key = next((store / "DSS_rho=0.60").glob("glass-*/000001.h5"))
    key.write_bytes(key.read_bytes()[:1000])
    repaired = call("run", study, "--store", store, "--workers", 1, "--no-report")
    assert "1 sample made, 1 existed already" in repaired.output
    assert "set aside" in call("status", store).output

    import vitrify

    opened = vitrify.open_store(store)
    assert opened.ensembles() == ["DSS rho=0.60"]
    assert len(opened.table("DSS rho=0.60")) == 2
    assert measure(opened.glass("DSS rho=0.60", 0)).shear_modulus == opened.table("DSS rho=0.60")["shear_modulus"][0]


def test_make_and_measure(tmp_path):
    path = tmp_path / "g.xyz"
    made = call("make", "pss(rc=1.2)", "--particles", 100, "--density", 0.6, "--temperature", 6, "--output", path)
    assert made.exit_code == 0, made.output
    assert "100 particles" in made.output
    table = call("measure", path)
    assert "shear_modulus" in table.output
    found = json.loads(call("measure", path, "--json").output)
    wanted = "n_particles box model energy_per_particle max_force pressure p_over_p0 stickiness coordination shear_modulus shear_modulus_affine bulk_modulus poisson_ratio g_over_k a0 omega0 zero_modes is_minimum"
    assert set(wanted.split()) <= set(found)
    assert found["max_force"] < 1e-10
    assert found["is_minimum"]
    other = call("measure", path, "--model", "pss(rc=1.3)", "--json")
    assert (other.exit_code, other.stdout) == (2, "")
    told, error = other.stderr.strip().split("\n")
    assert "says that its model is pss(rc=1.2)" in told
    assert "not at mechanical equilibrium" in error
    quenched = json.loads(call("measure", path, "--model", "pss(rc=1.3)", "--json", "--quench").stdout)
    assert quenched["max_force"] < 1e-9
    assert quenched["model"] == "pss(rc=1.3)"


def test_species_are_mapped(pss_glass, tmp_path):
    path = tmp_path / "g.xyz"
    pss_glass.write(path)
    lines = path.read_text().splitlines()
    renamed = [lines[0], lines[1], *(line.replace("A ", "Cu ").replace("B ", "Zr ") for line in lines[2:])]
    path.write_text("\n".join(renamed) + "\n")
    refused(call("measure", path), "map it, such as --species")
    refused(call("measure", path, "--species", "Cu-A"), "Cu=A,Zr=B")
    found = json.loads(call("measure", path, "--species", "Cu=A,Zr=B", "--json").output)
    assert found["shear_modulus"] == measure(pss_glass).shear_modulus


def test_models_and_info():
    assert all(word in call("models").output for word in ("qss(q=12, xc=2.0)", "pss(rc=1.2)", "hertzian()"))
    found = json.loads(call("info", "--json").output)
    assert {"vitrify", "numba", "processor", "solvers", "gpu", "kernel_cache", "cores"} <= set(found)


@pytest.mark.parametrize(("arguments", "word"), [
    (["make", "psss(rc=1.2)", "--particles", "100", "--density", "0.6"], "did you mean 'pss'"),
    (["make", "pss(rx=1.2)", "--particles", "100", "--density", "0.6"], "no parameter 'rx'"),
    (["make", "pss(rc=1.2)", "--particles", "101", "--density", "0.6"], "101"),
    (["make", "pss(rc=1.2)", "--particles", "100", "--density", "9"], "twice the cutoff"),
    (["make", "pss(rc=1.2)", "--particles", "100", "--density", "nan"], "density"),
    (["make", "pss(rc=1.2)", "--particles", "100", "--density", "0.6", "--temperature", "warm"], "positive number or auto"),
])  # fmt: skip
def test_wrong_requests(arguments, word, tmp_path):
    refused(call(*arguments, "--output", tmp_path / "g.xyz"), word)


def test_wrong_places(tmp_path):
    study = tmp_path / "s.toml"
    study.write_text(STUDY)
    refused(
        call("make", "pss(rc=1.2)", "--particles", "100", "--density", "0.6", "--output", tmp_path / "g.pdb"),
        "suffix",
    )
    refused(call("run", tmp_path / "none.toml"), "cannot be read")
    refused(call("run", study, "--store", study / "below"), "cannot be written")
    refused(call("run", study, "--store", tmp_path / "x", "--ensemble", "none"), "no ensemble")
    refused(call("status", tmp_path), "not a vitrify store")
    refused(call("report", tmp_path, "--output", tmp_path / "r"), "neither a vitrify store nor")
    refused(call("measure", tmp_path / "none.xyz"), "does not exist")
    study.write_text(STUDY.replace("density = 0.6", "density = 0.6\ncolour = 3"))
    refused(call("run", study), "line 13")


def test_samples_of_tests_are_known_models():
    assert "pss" in GLASSES


def test_the_command_line_is_the_module_too():
    """Where the script's folder is not on the path, as after pip install --user."""
    said = subprocess.run([sys.executable, "-m", "vitrify", "--help"], capture_output=True, text=True, check=True)
    assert said.stdout.split() == call("--help").output.replace("Usage: cli", "Usage: vitrify").split()
