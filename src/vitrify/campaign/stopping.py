"""How a run is asked to end: Ctrl-C or SIGTERM once, finish what is in hand; twice, stop now."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether a run was asked to end, and by which signal; 0 for none."""

    def __init__(self) -> None:
        self.by = 0

    def __bool__(self) -> bool:
        return self.by != 0


@contextlib.contextmanager
def heeding(tell: Callable[[], None]) -> Iterator[Stop]:
    """Take the signals while the block lasts. tell: called at the first one; the second raises KeyboardInterrupt.

    Signals belong to the main thread: elsewhere nothing is changed."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def heed(number: int, _frame: FrameType | None) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.by = number
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        print(f"\n{name}: what is in hand is being finished; once more stops at once", file=sys.stderr)
        tell()

    before = {number: signal.signal(number, heed) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
