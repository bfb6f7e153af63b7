"""A result file is read whole or is broken; nothing in it makes us read another file, or more than it holds."""

import select
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.profiles import fast, long
from vitrify.campaign import Result, result_file
from vitrify.errors import BrokenFile

h5py = pytest.importorskip("h5py")

RESULT = Result(
    {"box": 8.5, "n": 3, "ok": True, "model": "pss(rc=1.2)"},
    {
        "x": np.arange(30.0).reshape(10, 3),
        "species": np.zeros(90_000, np.int8),
        "none": np.zeros((0, 3)),
        "flag": np.array([True, False]),
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def sound(folder):
    result_file.write(folder / "sound.h5", "abc", RESULT)
    return (folder / "sound.h5").read_bytes()


def same(found):
    assert found.values == RESULT.values
    assert found.arrays.keys() == RESULT.arrays.keys()
    for name, array in RESULT.arrays.items():
        assert np.array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype


CHILD = """
import sys
from pathlib import Path
from vitrify.campaign import result_file
from vitrify.errors import BrokenFile
for line in sys.stdin:
    try:
        print("read", result_file.checksum("abc", result_file.read(Path(line.strip()), "abc")), flush=True)
    except BrokenFile as error:
        print("broken", len(str(error).splitlines()), flush=True)
"""


class Elsewhere:
    """Reads files in another process: damage that ends it, or keeps it busy, must not do so to the tests."""

    def __init__(self):
        self.child = None

    def read(self, path):
        if self.child is None or self.child.poll() is not None:
            self.child = subprocess.Popen(
                [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        self.child.stdin.write(f"{path}\n")
        self.child.stdin.flush()
        answered, _, _ = select.select([self.child.stdout], [], [], 60.0)
        answer = self.child.stdout.readline() if answered else ""
        if not answer:
            self.end()
        return answer.strip()

    def end(self):
        if self.child is not None:
            self.child.kill()
            self.child.communicate()


@pytest.fixture(scope="module")
def elsewhere():
    reader = Elsewhere()
    yield reader
    reader.end()


# at a place of the whole file, or of its first 2,300 bytes, where all its structure is
PLACES = st.floats(0, 1, exclude_max=True) | st.integers(0, 2300)
FLIPS = st.lists(st.tuples(PLACES, st.integers(1, 255)), min_size=1, max_size=8)


def read_damaged(folder, elsewhere, sound, flips, part):
    content = bytearray(sound)
    for at, mask in flips:
        content[int(at * len(content)) if isinstance(at, float) else at] ^= mask
    path = folder / "damaged.h5"
    path.write_bytes(content if part is None else content[: int(part * len(content))])
    assert elsewhere.read(path) in ("broken 1", f"read {result_file.checksum('abc', RESULT)}")


@fast(100)
@given(FLIPS, st.none() | st.floats(0, 1))
def test_damaged_bytes(folder, elsewhere, sound, flips, part):
    read_damaged(folder, elsewhere, sound, flips, part)


@pytest.mark.slow
@long(1500)
@given(FLIPS, st.none() | st.floats(0, 1))
def test_much_damage(folder, elsewhere, sound, flips, part):
    read_damaged(folder, elsewhere, sound, flips, part)


def attribute_of(sound, name):
    """Where the type of an attribute begins: after its name, in whole eights."""
    return sound.index(name.encode() + b"\0") + -(-(len(name) + 1) // 8) * 8


@pytest.mark.parametrize("name", ["digest", "checksum", "values"])
def test_damage_that_ends_hdf5_is_noticed_before(folder, elsewhere, sound, name):
    """A text's type with one bit changed is a list of texts, and reading it a segmentation fault."""
    content = bytearray(sound)
    content[attribute_of(sound, name) + 1] = 0
    (folder / "damaged.h5").write_bytes(content)
    assert elsewhere.read(folder / "damaged.h5") == "broken 1"


@pytest.mark.parametrize("size", [0, 225, 2**64 - 1, 2**64 - 16])
def test_damage_that_hdf5_never_ends_with_is_noticed_before(folder, elsewhere, sound, size):
    content = bytearray(sound)
    at = sound.index(b'{"box"') - 8
    content[at : at + 8] = size.to_bytes(8, "little")
    (folder / "damaged.h5").write_bytes(content)
    assert elsewhere.read(folder / "damaged.h5") == "broken 1"


def test_what_is_written_is_read_also_where_nothing_may_be_written(folder, sound):
    same(result_file.read(folder / "sound.h5", "abc"))
    path = folder / "read_only.h5"
    path.write_bytes(sound)
    path.chmod(0o444)
    same(result_file.read(path))
    with pytest.raises(FileNotFoundError):
        result_file.read(folder / "missing.h5")


SECRET = np.arange(4.0)


def with_secret(folder, fill, *, arrays=None, values="{}", **attributes):
    """A file whose checksum is right for what `fill` would have us read."""
    with h5py.File(folder / "secret.h5", "w") as file:
        file["x"] = SECRET
    (folder / "secret.raw").write_bytes(SECRET.tobytes())
    result = Result({}, {"x": SECRET} if arrays is None else arrays)
    path = folder / "foreign.h5"
    with h5py.File(path, "w") as file:
        file.attrs["vitrify_format"], file.attrs["digest"], file.attrs["values"] = 1, "abc", values
        file.attrs["checksum"] = result_file.checksum("abc", result)
        for name, value in attributes.items():
            file.attrs[name] = value
        fill(file)
    return path


def external_link(file):
    file["x"] = h5py.ExternalLink("secret.h5", "/x")


def soft_link(file):
    file.create_group("hidden")["x"] = SECRET
    file["x"] = h5py.SoftLink("/hidden/x")


def external_storage(file):
    file.create_dataset("x", (4,), "f8", external=[("secret.raw", 0, 32)])


def virtual(file):
    layout = h5py.VirtualLayout((4,), "f8")
    layout[:] = h5py.VirtualSource("secret.h5", "x", (4,))
    file.create_virtual_dataset("x", layout)


def dangling_link(file):
    file["x"] = h5py.SoftLink("/nowhere")


def loop(file):
    file["x"] = file["/"]


def references(file):
    file.create_dataset("x", data=[file.ref], dtype=h5py.ref_dtype)


def unknown_filter(file):
    file.create_dataset("x", data=SECRET, chunks=(4,), compression="lzf")


def named_type(file):
    file["x"] = np.dtype("f8")


def nothing(file):
    file["x"] = h5py.Empty("f8")


FOREIGN = {
    "external link": external_link,
    "soft link": soft_link,
    "external storage": external_storage,
    "virtual dataset": virtual,
    "dangling link": dangling_link,
    "group": lambda file: file.create_group("x"),
    "loop": loop,
    "references": references,
    "region references": lambda file: file.create_dataset("x", (1,), dtype=h5py.regionref_dtype),
    "texts": lambda file: file.create_dataset("x", data=["a", "b"]),
    "ragged": lambda file: file.create_dataset("x", (2,), dtype=h5py.vlen_dtype(np.float64)),
    "compound": lambda file: file.create_dataset("x", (2,), dtype=[("a", "f8"), ("b", "i4")]),
    "opaque": lambda file: file.create_dataset("x", data=np.zeros(2, "V8")),
    "other filter": unknown_filter,
    "named type": named_type,
    "null dataspace": nothing,
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_plain_array_is_not_followed(folder, kind, monkeypatch):
    monkeypatch.chdir(folder)
    path = with_secret(folder, FOREIGN[kind])
    with pytest.raises(BrokenFile, match="not a plain array"):
        result_file.read(path, "abc")


def test_the_forged_checksum_is_right(folder):
    """What the test before relies on: the same content, kept in the file itself, is read."""
    path = with_secret(folder, lambda file: file.create_dataset("x", data=SECRET))
    assert np.array_equal(result_file.read(path, "abc").arrays["x"], SECRET)


def same_many_times(file):
    file.create_dataset("x", data=np.zeros(100_000), compression="gzip")
    for k in range(2000):
        file[f"x{k}"] = file["x"]


CLAIMS = {
    "no storage": lambda file: file.create_dataset("x", (10**15,), "f8"),
    "no chunks": lambda file: file.create_dataset("x", (10**9, 10**6), "f8", chunks=(1000, 1000), compression="gzip"),
    "a giant chunk": lambda file: file.create_dataset(
        "x", (1,), "u1", chunks=(2**31,), maxshape=(None,), compression="gzip"
    ),
    "overflowing": lambda file: file.create_dataset("x", (2**40, 2**20), "f8", chunks=(1, 1)),
    "one array under many names": same_many_times,
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_what_a_file_cannot_hold_is_not_read(folder, kind):
    path = with_secret(folder, CLAIMS[kind])
    with pytest.raises(BrokenFile, match="claims more"):
        result_file.read(path, "abc")


@pytest.mark.parametrize("attributes", [
    {"vitrify_format": "one"}, {"vitrify_format": [1, 1]}, {"vitrify_format": 1.0}, {"vitrify_format": 99}, {"digest": 3}, {"digest": ["abc"]},
    {"checksum": b"\xff\xfe"}, {"checksum": np.zeros(3)}, {"values": 3}, {"values": ["{}"]}, {"values": "[" * 100_000}, {"values": "[1]"},
    {"values": '{"a": [1]}'}, {"values": '{"a": null}'}, {"values": "{"}, {"values": '{"a": ' + "9" * 5000 + "}"}, {"digest": h5py.Empty("f8")},
], ids=lambda x: str(x)[:30])  # fmt: skip
def test_other_attributes(folder, attributes):
    path = with_secret(folder, lambda file: None, arrays={}, **attributes)
    with pytest.raises(BrokenFile):
        result_file.read(path, "abc")


@pytest.mark.parametrize("name", ["vitrify_format", "digest", "checksum", "values"])
def test_a_missing_attribute(folder, name):
    def without(file):
        del file.attrs[name]

    with pytest.raises(BrokenFile):
        result_file.read(with_secret(folder, without, arrays={}), "abc")


def test_names_that_are_no_unicode(folder):
    path = with_secret(folder, lambda file: h5py.h5g.create(file.id, b"\xff\xfe"))
    with pytest.raises(BrokenFile):
        result_file.read(path)
    path = with_secret(
        folder, lambda file: h5py.h5d.create(file.id, b"\xff\xfe", h5py.h5t.NATIVE_INT8, h5py.h5s.create(h5py.h5s.SCALAR))
    )
    with pytest.raises(BrokenFile):
        result_file.read(path)
