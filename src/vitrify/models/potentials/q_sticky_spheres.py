"""q-sticky spheres (QSS): the generalised Lennard-Jones or Mie potential of Eq. (1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vitrify.errors import check
from vitrify.models.potential import Potential, Radial, parameter, smooth_cutoff
from vitrify.models.registry import register_potential


@register_potential("qss")
@dataclass(frozen=True, slots=True)
class QStickySpheres(Potential):
    """φ = u^-q − 2 u^(-q/2) + c0 + c2 u + c4 u², Eq. (1); φ, φ' and φ'' vanish at x_c, so c6 = 0."""

    q: int = parameter(12, "exponent of the attraction (λ/r)^q, half the repulsion", "an even integer of at least 2")
    xc: float = parameter(2.0, "the cutoff, in λ", "larger than 1, where the minimum is")

    summary: ClassVar[str] = "q-sticky spheres, Eq. (1): (λ/r)^2q − 2 (λ/r)^q, smooth at xc"

    def __post_init__(self) -> None:
        check(self.q >= 2 and self.q % 2 == 0, "potential qss", "q", self.q, "an even integer of at least 2")
        check(self.xc > 1.0, "potential qss", "xc", self.xc, "larger than 1, the minimum of the potential")

    @property
    def cutoff(self) -> float:
        return self.xc

    def numbers(self) -> tuple[float, ...]:
        bare = self.derivatives()(self.xc**2, (0.0, 0.0, 0.0))
        return smooth_cutoff(bare, self.xc**2)

    def derivatives(self) -> Radial:
        half = self.q // 2

        def phi(u, c):
            w = 1.0 / u
            a = w**half
            b = a * a
            d1 = 2.0 * half * (a - b) * w
            d2 = 2.0 * half * ((2 * half + 1) * b - (half + 1) * a) * w * w
            d3 = 2.0 * half * ((half + 1) * (half + 2) * a - (2 * half + 1) * (2 * half + 2) * b) * w * w * w
            d4 = (2 * half + 1) * (2 * half + 2) * (2 * half + 3) * b - (half + 1) * (half + 2) * (half + 3) * a
            return (
                b - 2.0 * a + c[0] + u * (c[1] + u * c[2]),
                d1 + c[1] + 2.0 * c[2] * u,
                d2 + 2.0 * c[2],
                d3,
                2.0 * half * d4 * w * w * w * w,
            )

        return phi
