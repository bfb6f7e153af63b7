"""Lines of a program over columns: vectors of all particles, w of them side by side in (n, rows, w) arrays.

    particle columns  body(i, s, c, view)                   particle i of sample s, and the columns from c that lanes hold
    chunk columns     body(chunk, first, last, s, c, view)  particles first ... last; leaves its sums in that row
    sample columns    body(s, c, view)                      the one column c of sample s

`view` has a `width`, the number of columns: whole lanes. A CPU takes eight columns at a time, a GPU one thread per column,
so that neighbouring threads read neighbouring columns."""

from __future__ import annotations

from .eight import LANES

__all__ = ["ACROSS", "LANES"]
ACROSS = {  # as program.ACROSS: of a CPU, over one sample
    "particle columns": """
for c in range(0, view.width, LANES):
    for i in range(first, last):
        {body}(i, s, c, view)""",
    "chunk columns": """
for chunk in range(first, last):
    for c in range(0, view.width, LANES):
        {body}(chunk, view.layout.chunk_first[chunk], view.layout.chunk_last[chunk], s, c, view)""",
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
    chunk = e // view.width
    {body}(chunk, view.layout.chunk_first[chunk], view.layout.chunk_last[chunk], s, e % view.width, view)""",
    "sample columns": """
for c in range(thread, view.width, threads):
    {body}(s, c, view)""",
}
