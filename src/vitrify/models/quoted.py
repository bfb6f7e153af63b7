"""Models whose readable form holds a text in quotes: a formula, as in formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5), or the
name of a table, as in tabulated("pss.table", section="A:A")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitrify.errors import UsageError, hint, shown

from .expressions.grammar import ALIASES, FUNCTIONS, OWN
from .mixture import PAPERS, Mixture
from .model import Model
from .molecule import split_molecule
from .plain_numbers import DECIMAL, finite_number, shortest
from .potentials.from_formula import FromFormula, canonical
from .potentials.tabulated import Tabulated
from .tables import SAFE, read_table, table_of

LONGEST = 2000  # characters of such a form before its mixture
BEGINS = re.compile(r"\s*(formula|tabulated)\s*\(", re.ASCII)
CALL = re.compile(r"""\s*(\w+)\s*\(\s*("[^"]*"|'[^']*')\s*(?:,([^()\[\]]*))?\)\s*(\[.*)?""", re.ASCII | re.DOTALL)
ARGUMENT = re.compile(rf"""\s*([^\W\d]\w*)\s*=\s*({DECIMAL.pattern}|"[^"]*"|'[^']*')\s*""")
PARAMETER = re.compile(r"[^\W\d]\w*")
EXAMPLES = {
    "formula": 'formula("4*((l/r)^12 - (l/r)^6)", cutoff=2.5)',
    "tabulated": 'tabulated("pss.table", section="A:A")',
}
SETTINGS = ("cutoff", "smooth_to", "mixture")  # names that no parameter of a formula may have
OF_TABLE = ("section", "digest", "smooth_to")


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
    """A readable form that says the same tomorrow: that of a table names its rows by their digest, since its file may
    change. Raises UsageError."""
    kind = BEGINS.match(text)
    if kind is None or kind[1] != "tabulated":
        return text
    before, molecule = split_molecule(text)
    return f"{parse_quoted(before)} {molecule}".rstrip()


def form_of(given: Mapping[str, Any]) -> str:
    """The readable form of a model that is written as a table of names, such as {"formula": "1/r^12", "cutoff": 1.5} or
    {"table": "pss.table", "section": "A:A"}. Raises UsageError."""
    kinds = {"formula": "formula", "table": "tabulated"}
    of = [x for x in kinds if x in given]
    if len(of) != 1 or not isinstance(given[of[0]], str) or '"' in given[of[0]]:
        raise UsageError(f"model is {shown(dict(given))}, must be a text, or have a formula or a table without quotes")
    others = [f"{name}={_quoted(name, value)}" for name, value in given.items() if name not in kinds]
    return f'{kinds[of[0]]}("{", ".join([given[of[0]] + chr(34), *others])})'


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
    for name in given:
        if name not in OF_TABLE:
            raise UsageError(f"table {text!r} takes {', '.join(OF_TABLE)}, not {name!r}{hint(name, OF_TABLE)}")
    return tabulated(text, mixture=mixture, **given)


def _arguments(text: str, given: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in given.split(",") if given.strip() else ():
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
