"""Any extended xyz file at all is a glass or is refused with one sentence."""

import tracemalloc
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.profiles import fast, long, outcome
from vitrify.errors import ModelOverridden, UsageError
from vitrify.glass import Glass
from vitrify.models.catalogue import pss

HEAD = 'Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3 pbc="T T T" model="pss(rc=1.2)" seed=3'
ROWS = ["A 1 1 1", "B 3 3 3", "A 5 5 5", "B 7 7 7"]
NUMBERS = st.sampled_from(
    [
        "nan",
        "inf",
        "-inf",
        "1e308",
        "-1e308",
        "1e-320",
        "-7",
        "0",
        "1_0",
        "٣",
        "²",
        "x",
        "",
        "1e400",
        "9" * 5000,
        "0x1",
        "True",
        "8",
        "1e17",
    ]
)
LATTICES = (
    st.lists(NUMBERS | st.just("8") | st.just("0"), min_size=0, max_size=10).map(lambda x: f'"{" ".join(x)}"')
    | NUMBERS.map(lambda x: f'"{x} 0 0 0 {x} 0 0 0 {x}"')
    | st.sampled_from(
        [
            '"a b c"',
            "T",
            "8",
            "_JSON",
            '"_JSON [[8,0,0],[0,8,0],[0,0,8]]"',
            "{8}",
            "[[8, 0, 0], [0, 8, 0], [0, 0, 8]]",
            '"8 0 0 0 8 0 0 0 8',
            "{}",
        ]
    )
)
PROPERTIES = st.lists(
    st.sampled_from(
        [
            "species:S:1",
            "pos:R:3",
            "pos:R:0",
            "pos:R:²",
            "pos:R:99999999999999999999",
            "species:S:0",
            "id:I:1",
            "f:R:3",
            "::",
            ":",
            "x:R:-1",
            "a",
        ]
    ),
    max_size=4,
).map(":".join)
COUNTS = st.sampled_from(
    ["0", "-1", "3", "5", "4.0", "1" + "0" * 30, "9" * 5000, "٤", "", "4 4", "nan", "\x00", "+4", "1_0"]
)


@st.composite
def changed_files(draw):
    """A valid file with other numbers, words, columns and counts."""
    count, head, rows = "4", HEAD, list(ROWS)
    for _ in range(draw(st.integers(1, 3))):
        match draw(st.sampled_from(["count", "lattice", "properties", "entry", "cell", "row", "frames"])):
            case "count":
                count = draw(COUNTS)
            case "lattice":
                head = head.replace('"8 0 0 0 8 0 0 0 8"', draw(LATTICES))
            case "properties":
                head = head.replace("species:S:1:pos:R:3", draw(PROPERTIES))
            case "entry":
                head += " " + draw(
                    st.sampled_from(
                        [
                            'pbc="F"',
                            'pbc="no"',
                            "pbc=1",
                            "pbc",
                            'model="f(("',
                            "model=3",
                            "model",
                            '"',
                            "\\",
                            "x={1 2",
                            'y="_JSON {"',
                            "Lattice=",
                            "=",
                            "a=[[[[",
                            'model="pss"',
                        ]
                    )
                    | st.text(max_size=20)
                )
            case "cell":
                at = draw(st.integers(0, len(rows) - 1))
                words = rows[at].split() or ["A"]
                words[draw(st.integers(0, len(words) - 1))] = draw(NUMBERS)
                rows[at] = " ".join(words)
            case "row":
                at = draw(st.integers(0, len(rows) - 1))
                rows[at] = draw(
                    st.sampled_from(["A", "A 1", "A 1 1", "A 1 1 1 1", "", "B 1 1 1", "A 1 1 1.0000000001", "C 2 2 2"])
                    | st.text(max_size=20)
                )
            case "frames":
                rows += draw(
                    st.sampled_from([["1", head, "A 1 1 1"], ["1", head], ["1"], ["x"], [""], ["", "1", head, "A 1 1 1"]])
                )
    return "\n".join([count, head, *rows]) + draw(st.sampled_from(["\n", "", "\n\n", "\r\n", "\x0c"]))


@st.composite
def damaged_bytes(draw):
    whole = bytearray("\n".join(["4", HEAD, *ROWS, ""]).encode())
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(whole) - 1))
        whole[at : at + draw(st.integers(0, 30))] = draw(st.binary(max_size=6))
        whole = whole or bytearray(b"4")
    return bytes(whole)


ASKED = st.sampled_from(
    [(None, None), (pss(), None), (pss(), {"C": "A", "x": "B", "A": "B"}), (pss(), {"A": "nothing"}), (None, {"": ""})]
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "a.xyz"


def opened(place, content, asked):
    """A file that is read is a glass, which can also be written and read again."""
    place.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelOverridden)  # a file that says another model than the one that is given
        glass = outcome(Glass.read, place, *asked)
    if glass is not None:
        fractions = glass.cell.fractions(glass.positions)
        assert -1e-11 < fractions.min() <= fractions.max() < 1 + 1e-11
        assert glass.volume > 0
        again = place.with_name("again.xyz")
        glass.write(again)
        assert Glass.read(again, glass.model).positions.tolist() == glass.positions.tolist()


@fast(200)
@given(changed_files(), ASKED)
def test_a_changed_file(place, text, asked):
    opened(place, text, asked)


@fast(100)
@given(damaged_bytes() | st.binary(), ASKED)
def test_any_bytes(place, content, asked):
    opened(place, content, asked)


@pytest.mark.slow
@long(2000)
@given(changed_files() | damaged_bytes() | st.binary(), ASKED)
def test_many_files(place, content, asked):
    opened(place, content, asked)


def text(n=4, head=HEAD, rows=ROWS):
    return "\n".join([str(n), head, *rows]) + "\n"


@pytest.mark.parametrize(("content", "word"), [
    (text(rows=["A 1", *ROWS[1:]]), "line 3 cannot be read"),  # once read as three equal coordinates
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "a b c")), "nine numbers|comment line"),
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "1e300 0 0 0 1e300 0 0 0 1e300")), "at most 1e"),
    (text(head=HEAD.replace("pos:R:3", "pos:R:²")), "number of columns"),
    (text(head='Lattice="8 0 0 0 8 0 0 0 8" model'), "a model that is no text"),
    (text(head='Lattice="8 0 0 0 8 0 0 0 8" model=3'), "a model that is no text"),
    (text(head=HEAD.replace("pos:R:3", "pos:R:0")), "number of columns"),
    (text(head=HEAD.replace("pos:R:3", "pos:R:3:pos:R:3")), "once"),
    (text(head=HEAD.replace("pos:R:3", "pos:R:2")), "of three"),
    (text(head=HEAD.replace('"T T T"', '"no"')), "three of T and F"),
    (text(rows=["A 1e300 1 1", *ROWS[1:]]), "boxes away"),
    (text(rows=["A inf 1 1", *ROWS[1:]]), "boxes away|finite"),
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "0.1 0 0 0 8 0 0 0 8")), "at least 1/8 of the cutoff"),
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "8 0 0 0 0 8 0 8 0")), "right-handed"),
    (text(head=HEAD.replace("8 0 0 0 8 0 0 0 8", "8 0 0 8 0 0 0 0 8")), "singular"),
    (text(head=HEAD.replace("pss(rc=1.2)", "__import__('os').system('touch hacked')")), "cannot be read"),
])  # fmt: skip
def test_what_once_broke_the_reader(place, content, word):
    place.write_text(content)
    with pytest.raises(UsageError, match=word):
        Glass.read(place)


@pytest.mark.parametrize(
    "key",
    [' pbc="F"', "pbc", "Lattice", "model", "my note", "a=b", '"', "\\", "{", "", "\n", "\x85", "é", "\ud800", "_JSON"],
    ids=ascii,
)
def test_no_key_of_the_provenance_is_taken_for_another_entry(place, key):
    Glass([[1.0, 1.0, 1.0]], 8.0, [0], pss(), {"before": 2, key: "F", "seed": 3}).write(place)
    again = Glass.read(place)
    assert (again.box, again.model, again.provenance["before"], again.provenance["seed"]) == (8.0, pss(), 2, 3)


@pytest.mark.parametrize(("name", "word"), [
    ("a\0.xyz", "null character"), ("\0/a.xyz", "null character"), ("a" * 300 + ".xyz", "too long"), ("a/" * 3000 + "b.xyz", "too long"),
])  # fmt: skip
def test_what_no_file_can_be_called(place, name, word):
    glass = Glass([[1.0, 1.0, 1.0]], 8.0, [0], pss())
    for act in (Glass.read, glass.write):
        with pytest.raises(UsageError, match=word) as caught:
            act(place.parent / name)
        assert len(str(caught.value)) < 200


def test_a_folder_that_is_closed_is_said_to_be(place, monkeypatch):
    def closed(_):
        raise PermissionError(13, "Permission denied")

    place.touch()
    monkeypatch.setattr("pathlib.Path.is_file", closed)  # not chmod: the tests may run as root
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        Glass.read(place)


def test_a_count_takes_no_memory_until_its_lines_are_there(place):
    place.write_text(text(n=10**15))
    tracemalloc.start()
    with pytest.raises(UsageError, match="but 4 lines follow"):
        Glass.read(place)
    assert tracemalloc.get_traced_memory()[1] < 1e7
    tracemalloc.stop()
