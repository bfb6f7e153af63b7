"""Progress of a glass that is being made or measured, on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vitrify.preparation.stages import Observer, told
from vitrify.show_progress import show_progress


@contextmanager
def stage_line(model: str, what: str = "random start", about: float | None = None) -> Iterator[Observer | None]:
    """Show what is in hand, compilation included; yields an observer of the stages of a glass. what: the words before the
    first stage; about: seconds that all takes."""
    with show_progress(model), told(None, what, about) as observer:
        yield observer
