"""Result files: one result in one HDF5 file, with a checksum of its content and the digest of what was asked."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vitrify.atomic_write import atomic_write, sync
from vitrify.errors import BrokenFile, Unreadable, VitrifyError
from vitrify.short_forms import FEW, Fact, ShortForm, brief

from .plain_file import read_plain_file

Value = float | int | bool | str
FORMAT = 1
COMPRESS_ABOVE = 65_536  # bytes; below it the filter's own header costs more than it saves
HEAP = b"GCOL\x01\x00\x00\x00"  # how HDF5 begins a heap of texts
HEAP_HEAD = 16  # bytes before the first object of a heap, and before the content of each
KINDS = "biufS"  # of numbers and bytes: what is read without following a reference or making a Python object
LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED)  # not virtual, which reads other files
FILTERS = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE)  # HDF5 would look for a plugin to undo any other
ALLOCATING = re.compile("allocat", re.IGNORECASE)  # what HDF5 says where memory ran out, or damage asks for too much
ROOM = 16_000_000  # bytes that reading a small file may take, the libraries' own included
IMAGES = itertools.count()  # HDF5 takes two files in memory of one name for the same
SWELLS = 1100  # deflate packs at most 1032 bytes into one; a file that claims more holds nothing of it


@dataclass(frozen=True, repr=False)
class Result(ShortForm):
    """Result of a task: named values and arrays. made_from: identity of the result that it was made from, where that has
    one (`Task.identity`)."""

    values: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    made_from: str = ""

    def _facts(self) -> list[Fact]:
        arrays = ", ".join(f"{name} {x.shape}" for name, x in self.arrays.items())
        few = {name: x for name, x in self.values.items() if len(self.values) <= FEW}
        return [
            Fact("values", brief(few) or ", ".join(self.values) or "none", f"values {', '.join(self.values) or 'none'}"),
            Fact("arrays", arrays or "none"),
        ]


def write(path: Path, digest: str, result: Result) -> None:
    """Publish a result: written beside its place, synced, renamed, the folder synced; a reader sees all of it or none. The
    folder is there. Raises OSError."""
    with atomic_write(path) as beside:
        beside.write_bytes(image(digest, result))
    sync(path.parent)


def read(path: Path, digest: str | None = None) -> Result:
    """Read the result in a file. Raises FileNotFoundError where there is none, Unreadable where the disk, the rights to it
    or the memory failed, BrokenFile where all of it was read and is truncated, foreign, damaged or made for another
    digest."""
    return decode(read_plain_file(path), named(path), digest)


def named(path: Path) -> str:
    """Words by which sentences of errors name a file."""
    return f"{path.name} in {path.parent}"


def decode(content: bytes, name: str, digest: str | None = None) -> Result:
    """Decode the result that these bytes of a file are. name: of the file, for a sentence. Raises Unreadable where memory
    is short, and BrokenFile where they are no sound result, or one of another digest."""
    found, result = verified(content, name)
    require_digest(found, digest, name)
    return result


def verified(content: bytes, name: str) -> tuple[str, Result]:
    """Decode a result, with the digest that it was made for, whichever that is. Raises as `decode`."""
    try:
        _require_walkable(content)
        with _opened(content) as file:
            found, stated, result = _content(file)
        sound = stated == checksum(found, result)
    except VitrifyError:
        raise
    except Exception as error:  # h5py meets damaged bytes with whatever error they lead it to
        if _is_short_of_memory(error, content):
            raise Unreadable(f"{name} cannot be read: not enough memory") from None
        raise BrokenFile(f"{name} cannot be read: {_first_line(error)}") from None
    if not sound:
        raise BrokenFile(f"{name} is damaged: its content does not match its checksum")
    return found, result


def require_digest(found: str, digest: str | None, name: str) -> None:
    """Raise BrokenFile where a result was made for another digest than the one that is asked for, if any."""
    if digest is not None and found != digest:
        raise BrokenFile(f"{name} was made for another study: digest {found[:12]!r}, not {digest[:12]}")


def checksum(digest: str, result: Result) -> str:
    """SHA-256 over digest, values, what it was made from, and arrays, each with its name, type and shape."""
    total = hashlib.sha256(digest.encode())
    total.update(text_of(result.values).encode())
    total.update(result.made_from.encode())
    for name in sorted(result.arrays):
        array = np.ascontiguousarray(result.arrays[name])
        total.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def image(digest: str, result: Result) -> bytes:
    """Make the HDF5 file in memory: where the disk refuses a write of HDF5's own, closing the file can end the process."""
    with h5py.File(_image_name(), "w", driver="core", backing_store=False) as file:
        file.attrs["vitrify_format"] = FORMAT
        file.attrs["digest"] = digest
        file.attrs["checksum"] = checksum(digest, result)
        file.attrs["values"] = text_of(result.values)
        if result.made_from:
            file.attrs["made_from"] = result.made_from
        for name, array in result.arrays.items():
            packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
            file.create_dataset(name, data=array, **(packed if array.nbytes > COMPRESS_ABOVE else {}))
        file.flush()
        return bytes(file.id.get_file_image())


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    """Open the HDF5 file that these bytes are, in memory: nothing that it meets from here on is the disk's."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    access.set_file_image(content)
    with h5py.File(h5py.h5f.open(_image_name().encode(), h5py.h5f.ACC_RDONLY, access)) as file:
        yield file


def _image_name() -> str:
    return f"vitrify-image-{next(IMAGES)}"


def _is_short_of_memory(error: Exception, content: bytes) -> bool:
    """Say whether this process lacked memory. HDF5 says the same where damage asks for more than any machine has."""
    if isinstance(error, MemoryError):
        return True
    if not ALLOCATING.search(str(error)):
        return False
    try:
        bytearray(ROOM + 2 * len(content))
    except MemoryError:
        return True
    return False


def _content(file: Any) -> tuple[str, str, Result]:
    if "vitrify_format" not in file.attrs:
        raise ValueError("it is not a vitrify result")
    version = _attribute(file, "vitrify_format", h5py.h5t.TypeIntegerID)
    if version > FORMAT:
        raise ValueError(f"it has format {version}, newer than this version reads ({FORMAT})")
    values = json.loads(_attribute(file, "values", h5py.h5t.TypeStringID))
    if not isinstance(values, dict) or not all(isinstance(x, float | int | str) for x in values.values()):
        raise ValueError("its values are not named numbers and texts")
    arrays = {name: array[()] for name, array in _datasets(file).items()}
    digest, stated = (_attribute(file, name, h5py.h5t.TypeStringID) for name in ("digest", "checksum"))
    made_from = _attribute(file, "made_from", h5py.h5t.TypeStringID) if "made_from" in file.attrs else ""
    return digest, stated, Result(values, arrays, made_from)


def _attribute(file: Any, name: str, kind: type) -> Any:
    """Read one number or one text. Its type is looked at first: to read one that damage has made another can end the
    process."""
    attribute = h5py.h5a.open(file.id, name.encode())
    single = attribute.get_space().get_simple_extent_type() == h5py.h5s.SCALAR
    if not single or not isinstance(attribute.get_type(), kind):
        raise ValueError(f"its attribute {name!r} is not as vitrify writes it")
    return file.attrs[name]


def _require_walkable(content: bytes) -> None:
    """Raise ValueError for a heap, in which texts of attributes stand in a row, with a size that is damaged: HDF5 would
    walk on the spot."""
    start = content.find(HEAP)
    while start >= 0:
        at, end = start + HEAP_HEAD, start + int.from_bytes(content[start + 8 : start + 16], "little")
        while at + HEAP_HEAD <= end <= len(content):
            size = int.from_bytes(content[at + 8 : at + 16], "little")
            room = not any(content[at : at + 2])  # object 0 is the room that is left, its head counted in
            at += max(size, 1) if room else HEAP_HEAD + -(-size // 8) * 8
            if room and at != end:
                break
        if not at <= end <= len(content) or at + HEAP_HEAD <= end:
            raise ValueError("a heap in it is damaged")
        start = content.find(HEAP, start + HEAP_HEAD)


def _datasets(file: Any) -> dict[str, Any]:
    """Datasets of a file, each made sure to lie in this very file and to be no larger than the file can hold.

    Links are looked at before they are followed: a file of a stranger must not make us read another one."""
    found, room = {}, SWELLS * file.id.get_filesize()
    for name in file:
        hard = isinstance(file.get(name, getlink=True), h5py.HardLink)
        dataset = file[name] if hard else None
        if not isinstance(dataset, h5py.Dataset) or not _is_plain(dataset):
            raise ValueError(f"{name!r} in it is not a plain array")
        room -= _bytes_to_read(dataset)
        if room < 0:
            raise ValueError(f"{name!r} in it claims more numbers than the file holds")
        found[name] = dataset
    return found


def _is_plain(dataset: Any) -> bool:
    """Say whether it is numbers or bytes, kept in the file itself, packed by nothing but what HDF5 always has."""
    kept = dataset.id.get_create_plist()
    filters = [kept.get_filter(k)[0] for k in range(kept.get_nfilters())]
    inside = kept.get_layout() in LAYOUTS and kept.get_external_count() == 0
    return inside and dataset.shape is not None and dataset.dtype.kind in KINDS and set(filters) <= set(FILTERS)


def _bytes_to_read(dataset: Any) -> int:
    """Bytes that reading takes: at least a whole chunk, since HDF5 unpacks no less."""
    return int(max(math.prod(dataset.shape), math.prod(dataset.chunks or ())) * dataset.dtype.itemsize)


def text_of(values: dict[str, Value]) -> str:
    """Named values as the JSON text that a file keeps."""
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
    return json.dumps(plain, sort_keys=True)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
