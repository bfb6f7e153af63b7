"""Objects of other programs that hold a glass: ASE's Atoms, a Structure of pymatgen and so on.

It stands below `glass.py`, whose `Glass.from_ase`, `to_ase` and so on ask it. The modules of `vitrify.formats.objects`,
which make glasses, stand above: each is imported when it is asked for, and imports its program when it makes an object."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeVar

from vitrify.errors import UsageError

Made = TypeVar("Made")


def taken_from(program: str, kind: type[Made], given: Any, *arguments: Any) -> Made:
    """The glass, of class `kind`, that an object of a program holds. Raises UsageError."""
    glass = _module(program).taken(given, *arguments)
    assert isinstance(glass, kind)
    return glass


def made_for(program: str, glass: object) -> Any:
    """The object of a program that holds a glass. Raises UsageError where the program is not installed, and for molecules,
    as no bonds are handed over."""
    if getattr(glass, "topology", None) is not None:
        raise UsageError(f"a glass of molecules cannot be handed to {program}; write it to a .data or .xyz file")
    return _module(program).made(glass)


def _module(program: str) -> Any:
    return import_module(f"vitrify.formats.objects.{program}")
