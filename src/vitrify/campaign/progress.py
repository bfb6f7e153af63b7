"""Progress of a run: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from vitrify.waiting import seconds_in_words

RATED = ("preparing", "measuring")  # what has a rate worth knowing; looking at files and packing have none
EVERY = 1.0  # seconds between two looks at what is in hand
STARTING = "starting workers"
QUIET = 3.0  # seconds without an end of anything after which the bar says what is in hand
FIRST_LINE, NEXT_LINE = 30.0, 60.0  # seconds until a log has a line, and until the next one


class Progress:
    """Samples done and failed, the rate and the time left. On a terminal they are a bar; elsewhere a line each minute, the
    first after half a minute.

    visible: False for silence, True for a bar wherever standard error leads; about: seconds that the run is expected to
    take, shown until its own samples tell; looks: functions that say in a few words what is in hand, asked in their order
    until one does."""

    def __init__(
        self, *, visible: bool | None = None, about: float | None = None, looks: tuple[Callable[[], str], ...] = ()
    ) -> None:
        terminal = bool(sys.stderr) and sys.stderr.isatty()
        self.visible = terminal if visible is None else visible
        self._silent, self._about, self._looks = visible is False, about, looks
        self._bar: Any = None
        self._task: Any = None
        self._what, self._name = "", ""
        self._failed = self._made = self._wanted = self._present = 0
        self._began = self._ended = time.monotonic()
        self._over: threading.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self, wanted: int, present: int, what: str = "preparing") -> None:
        """Begin a run, or another part of it: samples asked for, and those already there. Nothing is shown of none."""
        self.stop()
        if self._silent or not wanted or wanted == present:
            return
        self._what, self._wanted, self._present, self._name = what, wanted, present, ""
        self._began = self._ended = time.monotonic()
        self._made = self._failed = 0
        if self.visible:
            self._bar, self._task = _new_bar(what, wanted, present)
            self._bar.start()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(self._over,), daemon=True)
        self._thread.start()

    def look_at(self, look: Callable[[], str]) -> None:
        """Have what is in hand told by a further function, where those before it say nothing."""
        self._looks = (*self._looks, look)

    def step(self, name: str, *, made: int, failed: int) -> None:
        """Note that a unit has ended."""
        self._made += made
        self._failed += failed
        self._name, self._ended = name, time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, advance=made + failed, description=name, note=self._note, left=self._left_in_words)

    def say(self, text: str) -> None:
        """Tell a person something, above the bar or where the bar would be."""
        if text and self._bar is not None:
            self._bar.console.print(text, highlight=False, markup=False)
        elif text:
            print(text, file=sys.stderr)

    def stop(self) -> None:
        """End the run."""
        if self._over is not None and self._thread is not None:
            self._over.set()
            self._thread.join()
            self._over = self._thread = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    @property
    def _note(self) -> str:
        """Rate and failures."""
        hourly = 3600.0 * self._made / max(time.monotonic() - self._began, 1e-9)
        rate = f"{hourly:,.0f}/h" if self._made and self._what in RATED else ""
        return ", ".join(x for x in (rate, f"{self._failed} failed" if self._failed else "") if x)

    @property
    def _left(self) -> float | None:
        """Seconds left: by what has ended so far, before that by what was expected."""
        spent, done = time.monotonic() - self._began, self._made + self._failed
        if done:
            return spent * (self._wanted - self._present - done) / done
        if self._about is not None and self._what in RATED and spent < self._about:
            return self._about - spent
        return None

    @property
    def _left_in_words(self) -> str:
        left = self._left
        return "" if left is None else f"about {seconds_in_words(left)} left"

    @property
    def _in_hand(self) -> str:
        return next((x for look in self._looks if (x := look())), "") if self._what in RATED else ""

    def _look(self, over: threading.Event) -> None:
        """Show what is in hand while nothing ends, and write a log's lines."""
        due = time.monotonic() + FIRST_LINE
        while not over.wait(EVERY):
            with suppress(Exception):  # a look that fails hinders no work
                if self._bar is not None:
                    self._refresh()
                elif time.monotonic() >= due:
                    due = time.monotonic() + NEXT_LINE
                    print(self._line(), file=sys.stderr, flush=True)

    def _refresh(self) -> None:
        quiet = time.monotonic() - self._ended > QUIET
        first = STARTING if self._what in RATED else self._what
        named = (self._in_hand if quiet else "") or self._name or first
        self._bar.update(self._task, description=named, note=self._note, left=self._left_in_words)

    def _line(self) -> str:
        done = self._present + self._made + self._failed
        parts = [f"{self._what}: {done:,} of {self._wanted:,}", self._note, self._in_hand, self._left_in_words]
        return ", ".join(x for x in parts if x)


def _new_bar(what: str, wanted: int, present: int) -> tuple[Any, Any]:
    """A bar of rich and its one task."""
    from rich import progress as rich_progress
    from rich.console import Console

    shown = rich_progress.Progress(
        rich_progress.TextColumn("{task.description:34.34}", markup=False),
        rich_progress.BarColumn(bar_width=20),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TextColumn("{task.fields[note]}"),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
    )
    return shown, shown.add_task(what, total=wanted, completed=present, note="", left="")
