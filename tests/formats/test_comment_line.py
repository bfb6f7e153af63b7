"""What a glass knows of itself is written and read back: the same texts, numbers and truth values."""

from contextlib import suppress

import ase.io
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrify.errors import UsageError
from vitrify.formats.comment_line import read_entries
from vitrify.glass import Glass

HEAD = 'Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3 pbc="T T T" model="pss(rc=1.2)"'
KEYS = st.text(max_size=10) | st.sampled_from(
    ["Lattice", "Properties", "pbc", "model", "custom_model", "", "provenance.", "provenance.pbc", "T", "species"]
)


def round_trip(path, provenance):
    Glass([[1, 1, 1], [2.2, 1, 1]], 8.0, [0, 1], "pss(rc=1.2)", provenance).write(path)
    return Glass.read(path).provenance


TEXTS = ["007", "12345e10", "T", "F", "true", "1 2 3", "1,2", "[1, 2]", "{1 2}", "_JSON {}", "nan", "inf", "None", "0x10", "1_000", "", " ", "a b", "é", "Größe",
         '"', "'", 'say "x"', "\\", "\\n", "a\\", "C:\\new\\tab", "a\nb", "a\r\nb", "\t", "a=b", "# x", "\x85", "\u2028", "\x00", "\x7f", "\ud800", "😀", "np.float64(1)"]  # fmt: skip
NUMBERS = [
    0,
    3,
    -3,
    10**18,
    10**30,
    0.5,
    1e-300,
    1.7976931348623157e308,
    0.1 + 0.2,
    -0.0,
    float("inf"),
    -float("inf"),
    True,
    False,
]


@pytest.mark.parametrize("value", [*TEXTS, *NUMBERS], ids=ascii)
def test_a_value_is_read_as_the_type_that_it_was(tmp_path, value):
    back = round_trip(tmp_path / "a.xyz", {"before": 1, "key": value, "after": "x"})
    assert back == {"before": 1, "key": value, "after": "x"}
    assert type(back["key"]) is type(value)
    assert repr(back["key"]) == repr(value)


@pytest.mark.parametrize(("value", "plain"), [
    (np.float64(0.5), 0.5), (np.int64(3), 3), (np.bool_(True), True), (np.float32(0.25), 0.25), (np.str_("7"), "7"), (np.uint8(200), 200),
], ids=repr)  # fmt: skip
def test_a_number_of_numpy_comes_back_as_a_number(tmp_path, value, plain):
    back = round_trip(tmp_path / "a.xyz", {"key": value})["key"]
    assert back == plain
    assert type(back) is type(plain)
    glass = Glass([[1, 1, 1], [2.2, 1, 1]], 8.0, [0, 1], "pss(rc=1.2)")
    glass.provenance["later"] = value
    glass.write(tmp_path / "b.xyz")
    assert Glass.read(tmp_path / "b.xyz").provenance == {"later": plain}


def test_not_a_number_comes_back(tmp_path):
    assert np.isnan(round_trip(tmp_path / "a.xyz", {"key": float("nan")})["key"])


def test_what_no_file_can_hold_is_refused_when_it_is_written(tmp_path):
    glass = Glass([[1, 1, 1], [2.2, 1, 1]], 8.0, [0, 1], "pss(rc=1.2)")
    glass.provenance["later"] = [1, 2]
    with pytest.raises(UsageError, match="provenance 'later'"):
        glass.write(tmp_path / "a.xyz")
    assert not list(tmp_path.iterdir())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        KEYS,
        st.text(max_size=20) | st.integers() | st.floats(allow_nan=False) | st.booleans(),
    )
)
def test_any_provenance_comes_back(tmp_path, provenance):
    back = round_trip(tmp_path / "a.xyz", provenance)
    assert back == provenance
    assert {k: type(v) for k, v in back.items()} == {k: type(v) for k, v in provenance.items()}


def test_ase_reads_what_is_written(tmp_path):
    """Its own way with quotes: a text that looks like a number is one to it."""
    provenance = {
        "minimiser": "cg",
        "seed": 3,
        "seconds": 0.25,
        "melted": True,
        "note": 'say "x"',
        "place": "Zürich",
        "my key": 1,
    }
    path = tmp_path / "a.xyz"
    Glass(
        [[1, 1, 1], [2.2, 1, 1]], 8.0, [0, 1], "pss(rc=1.2) [0.5:0.5; lengths 1,1.1,1.2; labels Cu,Zr]", provenance
    ).write(path)
    atoms = ase.io.read(path)
    assert {k: atoms.info[k] for k in provenance} == provenance
    assert atoms.info["model"] == "pss(rc=1.2) [0.5:0.5; lengths 1,1.1,1.2; labels Cu,Zr]"
    assert atoms.get_chemical_symbols() == ["Cu", "Zr"]
    assert np.array_equal(atoms.cell, 8.0 * np.eye(3))
    assert atoms.pbc.all()


def test_what_the_first_release_wrote_is_read_as_before(tmp_path):
    path = tmp_path / "a.xyz"
    entries = r'minimiser="cg" seed=3 seconds=0.25 melted=True "my key"=1 note="say \"x\"" place="Z\u00fcrich" big=1e+30'
    path.write_text(f"2\n{HEAD} {entries}\nA 1 1 1\nB 2.2 1 1\n")
    assert Glass.read(path).provenance == {
        "minimiser": "cg", "seed": 3, "seconds": 0.25, "melted": True, "my key": 1, "note": 'say "x"', "place": "Zürich", "big": 1e30,
    }  # fmt: skip


@pytest.mark.parametrize(("line", "found"), [
    ("a=1 b=2.5 c=word d=T", [("a", 1), ("b", 2.5), ("c", "word"), ("d", True)]), ("a = 1  b= 2 c =3", [("a", 1), ("b", 2), ("c", 3)]),
    ("it's a plain comment", [("it's", True), ("a", True), ("plain", True), ("comment", True)]), ("x='a b' y=\"c 'd'\"", [("x", "a b"), ("y", "c 'd'")]),
    ("L={8 0 0} M=[1, 2] N=[[1,2],[3,4]]", [("L", "8 0 0"), ("M", "1, 2"), ("N", "[1,2],[3,4]")]), ("url=http://a/?b=c", [("url", "http://a/?b=c")]),
    ("", []), ("a=", [("a", "")]), ("n=007 m=1_0 k=٣", [("n", 7), ("m", "1_0"), ("k", "٣")]), ("n=" + "9" * 5000, [("n", float("inf"))]),
], ids=lambda x: repr(x)[:40])  # fmt: skip
def test_entries_as_other_programs_write_them(line, found):
    assert read_entries(line) == found
    assert [type(x) for _, x in read_entries(line)] == [type(x) for _, x in found]


@pytest.mark.parametrize("line", ['note="never ends', "x={1 2", "=5", 'a="b"c', "x=[[1,2]"])
def test_entries_that_cannot_be_read(line, tmp_path):
    path = tmp_path / "a.xyz"
    path.write_text(f"2\n{HEAD} {line}\nA 1 1 1\nB 2.2 1 1\n")
    with pytest.raises(UsageError, match="line 2"):
        Glass.read(path)


@pytest.mark.parametrize(
    "line",
    ['"' * 99_999, "[" * 100_000, "a=" * 50_000, "\\" * 100_000, '"a ' * 33_000 + "=", "x=[" + "[a] " * 20_000],
    ids=lambda x: x[:6],
)
def test_a_hostile_line_takes_no_time(line):
    with suppress(ValueError):
        read_entries(line)
