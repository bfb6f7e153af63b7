"""Public names of the last release that have changed: they warn for one release, and are then removed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module


def renamed(module: str, names: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a module that has lost some names.

    names: lost name → its new place, as "package.module.name"; with "()" at the end it is the result of calling that."""

    def find(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(f"{module}.{name} is now {names[name]}", DeprecationWarning, stacklevel=2)
        owner, _, now = names[name].removesuffix("()").rpartition(".")
        found = getattr(import_module(owner), now)
        return found() if names[name].endswith("()") else found

    return find
