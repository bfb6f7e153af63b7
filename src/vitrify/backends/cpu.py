"""Numba on the CPU. Small samples run side by side in processes of one thread each, never sharing anything; threads share
out the particles of a big one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache, NullCache
from numpy.typing import NDArray

from .fingerprint import NoFingerprintError, fingerprint
from .threads import shared_out
from .vectors import (
    Vectors,
    copy,
    eight_a_turn,
    fetch_rows,
    fetch_rows_single,
    keep,
    keep_in_cell,
    pad,
    staged,
    staged_single,
)

# Sums may be reordered (else no vector code), but NaN and infinity stay what they are: padding relies on it.
FAST_MATH = {"reassoc", "contract", "nsz", "arcp"}
OPTIONS: dict[str, Any] = {"fastmath": FAST_MATH, "error_model": "numpy", "boundscheck": False, "nogil": True}


class Cpu:
    """Compiles kernels for the processor at hand and keeps them on disk."""

    name = "cpu"

    def __init__(self) -> None:
        self._built: dict[Any, Any] = {}  # by content; bodies of this package that close over nothing by themselves
        self._from_disk = True
        fetch, fetched, fetch_single, fetched_single = (
            self.inline(x) for x in (fetch_rows, staged, fetch_rows_single, staged_single)
        )
        self.vectors = Vectors(fetch, fetched, fetch_single, fetched_single, eight_a_turn, keep, keep_in_cell, pad, copy)

    def inline(self, function: Callable[..., Any]) -> Any:
        """A function whose body is merged into its caller; without that the force loop is not vector code."""
        return njit(forceinline=True, **OPTIONS)(function)

    def compile(self, function: Callable[..., Any]) -> Any:
        """A function to call from Python, compiled at its first call; one of the same content is compiled once, and found
        again on disk by later processes. What has no fingerprint is compiled anew."""
        plain = not function.__closure__ and function.__module__.startswith("vitrify.")
        known = function if plain else self._identity(function)
        if known is None:
            return njit(**OPTIONS)(function)
        if known not in self._built:
            compiled = njit(**OPTIONS)(function)
            if self._from_disk:
                compiled._cache = _cache(function, known if isinstance(known, str) else fingerprint(function))
            self._built[known] = compiled
        return self._built[known]

    def trust_disk(self, trusted: bool) -> None:
        """Whether kernels may be taken from disk; where not, those that were are dropped."""
        self._from_disk = trusted
        if not trusted:
            self._built.clear()

    def _identity(self, function: Callable[..., Any]) -> str | None:
        try:
            return fingerprint(function)
        except NoFingerprintError:
            return None

    def each(self, body: Callable[..., Any]) -> Callable[..., None]:
        """launch(n, width, *arguments): body(i, room, *arguments) for i in 0 ... n, shared out among threads.

        room: (3, width), the thread's own."""
        one = self.inline(body)

        def loop(first: int, last: int, width: int, arguments: Any) -> None:
            room = np.empty((3, width))
            for i in range(first, last):
                one(i, room, *arguments)

        compiled = self.compile(loop)

        def launch(n: int, width: int, *arguments: Any) -> None:
            shared_out(lambda first, last: compiled(first, last, width, arguments), n)

        return launch

    def put(self, array: NDArray[Any]) -> Any:
        """An array where kernels find it: here, the array itself."""
        return array

    def get(self, array: Any) -> NDArray[Any]:
        """The array for NumPy."""
        return np.asarray(array)


def _cache(function: Callable[..., Any], key: str) -> Any:
    """The kernels on disk; none where no folder for them can be written, so that each process compiles its own."""
    try:
        return _ContentCache(function, key)
    except RuntimeError:
        return NullCache()


class _ContentCache(FunctionCache):
    """Numba's disk cache keyed by content: its own key for a closure over compiled functions differs in every process."""

    def __init__(self, function: Callable[..., Any], key: str) -> None:
        self._content_key = key
        super().__init__(function)  # type: ignore[no-untyped-call]

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (sig, codegen.magic_tuple(), self._content_key)
