"""numba-cuda: the same bodies, one thread per particle; in its simulator (NUMBA_ENABLE_CUDASIM=1) where there is no GPU.

A program is one kernel, one block of threads per sample, which goes on until it stops: nothing is launched meanwhile,
and samples that have stopped cost nothing. Where a few samples are too big for that, each line is a kernel over all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numba import config, cuda, int32, int64
from numpy.typing import NDArray

from . import program as programs
from .program import Line, Program
from .vectors import (
    Vectors,
    copy_plainly,
    displacement,
    displacement_shared_of,
    fetch_nothing,
    fetch_nothing_single,
    keep_in_cell_plainly,
    keep_plainly,
    no_width,
    pad_plainly,
    upper_half,
)

BLOCK = 128  # threads that share a line of all samples
ROUNDS = 4  # of a program between two looks at what has stopped, where each line is launched
SIMULATED = bool(config.ENABLE_CUDASIM)  # type: ignore[attr-defined]  # Numba sets it as it reads its settings
BLOCK_OF_SAMPLE = 2 if SIMULATED else 256  # threads that share a sample; those of a simulator are Python's
REGISTERS = 64  # of a thread of a block: 1,024 threads then fit a multiprocessor at once
ROUNDS_OF_BLOCK = 1024  # before it returns, so that no kernel lasts for seconds
BYTES_STAGED, MOST_SHARED = 12, 48 * 1024  # of a particle in the memory that a block shares, and of a block
SMALL = 8192  # elements of a line of a sample that a block does as fast as a launch over all of them
MANY = 100  # samples that keep a GPU busy, a block each


class Gpu:
    """Compiler of bodies as device functions, launched over a grid."""

    name = "cuda"

    def __init__(self) -> None:
        single = displacement_shared_of(self.inline(upper_half))
        plain: tuple[Any, ...] = (
            fetch_nothing, displacement, fetch_nothing_single, single, no_width,
            keep_plainly, keep_in_cell_plainly, pad_plainly, copy_plainly,
        )  # fmt: skip
        self.vectors = replace(Vectors(*[self.inline(x) for x in plain]), lanes=1)
        self.tally = self.inline(tally)
        self.kernels: dict[Any, Any] = {}  # by body

    def inline(self, function: Callable[..., Any]) -> Any:
        """A device function."""
        return cuda.jit(device=True)(function)

    def program(self, program: Program) -> Callable[..., None]:
        """run(view, width, samples): rounds of a program over all samples that go on, whichever are named, and its opening
        first for those that begin. Which of them have stopped is for the caller to look up."""
        blocks, lines = self.blocks(program), self.lines(program)

        def run(view: Any, width: int = 1, samples: Sequence[int] | None = None) -> None:
            del width, samples
            (blocks if fits_blocks(view) else lines)(view)

        run.repeats = program.repeats  # type: ignore[attr-defined]  # a function may carry it
        return run

    def blocks(self, program: Program) -> Callable[[Any], None]:
        """launch(view): all lines, with one block of threads per sample."""
        composed = programs.composed_in_block(program, self.inline, cuda=cuda, int32=int32, int64=int64)
        kernel = self.kernel(composed, REGISTERS)
        stages = any(line.stage is not None for line in program.lines)

        def launch(view: Any) -> None:
            samples = view.layout.active.shape[0]
            shared = BYTES_STAGED * -(-view.layout.sample_of.shape[0] // samples) if stages else 0
            kernel[samples, BLOCK_OF_SAMPLE, 0, shared if shared <= MOST_SHARED else 0](view, ROUNDS_OF_BLOCK)

        return launch

    def lines(self, program: Program) -> Callable[[Any], None]:
        """launch(view): ROUNDS times all lines, with one launch per line over all samples."""
        lines = [self.line(line) for line in program.lines]
        begin = [self.line(line, only_begun=True) for line in (*program.opening, Line("samples", programs.activate))]

        def launch(view: Any) -> None:
            if program.opening:
                for line in begin:
                    line(view)
            for _ in range(ROUNDS if program.repeats else 1):
                for line in lines:
                    line(view)

        return launch

    def line(self, line: Line, *, only_begun: bool = False) -> Callable[[Any], None]:
        """launch(view): one line over all samples that go on, or over those alone that begin."""
        known = (line.over, line.body, only_begun)
        if known not in self.kernels:
            self.kernels[known] = self.kernel(KERNELS[line.over](self.inline(line.body), only_begun))
        kernel = self.kernels[known]

        def launch(view: Any) -> None:
            n = number_of(line.over, view)
            kernel[(n + BLOCK - 1) // BLOCK, min(BLOCK, n)](view)

        return launch

    def kernel(self, function: Callable[..., None], registers: int | None = None) -> Any:
        """A function to launch over a grid, with so many registers a thread at most."""
        return cuda.jit(function) if SIMULATED else cuda.jit(function, max_registers=registers)

    def chunk_size(self, n: int) -> int:
        """Particles in a chunk of a sample of any size, where lines are launched."""
        del n
        return programs.CHUNK_ON_GPU

    def rows_of_sample(self, sizes: NDArray[np.int64]) -> int:
        """Rows to which the threads of a block join what their chunks leave; 0 where lines are launched."""
        return BLOCK_OF_SAMPLE if in_blocks(len(sizes), int(sizes.sum())) else 0

    def put(self, array: NDArray[Any]) -> Any:
        """A copy on the device."""
        return cuda.to_device(np.ascontiguousarray(array))

    def put_by_column(self, array: NDArray[Any]) -> Any:
        """A copy whose columns stand one after the other: threads that go along a row each read side by side."""
        return cuda.to_device(np.asfortranarray(array))

    def set(self, array: Any, values: Any) -> None:
        """Let an array on the device hold these values."""
        array.copy_to_device(np.ascontiguousarray(values, dtype=array.dtype))

    def get(self, array: Any) -> NDArray[Any]:
        """A copy for NumPy."""
        return np.asarray(array.copy_to_host())

    def free_memory(self) -> int:
        """Bytes that the device has free."""
        return int(min(cuda.current_context().get_memory_info().free, 2**62))  # a simulator says infinity


def tally(array, s, k):  # type: ignore[no-untyped-def]  # a compiled body
    """Count one more in array[s, k], whichever thread comes first; how many there were."""
    return cuda.atomic.add(array, (s, k), 1)


def fits_blocks(view: Any) -> bool:
    """Whether one block of threads per sample is at least as fast as one launch per line."""
    return in_blocks(view.layout.active.shape[0], view.layout.sample_of.shape[0] * getattr(view, "width", 1))


def in_blocks(samples: int, elements: int) -> bool:
    """Whether blocks are at least as fast, by the numbers of samples and of elements of a line."""
    return samples >= MANY or elements <= SMALL * samples


def number_of(over: str, view: Any) -> int:
    """Threads of a line."""
    layout = view.layout
    of = {"particle": layout.sample_of, "chunk": layout.chunk_sample, "sample": layout.active}[over.split()[0].rstrip("s")]
    return int(of.shape[0]) * (view.width if over.endswith("columns") else 1)


def particles_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a particle's body: nothing is staged in `scratch` here."""

    def kernel(view):  # type: ignore[no-untyped-def]  # a compiled body
        scratch = cuda.local.array(1, int32), int64(programs.NOT_SHARED)
        i = cuda.grid(1)
        if i < view.layout.sample_of.shape[0]:
            s = view.layout.sample_of[i]
            now = view.layout.active[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(i, s, view, scratch)

    return kernel


def chunks_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a chunk's body."""

    def kernel(view):  # type: ignore[no-untyped-def]  # a compiled body
        c = cuda.grid(1)
        if c < view.layout.chunk_sample.shape[0]:
            s = view.layout.chunk_sample[c]
            now = view.layout.active[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(c, view.layout.chunk_first[c], view.layout.chunk_last[c], s, view)

    return kernel


def samples_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a sample's body."""

    def kernel(view):  # type: ignore[no-untyped-def]  # a compiled body
        s = cuda.grid(1)
        if s < view.layout.active.shape[0]:
            now = view.layout.active[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(s, view)

    return kernel


def particle_columns_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a body of one column of a particle: neighbouring threads take neighbouring columns."""

    def kernel(view):  # type: ignore[no-untyped-def]  # a compiled body
        e = cuda.grid(1)
        i = e // view.width
        if i < view.layout.sample_of.shape[0]:
            s = view.layout.sample_of[i]
            now = view.layout.active[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(i, s, e - i * view.width, view)

    return kernel


def chunk_columns_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a body of one column of a chunk."""

    def kernel(view):  # type: ignore[no-untyped-def]  # a compiled body
        e = cuda.grid(1)
        p = e // view.width
        if p < view.layout.chunk_sample.shape[0]:
            s = view.layout.chunk_sample[p]
            now = view.layout.active[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(p, view.layout.chunk_first[p], view.layout.chunk_last[p], s, e - p * view.width, view)

    return kernel


def sample_columns_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a body of one column of a sample."""

    def kernel(view):  # type: ignore[no-untyped-def]  # a compiled body
        e = cuda.grid(1)
        s = e // view.width
        if s < view.layout.active.shape[0]:
            now = view.layout.active[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(s, e - s * view.width, view)

    return kernel


KERNELS = {
    "particles": particles_of,
    "chunks": chunks_of,
    "samples": samples_of,
    "particle columns": particle_columns_of,
    "chunk columns": chunk_columns_of,
    "sample columns": sample_columns_of,
}
