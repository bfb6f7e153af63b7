"""Timings of tasks, from the log of a store: seconds, memory, rates, the slowest."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

    Log: TypeAlias = pd.DataFrame | Mapping[str, Sequence[Any]]  # as `read_log` or `read_columns` reads it

HOUR = 3600.0


@dataclass(slots=True)
class Timing:
    """Time and memory of the finished tasks of one folder."""

    tasks: int = 0
    in_all: float = 0.0  # seconds
    peak_mb: float = 0.0  # largest of a task's process
    rate: float = 0.0  # tasks an hour, in the last hour of activity

    @property
    def seconds(self) -> float:
        """Mean seconds of a task."""
        return self.in_all / self.tasks


@dataclass(frozen=True, slots=True)
class TimedTask:
    """One task of the log."""

    key: str
    seconds: float
    peak_mb: float
    outcome: str  # "made" or "failed"
    host: str
    ended: float  # seconds since 1970


def timings_by_folder(log: Log, began: Sequence[float] = ()) -> dict[str, Timing]:
    """Timings by folder of the store; folders without finished tasks are left out.

    began: when the runs that are alive began, in seconds since 1970."""
    start, hours = _last_hour(log, began)
    found: dict[str, Timing] = defaultdict(Timing)
    each = 1.0 / hours if hours > 0.0 else 0.0
    lines = zip(_folders(log), log["ended"], log["seconds"], log["peak_mb"], log["outcome"], strict=True)
    for folder, ended, seconds, peak, outcome in lines:
        if outcome == "made":
            x = found[folder]
            x.tasks += 1
            x.in_all += seconds
            x.peak_mb = max(x.peak_mb, peak)
            x.rate += each if ended > start else 0.0
    return dict(found)


def slowest(log: Log, number: int) -> list[TimedTask]:
    """The tasks that took longest, including failed ones."""
    names = ("seconds", "key", "peak_mb", "outcome", "host", "ended")
    chosen = heapq.nlargest(number, zip(*(log[x] for x in names), strict=True))
    return [TimedTask(**dict(zip(names, row, strict=True))) for row in chosen]


def core_hours(log: Log) -> dict[str, float]:
    """Core-hours by product, of all ensembles and including failed tasks; the costliest first."""
    by_folder: dict[str, float] = defaultdict(float)
    for folder, seconds in zip(_folders(log), log["seconds"], strict=True):
        by_folder[folder] += seconds
    total: dict[str, float] = defaultdict(float)
    for folder, seconds in by_folder.items():
        total[folder.rpartition("/")[2].rpartition("-")[0]] += seconds / HOUR
    return dict(sorted(total.items(), key=lambda x: -x[1]))


def _folders(log: Log) -> Iterator[str]:
    return (key.rpartition("/")[0] for key in log["key"])


def _last_hour(log: Log, began: Sequence[float]) -> tuple[float, float]:
    """Start of the hour that ends with the last task, and its length in hours. It is shorter where the work, or the first
    of the runs that are alive, began later."""
    end = max(log["ended"], default=0.0)
    starts = [ended - spent for ended, spent in zip(log["ended"], log["seconds"], strict=True) if ended > end - HOUR]
    start = max(end - HOUR, min(starts, default=0.0))
    if began and min(began) < end:
        start = max(start, min(began))
    return start, (end - start) / HOUR
