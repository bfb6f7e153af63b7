"""Standard input, output and error, whatever they lead to: a terminal without our letters, a full disk, nothing at all."""

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
    """Lead what is closed to nothing, and let a letter that the output lacks be replaced: numbers are not lost for a λ."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nothing)  # it takes the lowest free number, which is that of the stream itself
    if isinstance(sys.stdout, io.TextIOWrapper):  # standard error replaces by itself
        sys.stdout.reconfigure(errors="replace")


def settle_streams() -> None:
    """Write out what is still held; what cannot be written is dropped here, or the interpreter would complain of it at its
    end. Raises UsageError where standard output did not take all, BrokenPipeError where nobody reads it."""
    lost = _flushed(sys.stdout)
    _flushed(sys.stderr)
    if isinstance(lost, BrokenPipeError):
        raise lost
    if lost:
        raise UsageError(f"standard output cannot be written: {lost.strerror or lost}")


def complain(text: str) -> None:
    """An error in one line on standard error, if that can be written."""
    with suppress(OSError):
        click.echo(f"Error: {on_one_line(text)}", err=True)


def on_one_line(text: str) -> str:
    """A text with whatever a terminal would obey written out, as "\\n" is: it may hold the names of a user's files."""
    return "".join(x if x.isprintable() else x.encode("unicode_escape").decode() for x in text)


def _flushed(stream: TextIO) -> OSError | None:
    """What hindered a stream; it leads to nothing afterwards."""
    try:
        stream.flush()
    except OSError as error:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
        return error
    return None
