"""Functions that Numba compiled by itself, before they came to us.

Numba freezes values into such a helper when it is first called, and never looks again: not in this process, and under
cache=True not in later ones either. So a kernel may be as old as a helper of it is."""

from __future__ import annotations

from types import CellType, FunctionType, ModuleType
from typing import Any

from numba.core.caching import NullCache

from .fingerprint import is_foreign, names_of, source_of


def compile_anew(helper: Any) -> None:
    """Forget what was compiled of a function under @numba.njit, here and in its own cache on disk; nothing for what
    cannot be compiled anew, such as a ufunc by @numba.vectorize."""
    if hasattr(helper, "recompile"):
        helper._cache = NullCache()  # Numba's goes by the date of the source file alone
        helper.recompile()


def interpreted(function: Any) -> Any:
    """A copy of a function that Python itself runs, with today's values: what it calls is not compiled, however deep."""
    return _Copies().of(function)


class _Copies:
    """Plain copies of functions, each made once, so that one may call itself."""

    def __init__(self) -> None:
        self._made: dict[FunctionType, FunctionType] = {}

    def of(self, value: Any) -> Any:
        """A function, or a module of them, in its plain form; all else as it is."""
        value = _source(value)
        if isinstance(value, FunctionType) and not is_foreign(value.__module__):
            return self._made.get(value) or self._copy(value)
        if isinstance(value, ModuleType) and not is_foreign(value.__name__):
            return _PlainModule(value, self)
        return value

    def _copy(self, function: FunctionType) -> FunctionType:
        known, free = function.__globals__, function.__closure__ or ()
        scope: dict[str, Any] = {}
        cells = tuple(CellType() for _ in free)
        copy = FunctionType(function.__code__, scope, function.__name__, None, cells)
        self._made[function] = copy
        copy.__defaults__ = tuple(map(self.of, function.__defaults__ or ()))
        copy.__kwdefaults__ = {name: self.of(x) for name, x in (function.__kwdefaults__ or {}).items()}
        scope.update({name: self.of(known[name]) for name in names_of(function.__code__)[0] if name in known})
        for cell, mine in zip(free, cells, strict=True):
            mine.cell_contents = self.of(cell.cell_contents)
        return copy


class _PlainModule:
    """A module whose functions are plain."""

    def __init__(self, module: ModuleType, copies: _Copies) -> None:
        self._module, self._copies = module, copies

    def __getattr__(self, name: str) -> Any:
        return self._copies.of(getattr(self._module, name))


def _source(value: Any) -> Any:
    """The plain function behind what Numba compiled; also of a callback for C."""
    compiled = type(value).__module__.startswith("numba.")
    return source_of(value) or (getattr(value, "__wrapped__", value) if compiled else value)
