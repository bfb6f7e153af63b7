"""Files that ASE wrote in its formats are the glasses that it was given, to the digits that each format holds."""

import gzip
import sys
from pathlib import Path

import ase.io
import numpy as np
import pytest

import vitrify
from vitrify import Glass
from vitrify.errors import UsageError
from vitrify.formats.through_ase import READ_BY_ASE

FILES = Path(__file__).parent / "files"
ELEMENTS = {"Cu": "A", "Zr": "B"}
LENGTHS = "pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4; labels Cu,Zr]"
WHOLE = {".traj": 0.0, ".cif": 1e-14, ".vasp": 1e-14, ".poscar": 1e-14, ".contcar": 1e-14, ".xsf": 1e-14, ".gen": 1e-14}
BOX = 4.8  # its longest vector
# suffix → last digit of fractions (of coordinates at the end) as ASE writes them, and of the vectors of the box
LAST_DIGITS = {".xdatcar": (1e-8 * BOX, 1e-6), ".cfg": (1e-7 * BOX, 1e-6), ".res": (1e-6 * BOX, 1e-6), ".rmc6f": (1e-6 * BOX, 1e-6),
               ".pdb": (1e-3, 1e-3), ".gro": (1e-2, 1e-4)}  # fmt: skip


@pytest.fixture(scope="module")
def given():
    return Glass.read(FILES / "data_space.xyz")


def atoms_of(glass, **more):
    matrix, x = np.eye(3), np.zeros((glass.n_particles, 3))
    matrix[: glass.dimension, : glass.dimension], x[:, : glass.dimension] = glass.cell.matrix, glass.positions
    names = [["Cu", "Zr"][k] for k in glass.species]
    return ase.Atoms(names, x, cell=matrix, pbc=[True, True, glass.dimension == 3], **more)


def test_all_formats_are_tested():
    assert set(WHOLE) | set(LAST_DIGITS) == set(READ_BY_ASE)


@pytest.mark.parametrize("suffix", WHOLE)
def test_formats_that_keep_the_digits_give_the_moduli(given, suffix, tmp_path):
    path = tmp_path / f"g{suffix}"
    ase.io.write(path, atoms_of(given), format=READ_BY_ASE[suffix])
    found = Glass.read(path, given.model, ELEMENTS)
    assert np.abs(given.cell.nearest(found.positions - given.positions)).max() <= WHOLE[suffix]
    assert np.abs(found.cell.matrix - given.cell.matrix).max() <= WHOLE[suffix]
    assert np.array_equal(found.species, given.species)
    there, here = vitrify.measure(found), vitrify.measure(given)
    assert there.is_minimum
    assert there.shear_modulus == pytest.approx(here.shear_modulus, rel=1e-10)
    assert there.bulk_modulus == pytest.approx(here.bulk_modulus, rel=1e-10)


@pytest.mark.filterwarnings("ignore::vitrify.errors.ModelOverridden")  # cfg always has masses, of copper and zirconium here
@pytest.mark.parametrize("suffix", LAST_DIGITS)
def test_formats_that_round_are_read_to_their_last_digit(given, suffix, tmp_path):
    path = tmp_path / f"g{suffix}"
    ase.io.write(path, atoms_of(given), format=READ_BY_ASE[suffix])
    found = Glass.read(path, given.model, ELEMENTS)
    rounding = 3 * 0.5 * sum(LAST_DIGITS[suffix])  # x is a sum of three fractions of vectors, each half a digit off
    assert 0 < np.abs(given.cell.nearest(found.positions - given.positions)).max() <= rounding
    assert np.array_equal(found.species, given.species)


def test_a_rounded_glass_is_the_same_minimum_after_a_quench(given, tmp_path):
    ase.io.write(tmp_path / "g.xdatcar", atoms_of(given), format="vasp-xdatcar")
    found = vitrify.quench_glass(Glass.read(tmp_path / "g.xdatcar", given.model, ELEMENTS))
    there, here = vitrify.measure(found), vitrify.measure(given)
    # vectors of the box are rounded by 1e-7 of themselves, and moduli depend on the density with powers of some ten
    assert there.shear_modulus == pytest.approx(here.shear_modulus, abs=1e-5 * here.shear_modulus_affine)


@pytest.mark.parametrize(("name", "form"), [("POSCAR", "vasp"), ("CONTCAR", "vasp"), ("XDATCAR", "vasp-xdatcar"), ("POSCAR.gz", "vasp"), ("g.traj.gz", "traj"), ("7", "traj")])  # fmt: skip
def test_names_and_packed_files(given, name, form, tmp_path):
    plain = tmp_path / "plain"
    ase.io.write(plain, atoms_of(given), format=form)
    content = plain.read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert np.array_equal(Glass.read(tmp_path / name, LENGTHS).species, given.species)


@pytest.mark.parametrize("suffix", [".traj", ".xsf"])
def test_a_plane_of_ase_is_a_plane(suffix, tmp_path):
    given = Glass.read(FILES / "data_plane.xyz")
    ase.io.write(tmp_path / f"g{suffix}", atoms_of(given))
    found = Glass.read(tmp_path / f"g{suffix}", given.model, ELEMENTS)
    assert found.dimension == 2
    np.testing.assert_allclose(found.positions, given.positions, rtol=0, atol=1e-14)


def test_frames_masses_and_entries_of_a_trajectory(given, tmp_path):
    path = tmp_path / "g.traj"
    with ase.io.Trajectory(path, "w") as file:
        for k in range(4):
            atoms = atoms_of(given, info={"model": "pss(rc=1.2)", "step": k, "list": [1, 2]})
            atoms.positions += 0.01 * k
            file.write(atoms)
    renamed = {"species": ELEMENTS}
    assert Glass.read(path, **renamed).provenance == {"step": 3}
    assert Glass.read(path, **renamed, frame=1).provenance == {"step": 1}
    assert [(k, x.provenance["step"]) for k, x in Glass.read_all(path, **renamed, frames=slice(None, None, 2))] == [
        (0, 0),
        (2, 2),
    ]
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UsageError, match="cannot be read by ASE as traj"):
        Glass.read(path, **renamed)


def test_masses_that_the_file_gives_are_compared(given, tmp_path):
    ase.io.write(tmp_path / "g.traj", atoms_of(given, masses=[1.0] * 30 + [5.0] * 30))
    with pytest.warns(vitrify.errors.ModelOverridden, match="has masses of other ratios"):
        Glass.read(tmp_path / "g.traj", given.model, ELEMENTS)


POSCAR = "glass\n1.0\n3 0 0\n0 3 0\n0 0 3\n{}\nDirect\n0 0 0\n0.5 0.5 0.5\n"


@pytest.mark.parametrize(("name", "text", "word"), [
    ("g.cif", "nothing of a crystal\n", "cannot be read by ASE as cif|is empty"), ("g.cif", "", "is empty|cannot be read by ASE"), ("g.gen", "3 X\n", "cannot be read by ASE as gen"),
    ("g.traj", "no trajectory", "cannot be read by ASE as traj"), ("g.vasp", POSCAR.format("1 1"), "is not a POSCAR of VASP 5"), ("g.vasp", POSCAR.format("Cu Zr\n1 9"), "cannot be read by ASE as vasp"),
    ("g.xsf", "CRYSTAL\n", "cannot be read by ASE as xsf"), ("g.pdb", "ATOM      1 Cu   MOL     1       0.000   0.000   0.000  1.00  0.00          CU\n", "has no box"),
    ("g.pckl", "x", "has suffix '.pckl', must be one of"), ("g.db", "x", "has suffix '.db'"), ("g.json", "{}", "has suffix '.json'"), ("g.py", "import os", "has suffix '.py'"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(name, text, word, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=word) as caught:
        Glass.read(tmp_path / name, LENGTHS)
    assert "\n" not in str(caught.value)


def test_sites_that_are_occupied_in_part_are_no_particles(tmp_path):
    atoms = ase.Atoms("Cu2", [[0, 0, 0], [1.5, 1.5, 1.5]], cell=[3, 3, 3], pbc=True)
    ase.io.write(tmp_path / "g.cif", atoms)
    text = (tmp_path / "g.cif").read_text()
    (tmp_path / "g.cif").write_text(text.replace("1.0000", "0.5000", 1))
    assert "0.5000" in (tmp_path / "g.cif").read_text()
    with pytest.raises(UsageError, match="partially occupied"):
        Glass.read(tmp_path / "g.cif", LENGTHS)


def test_a_poscar_sends_nobody_to_other_files(tmp_path, monkeypatch):
    """ASE would look for the elements of VASP 4 in POTCAR and OUTCAR beside it."""
    monkeypatch.chdir(tmp_path)
    Path("POTCAR").write_text("TITEL = PAW Cu\nTITEL = PAW Zr\n")
    Path("POSCAR").write_text(POSCAR.format("1 1"))
    with pytest.raises(UsageError, match="must be one of"):
        Glass.read("POSCAR", LENGTHS)


def test_without_ase_it_is_said_what_brings_it(given, tmp_path, monkeypatch):
    (tmp_path / "g.cif").write_text("data_x\n")
    monkeypatch.setitem(sys.modules, "ase.io", None)
    with pytest.raises(UsageError, match=r'needs the package ase to be read, which pip install "\.\[files\]" brings'):
        Glass.read(tmp_path / "g.cif", given.model)
