"""vitrify models"""

from __future__ import annotations

import sys
from dataclasses import fields

import click

from vitrify.models.catalogue import former_of, named
from vitrify.models.checking import check
from vitrify.models.mixture import EXAMPLE, PAPERS
from vitrify.models.potential import Potential
from vitrify.models.potentials.embedded_atom import EmbeddedAtom
from vitrify.models.potentials.from_formula import FromFormula
from vitrify.models.potentials.tabulated import Tabulated
from vitrify.models.quoted import EXAMPLES
from vitrify.models.registry import FAMILIES, GLASS_FORMERS, OWN_MODELS

from .command import Command

OF_EXAMPLES: dict[str, type[Potential]] = {"formula": FromFormula, "tabulated": Tabulated, "eam": EmbeddedAtom}


@click.command(
    cls=Command,
    examples=[
        ("List the models that vitrify knows.", "vitrify models"),
        ("List those of a plugin of yours too.", "vitrify --plugin mine.py models"),
        ("Check the model that a Python file of yours holds.", "vitrify models --check mine.py:mine"),
    ],
)
@click.option(
    "--check",
    "checked",
    metavar="MODEL",
    help="Check this model instead, such as mine.py:mine: its derivatives, its cutoff, its minimum, and the time of its "
    "force beside that of Lennard-Jones. The exit code is 1 where it is not ok.",
)
def models(checked: str | None) -> None:
    """List the models: the families of potentials with their parameters and defaults, and named glass formers.

    Each is listed with the text that MODEL stands for on the command line and in study files. A model may also be a name in
    a Python file of yours, such as mine.py:mine; that file is run."""
    if checked is not None:
        report = check(checked)
        click.echo(report)
        sys.exit(0 if report.ok else 1)
    for family, kind in FAMILIES.items():
        takes = ", ".join(f"{f.name} = {f.default}" for f in fields(kind))  # type: ignore[arg-type]  # families are dataclasses
        click.echo(f"{family}\n    {kind.summary}\n    parameters: {takes or 'none'}\n    write: {named(family)}")
    for word, example in EXAMPLES.items():
        click.echo(f"{word}\n    {OF_EXAMPLES[word].summary}\n    write: {example}")
    for name in GLASS_FORMERS:
        of = former_of(name)
        usual = f"usual density {of.density:g}{'' if of.dimension == 3 else ' in two dimensions'}"
        click.echo(f"{name}\n    {of.summary}\n    {usual}\n    write: {name}(), which is {named(name)}")
    for name, model in OWN_MODELS.items():
        click.echo(f"{name}\n    a model that was registered\n    write: {model}")
    click.echo(f"mixture\n    the paper's: {PAPERS}\n    write another behind a model: {named('pss')} {EXAMPLE}")
