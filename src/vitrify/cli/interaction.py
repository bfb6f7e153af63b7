"""Options that say the interaction of a glass: a model by name, a formula, a table, or a file of embedded atoms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from math import isfinite
from typing import Any

import click

from vitrify.errors import UsageError, shown
from vitrify.models.catalogue import with_mixture
from vitrify.models.own_files import is_of_file, named
from vitrify.models.quoted import form_of

RESERVED = {
    "cutoff": "--cutoff", "section": "--section", "smooth_to": "--smooth-to", "formula": "--potential",
    "table": "--pair-table", "eam": "--eam", "elements": "--elements",
}  # fmt: skip
OPTIONS = (
    click.option(
        "--mixture",
        metavar="MIXTURE",
        show_default="that of the model",
        help='Fractions of the species and what depends on them, such as "0.8:0.2; lengths 1,0.8,0.88; energies 1,1.5,0.5",'
        " with the lengths (in λ) and energies (in ε) of the pairs AA, AB, BB. It needs a model that is given.",
    ),
    click.option(
        "--potential",
        metavar="FORMULA",
        help='Formula of a pair potential in place of a model, such as "4*((l/r)^12 - (l/r)^6)", in ε, of the distance r '
        "and the length l of the pair. It needs --cutoff.",
    ),
    click.option(
        "--pair-table",
        metavar="FILE",
        help="File with a table of distances and energies in place of a model: LAMMPS' pair table, or two columns.",
    ),
    click.option(
        "--eam",
        metavar="FILE",
        help="File of embedded atoms in place of a model: LAMMPS' eam.alloy or eam.fs, whose Å is λ and whose eV is ε.",
    ),
    click.option(
        "--elements",
        metavar="NAMES",
        show_default="all of the file",
        help="Elements of the file of --eam that the species are, in their order, such as Cu,Zr.",
    ),
    click.option("--section", metavar="NAME", help="Section of the file of --pair-table, such as A:A."),
    click.option("--cutoff", metavar="NUMBER", type=float, help="Cutoff of the formula of --potential, in λ."),
    click.option(
        "--smooth-to",
        metavar="K",
        type=int,
        show_default="2",
        help="Highest derivative of --potential or --pair-table that vanishes at the cutoff, 0 to 4.",
    ),
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE",
        help="Value of a name in the formula of --potential. The option may be repeated.",
    ),
)


def with_interaction(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command with a `model` these options too. It is called with the readable form of what all of them say, or with
    None where they say nothing."""

    @wraps(command)
    def called(
        *, model: str | None, mixture: str | None, potential: str | None, pair_table: str | None, eam: str | None,
        elements: str | None, section: str | None, cutoff: float | None, smooth_to: int | None, parameters: tuple[str, ...],
        **others: Any,
    ) -> Any:  # fmt: skip
        own: dict[str, Any] = {"cutoff": cutoff, "section": section, "smooth_to": smooth_to, "elements": elements}
        form = _form(model, {"formula": potential, "table": pair_table, "eam": eam}, own, _numbers(parameters))
        if mixture and not form:
            raise UsageError("--mixture is of a model that is given: write --model, --potential, --pair-table or --eam too")
        if form and is_of_file(form):  # the code that this names runs here, and by its digest later
            found = named(form)
            form = found.name if mixture and "[" not in form else str(found)
        return command(model=with_mixture(form, mixture) if form and mixture else form, **others)

    for option in reversed(OPTIONS):
        called = option(called)
    return called


def _form(
    model: str | None, files: Mapping[str, str | None], own: Mapping[str, Any], parameters: Mapping[str, float]
) -> str | None:
    """The readable form without its mixture. files: what each kind of a written model was given. Raises UsageError."""
    potential, table, eam = files["formula"], files["table"], files["eam"]
    given = {"a model": model, "--potential": potential, "--pair-table": table, "--eam": eam}
    said = [name for name, x in given.items() if x is not None]
    if len(said) > 1:
        raise UsageError(f"{' and '.join(said)} stand side by side, and only one of them can be the interaction")
    if potential is not None and own["cutoff"] is None:
        raise UsageError("--potential needs --cutoff, in λ")
    if own["cutoff"] is not None and not isfinite(own["cutoff"]):
        raise UsageError(f"--cutoff is {own['cutoff']:g}, must be a finite number of λ: all pairs beyond it are left out")
    _require_place("--section", own["section"], table, "--pair-table")
    _require_place("--elements", own["elements"], eam, "--eam")
    _require_place("--cutoff", own["cutoff"], potential, "--potential")
    _require_place("--parameter", parameters or None, potential, "--potential")
    _require_place(
        "--smooth-to", own["smooth_to"], table if potential is None else potential, "--potential or --pair-table"
    )
    written = {kind: x for kind, x in files.items() if x is not None}
    if not written:
        return model
    return form_of(written | {name: x for name, x in own.items() if x is not None} | dict(parameters))


def _require_place(flag: str, value: object, of: object, owner: str) -> None:
    if value is not None and of is None:
        raise UsageError(f"{flag} is of a {owner}, and there is none")


def _numbers(parameters: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in parameters:
        name, _, value = (x.strip() for x in text.partition("="))
        try:
            number = float(value)
        except ValueError:
            raise UsageError(f"--parameter is {shown(text)}, must be written like kappa=1.5") from None
        if not isfinite(number):
            raise UsageError(f"--parameter {name} is {number:g}, must be a finite number")
        if name in found:
            raise UsageError(f"--parameter {name} is given twice, as {found[name]:g} and as {number:g}; give it once")
        if name in RESERVED:
            raise UsageError(
                f"--parameter {name}: this is no name for a parameter of a formula, but belongs to {RESERVED[name]}"
            )
        found[name] = number
    return found
