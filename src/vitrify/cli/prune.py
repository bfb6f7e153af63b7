"""vitrify prune"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vitrify.campaign import Store
from vitrify.errors import UsageError
from vitrify.study.orphans import Orphans, leftovers, not_asked_for, quarantined_files, refuse_while_at_work, remove

from .amounts import size
from .bar import said
from .command import Command
from .lines import orphans_line


@click.command(
    cls=Command,
    examples=[
        ("List what would be removed from a store.", "vitrify prune quick-store --dry-run"),
        ("Remove it without a question.", "vitrify prune quick-store --yes"),
    ],
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Remove without asking. Otherwise the command asks before it removes.")
@click.option("--dry-run", is_flag=True, help="Only list what would be removed.")
@click.option("--quarantine", is_flag=True, help="Also remove the broken files that were set aside.")
def prune(directory: Path, yes: bool, dry_run: bool, quarantine: bool) -> None:
    """Remove from the store in DIRECTORY the results that its study no longer asks for.

    Such results are left after a study file was changed. Unfinished files of processes that were killed are removed too."""
    store = Store(directory)
    if not dry_run:
        refuse_while_at_work(store)
    found = _found(store, quarantine)
    packed = sum(len(x.packed) for x in found)
    files = f"{sum(len(x.files) for x in found)} files, {f'{packed} packed results, ' if packed else ''}"
    files += size(sum(x.size for x in found))
    for x in found:
        click.echo(orphans_line(x))
    if not found:
        click.echo("nothing to remove: the study asks for all that the store holds")
    elif dry_run:
        click.echo(f"{files} would be removed")
    elif yes or _agreed(f"Remove {files} from {directory}?"):
        if _found(store, quarantine) != found:
            raise UsageError(f"{directory} has changed since it was listed; nothing was removed: look again")
        with said(f"removing {files}"):
            remove(store, found)
        click.echo(f"{files} removed")


def _found(store: Store, quarantine: bool) -> list[Orphans]:
    with said("looking for what nobody asks for"):
        return [*not_asked_for(store), *leftovers(store), *(quarantined_files(store) if quarantine else [])]


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("prune asks before it removes, and there is no terminal to ask on: give --yes or --dry-run")
    return click.confirm(question)
