"""vitrify measure --calculator: the numbers of the function, one sentence for what cannot be."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import vitrify
from vitrify.cli.main import cli

PYTHON = '''
import numpy as np

REACH = 1.5


def spheres(positions, cell):
    """Spheres that repel each other as (1 - r^2/REACH^2)^3."""
    away = positions[:, None] - positions
    away -= np.rint(away @ np.linalg.inv(cell)) @ cell
    x = np.maximum(1.0 - np.sum(away**2, axis=-1) / REACH**2, 0.0) * (1.0 - np.eye(len(positions)))
    return 0.5 * np.sum(x**3), 6.0 / REACH**2 * np.einsum("ij,ijd->id", x**2, away)


def broken(positions, cell):
    raise RuntimeError("out of order")


number = 3
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with calculators, and an fcc crystal that names no model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "potential.py").write_text(PYTHON)
    places = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.stack(np.meshgrid(*[np.arange(2)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    rows = "\n".join(f"Cu {x:.17g} {y:.17g} {z:.17g}" for x, y, z in 1.8 * (cells + places).reshape(-1, 3))
    (tmp_path / "crystal.xyz").write_text(f'32\nLattice="3.6 0 0 0 3.6 0 0 0 3.6" pbc="T T T"\n{rows}\n')
    return tmp_path


def measured(*arguments):
    return CliRunner().invoke(cli, ["measure", "crystal.xyz", *arguments])


def test_the_command_says_what_the_function_returns(folder):
    asked = ("--calculator", "potential.py:spheres", "--modes", "4", "--resume", "kept")
    result = measured(*asked, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    namespace = {}
    exec(PYTHON, namespace)
    positions = np.loadtxt(folder / "crystal.xyz", skiprows=2, usecols=(1, 2, 3))
    found = vitrify.measure_calculator(positions, namespace["spheres"], cell=3.6, modes=4)
    assert told["shear_modulus"] == pytest.approx(found.shear_modulus, rel=1e-12)
    assert told["lowest_eigenvalues"] == pytest.approx(found.modes.eigenvalues.tolist(), rel=1e-9)
    assert told["errors"].keys() == found.errors.keys()
    again = measured(*asked)
    assert again.exit_code == 0, again.output
    assert "± " in again.stdout
    assert f"{found.bulk_modulus:.9g} ±" in again.stdout
    calls = next(line.split()[1] for line in again.stdout.splitlines() if line.startswith("force_calls"))
    assert calls == "1"  # whether the calculator is the same; all else was kept


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--calculator", "potential.py:broken"), "the calculator fails: RuntimeError: out of order (potential.py, line "),
        (("--calculator", "potential.py:sphere"), "potential.py has no sphere, did you mean 'spheres'?"),
        (("--calculator", "potential.py:number"), "calculator is 3, must be a calculator of ASE, or a function"),
        (("--calculator", "potential.py"), "must be a Python file and a name in it"),
        (("--calculator", "absent.py:spheres"), "absent.py is not a file, but must be a Python file"),
        (("--calculator", "potential.py:spheres", "--quench"), "--quench is of a model"),
        (("--calculator", "potential.py:spheres", "--model", "pss(rc=1.2)"), "--model is of a model"),
        (("--calculator", "potential.py:spheres", "--frame", "0:2"), "one glass at a time"),
        (
            ("--calculator", "potential.py:spheres", "--kind", "pseudo-harmonic", "--soft-spots", "1"),
            "kind is 'pseudo-harmonic'",
        ),
        (("--calculator", "potential.py:spheres", "--species", "Cu=Zr"), "a function knows none; leave it out"),
        (("--calculator", "potential.py:spheres", "--box", "4"), "has a box of its own"),
        (("--resume", "kept"), "--resume keeps the answers of a --calculator"),
    ],
)
def test_what_cannot_be_is_one_sentence(folder, arguments, sentence):
    result = measured(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_names_of_a_file_become_elements_for_ase(folder):
    pytest.importorskip("ase")
    (folder / "emt.py").write_text("from ase.calculators.emt import EMT\n\ncalculator = EMT()\n")
    rows = "\n".join(
        f"1 {x} {y} {z}" for x, y, z in 3.6 * np.loadtxt(folder / "crystal.xyz", skiprows=2, usecols=(1, 2, 3)) / 1.8
    )
    (folder / "crystal.xyz").write_text(f'32\nLattice="7.2 0 0 0 7.2 0 0 0 7.2"\n{rows}\n')
    result = measured("--calculator", "emt.py:calculator", "--species", "1=Cu", "--json")
    assert result.exit_code == 0, result.output
    from ase.build import bulk
    from ase.calculators.emt import EMT

    atoms = bulk("Cu", cubic=True, a=3.6).repeat((2, 2, 2))
    atoms.calc = EMT()
    told = json.loads(result.stdout)
    assert told["energy_per_particle"] == pytest.approx(atoms.get_potential_energy() / 32, rel=1e-12)
    assert told["pressure"] == pytest.approx(-np.trace(atoms.get_stress(voigt=False)) / 3, rel=1e-9)
    assert measured("--calculator", "emt.py:calculator", "--species", "2=Cu").exit_code == 2
