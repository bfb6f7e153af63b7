"""vitrify study"""

from __future__ import annotations

import click

from vitrify.errors import UsageError
from vitrify.shipped import shipped_studies, shipped_text

from .command import Command, ShippedName


@click.command(
    cls=Command,
    examples=[
        ("List the studies that vitrify brings.", "vitrify study --list"),
        (
            "Write one to a file, to change it and to run it with `vitrify run mine.toml`.",
            "vitrify study quick > mine.toml",
        ),
    ],
)
@click.argument("name", required=False, type=ShippedName())
@click.option("--list", "listed", is_flag=True, help="List the names, each with a sentence on what it asks for.")
def study(name: str | None, listed: bool) -> None:
    """Print the study NAME that vitrify brings, or list these studies.

    `vitrify run NAME` and `vitrify plan NAME` take such a name as it is. To start a study of your own, print one to a file,
    change the file, and run it."""
    if name and listed:
        raise UsageError("study takes a name or --list, not both")
    if listed:
        _list()
    elif name:
        click.echo(shipped_text(name).encode(), nl=False)  # bytes, as a study is UTF-8 on every terminal
    else:
        raise UsageError("study has nothing to print: give the name of a study, or --list to see which there are")


def _list() -> None:
    """Print the names and the sentences, one study per line."""
    found = shipped_studies()
    room = max(map(len, found))
    for name, told in found.items():
        click.echo(f"{name:{room}}  {told}")
