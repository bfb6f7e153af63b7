"""Standard input, output and error in every condition: a terminal without our letters, a full disk, a closed stream."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from vitrify.errors import UsageError


def ready_streams() -> None:
    """Lead closed streams to nothing, and let a letter that the output lacks be replaced: numbers are not lost because of a
    λ."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # it stays open as long as the process
            setattr(sys, name, nothing)  # it takes the lowest free number, which is that of the stream itself
    if isinstance(sys.stdout, io.TextIOWrapper):  # standard error replaces by itself
        sys.stdout.reconfigure(errors="replace")


def settle_streams() -> None:
    """Flush the streams. Text that cannot be written is dropped here, since the interpreter would complain of it at its
    end. Raises UsageError where standard output did not take all, BrokenPipeError where nobody reads it."""
    lost = _flushed(sys.stdout)
    _flushed(sys.stderr)
    if isinstance(lost, BrokenPipeError):
        raise lost
    if lost:
        raise UsageError(f"standard output cannot be written: {lost.strerror or lost}")


def complain(*lines: str) -> None:
    """Print an error on standard error, if that can be written: one line, or more where there are several mistakes."""
    with suppress(OSError):
        click.echo("\n".join(["Error: " + on_one_line(lines[0]), *(f"  {on_one_line(x)}" for x in lines[1:])]), err=True)


def on_one_line(text: str) -> str:
    """A text with characters that a terminal would obey escaped, such as "\n": it may hold the names of a user's files."""
    return "".join(x if x.isprintable() else x.encode("unicode_escape").decode() for x in text)


def _flushed(stream: TextIO) -> OSError | None:
    """Flush a stream and return the error that hindered it. It leads to nothing afterwards."""
    try:
        stream.flush()
    except OSError as error:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
        return error
    return None
