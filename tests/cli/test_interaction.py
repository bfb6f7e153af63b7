"""A formula or a table in place of a model, on the command line."""

import numpy as np
import pytest
from click.testing import CliRunner

import crystals
import embedded_atoms
from vitrify import Glass, models
from vitrify.cli.main import cli

FORMULA = "4*((l/r)**12 - (l/r)^6)"


def call(*arguments):
    return CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.fixture
def soft(tmp_path, pss_glass, monkeypatch):
    """A glass that names no model, in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    pss_glass.write("glass.xyz")
    count, comment, *rows = (tmp_path / "glass.xyz").read_text(encoding="utf-8").splitlines()
    lines = [count, comment.split(" model=")[0], *rows, ""]
    (tmp_path / "bare.xyz").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_measure_by_a_formula_and_by_the_family_it_is(soft):
    by_hand = call("measure", "bare.xyz", "--model", "inverse_power(rc=1.4)", "--energy-only")
    by_formula = call(
        "measure",
        "bare.xyz",
        "--potential",
        "a*(l/r)^n",
        "--cutoff",
        1.4,
        "--parameter",
        "n=10",
        "--parameter",
        "a=1",
        "--energy-only",
    )
    quoted = call("measure", "bare.xyz", "--model", 'formula("a*(l/r)^n", cutoff=1.4, a=1, n=10)', "--energy-only")
    models.inverse_power(rc=1.4).write_lammps_table("ipl.table", points=2000)
    by_table = call("measure", "bare.xyz", "--pair-table", "ipl.table", "--section", "A:A", "--energy-only")
    energies = [
        next(line.split()[1] for line in x.output.splitlines() if line.startswith("energy_per_particle"))
        for x in (by_hand, by_formula, quoted, by_table)
    ]
    assert len(set(energies)) == 1


@pytest.mark.slow  # its kernels are those of no other test
def test_make_writes_the_formula_into_the_file(tmp_path):
    out = tmp_path / "made.xyz"
    done = call(
        "make",
        "--potential",
        "(λ/r)**10",
        "--cutoff",
        1.4,
        "--smooth-to",
        3,
        "--mixture",
        "1; lengths 1",
        "--particles",
        100,
        "--density",
        0.9,
        "--temperature",
        0.5,
        "--output",
        out,
    )
    assert done.exit_code == 0, done.output
    assert str(Glass.read(out).model) == 'formula("(l/r)^10", cutoff=1.4, smooth_to=3) [1; lengths 1]'


@pytest.mark.parametrize(("arguments", "told"), [
    (["--potential", FORMULA], "--potential needs --cutoff"),
    (["--cutoff", 2.5], "--cutoff is of a --potential, and there is none"),
    (["--section", "A:A"], "--section is of a --pair-table, and there is none"),
    (["--smooth-to", 3], "--smooth-to is of a --potential or --pair-table, and there is none"),
    (["--mixture", "0.8:0.2; lengths 1,0.8,0.88"], "--mixture is of a model that is given"),
    (["--model", "pss()", "--potential", FORMULA, "--cutoff", 2.5], "a model and --potential stand side by side"),
    (["--potential", FORMULA, "--cutoff", 2.5, "--parameter", "a"], "must be written like kappa=1.5"),
    (["--potential", FORMULA, "--cutoff", 2.5, "--parameter", "a=1"], "has no 'a', whose value is given"),
    (["--potential", FORMULA, "--cutoff", "inf"], "--cutoff is inf, must be a finite number of λ"),
    (["--potential", "a/r", "--cutoff", 2, "--parameter", "a=1", "--parameter", "a=2"], "--parameter a is given twice, as 1 and as 2"),
    (["--potential", "a/r", "--cutoff", 2, "--parameter", "a=inf"], "--parameter a is inf, must be a finite number"),
    (["--potential", "a/r", "--cutoff", 2, "--parameter", "cutoff=3"], "--parameter cutoff: this is no name for a parameter of a formula, but belongs to --cutoff"),
    (["--potential", "1/(r - 1)", "--cutoff", 2.5], "is singular at r = 1 λ" ),
    (["--potential", 'exp("r")', "--cutoff", 2.5], "without quotes"),
    (["--pair-table", "absent.table"], "table absent.table is not there"),
    (["--eam", "absent.eam.fs"], "potential absent.eam.fs is not there"),
    (["--elements", "Cu,Zr"], "--elements is of a --eam, and there is none"),
    (["--eam", "a.eam.fs", "--pair-table", "a.table"], "--pair-table and --eam stand side by side"),
    (["--model", 'eam("absent.eam.fs", digest="0123456789abcdef")'], "is not here; name its file by --eam"),
    (["--model", 'tabulated("absent.table", digest="0123456789abcdef")'], "is not here; name its file by --pair-table"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(soft, arguments, told):
    done = call("measure", "bare.xyz", *arguments)
    assert done.exit_code == 2
    assert told in done.output.replace("\n", " ")
    assert "Traceback" not in done.output


def test_models_lists_both():
    listed = call("models").output
    assert 'write: formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5)' in listed
    assert 'write: tabulated("pss.table", section="A:A")' in listed
    assert 'write: eam("CuZr.eam.fs", elements="Cu,Zr")' in listed


def test_measure_by_a_file_of_embedded_atoms(tmp_path, monkeypatch):
    """The readable form, and the options; the energy is that of the closed forms."""
    monkeypatch.chdir(tmp_path)
    model = embedded_atoms.model(tmp_path / "CuZr.eam.alloy", fs=False)
    glass = crystals.shaken(model)
    glass.write("glass.xyz")
    expected = float(embedded_atoms.energy_function(glass, fs=False)(glass.positions, np.zeros((3, 3)))) / glass.n_particles
    quoted = ["--model", 'eam("CuZr.eam.alloy", elements="Cu,Zr")']
    for said in ([], ["--eam", "CuZr.eam.alloy", "--elements", "Cu,Zr"], quoted):
        output = call("measure", "glass.xyz", *said, "--energy-only").output
        energy = next(line.split()[1] for line in output.splitlines() if line.startswith("energy_per_particle"))
        assert float(energy) == pytest.approx(expected, rel=1e-5)
