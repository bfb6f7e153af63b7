"""vitrify schema"""

from __future__ import annotations

import click

from vitrify.campaign.slurm_file import slurm_schema
from vitrify.strict_json import strict_json
from vitrify.study.description import study_schema

from .command import Command

SCHEMAS = {"study": study_schema, "slurm": slurm_schema}


@click.command(
    cls=Command,
    examples=[
        ("Write the schema of study files.", "vitrify schema study > study.schema.json"),
        ("Write the schema of the files that `vitrify run --slurm` takes.", "vitrify schema slurm > slurm.schema.json"),
    ],
)
@click.argument("kind", type=click.Choice(list(SCHEMAS)), default="study")
def schema(kind: str) -> None:
    """Write the JSON Schema of study files, or of Slurm files, to standard output.

    An editor that knows the schema completes the keys of such a file and marks mistakes. The kind of file is study where it
    is left out. With `vitrify --plugin FILE.py schema` the schema has the observables and steps of that plugin too."""
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": f"a {kind} file of vitrify"}
    click.echo(strict_json({**head, **SCHEMAS[kind]()}, indent=2))
