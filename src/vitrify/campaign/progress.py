"""A progress bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any


class Progress:
    """Samples done and failed, the rate and the time left; drawn only where standard error is a terminal."""

    def __init__(self, *, visible: bool | None = None) -> None:
        self.visible = sys.stderr.isatty() if visible is None else visible
        self._bar: Any = None
        self._task: Any = None
        self._failed = self._made = 0
        self._began = time.monotonic()

    def start(self, wanted: int, present: int, what: str = "preparing") -> None:
        """Begin a run, or another part of it: samples asked for, and those already there."""
        self.stop()
        if not self.visible:
            return
        from rich import progress as rich_progress
        from rich.console import Console

        self._began, self._made, self._failed = time.monotonic(), 0, 0
        self._bar = rich_progress.Progress(
            rich_progress.TextColumn("{task.description:24.24}"),
            rich_progress.BarColumn(),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TextColumn("{task.fields[note]}"),
            rich_progress.TimeElapsedColumn(),
            rich_progress.TextColumn("left"),
            rich_progress.TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(what, total=wanted, completed=present, note="")
        self._bar.start()

    def step(self, name: str, *, made: int, failed: int) -> None:
        """A batch has ended."""
        self._made += made
        self._failed += failed
        if self._bar is not None:
            hourly = 3600.0 * self._made / max(time.monotonic() - self._began, 1e-9)
            note = f"{hourly:,.0f}/h" + (f", {self._failed} failed" if self._failed else "")
            self._bar.update(self._task, advance=made + failed, description=name, note=note)

    def say(self, text: str) -> None:
        """Tell a person something, above the bar or where the bar would be."""
        if text and self._bar is not None:
            self._bar.console.print(text, highlight=False, markup=False)
        elif text:
            print(text, file=sys.stderr)

    def stop(self) -> None:
        """End the run."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
