"""Lines of a program over columns: vectors of all particles, w of them side by side in (n, rows, w) arrays.

    particle columns  body(i, s, c, view)                  particle i of sample s, and the columns from c that lanes hold
    chunk columns     body(part, first, last, s, c, view)  particles first ... last; leaves its sums in row `part`
    sample columns    body(s, c, view)                     the one column c of sample s

`view` has a `width`, the number of columns: whole lanes. A CPU takes eight columns at a time, a GPU a thread a column, so
that neighbouring threads read neighbouring columns."""

from __future__ import annotations

from .eight import LANES

__all__ = ["ACROSS", "LANES"]
ACROSS = {  # as program.ACROSS: of a CPU, over one sample
    "particle columns": """
for c in range(0, view.width, LANES):
    for i in range(first, last):
        {body}(i, s, c, view)""",
    "chunk columns": """
for part in range(first, last):
    for c in range(0, view.width, LANES):
        {body}(part, view.layout.chunk_first[part], view.layout.chunk_last[part], s, c, view)""",
    "sample columns": """
for c in range(view.width):
    {body}(s, c, view)""",
}
ACROSS_BLOCK = {  # as program.ACROSS_BLOCK
    "particle columns": """
for e in range(first * view.width + thread, last * view.width, threads):
    {body}(e // view.width, s, e % view.width, view)""",
    "chunk columns": """
for e in range(first * view.width + thread, last * view.width, threads):
    part = e // view.width
    {body}(part, view.layout.chunk_first[part], view.layout.chunk_last[part], s, e % view.width, view)""",
    "sample columns": """
for c in range(thread, view.width, threads):
    {body}(s, c, view)""",
}
