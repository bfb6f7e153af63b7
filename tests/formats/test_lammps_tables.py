"""LAMMPS runs the very potential: its energy and forces of our file by our table, against our own."""

from dataclasses import replace

import numpy as np
import pytest

from crystals import ONE_KIND
from lammps_runs import energy_and_forces, input_of, lammps
from samples import GLASSES
from vitrify import Glass
from vitrify.errors import UsageError
from vitrify.models import Mixture, Model
from vitrify.models.catalogue import lennard_jones, parse, polydisperse_ipl, pss
from vitrify.statics import Pairs

OF_SPECIES = [x for x in GLASSES if x != "polydisperse"]
OTHER_CUTOFFS = parse(
    "lennard_jones(rc=2.0) [0.5:0.5; lengths 1,1.1,1.2; energies 1,1.5,0.5; cutoffs 2,1.8,1.6; masses 1,2]"
)


def lattice(model, dimension=3, seed=5):
    """A simple lattice in a tilted cell, shaken."""
    rng = np.random.default_rng(seed)
    spots = np.stack(np.meshgrid(*[np.arange(5)] * dimension, indexing="ij"), -1).reshape(-1, dimension)
    matrix = np.array([[6.0, 0, 0], [0.5, 5.8, 0], [-0.3, 0.4, 6.2]])[:dimension, :dimension]
    species = np.arange(len(spots)) % model.mixture.n_species
    return Glass((spots + 0.1 * rng.random(spots.shape)) / 5 @ matrix, matrix, species, model)


CASES = {
    "tilted, cutoffs and energies of pairs": lambda made: lattice(OTHER_CUTOFFS),
    "a plane": lambda made: lattice(OTHER_CUTOFFS, 2),
    "a force at the cutoff": lambda made: lattice(Model("cut", lennard_jones(rc=1.5, smooth_to=0).potential, ONE_KIND)),
    **{name: lambda made, name=name: made(name) for name in OF_SPECIES},
}


def run(glass, folder):
    glass.write(folder / "g.data")
    glass.model.write_lammps_table(folder / "g.table")
    head = ["dimension 2"] if glass.dimension == 2 else []
    with lammps(*head, f"read_data {folder / 'g.data'}", *input_of(folder / "g.table")) as engine:
        return energy_and_forces(engine)


@pytest.mark.parametrize("case", CASES)
def test_energy_and_forces_of_lammps_are_ours(case, made, tmp_path):
    glass = CASES[case](made)
    pairs = Pairs.of(glass)
    energy, forces = run(glass, tmp_path)
    # splines: h⁴ φ''''/384 on each interval of u, h = 1e-4; φ''' of pss jumps at its minimum, where a force may be off by
    # h² of the jump, and a force that does not vanish at the cutoff is off in the last intervals
    assert energy == pytest.approx(0.5 * pairs.terms[0].sum(), rel=1e-12)
    assert np.abs(forces - pairs.forces()).max() < 2e-9 * np.abs(pairs.slope).mean()


def test_the_file_says_what_it_is_and_holds_the_potential(tmp_path):
    model = OTHER_CUTOFFS
    model.write_lammps_table(tmp_path / "g.table", points=100, inner=0.8)
    lines = (tmp_path / "g.table").read_text().splitlines()
    assert model.in_full in lines[0]
    at = lines.index("A:B")
    assert lines[at + 1].split()[:3] == ["N", "100", "RSQ"]
    k, r, phi, force = map(float, lines[at + 3 + 41].split())
    step = 1e-6
    # 4 ε ((λ/r)¹² − (λ/r)⁶) and what smooths it at the cutoff of this pair
    energies = 1.5 * model.potential_of(0, 1).energy((np.array([r - step, r, r + step]) / 1.1) ** 2)
    assert k == 42
    assert phi == pytest.approx(energies[1], rel=1e-14)
    assert force == pytest.approx((energies[0] - energies[2]) / (2 * step), rel=1e-8)
    assert float(lines[at + 3 + 99].split()[1]) == pytest.approx(1.8 * 1.1, rel=1e-15)


@pytest.mark.parametrize(
    ("model", "options", "word"),
    [
        (polydisperse_ipl(), {}, "a size for each particle"),
        (pss(), {"points": 10}, "points is 10, must be a whole number from 100"),
        (pss(), {"points": 1000.5}, "points is 1000.5"),
        (pss(), {"inner": 0.0}, "inner is 0.0, must be positive and below the cutoff"),
        (pss(), {"inner": 3.0}, "inner is 3.0"),
        (pss(), {"inner": 1e-60}, "inner is 1e-60, where .* is not a finite number"),
    ],
)
def test_what_cannot_be_a_table_is_one_sentence(model, options, word, tmp_path):
    with pytest.raises(UsageError, match=word):
        model.write_lammps_table(tmp_path / "x.table", **options)
    assert not list(tmp_path.iterdir())


def test_type_labels_let_lammps_write_extended_xyz(tmp_path):
    """`dump extxyz` of LAMMPS needs names of types; ours are in the data file. What it writes is read."""
    mixture = Mixture(masses=(1.0, 2.5), labels=("Cu", "Zr"))
    glass = lattice(pss(mixture=mixture))
    glass.write(tmp_path / "g.data")
    file = tmp_path / "dumped.xyz"
    with lammps(f"read_data {tmp_path / 'g.data'}", "pair_style zero 2.0", "pair_coeff * *") as engine:
        assert list(engine.extract_atom("mass")[1:3]) == [1.0, 2.5]
        if not engine.has_style("dump", "extxyz"):
            pytest.skip("LAMMPS writes extended xyz since 2025")
        for line in (f"dump d all extxyz 1 {file}", "dump_modify d sort id", "run 0"):
            engine.command(line)
    back = Glass.read(file, glass.model)
    assert np.array_equal(back.species, glass.species)
    np.testing.assert_allclose(back.cell.matrix, glass.cell.matrix, rtol=1e-6)
    away = glass.cell.nearest(back.positions - glass.positions)
    np.testing.assert_allclose(away, 0.0, atol=1e-5)


def test_names_that_lammps_takes_for_numbers_are_no_labels(tmp_path):
    model = pss(mixture=Mixture(labels=("1", "2")))
    glass = replace(lattice(pss()), model=model)
    glass.write(tmp_path / "g.data")
    assert "Atom Type Labels" not in (tmp_path / "g.data").read_text()
    with lammps(f"read_data {tmp_path / 'g.data'}") as engine:
        assert engine.get_natoms() == glass.n_particles
