"""Check for options that a command line gives twice, or empty: click would take the last word, or an empty one."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import click

from vitrify.errors import UsageError

MOST_DIGITS = 60  # digits of an integer; a seed may have 39, as 128 bits do


def refuse_careless(command: click.Command, words: list[str], group: click.Context) -> None:
    """Raise UsageError for an option that is given twice and takes one value, for an empty word, as a shell's variable
    without a value leaves it, and for numbers that compare with nothing or fill a line. group: the command's own, which
    says that -h is help too; click keeps what it is told first."""
    with suppress(click.UsageError):  # which click tells better
        values, _, order = command.make_parser(click.Context(command, parent=group)).parse_args(list(words))
        for parameter, times in Counter(order).items():
            _refuse(parameter, times, values.get(parameter.name or ""))


def _refuse(parameter: click.Parameter, times: int, value: object) -> None:
    name = parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.human_readable_name
    if isinstance(parameter, click.Option) and times > 1 and not (parameter.multiple or parameter.is_flag):
        raise UsageError(f"{name} is given {times} times, must be given once")
    for word in value if isinstance(value, list | tuple) else [value]:
        if word == "":
            raise UsageError(f"{name} is empty, must be given a value")
        if isinstance(word, str):
            _refuse_number(name, parameter.type, word.strip())


def _refuse_number(name: str, kind: object, word: str) -> None:
    if isinstance(kind, click.types.FloatParamType) and word.lower().lstrip("+-") == "nan":
        raise UsageError(f"{name} is {word}, must be a number")
    if isinstance(kind, click.types.IntParamType) and len(word) > MOST_DIGITS:
        raise UsageError(f"{name} is {word[:MOST_DIGITS]}..., far beyond 64 bits")
