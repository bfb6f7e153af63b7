"""The softest nonlinear quasilocalised mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from vitrify.study.observable import NUMBER, Column, Measured, Observable, option, register

if TYPE_CHECKING:
    from vitrify.glass import Glass

SPLIT = ("k_plus", "k_minus", "f_plus", "f_minus")


@register
@dataclass(frozen=True)
class Qlm(Observable):
    """One mode. The store keeps `vector`, `coupling`, and each particle's share of its four energies as arrays."""

    order: str = option(
        "quartic", "derivative of the energy that defines the mode: the fourth or the third", choices=("quartic", "cubic")
    )

    name: ClassVar[str] = "qlm"
    summary: ClassVar[str] = "the softest nonlinear quasilocalised mode"
    version: ClassVar[int] = 2
    columns: ClassVar[Mapping[str, Column]] = {
        "qlm_frequency": Column("√(ε/m)/λ", "ω of the softest nonlinear quasilocalised mode π, |π| = 1"),
        "qlm_residual": Column(NUMBER, "how far π is from solving Eq. (A14), in |M·π|"),
        "qlm_participation_ratio": Column(NUMBER, "participation ratio of π"),
        "qlm_quartic": Column("ε/λ⁴", "U''''::ππππ"),
        "qlm_k_plus": Column("ε/λ²", "k₊ of π, Eq. (10)"),
        "qlm_k_minus": Column("ε/λ²", "k₋ of π, Eq. (10)"),
        "qlm_f_plus": Column("ε/λ²", "f₊ of π, Eq. (10)"),
        "qlm_f_minus": Column("ε/λ²", "f₋ of π, Eq. (10)"),
        "qlm_dilation_over_shear": Column(NUMBER, "coupling of π to dilation over that to shear, Eq. (A16)"),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import quasilocalised_mode

        order: Any = self.order
        found = quasilocalised_mode(glass, order=order)
        split = {name: getattr(found.split, name) for name in SPLIT}
        values = {f"qlm_{name}": value for name, value in found.values.items()}
        return Measured(values, {"vector": found.vector, "coupling": found.coupling, **split})
