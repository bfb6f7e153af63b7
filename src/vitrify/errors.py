"""What can go wrong, sorted by who can mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

Made = TypeVar("Made")
LONGEST_VALUE = 80  # characters of a value in a sentence, where all of it would hide what is wrong


class VitrifyError(Exception):
    """Any error that the package raises on purpose; its text is one sentence for a person."""


class UsageError(VitrifyError):
    """The user asked for something that cannot be; the command line prints the sentence and exits with 2."""


class BrokenFile(VitrifyError):
    """A file that cannot be read as what it should be: truncated, foreign or damaged."""


class Unreadable(VitrifyError):
    """A file that may well be sound, but that disk, rights or memory kept us from reading; it stays as it is."""


class SampleFailure(VitrifyError):
    """One sample could not be made or measured; it is recorded with its reason and never averaged in."""


class EngineLost(VitrifyError):
    """The cluster that did the work went away; what was finished is in the store."""


class PotentialWarning(UserWarning):
    """Something about a potential that its author should know: it can be used, but does not behave as most."""


class ModelOverridden(UserWarning):
    """A file says which model its particles follow, and another was given and used."""


def or_failure(make: Callable[..., Made], *arguments: object) -> Made | SampleFailure:
    """make(*arguments), or why it failed: one of many samples must not end the others."""
    try:
        return make(*arguments)
    except SampleFailure as failure:
        return failure


def shown(value: object) -> str:
    """A value in an error's sentence: on one line, and not all of a long one."""
    try:
        text = re.sub(r"\s*\n\s*", " ", repr(value))
    except ValueError:  # Python refuses to print the longest integers
        text = "an integer of thousands of digits"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def hint(word: str, known: Iterable[str]) -> str:
    """What was meant, if that is plain; it follows what was wrong."""
    plainly = {x.casefold(): x for x in known}  # as a capital letter more or less is the likeliest slip
    close = difflib.get_close_matches(word[:LONGEST_VALUE].casefold(), plainly, n=1)
    return f", did you mean {plainly[close[0]]!r}?" if close else ""


def check(holds: bool, owner: str, name: str, value: object, may_be: str) -> None:
    """Raise a UsageError "<owner>: <name> is <value>, must be <may_be>" unless it holds."""
    if not holds:
        raise UsageError(f"{owner}: {name} is {shown(value)}, must be {may_be}")


def plain(text: str) -> str:
    """A text from a file, on one line and without what a terminal would obey, as it may stand in a sentence."""
    return "".join(x if x.isprintable() else " " for x in " ".join(text.split()))
