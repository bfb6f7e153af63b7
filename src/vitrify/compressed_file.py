"""A file that is read: as it is, or unfolded on the way where it is compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from vitrify.errors import UsageError

MOST_UNFOLDED = 200  # bytes for each of a compressed file: coordinates give 2 to 4, the same frame many times some 100
AT_ONCE = 512  # bytes of a file that are unfolded at once: four may become 128 KiB
ALWAYS_UNFOLDED = 64 * 2**20  # bytes that any compressed file may unfold to


class _Zstd:
    """A stream of frames of zstd, unfolded; one that ends within a frame raises EOFError, as the library does not."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            import zstandard  # an extra, which few need
        except ImportError:
            raise UsageError('.zst files need the package zstandard, which pip install ".[files]" brings') from None
        self.file = file
        self.begin: Callable[[], Any] = lambda: zstandard.ZstdDecompressor().decompressobj()
        self.frame, self.begun, self.damage = self.begin(), False, zstandard.ZstdError
        self.left = io.BytesIO()  # unfolded and not asked for yet

    def __enter__(self) -> _Zstd:
        return self

    def __exit__(self, *_: object) -> None:
        self.left.close()

    def read(self, size: int) -> bytes:
        """At most so many bytes, none at the end."""
        while not (given := self.left.read(size)):
            folded = self.file.read(AT_ONCE)
            if not folded:
                if self.begun and not self.frame.eof:
                    raise EOFError("it ends before the end of its content")
                return b""
            self.left = io.BytesIO(b"".join(self._unfolded(folded)))
        return given

    def _unfolded(self, folded: bytes) -> Iterator[bytes]:
        """The content of a part of the file, in which frames may end and begin."""
        while folded:
            if self.frame.eof:
                self.frame = self.begin()
            try:
                yield self.frame.decompress(folded)
            except self.damage as error:
                raise OSError(str(error)) from None
            self.begun, folded = True, self.frame.unused_data if self.frame.eof else b""


UNFOLDED: dict[str, Callable[[BinaryIO], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open, ".zst": _Zstd}
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of configurations. What it gives may be asked for more than once."""

    path: Path

    @property
    def compression(self) -> str:
        """The suffix that says how it is compressed, in small letters; empty where it is not."""
        suffix = self.path.suffix.lower()
        return suffix if suffix in UNFOLDED else ""

    @property
    def suffix(self) -> str:
        """The suffix of its format, in small letters."""
        return Path(self.path.stem).suffix.lower() if self.compression else self.path.suffix.lower()

    @property
    def most_bytes(self) -> int:
        """Bytes that its content has at most."""
        size = self.path.stat().st_size
        return MOST_UNFOLDED * size + ALWAYS_UNFOLDED if self.compression else size

    @contextmanager
    def binary(self) -> Iterator[BinaryIO]:
        """Its content. Raises UsageError where it is damaged, or unfolds beyond all bounds."""
        with self.path.open("rb") as file:
            if not self.compression:
                yield file
                return
            with UNFOLDED[self.compression](file) as unfolded:
                yield io.BufferedReader(_Bounded(unfolded, self.most_bytes))

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """Its content as text in UTF-8, whose lines end as editors see it: at \\n, \\r\\n or \\r."""
        with self.binary() as file, io.TextIOWrapper(file, encoding="utf-8-sig") as text:  # Windows writes a mark first
            yield text

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """A file with its content, for libraries that want a path: itself, or a temporary one."""
        if not self.compression:
            yield self.path
            return
        with self.binary() as file, tempfile.TemporaryDirectory(prefix="vitrify-") as folder:
            path = Path(folder) / self.path.stem
            with path.open("wb") as unfolded:
                shutil.copyfileobj(file, unfolded, 2**20)
            yield path

    def beginning(self, size: int = 4096) -> bytes:
        """Its first bytes, by which a format may be recognised."""
        with self.binary() as file:
            return file.read(size)


class _Bounded(io.RawIOBase):
    """A stream that ends in one sentence where it is damaged or longer than so many bytes."""

    def __init__(self, unfolded: Any, most: int) -> None:
        self.unfolded, self.most, self.given = unfolded, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            content = self.unfolded.read(len(buffer))
        except (*DAMAGED, ValueError) as error:
            raise UsageError(f"cannot be unpacked: {error}") from None
        self.given += len(content)
        if self.given > self.most:
            most = f"{self.most / 2**20:,.0f} MiB, {MOST_UNFOLDED} times its size"
            raise UsageError(f"would unpack to more than {most}; if that is right, unpack it yourself first")
        buffer[: len(content)] = content
        return len(content)
