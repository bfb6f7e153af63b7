"""GSD files (HOOMD schema), of HOOMD-blue, OVITO and freud: read and written, in the single precision that they have."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.cell import Cell
from vitrify.compressed_file import InputFile
from vitrify.errors import UsageError, plain
from vitrify.glass import Glass
from vitrify.glass_files import Format, register_format

from .axes import in_space
from .configuration import Configuration, Frames, glasses_of
from .particle_columns import radii_of

MAGIC = bytes.fromhex("df65df65df65df65")  # the first bytes of every GSD file
LENGTH_OF_HEADER, ENTRY, NAME = 256, 32, 64  # bytes, also of an entry of the index, and of a name in the list of names
HEADER = struct.Struct("<8x4Q216x")  # where the index is, how many entries it has, and the same for the list of names
SCHEMA = "hoomd"
DAMAGE = (OSError, RuntimeError, ValueError, KeyError, MemoryError, OverflowError)  # what gsd raises of a damaged file
BOX = (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)  # where no frame says it, as in the schema
TYPES = ("A",)


def write(glass: Glass, path: Path) -> None:
    """Write one frame: box, types, masses and positions about the middle, all lengths in single precision as in the schema.

    Raises UsageError where the package gsd is not installed."""
    hoomd = package()
    mixture, frame = glass.model.mixture, hoomd.Frame()
    frame.configuration.step = 0
    frame.configuration.dimensions = glass.dimension
    frame.configuration.box = _box(glass.cell)
    frame.particles.N = glass.n_particles
    frame.particles.types = list(mixture.labels)
    frame.particles.typeid = glass.species.astype(np.uint32)
    frame.particles.mass = np.array(mixture.masses, dtype=np.float32)[glass.species]
    frame.particles.diameter = (2.0 * radii_of(glass)).astype(np.float32)  # which OVITO draws
    frame.particles.position = _about_the_middle(glass)
    with hoomd.open(str(path), "w") as file:
        file.append(frame)


def package(extra: str = "export") -> Any:
    """The module gsd.hoomd. Raises UsageError where it is not installed, which names an extra that brings it."""
    try:
        import gsd.hoomd  # an extra, which few need
    except ImportError:
        raise UsageError(f'.gsd files need the package gsd, which pip install ".[{extra}]" brings') from None
    return gsd.hoomd


def recognises(start: bytes) -> bool:
    """Whether a file that begins so is a GSD file."""
    return start.startswith(MAGIC)


def frames(source: InputFile) -> Frames:
    """The frames of a trajectory. Each must be parsed before the next is asked for, since the file is closed behind the
    last, which is read at once. Raises UsageError."""
    with source.on_disk() as path, _opened(path) as file:
        last = int(file.nframes) - 1
        for k in range(last):
            yield partial(_configuration, Frame(file, k))
        if last >= 0:
            found = _configuration(Frame(file, last))
            yield lambda: found


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    package("files")
    from gsd import fl

    _require_whole(path)
    try:
        file = fl.open(name=str(path), mode="r")
        schema = str(file.schema)
    except DAMAGE as error:
        raise UsageError(f"cannot be read as GSD: {_why(error)}") from None
    with file:
        if schema != SCHEMA:
            raise UsageError(f"is a GSD file of the schema {plain(schema)[:40]!r}, must be of {SCHEMA!r}")
        yield file


def _require_whole(path: Path) -> None:
    """Raise UsageError unless a file begins as GSD, with an index and a list of names that lie in it: gsd, which is C, ends
    the process where they do not."""
    with path.open("rb") as file:
        start = file.read(LENGTH_OF_HEADER)
    if not recognises(start):
        raise UsageError("is not a GSD file: it does not begin like one")
    size, (index, n_entries, names, n_names) = path.stat().st_size, HEADER.unpack(start.ljust(LENGTH_OF_HEADER, b"\0"))
    if len(start) < LENGTH_OF_HEADER or index + ENTRY * n_entries > size or names + NAME * n_names > size:
        raise UsageError("cannot be read as GSD: its index would end beyond the end of the file, which may have been cut")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of an open file."""

    file: Any
    number: int

    def chunk(self, name: str, shape: tuple[int, ...]) -> NDArray[Any] | None:
        """The numbers that the frame has by this name, else those of the first frame; None where neither has as many, which
        stands for the schema's own. shape: -1 for any. Raises UsageError."""
        for frame in dict.fromkeys((self.number, 0)):
            if self.file.chunk_exists(frame=frame, name=name):
                found = self._read(frame, name)
                if found.ndim == len(shape) and all(b in (-1, a) for a, b in zip(found.shape, shape, strict=True)):
                    return found
                if frame == self.number:
                    raise UsageError(f"frame {frame} has {name} of shape {found.shape}, must be {shape}")
        return None

    def _read(self, frame: int, name: str) -> NDArray[Any]:
        try:
            found = np.asarray(self.file.read_chunk(frame=frame, name=name))
        except DAMAGE as error:
            raise UsageError(f"frame {frame} is damaged, {name} cannot be read: {_why(error)}") from None
        if found.dtype.kind not in "iuf" or not np.isfinite(found).all():
            raise UsageError(f"frame {frame} has {name} that are not finite numbers")
        return found

    def number_of(self, name: str, default: int) -> int:
        """A whole number that the frame has by this name."""
        found = self.chunk(name, (1,))
        return default if found is None else int(found[0])


def _why(error: Exception) -> str:
    """What gsd says, without the path that it has behind a colon."""
    return plain(str(error).partition(": ")[0]) or type(error).__name__


def _configuration(frame: Frame) -> Configuration:
    """What a frame holds: chunks that it has not are those of the first frame, or the schema's own. Raises UsageError."""
    n = frame.number_of("particles/N", 0)
    positions = frame.chunk("particles/position", (n, 3))
    if n < 1 or positions is None:
        raise UsageError(f"frame {frame.number} has no positions of particles")
    written, sizes = frame.chunk("configuration/box", (6,)), frame.chunk("particles/diameter", (n,))
    box = BOX if written is None else written.tolist()
    plane = frame.number_of("configuration/dimensions", 3 if box[2] else 2) == 2
    masses, step = frame.chunk("particles/mass", (n,)), frame.number_of("configuration/step", 0)
    return Configuration(
        _names(frame, n),
        positions.astype(np.float64),
        _vectors(box),
        periodic=(True, True, not plane),
        sizes=None if sizes is None else sizes.astype(np.float64),
        masses=None if masses is None else masses.astype(np.float64),
        provenance={"step": step},
    )


def _names(frame: Frame, n: int) -> list[str]:
    """Names of the types of particles. Raises UsageError."""
    written, kinds = frame.chunk("particles/types", (-1, -1)), frame.chunk("particles/typeid", (n,))
    types = list(TYPES)
    if written is not None:
        rows = written.astype(np.uint8)
        types = [plain(bytes(row).split(b"\0")[0].decode("utf-8", "replace")) for row in rows]
    which = np.zeros(n, dtype=np.int64) if kinds is None else kinds.astype(np.int64)
    if which.max() >= len(types):
        raise UsageError(f"frame {frame.number} has a particle of type {which.max()}, but {len(types)} types")
    return [types[k] for k in which.tolist()]


def _vectors(box: list[float] | tuple[float, ...]) -> NDArray[np.float64]:
    """(3, 3) vectors as rows, of edges and HOOMD's tilts b_x/b_y, c_x/c_z and c_y/c_z."""
    lx, ly, lz, xy, xz, yz = box
    return np.array([[lx, 0.0, 0.0], [xy * ly, ly, 0.0], [xz * lz, yz * lz, lz]])


def _box(cell: Cell) -> list[float]:
    """Edges and tilts xy, xz, yz. HOOMD's tilts are b_x/b_y and so on, and Lz is 0 in two dimensions."""
    if cell.dimension == 2:
        (lx, _), (xy, ly) = cell.matrix.tolist()
        return [lx, ly, 0.0, xy / ly, 0.0, 0.0]
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell.matrix.tolist()
    return [lx, ly, lz, xy / ly, xz / lz, yz / lz]


def _about_the_middle(glass: Glass) -> NDArray[np.float32]:
    """Positions modulo the cell, fractions in [-1/2, 1/2). Each particle stays where it is, or is replaced by another
    image."""
    cell = glass.cell
    middle = glass.positions - cell.positions(np.floor(cell.fractions(glass.positions) + 0.5))
    rounded = in_space(middle).astype(np.float32)
    if cell.is_orthogonal:
        half = in_space(cell.edges[None]).astype(np.float32) / np.float32(2)
        # a position that single precision rounds up to the edge becomes its image on the other side
        rounded = np.where((rounded >= half) & (half > 0), -half, rounded)
    return rounded


register_format(
    Format(
        "gsd",
        (".gsd",),
        "GSD, in single precision",
        frames=glasses_of(frames),
        recognises=recognises,
        write=write,
        require=package,
    )
)
