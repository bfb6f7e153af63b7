"""Frames, lines and numbers of extended xyz as people's programs and editors leave them."""

import tracemalloc

import numpy as np
import pytest

from vitrify.errors import UsageError
from vitrify.glass import Glass

HEAD = 'Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3 pbc="T T T" model="pss(rc=1.2)"'


def frame(number, *, n=2, rows=("A 1 1 1", "B 2.2 1 1"), head=HEAD):
    return "\n".join([str(n), f"{head} frame={number}", *rows]) + "\n"


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "a.xyz"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Glass.read(path)

    return read


@pytest.mark.parametrize("content", [
    frame(1) + "\n" + frame(2), frame(1) + "   \n" + frame(2), frame(1) + "\t\n\n \n" + frame(2) + "\n\n", "\n" + frame(1) + frame(2), " \n\n" + frame(2),
    frame(2) + "\n   \n", frame(2).rstrip("\n"), frame(1) + "\x0c\n" + frame(2), frame(1) + frame(2, n=" 2\t"), frame(2, n="002"),
], ids=repr)  # fmt: skip
def test_blank_lines_do_not_hide_the_last_frame(read, content):
    assert read(content).provenance == {"frame": 2}


@pytest.mark.parametrize(("content", "word"), [
    (frame(1) + "\nnot a frame at all\n", "line 6 should be a number of particles, but is 'not a frame at all'"),
    (frame(1) + "\n" + "\n".join(frame(2).split("\n")[:3]), "says 2 particles on line 6, but 1 lines follow"),
    (frame(1) + "2\n", "says 2 particles on line 5, but 0 lines follow"), (frame(1) + "2", "says 2 particles on line 5, but 0 lines follow"),
    (frame(1) + f"2\n{HEAD}\n", "but 0 lines follow"), (frame(1) + "A 1 1 1\n", "line 5 should be a number of particles"),
    (frame(1, n=3), "says 3 particles on line 1, but 2 lines follow"), (frame(1, n=1), "line 4 should be a number"),
    (frame(1) + frame(2, n=0, rows=()), "says 0 particles on line 5"), ("\n \n", "is empty"), ("\ufeff", "is empty"),
], ids=repr)  # fmt: skip
def test_what_is_no_whole_frame_is_refused_with_its_line(read, content, word):
    with pytest.raises(UsageError, match=word):
        read(content)


@pytest.mark.parametrize("count", ["1_0", "+2", "٢", "2.0", "2e0", "0x2", "２", "2 2", "-2"])
def test_a_number_of_particles_is_plain_digits(read, count):
    with pytest.raises(UsageError, match="line 1 should be a number of particles"):
        read(frame(1, n=count))


@pytest.mark.parametrize(
    "number",
    ["2_2.0", "٣", "nan", "inf", "-inf", "Infinity", "1e400", "0x10", "1e", "1,5", "1.0d0", "２", "--1", "T", '"1"', "1_0"],
)
def test_coordinates_are_plain_decimal_numbers(read, number):
    with pytest.raises(UsageError, match=f"line 4 cannot be read: coordinate {number!r} is not a finite number"):
        read(frame(1, rows=("A 1 1 1", f"B {number} 1 1")))


@pytest.mark.parametrize(
    ("number", "value"), [("+5", 5.0), ("1e0", 1.0), (".5", 0.5), ("5.", 5.0), ("0.25E+1", 2.5), ("002", 2.0), ("-1", 7.0)]
)
def test_decimal_numbers_as_programs_write_them(read, number, value):
    assert read(frame(1, rows=("A 1 1 1", f"B {number} 3 3"))).positions[1, 0] == value


@pytest.mark.parametrize("edge", ["8_0", "٨", "nan", "inf", "0x8", "1e400"])
def test_a_lattice_is_plain_decimal_numbers(read, edge):
    with pytest.raises(UsageError, match="not nine numbers"):
        read(frame(1, head=HEAD.replace('"8 0 0 0 8 0 0 0 8"', f'"{edge} 0 0 0 {edge} 0 0 0 {edge}"')))


@pytest.mark.parametrize(("properties", "row", "fine"), [
    ("species:S:1:pos:R:3", "B 2 3", False), ("species:S:1:pos:R:3", "B 2 3 4 5", False), ("species:S:1:pos:R:3:force:R:3", "B 2 3 4", False),
    ("species:S:1:pos:R:3:force:R:3", "B 2 3 4 0 0", False), ("species:S:1:pos:R:3:force:R:3", "B 2 3 4 0 0 0", True), ("species:S:1:pos:R:3", "", False),
    ("pos:R:3:species:S:1:id:I:1", "2 3 4 B", False), ("pos:R:3:species:S:1:id:I:1", "2 3 4 B 7", True),
])  # fmt: skip
def test_a_row_has_the_columns_that_properties_names(read, properties, row, fine):
    first = {"species": "A 1 1 1", "pos:R:3": "1 1 1 A 6"}[
        next(x for x in ("pos:R:3", "species") if properties.startswith(x))
    ]
    first += " 0 0 0" if "force" in properties else ""
    text = frame(1, rows=(first, row), head=HEAD.replace("species:S:1:pos:R:3", properties))
    if fine:
        assert read(text).positions[1].tolist() == [2, 3, 4]
    else:
        with pytest.raises(UsageError, match="line 4 cannot be read: it has . words"):
            read(text)


def test_without_properties_all_rows_have_as_many_columns_as_the_first(read):
    head = HEAD.replace("Properties=species:S:1:pos:R:3 ", "")
    assert read(frame(1, head=head, rows=("A 1 1 1 0.5", "B 2 3 4 0.6"))).positions[1].tolist() == [2, 3, 4]
    for rows in (("A 1 1 1 0.5", "B 2 3 4"), ("A 1 1 1", "B 2 3 4 5"), ("A 1 1", "B 2 3")):
        with pytest.raises(UsageError, match="cannot be read: it has"):
            read(frame(1, head=head, rows=rows))


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"], ids=ascii)
def test_only_ends_of_lines_end_lines(read, separator):
    head = f'{HEAD} note="a{separator}b"'
    assert read(frame(1, head=head)).provenance == {"note": f"a{separator}b", "frame": 1}
    with pytest.raises(UsageError, match="line 4 cannot be read"):  # the line that an editor shows
        read(frame(1, head=head, rows=("A 1 1 1", "B x 1 1")))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_lines_of_every_system(read, end):
    assert read((frame(1) + "\n" + frame(2)).replace("\n", end)).provenance == {"frame": 2}
    with pytest.raises(UsageError, match="line 9 cannot be read"):
        read((frame(1) + "\n" + frame(2, rows=("A 1 1 1", "B 1 1"))).replace("\n", end))


def test_a_byte_order_mark_is_no_content(read):
    assert read(b"\xef\xbb\xbf" + frame(1).encode()).provenance == {"frame": 1}
    assert read(b"\xef\xbb\xbf" + frame(1).encode() + b"\xef\xbb\xbf" + frame(2).encode()).provenance == {"frame": 2}
    with pytest.raises(UsageError, match="UTF-8"):
        read(frame(1).encode("utf-16"))


@pytest.mark.parametrize("key", ["Lattice", "Properties", "pbc", "model"])
def test_an_entry_of_the_format_stands_once(read, key):
    with pytest.raises(UsageError, match=f"has {key} twice"):
        read(frame(1, head=f'{HEAD} {key}="T T T"'))


def test_a_long_trajectory_takes_the_memory_of_a_frame(tmp_path):
    rng = np.random.default_rng(3)
    path, n, frames = tmp_path / "long.xyz", 500, 200
    Glass(rng.random((n, 3)) * 10.0, 10.0, np.arange(n) % 2, "pss(rc=1.2)").write(path)
    path.write_text(path.read_text() * frames + "\n")
    tracemalloc.start()
    glass = Glass.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert glass.n_particles == n
    assert path.stat().st_size > 5e6
    assert peak < 1e6  # a frame has 31 kB; all of them as lines, 13 MB


def test_a_count_that_is_wrong_takes_no_memory_of_what_follows(tmp_path):
    path = tmp_path / "wrong.xyz"
    path.write_text("100000000\n" + HEAD + "\n" + "A 1 1 1\n" * 300_000)
    tracemalloc.start()
    with pytest.raises(UsageError, match="but 300000 lines follow"):
        Glass.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6


def test_a_file_without_lines_is_refused_at_once(tmp_path):
    path = tmp_path / "one_line.xyz"
    path.write_text("2\n" + "x" * 5_000_000)
    tracemalloc.start()
    with pytest.raises(UsageError, match="line 2 has more than 1,000,000 characters"):
        Glass.read(path)
    assert tracemalloc.get_traced_memory()[1] < 2e7
    tracemalloc.stop()
