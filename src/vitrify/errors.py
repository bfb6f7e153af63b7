"""What can go wrong, sorted by who can mend it."""

from __future__ import annotations


class VitrifyError(Exception):
    """Any error that the package raises on purpose; its text is one sentence for a person."""


class UsageError(VitrifyError):
    """The user asked for something that cannot be; the command line prints the sentence and exits with 2."""


class BrokenFile(VitrifyError):
    """A file that cannot be read as what it should be: truncated, foreign or damaged."""


class SampleFailure(VitrifyError):
    """One sample could not be made or measured; it is recorded with its reason and never averaged in."""


class EngineLost(VitrifyError):
    """The cluster that did the work went away; what was finished is in the store."""


class PotentialWarning(UserWarning):
    """Something about a potential that its author should know: it can be used, but does not behave as most."""


def check(holds: bool, owner: str, name: str, value: object, may_be: str) -> None:
    """Raise a UsageError "<owner>: <name> is <value>, must be <may_be>" unless it holds."""
    if not holds:
        raise UsageError(f"{owner}: {name} is {value!r}, must be {may_be}")
