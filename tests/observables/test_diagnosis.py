"""What forces tell of a wrong guess: glasses that are read, said or made wrongly, each with the sentence that it gets."""

import re
import time
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from cells import copies, fcc, tilted
from vitrify import make_glass
from vitrify.cell import Cell
from vitrify.errors import SampleFailure
from vitrify.glass import Glass
from vitrify.models.catalogue import parse
from vitrify.observables import measure
from vitrify.observables.balance import Guess, Surroundings, forces_of, likely_guess
from vitrify.observables.rounding import expected_force
from vitrify.physical_units import Units
from vitrify.preparation import Recipe, prepare_glass
from vitrify.statics import Pairs

DECADES = 2.0  # factor within which the largest of hundreds of forces is foretold


def refusal(glass, **options):
    with pytest.raises(SampleFailure) as caught:
        measure(glass, **options)
    return str(caught.value)


def times(glass, factor):
    """The same arrangement with its lengths in another unit, its model left as it is."""
    return Glass(glass.positions * factor, Cell(glass.cell.matrix * factor), glass.species, glass.model, sizes=glass.sizes)


def with_mixture(glass, **tables):
    model = replace(glass.model, mixture=replace(glass.model.mixture, **tables))
    return Glass(glass.positions, glass.box, glass.species, model)


def said_option(sentence, option):
    found = re.search(rf"--{option} (\"[^\"]*\"|[^\s);]+)", sentence)
    assert found, sentence
    return found[1].strip('"')


@pytest.fixture(scope="module")
def flat_lennard_jones():
    return prepare_glass(
        parse("lennard_jones(rc=1.8)"), n_particles=120, density=0.72, parent_temperature=2.0, dimension=2,
        rng=np.random.default_rng(3), recipe=Recipe(melt_msd=2.0),
    )  # fmt: skip


@pytest.fixture(params=["lennard_jones", "flat_lennard_jones"])
def lennard_jones(request, made):
    return request.getfixturevalue(request.param) if request.param.startswith("flat") else made(request.param)


@pytest.mark.parametrize("length", [3.405, 1.18, 0.71])
def test_another_unit_of_length_is_told_and_mends_it(lennard_jones, length):
    """Too dilute, a little off, and too dense; the number that is told makes the glass a minimum again."""
    sentence = refusal(times(lennard_jones, length))
    told = float(said_option(sentence, "lambda"))
    assert told == pytest.approx(length, rel=1e-11)
    assert re.search(r"would balance, to \de-1\d of the mean pair force", sentence)
    mended = measure(times(times(lennard_jones, length), 1.0 / told))
    assert mended.shear_modulus == pytest.approx(measure(lennard_jones).shear_modulus, rel=1e-7)


@pytest.mark.parametrize("name", ["pss", "kob_andersen", "hertzian", "inverse_power", "qss"])
def test_the_unit_is_found_for_every_family(made, name):
    found = likely_guess(times(made(name), 2.5))
    assert found.guess.what == "unit"
    assert 1.0 / found.guess.factor == pytest.approx(2.5, rel=1e-9)


def test_a_wrong_unit_on_the_command_line_counts_from_what_was_given(made, tmp_path):
    """λ was 3.405, and 3.4 was said: the sentence names 3.405."""
    glass = times(made("lennard_jones"), 3.405)
    glass.write(tmp_path / "g.xyz")
    read = Glass.read(tmp_path / "g.xyz", units="lj")
    assert "--lambda 3.405" in refusal(read)
    nearly = Glass.read(tmp_path / "g.xyz", units=Units(style="metal", length=3.4))
    assert "--lambda 3.405)" in refusal(nearly)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"energies": ((1.0, 1.2), (1.2, 0.5))}, "ε(A, B) is 1.5 and not 1.2"),
        ({"energies": ((1.0, 1.2), (1.2, 0.9))}, "ε(A, B) is 1.5 and not 1.2, ε(B, B) is 0.5 and not 0.9"),
        ({"energies": ((1.0, 1.0), (1.0, 1.0))}, "ε(A, B) is 1.5 and not 1, ε(B, B) is 0.5 and not 1"),
        ({"lengths": ((1.0, 0.9), (0.9, 0.88))}, "λ(A, B) is 0.8 and not 0.9"),
        ({"lengths": ((1.0, 0.8), (0.8, 0.95))}, "λ(B, B) is 0.88 and not 0.95"),
    ],
)
def test_wrong_energies_and_lengths_of_kob_and_andersens_mixture_are_told(made, changes, told):
    glass = made("kob_andersen")
    sentence = refusal(with_mixture(glass, **changes))
    assert f"if {told} (" in sentence
    assert parse(said_option(sentence, "model")) == glass.model


@pytest.mark.parametrize("name", ["pss", "kob_andersen"])
def test_exchanged_species_are_told(made, name):
    glass = made(name)
    sentence = refusal(Glass(glass.positions, glass.box, 1 - glass.species, glass.model))
    assert "species A and B are exchanged" in sentence
    assert said_option(sentence, "species") == "A=B,B=A"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("lennard_jones", "lennard_jones(rc=2.5)"), ("lennard_jones", "lennard_jones(rc=1.8, smooth_to=0)"), ("pss", "pss(rc=1.3)")],
)  # fmt: skip
def test_another_cutoff_is_told(made, name, wrong):
    glass = made(name)
    sentence = refusal(Glass(glass.positions, glass.box, glass.species, parse(wrong)))
    assert parse(said_option(sentence, "model")) == glass.model


def test_lengths_in_lambda_are_told_of_an_energy_beyond_pairs(tmp_path):
    """Silicon that this package wrote, read as if it were in Å."""
    recipe = Recipe(melt_msd=1.0)
    glass = make_glass("stillinger_weber()", n_particles=64, density=0.4612, parent_temperature=0.15, recipe=recipe)
    glass.write(tmp_path / "g.xyz")
    read = Glass.read(tmp_path / "g.xyz", units=Units(style="metal", length=2.0951))
    assert "if its lengths are in λ already (--reduced; in Python leave units out)" in refusal(read)


def test_a_guess_holds_for_rounded_positions_too(made):
    """Five decimals in Å: the forces that are left are those of the digits, and the unit is still found."""
    glass = made("kob_andersen")
    rounded = Glass(np.round(glass.positions * 2.5, 5), glass.box * 2.5, glass.species, glass.model)
    assert "--lambda 2.5)" in refusal(rounded)


@pytest.mark.parametrize("digits", [4, 6, 8])
def test_the_force_of_rounding_is_foretold(glass, digits):
    rounded = glass.with_positions(np.round(glass.positions, digits))
    pairs = Pairs.of(rounded)
    left, mean = np.abs(pairs.forces()).max(), np.abs(pairs.slope).mean()
    assert left / DECADES < expected_force(pairs, 10.0**-digits) < left * DECADES
    sentence = refusal(rounded, force_tolerance=1e-12)
    assert f"its positions hold {digits} decimal digits" in sentence
    if left / mean > 1e-3:  # too much to be taken as it is
        assert "or let --quench remove them" in sentence
        return
    tolerance = float(said_option(sentence, "force-tolerance"))
    assert left / mean <= tolerance <= 10.0 * left / mean
    assert measure(rounded, force_tolerance=tolerance).n_particles == glass.n_particles


def test_digits_of_the_file_count_not_those_of_reduced_positions(made, tmp_path):
    glass = made("kob_andersen")
    angstrom = times(glass, 2.5)
    angstrom.with_positions(np.round(angstrom.positions, 6)).write(tmp_path / "g.xyz")
    read = Glass.read(tmp_path / "g.xyz", units=Units(style="metal", length=2.5))
    assert "its positions hold 6 decimal digits" in refusal(read)


@pytest.mark.parametrize("digits", [5, 7])
def test_digits_of_scaled_coordinates_are_told(made, digits):
    """As LAMMPS' dumps of style atom have them: fractions of the box, of so many digits."""
    glass = made("pss")
    rounded = glass.with_positions(np.round(glass.positions / glass.box, digits) * glass.box)
    assert f"its positions hold {digits} decimal digits as fractions of the box" in refusal(rounded)


def test_single_precision_in_angstrom_is_told(made, tmp_path):
    glass = made("pss")
    angstrom = times(glass, 3.4)
    angstrom.with_positions(angstrom.positions.astype(np.float32).astype(float)).write(tmp_path / "g.xyz")
    read = Glass.read(tmp_path / "g.xyz", units=Units(style="metal", length=3.4))
    assert "its positions hold single precision" in refusal(read)


def snapshot(glass, temperature, *, steps=600, step=0.004):
    """A configuration at a temperature, by Langevin dynamics of the simplest kind (BAOAB, m = 1)."""
    rng, x = np.random.default_rng(1), glass.positions.copy()
    v, kept = rng.normal(size=x.shape) * sqrt(temperature), np.exp(-step)
    f = Pairs.of(glass).forces()[:, : glass.dimension]
    for _ in range(steps):
        v += 0.5 * step * f
        x += 0.5 * step * v
        v = kept * v + sqrt(temperature * (1.0 - kept**2)) * rng.normal(size=v.shape)
        x += 0.5 * step * v
        f = Pairs.of(glass.with_positions(x)).forces()[:, : glass.dimension]
        v += 0.5 * step * f
    return glass.with_positions(x)


@pytest.mark.parametrize("temperature", [0.001, 1.0])
def test_a_thermal_snapshot_is_told_with_its_temperature(pss_glass, temperature):
    """A cold glass and a melted one: 480 forces tell T to 1/√240 = 6 %, and the step of the dynamics takes some more."""
    sentence = refusal(snapshot(pss_glass, temperature))
    assert "most likely a thermal snapshot, whose inherent state --quench finds" in sentence
    told = float(re.search(r"a temperature of (\S+) ε/k_B", sentence)[1])
    assert told == pytest.approx(temperature, rel=0.25)


def test_a_flat_snapshot_is_told(flat_lennard_jones):
    sentence = refusal(snapshot(flat_lennard_jones, 0.5))
    assert "most likely a thermal snapshot" in sentence
    assert float(re.search(r"a temperature of (\S+) ε/k_B", sentence)[1]) == pytest.approx(0.5, rel=0.3)


def test_another_model_is_not_called_a_snapshot(pss_glass):
    other = Glass(pss_glass.positions, pss_glass.box, pss_glass.species, parse("lennard_jones()"))
    sentence = refusal(other)
    assert "most likely its model is not lennard_jones(rc=2.5)" in sentence
    assert "most likely a thermal snapshot" not in sentence


def test_an_early_stop_is_told(pss_glass):
    pushed = pss_glass.positions + 1e-5 * np.random.default_rng(0).normal(size=pss_glass.positions.shape)
    assert "the minimiser that made it was stopped early" in refusal(pss_glass.with_positions(pushed))


def test_nothing_is_guessed_of_what_no_guess_balances(pss_glass):
    noise = np.random.default_rng(0).random(pss_glass.positions.shape) * pss_glass.box
    assert likely_guess(pss_glass.with_positions(noise)) is None
    assert "would balance" not in refusal(pss_glass.with_positions(noise))


@pytest.mark.parametrize("name", ["pss", "kob_andersen", "polydisperse", "flat_lennard_jones"])
def test_forces_on_a_few_particles_are_those_of_all_pairs(request, made, name):
    """The sum over what is near, against the list of pairs that moduli are made of, in units of the mean |pair force|."""
    glass = request.getfixturevalue(name) if name.startswith("flat") else made(name)
    moved = glass.with_positions(
        glass.positions + 0.01 * np.sin(np.arange(glass.positions.size)).reshape(-1, glass.dimension)
    )
    near = Surroundings.of(moved, moved.model.cutoff * 1.1)
    mixture = moved.model.mixture
    energies = np.array([mixture.energies[a][b] for a in range(mixture.n_species) for b in range(a, mixture.n_species)])
    found = forces_of(near, Guess("", moved.model))
    force = (found.by_kind @ energies).reshape(-1, glass.dimension)
    right = Pairs.of(moved).forces()[np.unique(near.i), : glass.dimension]
    np.testing.assert_allclose(force, right, atol=1e-11 * np.abs(right).max())


def test_a_tilted_cell_is_scanned_too(made):
    glass = tilted(made("pss"))
    assert said_option(refusal(times(glass, 1.3)), "lambda") == "1.3"


def test_a_diagnosis_takes_seconds_for_many_particles(made):
    """40 cells side by side, and no balance to be found: the whole search."""
    many = copies(made("kob_andersen"), (5, 4, 2))
    noise = 0.1 * np.random.default_rng(0).normal(size=many.positions.shape)
    moved = many.with_positions(many.positions + noise)
    likely_guess(moved)  # compiles
    began = time.monotonic()
    assert likely_guess(moved) is None
    assert time.monotonic() - began < 20.0  # five on an idle machine


def test_a_crystal_in_another_unit_tells_none():
    """Its forces vanish by symmetry in every unit of length, and none of them is a guess."""
    crystal = fcc((3, 3, 3))
    assert likely_guess(times(crystal, 3.0)) is None
    sentence = refusal(times(crystal, 3.0))
    assert sentence.startswith("no solid")
    assert "would balance" not in sentence


def test_a_longer_cutoff_than_was_said_is_told(made):
    """Those that reach farther than what was listed are not tried with half of their pairs."""
    glass = made("kob_andersen")
    shorter = parse("lennard_jones(rc=1.8) [0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5]")
    sentence = refusal(Glass(glass.positions, glass.box, glass.species, shorter))
    assert parse(said_option(sentence, "model")) == glass.model
