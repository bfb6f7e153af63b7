"""Compiled kernels on disk: a file for each kernel and types of its arguments, named by what it holds."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache

LONGEST_WAIT = 120.0  # seconds for another process that compiles the same; a compilation takes two
LOOK = 0.02  # seconds between two looks at whether it is done


def kept(function: Callable[..., Any], key: str) -> Any:
    """The kernels of a function with this fingerprint; none where no folder for them can be written, so that each process
    compiles its own."""
    try:
        return _Kept(function, key)
    except RuntimeError:
        return NullCache()


class _Kept(FunctionCache):
    """Numba's cache by content: its own key for a closure over compiled functions differs in every process, and its index,
    one for all kernels of one line of source, mixes up kernels that two processes write at once."""

    def __init__(self, function: Callable[..., Any], key: str) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]  # Numba has no types
        self._content = key
        self._cache_file: Any = _Files(self.cache_path, self._impl.filename_base)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        versions = (sys.version_info[:3], numba.__version__, llvmlite.__version__)
        return (sig, codegen.magic_tuple(), versions, self._content)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel for these types; None where it is to be compiled, which other processes then wait for."""
        _let_go()
        return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]  # Numba has no types

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a kernel."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]  # Numba has no types
        finally:
            _let_go()


class _Files:
    """The files that a cache of Numba's writes and reads: of each kernel an index of its own and its code."""

    def __init__(self, folder: str, name: str) -> None:
        self._folder, self._name = folder, name

    def load(self, key: tuple[Any, ...]) -> Any:
        """The kernel kept under this key, if need be when another process has compiled it. None where there is none; it
        is then compiled here, and other processes wait."""
        found = self._read(key)
        if found is None and _hold(Path(self._folder, f"{self._named(key)}.lock")):
            found = self._read(key)
            if found is not None:
                _let_go()
        return found

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """Write a compiled kernel under its key."""
        with suppress(Exception):  # of a full disk, or of a damaged index: what is not kept is compiled again
            self._of(key).save(key, data)

    def flush(self) -> None:
        """Do nothing: what is out of date has another name."""

    def _read(self, key: tuple[Any, ...]) -> Any:
        """The kernel under this key; None where that is missing or damaged, and then gone."""
        try:
            return self._of(key).load(key)
        except Exception:  # of unpickling, which raises all kinds
            with suppress(OSError):
                Path(self._folder, f"{self._named(key)}.nbi").unlink()
            return None

    def _of(self, key: tuple[Any, ...]) -> IndexDataCacheFile:
        return IndexDataCacheFile(self._folder, self._named(key), None)

    def _named(self, key: tuple[Any, ...]) -> str:
        return f"{self._name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"


# --- one process compiles, others wait ---------------------------------------------------------------------------------
# Numba compiles one function at a time in a process, so that at most one lock is held.

_held: list[tuple[int, Path]] = []


def _hold(path: Path) -> bool:
    """Lock a kernel that is to be compiled; whether that was done: another process may have compiled it meanwhile.

    A lock ends with its process; where a disk knows none, and after a long wait, nobody is waited for."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError:
        return False
    _held.append((number, path))
    end = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < end:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOOK)
        except OSError:
            return False
        else:
            return True
    return False


def _let_go() -> None:
    """Let others have what was compiled, or was to be."""
    while _held:
        number, path = _held.pop()
        with suppress(OSError):
            path.unlink()
        os.close(number)


@contextmanager
def let_go_if_it_fails() -> Iterator[None]:
    """Guard a compilation: where it fails, nobody waits for it."""
    try:
        yield
    except BaseException:
        _let_go()
        raise
