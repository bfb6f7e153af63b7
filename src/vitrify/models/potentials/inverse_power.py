"""Soft repulsive spheres: an inverse power law with a smooth cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vitrify.errors import check
from vitrify.models.potential import Potential, Radial, parameter, smooth_cutoff
from vitrify.models.registry import register_potential

SMOOTH = (2, 3)  # derivatives that may vanish at the cutoff


@register_potential("inverse_power")
@dataclass(frozen=True, slots=True)
class InversePower(Potential):
    """φ = u^(-n/2) + c0 + c2 u + c4 u² + c6 u³; φ and its derivatives to the smooth_to-th vanish at the cutoff.

    c6 is zero where smooth_to is 2. The soft spheres of Fig. 18 (a, b) are exponent 10, rc 1.48, smooth_to 3."""

    exponent: int = parameter(10, "n of the repulsion (λ/r)^n", "an even integer of at least 2")
    rc: float = parameter(1.5, "the cutoff, in λ", "positive")
    smooth_to: int = parameter(2, "the highest derivative that vanishes at the cutoff", "2 or 3")

    summary: ClassVar[str] = "soft repulsive spheres (λ/r)^exponent, smooth at rc to the smooth_to-th derivative"

    def __post_init__(self) -> None:
        good = self.exponent >= 2 and self.exponent % 2 == 0
        check(good, "potential inverse_power", "exponent", self.exponent, "an even integer of at least 2")
        check(self.rc > 0.0, "potential inverse_power", "rc", self.rc, "positive")
        check(self.smooth_to in SMOOTH, "potential inverse_power", "smooth_to", self.smooth_to, "2 or 3")

    @property
    def cutoff(self) -> float:
        return self.rc

    def parameters(self) -> dict[str, float]:
        """The parameters, without smooth_to where it is 2: earlier releases name those members by the others."""
        named = {"exponent": self.exponent, "rc": self.rc}
        return named if self.smooth_to == min(SMOOTH) else {**named, "smooth_to": self.smooth_to}

    def numbers(self) -> tuple[float, ...]:
        bare = self.derivatives()(self.rc**2, (0.0, 0.0, 0.0, 0.0))
        c = smooth_cutoff(bare, self.rc**2, smooth_to=self.smooth_to)
        return (*c, 0.0)[:4]

    def derivatives(self) -> Radial:
        half = self.exponent // 2

        def phi(u, c):
            w = 1.0 / u
            p0 = w**half
            p1 = -half * p0 * w
            p2 = -(half + 1) * p1 * w
            p3 = -(half + 2) * p2 * w
            p4 = -(half + 3) * p3 * w
            return (
                p0 + c[0] + u * (c[1] + u * (c[2] + u * c[3])),
                p1 + c[1] + u * (2.0 * c[2] + 3.0 * c[3] * u),
                p2 + 2.0 * c[2] + 6.0 * c[3] * u,
                p3 + 6.0 * c[3],
                p4,
            )

        return phi
