"""The store: a folder with one file a finished piece of work. What stands in it is done; what does not is missing."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vitrify.errors import BrokenFile, UsageError
from vitrify.whole_file import whole_file

from . import result_file
from .result_file import Result

MARK = "vitrify-store.json"
VERSION = 1
KEY = re.compile(r"[A-Za-z0-9.=+_-]+(/[A-Za-z0-9.=+_-]+)*")
SUFFIX = ".h5"
HDF5_REASON = re.compile(r"error message = '([^']+)'")


@dataclass(frozen=True, slots=True)
class Failure:
    """A piece of work that could not be done, and why."""

    key: str
    digest: str
    reason: str
    again: bool = False  # by no fault of its own: the next run tries it again


class Store:
    """Results by key. Raises UsageError where the folder is not a store; `create` makes one."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)
        mark = self.directory / MARK
        try:
            version = int(json.loads(mark.read_text(encoding="utf-8"))["version"])
        except FileNotFoundError:
            raise UsageError(f"{self.directory} is not a vitrify store: it has no {MARK}") from None
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise UsageError(f"{mark} cannot be read: {error}") from None
        if version > VERSION:
            raise UsageError(f"{self.directory} was written by a newer vitrify (store version {version}, here {VERSION})")

    @classmethod
    def create(cls, directory: Path | str) -> Store:
        """The store in this folder, made where there is none. Raises UsageError where it cannot be."""
        folder = Path(directory)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / MARK).exists():
                if any(not x.name.startswith(".") for x in folder.iterdir()):
                    raise UsageError(f"{folder} holds other files and is not a vitrify store; give an empty or new folder")
                _write_text(folder / MARK, json.dumps({"version": VERSION}))
            _probe(folder)
        except OSError as error:
            raise UsageError(f"the store {folder} cannot be written: {_reason(error)}") from None
        return cls(folder)

    def path(self, key: str) -> Path:
        """Where a result stands. A key never leads outside the store."""
        if not KEY.fullmatch(key) or ".." in key.split("/"):
            raise UsageError(f"{key!r} is no key of a store")
        return self.directory / (key + SUFFIX)

    def has(self, key: str) -> bool:
        """Is there a file for it? Its content is verified when it is read."""
        return self.path(key).exists()

    def read(self, key: str, digest: str | None = None) -> Result:
        """The result under a key. Raises BrokenFile, or FileNotFoundError where there is none."""
        return result_file.read(self.path(key), digest)

    def publish(self, key: str, digest: str, result: Result) -> None:
        """Write a result for good. Raises UsageError where the store can no longer be written (a full disk, say)."""
        with self.writing():
            result_file.write(self.path(key), digest, result)

    def verified(self, key: str, digest: str) -> bool:
        """Is there a sound result? A broken one is set aside, so that it is made again."""
        if not self.has(key):
            return False
        try:
            self.read(key, digest)
        except BrokenFile as error:
            self.quarantine(key, str(error))
            return False
        return True

    def quarantine(self, key: str, why: str) -> Path:
        """Set a broken file aside, with the reason beside it; its place is free again."""
        aside = self.directory / "quarantine" / f"{key.replace('/', '__')}.{time.time_ns():x}{SUFFIX}"
        with self.writing(), suppress(FileNotFoundError):  # another reader may have set it aside at the same time
            aside.parent.mkdir(exist_ok=True)
            os.replace(self.path(key), aside)
            _write_text(aside.with_suffix(".txt"), why + "\n")
        return aside

    def quarantined(self) -> list[str]:
        """Why files were set aside."""
        notes = sorted((self.directory / "quarantine").glob("*.txt"))
        return [x.read_text(encoding="utf-8", errors="replace").strip() for x in notes]

    def keys(self, folder: str) -> list[str]:
        """Finished results directly under a folder of the store, sorted."""
        return [f"{folder}/{x}" for x in sorted(self.names(folder))]

    def names(self, folder: str) -> list[str]:
        """Their last parts, in no order."""
        place = self.path(folder).with_name(folder.rpartition("/")[2])
        names = os.listdir(place) if place.is_dir() else []
        return [x[: -len(SUFFIX)] for x in names if x.endswith(SUFFIX) and not x.startswith(".")]

    def noted(self, folder: str) -> list[str]:
        """The same of the failures noted directly under a folder."""
        place = self._failed(folder).with_suffix("")
        names = os.listdir(place) if place.is_dir() else []
        return [x.removesuffix(".json") for x in names if x.endswith(".json") and not x.startswith(".")]

    def record_failure(self, key: str, digest: str, reason: str, *, again: bool = False) -> None:
        """Note that a piece of work could not be done."""
        with self.writing():
            _write_text(self._failed(key), json.dumps(asdict(Failure(key, digest, reason, again))))

    def failure(self, key: str) -> Failure | None:
        """Why this piece of work failed, if it did."""
        try:
            return Failure(**json.loads(self._failed(key).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, RecursionError):
            return Failure(key, "", "the note of its failure cannot be read")

    def failures(self, folder: str) -> list[Failure]:
        """All failures directly under a folder, sorted by key."""
        place = self._failed(folder).with_suffix("")
        names = sorted(place.glob("*.json")) if place.is_dir() else []
        found = (self.failure(f"{folder}/{x.stem}") for x in names)
        return [x for x in found if x is not None]

    def clear_failure(self, key: str) -> None:
        """Forget a failure, so that the work is tried again."""
        self._failed(key).unlink(missing_ok=True)

    def write_text(self, name: str, text: str) -> None:
        """A small text file at the top of the store, replaced as a whole."""
        with self.writing():
            _write_text(self.directory / name, text)

    def read_text(self, name: str) -> str:
        """The text of such a file. Raises UsageError where there is none, or no text."""
        try:
            return (self.directory / name).read_text(encoding="utf-8")
        except OSError:
            raise UsageError(f"the store {self.directory} has no {name}") from None
        except UnicodeDecodeError:
            raise UsageError(f"{name} of the store {self.directory} cannot be read: it is no text in UTF-8") from None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What the disk refuses is one sentence. Raises UsageError."""
        try:
            yield
        except OSError as error:
            raise UsageError(f"the store {self.directory} cannot be written: {_reason(error)}") from None

    def _failed(self, key: str) -> Path:
        return (
            self.directory
            / "failed"
            / self.path(key).relative_to(self.directory).with_suffix("").with_name(key.rpartition("/")[2] + ".json")
        )


def _reason(error: OSError) -> str:
    """What the system said; HDF5 hands it on within a sentence of its own."""
    within = HDF5_REASON.search(str(error))
    return within[1] if within else error.strerror or str(error)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")  # of the name of a file that is none in UTF-8


def _probe(folder: Path) -> None:
    """Write and remove a file: permissions alone do not tell of a read-only file system."""
    probe = folder / f".probe.{os.getpid()}"
    probe.write_text("", encoding="utf-8")
    probe.unlink()
