"""Plugins: code of others that registers what it brings, from installed packages by entry points, and from files that users
name."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.metadata import EntryPoint, entry_points
from importlib.util import decode_source, module_from_spec, spec_from_file_location, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar

from vitrify.errors import UsageError, VitrifyError, kind_and_text

FILES = "VITRIFY_PLUGINS"  # the environment of this process and of those that it starts: files, as PATH has folders

Value = TypeVar("Value")


class Registry(dict[str, Value]):
    """Things of one kind by name: the package's own are there from the beginning, those of plugins once a name is missing
    or all are asked for, when all that they import is complete. Raises UsageError where a plugin cannot be imported.

    group: of entry points; own: the module that registers the package's own when it is imported, where nothing below it
    imports it, which is done when the registry is first asked."""

    def __init__(self, group: str, own: str = "") -> None:
        super().__init__()
        self.group, self.own = group, own

    def load_own(self) -> None:
        """Import the package's own, once."""
        own, self.own = self.own, ""
        if own:
            import_module(own)

    def load(self) -> None:
        """Import the plugins of the group and of files that the environment names, once."""
        self.load_own()
        load_group(self.group)
        load_files()

    def has(self, name: object) -> bool:
        """Whether a name is taken now; no plugin is loaded."""
        self.load_own()
        return dict.__contains__(self, name)

    def there(self) -> tuple[Value, ...]:
        """Those that are registered now; no plugin is loaded."""
        self.load_own()
        return tuple(super().values())

    def __contains__(self, name: object) -> bool:
        if not self.has(name):
            self.load()
        return self.has(name)

    def __missing__(self, name: str) -> Value:
        if name in self:
            return self[name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        self.load()
        return super().__iter__()

    def __len__(self) -> int:
        self.load()
        return super().__len__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # dict_keys is no class that can be named
        self.load()
        return super().keys()

    def values(self) -> ValuesView[Value]:  # type: ignore[override]  # nor these
        self.load()
        return super().values()

    def items(self) -> ItemsView[str, Value]:  # type: ignore[override]  # nor these
        self.load()
        return super().items()


_put_off: list[Callable[[], object]] | None = None  # calls that wait until the plugin that is being imported is complete


@contextmanager
def put_off() -> Iterator[None]:
    """Delay the loading of plugins that are asked for in this block until its end."""
    global _put_off
    if _put_off is not None:  # the outermost block does it
        yield
        return
    waiting: list[Callable[[], object]] = []
    _put_off = waiting
    try:
        yield
    finally:
        _put_off = None
    for load in waiting:
        load()


def load_group(group: str) -> tuple[object, ...]:
    """Import the entry points of a group of installed packages once, and return them: modules, which register what they
    bring, or the objects that they name. Raises UsageError for one that fails."""
    if _put_off is not None:
        _put_off.append(partial(load_group, group))
        return ()
    if group not in _groups:
        points = sorted(entry_points(group=group), key=lambda x: x.name)
        loaded = [_entry_point(x) for x in points if x not in _under_way]
        if _under_way:  # one of them asks for what others bring, and is not complete
            return tuple(loaded)
        _groups[group] = tuple(loaded)
    return _groups[group]


_groups: dict[str, tuple[object, ...]] = {}  # that were loaded
_under_way: list[EntryPoint] = []  # entry points that are being imported
_failed: dict[EntryPoint, UsageError] = {}  # what they brought before they failed may be there, so they are not tried again


def _entry_point(point: EntryPoint) -> object:
    if point in _failed:
        raise _failed[point]
    _under_way.append(point)
    try:
        return _imported(f"plugin {point.name!r} of an installed package", point.load)
    except UsageError as error:
        _failed[point] = error
        raise
    finally:
        _under_way.remove(point)


def load_files() -> None:
    """Import the files that the environment variable names. Raises UsageError for one that cannot be imported."""
    if _put_off is not None:
        _put_off.append(load_files)
        return
    for file in named_files():
        load_file(file)


def named_files() -> list[Path]:
    """The files that the environment variable names; nothing is imported."""
    return [Path(x).expanduser() for x in os.environ.get(FILES, "").split(os.pathsep) if x]


def add_file(file: Path) -> None:
    """Load a plugin in this process and in all processes that it starts. Raises UsageError."""
    path = str(file.resolve())
    if os.pathsep in path:
        raise UsageError(
            f"plugin {path} has {os.pathsep!r} in its path, which separates files in {FILES}; move it elsewhere"
        )
    load_file(Path(path))
    there = [x for x in os.environ.get(FILES, "").split(os.pathsep) if x and x != path]
    os.environ[FILES] = os.pathsep.join([*there, path])


def load_file(file: Path, what: str = "plugin") -> ModuleType:
    """Import a file once, and return its module. Raises UsageError where there is none, or where it fails. what: it is, in
    a sentence."""
    file = file.resolve()
    name = module_of(file)
    if name in sys.modules:  # on a worker the file itself may be elsewhere
        return sys.modules[name]
    if not file.is_file():
        raise UsageError(f"{what} {file} is not a file, but must be a Python file")
    if file.suffix != ".py":
        raise UsageError(f"{what} {file} is not a Python file, whose name must end in .py")
    return _run_plugin(name, file, _imported(f"{what} {file}", lambda: decode_source(file.read_bytes())), what)


def _run_plugin(name: str, file: Path, text: Any, what: str = "plugin") -> ModuleType:
    """Run the text of a plugin as the module of its file, and remember it: the file may change while the module lives."""
    spec = spec_from_file_location(name, file, loader=_Text(text, str(file)))
    assert spec is not None  # a loader is given
    module = _run(f"{what} {file}", module_from_spec(spec))
    _texts[name] = text
    return module


_texts: dict[str, str] = {}  # of plugins that were run, by their modules


def text_of(file: Path) -> str | None:
    """The text that was run of a plugin, whatever its file is now; None where it was not run."""
    return _texts.get(module_of(file))


def module_with(text: str) -> ModuleType | None:
    """The module of the plugin whose text this is, where one was run."""
    return next((sys.modules[name] for name, x in _texts.items() if x == text), None)


@dataclass(frozen=True, slots=True)
class SentPlugin:
    """A plugin as a run sends it to its workers: these need no copy of the file, and none may have another text of it."""

    module: str
    path: str  # where the run has it
    text: str = field(repr=False)

    def load(self) -> None:
        """Run it, where it was not run here. Raises UsageError where the worker has run another text of the file."""
        if self.module not in sys.modules:
            _run_plugin(self.module, Path(self.path), self.text)
        elif _texts.get(self.module) != self.text:
            raise UsageError(
                f"plugin {self.path} is not what a worker of this cluster has loaded of it, as it has changed since; start "
                "the workers anew, or put its earlier text back"
            )


def plugins_to_send() -> tuple[SentPlugin, ...]:
    """The plugins that the environment names, with the text that was run here. Raises UsageError for one that fails."""
    load_files()
    return tuple(SentPlugin(module_of(x), str(x.resolve()), _texts[module_of(x)]) for x in named_files())


def module_of(file: Path) -> str:
    """The name of the module that a plugin in a file is."""
    return f"vitrify_plugin_{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]}"


def run_text(what: str, name: str, text: str, shown_as: str) -> ModuleType:
    """Run the text of a Python file as a module of this name, once. what: the file in a sentence; shown_as: its path in the
    lines of an error. Raises UsageError where it fails."""
    if name not in sys.modules:
        spec = spec_from_loader(name, _Text(text, shown_as))
        assert spec is not None  # a loader is given
        return _run(what, module_from_spec(spec))
    return sys.modules[name]


class _Text(InspectLoader):
    """A loader of a module whose text is at hand."""

    def __init__(self, text: str, shown_as: str) -> None:
        self.text, self.shown_as = text, shown_as

    def get_source(self, fullname: str) -> str:
        """The text."""
        del fullname
        return self.text

    def get_code(self, fullname: str) -> CodeType:
        """The code of the text."""
        return self.source_to_code(self.get_source(fullname), self.shown_as)


def _run(what: str, module: ModuleType) -> ModuleType:
    """Run a new module, which stays where it does not fail, and return it. Raises UsageError."""
    loader: Any = module.__spec__ and module.__spec__.loader  # it was made of one
    sys.modules[module.__name__] = module  # dataclasses look their module up
    with put_off():
        try:
            _imported(what, lambda: loader.exec_module(module))
        except UsageError:
            del sys.modules[module.__name__]
            raise
    return module


def _imported(what: str, load: Callable[[], object]) -> object:
    try:
        return load()
    except VitrifyError as error:
        raise UsageError(f"{what}: {error.brief}") from None
    except (Exception, SystemExit) as error:  # the code is not ours: anything can be wrong in it
        raise UsageError(f"{what} cannot be imported: {kind_and_text(error)}") from error
