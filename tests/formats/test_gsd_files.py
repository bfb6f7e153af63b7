"""GSD files that gsd.hoomd wrote are the glasses that it was given, in single precision."""

import bz2
import os
import sys
import tracemalloc
from pathlib import Path

import gsd.fl
import gsd.hoomd
import numpy as np
import pytest

import vitrify
from vitrify import Glass
from vitrify.errors import SampleFailure, UsageError

FILES = Path(__file__).parent / "files"
ELEMENTS = {"Cu": "A", "Zr": "B"}
SINGLE = 2.0**-24  # relative rounding of single precision


def frame_of(glass, step=7):
    """HOOMD's frame of a glass: edges, then tilts b_x/b_y, c_x/c_z and c_y/c_z, positions about the middle."""
    frame, matrix, x = gsd.hoomd.Frame(), np.eye(3), np.zeros((glass.n_particles, 3))
    matrix[: glass.dimension, : glass.dimension], x[:, : glass.dimension] = glass.cell.matrix, glass.positions
    (lx, _, _), (bx, by, _), (cx, cy, cz) = matrix
    frame.configuration.box = [lx, by, cz * (glass.dimension == 3), bx / by, cx / cz, cy / cz]
    frame.configuration.dimensions = glass.dimension
    frame.configuration.step = step
    x[:, : glass.dimension] -= glass.cell.positions(np.rint(glass.cell.fractions(glass.positions)))
    frame.particles.N, frame.particles.position, frame.particles.typeid = len(x), x, glass.species
    frame.particles.types = ["Cu", "Zr"][: glass.model.mixture.n_species]
    return frame


def write(path, *frames):
    with gsd.hoomd.open(str(path), "w") as file:
        file.extend(frames)
    return path


@pytest.fixture
def given():
    return Glass.read(FILES / "data_space.xyz")


@pytest.mark.parametrize("kind", ["space", "plane", "sizes"])
def test_a_glass_comes_back_in_single_precision(kind, tmp_path):
    given = Glass.read(FILES / f"data_{kind}.xyz")
    frame = frame_of(given)
    if given.sizes is not None:
        frame.particles.diameter = given.sizes
    found = Glass.read(write(tmp_path / "g.gsd", frame), given.model, {} if kind == "sizes" else ELEMENTS)
    box = float(np.abs(given.cell.matrix).max())
    assert np.abs(given.cell.nearest(found.positions - given.positions)).max() < 4 * SINGLE * box  # of box and position
    np.testing.assert_allclose(found.cell.matrix, given.cell.matrix, rtol=0, atol=2 * SINGLE * box)
    assert np.array_equal(found.species, given.species)
    assert found.provenance == {"step": 7}
    if given.sizes is not None:
        assert np.array_equal(found.sizes, given.sizes.astype(np.float32))
    with pytest.raises(SampleFailure, match="not at mechanical equilibrium"):
        vitrify.measure(found)
    there, here = vitrify.measure(vitrify.quench_glass(found)), vitrify.measure(given)
    # a box that is 6e-8 off has a density 2e-7 off, on which the parts of a modulus depend with powers of some ten
    assert there.shear_modulus == pytest.approx(here.shear_modulus, abs=1e-5 * here.shear_modulus_affine)
    assert there.bulk_modulus == pytest.approx(here.bulk_modulus, rel=1e-5)


@pytest.mark.parametrize("kind", ["space", "plane", "sizes"])
def test_our_own_file_is_read(kind, tmp_path):
    given = Glass.read(FILES / f"data_{kind}.xyz")
    given.write(tmp_path / "g.gsd")
    found = Glass.read(tmp_path / "g.gsd", given.model)
    assert np.array_equal(found.species, given.species)
    assert np.abs(given.cell.nearest(found.positions - given.positions)).max() < 2e-6


def test_frames_of_a_trajectory_and_what_later_ones_leave_out(given, tmp_path):
    """Types, masses and the box of frame 0 stand for those of all, and the schema's own for what no frame has."""
    frames = [frame_of(given, step=100 * k) for k in range(4)]
    for k, frame in enumerate(frames):
        frame.particles.position = frame.particles.position + 0.01 * k
    path = write(tmp_path / "g.gsd", *frames)
    with gsd.fl.open(str(path), "r") as file:
        assert not file.chunk_exists(frame=3, name="particles/types")
    assert Glass.read(path, given.model, ELEMENTS).provenance == {"step": 300}
    read = list(Glass.read_all(path, given.model, ELEMENTS, frames=slice(1, 3)))
    assert [(k, x.provenance["step"]) for k, x in read] == [(1, 100), (2, 200)]
    moved = given.cell.nearest(read[1][1].positions - read[0][1].positions)
    np.testing.assert_allclose(moved, 0.01, atol=1e-6)
    packed = tmp_path / "g.gsd.bz2"
    packed.write_bytes(bz2.compress(path.read_bytes()))
    assert Glass.read(packed, given.model, ELEMENTS, frame=0).provenance == {"step": 0}
    path.rename(tmp_path / "trajectory")
    assert Glass.read(tmp_path / "trajectory", given.model, ELEMENTS, frame=-2).provenance == {"step": 200}


def test_a_box_without_a_height_is_a_plane(tmp_path):
    """As gsd.hoomd takes it where nobody says how many dimensions there are."""
    given = Glass.read(FILES / "data_plane.xyz")
    frame = frame_of(given)
    frame.configuration.dimensions = None
    box = np.array(frame.configuration.box, dtype=np.float32)
    chunks = {"particles__N": np.array([60], dtype=np.uint32), "configuration__box": box, "particles__position": frame.particles.position.astype(np.float32),
              "particles__typeid": given.species.astype(np.uint32), "particles__types": np.array([[65, 0], [66, 0]], dtype=np.int8)}  # fmt: skip
    for path in (raw(tmp_path / "raw.gsd", **chunks), write(tmp_path / "g.gsd", frame)):
        assert Glass.read(path, given.model, ELEMENTS if path.stem == "g" else None).dimension == 2


def test_masses_are_compared_with_the_models(given, tmp_path):
    frame = frame_of(given)
    frame.particles.mass = np.where(given.species == 0, 1.0, 3.0)
    path = write(tmp_path / "g.gsd", frame)
    with pytest.warns(vitrify.errors.ModelOverridden, match="has masses of other ratios"):
        Glass.read(path, given.model, ELEMENTS)


def raw(path, schema="hoomd", **chunks):
    with gsd.fl.open(str(path), "w", application="test", schema=schema, schema_version=(1, 4)) as file:
        for name, values in chunks.items():
            file.write_chunk(name.replace("__", "/"), values)
        file.end_frame()
    return path


POSITIONS = np.array([[0.0, 0, 0], [1, 1, 1]], dtype=np.float32)
TWO = {"particles__N": np.array([2], dtype=np.uint32), "configuration__box": np.array([3, 3, 3, 0, 0, 0], dtype=np.float32)}


@pytest.mark.parametrize(("chunks", "word"), [
    ({**TWO}, "frame 0 has no positions"), ({"particles__position": POSITIONS}, "frame 0 has particles/position of shape"),
    ({**TWO, "particles__position": POSITIONS[:1]}, "of shape"), ({**TWO, "particles__position": POSITIONS * np.float32(np.nan)}, "not finite numbers"),
    ({**TWO, "particles__N": np.array([4_000_000_000], dtype=np.uint32), "particles__position": POSITIONS}, "of shape \\(2, 3\\), must be \\(4000000000, 3\\)"),
    ({**TWO, "particles__position": POSITIONS, "particles__typeid": np.array([0, 7], dtype=np.uint32)}, "has a particle of type 7, but 1 types"),
    ({**TWO, "particles__position": POSITIONS, "configuration__box": np.zeros(6, dtype=np.float32)}, "box"),
    ({**TWO, "particles__position": POSITIONS, "particles__types": np.zeros((1, 3), dtype=np.int8)}, "species ''|does not say|fractions"),
    ({"schema": "other", **TWO}, "schema 'other', must be of 'hoomd'"),
], ids=lambda x: str(x)[-50:])  # fmt: skip
def test_what_is_wrong_is_one_sentence(chunks, word, tmp_path):
    with pytest.raises(UsageError, match=word) as caught:
        Glass.read(raw(tmp_path / "g.gsd", **chunks), "pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4]")
    assert "\n" not in str(caught.value)


def test_what_is_no_whole_gsd_is_one_sentence(given, tmp_path):
    path = tmp_path / "g.gsd"
    whole = write(path, frame_of(given)).read_bytes()
    for content, word in ((b"", "is not a GSD file"), (b"TIMESTEP\n", "is not a GSD file"), (whole[:8], "cannot be read as GSD"), (whole[:300], "cannot be read as GSD")):  # fmt: skip
        path.write_bytes(content)
        with pytest.raises(UsageError, match=word):
            Glass.read(path, given.model)
    with gsd.fl.open(str(path), "w", application="test", schema="hoomd", schema_version=(1, 4)):
        pass
    with pytest.raises(UsageError, match="is empty"):
        Glass.read(path, given.model)


def test_one_frame_is_in_memory(tmp_path):
    """Ten frames take no more than one: each of a million numbers."""
    n, rng = 60_000, np.random.default_rng(1)
    peaks = []
    for n_frames in (1, 10):
        path = tmp_path / f"{n_frames}.gsd"
        with gsd.hoomd.open(str(path), "w") as file:
            for _ in range(n_frames):
                frame = gsd.hoomd.Frame()
                frame.configuration.box = [40, 40, 40, 0, 0, 0]
                frame.particles.N, frame.particles.position = n, rng.uniform(-20, 20, (n, 3))
                file.append(frame)
        tracemalloc.start()
        assert Glass.read(path, "hertzian() [1; lengths 1]").n_particles == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_without_gsd_it_is_said_what_brings_it(given, tmp_path, monkeypatch):
    path = write(tmp_path / "g.gsd", frame_of(given))
    monkeypatch.setitem(sys.modules, "gsd.hoomd", None)
    with pytest.raises(UsageError, match=r'need the package gsd, which pip install "\.\[files\]" brings'):
        Glass.read(path, given.model, ELEMENTS)


def test_a_pipe_is_not_waited_for(given, tmp_path):
    os.mkfifo(tmp_path / "g.gsd")
    with pytest.raises(UsageError, match="is a pipe or a device"):
        Glass.read(tmp_path / "g.gsd", given.model)
