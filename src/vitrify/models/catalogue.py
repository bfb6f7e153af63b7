"""Named models: `pss(rc=1.2)` in Python, "pss(rc=1.2)" in a study or on the command line, with another mixture
"pss(rc=1.2) [0.8:0.2; lengths 1,0.8,0.88]"; glass formers of the literature, such as "kob_andersen()".

A family is one file in potentials/, or in a plugin, which registers itself; a glass former is one function, in
glass_formers.py or a plugin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from inspect import Parameter, Signature, cleandoc
from math import isfinite
from typing import Any

from vitrify.errors import UsageError, check, hint, shown
from vitrify.options import code_of, of_this_package

from . import glass_formers  # noqa: F401  # each registers itself
from .mixture import EXAMPLE, Mixture
from .model import Model
from .molecule import split_molecule
from .offers import CUTOFFS, require_energy
from .own_files import NotRun, is_of_file, parse_of_file
from .own_files import named as named_in_file
from .plain_numbers import DECIMAL, finite_number
from .potentials import Potential
from .quoted import is_quoted, parse_quoted
from .registry import FAMILIES, GLASS_FORMERS, OWN_MODELS, GlassFormer, free_name, register_potential

LONGEST = 400  # characters of a model's readable form before its mixture; the patterns below go back and forth over blanks
LARGEST_INTEGER = 10_000  # of a parameter, such as an exponent: it is compiled into the kernels
CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\(([^()]*)\))?\s*", re.ASCII)
ARGUMENT = re.compile(rf"\s*([A-Za-z_]\w*)\s*=\s*({DECIMAL.pattern})\s*", re.ASCII)

PLAIN = {"float": float, "int": int}  # kinds of parameters, as annotations that are read later have them
PAPER = "González-López, Shivam, Zheng, Ciamarra and Lerner, arXiv:2008.12011"
SURE = {  # marks in the docstrings of glass formers
    "(V)": "computed here for configurations that others published", "(S)": "read in a public source",
    "(M)": "known by memory",
}  # fmt: skip


def named(family: str, *, mixture: Mixture | None = None, **parameters: float) -> Model:
    """The model of a family with these parameters, the rest of which keep their defaults, or a glass former of the
    literature, which takes none. Raises UsageError."""
    return _member(family, parameters, mixture)


def register(name: str, what: type[Potential] | Potential | Model) -> None:
    """Let a model of your own be written by a name, in this process and wherever this line is run: in a plugin, or in the
    module that an entry point of the group `vitrify.models` names.

    what: a class of potentials, whose parameters are then written too, as in "yukawa(kappa=1.5)"; or a Model or a
    Potential, written as "yukawa()". Raises UsageError for what is none of these, or a name that is taken."""
    if isinstance(what, type):
        register_potential(name)(what)
        return
    owner, given = f"model {name}", what
    model = Model(f"{name}()", given) if isinstance(given, Potential) else given
    check(isinstance(model, Model), owner, "what", what, "a class below vitrify.Potential, a Potential or a Model")
    OWN_MODELS[free_name(owner, name)] = replace(model, name=f"{name}()")


def with_mixture(model: str, mixture: str) -> str:
    """The readable form of a model that is given apart from its mixture. Raises UsageError where it has one in it."""
    before, molecule = split_molecule(model) if isinstance(model, str) else (model, "")
    if isinstance(before, str) and "[" in before:
        raise UsageError(f"model {shown(model)} has a mixture in it, so mixture {shown(mixture)} must not be given too")
    return f"{before} {Mixture.parse(mixture)} {molecule}".rstrip()


def parse(text: str) -> Model:
    """Read the readable form, such as "qss(q=12, xc=2.0)" or "pss(rc=1.2) [0.8:0.2; lengths 1,0.8,0.88]"; nothing in it is
    evaluated, and the code of a model in a file is run only where that file was named before. Raises UsageError."""
    if not isinstance(text, str):
        raise UsageError(f"model is {shown(text)}, must be a text like pss(rc=1.2)")
    if is_of_file(text):
        return parse_of_file(text)
    text, molecule = split_molecule(text)
    found = parse_quoted(text) if is_quoted(text) else _parsed(text)
    return found.with_molecules(molecule) if molecule else found


def _parsed(text: str) -> Model:
    """Read the readable form of a family or a glass former with a mixture. Raises UsageError."""
    whole = text
    text, bracket, rest = text.partition("[")
    if len(text) > LONGEST:
        raise UsageError(f"model {text[:40]!r}... has {len(text)} characters, must have at most {LONGEST}")
    call = CALL.fullmatch(text)
    if call is None:
        if text.rstrip(": ").endswith(".py"):
            raise UsageError(f"model {shown(whole)} names a file and nothing in it; write it like mine.py:mine")
        raise UsageError(f"model {shown(whole)} cannot be read; write it like pss(rc=1.2) or pss(rc=1.2) {EXAMPLE}")
    return _member(call[1], _arguments(text, call), Mixture.parse(bracket + rest) if bracket else None)


def model_of(given: Model | str) -> Model:
    """The model that a person gives, or what its readable form says; for mine.py:mine that file is run. Raises
    UsageError."""
    if isinstance(given, str) and is_of_file(given):
        return named_in_file(given)
    if isinstance(given, Potential):
        raise UsageError(f'model is the potential {shown(given)}, must be a Model: vitrify.Model("my name", potential)')
    return given if isinstance(given, Model) else parse(given)


def _arguments(text: str, call: re.Match[str]) -> dict[str, float]:
    parameters: dict[str, float] = {}
    given = (call[2] or "").strip()
    for part in given.split(",") if given else ():
        argument = ARGUMENT.fullmatch(part)
        if argument is None:
            raise UsageError(f"model {text!r}: {part.strip()!r} cannot be read; write name=number, like rc=1.2")
        if argument[1] in parameters:
            raise UsageError(f"model {text!r}: parameter {argument[1]!r} is given twice")
        parameters[argument[1]] = float(argument[2])
    return parameters


def _member(family: str, parameters: dict[str, float], mixture: Mixture | None) -> Model:
    if not FAMILIES.has(family) and family in GLASS_FORMERS:
        return _glass_former(family, parameters, mixture)
    if not FAMILIES.has(family) and family in OWN_MODELS:
        return _own_model(family, parameters, mixture)
    kind = FAMILIES.get(family)
    if kind is None:
        names = (*FAMILIES, *GLASS_FORMERS, *OWN_MODELS)
        raise UsageError(f"model {family!r} is unknown{hint(family, names)}; known are {', '.join(names)}")
    known: dict[str, Field[Any]] = {f.name: f for f in fields(kind)} if is_dataclass(kind) else {}
    for name in parameters:
        if name not in known:
            takes = ", ".join(known) or "no parameters"
            raise UsageError(f"model {family!r} has no parameter {name!r}{hint(name, known)}; it takes {takes}")
    for name, field in known.items():
        if name not in parameters and field.default is MISSING and field.default_factory is MISSING:
            raise UsageError(f"model {family!r} needs a value for {name!r}; write {family}({name}=...)")
    potential = kind(**{name: _typed(family, name, value, known[name].default) for name, value in parameters.items()})
    shown = ", ".join(f"{k}={v!r}" for k, v in potential.parameters().items())
    _require_usable(potential, f"{family}({shown})")
    return Model(f"{family}({shown})", potential, potential.usual_mixture if mixture is None else mixture)


def _glass_former(name: str, parameters: dict[str, float], mixture: Mixture | None) -> Model:
    """A glass former of the literature, or its potential with another mixture."""
    former = former_of(name)
    if parameters:
        given = ", ".join(parameters)
        family = str(_member(former.family, former.parameters, None))
        raise UsageError(f"model {name!r} has no parameters, but {given} is given; its potential is {family}")
    return _member(former.family, former.parameters, mixture or former.mixture).with_molecules(former.molecule)


def _own_model(name: str, parameters: dict[str, float], mixture: Mixture | None) -> Model:
    """A model that a user registered as it is, or its potential with another mixture."""
    if parameters:
        raise UsageError(f"model {name!r} has no parameters, but {', '.join(parameters)} is given")
    own = OWN_MODELS[name]
    return own if mixture is None else replace(own, mixture=mixture)


def former_of(name: str) -> GlassFormer:
    """The record that a name of a glass former stands for. Raises UsageError where the code of a plugin fails."""
    former = GLASS_FORMERS[name]
    with code_of(former, f"glass former {name}", UsageError):
        found = former()
        if not isinstance(found, GlassFormer):
            raise TypeError(f"it gave a {type(found).__name__}, must give a GlassFormer")
    return found


def usual_dimension(model: Model) -> int:
    """The usual dimension: 2 of a glass former of the literature that is made for it, however written; 3 of others."""
    named = (former_of(name) for name in GLASS_FORMERS)
    flat = [_member(x.family, x.parameters, x.mixture) for x in named if x.dimension == 2]
    return 2 if model in flat else 3


def is_shipped(potential: Potential | type[Potential]) -> bool:
    """Whether a potential, or its family, comes with the package."""
    kind = potential if isinstance(potential, type) else type(potential)
    return of_this_package(kind) and kind is not NotRun


def __getattr__(family: str) -> Callable[..., Model]:
    """Families and glass formers as functions: `catalogue.pss(rc=1.2)`, `catalogue.kob_andersen()`."""
    if family.startswith("_") or not any(family in x for x in (FAMILIES, GLASS_FORMERS, OWN_MODELS)):
        raise AttributeError(f"module {__name__!r} has no attribute {family!r}")

    def model(*, mixture: Mixture | None = None, **parameters: float) -> Model:
        return named(family, mixture=mixture, **parameters)

    taken = _parameters_of(FAMILIES[family]) if family in FAMILIES else []
    given = [*taken, Parameter("mixture", Parameter.KEYWORD_ONLY, default=None, annotation=Mixture | None)]
    model.__name__ = model.__qualname__ = family
    model.__module__ = __package__
    model.__doc__ = _help_on_family(family) if family in FAMILIES else _help_on_former(family)
    model.__signature__ = Signature(given, return_annotation=Model)  # type: ignore[attr-defined]  # as inspect reads it
    return model


def _parameters_of(kind: Any) -> list[Parameter]:
    """The parameters of a family as those of a function; none of what is no dataclass."""
    if not is_dataclass(kind):
        return []
    defaults = {x.name: Parameter.empty if x.default is MISSING else x.default for x in fields(kind) if x.init}
    kinds = {x.name: PLAIN.get(str(x.type), x.type) for x in fields(kind)}
    return [Parameter(x, Parameter.KEYWORD_ONLY, default=given, annotation=kinds[x]) for x, given in defaults.items()]


def _help_on_family(family: str) -> str:
    """What `help` prints of a family: its formula and where that stands, then each parameter."""
    kind: Any = FAMILIES[family]
    lines = [f"A model of this potential: {kind.summary}.", "", cleandoc(kind.__doc__ or ""), ""]
    for x in fields(kind) if is_dataclass(kind) else ():
        meaning, within = x.metadata.get("meaning", "a parameter"), x.metadata.get("within", "")
        default = "needed" if x.default is MISSING else f"default {x.default}"
        lines.append(f"{x.name}: {meaning}; {f'{within}; ' if within else ''}{default}.")
    mixture = f"mixture: a Mixture; default None, which is {kind.usual_mixture}."
    if is_shipped(kind) and "Eq. (" in "".join(lines):
        mixture += f"\nNumbers of equations are those of {PAPER}."
    return "\n".join([*lines, mixture, "Raises UsageError for a value that a parameter cannot have."])


def _help_on_former(name: str) -> str:
    """What `help` prints of a glass former: its source, and the model that it stands for."""
    about = cleandoc(GLASS_FORMERS[name].__doc__ or "") if name in GLASS_FORMERS else "A model that was registered."
    if any(mark in about for mark in SURE):
        told = "; ".join(f"{mark}: {words}" for mark, words in SURE.items() if mark in about)
        about = f"{about}\n\n{told}."
    return f"{about}\n\nIt is {named(name)}.\nmixture: another Mixture in place of its own; default None."


def _typed(family: str, name: str, value: Any, default: Any) -> float:
    """The value in the type of the parameter's default; an integer parameter takes no fraction."""
    number = finite_number(value)
    if number is None or not abs(number) < 1e300:
        raise UsageError(f"model {family!r}: {name} is {shown(value)}, must be a finite number")
    if isinstance(default, int) and (number != int(number) or abs(number) > LARGEST_INTEGER):
        raise UsageError(f"model {family!r}: {name} is {shown(value)}, must be an integer of at most {LARGEST_INTEGER}")
    return int(number) if isinstance(default, int) else number


def _require_usable(potential: Potential, name: str) -> None:
    """Raise UsageError where parameters, each of them allowed, make numbers that a computer does not hold."""
    if not is_shipped(potential):
        require_energy(potential)  # its author's mistakes have sentences of their own
        return
    shortest, longest = CUTOFFS
    if not shortest <= potential.cutoff <= longest:
        raise UsageError(f"model {name}: its cutoff is {potential.cutoff:g} λ, must be {shortest:g} to {longest:g}")
    try:
        numbers = potential.numbers()
        usable = all(map(isfinite, [*numbers, *potential.derivatives()(0.99 * potential.cutoff**2, numbers)]))
    except ArithmeticError:
        usable = False
    if not usable:
        raise UsageError(f"model {name}: its coefficients are too large for the computer; choose less extreme parameters")
