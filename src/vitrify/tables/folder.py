"""A folder of tables: a mark, the study, and one folder per ensemble."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from vitrify.atomic_write import atomic_write_folder
from vitrify.campaign.plain_file import SMALL, read_plain_file, read_small_json, reading
from vitrify.errors import BrokenFile, UsageError
from vitrify.named_files import make_folder, require_folder, write_text_whole
from vitrify.strict_json import strict_json
from vitrify.study import StudySpec
from vitrify.study.absent import parse_stored_study
from vitrify.study.pair_tables import keep_tables, tables_of
from vitrify.study.products import safe_name

from .files import FORMAT, PROVENANCE, SAMPLES

MARK, VERSION, STUDY = "vitrify-tables.json", 1, "study.toml"
MOST = 100_000_000  # bytes of one table: a hundred times what the largest ensembles have


class TablesFolder:
    """A folder of tables and its contents by name, which are read when they are asked for. Raises UsageError where it is no
    such folder; `create` makes one."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)
        self.absent = ""  # which observables of its study need a plugin that is not here
        try:
            number = int(read_small_json(self.directory / MARK)["version"])
        except FileNotFoundError:
            raise UsageError(f"{self.directory} is not a folder of tables: it has no {MARK}") from None
        except (BrokenFile, ValueError, KeyError, TypeError, OverflowError) as error:
            raise UsageError(f"{self.directory / MARK} cannot be read: {error}") from None
        if number > VERSION:
            raise UsageError(
                f"{self.directory} was written by a newer vitrify (tables of version {number}, here {VERSION})"
            )

    @classmethod
    def create(cls, directory: Path) -> TablesFolder:
        """Open the folder of tables at this place, and begin it where there is none. Raises UsageError where other files
        are there."""
        require_tables(directory)
        if not (directory / MARK).exists():
            make_folder(directory)
            write_text_whole(directory / MARK, strict_json({"version": VERSION}) + "\n")
        return cls(directory)

    def study(self) -> StudySpec | None:
        """The study to which the results belong, or None where there is none yet. Raises UsageError, Unreadable."""
        try:
            text = read_plain_file(self.directory / STUDY, at_most=SMALL).decode()
        except FileNotFoundError:
            return None
        except (BrokenFile, UnicodeDecodeError) as error:
            raise UsageError(f"{self.directory / STUDY} cannot be read: {error}") from None
        with tables_of(self.directory):
            found, self.absent = parse_stored_study(text, str(self.directory / STUDY))
        return found

    def write_study(self, study: StudySpec) -> None:
        """Replace the study in the folder by this one, with the tables of potentials that it needs."""
        keep_tables(study, self.directory, self._write_beside)
        write_text_whole(self.directory / STUDY, study.text)

    def _write_beside(self, name: str, text: str) -> None:
        make_folder((self.directory / name).parent)
        write_text_whole(self.directory / name, text)

    def provenances(self) -> Iterator[tuple[str, dict[str, Any] | BrokenFile]]:
        """Name of each ensemble's folder, with its provenance or why that cannot be read."""
        with reading(self.directory):
            names = sorted(x for x in os.listdir(self.directory) if not x.startswith("."))
        for name in names:
            try:
                yield name, self._provenance(name)
            except BrokenFile as error:
                yield name, error
            except FileNotFoundError:  # another folder, or a file
                if os.path.lexists(self.directory / name / SAMPLES):
                    yield name, BrokenFile(f"{PROVENANCE} is missing")

    def texts(self, name: str, about: Mapping[str, Any]) -> dict[str, str]:
        """The tables of an ensemble's folder. Raises BrokenFile where one is missing or is no text, and Unreadable."""
        found = {}
        for file in about["files"]:
            try:
                found[file] = read_plain_file(self.directory / name / file, at_most=MOST).decode()
            except (FileNotFoundError, UnicodeDecodeError):
                raise BrokenFile(f"{file} is missing or is not a text") from None
        return found

    def replace(self, ensemble: str, files: Mapping[str, str]) -> Path:
        """Replace the files of an ensemble by these: a reader sees either all old files or all new ones. Raises
        UsageError."""
        place = self.directory / self._name_of(ensemble)
        try:
            with atomic_write_folder(place) as beside:
                for name, text in files.items():
                    (beside / name).write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise UsageError(f"{place} cannot be written: {error.strerror or error}") from None
        return place

    def _name_of(self, ensemble: str) -> str:
        """Name of the folder that holds an ensemble, or is to hold it: two names may read the same where signs become
        underscores."""
        taken = dict(self.provenances())
        for name, about in taken.items():
            if not isinstance(about, BrokenFile) and about["ensemble"] == ensemble:
                return name
        safe = safe_name(ensemble)
        numbered = (safe if k == 1 else f"{safe}-{k}" for k in count(1))  # other files there keep their names
        return next(x for x in numbered if isinstance(taken.get(x), BrokenFile) or not os.path.lexists(self.directory / x))

    def _provenance(self, name: str) -> dict[str, Any]:
        found = read_small_json(self.directory / name / PROVENANCE)
        if not isinstance(found, dict) or not all(fits(found.get(key)) for key, fits in NEEDED.items()):
            raise BrokenFile(f"{PROVENANCE} does not list the files beside it")
        if found["format"] > FORMAT:
            raise BrokenFile(f"{PROVENANCE} was written by a newer vitrify (format {found['format']}, here {FORMAT})")
        return found


def _is_count(x: object) -> bool:
    return type(x) is int and x >= 0


def _are_counts(x: object) -> bool:
    """Tell whether a value holds the numbers of samples done and failed, and the number by reason."""
    if not isinstance(x, dict) or not isinstance(x.get("reasons"), dict):
        return False
    return all(map(_is_count, (x.get("done"), x.get("failed"), *x["reasons"].values())))


def _are_files(x: object) -> bool:
    """Tell whether a value holds plain file names, each with a checksum."""
    if not isinstance(x, dict):
        return False
    return all(re.fullmatch(r"\w{1,80}\.(csv|json)", name, re.ASCII) and isinstance(y, str) for name, y in x.items())


NEEDED: dict[str, Callable[[object], bool]] = {  # keys that a provenance must have
    "format": _is_count, "finished": _is_count, "samples": _are_counts, "files": _are_files,
    "ensemble": lambda x: isinstance(x, str),
    "seed": lambda x: type(x) is int,
    "definition": lambda x: isinstance(x, dict),
    "products": lambda x: isinstance(x, list),
    "left_out": lambda x: isinstance(x, list) and all(isinstance(y, str) for y in x),
}  # fmt: skip


def require_tables(directory: Path) -> None:
    """Raise UsageError unless tables can be written to this folder: asked before a long store is read."""
    require_folder(directory)
    with suppress(FileNotFoundError), reading(directory):
        others = [x for x in os.listdir(directory) if not x.startswith(".")]
        if others and MARK not in others:
            raise UsageError(f"{directory} contains other files and is not a folder of tables; give an empty or new folder")
