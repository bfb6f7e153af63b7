"""One line on a terminal that says what a glass in the making is at; silence elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vitrify.backends.compiling import compilation_told
from vitrify.preparation.stages import Observer, Stage

EVERY = 0.1  # seconds between two looks that show the same stage


class StageLine:
    """Overwrites its line on standard error with each stage that it is told. Plain letters: any terminal has them."""

    def __init__(self, model: str) -> None:
        self._model, self._pilot, self._stage = model, "", ""
        self._written, self._at = 0, 0.0

    def __call__(self, stage: Stage) -> None:
        """An Observer."""
        if stage.name in ("pilot", "glass"):
            self._pilot = f"pilot {stage.done:g} of {stage.wanted:g}, " if stage.name == "pilot" else ""
        words = self._pilot + _sentence(stage)
        soon = time.monotonic() - self._at < EVERY
        if not (soon and self._stage == self._pilot + stage.name):
            self._stage = self._pilot + stage.name
            self._write(words)

    def compiling(self) -> None:
        """Kernels are being compiled."""
        self._write(f"{self._pilot}compiling kernels for {self._model}, once per processor")

    def clear(self) -> None:
        """Leave the line empty."""
        self._write("")

    def _write(self, text: str) -> None:
        text = text[: shutil.get_terminal_size().columns - 1]
        with suppress(OSError):  # a terminal that went away hinders no work
            sys.stderr.write(f"\r{text:<{self._written}}\r{text}")
            sys.stderr.flush()
        self._written, self._at = len(text), time.monotonic()


@contextmanager
def stage_line(model: str) -> Iterator[Observer | None]:
    """An observer that shows the stages of this model's glasses, compilation included; None where nobody looks."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield None
        return
    line = StageLine(model)
    try:
        with compilation_told(line.compiling, line.clear):
            yield line
    finally:
        line.clear()


def _sentence(stage: Stage) -> str:
    return {
        "pilot": "random start",
        "glass": "random start",
        "liquid": f"liquid, moved {stage.done:.2g} of {stage.wanted:g} a0^2",
        "quench": f"quench, max|f| = {stage.done:.1e} on its way to {stage.wanted:.1e}",
    }[stage.name]
