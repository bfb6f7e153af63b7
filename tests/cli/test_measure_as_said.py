"""`vitrify measure` of files that do not say what they are: units, species, what is no minimum."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import constants

import vitrify
from vitrify.cli.main import cli
from vitrify.errors import UsageError
from vitrify.glass import Glass

ARGON = ("--units", "metal", "--lambda", "3.405", "--epsilon", "0.010324", "--mass", "39.948")


def run(*arguments):
    return CliRunner().invoke(cli, ["measure", *map(str, arguments)])


def numbers(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def written(path, glass, *, factor=1.0, names="AB"):
    """A file that says nothing but where particles of these names are."""
    cell = np.zeros((3, 3))
    cell[: glass.dimension, : glass.dimension] = glass.cell.matrix * factor
    cell[2, 2] = cell[2, 2] or 1.0
    positions = np.zeros((glass.n_particles, 3))
    positions[:, : glass.dimension] = glass.positions * factor
    rows = "".join(
        f"{names[k]} {x:.17g} {y:.17g} {z:.17g}\n" for k, (x, y, z) in zip(glass.species, positions, strict=True)
    )
    head = f'Lattice="{" ".join(f"{x:.17g}" for x in cell.ravel())}" Properties=species:S:1:pos:R:3 pbc="T T {"TF"[glass.dimension == 2]}"'
    path.write_text(f"{glass.n_particles}\n{head}\n{rows}")
    return path


@pytest.fixture(scope="module")
def argon(made, tmp_path_factory):
    return written(tmp_path_factory.mktemp("argon") / "g.xyz", made("lennard_jones"), factor=3.405)


def test_argon_in_angstrom_has_its_moduli_in_gpa(made, argon):
    """A Lennard-Jones glass in Å: the numbers are those of the reduced one, and of them times CODATA's constants."""
    found, reduced = numbers(argon, "--model", "lennard_jones(rc=1.8)", *ARGON), vitrify.measure(made("lennard_jones"))
    assert found["shear_modulus"] == pytest.approx(reduced.shear_modulus, rel=1e-9)
    pascal = 0.010324 * constants.e / 3.405e-10**3
    assert found["shear_modulus_GPa"] == pytest.approx(reduced.shear_modulus * pascal / 1e9, rel=1e-9)
    hertz = np.sqrt(0.010324 * constants.e / (39.948e-3 / constants.N_A)) / 3.405e-10 / (2 * np.pi)
    assert found["omega0_THz"] == pytest.approx(reduced.omega0 * hertz / 1e12, rel=1e-9)
    assert found["box_angstrom"] == pytest.approx(3.405 * reduced.box)


def test_a_line_has_both(argon):
    result = run(argon, "--model", "lennard_jones(rc=1.8)", *ARGON)
    assert result.exit_code == 0, result.output
    assert re.search(r"^shear_modulus +\S+  G in xy, Eq. \(A1\), ε/λ³ = \S+ GPa$", result.stdout, re.MULTILINE)
    assert re.search(r"^poisson_ratio +\S+  ν, Eq. \(A6\)$", result.stdout, re.MULTILINE)
    assert not result.stderr


def test_modes_and_observables_have_units_too(argon):
    found = numbers(argon, "--model", "lennard_jones(rc=1.8)", *ARGON, "--modes", 2, "--observable", "modes number=2")
    squares = np.array(found["lowest_eigenvalues_THz2"])
    assert np.array(found["lowest_eigenvalues"]) * (squares[0] / found["lowest_eigenvalues"][0]) == pytest.approx(squares)
    assert found["first_shear_phonon_THz"] > np.sqrt(squares[0])


def test_what_was_not_given_is_told_on_standard_error(argon):
    result = run(argon, "--model", "lennard_jones(rc=1.8)", "--units", "metal", "--lambda", 3.405)
    assert result.exit_code == 0
    assert "--epsilon (ε in eV) and --mass (m in g/mol) would show them" in result.stderr
    assert "GPa" not in result.stdout
    assert re.search(r"^a0 .* = \S+ Å$", result.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--units", "metal"), "such as --lambda 3.405"),
        (
            ("--units", "metals", "--lambda", 1),
            "units is 'metals', must be one of lj, metal, real, si, did you mean 'metal'?",
        ),
        (("--epsilon", 1), "add --units metal, real or si"),
        (("--lambda", 0), "--lambda is 0.0, must be a positive number"),
        (("--lambda", "nan"), "--lambda is nan, must be a number"),
        (("--energy-only", "--modes", 2), "--energy-only is for configurations that are not minima"),
    ],
)
def test_a_mistake_is_one_sentence(argon, options, told):
    result = run(argon, "--model", "lennard_jones(rc=1.8)", *options)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_sentence_on_a_wrong_unit_can_be_followed(argon):
    """What nobody said is found from the forces, and saying it works."""
    wrong = run(argon, "--model", "lennard_jones(rc=1.8)")
    assert wrong.exit_code == 2
    advice = re.search(r"\((--lambda \S+)\)", wrong.stderr)[1].split()
    assert run(argon, "--model", "lennard_jones(rc=1.8)", *advice).exit_code == 0


@pytest.mark.parametrize("names", ["12", ("Cu", "Zr"), "BA"])
def test_names_are_mapped_to_species(made, tmp_path, names):
    """Numbers of types, elements, and labels the other way round; the paper's mixture takes any count of each."""
    glass = made("pss")
    file = written(tmp_path / "g.xyz", glass, names=names)
    mapped = ",".join(f"{name}={label}" for name, label in zip(names, "AB", strict=True))
    found = numbers(file, "--model", "pss(rc=1.2)", "--species", mapped)
    assert found["shear_modulus"] == vitrify.measure(glass).shear_modulus
    in_python = Glass.read(file, model="pss(rc=1.2)", species=dict(zip(names, "AB", strict=True)))
    assert np.array_equal(in_python.species, glass.species)


def test_exchanged_names_of_an_uneven_mixture_are_told_on_reading(made, tmp_path):
    """80 A and 20 B that are called B and A: forces need not be looked at."""
    file = written(tmp_path / "g.xyz", made("kob_andersen"), names="BA")
    result = run(file, "--model", "kob_andersen()")
    assert result.exit_code == 2
    advice = re.search(r"--species (\S+),", result.stderr)[1]
    assert advice == "A=B,B=A"
    assert run(file, "--model", "kob_andersen()", "--species", advice).exit_code == 0


def test_what_is_no_minimum_has_its_energy(made, tmp_path):
    """All numbers that need no minimum are those of the whole measurement where there is one, and are there where not."""
    glass = made("kob_andersen")
    file = tmp_path / "g.xyz"
    glass.write(file)
    at_rest, whole = numbers(file, "--energy-only"), numbers(file)
    assert np.trace(at_rest.pop("stress")) == pytest.approx(-3 * whole["pressure"], rel=1e-12)
    assert at_rest == {x: whole[x] for x in at_rest}
    assert not {"shear_modulus", "omega0", "is_minimum"} & set(at_rest)
    moved = glass.with_positions(glass.positions + 0.05 * np.random.default_rng(0).normal(size=glass.positions.shape))
    moved.write(file)
    assert run(file).exit_code == 2
    found = numbers(file, "--energy-only", *ARGON)
    assert found["energy_per_particle"] > at_rest["energy_per_particle"]
    assert found["max_force"] > at_rest["mean_pair_force"]
    assert found["pressure_GPa"] == pytest.approx(found["pressure"] * 0.010324 * constants.e / 3.405e-10**3 / 1e9)
    assert vitrify.energy_only(file)["pressure"] != found["pressure"]  # its lengths were not divided by 3.405
    assert vitrify.energy_only(Glass.read(file))["coordination"] > 0


def test_the_energy_of_a_configuration_is_the_sum_over_its_pairs(made):
    """By a double loop over particles and images, in the formula of Lennard and Jones with a smooth cutoff."""
    glass = made("kob_andersen")
    moved = glass.with_positions(glass.positions + 0.05 * np.random.default_rng(0).normal(size=glass.positions.shape))
    r = moved.positions[None] - moved.positions[:, None]
    r -= moved.box * np.rint(r / moved.box)
    i, j = np.triu_indices(moved.n_particles, 1)
    mixture, kind = moved.model.mixture, (moved.species[i], moved.species[j])
    u = np.einsum("pd,pd->p", r[i, j], r[i, j]) / np.array(mixture.lengths)[kind] ** 2
    energy = moved.model.potential.energy(u) * np.array(mixture.energies)[kind]
    found = vitrify.energy_only(moved)
    assert moved.box > 2 * moved.model.cutoff  # so that each pair is met once
    assert found["energy_per_particle"] == pytest.approx(energy.sum() / moved.n_particles, rel=1e-12)


def test_stress_is_the_slope_of_the_energy_under_strain(made):
    glass = made("kob_andersen")
    moved = glass.with_positions(glass.positions + 0.03 * np.random.default_rng(1).normal(size=glass.positions.shape))
    found, h = vitrify.energy_only(moved), 1e-5
    for a, b in ((0, 0), (1, 1), (1, 0), (2, 1)):
        strain = np.zeros((3, 3))
        strain[a, b] = h
        up, down = (vitrify.energy_only(moved.strained(x * strain))["energy_per_particle"] for x in (1, -1))
        slope = (up - down) / (2 * h) * moved.density
        assert found["stress"][a][b] == pytest.approx(slope, abs=1e-5 * found["pressure"])  # h², and digits of U over h
    assert np.trace(found["stress"]) / 3 == pytest.approx(-found["pressure"], rel=1e-12)


def test_a_gas_has_an_energy_of_zero(tmp_path):
    """No two particles meet: no pressure, no stickiness, and no failure."""
    gas = Glass([[1.0, 1.0, 1.0], [7.0, 7.0, 7.0]], 20.0, ["A", "B"], vitrify.models.parse("pss(rc=1.2)"))
    found = vitrify.energy_only(gas)
    assert (found["energy_per_particle"], found["pressure"], found["coordination"]) == (0.0, 0.0, 0.0)
    gas.write(tmp_path / "g.xyz")
    assert numbers(tmp_path / "g.xyz", "--energy-only")["p_over_p0"] is None


def test_other_things_than_glasses_are_refused():
    with pytest.raises(UsageError, match="takes a Glass or the path of a file"):
        vitrify.energy_only(3)
