"""vitrify measure of many files: a row each, and the failures behind them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from vitrify.campaign import Progress
from vitrify.campaign.stopping import heeding
from vitrify.cores import usable_cores
from vitrify.errors import UsageError, wrong
from vitrify.export import csvw, require_table
from vitrify.glass_files import LAST, of_suffix
from vitrify.measuring import Asked, Outcome, measure_places, places_of
from vitrify.measuring.rows import Row
from vitrify.named_files import require_apart
from vitrify.strict_json import strict_json

from .amounts import plain
from .table import Column, table, terminal_width

SHOWN = {  # columns for a terminal, by the names of their values, with their heads
    "n_particles": "N", "pressure": "p", "shear_modulus": "G", "bulk_modulus": "K", "poisson_ratio": "ν", "stickiness": "s",
    "qlm_frequency": "ω qlm", "lowest_eigenvalues_0": "lowest ω²", "energy_per_particle": "U/N", "coordination": "z",
}  # fmt: skip


def measure_files(
    files: Sequence[Path], asked: Asked, to_table: Path | None, workers: int | None, output: Path | None,
    modes: Path | None, frames: int | slice, *, as_json: bool,
) -> None:  # fmt: skip
    """Measure many files and print a row of each, or write the table. Raises UsageError, also where none of the glasses
    could be measured; the process ends with 128 + the signal that stopped it."""
    for flag, folder in (("--output", output), ("--write-modes", modes)):
        if folder and not folder.exists() and of_suffix(folder.suffix):
            raise wrong("", flag, str(folder), "a folder, where many glasses are measured")
    places = places_of(files, output, modes, frames)
    if to_table:
        _require_table(to_table, files)
    number = workers or min(usable_cores(), len(places))
    with heeding(lambda: None) as stop:
        outcome = measure_places(places, asked, workers=number, table=to_table, stop=stop, progress=Progress())
    _print(outcome, to_table, as_json=as_json)
    if asked.units and not as_json and not to_table:
        click.echo("in ε, λ and m; --table and --json have the other units beside them", err=True)
    _tell(outcome)
    if asked.quench and output is None and not as_json:
        click.echo("the quenched glasses are not kept; --output FOLDER would write them", err=True)
    if outcome.stopped_by:
        sys.exit(128 + outcome.stopped_by)
    if len(outcome.failed) == len(outcome.rows):
        raise UsageError(f"none of the {len(outcome.rows)} glasses could be measured")


def _require_table(path: Path, files: Sequence[Path]) -> None:
    """Raise UsageError unless the table can be written, onto none of the files."""
    require_table(path)
    second = csvw.metadata(path)
    for file in files:
        require_apart({"FILE": file, "--table": path})
        require_apart({"FILE": file, "the description of --table,": second})


def _print(outcome: Outcome, to_table: Path | None, *, as_json: bool) -> None:
    if as_json:
        for row in outcome.rows:
            click.echo(strict_json(row))
    elif to_table is None:
        for line in _lines([row for row in outcome.rows if not row["reason"]]):
            click.echo(line)
    if to_table is not None:
        click.echo(f"{to_table}: {outcome.sentence()}", err=as_json)
    elif outcome.stopped_by:
        click.echo(outcome.sentence(), err=True)


def _lines(rows: list[Row]) -> list[str]:
    """The table for a terminal: some numbers, and those that observables bring, as far as there is room."""
    if not rows:
        return []
    usual = [x for x in SHOWN if any(row.get(x) is not None for row in rows)]
    columns = [Column(SHOWN[x], [_shown(row.get(x)) for row in rows], spare=k) for k, x in enumerate(usual)]
    return table(Column("file", _names(rows), left=True), columns, terminal_width())


def _names(rows: list[Row]) -> list[str]:
    """Names of the files, without the folders that all have, and with their frames where these were asked for."""
    folders = {str(Path(str(row["file"])).parent) for row in rows}
    files = [Path(str(row["file"])).name if len(folders) == 1 else str(row["file"]) for row in rows]
    return [plain(x if row["frame"] == LAST else f"{x} {row['frame']}") for x, row in zip(files, rows, strict=True)]


def _tell(outcome: Outcome) -> None:
    """Say on standard error what went wrong, a line for each glass."""
    warned = list(outcome.told)
    if warned:
        more = f" (and {len(warned) - 1} more)" if len(warned) > 1 else ""
        click.echo(f"Warning: {plain(warned[0])}{more}", err=True)
    for row in outcome.failed:
        frame = "" if row["frame"] == LAST else f" frame {row['frame']}"
        name, reason = f"{row['file']}{frame}", str(row["reason"])
        click.echo(f"failed: {plain(reason if reason.startswith(name) else f'{name}: {reason}')}", err=True)


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
