"""Interleaved repeats: each contender in turn, round after round, so that a slow minute hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(contenders: dict[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """Median seconds of each; a contender returns its own seconds, so that what it prepares is not counted."""
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, work in contenders.items():
            spent[name].append(work())
    return {name: float(np.median(x)) for name, x in spent.items()}
