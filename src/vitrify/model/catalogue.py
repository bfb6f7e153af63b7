"""Named glass formers: `pss(rc=1.2)` in Python, "pss(rc=1.2)" in a study or on the command line.

To add a family, write its file in potentials/ and add one line to FAMILIES.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from vitrify.errors import UsageError

from .mixture import Mixture
from .model import Model
from .potentials import (
    Hertzian,
    InversePower,
    LennardJones,
    PiecewiseStickySpheres,
    Potential,
    QStickySpheres,
)

FAMILIES: dict[str, type[Potential]] = {
    "qss": QStickySpheres,
    "pss": PiecewiseStickySpheres,
    "lennard_jones": LennardJones,
    "inverse_power": InversePower,
    "hertzian": Hertzian,
}

CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\(\s*(.*?)\s*\))?\s*")
ARGUMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


def named(family: str, *, mixture: Mixture | None = None, **parameters: float) -> Model:
    """The model of a family with these parameters; the rest keep their defaults. Raises UsageError."""
    kind = FAMILIES.get(family)
    if kind is None:
        raise UsageError(f"model {family!r} is unknown{_hint(family, FAMILIES)}; known are {', '.join(FAMILIES)}")
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for name in parameters:
        if name not in known:
            takes = ", ".join(known) or "no parameters"
            raise UsageError(f"model {family!r} has no parameter {name!r}{_hint(name, known)}; it takes {takes}")
    potential = kind(**{name: _typed(family, name, value, known[name].default) for name, value in parameters.items()})
    shown = ", ".join(f"{k}={v!r}" for k, v in potential.parameters().items())
    return Model(f"{family}({shown})", potential, mixture or Mixture())


def parse(text: str) -> Model:
    """Read the readable form, such as "qss(q=12, xc=2.0)"; nothing in it is evaluated. Raises UsageError."""
    call = CALL.fullmatch(text)
    if call is None:
        raise UsageError(f"model {text!r} cannot be read; write it like pss(rc=1.2)")
    parameters: dict[str, float] = {}
    for part in filter(None, (call[2] or "").split(",")):
        argument = ARGUMENT.fullmatch(part)
        if argument is None:
            raise UsageError(f"model {text!r}: {part.strip()!r} cannot be read; write name=number, like rc=1.2")
        if argument[1] in parameters:
            raise UsageError(f"model {text!r}: parameter {argument[1]!r} is given twice")
        parameters[argument[1]] = float(argument[2])
    return named(call[1], mixture=None, **parameters)


def __getattr__(family: str) -> Callable[..., Model]:
    """Each family as a function: `catalogue.pss(rc=1.2)`."""
    if family not in FAMILIES:
        raise AttributeError(f"module {__name__!r} has no attribute {family!r}")

    def model(*, mixture: Mixture | None = None, **parameters: float) -> Model:
        return named(family, mixture=mixture, **parameters)

    model.__name__, model.__doc__ = family, FAMILIES[family].summary
    return model


def __dir__() -> list[str]:
    return sorted([*globals(), *FAMILIES])


def _typed(family: str, name: str, value: Any, default: Any) -> float:
    """The value in the type of the parameter's default; an integer parameter takes no fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise UsageError(f"model {family!r}: {name} is {value!r}, must be a finite number")
    if isinstance(default, int) and value != int(value):
        raise UsageError(f"model {family!r}: {name} is {value!r}, must be an integer")
    return int(value) if isinstance(default, int) else float(value)


def _hint(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""
