"""Compiled kernels on disk: a file for each kernel and types of its arguments, named by what it holds."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import FunctionCache, NullCache

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
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._content = key
        self._cache_file: Any = _Files(Path(self.cache_path), self._impl.filename_base)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        versions = (sys.version_info[:3], numba.__version__, llvmlite.__version__)
        return (sig, codegen.magic_tuple(), versions, self._content)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel for these types; None where it is to be compiled, which other processes then wait for."""
        _let_go()
        return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a kernel."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        finally:
            _let_go()


class _Files:
    """The files that a cache of Numba's writes and reads."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def load(self, key: tuple[Any, ...]) -> Any:
        """What is kept under this key, if need be when another process has compiled it; None where there is nothing: then
        it is compiled here, and other processes wait."""
        path = self._path(key)
        found = _read(path, key)
        if found is None and _hold(path.with_suffix(".lock")):
            found = _read(path, key)
            if found is not None:
                _let_go()
        return found

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """Keep this."""
        path = self._path(key)
        beside = path.with_suffix(f".{secrets.token_hex(8)}.tmp")
        with suppress(OSError):  # of a full disk: what is not kept is compiled again
            try:
                beside.write_bytes(pickle.dumps((key, data), protocol=-1))
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)

    def flush(self) -> None:
        """Nothing: what is out of date has another name."""

    def _path(self, key: tuple[Any, ...]) -> Path:
        return self._folder / f"{self._name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.nbc"


def _read(path: Path, key: tuple[Any, ...]) -> Any:
    """What a file keeps under this key; None where it is missing, damaged or another one's."""
    try:
        known, data = pickle.loads(path.read_bytes())
    except Exception:  # of unpickling, which raises all kinds
        return None
    return data if known == key else None


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
    """Around a compilation: where it fails, nobody waits for it."""
    try:
        yield
    except BaseException:
        _let_go()
        raise
