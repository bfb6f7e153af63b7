"""Amounts and texts formatted for a person."""

from __future__ import annotations

from vitrify.errors import plain as plain

YEAR = 365.25 * 86400.0  # seconds


def size(length: float) -> str:
    """A number of bytes, in units of 1,000."""
    for unit, number in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if length >= number:
            return f"{length / number:.3g} {unit}"
    return f"{length / 1e3:.3g} kB"


def duration(seconds: float) -> str:
    """A duration in seconds, in the unit that suits it."""
    for unit, number, above in (
        ("years", YEAR, 2 * YEAR),
        ("days", 86400.0, 48 * 3600.0),
        ("h", 3600.0, 5400.0),
        ("min", 60.0, 90.0),
    ):
        if seconds >= above:
            return f"{seconds / number:.1f} {unit}"
    return f"{seconds:.3g} s"
