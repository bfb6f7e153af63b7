"""Models whose readable form holds a text in quotes: a formula, as in formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5), or the
name of a file, as in tabulated("pss.table", section="A:A") and eam("CuZr.eam.fs", elements="Cu,Zr")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vitrify.errors import UsageError, hint, shown

from .expressions.grammar import ALIASES, FUNCTIONS, OWN
from .mixture import PAPERS, Mixture
from .model import Model
from .molecule import split_molecule
from .plain_numbers import DECIMAL, finite_number, shortest
from .potentials.embedded_atom import EmbeddedAtom
from .potentials.from_formula import FromFormula, canonical
from .potentials.tabulated import Tabulated
from .setfl import eam_of, read_eam
from .tables import SAFE, read_table, table_of

LONGEST = 2000  # characters of such a form before its mixture
BEGINS = re.compile(r"\s*(formula|tabulated|eam)\s*\(", re.ASCII)
CALL = re.compile(r"""\s*(\w+)\s*\(\s*("[^"]*"|'[^']*')\s*(?:,([^()\[\]]*))?\)\s*(\[.*)?""", re.ASCII | re.DOTALL)
ARGUMENT = re.compile(rf"""\s*([^\W\d]\w*)\s*=\s*({DECIMAL.pattern}|"[^"]*"|'[^']*')\s*""")
COMMA = re.compile(r""",(?=(?:[^"']|"[^"]*"|'[^']*')*$)""")  # outside of quotes
PARAMETER = re.compile(r"[^\W\d]\w*")
EXAMPLES = {
    "formula": 'formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5)',
    "tabulated": 'tabulated("pss.table", section="A:A")',
    "eam": 'eam("CuZr.eam.fs", elements="Cu,Zr")',
}
SETTINGS = ("cutoff", "smooth_to", "mixture")  # names that no parameter of a formula may have
OF_TABLE = ("section", "digest", "smooth_to")
OF_EAM = ("elements", "digest")
KINDS = {"formula": "formula", "table": "tabulated", "eam": "eam"}  # of a model that is written as a table of names


def formula(text: str, *, cutoff: float, smooth_to: int = 2, mixture: Mixture | None = None, **parameters: float) -> Model:
    """The model of a pair potential that is written as a formula of r and λ (or l), in units of ε.

    text: numbers, + - * / ^ or **, brackets, cos cosh exp log sin sinh sqrt tanh, pi, r, l or λ, and the names of
    parameters, whose values follow as keywords; nothing in it is evaluated. cutoff: in λ; smooth_to: the highest derivative
    that vanishes there, 0 to 4. Raises UsageError for what is no potential."""
    for name in parameters:
        _require_free(name)
    form, given = canonical(text, parameters)
    potential = FromFormula(form, _number("cutoff", cutoff), _order("formula", smooth_to), given)
    shown = ", ".join(f"{name}={shortest(value)}" for name, value in potential.parameters().items())
    return Model(f'formula("{form}", {shown})', potential, PAPERS if mixture is None else mixture)


def tabulated(
    file: Path | str, section: str | None = None, *, smooth_to: int = 2, digest: str = "", mixture: Mixture | None = None
) -> Model:
    """The model of a pair potential that is given as a table: LAMMPS' pair tables, or columns of r, energy and, if known,
    force, in λ and ε.

    section: of a file with several; smooth_to: the highest derivative that vanishes at the last row, 0 to 4; digest: of the
    rows, as a model's readable form names them. `model.potential.error` is the error of the interpolation. Raises
    UsageError."""
    table = table_of(digest, str(file)) if digest else read_table(file, section)
    name = Path(file).name if digest else table.file  # a form is read back with its own name, whatever file held its rows
    potential = Tabulated(SAFE.sub("_", name), table.digest, _order("table", smooth_to))
    smooth = "" if smooth_to == 2 else f", smooth_to={int(smooth_to)}"
    form = f'tabulated("{potential.file}", digest="{potential.digest}"{smooth})'
    return Model(form, potential, PAPERS if mixture is None else mixture)


def eam(
    file: Path | str, elements: str | Sequence[str] | None = None, *, digest: str = "", mixture: Mixture | None = None
) -> Model:
    """The model of embedded atoms that LAMMPS' files eam.alloy and eam.fs describe, with λ = 1 Å and ε = 1 eV.

    elements: those of the species, in order, such as ("Cu", "Zr") or "Cu,Zr"; all of the file by default. digest: of the
    content, as a model's readable form names it; mixture: with lengths of 1, equal parts by default; masses are 1 unless it
    says others. `model.potential.error` is the error of the interpolation. Raises UsageError."""
    content = eam_of(digest, str(file)) if digest else read_eam(file)
    name = SAFE.sub("_", Path(file).name if digest else content.file)
    potential = EmbeddedAtom(name, content.digest, _elements(name, elements, content.elements))
    form = f'eam("{name}", elements="{",".join(potential.elements)}", digest="{potential.digest}")'
    return Model(form, potential, potential.usual_mixture if mixture is None else _of_elements(name, potential, mixture))


def _elements(name: str, given: Any, all_of_them: tuple[str, ...]) -> tuple[str, ...]:
    if given is None:
        return all_of_them
    found = given.split(",") if isinstance(given, str) else given
    if not isinstance(found, Sequence) or not found or not all(isinstance(x, str) and x.strip() for x in found):
        raise UsageError(f'potential {name!r}: elements is {shown(given)}, must be names such as "Cu,Zr"')
    return tuple(x.strip() for x in found)


def _of_elements(name: str, potential: EmbeddedAtom, mixture: Mixture) -> Mixture:
    """The mixture with the elements as the names of its species. Raises UsageError where it is of others."""
    elements, labels = potential.elements, mixture.labels
    if mixture.n_species != len(elements) or labels not in (elements, replace(mixture, labels=()).labels):
        raise UsageError(
            f"potential {name!r} is of {', '.join(elements)}, but its mixture has the species {', '.join(labels)}; name "
            "the elements of the species in their order"
        )
    return mixture if labels == elements else replace(mixture, labels=elements)


def is_quoted(text: str) -> bool:
    """Tell whether a readable form is one of these."""
    return BEGINS.match(text) is not None


def parse_quoted(text: str) -> Model:
    """Read such a form. Raises UsageError."""
    before, kind = text.partition("[")[0], BEGINS.match(text)
    assert kind is not None  # it was asked whether it is one
    if len(before) > LONGEST:
        raise UsageError(f"model {before[:40]!r}... has {len(before)} characters, must have at most {LONGEST}")
    call = CALL.fullmatch(text)
    if call is None:
        raise UsageError(f"model {shown(text)} cannot be read; write it like {EXAMPLES[kind[1]]}")
    return _made(kind[1], call[2][1:-1], _arguments(text, call[3] or ""), Mixture.parse(call[4]) if call[4] else None)


def settled(text: str) -> str:
    """A readable form that says the same tomorrow: that of a file names its content by a digest, since the file may change.
    Raises UsageError."""
    kind = BEGINS.match(text)
    if kind is None or kind[1] == "formula":
        return text
    before, molecule = split_molecule(text)
    return f"{parse_quoted(before)} {molecule}".rstrip()


def form_of(given: Mapping[str, Any]) -> str:
    """The readable form of a model that is written as a table of names, such as {"formula": "1/r^12", "cutoff": 1.5} or
    {"table": "pss.table", "section": "A:A"} or {"eam": "CuZr.eam.fs", "elements": "Cu,Zr"}. Raises UsageError."""
    of = [x for x in KINDS if x in given]
    if len(of) != 1 or not isinstance(given[of[0]], str) or '"' in given[of[0]]:
        raise UsageError(
            f"model is {shown(dict(given))}, must be a text, or have a formula, a table or an eam without quotes"
        )
    others = [f"{name}={_quoted(name, value)}" for name, value in given.items() if name not in KINDS]
    return f'{KINDS[of[0]]}("{", ".join([given[of[0]] + chr(34), *others])})'


def _quoted(name: str, value: object) -> str:
    """A value as it stands in a readable form."""
    number = finite_number(value)
    if number is not None:
        return shortest(number)
    if isinstance(value, str) and '"' not in value:
        return f'"{value}"'
    raise UsageError(f"model: {name} is {shown(value)}, must be a finite number or a text without quotes")


def _made(kind: str, text: str, given: dict[str, Any], mixture: Mixture | None) -> Model:
    if kind == "formula":
        if "cutoff" not in given:
            raise UsageError(f"formula {shown(text)} needs its cutoff in λ, such as cutoff=2.5")
        return formula(text, mixture=mixture, **given)
    what, takes = ("table", OF_TABLE) if kind == "tabulated" else ("potential", OF_EAM)
    for name in given:
        if name not in takes:
            raise UsageError(f"{what} {text!r} takes {', '.join(takes)}, not {name!r}{hint(name, takes)}")
    return tabulated(text, mixture=mixture, **given) if kind == "tabulated" else eam(text, mixture=mixture, **given)


def _arguments(text: str, given: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in COMMA.split(given) if given.strip() else ():
        argument = ARGUMENT.fullmatch(part)
        if argument is None:
            raise UsageError(f"model {shown(text)}: {part.strip()!r} cannot be read; write name=number, like cutoff=2.5")
        if argument[1] in found:
            raise UsageError(f"model {shown(text)}: {argument[1]!r} is given twice")
        if argument[1] == "mixture":
            raise UsageError(f"model {shown(text)}: a mixture follows behind it in brackets")
        value = argument[2]
        found[argument[1]] = value[1:-1] if value[0] in "\"'" else float(value)
    return found


def _require_free(name: str) -> None:
    """Raise UsageError unless a parameter may have this name."""
    good = PARAMETER.fullmatch(name) and name not in (*OWN, *ALIASES, *FUNCTIONS, "u")
    meant = hint(name, SETTINGS) if name not in SETTINGS else ""
    if not good:
        raise UsageError(f"formula: parameter {shown(name)} has a name that is taken, or is no word; take another{meant}")


def _number(name: str, value: object) -> float:
    number = finite_number(value)
    if number is None:
        raise UsageError(f"formula: {name} is {shown(value)}, must be a number of λ")
    return number


def _order(owner: str, value: object) -> int:
    number = finite_number(value)
    if number is None or number != int(number):
        raise UsageError(f"{owner}: smooth_to is {shown(value)}, must be 0, 1, 2, 3 or 4")
    return int(number)
