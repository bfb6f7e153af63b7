"""Families of potentials and glass formers by name: each is registered in the file that it is written in.

The package's own are there once `vitrify.models.catalogue` is imported; those of installed packages (entry points of the
group `vitrify.models`) and of files that a user names are looked for when a name is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from vitrify.errors import UsageError, check
from vitrify.options import is_word
from vitrify.plugin_files import Registry

from .mixture import Mixture
from .molecule import Molecule
from .potential import Potential

if TYPE_CHECKING:
    from .model import Model  # it needs the package's potentials, which need this file

Kind = TypeVar("Kind", bound=type[Potential])


@dataclass(frozen=True, slots=True)
class GlassFormer:
    """A glass former of the literature: a family, its parameters where they are not the family's own, the mixture, and the
    molecule that its particles are, where they are one."""

    family: str
    parameters: dict[str, float]
    mixture: Mixture
    density: float  # at which it is usually made, N/V in the unit of its lengths
    dimension: int = 3  # of that density
    summary: str = ""  # one line for `vitrify models`
    molecule: Molecule | None = None


Former = Callable[[], GlassFormer]
FAMILIES: Registry[type[Potential]] = Registry("vitrify.models")
GLASS_FORMERS: Registry[Former] = Registry("vitrify.models")
OWN_MODELS: Registry[Model] = Registry("vitrify.models")  # as they are, without parameters


def register_potential(name: str) -> Callable[[Kind], Kind]:
    """Let models of a family be written by this name, such as "yukawa(kappa=1.5)". Raises UsageError for what is no family,
    or a name that is taken."""

    def register(kind: Kind) -> Kind:
        owner = f"potential {name}"
        given: Any = kind
        below = isinstance(given, type) and issubclass(given, Potential)
        check(below, owner, "class", kind, "one below vitrify.Potential")
        made = vars(kind).get("__dataclass_params__")
        frozen = made is not None and made.frozen
        check(frozen, owner, "class", kind.__name__, "a frozen dataclass, with @dataclass(frozen=True) above it")
        check(isinstance(kind.summary, str) and bool(kind.summary), owner, "summary", kind.summary, "a line of text")
        FAMILIES[free_name(owner, name)] = kind
        return kind

    return register


def register_glass_former(former: Former) -> Former:
    """Let models be written by the name of a function that returns a GlassFormer; its docstring names the source. Raises
    UsageError for a name that is taken."""
    name = getattr(former, "__name__", "")
    check(callable(former), f"glass former {name}", "function", former, "one that returns a GlassFormer")
    GLASS_FORMERS[free_name(f"glass former {name}", name)] = former
    return former


IN_QUOTES = ("formula", "tabulated", "eam")  # what stands before a text in quotes, see quoted.py


def free_name(owner: str, name: Any) -> str:
    """The name, where a model may have it. Raises UsageError."""
    if not is_word(name):
        raise UsageError(f"{owner}: name is {name!r}, must be a word of small letters, digits and _")
    check(
        name not in IN_QUOTES and not any(x.has(name) for x in (FAMILIES, GLASS_FORMERS, OWN_MODELS)),
        owner,
        "name",
        name,
        "one that is not taken",
    )
    return str(name)
