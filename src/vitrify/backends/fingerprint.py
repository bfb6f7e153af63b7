"""The identity of a function by its content, so that a compiled kernel is found again by any later process."""

from __future__ import annotations

import hashlib
from types import CodeType, FunctionType
from typing import Any

import numpy as np


def fingerprint(function: Any) -> str:
    """SHA-256 over the bytecode of a function and of everything it closes over, compiled functions by their source."""
    return hashlib.sha256(repr(_content(function)).encode()).hexdigest()


def _content(value: Any) -> Any:
    value = getattr(value, "py_func", value)  # a compiled function stands for what it was compiled from
    value = getattr(value, "_defn", value)  # an intrinsic for the code that writes it
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return (value.__qualname__, _content(value.__code__), [_content(cell) for cell in cells])
    if isinstance(value, CodeType):
        return (value.co_code, value.co_names, value.co_varnames, [_content(x) for x in value.co_consts])
    if isinstance(value, tuple | list):
        return [_content(x) for x in value]
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    return repr(value)
