"""One result in one HDF5 file, with a checksum of its content and the digest of what was asked."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vitrify.errors import BrokenFile

Value = float | int | bool | str
FORMAT = 1
COMPRESS_ABOVE = 65_536  # bytes; below it the filter's own header costs more than it saves


@dataclass(frozen=True)
class Result:
    """What a task makes: named values and arrays."""

    values: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def write(path: Path, digest: str, result: Result) -> None:
    """Publish: written beside its place, synced, renamed, the folder synced; a reader sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        _fill(beside, digest, result)
        sync(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    sync(path.parent)


def read(path: Path, digest: str | None = None) -> Result:
    """The result in a file. Raises BrokenFile where it is truncated, foreign, damaged, or made for another digest."""
    try:
        with h5py.File(path, "r") as file:
            found, stated, result = _content(file)
    except FileNotFoundError:
        raise
    except Exception as error:  # h5py meets damaged bytes with whatever error they lead it to
        raise BrokenFile(f"{path.name} in {path.parent} cannot be read: {_first_line(error)}") from None
    if stated != checksum(found, result):
        raise BrokenFile(f"{path.name} in {path.parent} is damaged: its content does not match its checksum")
    if digest is not None and found != digest:
        raise BrokenFile(f"{path.name} in {path.parent} was made for another study: digest {found[:12]}, not {digest[:12]}")
    return result


def checksum(digest: str, result: Result) -> str:
    """SHA-256 over digest, values and arrays, each with its name, type and shape."""
    total = hashlib.sha256(digest.encode())
    total.update(_text(result.values).encode())
    for name in sorted(result.arrays):
        array = np.ascontiguousarray(result.arrays[name])
        total.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fill(path: Path, digest: str, result: Result) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["vitrify_format"] = FORMAT
        file.attrs["digest"] = digest
        file.attrs["checksum"] = checksum(digest, result)
        file.attrs["values"] = _text(result.values)
        for name, array in result.arrays.items():
            packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
            file.create_dataset(name, data=array, **(packed if array.nbytes > COMPRESS_ABOVE else {}))


def _content(file: Any) -> tuple[str, str, Result]:
    if "vitrify_format" not in file.attrs:
        raise ValueError("it is not a vitrify result")
    if int(file.attrs["vitrify_format"]) > FORMAT:
        raise ValueError(f"it has format {file.attrs['vitrify_format']}, newer than this version reads ({FORMAT})")
    values = json.loads(str(file.attrs["values"]))
    arrays = {name: file[name][()] for name in file}
    return str(file.attrs["digest"]), str(file.attrs["checksum"]), Result(values, arrays)


def _text(values: dict[str, Value]) -> str:
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
    return json.dumps(plain, sort_keys=True)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
