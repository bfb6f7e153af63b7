"""Signals that ask a run to end: Ctrl-C, SIGTERM or SIGHUP once, finish what is in hand; Ctrl-C or SIGTERM again, stop
now."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from types import FrameType

NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}

IN_HAND = "samples that have begun are being finished; the same signal once more stops at once"


def signals_to_heed() -> list[signal.Signals]:
    """Signals that end a run. `nohup` has SIGHUP ignored, and it stays so."""
    return [x for x in NAMES if x != signal.SIGHUP or signal.getsignal(x) != signal.SIG_IGN]


class Stop:
    """Request that a run end, by the number of its signal; 0 for none."""

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
        if number == signal.SIGHUP:
            _leave_closed_terminal()
            if stop:  # a terminal that closes says so more than once, as its shell does too
                return
        if stop:
            raise KeyboardInterrupt
        stop.by = number
        with contextlib.suppress(OSError):
            print(f"\n{NAMES[signal.Signals(number)]}: {IN_HAND}", file=sys.stderr)
        tell()

    before = {number: signal.signal(number, heed) for number in signals_to_heed()}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave_closed_terminal() -> None:
    """Let words go nowhere where the terminal was closed: what is in hand is finished all the same."""
    for stream in (1, 2):
        try:
            termios.tcgetattr(stream)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream)
                os.close(nowhere)
