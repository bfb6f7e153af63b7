"""The identity of a function by its content, so that a compiled kernel is found again by any later process."""

from __future__ import annotations

import hashlib
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np


def fingerprint(function: Any) -> str:
    """SHA-256 over the bytecode of a function and of everything it closes over or names: compiled functions by their
    source, constants of its module by their value, since both are compiled in."""
    return hashlib.sha256(repr(_content(function, ())).encode()).hexdigest()


def _content(value: Any, inside: tuple[Any, ...]) -> Any:
    value = getattr(value, "py_func", value)  # a compiled function stands for what it was compiled from
    value = getattr(value, "_defn", value)  # an intrinsic for the code that writes it
    if isinstance(value, FunctionType):
        if value in inside:
            return value.__qualname__
        within = (*inside, value)
        cells = [_content(cell.cell_contents, within) for cell in value.__closure__ or ()]
        named = [_named(value, name, within) for name in _names(value.__code__)]
        return (value.__qualname__, _content(value.__code__, within), cells, named)
    if isinstance(value, CodeType):
        return (value.co_code, value.co_names, value.co_varnames, [_content(x, inside) for x in value.co_consts])
    if isinstance(value, tuple | list):
        return [_content(x, inside) for x in value]
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    return repr(value)


def _names(code: CodeType) -> list[str]:
    """Every name that a function or one inside it looks up."""
    inner = [name for x in code.co_consts if isinstance(x, CodeType) for name in _names(x)]
    return [*code.co_names, *inner]


def _named(function: FunctionType, name: str, inside: tuple[Any, ...]) -> Any:
    """What a module's name stands for; other modules and their classes by name only."""
    value = function.__globals__.get(name)
    plain = (
        isinstance(value, int | float | str | tuple | FunctionType) or hasattr(value, "py_func") or hasattr(value, "_defn")
    )
    return _content(value, inside) if plain and not isinstance(value, ModuleType) else name
