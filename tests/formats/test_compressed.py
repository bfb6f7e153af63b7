"""Compressed files and trajectories, whatever their format."""

import bz2
import gzip
import lzma
import tracemalloc

import numpy as np
import pytest
import zstandard

from vitrify import compressed_file
from vitrify.errors import UsageError
from vitrify.glass import Glass
from vitrify.glass_files import NoSuchFrame, box_in_words, chosen_frames, numbers_of

HEAD = 'Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3 pbc="T T T" model="pss(rc=1.2)"'
PACKED = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.ZstdCompressor().compress}


def frame(number):
    return f"2\n{HEAD} frame={number}\nA 1 1 1\nB 2.2 1 1\n"


@pytest.fixture
def trajectory(tmp_path):
    path = tmp_path / "five.xyz"
    path.write_text("".join(map(frame, range(5))))
    return path


@pytest.mark.parametrize("suffix", PACKED)
def test_a_compressed_file_is_read_as_the_file(trajectory, suffix):
    path = trajectory.with_name(trajectory.name + suffix)
    path.write_bytes(PACKED[suffix](trajectory.read_bytes()))
    found = Glass.read(path)
    assert np.array_equal(found.positions, Glass.read(trajectory).positions)
    assert found.provenance == {"frame": 4}
    loud = path.with_name("LOUD.XYZ" + suffix.upper())
    path.rename(loud)
    assert Glass.read(loud).provenance == {"frame": 4}


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("damage", ["cut", "flipped", "another", "empty"])
def test_a_damaged_one_is_refused_in_one_sentence(trajectory, suffix, damage):
    content = bytearray(PACKED[suffix](trajectory.read_bytes() * 50))
    if damage == "flipped":
        content[len(content) // 2] ^= 0xFF
    kept = {"cut": content[: len(content) // 2], "another": b"not packed at all", "empty": b""}.get(damage, content)
    path = trajectory.with_name(trajectory.name + suffix)
    path.write_bytes(kept)
    try:
        Glass.read(path)
    except UsageError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
    else:
        assert damage == "flipped"  # not every format has sums by which to notice


def test_a_file_that_unfolds_beyond_bounds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed_file, "ALWAYS_UNFOLDED", 2**20)
    path = tmp_path / "bomb.xyz.gz"
    path.write_bytes(gzip.compress(frame(0).encode() * 100_000))  # 17 MB of 50 kB
    assert path.stat().st_size < 60_000
    with pytest.raises(
        UsageError, match="would unpack to more than .* MiB, 200 times its size; if that is right, unpack it"
    ):
        Glass.read(path)
    line = tmp_path / "line.xyz.gz"
    line.write_bytes(gzip.compress(b"2\n" + b"x" * 50_000_000))
    tracemalloc.start()
    with pytest.raises(UsageError, match="line 2 has more than 1,000,000 characters"):
        Glass.read(line)
    assert tracemalloc.get_traced_memory()[1] < 2e7
    tracemalloc.stop()


@pytest.mark.parametrize(("chosen", "numbers"), [
    (-1, [4]), (0, [0]), (3, [3]), (-2, [3]), (-5, [0]), (slice(None), [0, 1, 2, 3, 4]), (slice(1, 3), [1, 2]), (slice(None, None, 2), [0, 2, 4]),
    (slice(-2, None), [3, 4]), (slice(None, -3), [0, 1]), (slice(3, 99), [3, 4]),
])  # fmt: skip
def test_frames_are_chosen_as_in_a_list(trajectory, chosen, numbers):
    found = list(Glass.read_all(trajectory, frames=chosen))
    assert [k for k, _ in found] == numbers == [x.provenance["frame"] for _, x in found]


@pytest.mark.parametrize("chosen", [5, -6, slice(5, None), slice(2, 2)])
def test_frames_that_are_not_there(trajectory, chosen):
    with pytest.raises(UsageError, match="five.xyz: frame .* is not there: it has 5 frames, counted from 0"):
        list(Glass.read_all(trajectory, frames=chosen))


def test_an_early_frame_of_a_file_that_still_grows(trajectory):
    trajectory.write_text(trajectory.read_text() + "2\n")
    assert Glass.read(trajectory, frame=4).provenance == {"frame": 4}
    with pytest.raises(UsageError, match="says 2 particles on line 21"):
        Glass.read(trajectory)


def test_a_frame_that_is_cut_leaves_those_before_it(trajectory):
    trajectory.write_text(trajectory.read_text() + "2\n")
    assert numbers_of(trajectory, slice(None)) == [0, 1, 2, 3, 4, -1]  # the last tells why
    with pytest.raises(NoSuchFrame, match="frame 20:30 is not there: it has 5"):
        numbers_of(_whole(trajectory), slice(20, 30))


def _whole(trajectory):
    trajectory.write_text("".join(map(frame, range(5))))
    return trajectory


@pytest.mark.parametrize("frames", [slice(None, None, -1), slice(0, 3, 0), slice("a"), slice(1.5), 1.0, None, True])
def test_what_chooses_no_frames(trajectory, frames):
    for act in (lambda: list(Glass.read_all(trajectory, frames=frames)), lambda: numbers_of(trajectory, frames)):
        with pytest.raises(UsageError, match="frames is .*, must be an integer, or a slice of integers that goes forward"):
            act()


def test_zstd_that_ends_within_a_frame_is_damaged_wherever_it_ends(trajectory):
    packer = zstandard.ZstdCompressor().compressobj()
    part = packer.compress(trajectory.read_bytes()) + packer.flush(
        zstandard.COMPRESSOBJ_FLUSH_BLOCK
    )  # its writer is killed
    path = trajectory.with_name("cut.xyz.zst")
    path.write_bytes(part)
    with pytest.raises(UsageError, match="cannot be unpacked: it ends before the end of its content"):
        Glass.read(path)
    path.write_bytes(PACKED[".zst"](frame(0).encode()) + PACKED[".zst"](frame(1).encode()))
    assert Glass.read(path).provenance == {"frame": 1}


def test_blanks_in_a_comment_take_no_time(tmp_path):
    path = tmp_path / "blanks.xyz"
    path.write_text(frame(0).replace(" frame=0", " a=" + " " * 200_000 + '"'))
    with pytest.raises(UsageError, match="cannot be read as extended xyz"):  # it took hours
        Glass.read(path)


@pytest.mark.parametrize(("text", "chosen"), [
    ("-1", -1), ("7", 7), (" 0:10 ", slice(0, 10)), ("::5", slice(None, None, 5)), (":", slice(None)), ("-3:", slice(-3, None)),
])  # fmt: skip
def test_frames_in_words(text, chosen):
    assert chosen_frames(text) == chosen


@pytest.mark.parametrize("text", ["", "x", "1.5", "1:2:0", "1:2:-1", "٣", "1:2:3:4", "last"])
def test_what_is_no_choice_of_frames(text):
    with pytest.raises(UsageError, match="--frame is .*, must be a number, from the end where it is negative, or a range"):
        chosen_frames(text)


def test_a_file_without_a_box_takes_one(tmp_path):
    path = tmp_path / "plain.xyz"
    path.write_text("2\nAtoms. Timestep: 7\nA 1 1 1\nB 2.2 1 1\n")
    found = Glass.read(path, "pss(rc=1.2)", box=8.0)
    assert (found.box, found.provenance) == (8.0, {"comment": "Atoms. Timestep: 7"})
    assert Glass.read(path, "pss(rc=1.2)", box=[8.0, 9.0, 10.0]).cell.edges.tolist() == [8.0, 9.0, 10.0]
    with pytest.raises(UsageError, match="plain.xyz: has no box .*: --box"):
        Glass.read(path, "pss(rc=1.2)")
    boxed = tmp_path / "boxed.xyz"
    boxed.write_text(frame(0))
    with pytest.raises(UsageError, match="has a box of its own"):
        Glass.read(boxed, box=8.0)


@pytest.mark.parametrize(("text", "box"), [
    ("9.5", 9.5), ("9,9", [9.0, 9.0]), ("9 9 10", [9.0, 9.0, 10.0]), ("9,0,1,9", [[9.0, 0.0], [1.0, 9.0]]),
    ("9,9,10,1,2,3", [[9.0, 0.0, 0.0], [1.0, 9.0, 0.0], [2.0, 3.0, 10.0]]), ("9,0,0,1,8,0,2,3,7", [[9.0, 0, 0], [1, 8, 0], [2, 3, 7]]),
])  # fmt: skip
def test_boxes_in_words(text, box):
    assert box_in_words(text) == box


@pytest.mark.parametrize("text", ["", "x", "1,2,3,4,5", "nan", "1_0", "9;9"])
def test_what_is_no_box(text):
    with pytest.raises(UsageError, match="--box is .*, must be an edge, two or three edges"):
        box_in_words(text)


def test_a_long_compressed_trajectory_takes_the_memory_of_two_frames(tmp_path):
    rng = np.random.default_rng(3)
    n = 20_000
    path, plain = tmp_path / "long.xyz.gz", tmp_path / "one.xyz"
    Glass(rng.random((n, 3)) * 30.0, 30.0, np.arange(n) % 2, "pss(rc=1.2)").write(plain)
    size = plain.stat().st_size
    path.write_bytes(gzip.compress(plain.read_bytes() * 6, 1))
    tracemalloc.start()
    for number, glass in Glass.read_all(path):
        assert (glass.n_particles, number >= 0) == (n, True)
        del glass
        if number == 0:
            tracemalloc.reset_peak()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * size  # two frames while it is parsed; checks of the glass then take as much as one
