"""Stress and all elastic constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, ClassVar

from vitrify.errors import SampleFailure
from vitrify.study.observable import NUMBER, Column, Measured, Observable, Option, register

if TYPE_CHECKING:
    from vitrify.glass import Glass
    from vitrify.observables import ElasticConstants as Constants

COMPONENTS = {3: (1, 2, 3, 4, 5, 6), 2: (1, 2, 6)}  # Voigt's numbers: in the plane xy keeps the one that it has in space
PAIRS = {d: tuple(combinations_with_replacement(numbers, 2)) for d, numbers in COMPONENTS.items()}
AVERAGES = ("voigt", "reuss", "hill")


def _meaning(a: int, b: int) -> str:
    return f"Birch's coefficient {a}{b}" + (f", mean of {a}{b} and {b}{a}" if a != b else "")


@register
@dataclass(frozen=True)
class ElasticConstants(Observable):
    """Elastic constants of a glass. The store keeps `stress`, `thermodynamic`, `birch` and `born` (of the thermodynamic
    ones) as arrays. A glass that is no minimum of the energy is recorded as failed here."""

    name: ClassVar[str] = "elastic_constants"
    summary: ClassVar[str] = (
        "stress tensor, all elastic constants C_ijkl (thermodynamic and Birch) and their isotropic averages"
    )
    may_lack: ClassVar[tuple[str, ...]] = tuple(f"c_{a}{b}" for a, b in PAIRS[3] if (a, b) not in PAIRS[2])
    columns: ClassVar[Mapping[str, Column]] = {
        **{f"c_{a}{b}": Column("ε/λ³", _meaning(a, b)) for a, b in PAIRS[3]},
        **{f"{x}_bulk_modulus": Column("ε/λ³", f"{x.capitalize()} average of K") for x in AVERAGES},
        **{f"{x}_shear_modulus": Column("ε/λ³", f"{x.capitalize()} average of G") for x in AVERAGES},
        "universal_anisotropy": Column(NUMBER, "universal index of anisotropy, 0 of an isotropic glass"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import elastic_constants

        found = elastic_constants(glass)
        if not found.is_minimum:
            raise SampleFailure(
                f"the glass is not a minimum of the energy: it has {found.zero_modes} zero modes or a negative one"
            )
        arrays = {name: getattr(found, name) for name in ("stress", "thermodynamic", "birch", "born")}
        return Measured(constants_columns(found), arrays)


def constants_columns(found: Constants) -> dict[str, Option]:
    """The columns of elastic constants."""
    birch = 0.5 * (found.birch + found.birch.T)
    upper = [(a, b) for a in range(len(birch)) for b in range(a, len(birch))]
    of_kinds = {x: getattr(found, x) for x in AVERAGES}
    return {
        **{f"c_{m}{n}": float(birch[at]) for (m, n), at in zip(PAIRS[found.dimension], upper, strict=True)},
        **{f"{x}_bulk_modulus": moduli.bulk for x, moduli in of_kinds.items()},
        **{f"{x}_shear_modulus": moduli.shear for x, moduli in of_kinds.items()},
        "universal_anisotropy": found.universal_anisotropy,
    }
