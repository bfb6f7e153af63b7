"""An algorithm as a program: a list of lines, each a body and what it runs over; a machine decides how they run.

A body is plain scalar Python for one particle, one chunk of particles, or one sample:

    particles  body(i, s, view, scratch)       particle i of sample s; scratch: memory of a CPU's thread, (4, width)
    chunks     body(c, first, last, s, view)   particles first ... last of sample s; leaves its sums in row c of an array
    samples    body(s, view)                   adds up rows chunks[s] ... chunks[s + 1] in their order, and decides

and the same over columns of vectors (columns.py).

`view` is a NamedTuple of arrays over the particles of all samples, with a `layout` among its fields. No body loops over
samples, and none looks whether its sample still goes on: a line runs where `active` is not STOPPED, and a body of a sample
that sets it so ends the program there, whatever lines are left. Who starts a sample sets it to BEGINS.

A CPU compiles all lines into one function a sample, which repeats them until the sample stops; threads share out the lines
of a big sample. A GPU compiles them into the same function for a block of threads, who share out each line of their sample
and wait for each other at its end; a line of a few big samples it launches over all of them. Sums go from chunks to
samples in one fixed order, and chunks depend on the machine alone: so neither the batch nor the number of threads changes
a bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from textwrap import indent
from typing import Any, Literal, NamedTuple

import numpy as np

from . import columns

Over = Literal["particles", "chunks", "samples", "particle columns", "chunk columns", "sample columns"]
STOPPED, ACTIVE, BEGINS = 0, 1, 2  # values of `active`
NOT_SHARED = -1  # the first particle in the memory that a block of threads shares, where it holds none
BIG = 32_768  # particles from which the threads of a CPU share out one sample
CHUNK = 1024  # particles of a chunk of a big sample; a smaller one is one chunk, so that its loops stay long
CHUNK_ON_GPU = 32  # particles; one thread per chunk, where lines are launched
BEHIND = 10_000  # lines, behind the end of this file: where a text that is compiled in its name says that it stands


class Line(NamedTuple):
    """A body and what it runs over.

    `alone`: the body in its place where one thread goes through a whole sample in order, and may add to what stands later.
    What a block of threads has besides, and other machines have no need of: `stage`, a body of particles that brings each
    where the block finds it fast before the line runs; `join(row, other, view)` of chunks, which adds row `other` of what
    they leave to `row`. A chunk is then one particle, so that threads side by side read what stands side by side."""

    over: Over
    body: Callable[..., None]
    stage: Callable[..., None] | None = None
    join: Callable[..., None] | None = None
    alone: Callable[..., None] | None = None


class Program(NamedTuple):
    """Lines that run once, or are repeated until a sample stops, after an opening for samples that begin."""

    lines: tuple[Line, ...]
    opening: tuple[Line, ...] = ()
    repeats: bool = True


class Layout(NamedTuple):
    """Places of the samples of a batch, and which of them are active."""

    first: Any  # (samples + 1,) int64: sample s has the particles first[s] ... first[s + 1]
    chunks: Any  # (samples + 1,) int64: and the chunks chunks[s] ... chunks[s + 1]
    sample_of: Any  # (n,) int64
    chunk_first: Any  # (chunks,) int64: its particles are chunk_first[c] ... chunk_last[c]
    chunk_last: Any
    chunk_sample: Any
    active: Any  # (samples,) int64: STOPPED, ACTIVE or BEGINS
    rows_end: Any  # (samples,) int64: what the chunks of a sample leave stands in rows chunks[s] ... rows_end[s]


def layout_of(sizes: Iterable[int], machine: Any, least: int = 1) -> Layout:
    """The layout of samples of these sizes, with the machine's chunks, where its kernels find it; none goes on yet.

    least: particles of a chunk."""
    number = np.array(list(sizes), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    joined = machine.rows_of_sample(number)
    chunk = np.array([max(1 if joined else machine.chunk_size(int(n)), least) for n in number], dtype=np.int64)
    chunks = np.concatenate([[0], np.cumsum(-(-number // chunk))]).astype(np.int64)
    sample = np.repeat(np.arange(len(number)), np.diff(chunks))
    begin = first[sample] + chunk[sample] * (np.arange(chunks[-1]) - chunks[sample])
    end = np.minimum(begin + chunk[sample], first[sample + 1])
    of = np.repeat(np.arange(len(number)), number)
    rows_end = np.minimum(chunks[1:], chunks[:-1] + joined) if joined else chunks[1:].copy()
    active = np.zeros(len(number), dtype=np.int64)
    return Layout(*[machine.put(x) for x in (first, chunks, of, begin, end, sample, active, rows_end)])


# --- how lines run over one sample ---------------------------------------------------------------------------------------
# One function a program, written here: as functions that call each other, a level a line and a level four lines, the same
# takes twice as long to compile, since each level is typed, optimised and handed its views anew.

ACROSS: dict[str, str] = {  # a line over the particles, or chunks, first ... last of a sample
    "particles": """
for i in range(first, last):
    {body}(i, s, view, scratch)""",
    "chunks": """
for c in range(first, last):
    {body}(c, view.layout.chunk_first[c], view.layout.chunk_last[c], s, view)""",
    "samples": """
{body}(s, view)""",
    **columns.ACROSS,
}
LOOP = """
def made(body):
    def loop(first, last, s, view, scratch):
        {line}
    return loop
"""
ONCE = """
def made({bodies}):
    def run(s, view, scratch):
        {lines}
    return run
"""
REPEATED = """
def made({bodies}):
    def run(s, view, scratch):
        if view.layout.active[s] == BEGINS:
            {opening}
        while view.layout.active[s] != STOPPED:
            {lines}
    return run
"""
WHOLE = """
if view.layout.active[s] != STOPPED:
    first, last = view.layout.{bounds}[s], view.layout.{bounds}[s + 1]
    {line}"""


ACROSS_BLOCK: dict[str, str] = {  # the same, shared out over the threads of a block
    "particles": """
for i in range(first + thread, last, threads):
    {body}(i, s, view, scratch)""",
    "staged particles": """
for i in range(first + thread, last, threads):
    {stage}(i, s, view, scratch)
cuda.syncthreads()
for i in range(first + thread, last, threads):
    {body}(i, s, view, scratch)""",
    "chunks": """
for c in range(first + thread, last, threads):
    {body}(c, view.layout.chunk_first[c], view.layout.chunk_last[c], s, view)""",
    "joined chunks": """
for c in range(first + thread, last, threads):
    i, row = view.layout.first[s] + c - first, min(c, first + thread + threads)
    {body}(row, i, i + 1, s, view)
    if row > first + thread:
        {join}(first + thread, row, view)""",
    "samples": """
if thread == 0:
    {body}(s, view)""",
    **columns.ACROSS_BLOCK,
}
BLOCK_OF_THREADS = """
s, thread, threads = int64(cuda.blockIdx.x), int64(cuda.threadIdx.x), int64(cuda.blockDim.x)
shared = cuda.shared.array(0, int32)  # as much as the launch asked for
first, last = view.layout.first[s], view.layout.first[s + 1]
scratch = shared, (first if 3 * (last - first) <= shared.size else int64(NOT_SHARED))"""
ONCE_IN_BLOCK = """
def made({bodies}):
    def run(view, rounds):
        {block}
        {lines}
    return run
"""
REPEATED_IN_BLOCK = """
def made({bodies}):
    def run(view, rounds):
        {block}
        begins = view.layout.active[s] == BEGINS
        cuda.syncthreads()
        if begins:
            {opening}
        for _ in range(rounds):
            goes_on = view.layout.active[s] != STOPPED
            cuda.syncthreads()  # all have looked before any can stop the sample
            if not goes_on:
                break
            {lines}
    return run
"""
WHOLE_IN_BLOCK = f"{WHOLE}\ncuda.syncthreads()"


def loop_of(line: Line, inline: Callable[..., Any]) -> Callable[..., None]:
    """loop(first, last, s, view, scratch): a line over a part of one sample, to be compiled as one function."""
    return _made(_filled(LOOP, line=ACROSS[line.over].format(body="body")), [inline(line.body)])


def composed(program: Program, inline: Callable[..., Any]) -> Callable[..., None]:
    """run(s, view, scratch): all of a program on one sample, to be compiled as one function."""
    bodies = [inline(line.alone or line.body) for line in _lines(program)]
    return _made(_written(program, REPEATED if program.repeats else ONCE, WHOLE, ACROSS), bodies)


def composed_in_block(program: Program, inline: Callable[..., Any], **names: Any) -> Callable[..., None]:
    """run(view, rounds): at most so many rounds of a program on the sample of a block of threads, to be compiled as one
    kernel. names: what its text takes from a GPU's language, `cuda` and types."""
    text = _filled(REPEATED_IN_BLOCK if program.repeats else ONCE_IN_BLOCK, block=BLOCK_OF_THREADS)
    names |= {"NOT_SHARED": NOT_SHARED, **_helpers(program, inline)}
    bodies = [inline(line.body) for line in _lines(program)]
    return _made(_written(program, text, WHOLE_IN_BLOCK, ACROSS_BLOCK), bodies, **names)


def _opening(program: Program) -> tuple[Line, ...]:
    return (*program.opening, Line("samples", activate)) if program.repeats else ()


def _lines(program: Program) -> tuple[Line, ...]:
    """The lines of a program, those of its opening first."""
    return (*_opening(program), *program.lines)


def _helpers(program: Program, inline: Callable[..., Any]) -> dict[str, Any]:
    """Functions that the lines of a program have besides their bodies, by the names that the text gives them."""
    lines = enumerate(_lines(program))
    helpers = [(f"{name}{x}", getattr(line, name)) for x, line in lines for name in ("stage", "join")]
    return {name: inline(helper) for name, helper in helpers if helper is not None}


def _written(program: Program, text: str, whole: str, across: dict[str, str]) -> str:
    """The text of a program's function, whose lines each stand in `whole`."""
    begin, lines = len(_opening(program)), _lines(program)
    written = []
    for x, line in enumerate(lines):
        kind = "staged " if line.stage is not None else "joined " if line.join is not None else ""
        form = across.get(f"{kind}{line.over}", across[line.over])
        of_line = form.format(body=f"body{x}", stage=f"stage{x}", join=f"join{x}")
        written.append(_filled(whole, bounds=bounds_of(line.over), line=of_line))
    bodies = ", ".join(f"body{x}" for x in range(len(lines)))
    return _filled(text, bodies=bodies, opening="".join(written[:begin]), lines="".join(written[begin:]))


def bounds_of(over: str) -> str:
    """The array of a layout that holds the range of a line in each sample."""
    return "chunks" if over.startswith("chunk") else "first"


def _filled(text: str, **parts: str) -> str:
    """A text with its parts in their places, each indented as its place is."""
    for name, part in parts.items():
        place = f"{{{name}}}"
        for line in [x for x in text.splitlines() if x.strip() == place]:
            text = text.replace(line, indent(part.strip("\n"), line[: line.index(place)]))
        text = text.replace(place, part)
    return text


def _made(text: str, bodies: list[Any], **names: Any) -> Callable[..., None]:
    """The function of a text that closes over these bodies."""
    names |= {"STOPPED": STOPPED, "BEGINS": BEGINS, "LANES": columns.LANES, "__name__": __name__}
    # of texts that stand above; Numba keeps it by this file, and is not to read the lines of another function there
    exec(compile("\n" * BEHIND + text, __file__, "exec"), names)
    function: Callable[..., None] = names["made"](*bodies)
    return function


def activate(s: Any, view: Any) -> None:
    """Sample: what began now goes on; the end of every opening."""
    if view.layout.active[s] == BEGINS:
        view.layout.active[s] = ACTIVE
