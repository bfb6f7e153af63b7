"""Store of results: a folder with one file per finished piece of work, or one pack for some hundred of them. What stands in
it is done; what does not is missing."""

from __future__ import annotations

import errno
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from vitrify.atomic_write import atomic_write
from vitrify.errors import BrokenFile, UsageError

from . import pack_file, packs, result_file
from .packs import Pack, Packs, packs_in
from .plain_file import names_in, read_plain_file, read_small_json, read_small_text, reading
from .result_file import Result, Value

MARK = "vitrify-store.json"
VERSION = 2  # of the newest layout that this version reads; 1 has no packs
KEY = re.compile(r"[A-Za-z0-9.=+_-]+(/[A-Za-z0-9.=+_-]+)*")
SUFFIX = ".h5"
NOTE = ".json"
LONGEST_REASON = 2000  # characters of why something failed
TRIES = 5  # to find what others move from a file of its own into a pack, or from a pack into another, at the same time
Found = TypeVar("Found")
IN_THE_WAY = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT, errno.ELOOP)  # where the place tells what to mend


@dataclass(frozen=True, slots=True)
class Failure:
    """Failure: a piece of work that could not be done, and why."""

    key: str
    digest: str
    reason: str
    again: bool = False  # by no fault of its own: the next run tries it again
    made_from: str = ""  # identity of the result that it was to be made from, where that has one


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary of a result, which is all but its arrays. identity: of its bits, as what is made from it carries it; empty
    where nobody tells."""

    values: dict[str, Value]
    made_from: str
    identity: str


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
        """Open the store in this folder, or make one where there is none. Raises UsageError where it cannot be made."""
        folder = Path(directory)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / MARK).exists():
                if any(not x.name.startswith(".") for x in folder.iterdir()):
                    raise UsageError(
                        f"{folder} contains other files and is not a vitrify store; give an empty or new folder"
                    )
                _write(folder / MARK, json.dumps({"version": 1}))
            _probe(folder)
        except FileExistsError:
            raise UsageError(f"the store {folder} cannot be written: it is not a folder") from None
        except OSError as error:
            raise UsageError(f"the store {folder} cannot be written: {_reason(error)}") from None
        return cls(folder)

    def path(self, key: str) -> Path:
        """Path of a result in a file of its own, whether it is there or not. A key never leads outside the store."""
        if not KEY.fullmatch(key) or ".." in key.split("/"):
            raise UsageError(f"{key!r} is not a key that a store can have")
        return self.directory / (key + SUFFIX)

    def has(self, key: str) -> bool:
        """Say whether there is a file for it, or a pack holds it. Its content is verified when it is read. Raises
        Unreadable."""
        return self._found(key, lambda path: path.stat(), lambda held, name: held.holding(name) or None) is not None

    def read(self, key: str, digest: str | None = None) -> Result:
        """Read the result under a key. Raises BrokenFile, Unreadable, or FileNotFoundError where there is none."""
        content, name = self._content(key)
        return result_file.decode(content, name, digest)

    def content(self, key: str) -> bytes:
        """Read the HDF5 file of a result, wherever it stands, as it is. Raises as `read`."""
        return self._content(key)[0]

    def size(self, key: str) -> int:
        """Size of the HDF5 file of a result in bytes, wherever it stands. Raises as `read`."""
        found = self._found(key, lambda path: path.stat().st_size, lambda held, name: held.size(name))
        if found is None:
            raise self._missing(key)
        return found

    def summary(
        self, key: str, digest: str | None = None, *, identity: Callable[[Result], str] | None = None
    ) -> Summary:  # fmt: skip
        """Read a result without its arrays, which are not even read where a pack holds it: its values have a checksum of
        their own there. identity: tells that of a result of which no pack does. Raises as `read`."""
        found = self._found(
            key,
            lambda path: _without_arrays(result_file.read(path, digest), identity),
            lambda held, name: _packed_summary(held, name, digest, identity),
        )
        return found or _without_arrays(self.read(key, digest), identity)

    def listed(self, folder: str) -> Listed:
        """List the results directly under a folder as they stand now, to be read one after the other. Raises Unreadable."""
        return Listed(self, folder)

    def publish(self, key: str, digest: str, result: Result) -> None:
        """Write a result for good. Raises UsageError where the store can no longer be written (a full disk, say)."""
        with self.writing():
            path = self.path(key)
            self._make_folders(path)
            result_file.write(path, digest, result)

    def sound(self, key: str, digest: str) -> Result | None:
        """Read the result under a key, if there is a sound one. A broken one is set aside, so that it is made again; one
        that cannot be read stays. Raises Unreadable, and UsageError where a broken one cannot be set aside."""
        for _ in range(TRIES):  # behind a broken file a pack may hold a sound one
            try:
                return self.read(key, digest)
            except FileNotFoundError:
                return None
            except BrokenFile as error:
                self.quarantine(key, str(error))
        return None

    def verified(self, key: str, digest: str) -> bool:
        """Say whether there is a sound result. Acts and raises as `sound`."""
        return self.sound(key, digest) is not None

    def quarantine(self, key: str, why: str) -> Path:
        """Set a broken result aside, with the reason beside it; its place is free again. Others of its pack stay."""
        path, name = self.path(key), f"{key.replace('/', '__')}.{time.time_ns():x}{SUFFIX}"
        if os.path.lexists(path) or not packs_in(path.parent):
            return self._set_aside(path, name, why)
        return self._set_aside_packed(path, name, why)

    def note_broken(self, key: str, why: str) -> None:
        """Note in `broken` what is left where it is: for those that only look."""
        self.broken[key] = why

    def quarantined(self) -> list[str]:
        """Reasons why files were set aside."""
        place = self.directory / "quarantine"
        return [self.why_set_aside(f"{x}.txt") for x in sorted(names_in(place, ".txt"))]

    def why_set_aside(self, note: str) -> str:
        """Text of a note in quarantine, if it says anything. Raises Unreadable."""
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
        """Names of the finished results directly under a folder, in no order: the last parts of their keys. Raises
        Unreadable."""
        place = self._place(folder)
        found: set[str] = set()
        for _ in range(TRIES):  # until nothing was moved between the two looks
            before, loose = packs_in(place, fresh=True), names_in(place, SUFFIX)
            with suppress(FileNotFoundError):
                found = before.names() | found if before else found
                if packs_in(place, fresh=True).files == before.files:
                    return list(found.union(loose)) if found else loose
            found.update(loose)
        return list(found)

    def noted(self, folder: str) -> list[str]:
        """Names of the failures noted directly under a folder, in no order. Raises Unreadable."""
        return names_in(self._failed(folder).with_suffix(""), NOTE)

    def record_failure(self, key: str, digest: str, reason: str, *, again: bool = False, made_from: str = "") -> None:
        """Note that a piece of work could not be done."""
        self._require_own(self._failed(key))
        self._write_note(self._failed(key), json.dumps(asdict(Failure(key, digest, reason, again, made_from))))

    def failure(self, key: str) -> Failure | None:
        """Failure of this piece of work, if it failed; a note of which nothing can be read stands for a failure too. Raises
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
        """Write a small text file at the top of the store, replaced as a whole."""
        self._write_note(self.directory / name, text)

    def read_text(self, name: str) -> str:
        """Read the text of such a file. Raises UsageError where there is none, or no text, and Unreadable."""
        try:
            return read_small_text(self.directory / name)
        except FileNotFoundError:
            raise UsageError(f"the store {self.directory} has no {name}") from None
        except BrokenFile as error:
            raise UsageError(f"{name} of the store {self.directory} cannot be read: {error}") from None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the disk refuses within the block, or a store that is no longer there, into one sentence. Raises
        UsageError."""
        try:
            self._require_in_place()
            yield
        except OSError as error:
            with suppress(OSError):
                self._require_in_place()
            raise UsageError(f"the store {self.directory} cannot be written: {_reason(error)}") from None

    def admit_packs(self) -> None:
        """Say that packs may stand here, before the first one does: an earlier version would take their results for
        missing. Raises UsageError."""
        mark = self.directory / MARK
        if int(read_small_json(mark)["version"]) < VERSION:
            self._write_note(mark, json.dumps({"version": VERSION}))

    def _content(self, key: str) -> tuple[bytes, str]:
        """Read the file of a result, and tell the words that name it in a sentence. Raises FileNotFoundError where there is
        none."""
        found = self._found(
            key, lambda path: (read_plain_file(path), result_file.named(path)), lambda held, name: held.content(name)
        )
        if found is None:
            raise self._missing(key)
        return found

    def _found(
        self, key: str, alone: Callable[[Path], Found], packed: Callable[[Packs, str], Found | None]
    ) -> Found | None:  # fmt: skip
        """Ask one of the two for a result: `alone` of a file of its own, `packed` of the packs of its folder. None
        where neither is there. The file comes first: it is removed only after it stands in a pack."""
        path, name = self.path(key), key.rpartition("/")[2]
        for k in range(TRIES):
            with suppress(FileNotFoundError), reading(path):
                return alone(path)
            held = packs_in(path.parent, fresh=k > 0)
            if k and not held:
                return None
            with suppress(FileNotFoundError):  # else the pack was replaced by another meanwhile
                found = packed(held, name)
                if found is not None or (k and not os.path.lexists(path)):
                    return found
        return None

    def _missing(self, key: str) -> FileNotFoundError:
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path(key)))

    def _place(self, folder: str) -> Path:
        return self.path(folder).with_name(folder.rpartition("/")[2])

    def _require_in_place(self) -> None:
        """Raise UsageError where the store was moved or removed while a run works on it: nothing is to be written where it
        was."""
        try:
            (self.directory / MARK).stat()
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(
                f"{self.directory} is no longer a vitrify store: it was moved or removed during the run; nothing was "
                "written in its place; run again with the path that it has now"
            ) from None

    def _make_folders(self, path: Path) -> None:
        """Make the folders within the store in which a file is to stand; never that of the store itself."""
        if path.parent.is_dir():
            return
        place = self.directory
        for part in path.parent.relative_to(self.directory).parts:
            place = place / part
            with suppress(FileExistsError):
                place.mkdir()

    def _require_own(self, path: Path) -> None:
        """Raise UsageError where a path leads out of the store: a link in a folder's place leads to somebody else's
        files."""
        place = self.link_above(path)
        if place is not None:
            raise UsageError(f"{place} is not a plain folder, as a store has it: move it away and run again")

    def link_above(self, path: Path) -> Path | None:
        """The link among the folders of the store in which a path lies, if there is one: what lies behind it is somebody
        else's."""
        within = takewhile(lambda x: x != self.directory, path.parents)
        return next((x for x in within if x.is_symlink()), None)

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

    def _set_aside_packed(self, path: Path, name: str, why: str) -> Path:
        """Take a result out of the pack that counts. What cannot be taken out goes with all of the pack, once what is left
        of it stands in another."""
        aside, sample = self.directory / "quarantine" / name, path.name.removesuffix(SUFFIX)
        with self.writing():
            self._require_own(aside)
            self._make_folders(aside)
            for _ in range(TRIES):
                with suppress(FileNotFoundError):  # else another has replaced it meanwhile
                    for pack in packs_in(path.parent, fresh=True).holding(sample)[:1]:
                        aside = _taken_out(path.parent, pack, sample, aside)
                        _write(aside.with_suffix(".txt"), why + "\n")
                    break
        return aside

    def _failed(self, key: str) -> Path:
        return (
            self.directory
            / "failed"
            / self.path(key).relative_to(self.directory).with_suffix("").with_name(key.rpartition("/")[2] + ".json")
        )


class ReadOnlyStore(Store):
    """Store that is only looked at: a broken file is noted and stays in its place, in a folder that may be read-only."""

    def quarantine(self, key: str, why: str) -> Path:
        """Note a broken file in `broken`."""
        self.note_broken(key, why)
        return self.path(key)


class Listed:
    """Results directly under one folder as they stood when it was listed: many are read sooner so. What was moved meanwhile
    is found all the same."""

    def __init__(self, store: Store, folder: str) -> None:
        self.store, self.folder = store, folder
        place = store._place(folder)
        self._alone = frozenset(names_in(place, SUFFIX))
        self._packs = packs_in(place, fresh=True)

    def summary(
        self, name: str, digest: str | None = None, *, identity: Callable[[Result], str] | None = None
    ) -> Summary:  # fmt: skip
        """Read a result without its arrays, as `Store.summary` does."""
        if name not in self._alone:
            with suppress(FileNotFoundError):
                found = _packed_summary(self._packs, name, digest, identity)
                if found is not None:
                    return found
        return self.store.summary(f"{self.folder}/{name}", digest, identity=identity)


def _without_arrays(result: Result, identity: Callable[[Result], str] | None) -> Summary:
    return Summary(result.values, result.made_from, identity(result) if identity else "")


def _packed_summary(held: Packs, name: str, digest: str | None, identity: object) -> Summary | None:
    """Summary as the index of a pack tells it; None where it does not, or not the identity that is asked for."""
    found = held.entry(name)
    if found is None or (identity is not None and not found[0].identity):
        return None
    about, path = found
    if about.digest != digest:
        result_file.require_digest(about.digest, digest, f"{name} of {result_file.named(path)}")
    return Summary(about.values, about.made_from, about.identity)


def _taken_out(folder: Path, pack: Pack, sample: str, aside: Path) -> Path:
    """Take one result out of a pack, or set all of the pack aside where it cannot be found in it any more; return where it
    was put."""
    try:
        content = pack_file.content(pack.path, sample)
    except BrokenFile:
        content = None
    if content is None:
        aside = aside.with_suffix(packs.SUFFIX)
        packs.without(folder, pack, [sample], aside)
        return aside
    with atomic_write(aside) as beside:
        beside.write_bytes(content)
    packs.without(folder, pack, [sample])
    return aside


def _reason(error: OSError) -> str:
    """Words of the system, with the place where something stands in the way there."""
    said = error.strerror or str(error)
    place = error.filename2 or error.filename
    return f"{place}: {said}" if error.errno in IN_THE_WAY and place else said


def _failure_in(key: str, note: Any) -> Failure:
    """Failure that a note tells; where it stands tells whose it is. Raises BrokenFile where it is none."""
    if not isinstance(note, dict) or not isinstance(note.get("reason"), str):
        raise BrokenFile("it is not a note of a failure")
    digest, made_from = (x if isinstance(x, str) else "" for x in (note.get("digest"), note.get("made_from")))
    return Failure(key, digest, note["reason"][:LONGEST_REASON], note.get("again") is True, made_from)


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as beside:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")  # of the name of a file that is none in UTF-8


def _probe(folder: Path) -> None:
    """Write and remove a file: permissions alone do not tell of a read-only file system."""
    probe = folder / f".probe.{os.getpid()}"
    probe.write_text("", encoding="utf-8")
    probe.unlink()
