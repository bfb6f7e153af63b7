"""What a file format is: a record for each, by which it is found; one of a plugin like the package's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vitrify.errors import check
from vitrify.glass import Glass
from vitrify.model import Model

Reader = Callable[[Path, Model | None, dict[str, str]], Glass]
Writer = Callable[[Glass, Path], None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files with one glass each.

    read(path, model, species): the glass; model: what the particles are, None where the file is to say it; species: names
    in the file → names in the mixture. write(glass, path): path is that of a file beside the final one. Both raise
    UsageError: one sentence, in which the path need not stand."""

    name: str  # as `vitrify export --format` calls it
    suffixes: tuple[str, ...]  # with their dots, in small letters; exported files have the first
    summary: str
    read: Reader | None = None
    write: Writer | None = None
    require: Callable[[], object] | None = None  # raises UsageError where a package that writing needs is missing


FORMATS: dict[str, Format] = {}  # by name


def register_format(form: Format) -> Format:
    """Let files of a format be read and written by their suffix. Raises UsageError where it has a name or a suffix of
    another, or no dot before a suffix."""
    owner = f"format {form.name!r}"
    check(form.name not in FORMATS, owner, "name", form.name, "one that is not taken")
    check(bool(form.suffixes), owner, "suffixes", form.suffixes, "at least one")
    for suffix in form.suffixes:
        right = suffix.startswith(".") and suffix == suffix.lower()
        check(right and of_suffix(suffix) is None, owner, "suffix", suffix, "one such as .abc that no other format has")
    FORMATS[form.name] = form
    return form


def of_suffix(suffix: str) -> Format | None:
    """The format of a suffix, in letters of any size."""
    return next((x for x in FORMATS.values() if suffix.lower() in x.suffixes), None)
