"""Maps of moduli by coarse cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vitrify.errors import SampleFailure
from vitrify.study.observable import NUMBER, Column, Measured, Observable, option, register

if TYPE_CHECKING:
    from vitrify.glass import Glass


@register
@dataclass(frozen=True)
class LocalModuli(Observable):
    """Local moduli and how they vary from cell to cell. The store keeps the maps `bulk_modulus`, `shear_moduli`, `stress`
    and `birch` as arrays. A glass that is no minimum of the energy is recorded as failed here."""

    cells: int = option(4, "number of coarse cells along each vector of the cell", at_least=1, most=65)

    name: ClassVar[str] = "local_moduli"
    summary: ClassVar[str] = (
        "maps of the local stress and of the local moduli K and G, with `cells` coarse cells along each axis"
    )
    columns: ClassVar[Mapping[str, Column]] = {
        "local_cells": Column(NUMBER, "coarse cells along each axis", int),
        "local_bulk_modulus": Column("ε/λ³", "mean over coarse cells of K, that of the glass"),
        "local_bulk_modulus_width": Column(NUMBER, "standard deviation over mean of K of coarse cells"),
        "local_shear_modulus": Column("ε/λ³", "mean over coarse cells and planes of G, Voigt average of the glass"),
        "local_shear_modulus_width": Column(NUMBER, "standard deviation of G of coarse cells in one plane, over its mean"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import local_moduli

        found = local_moduli(glass, cells=self.cells)
        if not found.is_minimum:
            raise SampleFailure("the glass is not a minimum of the energy, so that its local moduli have no meaning")
        values = {
            "local_cells": self.cells,
            "local_bulk_modulus": float(found.bulk_modulus.mean()),
            "local_bulk_modulus_width": found.bulk_modulus_width,
            "local_shear_modulus": float(found.shear_moduli.mean()),
            "local_shear_modulus_width": found.shear_modulus_width,
        }
        return Measured(
            values, {name: getattr(found, name) for name in ("bulk_modulus", "shear_moduli", "stress", "birch")}
        )

    @property
    def more_bytes(self) -> float:
        return 8.0 * 51 * self.cells**3  # the maps of space: 1 + 5 + 9 + 36 numbers a coarse cell
