"""The log of a campaign: a line a task, with its time and memory; one file a process, so that none waits for another.

The log tells costs and rates. It is not the truth: a line lost to a kill loses nothing else."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .store import Store

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "log"
TYPES = {"key": str, "ended": float, "seconds": float, "peak_mb": float, "outcome": str, "host": str}
COLUMNS = tuple(TYPES)
READ: dict[str, Callable[[str], Any]] = TYPES | dict.fromkeys(["outcome", "host"], sys.intern)  # which are few
LINE = re.compile(r"[^\t\n]+(?:\t\d{1,18}(?:\.\d{1,18})?){3}\t(?:made|failed)\t[^\t\n]+\n", re.ASCII)
PEAK = re.compile(r"VmHWM:\s*(\d+) kB")


class Journal:
    """Where one process notes what it did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._host = os.uname().nodename

    @classmethod
    def of(cls, store: Store, run: str) -> Journal:
        """That of this process in a run."""
        return cls(store.directory / FOLDER / f"{run}.{os.uname().nodename}.{os.getpid()}.tsv")

    def note(self, key: str, seconds: float, peak_mb: float, *, made: bool) -> None:
        """Append a line. A full or read-only disk is told by the result itself, not here."""
        outcome = "made" if made else "failed"
        line = f"{key}\t{time.time():.2f}\t{seconds:.4f}\t{peak_mb:.1f}\t{outcome}\t{self._host}\n"
        try:
            self.path.parent.mkdir(exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError:
            return


def read_log(store: Store) -> pd.DataFrame:
    """All lines of a store's log in the order of time: key, ended (seconds since 1970), seconds, peak_mb (of the process),
    outcome ("made" or "failed"), host. A line that a kill cut short is left out."""
    import pandas as pd  # which those who only look at a store do without

    table = pd.DataFrame(read_columns(store)).astype(TYPES)
    return table.sort_values("ended", ignore_index=True)


def read_columns(store: Store) -> dict[str, list[Any]]:
    """The same as a list a column, in no order: 300,000 lines take a quarter of a second so, a whole one as a DataFrame."""
    found: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for path in sorted((store.directory / FOLDER).glob("*.tsv")):
        for name, column in zip(COLUMNS, _columns(path), strict=True):
            found[name] += column
    return found


def forget_peak() -> None:
    """Start measuring the peak memory of this process anew, where the kernel lets us."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mb() -> float:
    """Largest resident memory of this process since `forget_peak`, in MB (10⁶ bytes)."""
    try:
        found = PEAK.search(Path("/proc/self/status").read_text())
    except OSError:
        found = None
    return int(found[1]) * 1.024e-3 if found else 0.0


def _columns(path: Path) -> list[list[Any]]:
    """Of one file. A process appends whole lines, so that only one that was cut short is not of their form."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    try:
        return _parsed(text)
    except ValueError:
        return _parsed("".join(found[0] for found in LINE.finditer(text)))


def _parsed(text: str) -> list[list[Any]]:
    """Lines at once. Raises ValueError where one is not of their form."""
    words, width = text.replace("\n", "\t").split("\t"), len(COLUMNS)
    if words.pop() or len(words) != width * text.count("\n"):
        raise ValueError("a line was cut short")
    columns = [list(map(READ[name], words[k::width])) for k, name in enumerate(COLUMNS)]
    if not all(all(map(isfinite, columns[k])) for k, name in enumerate(COLUMNS) if TYPES[name] is float):
        raise ValueError("a number is none")
    return columns
