"""Calls of a calculator that is not ours: energy and forces of a configuration, checked, counted and kept in a file."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, wrong
from vitrify.options import code_of

FloatArray = NDArray[np.float64]
MAGIC = b"vitrify forces 1 "  # how a file of calls begins; the checksum of its configuration follows
SAME_CALCULATOR = 1e-5  # of its largest force and of its energy: more than single precision repeats, less than another has


@dataclass(frozen=True, slots=True)
class Answer:
    """What a calculator says of one configuration, in its own units."""

    energy: float
    forces: FloatArray  # (n, d)
    stress: FloatArray | None = None  # (d, d), positive under tension


@dataclass(frozen=True, slots=True)
class Calculator:
    """A calculator as it is asked here.

    given: the user's object, whose failures are told; ask(positions, cell, strained): its answer, with the stress only
    where the cell is `strained`; push(positions, cell, direction): the derivative of its forces along a displacement, None
    where it offers none; species: what else says which configuration it is."""

    given: object
    ask: Callable[[FloatArray, FloatArray, bool], Any]
    push: Callable[[FloatArray, FloatArray, FloatArray], Any] | None = None
    species: bytes = b""


class ForceCalls:
    """Calls of one calculator for one glass of particles. Each raises UsageError where the calculator fails, or where its
    answer is no number or of another shape.

    kept: a file to which every answer is added, and in which those of an earlier run are looked up first."""

    def __init__(self, calculator: Calculator, positions: FloatArray, cell: FloatArray, kept: Path | None = None) -> None:
        self.calculator, self.positions, self.cell = calculator, positions, cell
        self.asked = self.recalled = 0
        self._kept = None if kept is None else _Kept(kept, self._digest(), positions.shape)
        try:
            self.first = self(positions)
            if self._kept is not None and self.recalled:
                self._require_same()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> ForceCalls:
        return self

    def __exit__(self, *_: object) -> None:
        if self._kept is not None:
            self._kept.close()

    @property
    def offers_push(self) -> bool:
        """Whether the calculator has derivatives of its forces."""
        return self.calculator.push is not None

    def __call__(self, positions: FloatArray, cell: FloatArray | None = None) -> Answer:
        """The answer for positions (n, d), in the glass' own cell unless another is given."""
        strained = cell is not None
        matrix = self.cell if cell is None else cell
        found = self._recall(positions, matrix)
        if found is None:
            found = self._answer(positions, matrix, strained)
            self._keep(found, positions, matrix)
        return found

    def pushed(self, positions: FloatArray, direction: FloatArray) -> FloatArray:
        """∂f/∂x·v, (n, d), by the calculator's own derivative."""
        found = self._recall(positions, self.cell, direction)
        if found is None:
            push = self.calculator.push
            assert push is not None
            with code_of(self.calculator.given, "the calculator's jvp", UsageError):
                given = push(positions.copy(), self.cell.copy(), direction.copy())
            found = Answer(0.0, _numbers("jvp", given, positions.shape))
            self._keep(found, positions, self.cell, direction)
        return found.forces

    def _answer(self, positions: FloatArray, cell: FloatArray, strained: bool) -> Answer:
        self.asked += 1
        with code_of(self.calculator.given, "the calculator", UsageError):
            given = self.calculator.ask(positions.copy(), cell.copy(), strained)
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            kind = f"{len(given)} things" if isinstance(given, tuple | list) else f"a {type(given).__name__}"
            raise UsageError(
                f"the calculator gives {kind}, must give the energy and the forces (and the stress, if it likes)"
            )
        energy, d = _numbers("energy", given[0], ()), positions.shape[1]
        stress = None if len(given) == 2 or given[2] is None else _numbers("stress", given[2], (d, d))
        return Answer(float(energy), _numbers("forces", given[1], positions.shape), stress)

    def _digest(self) -> str:
        """Checksum of what the file's answers are of."""
        parts = (self.positions.tobytes(), self.cell.tobytes(), self.calculator.species)
        return hashlib.sha256(b"|".join(parts)).hexdigest()

    def _recall(self, *of: FloatArray) -> Answer | None:
        found = None if self._kept is None else self._kept.recall(_key(of))
        self.recalled += found is not None
        return found

    def _keep(self, answer: Answer, *of: FloatArray) -> None:
        if self._kept is not None:
            self._kept.keep(_key(of), answer)

    def _require_same(self) -> None:
        """Raise UsageError where the calculator no longer says what the file does of the glass itself."""
        assert self._kept is not None
        now, scale = self._answer(self.positions, self.cell, False), self._kept.largest_force
        energy = abs(now.energy - self.first.energy) > SAME_CALCULATOR * max(abs(now.energy), 1e-300)
        if energy or np.abs(now.forces - self.first.forces).max() > SAME_CALCULATOR * scale:
            raise UsageError(f"{self._kept.path} holds forces of another calculator; give another file, or remove this one")


class _Kept:
    """A file of answers: one line of text, then records of one size, each with its checksum. A record that was cut or
    damaged counts as none."""

    def __init__(self, path: Path, digest: str, shape: tuple[int, ...]) -> None:
        n, d = shape
        self.path = path
        self._type = np.dtype(
            [("key", "V16"), ("energy", "<f8"), ("forces", "<f8", (n, d)), ("stress", "<f8", (d, d)), ("sum", "<u4")]
        )
        self._head = MAGIC + digest.encode() + b"\n"
        self._rows: dict[bytes, Answer] = {}
        try:
            content = path.read_bytes() if path.exists() else b""
            if content and not self._head.startswith(content[: len(self._head)]):
                own = content.startswith(MAGIC)
                raise UsageError(
                    f"{path} holds forces of another configuration; give another file, or remove this one"
                    if own
                    else f"{path} is not a file of forces that vitrify has kept; give another, or a name that is free"
                )
            whole = self._read(content)
            self._file = path.open("r+b" if content else "wb", buffering=0)
            self._file.write(self._head)
            self._file.seek(whole)
            self._file.truncate()
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None

    def _read(self, content: bytes) -> int:
        """Take the records up to the first that is not whole; the size of what was taken."""
        place, size = len(self._head), self._type.itemsize
        while place + size <= len(content):
            row = np.frombuffer(content, self._type, 1, place)[0]
            if zlib.crc32(content[place : place + size - 4]) != row["sum"]:
                break
            stress = None if np.isnan(row["stress"]).all() else row["stress"].copy()
            self._rows[row["key"].tobytes()] = Answer(float(row["energy"]), row["forces"].copy(), stress)
            place += size
        return place

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def largest_force(self) -> float:
        """The largest component of all forces that it holds."""
        return max(float(np.abs(x.forces).max()) for x in self._rows.values())

    def recall(self, key: bytes) -> Answer | None:
        """The answer to this question, if it is there."""
        return self._rows.get(key)

    def keep(self, key: bytes, answer: Answer) -> None:
        """Add an answer to the file."""
        self._rows[key] = answer
        row = np.zeros(1, self._type)
        row["key"] = np.void(key)
        row["energy"], row["forces"] = answer.energy, answer.forces
        row["stress"] = np.nan if answer.stress is None else answer.stress
        row["sum"] = zlib.crc32(row.tobytes()[:-4])
        try:
            self._file.write(row.tobytes())
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror or error}") from None


def _key(of: tuple[FloatArray, ...]) -> bytes:
    return hashlib.blake2b(b"|".join(np.ascontiguousarray(x).tobytes() for x in of), digest_size=16).digest()


def _numbers(name: str, given: Any, shape: tuple[int, ...]) -> FloatArray:
    """Finite numbers of this shape. Raises UsageError."""
    if np.iscomplexobj(given):
        raise wrong("calculator", name, given, "real numbers")
    try:
        found = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise wrong("calculator", name, given, "numbers") from None
    if name == "energy" and found.size == 1:
        found = found.reshape(())
    if found.shape != shape:
        told = "one number" if shape == () else f"an array of shape {shape}"
        raise UsageError(f"calculator: {name} of shape {found.shape}, must be {told}")
    if not np.isfinite(found).all():
        raise UsageError(f"calculator: {name} not finite (NaN or infinite), must be numbers for any small displacement")
    return found
