"""Threads of a kernel over one big glass, and the sharing out of its particles."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from vitrify.cores import usable_cores
from vitrify.errors import wrong

VARIABLE = "VITRIFY_THREADS"  # set to 1 in the workers of a campaign, where samples run side by side
NUMBER = re.compile("[0-9]{1,6}")  # str.isdigit also takes digits that int() does not
GRAIN = 64  # particles: pieces begin at multiples of it, so that no sum depends on the number of threads
PIECES = 4  # a thread: one that is slower takes fewer of them

_chosen: list[int] = []


def threads() -> int:
    """Threads inside a kernel: as set, as VITRIFY_THREADS says, or one per core. Raises UsageError for a wrong variable."""
    if _chosen:
        return _chosen[-1]
    text = os.environ.get(VARIABLE)
    if text is None:
        return usable_cores()
    number = int(text) if NUMBER.fullmatch(text.strip()) else 0
    if number < 1:
        raise wrong("", VARIABLE, text, "a positive whole number")
    return number


def set_threads(number: int | None) -> None:
    """Let kernels over one big glass use so many threads; None: as the environment says. Results do not depend on it."""
    _chosen.clear()
    if number is not None:
        if number < 1:
            raise wrong("", "threads", number, "a positive whole number")
        _chosen.append(number)


def shared_out(work: Callable[[int, int], Any], n: int, grain: int = GRAIN) -> list[Any]:
    """work(first, last) over 0 ... n in a few pieces a thread, which begin at multiples of `grain`."""
    workers = threads()
    pieces = min(PIECES * workers, max(n // grain, 1))
    if workers == 1 or pieces == 1:
        return [work(0, n)]
    edges = [n * p // pieces // grain * grain for p in range(pieces)] + [n]
    return list(_pool(workers).map(work, edges[:-1], edges[1:]))


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="vitrify")
