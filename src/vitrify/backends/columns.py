"""Lines of a program over columns: vectors of all particles, w of them side by side in (n, rows, w) arrays.

    particle columns  body(i, s, c, view)                  particle i of sample s, and the columns from c that lanes hold
    chunk columns     body(part, first, last, s, c, view)  particles first ... last; leaves its sums in row `part`
    sample columns    body(s, c, view)                     the one column c of sample s

`view` has a `width`, the number of columns: whole lanes. A CPU takes eight columns at a time, a GPU a thread a column, so
that neighbouring threads read neighbouring columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .eight import LANES

# --- a CPU, over one sample ----------------------------------------------------------------------------------------------


def over_particle_columns(body: Any) -> Callable[..., None]:
    """The particles first ... last of a sample."""

    def part(first, last, s, view, room):
        for c in range(0, view.width, LANES):
            for i in range(first, last):
                body(i, s, c, view)

    return part


def over_chunk_columns(body: Any) -> Callable[..., None]:
    """The chunks first ... last of a sample."""

    def part(first, last, s, view, room):
        begin, end = view.layout.chunk_first, view.layout.chunk_last
        for p in range(first, last):
            for c in range(0, view.width, LANES):
                body(p, begin[p], end[p], s, c, view)

    return part


def over_sample_columns(body: Any) -> Callable[..., None]:
    """The sample itself."""

    def part(first, last, s, view, room):
        for c in range(view.width):
            body(s, c, view)

    return part


ACROSS = {
    "particle columns": over_particle_columns,
    "chunk columns": over_chunk_columns,
    "sample columns": over_sample_columns,
}
