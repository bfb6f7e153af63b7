"""vitrify models"""

from __future__ import annotations

from dataclasses import fields

import click

from vitrify.model.catalogue import FAMILIES, named
from vitrify.model.glass_formers import GLASS_FORMERS
from vitrify.model.mixture import EXAMPLE, PAPERS


@click.command()
def models() -> None:
    """List the families of models, their parameters and defaults, and the glass formers that have names."""
    for family, kind in FAMILIES.items():
        takes = ", ".join(f"{f.name} = {f.default}" for f in fields(kind))  # type: ignore[arg-type]
        click.echo(f"{family}\n    {kind.summary}\n    parameters: {takes or 'none'}\n    write: {named(family)}")
    for name, former in GLASS_FORMERS.items():
        of = former()
        usual = f"usual density {of.density:g}{'' if of.dimension == 3 else ' in two dimensions'}"
        click.echo(f"{name}\n    {of.summary}\n    {usual}\n    write: {name}(), which is {named(name)}")
    click.echo(f"mixture\n    the paper's: {PAPERS}\n    write another behind a model: {named('pss')} {EXAMPLE}")
