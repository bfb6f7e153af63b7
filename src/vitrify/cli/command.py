"""The form of every command of `vitrify`: its help ends in examples, which are sentences with the lines that do it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from vitrify.shipped import shipped_studies


class Example(NamedTuple):
    """A sentence that says what a line does, and the line as it is typed."""

    sentence: str
    line: str


class Command(click.Command):
    """A command with examples at the end of its help. Tests parse the lines."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = [Example(*x) for x in examples]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each with its default and its limits in words."""
        options = [x for x in self.get_params(ctx) if isinstance(x, click.Option) and not x.hidden]
        with formatter.section("Options"):
            formatter.write_dl([_described(x, ctx) for x in options])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, whose lines are never broken."""
        del ctx
        write_examples(formatter, "Examples", self.examples)


class ShippedName(click.types.StringParamType):
    """The name of a study that the package brings, which a shell completes."""

    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Names that begin like this."""
        del ctx, param
        return _completed(incomplete)


class StudyName(click.Path):
    """A study file, or the name of a study that the package brings; a shell completes both."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Of quick/ and ./quick, which say a place, nothing but quick would be left, which is a name."""
        found = Path(str(super().convert(value, param, ctx)))
        said_place = isinstance(value, str) and value != str(found)
        return found.absolute() if said_place and str(found) in shipped_studies() else found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Files, which the shell finds, and names that begin like this. The script for bash forgets what stands before
        files, so they come first."""
        return [*super().shell_complete(ctx, param, incomplete), *_completed(incomplete)]


def _described(option: click.Option, ctx: click.Context) -> tuple[str, str]:
    """The names of an option, and its help with what click adds to it, but without click's signs."""
    record, extra = option.get_help_record(ctx), option.get_help_extra(ctx)
    default, limits = extra.get("default"), extra.get("range")
    words = [
        "default: " + re.sub(r"^[(](.*)[)]$", r"\1", default) if default else "",
        re.sub("<=x<=", " to ", re.sub("^x>=", "at least ", limits)) if limits else "",
        "required" if option.required else "",
    ]
    told = "; ".join(filter(None, words))
    return record[0] if record else "", f"{option.help}{f' [{told}]' if told else ''}"


def _completed(incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(x, help=told) for x, told in shipped_studies().items() if x.startswith(incomplete)]


def write_examples(formatter: click.HelpFormatter, title: str, examples: Sequence[Example]) -> None:
    """Write a section of sentences, each with its line below it."""
    with formatter.section(title):
        for x in examples:
            formatter.write_text(x.sentence)
            formatter.write(f"{'':{formatter.current_indent + 2}}{x.line}\n")
