"""A user's table of laboratory glasses, for Figs. 1 and 13."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from vitrify.errors import UsageError, check, wrong

COLUMNS = ("alloy", "poisson_ratio", "stz_size", "source")
LONGEST = 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class Experiment:
    """One laboratory glass."""

    alloy: str
    poisson_ratio: float
    stz_size: float  # atoms
    source: str  # the publication of the numbers

    def __post_init__(self) -> None:
        owner = f"alloy {self.alloy!r}"
        check(bool(self.alloy.strip()) and self.alloy.isprintable(), "table", "alloy", self.alloy, "a name")
        check(-1.0 < self.poisson_ratio <= 0.5, owner, "poisson_ratio", self.poisson_ratio, "above -1 and at most 0.5")
        positive = self.stz_size > 0 and isfinite(self.stz_size)
        check(positive, owner, "stz_size", self.stz_size, "a positive number of atoms")


def read_experiments(path: Path) -> tuple[Experiment, ...]:
    """Read a CSV file with the columns alloy, poisson_ratio, stz_size (atoms), source. Raises UsageError.

    The file is read as text and nothing else: pandas would unpack archives and fetch addresses."""
    header, *rows = _rows(path)
    missing = [x for x in COLUMNS if x not in header]
    if missing:
        raise UsageError(f"{path} lacks the column {missing[0]!r}; it needs {', '.join(COLUMNS)}")
    found = []
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise UsageError(f"{path}: row {number} has {len(row)} cells, but must have {len(header)} like the header")
        try:
            found.append(_experiment(dict(zip(header, row, strict=True))))
        except UsageError as error:
            raise UsageError(f"{path}: row {number}: {error}") from None
    return tuple(found)


def _rows(path: Path) -> list[list[str]]:
    """The header and all rows that are not blank."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read(LONGEST + 1)
        if len(text) > LONGEST:
            raise ValueError(f"it has more than {LONGEST:,} characters")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True) if row]
    except (OSError, ValueError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be read as a table: {reason}") from None
    if not rows:
        raise UsageError(f"{path} cannot be read as a table: it is empty")
    return rows


def _experiment(row: dict[str, str]) -> Experiment:
    numbers = {}
    for name in ("poisson_ratio", "stz_size"):
        try:
            numbers[name] = float(row[name])
        except ValueError:
            raise wrong("", name, row[name], "a number") from None
    return Experiment(alloy=row["alloy"].strip(), source=row["source"].strip(), **numbers)
