"""Code of others that registers what it brings: of installed packages, by entry points, and of files that users name."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from vitrify.errors import UsageError, VitrifyError

FILES = "VITRIFY_PLUGINS"  # the environment of this process and of those that it starts: files, as PATH has folders


def load_group(group: str) -> None:
    """Import what installed packages bring by entry points of a group. Raises UsageError for one that fails."""
    for point in sorted(entry_points(group=group), key=lambda x: x.name):
        _imported(f"plugin {point.name!r} of an installed package", point.load)


def load_files() -> None:
    """Import the files that the environment names. Raises UsageError for one that cannot be imported."""
    for file in filter(None, os.environ.get(FILES, "").split(os.pathsep)):
        load_file(Path(file).expanduser())


def add_file(file: Path) -> None:
    """Load a plugin here and in all processes that this one starts. Raises UsageError."""
    path = str(file.resolve())
    if os.pathsep in path:
        raise UsageError(f"plugin {path} has {os.pathsep!r} in its path, which parts files in {FILES}; put it elsewhere")
    load_file(Path(path))
    there = [x for x in os.environ.get(FILES, "").split(os.pathsep) if x and x != path]
    os.environ[FILES] = os.pathsep.join([*there, path])


def load_file(file: Path) -> None:
    """Import a file once. Raises UsageError where it is none, or where it fails."""
    file = file.resolve()
    if not file.is_file():
        raise UsageError(f"plugin {file} is no file, must be a Python file")
    name = f"vitrify_plugin_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"plugin {file} is no Python file, must end in .py")
    module, loader = module_from_spec(spec), spec.loader
    sys.modules[name] = module  # dataclasses look their module up
    try:
        _imported(f"plugin {file}", lambda: loader.exec_module(module))
    except UsageError:
        del sys.modules[name]
        raise


def _imported(what: str, load: object) -> None:
    try:
        load()  # type: ignore[operator]
    except VitrifyError as error:
        raise UsageError(f"{what}: {error}") from None
    except (Exception, SystemExit) as error:  # of code that is not ours: anything can be wrong in it
        raise UsageError(f"{what} cannot be imported: {type(error).__name__}: {error}") from error
