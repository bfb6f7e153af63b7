"""Errors, sorted by who can fix them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from vitrify.public_names import only

__all__ = [
    "BrokenFile", "EngineLost", "ModelOverridden", "PotentialWarning", "SampleFailure", "Unreadable", "UsageError",
    "VitrifyError",
]  # fmt: skip
__dir__ = only(__all__)
Made = TypeVar("Made")
LONGEST_VALUE = 80  # characters of a value in a sentence, where all of it would hide what is wrong
LONGEST_REASON = 300  # characters of the text of a foreign error, which may be of any length
MOST_TOLD = 20  # mistakes of one file; beyond them a reader mends the first ones and asks again
MOST_FOUND = 100  # after so many nobody looks for more: a file of a megabyte can have a hundred thousand
Path = tuple[str | int, ...]  # place of a key in a file: keys, and places in lists from 0, from the outside in


class VitrifyError(Exception):
    """Base class of every error that the package raises on purpose. Its text is one sentence for a person."""

    @property
    def lines(self) -> list[str]:
        """Lines of its text; more than one where it tells of several mistakes."""
        return [str(self)]

    @property
    def brief(self) -> str:
        """One sentence, to be used within another."""
        return str(self)


class UsageError(VitrifyError):
    """The user asked for something that cannot be; the command line prints the sentence and exits with 2.

    owner, name, value: the owner of the wrong key or argument, its name, and its value; empty where no single one was
    wrong. path: that of the key within the file. line: that in its file, from 1; 0 where there is none."""

    def __init__(
        self,
        sentence: str = "",
        *,
        owner: str = "",
        name: str = "",
        value: object = None,
        path: Path | None = None,
        line: int = 0,
        each: Sequence[UsageError] = (),
    ) -> None:
        super().__init__(sentence)
        self.owner, self.name, self.value, self.line = owner, name, value, line
        self.path: Path = ((name,) if name else ()) if path is None else path
        self.told_together = tuple(each)

    def __str__(self) -> str:
        return "\n  ".join(self.lines)

    @property
    def lines(self) -> list[str]:
        more = len(self.told_together) - MOST_TOLD
        end = [f"and {more} more"] if more > 0 else []
        return [super().__str__(), *map(str, self.told_together[:MOST_TOLD]), *end]

    @property
    def each(self) -> tuple[UsageError, ...]:
        """The single mistakes that it tells of; itself where there is one."""
        return self.told_together or (self,)

    @property
    def brief(self) -> str:
        """One sentence, to be used within another: the first of several mistakes, and how many more there are."""
        more = len(self.each) - 1
        return f"{self.each[0]}{f' (and {more} more)' if more else ''}"

    def within(self, owner: str, path: Path | None = None) -> UsageError:
        """The error with another owner. path: its place in the file, if that is known better than here."""
        where = self.path if path is None else path
        return UsageError(f"{owner}: {self}", owner=owner, name=self.name, value=self.value, path=where)

    def below(self, *path: str | int) -> UsageError:
        """The error of a part of something larger, in which it has this path."""
        return UsageError(str(self), owner=self.owner, name=self.name, value=self.value, path=(*path, *self.path))


class BrokenFile(VitrifyError):
    """A file that cannot be read as what it should be: truncated, foreign or damaged."""


class Unreadable(VitrifyError):
    """A file that may be intact, but that disk, rights or memory kept us from reading; it stays as it is."""


class SampleFailure(VitrifyError):
    """One sample could not be made or measured; it is recorded with its reason and never averaged in."""


class EngineLost(VitrifyError):
    """The cluster that did the work went away; what was finished is in the store."""


class PotentialWarning(UserWarning):
    """Warning of a property of a potential that its author should know: it can be used, but does not behave as most do."""


class ModelOverridden(UserWarning):
    """Warning that a file says which model its particles follow, and another was given and used."""


def or_failure(make: Callable[..., Made], *arguments: object) -> Made | SampleFailure:
    """The result of make(*arguments), or the reason why it failed: one of many samples must not end the others."""
    try:
        return make(*arguments)
    except SampleFailure as failure:
        return failure


def shown(value: object) -> str:
    """A value as it reads in an error's sentence: on one line, and shortened if it is long."""
    try:
        text = re.sub(r"\s*\n\s*", " ", repr(value))
    except ValueError:  # Python refuses to print the longest integers
        text = "an integer of thousands of digits"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def meant(word: object, known: Iterable[str]) -> str:
    """The name that a word was plainly meant to be, or an empty text where none is."""
    plainly = {x.casefold(): x for x in known}  # as a capital letter more or less is the likeliest slip
    close = difflib.get_close_matches(str(word)[:LONGEST_VALUE].casefold(), plainly, n=1)
    return plainly[close[0]] if close else ""


def hint(word: object, known: Iterable[str]) -> str:
    """A hint at the name that was meant, if that is plain; it follows the description of the mistake."""
    name = meant(word, known)
    return f", did you mean {name!r}?" if name else ""


def wrong(owner: str, name: str, value: object, may_be: str, path: Path | None = None) -> UsageError:
    """The error "<owner>: <name> is <value>, must be <may_be>"."""
    sentence = f"{name} is {shown(value)}, must be {may_be}"
    return UsageError(f"{owner}: {sentence}" if owner else sentence, owner=owner, name=name, value=value, path=path)


def check(holds: bool, owner: str, name: str, value: object, may_be: str) -> None:
    """Raise a UsageError "<owner>: <name> is <value>, must be <may_be>" unless it holds."""
    if not holds:
        raise wrong(owner, name, value, may_be)


def refuse(what: str, mistakes: Sequence[UsageError]) -> None:
    """Raise the mistakes, if there are any: one by itself, several of `what` in one error that counts them."""
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        at_least = "at least " if len(mistakes) >= MOST_FOUND else ""
        raise UsageError(f"{what} has {at_least}{len(mistakes)} mistakes:", each=mistakes)


class Mistakes(list[UsageError]):
    """Gathers mistakes, so that all of them are told at once."""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep the UsageError that the block raises, and go on behind it."""
        try:
            yield
        except UsageError as error:
            self.extend(error.each)


def plain(text: str) -> str:
    """A text from a file on one line, without characters that a terminal would obey, so that it can be part of a
    sentence."""
    return "".join(x if x.isprintable() else " " for x in " ".join(text.split()))


def kind_and_text(error: BaseException) -> str:
    """The kind of an error of other code and its text, as they may stand in a sentence."""
    text = plain(str(error))
    text = text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
