"""numba-cuda: the same bodies, a thread a particle; in its simulator (NUMBA_ENABLE_CUDASIM=1) where there is no GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import cuda, float64
from numpy.typing import NDArray

from . import program as programs
from .program import Line, Program
from .vectors import (
    Vectors,
    copy_plainly,
    displacement,
    displacement_single_of,
    fetch_nothing,
    fetch_nothing_single,
    keep_in_cell_plainly,
    keep_plainly,
    no_width,
    pad_plainly,
    upper_half,
)

BLOCK = 128  # threads
ROUNDS = 4  # of a program between two looks at what has stopped


class Gpu:
    """Compiles bodies as device functions and launches them over a grid."""

    name = "cuda"

    def __init__(self) -> None:
        single = displacement_single_of(self.inline(upper_half))
        plain: tuple[Any, ...] = (
            fetch_nothing, displacement, fetch_nothing_single, single, no_width,
            keep_plainly, keep_in_cell_plainly, pad_plainly, copy_plainly,
        )  # fmt: skip
        self.vectors = Vectors(*[self.inline(x) for x in plain])
        self.tally = self.inline(tally)
        self.kernels: dict[Any, Any] = {}  # by body

    def inline(self, function: Callable[..., Any]) -> Any:
        """A device function."""
        return cuda.jit(device=True)(function)

    def program(self, program: Program) -> Callable[..., None]:
        """run(view, width, samples): the opening of samples that begin, then ROUNDS times all lines, a launch a line over
        all samples that go on, whichever are named. Which of them have stopped is for the caller to look up."""
        lines = [self.line(line) for line in program.lines]
        begin = [self.line(line, only_begun=True) for line in (*program.opening, Line("samples", programs.goes))]

        def run(view: Any, width: int = 1, samples: Sequence[int] | None = None) -> None:
            del width, samples
            if program.opening:
                for line in begin:
                    line(view)
            for _ in range(ROUNDS if program.repeats else 1):
                for line in lines:
                    line(view)

        run.repeats = program.repeats  # type: ignore[attr-defined]
        return run

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

    def kernel(self, function: Callable[..., None]) -> Any:
        """A function to launch over a grid."""
        return cuda.jit(function)

    def chunk_size(self, n: int) -> int:
        """Particles in a chunk of a sample of any size."""
        del n
        return programs.CHUNK_ON_GPU

    def put(self, array: NDArray[Any]) -> Any:
        """A copy on the device."""
        return cuda.to_device(np.ascontiguousarray(array))

    def set(self, array: Any, values: Any) -> None:
        """Let an array on the device hold these values."""
        array.copy_to_device(np.ascontiguousarray(values, dtype=array.dtype))

    def get(self, array: Any) -> NDArray[Any]:
        """A copy for NumPy."""
        return np.asarray(array.copy_to_host())

    def free_memory(self) -> int:
        """Bytes that the device has free."""
        return int(min(cuda.current_context().get_memory_info().free, 2**62))  # a simulator says infinity


def tally(array, s, k):  # type: ignore[no-untyped-def]
    """Count one more in array[s, k], whichever thread comes first; how many there were."""
    return cuda.atomic.add(array, (s, k), 1)


def number_of(over: str, view: Any) -> int:
    """Threads of a line."""
    layout = view.layout
    of = {"particle": layout.sample_of, "chunk": layout.chunk_sample, "sample": layout.going}[over.split()[0].rstrip("s")]
    return int(of.shape[0]) * (view.width if over.endswith("columns") else 1)


def particles_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a particle's body: nothing is staged in `room` here."""

    def kernel(view):  # type: ignore[no-untyped-def]
        room = cuda.local.array((3, 1), float64)
        i = cuda.grid(1)
        if i < view.layout.sample_of.shape[0]:
            s = view.layout.sample_of[i]
            now = view.layout.going[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(i, s, view, room)

    return kernel


def chunks_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a chunk's body."""

    def kernel(view):  # type: ignore[no-untyped-def]
        c = cuda.grid(1)
        if c < view.layout.chunk_sample.shape[0]:
            s = view.layout.chunk_sample[c]
            now = view.layout.going[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(c, view.layout.chunk_first[c], view.layout.chunk_last[c], s, view)

    return kernel


def samples_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a sample's body."""

    def kernel(view):  # type: ignore[no-untyped-def]
        s = cuda.grid(1)
        if s < view.layout.going.shape[0]:
            now = view.layout.going[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(s, view)

    return kernel


def particle_columns_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a body of one column of a particle: neighbouring threads take neighbouring columns."""

    def kernel(view):  # type: ignore[no-untyped-def]
        e = cuda.grid(1)
        i = e // view.width
        if i < view.layout.sample_of.shape[0]:
            s = view.layout.sample_of[i]
            now = view.layout.going[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(i, s, e - i * view.width, view)

    return kernel


def chunk_columns_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a body of one column of a chunk."""

    def kernel(view):  # type: ignore[no-untyped-def]
        e = cuda.grid(1)
        p = e // view.width
        if p < view.layout.chunk_sample.shape[0]:
            s = view.layout.chunk_sample[p]
            now = view.layout.going[s]
            if now == programs.BEGINS or (now != programs.STOPPED and not only_begun):
                body(p, view.layout.chunk_first[p], view.layout.chunk_last[p], s, e - p * view.width, view)

    return kernel


def sample_columns_of(body: Any, only_begun: bool) -> Callable[..., None]:
    """The kernel of a body of one column of a sample."""

    def kernel(view):  # type: ignore[no-untyped-def]
        e = cuda.grid(1)
        s = e // view.width
        if s < view.layout.going.shape[0]:
            now = view.layout.going[s]
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
