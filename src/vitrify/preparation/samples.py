"""Samples on their way: each goes its own, step by step, and a machine does for many at once what they ask for.

A way is a generator, written for one sample as if it were alone: it yields the name of a program, or LISTS, and goes on
when that has been done. So one glass and a thousand take the same way; one that fails leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, TypeVar

from vitrify.backends import Cpu, backend
from vitrify.batch import Batch
from vitrify.errors import SampleFailure

from .places import LISTS, placed

if TYPE_CHECKING:
    from vitrify.backends.gpu import Gpu

__all__ = ["LISTS", "Samples", "Way"]
T = TypeVar("T")
Way = Generator[str, None, T]


class Samples:
    """The samples of a batch on a machine; `failed` holds what became of those that were given up.

    machine: by default that of this process. state: one row of kernels/state.py per sample, to read and to write
    between two requests."""

    def __init__(self, batch: Batch, machine: Cpu | Gpu | None = None) -> None:
        self.batch, self.machine = batch, machine or backend()
        self.failed: dict[int, SampleFailure] = {}
        self.state = batch.state
        self.place = placed(batch, self.machine)

    def bring(self, way: Callable[[int], Way[T]]) -> dict[int, T]:
        """Bring each sample that has not failed to the end of its way; returns what came of it, by sample."""
        ends: dict[int, T] = {}
        ways = {s: way(s) for s in range(self.batch.n_samples) if s not in self.failed}
        asked: dict[int, str] = {}

        def go_on(samples: Sequence[int]) -> None:
            for s in samples:
                try:
                    asked[s] = next(ways[s])
                except StopIteration as end:
                    ends[s] = end.value
                    asked.pop(s, None)
                except SampleFailure as failure:
                    self.failed[s] = failure
                    asked.pop(s, None)

        go_on(list(ways))
        while asked:
            for what in dict.fromkeys(asked.values()):
                go_on(self.place.done(what, [s for s in asked if asked[s] == what]))
        return ends

    def only(self, ends: dict[int, T]) -> T:
        """The result of the one sample of a batch. Raises what it failed with."""
        if 0 in self.failed:
            raise self.failed[0]
        return ends[0]
