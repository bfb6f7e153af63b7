"""What ASE and OVITO read in our files: species that are no elements, and names of elements where they are given."""

import warnings

import numpy as np
import pytest
from click.testing import CliRunner

from vitrify import Glass
from vitrify.cli.main import cli
from vitrify.formats.displacements import write_displacements
from vitrify.models import Mixture
from vitrify.models.catalogue import pss

MIXTURE = Mixture(masses=(1.0, 2.5))
METALS = {"A": "Cu", "B": "Zr"}
LAST = 5e-16  # OVITO rounds the last bit of what it reads otherwise
BORON = 2.01  # the radius that OVITO draws it with


@pytest.fixture(params=[2, 3], ids=["plane", "space"])
def glass(request):
    d, rng = request.param, np.random.default_rng(11)
    spots = np.stack(np.meshgrid(*[np.arange(4)] * d, indexing="ij"), -1).reshape(-1, d)
    matrix = np.array([[8.0, 0, 0], [2.5, 9.0, 0], [-1.5, 3.0, 7.0]])[:d, :d] / 3 * np.pi
    positions = ((spots + 0.3 * rng.random(spots.shape)) / 4) @ matrix
    return Glass(positions, matrix, np.arange(len(spots)) % 2, pss(mixture=MIXTURE), {"seed": 3})


def ase_reads(path, **options):
    read = pytest.importorskip("ase.io").read
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read(path, **options)


def ovito_reads(path, frame=0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pytest.importorskip("ovito.io", exc_type=ImportError)
        return found.import_file(str(path)).compute(frame)


def of_types(data):
    """Name, mass and radius of each particle's type."""
    types = {x.id: (x.name, x.mass, x.radius) for x in data.particles.particle_types.types}
    return [types[k] for k in np.asarray(data.particles.particle_types).tolist()]


def test_ase_reads_species_that_are_no_elements(glass, tmp_path):
    glass.write(tmp_path / "g.xyz")
    atoms = ase_reads(tmp_path / "g.xyz", format="extxyz")
    assert set(atoms.get_chemical_symbols()) == {"X"}
    assert np.array_equal(atoms.get_tags(), glass.species)
    back = Glass.from_ase(atoms)
    assert np.array_equal(back.positions, glass.positions)
    assert np.array_equal(back.species, glass.species)
    assert (back.cell, back.model, back.provenance) == (glass.cell, glass.model, glass.provenance)


def test_ase_reads_names_of_elements(glass, tmp_path):
    glass.write(tmp_path / "g.xyz", names=METALS)
    atoms = ase_reads(tmp_path / "g.xyz", format="extxyz")
    assert atoms.get_chemical_symbols() == [("Cu", "Zr")[k] for k in glass.species]
    assert "Properties=species:S:1:pos:R:3 " in (tmp_path / "g.xyz").read_text()
    assert Glass.from_ase(atoms).model == glass.model.with_names(METALS)
    glass.write(tmp_path / "g.data", names=METALS)
    atoms = ase_reads(tmp_path / "g.data", format="lammps-data", units="metal", Z_of_type={1: 29, 2: 40})
    assert atoms.get_chemical_symbols() == [("Cu", "Zr")[k] for k in glass.species]


def test_files_with_names_are_read_as_they_are(glass, tmp_path):
    """The names are those of the model that the file says: nothing need be mapped."""
    glass.write(tmp_path / "g.xyz", names=METALS)
    back = Glass.read(tmp_path / "g.xyz")
    assert np.array_equal(back.positions, glass.positions)
    assert np.array_equal(back.species, glass.species)
    assert back.model == glass.model.with_names(METALS)
    assert Glass.read(tmp_path / "g.xyz", back.model).with_names({"Cu": "A", "Zr": "B"}).model == glass.model


@pytest.mark.parametrize("suffix", [".xyz", ".data", ".gsd"])
def test_ovito_takes_names_of_elements_and_masses(suffix, glass, tmp_path):
    path = tmp_path / f"g{suffix}"
    glass.write(path, names=METALS)
    data = ovito_reads(path)
    assert [name for name, _, _ in of_types(data)] == [("Cu", "Zr")[k] for k in glass.species]
    if suffix == ".data":
        assert [mass for _, mass, _ in of_types(data)] == [MIXTURE.masses[k] for k in glass.species]
    if suffix == ".xyz":
        back = Glass.from_ovito(data)
        np.testing.assert_allclose(glass.cell.nearest(back.positions - glass.positions), 0.0, atol=10 * LAST)
        np.testing.assert_allclose(back.cell.matrix, glass.cell.matrix, rtol=LAST)
        assert back.model == glass.model.with_names(METALS)


@pytest.mark.parametrize("suffix", [".xyz", ".gsd"])
def test_ovito_draws_b_by_its_length_not_as_boron(suffix, glass, tmp_path):
    path = tmp_path / f"g{suffix}"
    glass.write(path)
    data = ovito_reads(path)
    radii = [0.5 * (1.0, 1.4)[k] for k in glass.species]
    np.testing.assert_allclose(np.array(data.particles["Radius"]), radii, rtol=1e-7)
    assert BORON not in radii


@pytest.mark.parametrize("names", [None, METALS])
def test_ovito_and_ase_read_vectors(names, glass, tmp_path):
    vectors = np.random.default_rng(2).normal(size=(2, glass.n_particles, glass.dimension))
    frames = [("mode 0", 1.5, vectors[0]), ("mode 1", 2.5, vectors[1])]
    write_displacements(glass.with_names(names), frames, tmp_path / "m.xyz")
    for k in range(2):
        data = ovito_reads(tmp_path / "m.xyz", k)
        found = np.array(data.particles["Displacement"])
        np.testing.assert_allclose(found[:, : glass.dimension], vectors[k], rtol=LAST)
        assert glass.dimension == 3 or not found[:, 2].any()
        np.testing.assert_allclose(np.array(data.particles.positions)[:, : glass.dimension], glass.positions, rtol=LAST)
        assert data.attributes["eigenvalue"] == frames[k][1]
        atoms = ase_reads(tmp_path / "m.xyz", format="extxyz", index=k)
        assert np.array_equal(atoms.arrays["disp"][:, : glass.dimension], vectors[k])


def test_names_on_the_command_line(pss_glass, tmp_path):
    pss_glass.write(tmp_path / "g.xyz")
    arguments = ["--output", "named.data", "--modes", "2", "--write-modes", "modes.xyz", "--names", "A=Cu,B=Zr"]
    paths = [str(tmp_path / x) if "." in x else x for x in arguments]
    done = CliRunner().invoke(cli, ["measure", str(tmp_path / "g.xyz"), *paths])
    assert done.exit_code == 0, done.output
    assert "\n1 Cu\n2 Zr\n" in (tmp_path / "named.data").read_text()
    assert {x.split()[0] for x in (tmp_path / "modes.xyz").read_text().splitlines()[2:162]} == {"Cu", "Zr"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--names", "A=Cu"], "ask for --output FILE or --write-modes FILE too"),
        (["--names", "C=Cu", "--output", "x.xyz"], "names has 'C', must name only the labels A, B"),
        (["--names", "Cu", "--output", "x.xyz"], "--names is 'Cu', must be written like A=Cu,B=Zr"),
        (["--names", "A=,B=Zr", "--output", "x.xyz"], "must be written like A=Cu,B=Zr"),
    ],
)
def test_wrong_names_on_the_command_line(pss_glass, tmp_path, arguments, word, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pss_glass.write(tmp_path / "g.xyz")
    done = CliRunner().invoke(cli, ["measure", "g.xyz", *arguments])
    assert (done.exit_code, word in done.output) == (2, True), done.output
    assert not (tmp_path / "x.xyz").exists()
