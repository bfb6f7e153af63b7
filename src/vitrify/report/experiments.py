"""A user's table of laboratory glasses, for Figs. 1 and 13."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from vitrify.errors import UsageError

COLUMNS = ("alloy", "poisson_ratio", "stz_size", "source")


@dataclass(frozen=True, slots=True)
class Experiment:
    """One laboratory glass."""

    alloy: str
    poisson_ratio: float
    stz_size: float  # atoms
    source: str  # where the numbers were published


def read_experiments(path: Path) -> tuple[Experiment, ...]:
    """A CSV file with the columns alloy, poisson_ratio, stz_size (atoms), source. Raises UsageError."""
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from None
    missing = [x for x in COLUMNS if x not in table]
    if missing:
        raise UsageError(f"{path} lacks the column {missing[0]!r}; it needs {', '.join(COLUMNS)}")
    try:
        numbers = table[["poisson_ratio", "stz_size"]].astype(float)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    rows = zip(table["alloy"], numbers["poisson_ratio"], numbers["stz_size"], table["source"], strict=True)
    return tuple(Experiment(str(a), float(b), float(c), str(d)) for a, b, c, d in rows)
