"""vitrify status"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from vitrify.campaign import Store
from vitrify.study import ensemble_counts, parent_temperature_of, parse_study


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object an ensemble, in a list.")
def status(directory: Path, as_json: bool) -> None:
    """Show how far the study in DIRECTORY has come: wanted, done, failed with reasons."""
    store = Store(directory)
    study = parse_study(store.read_text("study.toml"), f"{directory}/study.toml")
    rows = []
    for spec in study.ensembles:
        found = parent_temperature_of(study, spec, store)
        temperature = found.temperature if found else spec.parent_temperature
        rows.append({"ensemble": spec.name, **asdict(ensemble_counts(study, spec, store)), "temperature": temperature})
    if as_json:
        click.echo(json.dumps(rows))
        return
    click.echo(f"{'ensemble':24} {'wanted':>7} {'done':>7} {'failed':>7}  T")
    for row in rows:
        click.echo(f"{row['ensemble']:24.24} {row['wanted']:7} {row['done']:7} {row['failed']:7}  {row['temperature']}")
        for reason, number in row["reasons"].items():
            click.echo(f"{'':24} {number} failed: {reason}")
    for why in store.quarantined():
        click.echo(f"set aside: {why}")
