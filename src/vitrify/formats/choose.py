"""The format of a file by its suffix."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast

from vitrify.errors import UsageError, shown
from vitrify.glass import Glass
from vitrify.model import Model
from vitrify.model.catalogue import model_of
from vitrify.options import code_of, of_this_package
from vitrify.plugin_files import load_files, load_group

from . import extxyz, gsd, lammps  # noqa: F401  # each registers itself
from .format import FORMATS, Format, of_suffix
from .whole import write_whole

GROUP = "vitrify.formats"  # of entry points


def read_glass(path: Path | str, model: Model | str | None = None, species: dict[str, str] | None = None) -> Glass:
    """A glass from a file. model: what the particles are, unless the file says so; species: names in the file → names in
    the mixture. Raises UsageError: one sentence with the file and what is wrong; warns with ModelOverridden where the file
    says another model than the one that is given."""
    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"the file is {shown(path)}, must be a path")
    file, given = Path(path), None if model is None else model_of(model)
    if species is not None and not isinstance(species, Mapping):
        raise UsageError(
            f'species is {shown(species)}, must map names in the file to the mixture\'s, such as {{"Cu": "A"}}'
        )
    form = _format(file)
    if form is None or form.read is None:
        known = ", ".join(x for form in FORMATS.values() if form.read for x in form.suffixes)
        raise UsageError(f"{file} has suffix {file.suffix!r}, must be one of {known} to be read")
    _require_file(file)
    with code_of(form.read, f"format {form.name}", partial(_cannot_be, "read", file), UsageError):
        try:
            glass = form.read(file, given, dict(species or {}))
        except UsageError as error:
            raise UsageError(f"{file}: {error}") from None
        if not isinstance(cast(object, glass), Glass):
            raise TypeError(f"read gave a {type(glass).__name__}, must give a Glass")
    return glass


def write_glass(glass: Glass, path: Path | str) -> None:
    """Write a glass, its file as a whole. Raises UsageError for an unknown suffix, a missing package or an unwritable
    place."""
    file = Path(path)
    require_writer(file)
    form = _format(file)
    assert form is not None
    assert form.write is not None
    writer = form.write

    def write(beside: Path) -> None:
        with code_of(writer, f"format {form.name}", partial(_cannot_be, "written", file), (UsageError, OSError)):
            try:
                writer(glass, beside)
            except UsageError as error:
                raise UsageError(str(error) if of_this_package(writer) else f"{file}: {error}") from None

    write_whole(file, write)


def require_writer(path: Path) -> None:
    """Raise UsageError unless glasses can be written to files of this name: asked before hours are spent on them."""
    form = _format(path)
    if form is None or form.write is None:
        known = ", ".join(x for form in FORMATS.values() if form.write for x in form.suffixes)
        raise UsageError(f"{path} has suffix {path.suffix!r}, must be one of {known} to be written")
    _require_name(path)
    if form.require is not None:
        with code_of(form.require, f"format {form.name}", partial(_cannot_be, "written", path)):
            form.require()


def _cannot_be(done: str, file: Path, why: str) -> UsageError:
    return UsageError(f"{file} cannot be {done}: {why}")


def _format(path: Path) -> Format | None:
    """The format of a file, which an installed package may bring. Raises UsageError where such a package is broken."""
    found = of_suffix(path.suffix)
    if found is None:
        load_group(GROUP)
        load_files()
    return found or of_suffix(path.suffix)


def _require_file(path: Path) -> None:
    """Raise UsageError unless there is a plain file that can be read; a pipe is not waited for."""
    _require_name(path)
    try:
        if not path.exists():
            raise UsageError(f"{path} does not exist")
        if not path.is_file():
            raise UsageError(f"{path} is a {'folder' if path.is_dir() else 'pipe or a device'}, must be a file to be read")
        path.open("rb").close()
    except OSError as error:  # a folder that others may not look into, say
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None


def _require_name(path: Path) -> None:
    """Raise UsageError for what no file can be called; whether there is such a file is not asked."""
    try:
        path.lstat()
    except ValueError:
        raise UsageError(f"{str(path)!r} holds a null character, as the name of a file cannot") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UsageError(f"{str(path)[:40]}... is too long for the name of a file") from None
