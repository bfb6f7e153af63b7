"""The store: a folder with one file a finished piece of work. What stands in it is done; what does not is missing."""

from __future__ import annotations

import errno
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vitrify.errors import BrokenFile, UsageError
from vitrify.whole_file import whole_file

from . import result_file
from .plain_file import names_in, read_small_json, read_small_text, reading
from .result_file import Result

MARK = "vitrify-store.json"
VERSION = 1
KEY = re.compile(r"[A-Za-z0-9.=+_-]+(/[A-Za-z0-9.=+_-]+)*")
SUFFIX = ".h5"
NOTE = ".json"
LONGEST_REASON = 2000  # characters of why something failed
IN_THE_WAY = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT, errno.ELOOP)  # where the place tells what to mend


@dataclass(frozen=True, slots=True)
class Failure:
    """A piece of work that could not be done, and why."""

    key: str
    digest: str
    reason: str
    again: bool = False  # by no fault of its own: the next run tries it again
    made_from: str = ""  # identity of the result that it was to be made from, where that has one


class Store:
    """Results by key. Raises UsageError where the folder is not a store; `create` makes one."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)
        self.broken: dict[str, str] = {}  # key → why, of what was met and left where it is, in the order that it was met
        mark = self.directory / MARK
        try:
            version = int(read_small_json(mark)["version"])
        except FileNotFoundError:
            raise UsageError(f"{self.directory} is not a vitrify store: it has no {MARK}") from None
        except (BrokenFile, ValueError, KeyError, TypeError, OverflowError) as error:
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
                _write(folder / MARK, json.dumps({"version": VERSION}))
            _probe(folder)
        except FileExistsError:
            raise UsageError(f"the store {folder} cannot be written: it is no folder") from None
        except OSError as error:
            raise UsageError(f"the store {folder} cannot be written: {_reason(error)}") from None
        return cls(folder)

    def path(self, key: str) -> Path:
        """Where a result stands. A key never leads outside the store."""
        if not KEY.fullmatch(key) or ".." in key.split("/"):
            raise UsageError(f"{key!r} is no key of a store")
        return self.directory / (key + SUFFIX)

    def has(self, key: str) -> bool:
        """Is there a file for it? Its content is verified when it is read. Raises Unreadable."""
        path = self.path(key)
        try:
            with reading(path):
                path.stat()
        except FileNotFoundError:
            return False
        return True

    def read(self, key: str, digest: str | None = None) -> Result:
        """The result under a key. Raises BrokenFile, Unreadable, or FileNotFoundError where there is none."""
        return result_file.read(self.path(key), digest)

    def publish(self, key: str, digest: str, result: Result) -> None:
        """Write a result for good. Raises UsageError where the store can no longer be written (a full disk, say)."""
        with self.writing():
            path = self.path(key)
            self._make_folders(path)
            result_file.write(path, digest, result)

    def sound(self, key: str, digest: str) -> Result | None:
        """The result under a key, if there is a sound one. A broken one is set aside, so that it is made again; one that
        cannot be read stays. Raises Unreadable, and UsageError where a broken one cannot be set aside."""
        try:
            return self.read(key, digest)
        except FileNotFoundError:
            return None
        except BrokenFile as error:
            self.quarantine(key, str(error))
            return None

    def verified(self, key: str, digest: str) -> bool:
        """Is there a sound result? Does and raises as `sound`."""
        return self.sound(key, digest) is not None

    def quarantine(self, key: str, why: str) -> Path:
        """Set a broken file aside, with the reason beside it; its place is free again."""
        return self._set_aside(self.path(key), f"{key.replace('/', '__')}.{time.time_ns():x}{SUFFIX}", why)

    def note_broken(self, key: str, why: str) -> None:
        """Note in `broken` what is left where it is: for those that only look."""
        self.broken[key] = why

    def quarantined(self) -> list[str]:
        """Why files were set aside."""
        place = self.directory / "quarantine"
        return [self.why_set_aside(f"{x}.txt") for x in sorted(names_in(place, ".txt"))]

    def why_set_aside(self, note: str) -> str:
        """What a note in quarantine says, if anything. Raises Unreadable."""
        try:
            return read_small_text(self.directory / "quarantine" / note).strip()
        except FileNotFoundError:
            return ""
        except BrokenFile:
            return "the note of its reason cannot be read"

    def keys(self, folder: str) -> list[str]:
        """Finished results directly under a folder of the store, sorted."""
        return [f"{folder}/{x}" for x in sorted(self.names(folder))]

    def names(self, folder: str) -> list[str]:
        """Their last parts, in no order. Raises Unreadable."""
        return names_in(self.path(folder).with_name(folder.rpartition("/")[2]), SUFFIX)

    def noted(self, folder: str) -> list[str]:
        """The same of the failures noted directly under a folder. Raises Unreadable."""
        return names_in(self._failed(folder).with_suffix(""), NOTE)

    def record_failure(self, key: str, digest: str, reason: str, *, again: bool = False, made_from: str = "") -> None:
        """Note that a piece of work could not be done."""
        self._require_own(self._failed(key))
        self._write_note(self._failed(key), json.dumps(asdict(Failure(key, digest, reason, again, made_from))))

    def failure(self, key: str) -> Failure | None:
        """Why this piece of work failed, if it did; a note of which nothing can be read stands for a failure too. Raises
        Unreadable."""
        try:
            return _failure_in(key, read_small_json(self._failed(key)))
        except FileNotFoundError:
            return None
        except BrokenFile:
            return Failure(key, "", "the note of its failure cannot be read")

    def failures(self, folder: str) -> list[Failure]:
        """All failures directly under a folder, sorted by key. Raises Unreadable."""
        names = sorted(names_in(self._failed(folder).with_suffix(""), NOTE))
        found = (self.failure(f"{folder}/{x}") for x in names if KEY.fullmatch(x))
        return [x for x in found if x is not None]

    def clear_failure(self, key: str) -> None:
        """Forget a failure, so that the work is tried again."""
        note = self._failed(key)
        if not os.path.lexists(note):
            return
        with self.writing(), suppress(FileNotFoundError, NotADirectoryError):
            self._require_own(note)
            if note.is_dir() and not note.is_symlink():  # somebody put it there: it is not ours to remove
                self._set_aside(
                    note, f"failed__{key.replace('/', '__')}.{time.time_ns():x}{NOTE}", "a folder in a note's place"
                )
            else:
                note.unlink()

    def write_text(self, name: str, text: str) -> None:
        """A small text file at the top of the store, replaced as a whole."""
        self._write_note(self.directory / name, text)

    def read_text(self, name: str) -> str:
        """The text of such a file. Raises UsageError where there is none, or no text, and Unreadable."""
        try:
            return read_small_text(self.directory / name)
        except FileNotFoundError:
            raise UsageError(f"the store {self.directory} has no {name}") from None
        except BrokenFile as error:
            raise UsageError(f"{name} of the store {self.directory} cannot be read: {error}") from None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What the disk refuses is one sentence, and so is a store that is no longer there. Raises UsageError."""
        try:
            self._require_in_place()
            yield
        except OSError as error:
            with suppress(OSError):
                self._require_in_place()
            raise UsageError(f"the store {self.directory} cannot be written: {_reason(error)}") from None

    def _require_in_place(self) -> None:
        """A store may be moved or removed while a run works on it: nothing is to be written where it was."""
        try:
            (self.directory / MARK).stat()
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(
                f"{self.directory} is no longer a vitrify store: it was moved or removed meanwhile; nothing was written in "
                "its place: run again where it stands now"
            ) from None

    def _make_folders(self, path: Path) -> None:
        """The folders within the store in which a file is to stand; never that of the store itself."""
        if path.parent.is_dir():
            return
        place = self.directory
        for part in path.parent.relative_to(self.directory).parts:
            place = place / part
            with suppress(FileExistsError):
                place.mkdir()

    def _require_own(self, path: Path) -> None:
        """Notes and what is set aside stay in the store: a link in a folder's place leads to somebody else's files."""
        for place in path.parents:
            if place == self.directory:
                return
            if place.is_symlink():
                raise UsageError(f"{place} is not a plain folder, as a store has it: move it away and run again")

    def _write_note(self, path: Path, text: str) -> None:
        with self.writing():
            self._make_folders(path)
            _write(path, text)

    def _set_aside(self, path: Path, name: str, why: str) -> Path:
        aside = self.directory / "quarantine" / name
        with self.writing(), suppress(FileNotFoundError):  # another reader may have set it aside at the same time
            self._require_own(aside)
            self._make_folders(aside)
            os.replace(path, aside)
            _write(aside.with_suffix(".txt"), why + "\n")
        return aside

    def _failed(self, key: str) -> Path:
        return (
            self.directory
            / "failed"
            / self.path(key).relative_to(self.directory).with_suffix("").with_name(key.rpartition("/")[2] + ".json")
        )


def _reason(error: OSError) -> str:
    """What the system said, and of which place where something stands in the way there."""
    said = error.strerror or str(error)
    place = error.filename2 or error.filename
    return f"{place}: {said}" if error.errno in IN_THE_WAY and place else said


def _failure_in(key: str, note: Any) -> Failure:
    """What the note of a failure says; where it stands tells whose it is. Raises BrokenFile where it is none."""
    if not isinstance(note, dict) or not isinstance(note.get("reason"), str):
        raise BrokenFile("it is no note of a failure")
    digest, made_from = (x if isinstance(x, str) else "" for x in (note.get("digest"), note.get("made_from")))
    return Failure(key, digest, note["reason"][:LONGEST_REASON], note.get("again") is True, made_from)


def _write(path: Path, text: str) -> None:
    with whole_file(path) as beside:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")  # of the name of a file that is none in UTF-8


def _probe(folder: Path) -> None:
    """Write and remove a file: permissions alone do not tell of a read-only file system."""
    probe = folder / f".probe.{os.getpid()}"
    probe.write_text("", encoding="utf-8")
    probe.unlink()
