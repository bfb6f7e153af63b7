"""Numba on the CPU: kernels for one thread each; samples run side by side in processes, never sharing anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache

from .fingerprint import fingerprint
from .vectors import Vectors, copy, fetch_rows, keep, pad, staged

# Sums may be reordered (else no vector code), but NaN and infinity stay what they are: padding relies on it.
FAST_MATH = {"reassoc", "contract", "nsz", "arcp"}
OPTIONS: dict[str, Any] = {"fastmath": FAST_MATH, "error_model": "numpy", "boundscheck": False, "nogil": True}


class Cpu:
    """Compiles kernels for the processor at hand and keeps them on disk."""

    name = "cpu"

    def __init__(self) -> None:
        self._built: dict[Callable[..., Any], Any] = {}
        self.vectors = Vectors(self.inline(fetch_rows), self.inline(staged), keep, pad, copy)

    def inline(self, function: Callable[..., Any]) -> Any:
        """A function whose body is merged into its caller; without that the force loop is not vector code."""
        return njit(forceinline=True, **OPTIONS)(function)

    def compile(self, function: Callable[..., Any]) -> Any:
        """A function to call from Python, compiled at its first call and cached on disk by its content."""
        if function not in self._built:
            compiled = njit(**OPTIONS)(function)
            compiled._cache = _ContentCache(function, fingerprint(function))
            self._built[function] = compiled
        return self._built[function]


class _ContentCache(FunctionCache):
    """Numba's disk cache keyed by content: its own key for a closure over compiled functions differs in every process."""

    def __init__(self, function: Callable[..., Any], key: str) -> None:
        self._content_key = key
        super().__init__(function)  # type: ignore[no-untyped-call]

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (sig, codegen.magic_tuple(), self._content_key)
