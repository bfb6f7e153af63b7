"""Elastic moduli and zero modes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vitrify.errors import SampleFailure, or_failure
from vitrify.study.observable import NUMBER, Column, Measured, Observable, register

if TYPE_CHECKING:
    from vitrify.backends import Cpu
    from vitrify.backends.gpu import Gpu
    from vitrify.glass import Glass
    from vitrify.observables.elasticity import Elasticity as Moduli


@register
@dataclass(frozen=True)
class Elasticity(Observable):
    """Moduli of a glass. A glass that is no minimum of the energy is recorded as failed here."""

    name: ClassVar[str] = "elasticity"
    summary: ClassVar[str] = "shear modulus, bulk modulus, Poisson's ratio, number of zero modes"
    many_at_once: ClassVar[bool] = True
    may_lack: ClassVar[tuple[str, ...]] = ("shear_modulus_xz", "shear_modulus_yz", "shear_modulus_diagonal")
    columns: ClassVar[Mapping[str, Column]] = {
        "shear_modulus": Column("ε/λ³", "G in xy, Eq. (A1)"),
        "shear_modulus_xz": Column("ε/λ³", "G in xz"),
        "shear_modulus_yz": Column("ε/λ³", "G in yz"),
        "shear_modulus_diagonal": Column("ε/λ³", "G of layers along the diagonal, of two dimensions"),
        "shear_modulus_affine": Column("ε/λ³", "Born part of G in xy"),
        "bulk_modulus": Column("ε/λ³", "K, Eq. (A3)"),
        "poisson_ratio": Column(NUMBER, "ν, Eq. (A6)"),
        "g_over_k": Column(NUMBER, "G/K"),
        "zero_modes": Column(NUMBER, "zero eigenvalues of the Hessian", int),
        "is_minimum": Column(NUMBER, "a minimum: d zero modes, none negative", bool),
    }

    def measure(self, glass: Glass) -> Measured:
        from vitrify.observables import elasticity

        return _of_minimum(elasticity(glass))

    def measure_many(self, glasses: Sequence[Glass], machine: Cpu | Gpu) -> list[Measured | SampleFailure]:
        from vitrify.observables.elasticity import elasticities

        found = elasticities(glasses, machine)
        return [x if isinstance(x, SampleFailure) else or_failure(_of_minimum, x) for x in found]


def _of_minimum(found: Moduli) -> Measured:
    if not found["is_minimum"]:
        raise SampleFailure(
            f"the glass is not a minimum of the energy: it has {found['zero_modes']} zero modes or a negative one"
        )
    return Measured(dict(found))
