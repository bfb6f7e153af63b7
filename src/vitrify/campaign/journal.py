"""Log of a campaign: one line per task, with its time and memory; one file per process, so that none waits for another.

The log tells costs and rates. It is not the truth: a line lost to a kill loses nothing else."""

from __future__ import annotations

import math
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrify.errors import BrokenFile, Unreadable

from .alive import PROC
from .plain_file import names_in, read_plain_file
from .record_file import LATEST
from .store import Store

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "log"
TYPES = {"key": str, "ended": float, "seconds": float, "peak_mb": float, "outcome": str, "host": str}
COLUMNS = tuple(TYPES)
READ: dict[str, Callable[[str], Any]] = TYPES | dict.fromkeys(["outcome", "host"], sys.intern)  # which are few
OUTCOMES = {"made", "failed"}
LINE = re.compile(r"[^\t\n]+(?:\t\d{1,11}(?:\.\d{1,9})?){3}\t(?:made|failed)\t[^\t\n]+\n", re.ASCII)
SUFFIX = ".tsv"
MOST = 128_000_000  # bytes of one process' log: more than a million tasks
PEAK = re.compile(r"VmHWM:\s*(\d+) kB")
UNIT_OF_PEAK = 1e-6 if sys.platform == "darwin" else 1.024e-3  # MB; getrusage counts bytes on macOS, kB elsewhere


class Journal:
    """File in which one process notes what it did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._host = os.uname().nodename

    @classmethod
    def of(cls, store: Store, run: str) -> Journal:
        """Journal of this process in a run."""
        return cls(store.directory / FOLDER / f"{run}.{os.uname().nodename}.{os.getpid()}{SUFFIX}")

    def note(self, key: str, seconds: float, peak_mb: float, *, made: bool) -> None:
        """Append a line. A full or read-only disk is told by the result itself, not here."""
        outcome = "made" if made else "failed"
        line = f"{key}\t{time.time():.2f}\t{seconds:.4f}\t{peak_mb:.1f}\t{outcome}\t{self._host}\n"
        if self.path.parent.is_symlink():  # out of the store
            return
        try:
            self.path.parent.mkdir(exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError:
            return


def read_log(store: Store) -> pd.DataFrame:
    """Read all lines of a store's log in the order of time: key, ended (seconds since 1970), seconds, peak_mb (of the
    process), outcome ("made" or "failed"), host. A line that a kill cut short is left out. Raises Unreadable."""
    import pandas as pd  # which those who only look at a store do without

    table = pd.DataFrame(read_columns(store)).astype(TYPES)
    return table.sort_values("ended", ignore_index=True)


def read_columns(store: Store) -> dict[str, list[Any]]:
    """Read them as one list per column, in no order: 300,000 lines take a quarter of a second so, a whole one as a
    DataFrame."""
    found: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    place = store.directory / FOLDER
    for stem in _stems(place):
        for name, column in zip(COLUMNS, _columns(place / f"{stem}{SUFFIX}"), strict=True):
            found[name] += column
    return found


def forget_peak() -> None:
    """Start measuring the peak memory of this process anew, where the kernel lets us: Linux does."""
    try:
        (PROC / "self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mb() -> float:
    """Largest resident memory of this process since `forget_peak`, in MB (10⁶ bytes); where there is no /proc, since the
    process began."""
    try:
        found = PEAK.search((PROC / "self/status").read_text())
    except OSError:
        found = None
    return int(found[1]) * 1.024e-3 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT_OF_PEAK


def _stems(place: Path) -> list[str]:
    try:
        return sorted(names_in(place, SUFFIX, follow=False))
    except Unreadable:
        return []


def _columns(path: Path) -> list[list[Any]]:
    """Columns of one file. A process appends whole lines, so that only one that was cut short is not of their form; in a
    file of a stranger anything may stand."""
    try:
        text = read_plain_file(path, at_most=MOST, whole=False, follow=False).decode("utf-8", errors="replace")
    except (FileNotFoundError, BrokenFile):
        text = ""
    try:
        return _parsed(text)
    except ValueError:
        return _parsed("".join(f"{line}\n" for line in text.split("\n") if LINE.fullmatch(f"{line}\n")))


def _parsed(text: str) -> list[list[Any]]:
    """Parse lines at once. Raises ValueError where one is not of their form."""
    words, width = text.replace("\n", "\t").split("\t"), len(COLUMNS)
    if words.pop() or len(words) != width * text.count("\n"):
        raise ValueError("a line was cut short")
    columns = [list(map(READ[name], words[k::width])) for k, name in enumerate(COLUMNS)]
    if not all(map(_are_amounts, columns[1:4])) or not OUTCOMES.issuperset(columns[4]):
        raise ValueError("a number or an outcome is none that a task can have")
    return columns


def _are_amounts(numbers: list[float]) -> bool:
    """Say whether these are amounts of time or memory: neither negative nor infinite nor NaN, which the sum would show."""
    return not numbers or (min(numbers) >= 0.0 and max(numbers) < LATEST and math.isfinite(sum(numbers)))
