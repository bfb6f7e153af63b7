from dataclasses import replace

import gsd.hoomd
import numpy as np
import pytest

from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.glass_files import FORMATS
from vitrify.models import Mixture
from vitrify.models.catalogue import pss
from vitrify.observables import measure

HEAD = 'Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3 pbc="T T T"'


def text(n=2, head=HEAD, rows=("A 1 1 1", "B 3 3 3")):
    return "\n".join([str(n), head, *rows]) + "\n"


def test_extxyz_keeps_every_digit(pss_glass, tmp_path):
    path = tmp_path / "g.xyz"
    pss_glass.write(path)
    back = Glass.read(path)
    assert np.array_equal(back.positions, pss_glass.positions)
    assert np.array_equal(back.species, pss_glass.species)
    assert (back.box, back.model, back.provenance) == (pss_glass.box, pss_glass.model, pss_glass.provenance)
    assert measure(back) == measure(pss_glass)


@pytest.mark.filterwarnings("ignore")
def test_what_ase_writes_is_read(tmp_path):
    import ase.io

    atoms = ase.Atoms(["Cu", "Zr"], positions=[[1, 1, 1], [3, 3, 3]], cell=[8, 8, 8], pbc=True)
    ase.io.write(tmp_path / "a.xyz", atoms, format="extxyz")
    glass = Glass.read(tmp_path / "a.xyz", pss(), {"Cu": "A", "Zr": "B"})
    assert glass.species.tolist() == [0, 1]
    assert glass.positions.tolist() == atoms.positions.tolist()


def test_columns_frames_and_labels(tmp_path):
    path = tmp_path / "g.xyz"
    path.write_text(
        text()
        + text(
            head=HEAD.replace("species:S:1:pos:R:3", "id:I:1:pos:R:3:species:S:1"),
            rows=("7 2 2 2 B", "8 5 5 5 A"),
        )
    )
    glass = Glass.read(path, pss())  # the last frame, columns as its header says
    assert glass.positions.tolist() == [[2, 2, 2], [5, 5, 5]]
    assert glass.species.tolist() == [1, 0]


def test_lammps_data(pss_glass, tmp_path):
    pss_glass.write(tmp_path / "g.data")
    lines = (tmp_path / "g.data").read_text().splitlines()
    assert f"{pss_glass.n_particles} atoms" in lines
    rows = np.array([line.split() for line in lines[lines.index("Atoms # atomic") + 2 :]], dtype=float)
    assert np.array_equal(rows[:, 2:], pss_glass.positions)
    assert np.array_equal(rows[:, 1] - 1, pss_glass.species)


@pytest.mark.parametrize(("content", "word"), [
    ("", "is empty"),
    ("\x00\x01\x02", "number of particles"),
    ("not a number\nx\n", "should be a number of particles"),
    (text(n=3), "says 3 particles"),
    (text(head="no lattice here"), "Lattice"),
    (text(head=HEAD.replace("T T T", "T T F")), "has z = 1, must be 0"),
    (text(head=HEAD.replace("T T T", "F T T")), "not periodic"),
    (text(head=HEAD.replace("8 0 0 0 8", "8 0 0 8 0")), "singular"),
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "0 8 0 8 0 0 0 0 8")), "right-handed"),
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "8 8 8 8")), "nine numbers|comment line"),
    (text(rows=("A 1 1 nan", "B 3 3 3")), "not a finite number"),
    (text(rows=("A 1 1", "B 3 3 3")), "line 3 cannot be read"),
    (text(rows=("A 1 1 1", "B 1 1 1")), "overlap"),
    (text(rows=("A 1 1 1", "Xe 3 3 3")), "--species Xe=B"),
    (text(head=HEAD.replace("pos:R:3", "speed:R:3")), "must name species and pos"),
])  # fmt: skip
def test_bad_files_are_one_sentence_with_the_file(tmp_path, content, word):
    path = tmp_path / "bad.xyz"
    path.write_text(content)
    with pytest.raises(UsageError, match=word) as caught:
        Glass.read(path, pss())
    assert "bad.xyz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_model_suffix_and_missing_file(tmp_path):
    (tmp_path / "g.xyz").write_text(text())
    with pytest.raises(UsageError, match="--model"):
        Glass.read(tmp_path / "g.xyz")
    with pytest.raises(UsageError, match="does not exist"):
        Glass.read(tmp_path / "none.xyz", pss())
    with pytest.raises(UsageError, match="suffix"):
        Glass.read(tmp_path / "g.pdb", pss())
    (tmp_path / "binary.xyz").write_bytes(bytes(range(128, 256)))
    with pytest.raises(UsageError, match="as text"):
        Glass.read(tmp_path / "binary.xyz", pss())


def test_gsd(glass, tmp_path):
    """Read back by the package that defines the format: HOOMD's schema, box about the origin, single precision."""
    glass.write(tmp_path / "g.gsd")
    with gsd.hoomd.open(str(tmp_path / "g.gsd")) as file:
        assert len(file) == 1
        frame = file[0]
    frame.validate()
    particles, edge = frame.particles, np.float32(glass.box)
    assert frame.configuration.box.tolist() == [edge, edge, edge, 0, 0, 0]
    assert (particles.N, particles.types) == (glass.n_particles, list(glass.model.mixture.labels))
    assert np.array_equal(particles.typeid, glass.species)
    assert np.array_equal(particles.mass, np.ones(glass.n_particles))
    assert particles.position.min() >= -edge / 2
    assert particles.position.max() < edge / 2
    away = particles.position - glass.positions
    np.testing.assert_allclose(away - glass.box * np.rint(away / glass.box), 0.0, atol=glass.box * 2.0**-24)


def test_gsd_keeps_the_edge_of_the_box(tmp_path):
    """The middle of our box is the edge of HOOMD's, and what single precision rounds to it is its other image."""
    half = 4.05 - 1e-12
    mixture = Mixture(masses=(1.0, 2.5))
    glass = Glass([[half, 1, 1], [4.05, 3, 3], [0, 5, 5]], 8.1, [0, 1, 1], pss(mixture=mixture))
    glass.write(tmp_path / "g.gsd")
    with gsd.hoomd.open(str(tmp_path / "g.gsd")) as file:
        particles = file[0].particles
    edge = np.float32(8.1) / np.float32(2)
    assert particles.position[:, 0].tolist() == [-edge, -edge, 0.0]
    assert particles.mass.tolist() == [1.0, 2.5, 2.5]


def test_what_stops_a_writer_leaves_the_old_file(pss_glass, tmp_path, monkeypatch):
    def stopped(glass, path):
        path.write_text("half")
        raise KeyboardInterrupt

    path = tmp_path / "g.xyz"
    pss_glass.write(path)
    before = path.read_bytes()
    monkeypatch.setitem(FORMATS, "extxyz", replace(FORMATS["extxyz"], write=stopped))
    with pytest.raises(KeyboardInterrupt):
        pss_glass.write(path)
    assert [x.name for x in tmp_path.iterdir()] == ["g.xyz"]
    assert path.read_bytes() == before


METALS = pss(mixture=Mixture(labels=("Ni", "P")))  # names that ASE knows
TILTED = np.array([[8.0, 0, 0], [2.5, 9.0, 0], [-1.5, 3.0, 7.0]]) / 3 * np.pi


def in_tilted_cell(dimension=3):
    rng = np.random.default_rng(11)
    spots = np.stack(np.meshgrid(*[np.arange(3)] * dimension, indexing="ij"), -1).reshape(-1, dimension)
    matrix = TILTED[:dimension, :dimension]
    positions = ((spots + 0.3 * rng.random(spots.shape)) / 3 + rng.integers(-2, 3, spots.shape)) @ matrix
    return Glass(positions, matrix, np.arange(len(spots)) % 2, METALS, {"seed": 3})


GLASSES = {
    "tilted": in_tilted_cell(),
    "slab": Glass(in_tilted_cell().positions, [9.1, 8.3, 11.7], np.arange(27) % 2, METALS),
    "plane": in_tilted_cell(2),
    "square": Glass(in_tilted_cell(2).positions, 7.7, np.arange(9) % 2, METALS),
}


@pytest.mark.parametrize("name", GLASSES)
def test_every_cell_is_written_and_read_to_the_last_bit(name, tmp_path):
    glass = GLASSES[name]
    glass.write(tmp_path / "g.xyz")
    back = Glass.read(tmp_path / "g.xyz")
    assert back.cell == glass.cell
    assert np.array_equal(back.positions, glass.positions)
    assert (back.dimension, back.provenance) == (glass.dimension, glass.provenance)
    pbc = 'pbc="T T F"' if glass.dimension == 2 else 'pbc="T T T"'
    assert pbc in (tmp_path / "g.xyz").read_text().splitlines()[1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", GLASSES)
def test_ase_reads_every_cell(name, tmp_path):
    import ase.io

    glass = GLASSES[name]
    d = glass.dimension
    for file, form in (("g.xyz", "extxyz"), ("g.data", "lammps-data")):
        glass.write(tmp_path / file)
        more = {"atom_style": "atomic"} if form == "lammps-data" else {}
        atoms = ase.io.read(tmp_path / file, format=form, **more)
        np.testing.assert_allclose(atoms.cell[:d, :d], glass.cell.matrix, rtol=1e-15)
        away = glass.cell.nearest(atoms.positions[:, :d] - glass.positions)
        np.testing.assert_allclose(away, 0.0, atol=1e-13)
        assert d == 3 or not atoms.positions[:, 2].any()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("d", [2, 3])
def test_a_turned_cell_is_read_in_standard_form(d, tmp_path):
    """What ASE writes of any right-handed vectors: the same distances, the cell turned."""
    import ase.io

    glass = in_tilted_cell(d)
    turn, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(d, d)))
    turn[0] *= np.sign(np.linalg.det(turn))
    atoms = ase.Atoms([["Ni", "P"][k] for k in glass.species], cell=np.eye(3), pbc=[True, True, d == 3])
    atoms.cell[:d, :d], atoms.positions[:, :d] = glass.cell.matrix @ turn, glass.positions @ turn
    ase.io.write(tmp_path / "t.xyz", atoms, format="extxyz")
    back = Glass.read(tmp_path / "t.xyz", METALS)
    np.testing.assert_allclose(back.cell.matrix, glass.cell.matrix, atol=1e-6)  # ASE writes eight digits
    np.testing.assert_allclose(glass.cell.nearest(back.positions - glass.positions), 0.0, atol=1e-6)


@pytest.mark.parametrize("name", GLASSES)
def test_gsd_has_every_cell(name, tmp_path):
    """HOOMD's box: a = (Lx, 0, 0), b = (xy Ly, Ly, 0), c = (xz Lz, yz Lz, Lz), the origin in its middle."""
    glass = GLASSES[name]
    d = glass.dimension
    glass.write(tmp_path / "g.gsd")
    with gsd.hoomd.open(str(tmp_path / "g.gsd")) as file:
        frame = file[0]
    frame.validate()
    assert frame.configuration.dimensions == d
    lx, ly, lz, xy, xz, yz = frame.configuration.box.tolist()
    matrix = np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]])
    np.testing.assert_allclose(matrix[:d, :d], glass.cell.matrix, rtol=1e-6)
    fractions = glass.cell.fractions(frame.particles.position[:, :d].astype(float))
    assert np.abs(fractions).max() < 0.5 + 1e-6
    away = glass.cell.nearest(frame.particles.position[:, :d] - glass.positions)
    np.testing.assert_allclose(away, 0.0, atol=1e-5)
    assert d == 3 or not frame.particles.position[:, 2].any()


def test_two_dimensions_need_a_plane(tmp_path):
    """The plane is xy, at z = 0: a file of a slab at another height is not read as one."""
    flat = HEAD.replace("T T T", "T T F")
    (tmp_path / "a.xyz").write_text(text(head=flat, rows=("A 1 1 0", "B 3 3 0")))
    assert Glass.read(tmp_path / "a.xyz", pss()).positions.tolist() == [[1, 1], [3, 3]]
    for head, word in (
        (flat.replace("8 0 0 0 8 0", "8 0 1 0 8 0"), "xy plane"),
        (flat.replace("T T F", "T F F"), "not periodic"),
    ):
        (tmp_path / "a.xyz").write_text(text(head=head, rows=("A 1 1 0", "B 3 3 0")))
        with pytest.raises(UsageError, match=word):
            Glass.read(tmp_path / "a.xyz", pss())


def test_a_plane_that_is_periodic_across_itself_is_not_read_as_a_stack_of_planes(tmp_path):
    """Many programs write two dimensions so; 16 particles in one plane are no glass of three dimensions."""
    rows = [f"{'AB'[k % 2]} {2 * (k % 4)} {2 * (k // 4)} {{}}" for k in range(16)]
    path = tmp_path / "a.xyz"
    path.write_text(text(n=16, head=HEAD, rows=[x.format(0) for x in rows]))
    with pytest.raises(UsageError, match="for two dimensions write pbc"):
        Glass.read(path, pss())
    path.write_text(text(n=16, head=HEAD.replace("T T T", "T T F"), rows=[x.format(0) for x in rows]))
    assert Glass.read(path, pss()).dimension == 2
    path.write_text(text(n=16, head=HEAD, rows=[x.format(2 * (k % 2)) for k, x in enumerate(rows)]))
    assert Glass.read(path, pss()).dimension == 3
