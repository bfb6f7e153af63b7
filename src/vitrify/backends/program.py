"""An algorithm as a program: a list of lines, each a body and what it runs over; a machine decides how they run.

A body is plain scalar Python for one particle, one chunk of particles, or one sample:

    particles  body(i, s, view, room)          particle i of sample s; room: (3, width), the thread's own scratch
    chunks     body(c, first, last, s, view)   particles first ... last of sample s; leaves its sums in row c of an array
    samples    body(s, view)                   adds up rows chunks[s] ... chunks[s + 1] in their order, and decides

and the same over columns of vectors (columns.py).

`view` is a NamedTuple of arrays over the particles of all samples, with a `layout` among its fields. No body loops over
samples, and none looks whether its sample still goes on: a line runs where `going` is not STOPPED, and a body of a sample
that sets it so ends the program there, whatever lines are left. Who starts a sample sets it to BEGINS.

A CPU compiles all lines into one function a sample, which repeats them until the sample stops; threads share out the lines
of a big sample; a GPU launches a line over all samples. Sums go from chunks to samples in one fixed order, and chunks
depend on the machine alone: so neither the batch nor the number of threads changes a bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

import numpy as np

from . import columns

Over = Literal["particles", "chunks", "samples", "particle columns", "chunk columns", "sample columns"]
STOPPED, GOES, BEGINS = 0, 1, 2  # values of `going`
BIG = 32_768  # particles from which the threads of a CPU share out one sample
CHUNK = 1024  # particles of a chunk of a big sample; a smaller one is one chunk, so that its loops stay long
CHUNK_ON_GPU = 32  # a thread a chunk


class Line(NamedTuple):
    """A body and what it runs over."""

    over: Over
    body: Callable[..., None]


class Program(NamedTuple):
    """Lines that run once, or are repeated until a sample stops, after an opening for samples that begin."""

    lines: tuple[Line, ...]
    opening: tuple[Line, ...] = ()
    repeats: bool = True


class Layout(NamedTuple):
    """Where the samples of a batch stand, and which of them go on."""

    first: Any  # (samples + 1,) int64: sample s has the particles first[s] ... first[s + 1]
    chunks: Any  # (samples + 1,) int64: and the chunks chunks[s] ... chunks[s + 1]
    sample_of: Any  # (n,) int64
    chunk_first: Any  # (chunks,) int64: its particles are chunk_first[c] ... chunk_last[c]
    chunk_last: Any
    chunk_sample: Any
    going: Any  # (samples,) int64: STOPPED, GOES or BEGINS


def layout_of(sizes: Iterable[int], machine: Any, least: int = 1) -> Layout:
    """The layout of samples of these sizes, with the machine's chunks, where its kernels find it; none goes on yet.

    least: particles of a chunk."""
    number = np.array(list(sizes), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    chunk = np.array([max(machine.chunk_size(int(n)), least) for n in number], dtype=np.int64)
    chunks = np.concatenate([[0], np.cumsum(-(-number // chunk))]).astype(np.int64)
    sample = np.repeat(np.arange(len(number)), np.diff(chunks))
    begin = first[sample] + chunk[sample] * (np.arange(chunks[-1]) - chunks[sample])
    end = np.minimum(begin + chunk[sample], first[sample + 1])
    of = np.repeat(np.arange(len(number)), number)
    return Layout(*[machine.put(x) for x in (first, chunks, of, begin, end, sample, np.zeros(len(number), dtype=np.int64))])


# --- how a CPU runs a line over one sample -------------------------------------------------------------------------------


def over_particles(body: Any) -> Callable[..., None]:
    """The particles first ... last of a sample."""

    def part(first, last, s, view, room):
        for i in range(first, last):
            body(i, s, view, room)

    return part


def over_chunks(body: Any) -> Callable[..., None]:
    """The chunks first ... last of a sample."""

    def part(first, last, s, view, room):
        begin, end = view.layout.chunk_first, view.layout.chunk_last
        for c in range(first, last):
            body(c, begin[c], end[c], s, view)

    return part


def over_samples(body: Any) -> Callable[..., None]:
    """The sample itself."""

    def part(first, last, s, view, room):
        body(s, view)

    return part


ACROSS = {"particles": over_particles, "chunks": over_chunks, "samples": over_samples, **columns.ACROSS}


def bounds_of(over: Over) -> Callable[..., Any]:
    """The range of a line in one sample."""

    def of_particles(s, view):
        return view.layout.first[s], view.layout.first[s + 1]

    def of_chunks(s, view):
        return view.layout.chunks[s], view.layout.chunks[s + 1]

    return of_chunks if over.startswith("chunk") else of_particles


def whole(part: Any, over: Over) -> Callable[..., None]:
    """A line over all of one sample, where that goes on."""

    def of_particles(s, view, room):
        if view.layout.going[s] != STOPPED:
            part(view.layout.first[s], view.layout.first[s + 1], s, view, room)

    def of_chunks(s, view, room):
        if view.layout.going[s] != STOPPED:
            part(view.layout.chunks[s], view.layout.chunks[s + 1], s, view, room)

    return of_chunks if over.startswith("chunk") else of_particles


def two(a: Any, b: Any) -> Callable[..., None]:
    """One after the other."""

    def lines(s, view, room):
        a(s, view, room)
        b(s, view, room)

    return lines


def four(a: Any, b: Any, c: Any, d: Any) -> Callable[..., None]:
    """One after the other, at once: a compiler goes over inlined code again at every depth."""

    def lines(s, view, room):
        a(s, view, room)
        b(s, view, room)
        c(s, view, room)
        d(s, view, room)

    return lines


def nothing(s, view, room):
    """No line at all."""


def line_of(line: Line, inline: Callable[..., Any]) -> Any:
    """A line as one inlined function of a sample."""
    return inline(whole(inline(ACROSS[line.over](inline(line.body))), line.over))


def chained(lines: Iterable[Any], inline: Callable[..., Any]) -> Any:
    """Inlined lines as one."""
    chain = list(lines)
    while len(chain) > 1:
        if len(chain) < 4:
            chain = [inline(two(*chain[:2])), *chain[2:]]
        else:
            chain = [inline(four(*chain[k : k + 4])) for k in range(0, len(chain) - 3, 4)] + chain[len(chain) // 4 * 4 :]
    return chain[0] if chain else inline(nothing)


def goes(s: Any, view: Any) -> None:
    """Sample: what began now goes on; the end of every opening."""
    if view.layout.going[s] == BEGINS:
        view.layout.going[s] = GOES


def repeated_of(opening: Any, goes: Any, lines: Any) -> Callable[..., None]:
    """A program that goes on until its sample stops."""

    def run(s, view, room):
        if view.layout.going[s] == BEGINS:
            opening(s, view, room)
            goes(s, view)
        while view.layout.going[s] != STOPPED:
            lines(s, view, room)

    return run


def once_of(lines: Any) -> Callable[..., None]:
    """A program that runs once."""

    def run(s, view, room):
        lines(s, view, room)

    return run


def composed(program: Program, line: Callable[[Line], Any], inline: Callable[..., Any]) -> Callable[..., None]:
    """run(s, view, room): all of a program on one sample, to be compiled as one function. line: line_of, each made once."""
    lines = chained(map(line, program.lines), inline)
    if not program.repeats:
        return once_of(lines)
    return repeated_of(chained(map(line, program.opening), inline), inline(goes), lines)
