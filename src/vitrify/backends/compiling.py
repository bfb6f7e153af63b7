"""Notice of compilation: it takes seconds, once per processor, and nothing else shows what the time goes into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_NB, LOCK_SH, flock
from itertools import chain
from pathlib import Path

from numba import config
from numba.core import event
from numba.misc.appdirs import AppDirs


class _Listener(event.Listener):
    def __init__(self, begins: Callable[[], None], ends: Callable[[], None]) -> None:
        self._begins, self._ends, self._depth = begins, ends, 0

    def on_start(self, event: event.Event) -> None:
        del event
        if not self._depth:  # a kernel compiles what is merged into it on the way
            self._begins()
        self._depth += 1

    def on_end(self, event: event.Event) -> None:
        del event
        self._depth -= 1
        if not self._depth:
            self._ends()


@contextmanager
def compilation_told(begins: Callable[[], None], ends: Callable[[], None]) -> Iterator[None]:
    """Call begins() and ends() around each compilation of a kernel; one that is found in the cache is not compiled."""
    with event.install_listener("numba:compile", _Listener(begins, ends)):
        yield


def compiling_now() -> bool:
    """Whether any process that shares our cache of kernels compiles one: it holds a lock beside it."""
    return any(map(_is_held, _files("lock")))


def _is_held(lock: Path) -> bool:
    """Whether a process holds a lock; one that was killed left its file."""
    try:
        with lock.open("rb") as file:
            flock(file, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # gone meanwhile, or a disk without locks
        return False
    return False


def kernels_kept() -> int:
    """The number of compiled kernels in that cache."""
    return sum(1 for _ in _files("nbi"))


def _files(suffix: str) -> Iterator[Path]:
    """Files of the cache, wherever Numba keeps it."""
    chosen = config.CACHE_DIR  # type: ignore[attr-defined]  # Numba sets it as it reads its settings
    if chosen:
        return Path(chosen).glob(f"*/*.{suffix}")
    beside, of_user = Path(__file__).parents[1], Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)
    return chain(beside.glob(f"**/__pycache__/*.{suffix}"), of_user.glob(f"*/*.{suffix}"))
