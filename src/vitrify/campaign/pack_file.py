"""Packs, each of many results in one file: a ZIP whose members are the HDF5 files of single results, byte for byte and
stored as they are, and an index with one line of JSON per result: its digest, its values, what it was made from.

HDF5 itself would keep all results behind one tree, whose damage costs them all; here each member stands for itself, and
`unzip` takes them out without this package. The values of 256 results are read at once from the index. Every line of it has
a checksum of its own, the directory of the ZIP has one in the comment of the archive, and where that does not match the
members are found by their own heads."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vitrify.errors import BrokenFile, Unreadable

from .plain_file import read_plain_file, reading
from .result_file import Result, Value, named, text_of

INDEX = "index.jsonl"
SUFFIX = ".h5"
MEMBER = re.compile(r"(\d{6,})\.h5", re.ASCII)
MODE = 0o644 << 16  # of a member, where `unzip` writes it
LOCAL = struct.Struct("<4s5H3L2H")  # head of a member: signature, ..., two sizes, lengths of its name and of extra fields
CENTRAL = struct.Struct("<4s6H3L5H2L")  # the same in the directory at the end of the file
END = struct.Struct("<4s4H2LH")  # signature, ..., size and offset of the directory, length of the comment
LOCAL_MARK, CENTRAL_MARK, END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
KINDS = {float, int, bool, str}  # of values
CHECKSUM = 64  # hex digits of SHA-256
DIRECTORIES, INDICES = 512, 32  # of packs that a process keeps at hand: 40 and 200 kB each


@dataclass(frozen=True, slots=True)
class Entry:
    """Entry of the index: all that it says of one result."""

    digest: str
    image: str  # SHA-256 of its member
    made_from: str
    identity: str  # of its bits, that others which are made from it carry; empty where nobody told
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Member:
    """Member of a pack, which is one result: the HDF5 file, and its line of the index."""

    content: bytes
    line: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Places of the members of a pack, each with its size. whole: nothing of the directory is damaged."""

    members: Mapping[str, tuple[int, int]]  # by name of the sample
    index: tuple[int, int] | None
    whole: bool


Stamp = tuple[int, int, int]  # inode, time of writing and size of a file


def member(name: str, content: bytes, digest: str, result: Result, identity: str) -> Member:
    """Make a member of a result, on its way into a pack. content: its HDF5 file; identity: of its bits, or empty."""
    about = {
        "digest": digest, "image": hashlib.sha256(content).hexdigest(), "made_from": result.made_from, "identity": identity
    }  # fmt: skip
    text = f'{name} {json.dumps(about)[:-1]}, "values": {text_of(result.values)}}}'
    return Member(content, f"{_checksum(text.encode())} {text}")


def packed(members: Mapping[str, Member]) -> bytes:
    """Bytes of a pack; the same for the same members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(members):
            file.writestr(_head(name + SUFFIX), members[name].content)
        file.writestr(_head(INDEX), "".join(f"{members[name].line}\n" for name in sorted(members)))
    content = buffer.getvalue()
    *_, size, offset, _ = END.unpack_from(content, len(content) - END.size)
    comment = _checksum(content[offset : offset + size]).encode()
    return content[:-2] + len(comment).to_bytes(2, "little") + comment


def directory(path: Path) -> Directory:
    """Find where the members of a pack begin. Raises FileNotFoundError, Unreadable, and BrokenFile where it is no plain
    file."""
    return _directory(path, _stamp(path))


def content(path: Path, name: str) -> bytes | None:
    """Read the HDF5 file of one result; None where the pack has none of that name. Raises as `directory`, and BrokenFile
    where another member stands in its place."""
    place = directory(path).members.get(name)
    if place is None:
        return None
    with _opened(path) as handle:
        return _member(path, handle, name + SUFFIX, *place)


def entry(path: Path, name: str) -> tuple[bool, Entry | None]:
    """Say whether a pack holds a result, and what its index says of it: None where its line is damaged or missing, so that
    the result itself is to be asked. Raises as `directory`."""
    stamp = _stamp(path)
    if name not in _directory(path, stamp).members:
        return False, None
    line = _index(path, stamp).get(name)
    return True, None if line is None else _entry(line)


def members(path: Path) -> dict[str, Member]:
    """Read all results of a pack, to be written into another one. Raises as `content`, and BrokenFile where one of them or
    its line in the index is damaged."""
    taken = dict(_taken(path, damaged=False))
    for name, x in taken.items():
        about = _entry(x.line.encode(errors="replace"))
        if about is None or about.image != hashlib.sha256(x.content).hexdigest():
            raise BrokenFile(f"{name}{SUFFIX} of {named(path)} is damaged")
    return taken


def raw_members(path: Path) -> dict[str, Member]:
    """Read all results of a pack, damaged ones as they are; what cannot be found any more is left out."""
    return dict(_taken(path, damaged=True))


def _taken(path: Path, *, damaged: bool) -> Iterator[tuple[str, Member]]:
    """Read the results of a pack one after the other. damaged: one whose place another thing has taken is passed over, else
    BrokenFile is raised."""
    found, lines = directory(path), _index(path, _stamp(path))
    with _opened(path) as handle:
        for name, place in found.members.items():
            try:
                content = _member(path, handle, name + SUFFIX, *place)
            except BrokenFile:
                if not damaged:
                    raise
                continue
            yield name, Member(content, lines.get(name, b"").decode(errors="replace"))


def _head(name: str) -> zipfile.ZipInfo:
    """Head of a member; its date is that of the format's beginning, so that the same members give the same bytes."""
    head = zipfile.ZipInfo(name)
    head.external_attr = MODE
    return head


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a pack and yield its descriptor. A link in its place is not followed, a pipe not waited for."""
    with reading(path):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            os.close(handle)


def _stamp(path: Path) -> Stamp:
    with reading(path):
        about = os.lstat(path)
    if not stat.S_ISREG(about.st_mode):
        raise BrokenFile(f"{named(path)} is not a plain file")
    return about.st_ino, about.st_mtime_ns, about.st_size


def _part(path: Path, handle: int, offset: int, size: int) -> bytes:
    """Read so many bytes from a place. A pack is never written in its place: fewer are the disk's fault."""
    found = b""
    while len(found) < size and (more := os.pread(handle, size - len(found), offset + len(found))):
        found += more
    if len(found) < size and offset + size <= os.fstat(handle).st_size:
        raise Unreadable(f"{named(path)} cannot be read: only {len(found):,} of {size:,} bytes arrived")
    return found


@lru_cache(DIRECTORIES)
def _directory(path: Path, stamp: Stamp) -> Directory:
    """Read the directory at the end of a pack, else the heads of its members."""
    size, tail = stamp[2], END.size + CHECKSUM
    with _opened(path) as handle:
        end = _part(path, handle, max(size - tail, 0), tail)
        if len(end) == tail:
            mark, *_, length, offset, comment = END.unpack_from(end)
            if mark == END_MARK and comment == CHECKSUM and offset + length + tail == size:
                listed = _part(path, handle, offset, length)
                if _checksum(listed).encode() == end[END.size :]:
                    return _listed(listed)
    return _walked(read_plain_file(path, follow=False))


def _listed(content: bytes) -> Directory:
    places, at = {}, 0
    while at + CENTRAL.size <= len(content):
        head = CENTRAL.unpack_from(content, at)
        length, extra, comment = head[10:13]
        at += CENTRAL.size
        places[content[at : at + length]] = (head[16], head[9])
        at += length + extra + comment
    return _directory_of(places, whole=True)


def _walked(content: bytes) -> Directory:
    """Members that are still there in a pack of which the end is damaged or missing, found from head to head."""
    places, at = {}, content.find(LOCAL_MARK)
    while 0 <= at <= len(content) - LOCAL.size:
        head = LOCAL.unpack_from(content, at)
        begin = at + LOCAL.size
        name, end = content[begin : begin + head[9]], begin + head[9] + head[8]
        known = (name == INDEX.encode() or MEMBER.fullmatch(name.decode("latin-1"))) and end <= len(content)
        if known and name not in places:
            places[name] = (at, head[8])
        at = content.find(LOCAL_MARK, end if known else at + 1)
    return _directory_of(places, whole=False)


def _directory_of(places: dict[bytes, tuple[int, int]], *, whole: bool) -> Directory:
    found = ((MEMBER.fullmatch(name.decode("latin-1")), place) for name, place in places.items())
    return Directory({x[1]: place for x, place in found if x}, places.get(INDEX.encode()), whole)


def _member(path: Path, handle: int, name: str, offset: int, size: int) -> bytes:
    head = LOCAL.size + len(name)
    found = _part(path, handle, offset, head + size)
    if len(found) < head + size or not found.startswith(LOCAL_MARK) or found[LOCAL.size : head] != name.encode():
        raise BrokenFile(f"{name} of {named(path)} is damaged: something else is stored in its place")
    return found[head:]


@lru_cache(INDICES)
def _index(path: Path, stamp: Stamp) -> dict[str, bytes]:
    """Lines of the index by name of the sample, none of them looked at yet; none where the index itself is not found."""
    place = _directory(path, stamp).index
    if place is None:
        return {}
    with _opened(path) as handle:
        try:
            text = _member(path, handle, INDEX, *place)
        except BrokenFile:
            return {}
    words = ((line.split(b" ", 2), line) for line in text.split(b"\n"))
    return {x[1].decode("latin-1"): line for x, line in words if len(x) == 3}


def _entry(line: bytes) -> Entry | None:
    """Parse a line of the index; None where it does not match its checksum, or is none of ours."""
    stated, _, text = line.partition(b" ")
    if _checksum(text).encode() != stated:
        return None
    try:
        about = json.loads(text.partition(b" ")[2].decode())
        texts, values = (about["digest"], about["image"], about["made_from"], about["identity"]), about["values"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    known = isinstance(values, dict) and KINDS.issuperset(map(type, values.values()))
    return Entry(*texts, values=values) if known and {str}.issuperset(map(type, texts)) else None


def _checksum(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
