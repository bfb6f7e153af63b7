"""Progress of commands on standard error: a line that moves on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any

from vitrify.waiting import doing, each, shown

WORDS = {  # what a person reads, by the title that the work gives to its items
    "figures": "drawing figure {k} of {n}",
    "ensembles": "reading ensemble {k} of {n}",
    "glasses": "glass {k} of {n}",
    "claims": "judging claim {k} of {n}",
    "dipole responses": "dipole response {k} of {n}",
    "packing": "packing, file {k} of {n}",
    "unpacking": "unpacking, folder {k} of {n}",
}


@contextmanager
def said(words: str) -> Iterator[None]:
    """Say what the block does, where it takes longer than a second."""
    with shown(after=1.0), doing(words):
        yield


def bar(chosen: Iterable[Any], title: str, number: int | None = None) -> Iterator[Any]:
    """Yield the given items, and show which one is in hand. number: of the items, where they do not tell it."""
    n = number if number is not None or not isinstance(chosen, Sized) else len(chosen)
    with shown():
        yield from each(chosen, WORDS.get(title, f"{title} {{k}} of {{n}}"), n)
