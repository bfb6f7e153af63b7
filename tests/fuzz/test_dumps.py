"""Any LAMMPS dump at all is a glass or is refused with one sentence."""

import gzip
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.profiles import fast, long, outcome
from vitrify.errors import ModelOverridden
from vitrify.glass import Glass
from vitrify.models.catalogue import pss

LINES = [
    "ITEM: TIMESTEP", "0", "ITEM: NUMBER OF ATOMS", "4", "ITEM: BOX BOUNDS pp pp pp", "0 8", "0 8", "-1 7",
    "ITEM: ATOMS id typelabel x y z", "1 A 1 1 1", "2 B 3 3 3", "3 A 5 5 5", "4 B 7 7 7",
]  # fmt: skip
WORDS = st.sampled_from(
    [
        "nan", "inf", "1e400", "-7", "1_0", "٣", "x", "", "0", "9" * 5000, "1" + "0" * 15, "0x1", "8 8", "xy xz yz", "abc", "pp", "ff",
        "ITEM:", "xs", "id", "radius", "mass", "element", "type", "\x00", "ITEM: ATOMS", "ITEM: UNITS\nmetal", "0.3",
    ]
)  # fmt: skip


@st.composite
def changed_dumps(draw):
    """A valid dump with other words, and lines that are left out, doubled or exchanged."""
    lines = list(LINES) * draw(st.integers(1, 2))
    for _ in range(draw(st.integers(1, 4))):
        k = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["word", "more", "drop", "double", "swap"])):
            case "word":
                words = lines[k].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(WORDS | st.text(max_size=5))
                lines[k] = " ".join(words)
            case "more":
                lines[k] += " " + draw(WORDS)
            case "drop":
                lines.pop(k)
            case "double":
                lines.insert(k, lines[k])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[k], lines[other] = lines[other], lines[k]
        lines = lines or ["ITEM:"]
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\r\n", "\n\n"]))


@st.composite
def damaged_bytes(draw):
    whole = bytearray("\n".join([*LINES, ""]).encode())
    whole = bytearray(gzip.compress(bytes(whole))) if draw(st.booleans()) else whole
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(whole) - 1))
        whole[at : at + draw(st.integers(0, 20))] = draw(st.binary(max_size=5))
        whole = whole or bytearray(b"I")
    return bytes(whole)


ASKED = st.sampled_from([(pss(), None), (pss(), {"A": "B", "B": "A"}), (None, None), ("kob_andersen()", None)])
PLACES = ("a.lammpstrj", "a.lammpstrj.gz", "dump.1", "dump.gz")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("dumps")


def opened(place, name, content, asked):
    path = place / name
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelOverridden)
        glass = outcome(Glass.read, path, *asked)
    if glass is not None:
        assert glass.n_particles >= 1
        assert glass.volume > 0


@fast(300)
@given(changed_dumps(), ASKED)
def test_a_changed_dump(place, text, asked):
    opened(place, "a.lammpstrj", text, asked)


@fast(150)
@given(damaged_bytes() | st.binary(), st.sampled_from(PLACES), ASKED)
def test_any_bytes(place, content, name, asked):
    opened(place, name, content, asked)


@pytest.mark.slow
@long(3000)
@given(changed_dumps() | damaged_bytes(), st.sampled_from(PLACES), ASKED)
def test_many_dumps(place, content, name, asked):
    opened(place, name, content, asked)
