"""Notice of compilation: it takes seconds, once per processor, and nothing else shows what the time goes into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core import event


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
