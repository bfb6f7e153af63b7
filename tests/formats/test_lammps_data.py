"""LAMMPS data files that LAMMPS, ASE and we wrote are the glasses that were written; others are told in one sentence."""

import os
import subprocess
import sys
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import ase.io
import numpy as np
import pytest

import vitrify
from vitrify import Glass
from vitrify.compressed_file import InputFile
from vitrify.errors import UsageError
from vitrify.formats import lammps_data

# full.data has bonds, which its model has not
pytestmark = pytest.mark.filterwarnings("ignore:.*has bonds, which are left out:vitrify.errors.ModelOverridden")
FILES = Path(__file__).parent / "files"
NUMBERS, ELEMENTS = {"1": "A", "2": "B"}, {"Cu": "A", "Zr": "B"}
# file of LAMMPS' write_data → the glass that it was given, and what the particles are called
WRITTEN = {
    "atomic": ("space", NUMBERS),
    "charge": ("space", NUMBERS),
    "molecular": ("space", ELEMENTS),
    "full": ("space", ELEMENTS),
    "general": ("space", NUMBERS),
    "plane": ("plane", NUMBERS),
    "sphere": ("sizes", {}),
}
DIGITS = 1e-14  # of coordinates below 8: LAMMPS keeps them in fractions of a box with tilts, some roundings of 1e-15
MODEL = "pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4]"


def glass_of(name):
    return Glass.read(FILES / f"data_{name}.xyz")


def require_same(found, given):
    """The same particles in the same places, with the same moduli."""
    moved = given.cell.nearest(found.positions - given.positions)
    assert np.abs(moved).max() < DIGITS
    np.testing.assert_allclose(found.cell.matrix, given.cell.matrix, rtol=0, atol=DIGITS)
    assert np.array_equal(found.species, given.species)
    there, here = vitrify.measure(found), vitrify.measure(given)
    assert there.is_minimum
    # fourth derivatives are some 1e4 of G, times displacements of 1e-15
    assert there.shear_modulus == pytest.approx(here.shear_modulus, rel=1e-10)
    assert there.bulk_modulus == pytest.approx(here.bulk_modulus, rel=1e-10)


def configuration(path):
    ((found),) = lammps_data.frames(InputFile(path))
    return found()


@pytest.mark.parametrize("name", WRITTEN)
def test_what_lammps_wrote_is_the_glass_that_it_was_given(name):
    kind, species = WRITTEN[name]
    given = glass_of(kind)
    found = Glass.read(FILES / f"{name}.data", given.model, species)
    require_same(found, given)
    if kind == "sizes":
        np.testing.assert_allclose(found.sizes, given.sizes, rtol=1e-15)


@pytest.mark.skipif(find_spec("lammps") is None, reason="LAMMPS is not installed")
def test_todays_lammps_writes_files_that_are_read(tmp_path):
    libraries = os.pathsep.join(filter(None, [f"{sys.prefix}/lib", os.environ.get("LD_LIBRARY_PATH", "")]))
    paths = os.pathsep.join(filter(None, [str(Path(vitrify.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, FILES / "write_data.py", tmp_path],
        env=os.environ | {"LD_LIBRARY_PATH": libraries, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if "cannot open shared object file" in done.stderr:
        pytest.skip("LAMMPS does not load: it has no MPI library")
    assert done.returncode == 0, done.stderr
    for name, (kind, species) in WRITTEN.items():
        given = glass_of(kind)
        found = Glass.read(tmp_path / f"{name}.data", given.model, species)
        assert np.abs(given.cell.nearest(found.positions - given.positions)).max() < DIGITS
        assert np.array_equal(found.species, given.species)


def test_types_masses_bonds_and_units_of_lammps():
    found = configuration(FILES / "full.data")
    assert (found.names[59], set(found.names), found.units, found.planes) == ("Cu", {"Cu", "Zr"}, "lj", True)
    assert sorted(map(sorted, found.topology.bonds.tolist())) == [[1, 59], [2, 40]]  # ids 60 and 2, 3 and 41
    assert found.masses.tolist() == [1.0] * 60
    assert found.sizes is None


@pytest.mark.parametrize(("title", "units"), [("LAMMPS data file via write_data, version 2 Aug 2023, timestep = 5, units = metal", "metal"), ("units real", "real"),
    ("in reduced units of the potential", ""), ("units of length: nm", ""), ("", ""), ("units = ljx", "")])  # fmt: skip
def test_units_are_those_that_lammps_has_a_word_for(title, units, tmp_path):
    path = tmp_path / "g.data"
    path.write_text(HEAD.replace("a file of somebody", title) + ATOMS)
    assert configuration(path).units == units


def test_masses_of_spheres_are_their_densities_times_their_volumes():
    found = configuration(FILES / "sphere.data")
    np.testing.assert_allclose(found.masses, 1.0, rtol=1e-14)  # what LAMMPS was given


@pytest.mark.parametrize("kind", ["space", "plane", "sizes"])
@pytest.mark.parametrize("suffix", [".data", ".lammps", ".lmp", ".data.gz", ".data.zst"])
def test_our_own_file_needs_no_model(kind, suffix, tmp_path):
    given = glass_of(kind)
    path = tmp_path / f"g{suffix}"
    given.write(tmp_path / "g.data")
    assert "-0 " not in (tmp_path / "g.data").read_text()
    path.write_bytes(packed((tmp_path / "g.data").read_bytes(), path.suffix))
    found = Glass.read(path)
    assert (found.model, found.provenance) == (given.model, {})
    assert np.array_equal(found.positions, given.positions)
    assert np.array_equal(found.species, given.species)
    assert vitrify.measure(found) == vitrify.measure(given)


def packed(content, suffix):
    import bz2
    import gzip
    import lzma

    import zstandard

    ways = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.ZstdCompressor().compress}
    return ways.get(suffix, bytes)(content)


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz", ".zst"])
def test_a_packed_file_without_a_suffix_of_its_own_is_known_by_its_content(packing, tmp_path):
    path = tmp_path / f"data.glass{packing}"
    path.write_bytes(packed((FILES / "full.data").read_bytes(), packing))
    given = glass_of("space")
    assert np.array_equal(Glass.read(path, given.model, ELEMENTS).species, given.species)


def test_elements_of_ase(tmp_path):
    """ASE writes them behind the masses, and eight decimals of the coordinates or more."""
    given = glass_of("space")
    atoms = ase.Atoms(
        [["Cu", "Zr"][x] for x in given.species], given.positions, cell=given.cell.matrix, pbc=True, masses=[63.546] * 60
    )
    ase.io.write(tmp_path / "g.data", atoms, format="lammps-data", masses=True, specorder=["Zr", "Cu"], atom_style="charge")
    found = Glass.read(tmp_path / "g.data", given.model, ELEMENTS)
    assert np.array_equal(found.species, given.species)
    assert np.abs(given.cell.nearest(found.positions - given.positions)).max() < 1e-8


HEAD = "a file of somebody\n\n4 atoms\n2 atom types\n\n0 3 xlo xhi\n0 3 ylo yhi\n0 3 zlo zhi\n"
MASSES = "\nMasses\n\n1 1.0\n2 1.0\n"
ATOMS = "\nAtoms # atomic\n\n1 1 0.5 0.5 0.5\n2 2 2 0.5 0.5\n4 2 2 2 2\n3 1 0.5 2 0.5\n"


def read(tmp_path, text, species=None):
    path = tmp_path / "g.data"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Glass.read(path, MODEL, NUMBERS if species is None else species)


@pytest.mark.parametrize("text", [
    HEAD + ATOMS, HEAD + MASSES + ATOMS, HEAD + ATOMS + MASSES, (HEAD + ATOMS).replace("\n", "\r\n"), (HEAD + ATOMS).replace("\n", "\r"), HEAD + ATOMS.rstrip("\n"),
    "# one\n0 3 zlo zhi # two\n0 3 xlo xhi\n2 atom types\n-1 2 ylo yhi\n# three\n4 atoms\n" + ATOMS,
    HEAD + "0 0 0 xy xz yz\n" + ATOMS, HEAD + "0 bonds\n0 bond types\n7 extra bond per atom\n" + ATOMS,
    HEAD + ATOMS.replace(" # atomic", ""), HEAD + ATOMS.replace(" # atomic", "").replace("0.5\n", "0.5 0 0 1\n").replace("2 2 2\n", "2 2 2 0 -1 0\n"),
    HEAD + ATOMS.replace("0.5 0.5 0.5", "0.5 0.5 0.5 # the first"), HEAD + ATOMS.replace("4 2", "400 2"),
    HEAD + ATOMS.replace("0.5 0.5 0.5", "3.5 -2.5 6.5"), HEAD + ATOMS + "\nVelocities\n\n1 0 0 0\n2 0 0 0\n3 0 0 0\n4 0 0 0\n",
    HEAD + "\nPair Coeffs # lj/cut\n\n1 1 1\n2 1 1\n\nPairIJ Coeffs\n\n1 1 1 1\n1 2 1 1\n2 2 1 1\n" + ATOMS,
    HEAD.replace("0 3 xlo xhi\n0 3 ylo yhi\n0 3 zlo zhi", "3 0 0 avec\n0 3 0 bvec\n0 0 3 cvec\n1 1 1 abc origin") + ATOMS, "\ufeff" + HEAD + ATOMS,
    HEAD + "\nAtom Type Labels\n\n1 A\n2 B\n" + ATOMS.replace("1 1 0.5", "1 A 0.5"),
    HEAD + ATOMS.replace("atomic", "charge").replace(" 0.5 0.5\n", " 0.5\n").replace("2 2 2 2\n", "2 0.1 2 2 2\n").replace("1 1 0.5 0.5\n", "1 1 -3 0.5 0.5 0.5\n")
    .replace("2 2 2 0.5\n", "2 2 0 2 0.5 0.5\n").replace("3 1 0.5 2 0.5\n", "3 1 0 0.5 2 0.5\n"),
], ids=lambda x: repr(x[-60:]))  # fmt: skip
def test_files_that_mean_the_same(text, tmp_path):
    glass = read(tmp_path, text, {} if "Labels" in text else NUMBERS)
    wanted = [[0.5, 0.5, 0.5], [2, 0.5, 0.5], [0.5, 2, 0.5], [2, 2, 2]]
    assert (glass.positions.tolist(), glass.species.tolist(), glass.box) == (wanted, [0, 1, 0, 1], 3.0)


@pytest.mark.parametrize(("text", "word"), [
    (HEAD + ATOMS.rpartition("\n3 1")[0], "says 4 atoms, so 4 rows of Atoms, but 3 follow that name on line 10"),
    (HEAD + ATOMS.rpartition(" 0.5\n")[0], "line 15 cannot be read: it has 4 words, must have 5 columns, id type x y z of atom style atomic"),
    (HEAD.replace("4 atoms", "3 atoms") + ATOMS, "line 15 is one row too many: says 3 atoms"),
    (HEAD.replace("4 atoms", "5 atoms") + ATOMS, "says 5 atoms, so 5 rows of Atoms, but 4 follow"),
    (HEAD.replace("4 atoms", "5 atoms") + ATOMS + MASSES, "line 16 cannot be read: it has 0 words"),
    (HEAD.replace("4 atoms", "1000000000 atoms") + ATOMS, "says 1000000000 atoms, so 1000000000 rows of Atoms, but 4 follow"),
    (HEAD.replace("4 atoms", "0 atoms") + ATOMS, "says no number of atoms"), (HEAD.replace("4 atoms\n", "") + ATOMS, "says no number of atoms"),
    (HEAD.replace("4 atoms", "-4 atoms") + ATOMS, "line 3 cannot be read: '-4' is no number of atoms"), (HEAD.replace("4 atoms", "٤ atoms") + ATOMS, "'٤' is no number"),
    (HEAD.replace("4 atoms", "4 atoms\n4 atoms") + ATOMS, "line 4 cannot be read: 'atoms' is there twice"),
    ((HEAD + ATOMS).split("\n", 2)[2], "number of atoms on the first line, which LAMMPS skips"),
    (HEAD, "says 4 atoms, but has no section Atoms"), (HEAD + MASSES, "says 4 atoms, but has no section Atoms"), ("", "says no number of atoms up to line 0"),
    ("\x00\x01\x02\n\x03\n", "belongs to no section"), ("hello\nworld\n", "begins a section 'world', which files of the atom styles atomic, charge"),
    ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n", "ends on line 3, before the particles"), (b"a\n\xff\xfe 4 atoms\n", "cannot be read as text"),
    (HEAD.replace("0 3 xlo xhi\n", "") + ATOMS, "has no 'xlo xhi'"), (HEAD.replace("0 3 xlo xhi", "3 xlo xhi") + ATOMS, "line 6 cannot be read: it has 1 numbers before"),
    (HEAD.replace("0 3 xlo xhi", "0 nan xlo xhi") + ATOMS, "line 6"), (HEAD.replace("0 3 xlo xhi", "0 1e400 xlo xhi") + ATOMS, "'1e400' is not a finite number"),
    (HEAD.replace("0 3 xlo xhi", "3 0 xlo xhi") + ATOMS, "box"), (HEAD.replace("0 3 xlo xhi", "3 0 0 avec") + ATOMS, "not all three of avec"),
    (HEAD + "7 crossterms\n" + ATOMS, "line 9 says 'crossterms', which is not part of a header"), (HEAD + "\nCMAP\n\n1 1\n" + ATOMS, "begins a section 'CMAP'"),
    (HEAD + ATOMS + ATOMS, "line 17 begins a section 'Atoms', for the second time"), (HEAD + ATOMS.replace("\n\n1 1", "\n1 1"), "line 11 must be blank"),
    (HEAD + ATOMS.replace("4 2", "2 2"), "line 14 has id 2 for the second time"), (HEAD + ATOMS.replace("4 2", "0 2"), "line 14 has id 0, must be a whole number from 1"),
    (HEAD + ATOMS.replace("4 2", "4.5 2"), "line 14 has id 4.5"), (HEAD + ATOMS.replace("4 2", "x 2"), "line 14 cannot be read: id 'x' is not a finite number"),
    (HEAD + ATOMS.replace("4 2", "4 3"), "line 14 has type '3', must be a number from 1 to 2"), (HEAD + ATOMS.replace("4 2", "4 Cu"), "line 14 has type 'Cu'"),
    (HEAD + ATOMS.replace("4 2 2", "4 2 nan"), "line 14 cannot be read: x 'nan' is not a finite number"), (HEAD + ATOMS.replace("4 2 2", "4 2 2_0"), "x '2_0'"),
    (HEAD + ATOMS.replace("atomic", "hybrid sphere"), "atom style 'hybrid', must be one of atomic, charge"),
    (HEAD + ATOMS.replace(" # atomic", "").replace("1 1 0.5", "1 1 1 0.5"), "line 12 has 6 columns, which charge, molecular, bond, angle have: write it after"),
    (HEAD + ATOMS.replace(" # atomic", "").replace("1 1 0.5", "1 0.5"), "line 12 has 4 columns, which none of"),
    (HEAD.replace("2 atom types", "900000000 atom types") + ATOMS, "says 900000000 atom types, must be at most"),
    (HEAD + "\nAtom Type Labels\n\n1 A\n2 A\n" + ATOMS, "gives one label to two types"), (HEAD + "\nMasses\n\n1 1\n1 1\n" + ATOMS, "line 13 cannot be read: Masses needs a row"),
    (HEAD + "\nMasses\n\n1 1\n2 heavy\n" + ATOMS, "'heavy' is not a finite number"), (HEAD + "\nMasses\n\n1 1\n" + ATOMS, "line 13 cannot be read"),
    (HEAD + "1 bonds\n" + ATOMS + "\nBonds\n\n1 1 1 9\n", "line 20 binds a particle that has no row"),
    (HEAD + "2 bonds\n" + ATOMS + "\nBonds\n\n1 1 1 2\n", "says 2 bonds, so 2 rows of Bonds, but 1 follow"),
    (HEAD + ATOMS + "\nVelocities\n\n1 0 0 0\n2 0 0 0\n\nBonds\n\n", "so 4 rows of Velocities, but 2 follow"),
], ids=lambda x: repr(x[-40:]))  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text, word, tmp_path):
    with pytest.raises(UsageError, match=word) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_words_behind_masses_are_names_where_each_type_has_one(tmp_path):
    for behind, names in [("Cu Zr", {"Cu", "Zr"}), ("Cu Cu", {"1", "2"}), ("Cu 7", {"1", "2"}), ("Cu -", {"1", "2"})]:
        one, two = behind.split()
        path = tmp_path / "g.data"
        path.write_text(HEAD + MASSES.replace("1 1.0", f"1 1.0 # {one}").replace("2 1.0", f"2 1.0  # {two} ") + ATOMS)
        assert set(configuration(path).names) == names


def test_a_foreign_first_line_names_no_model(tmp_path):
    path = tmp_path / "g.data"
    path.write_text(HEAD.replace("a file of somebody", "silica glass, units lj") + ATOMS)
    with pytest.raises(UsageError, match="does not say which model"):
        Glass.read(path)


def test_a_count_takes_no_memory_until_its_rows_are_there(tmp_path):
    path = tmp_path / "g.data"
    for name, text in [("4 atoms", HEAD + ATOMS), ("4 atoms", HEAD + "\nVelocities\n\n1 0 0 0\n" + ATOMS)]:
        path.write_text(text.replace(name, f"{10**17} atoms"))
        tracemalloc.start()
        with pytest.raises(UsageError, match="follow that name"):
            Glass.read(path, MODEL, NUMBERS)
        assert tracemalloc.get_traced_memory()[1] < 1e7
        tracemalloc.stop()


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "g.data")
    with pytest.raises(UsageError, match="is a pipe or a device"):
        Glass.read(tmp_path / "g.data", MODEL)
