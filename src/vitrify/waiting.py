"""What takes long, and how far it is: the work says so here, and a display that somebody has opened looks at it.

Nothing is shown by itself. On a terminal a display is one line, which moves each second; elsewhere it is a plain line now
and then, for a log."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import isfinite
from typing import IO, TypeVar

Item = TypeVar("Item")
EVERY = 0.2  # seconds between two looks
FIRST_LINE, NEXT_LINE = 30.0, 60.0  # seconds after which a log has a line, and until the next one
SOON = 3.0  # seconds after which the time so far tells the time left
LEAST_PART = 0.02  # of the work, for the same


class Doing:
    """One piece of work in hand. about: seconds that it is expected to take in all, where that is known."""

    def __init__(self, words: str, about: float | None = None) -> None:
        self.words, self._part, self._told = words, 0.0, 0.0
        self._about, self._began, self._name = about, time.monotonic(), words

    @property
    def part(self) -> float:
        """The part that is done, from 0 to 1."""
        return self._part

    @part.setter
    def part(self, part: float) -> None:
        if part != self._part:
            self._part, self._told = part, time.monotonic() - self._began

    def at(self, name: str, words: str, part: float = 0.0) -> None:
        """Say which stage the work is at. name: that of the stage, whose time is counted from its first mention; part: of
        the stage that is done, from 0 to 1."""
        if name != self._name:
            self._name, self._began, self._about, self._part = name, time.monotonic(), None, 0.0
            self.words, self.part = words, part
            _poke()
        self.words, self.part = words, part

    def reached(self, done: float, wanted: float) -> None:
        """Say how much of the work is done."""
        self.part = done / wanted if wanted else 0.0

    @property
    def sentence(self) -> str:
        """Words for a person, with the time that is left as far as it can be told."""
        left = self._left()
        return self.words if left is None else f"{self.words}, about {seconds_in_words(left)} left"

    def _left(self) -> float | None:
        spent = time.monotonic() - self._began
        if spent > SOON and LEAST_PART < self.part <= 1.0:
            return self._told / self.part - spent if self._told / self.part > spent else None
        if self._about is None or not isfinite(self._about) or spent > self._about:
            return None
        return self._about - spent


_in_hand: list[Doing] = []
_displays: list[Display] = []


@contextmanager
def doing(words: str, *, about: float | None = None) -> Iterator[Doing]:
    """Say what the block does. about: seconds that it takes, where they are known."""
    now = Doing(words, about)
    _in_hand.append(now)
    _poke()
    try:
        yield now
    finally:
        _in_hand.remove(now)


def each(items: Sequence[Item] | Iterable[Item], words: str, number: int | None = None) -> Iterator[Item]:
    """Yield the items and say which one is in hand. words: with {k} and {n} for its number and that of all."""
    n = len(items) if number is None and isinstance(items, Sequence) else number
    with doing(words.format(k=1, n=n)) as now:
        for k, item in enumerate(items, 1):
            now.words, now.part = words.format(k=k, n=n), (k - 1) / n if n else 0.0
            _poke()
            yield item


def is_shown() -> bool:
    """Whether anybody looks."""
    return bool(_displays)


def now_in_words() -> list[str]:
    """What is in hand, from the outside in."""
    return [x.sentence for x in list(_in_hand)]


def _poke() -> None:
    """Let terminals show at once what has just begun."""
    for display in list(_displays):
        display.show_at_once()


def seconds_in_words(seconds: float) -> str:
    """A time for a person, in its largest unit."""
    if seconds < 59.5:
        return f"{max(round(seconds), 1)} s"
    if seconds < 5400.0:
        return f"{round(seconds / 60.0)} min"
    return f"{seconds / 3600.0:.1f} h"


def _clock(seconds: float) -> str:
    """A time that has passed, to the second, so that whoever looks sees it move."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}" if minutes else f"{rest} s"


class Display:
    """A look each moment at what is in hand, in a thread of its own. On a terminal its line is overwritten and at last
    cleared; elsewhere lines are added. words: what is shown, where that is not what is in hand; after: seconds that nothing
    is shown at first."""

    def __init__(
        self, stream: IO[str] | None = None, words: Callable[[], list[str]] = now_in_words, after: float = 0.0
    ) -> None:
        self._to = sys.stderr if stream is None else stream
        self._terminal = bool(self._to) and self._to.isatty()
        self._words, self._shown, self._after = words, "", after
        self._began = self._written = time.monotonic()
        self._first = True
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        _displays.append(self)
        self._thread.start()

    def stop(self) -> None:
        """End, and leave the line of a terminal empty."""
        _displays.remove(self)
        self._over.set()
        self._thread.join()
        if self._terminal and self._shown:
            self._overwrite("")

    def show_at_once(self) -> None:
        """Show what has just begun, where that is a terminal."""
        if self._terminal and self._thread.is_alive():
            with suppress(Exception):
                self._show(self._words())

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            with suppress(Exception):  # what is shown changes while it is looked at, and must hinder no work
                self._show(self._words())

    def _show(self, words: list[str]) -> None:
        now = time.monotonic()
        if not words or now - self._began < self._after:
            return
        spent = f" ({_clock(now - self._began)} so far)" if now - self._began > 1.0 else ""
        if self._terminal:
            self._overwrite(_fitting(words, spent, shutil.get_terminal_size().columns - 1))
        elif now - self._written >= (FIRST_LINE if self._first else NEXT_LINE):
            self._write(f"{': '.join(words)}{spent}\n")
            self._first, self._written = False, now

    def _overwrite(self, line: str) -> None:
        """Put a line in the place of the last one, with plain letters, which any terminal has."""
        with self._lock:
            if line != self._shown:
                self._write(f"\r{line:<{len(self._shown)}}\r{line}")
                self._shown = line

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a terminal that went away hinders no work
            self._to.write(text)
            self._to.flush()


def _fitting(words: list[str], spent: str, width: int) -> str:
    """As much of what is in hand as a line has room for, the innermost first."""
    inner = next((x for k in range(len(words)) if len(x := ": ".join(words[k:])) <= width), words[-1][:width])
    return inner + spent if len(inner + spent) <= width else inner


@contextmanager
def shown(words: Callable[[], list[str]] = now_in_words, *, after: float = 0.0) -> Iterator[None]:
    """Show on standard error what is in hand; within another such block nothing more. after: seconds that
    nothing is shown at first, for what is often quick."""
    if is_shown() or not sys.stderr:
        yield
        return
    display = Display(words=words, after=after)
    display.start()
    try:
        yield
    finally:
        display.stop()
