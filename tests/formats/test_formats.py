import gsd.hoomd
import numpy as np
import pytest

from vitrify.errors import UsageError
from vitrify.formats import choose
from vitrify.glass import Glass
from vitrify.model import Mixture
from vitrify.model.catalogue import pss
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
    (text(head=HEAD.replace("T T T", "T T F")), "not periodic"),
    (text(head=HEAD.replace("0 0 8\"", "0 0 9\"")), "not a cube"),
    (text(head=HEAD.replace("8 0 0 0", "8 1 0 0")), "not a cube"),
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "8 8 8 8")), "nine numbers|comment line"),
    (text(rows=("A 1 1 nan", "B 3 3 3")), "not a finite number"),
    (text(rows=("A 1 1", "B 3 3 3")), "line 3 cannot be read"),
    (text(rows=("A 1 1 1", "B 1 1 1")), "overlap"),
    (text(rows=("A 1 1 1", "Xe 3 3 3")), "--species Xe=A"),
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
    monkeypatch.setitem(choose.WRITERS, ".xyz", stopped)
    with pytest.raises(KeyboardInterrupt):
        pss_glass.write(path)
    assert [x.name for x in tmp_path.iterdir()] == ["g.xyz"]
    assert path.read_bytes() == before
