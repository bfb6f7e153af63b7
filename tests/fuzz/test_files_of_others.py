"""Any LAMMPS data file, GSD file or compressed file at all is a glass or is refused with one sentence."""

import gzip
import tracemalloc
import warnings
from pathlib import Path

import gsd.hoomd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.profiles import fast, long, outcome
from vitrify.errors import ModelOverridden
from vitrify.glass import Glass

FILES = Path(__file__).parents[1] / "formats" / "files"
MODEL = "pss(rc=1.2) [0.5:0.5; lengths 1,1.18,1.4; labels Cu,Zr]"
NUMBERS = [
    "nan",
    "inf",
    "-1",
    "0",
    "7",
    "1" + "0" * 9,
    "9" * 400,
    "9" * 5000,
    "1e308",
    "1e400",
    "1_0",
    "٣",
    "²",
    "x",
    "0x1",
    "\x00",
    "4.5",
    "+2",
    "-",
    "#",
]
LINES = ["", "Atoms", "Atoms # full", "Atoms # sphere", "Bonds", "Masses", "Velocities", "Atom Type Labels", "PairIJ Coeffs", "1000000000 atoms", "4 atoms", "0 0 0 xy xz yz",
         "1 0 0 avec", "0 0 0 abc origin", "ITEM: TIMESTEP", "\x00", "٣ atoms", "# nothing", "1 Cu", "1 1 1 1 1", "1 0 2 0 3.9 2.3 1.4 0 0 0"]  # fmt: skip
SPANS = st.integers(0, 40)
MOST_MEMORY = 3e7  # bytes; the files are of some kilobytes


def text_of(name):
    return (FILES / f"{name}.data").read_text().split("\n")


@st.composite
def changed_data(draw):
    """A file of LAMMPS with other numbers, words and lines."""
    lines = list(text_of(draw(st.sampled_from(["full", "sphere", "plane", "general"]))))
    for _ in range(draw(st.integers(1, 4))):
        head = draw(st.booleans())  # half of the changes above the rows
        at = draw(st.integers(0, (30 if head else len(lines)) - 1)) % len(lines)
        match draw(st.sampled_from(["word", "line", "lost", "twice", "swapped", "cut"])):
            case "word":
                words = lines[at].split() or [""]
                words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(NUMBERS) | st.text(max_size=8))
                lines[at] = " ".join(words)
            case "line":
                lines.insert(at, draw(st.sampled_from(LINES) | st.text(max_size=20)))
            case "lost":
                del lines[at : at + draw(SPANS)]
            case "twice":
                lines[at:at] = lines[at : at + draw(SPANS)]
            case "swapped":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "cut":
                lines = lines[: at + 1]
        lines = lines or [""]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw, whole):
    """Bytes with some flipped, put in, taken out or cut off; half of the damage where the file says what it has."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, min(len(content), draw(st.sampled_from([300, len(whole)]))) - 1))
        match draw(st.sampled_from(["flipped", "number", "other", "cut"])):
            case "flipped":
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "number":  # of eight bytes, as the header and the index of GSD have them
                at -= at % 8
                value = draw(st.sampled_from([0, 1, 2**31, 2**40, 2**63, 2**64 - 1]))
                content[at : at + 8] = value.to_bytes(8, "little")
            case "other":
                content[at : at + draw(SPANS)] = draw(st.binary(max_size=40))
            case "cut":
                del content[at + 1 :]
        content = content or bytearray(b"\0")
    return bytes(content)


def gsd_file(folder):
    """The bytes of a trajectory of three frames."""
    rng, path = np.random.default_rng(2), folder / "whole.gsd"
    with gsd.hoomd.open(str(path), "w") as file:
        for k in range(3):
            frame = gsd.hoomd.Frame()
            frame.configuration.box, frame.configuration.step = [4, 4, 4, 0.1, 0, 0], k
            frame.particles.N, frame.particles.types, frame.particles.typeid = 20, ["Cu", "Zr"], [0, 1] * 10
            frame.particles.position = rng.uniform(-2, 2, (20, 3))
            frame.particles.mass, frame.particles.diameter = [1.0] * 20, [1.1] * 20
            file.append(frame)
    return path.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def whole_gsd(place):
    return gsd_file(place)


def opened(path, content):
    """A file that is read is a glass; nothing takes memory that the file has not."""
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelOverridden)
        glass = outcome(Glass.read, path, MODEL)
    if glass is not None:
        fractions = glass.cell.fractions(glass.positions)
        assert -1e-11 < fractions.min() <= fractions.max() < 1 + 1e-11


@fast(300)
@given(changed_data())
def test_a_changed_data_file(place, content):
    opened(place / "a.data", content)


@fast(100)
@given(damaged("\n".join(text_of("charge")).encode()) | st.binary(max_size=200))
def test_any_bytes_as_a_data_file(place, content):
    opened(place / "a.data", content)


@fast(100)
@given(changed_data())
def test_a_changed_data_file_that_is_known_by_its_content(place, content):
    opened(place / "data.lost", content)


@fast(300)
@given(st.data())
def test_a_damaged_gsd(place, whole_gsd, data):
    opened(place / "a.gsd", data.draw(damaged(whole_gsd)))


@fast(100)
@given(
    damaged(gzip.compress("\n".join(text_of("full")).encode(), mtime=0)), st.sampled_from([".gz", ".bz2", ".xz", ".zst"])
)
def test_a_damaged_archive(place, content, suffix):
    opened(place / f"a.data{suffix}", content)


@fast(50)
@given(st.data())
def test_a_damaged_archive_of_a_gsd(place, whole_gsd, data):
    opened(place / "a.gsd.gz", data.draw(damaged(gzip.compress(whole_gsd, mtime=0))))


@fast(50)
@given(
    changed_data()
    | st.sampled_from(["\n".join(text_of("full")).replace("60 atoms", f"{x} atoms").encode() for x in (10**9, 10**18 - 1)])
)
def test_no_number_in_a_data_file_takes_memory(place, content):
    tracemalloc.start()
    try:
        opened(place / "a.data", content)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@long(3000)
@given(st.data())
def test_many_files(place, whole_gsd, data):
    name = data.draw(st.sampled_from(["a.data", "a.gsd", "a.data.gz"]))
    opened(
        place / name,
        data.draw(changed_data() if name == "a.data" else damaged(whole_gsd if name == "a.gsd" else gzip.compress(b"x"))),
    )
