"""vitrify pack"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from vitrify.campaign import Store
from vitrify.study.packed import pack_store, unpack_store

from .bar import bar
from .command import Command


@click.command(
    cls=Command,
    examples=[
        ("Pack the results of a store that was made with `vitrify run --no-pack`.", "vitrify pack quick-store"),
        ("Give each result a file of its own again.", "vitrify pack quick-store --unpack"),
    ],
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--unpack", is_flag=True, help="Give each result a file of its own again.")
def pack(directory: Path, unpack: bool) -> None:
    """Pack the results of the store in DIRECTORY, some hundred to a file.

    The results do not change. A disk holds fewer files then, which suits the shared file systems of clusters. `vitrify run`
    packs by itself unless it is told not to."""
    store = Store(directory)
    if unpack:
        click.echo(unpack_store(store, track=lambda folders: bar(folders, "unpacking")).sentence())
    else:
        click.echo(pack_store(store, track=_shown).sentence())


def _shown(moved: Iterable[int], total: int) -> Iterable[int]:
    """Yield the items and show how many are done."""
    return bar(moved, "packing", total)
