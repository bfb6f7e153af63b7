"""Numba on the CPU. Small samples run side by side in processes of one thread each, never sharing anything; threads share
out the particles of a big one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import program as programs
from .fingerprint import NoFingerprintError, fingerprint
from .kept import kept
from .merged import KernelCompiler, MergedCompiler
from .program import Line, Program
from .threads import shared_out
from .vectors import (
    Vectors,
    copy,
    eight_a_turn,
    fetch_rows,
    fetch_rows_single,
    keep,
    keep_in_cell,
    pad,
    staged,
    staged_single,
)

# Sums may be reordered (else no vector code), but NaN and infinity stay what they are: padding relies on it.
FAST_MATH = {"reassoc", "contract", "nsz", "arcp"}
OPTIONS: dict[str, Any] = {"fastmath": FAST_MATH, "error_model": "numpy", "boundscheck": False, "nogil": True}
OPTIONS |= {"no_cfunc_wrapper": True, "pipeline_class": KernelCompiler}  # nothing calls a kernel by its address in C
NO_ARRAYS: dict[str, Any] = {"_nrt": False}  # what makes no arrays needs no counts of references
MERGED = {"forceinline": True, "no_cpython_wrapper": True, "pipeline_class": MergedCompiler}
INLINED: dict[str, Any] = OPTIONS | NO_ARRAYS | MERGED


class Cpu:
    """Compiler of kernels for the processor at hand, which are kept on disk."""

    name = "cpu"

    def __init__(self) -> None:
        self._built: dict[Any, Any] = {}  # by content; bodies of this package that close over nothing by themselves
        self._inlined: dict[Any, Any] = {}
        self._from_disk = True
        fetch, fetched, fetch_single, fetched_single = (
            self.inline(x) for x in (fetch_rows, staged, fetch_rows_single, staged_single)
        )
        self.vectors = Vectors(fetch, fetched, fetch_single, fetched_single, eight_a_turn, keep, keep_in_cell, pad, copy)
        self.tally = self.inline(tally)

    def inline(self, function: Callable[..., Any]) -> Any:
        """A function whose body is merged into its caller; without that the force loop is not vector code.

        One of this package that closes over the same is the same: programs share its compilation."""
        known = _known(function)
        if known is None:
            return njit(**INLINED)(function)
        if known not in self._inlined:
            self._inlined[known] = njit(**INLINED)(function)
        return self._inlined[known]

    def compile(self, function: Callable[..., Any], **options: Any) -> Any:
        """A function to call from Python, compiled at its first call; one of the same content is compiled once, and found
        again on disk by later processes. What has no fingerprint is compiled anew. options: of Numba, the same ones
        whenever this function is compiled."""
        plain = not function.__closure__ and function.__module__.startswith("vitrify.")
        known = function if plain else self._identity(function)
        if known is None:
            return njit(**OPTIONS, **options)(function)
        if known not in self._built:
            compiled = njit(**OPTIONS, **options)(function)
            if self._from_disk:
                compiled._cache = kept(function, known if isinstance(known, str) else fingerprint(function))
            self._built[known] = compiled
        return self._built[known]

    def trust_disk(self, trusted: bool) -> None:
        """Whether kernels may be taken from disk; where not, those that were are dropped."""
        self._from_disk = trusted
        if not trusted:
            self._built.clear()

    def _identity(self, function: Callable[..., Any]) -> str | None:
        try:
            return fingerprint(function)
        except NoFingerprintError:
            return None

    def program(self, program: Program) -> Callable[..., None]:
        """run(view, width, samples): these samples of the view, or all that go on, each until it stops.

        Small samples are brought forward by one compiled function each, side by side where there are threads; a big one is
        shared out line by line. width: of the scratch memory for a row."""
        one = self.compile(programs.composed(program, self.inline), **NO_ARRAYS)
        opening, lines = ([self._shared(line) for line in lines] for lines in (program.opening, program.lines))

        def big_one(s: int, view: Any, width: int) -> None:
            if program.repeats and view.layout.active[s] == programs.BEGINS:
                for line in opening:
                    line(s, view, width)
                programs.activate(s, view)
            while view.layout.active[s]:
                for line in lines:
                    line(s, view, width)
                if not program.repeats:
                    return

        def run(view: Any, width: int = 1, samples: Sequence[int] | None = None) -> None:
            samples = np.flatnonzero(view.layout.active).tolist() if samples is None else samples
            first = view.layout.first
            big = [s for s in samples if first[s + 1] - first[s] >= programs.BIG]
            small = [s for s in samples if s not in big] if big else samples

            def some(begin: int, end: int) -> None:
                scratch = scratch_of(width)
                for s in small[begin:end]:
                    one(s, view, scratch)

            if len(small) == 1:  # a core is asked for in microseconds, which count here
                some(0, 1)
            elif small:
                shared_out(some, len(small), grain=1)
            for s in big:
                big_one(s, view, width)

        run.repeats = program.repeats  # type: ignore[attr-defined]  # a function may carry it
        return run

    def chunk_size(self, n: int) -> int:
        """Particles in a chunk of a sample of n."""
        return n if n < programs.BIG else programs.CHUNK

    def rows_of_sample(self, sizes: NDArray[np.int64]) -> int:
        """No rows are joined: each chunk has its own."""
        del sizes
        return 0

    def _shared(self, line: Line) -> Callable[..., None]:
        """Run one line over a big sample, shared out among threads."""
        compiled = self.compile(programs.loop_of(line, self.inline), **NO_ARRAYS)

        def launch(s: int, view: Any, width: int) -> None:
            if view.layout.active[s] == 0:
                return
            bounds = getattr(view.layout, programs.bounds_of(line.over))
            begin, end = (0, 1) if line.over.startswith("sample") else (bounds[s], bounds[s + 1])
            grain = {} if line.over.startswith("particle") else {"grain": 1}
            shared_out(lambda a, b: compiled(begin + a, begin + b, s, view, scratch_of(width)), int(end - begin), **grain)

        return launch

    def put(self, array: NDArray[Any]) -> Any:
        """An array where kernels find it: here, the array itself."""
        return array

    def set(self, array: Any, values: Any) -> None:
        """Let an array where kernels find it hold these values."""
        array[:] = values

    def get(self, array: Any) -> NDArray[Any]:
        """The array for NumPy."""
        return np.asarray(array)


def tally(array, s, k):  # type: ignore[no-untyped-def]  # a compiled body
    """Count one more in array[s, k]; how many there were."""
    before = array[s, k]
    array[s, k] = before + 1
    return before


def _known(function: Callable[..., Any]) -> Any:
    """A key that tells a function of this package from others: its code and what it closes over; None if there is none."""
    if not function.__module__.startswith("vitrify.") or function.__defaults__ or function.__kwdefaults__:
        return None
    within = tuple(cell.cell_contents for cell in function.__closure__ or ())
    try:
        hash(within)
    except TypeError:
        return None
    return function.__code__, tuple(map(type, within)), within


def scratch_of(width: int) -> NDArray[np.float64]:
    """(4, width) scratch of a thread, which begins on a cache line."""
    scratch = np.empty(4 * width + 8)
    skip = -scratch.ctypes.data % 64 // 8
    return scratch[skip : skip + 4 * width].reshape(4, width)
