"""Soft repulsive spheres: an inverse power law with a smooth cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vitrify.errors import check

from .base import Potential, Radial, smooth_cutoff


@dataclass(frozen=True, slots=True)
class InversePower(Potential):
    """φ = u^(-n/2) + c0 + c2 u + c4 u²; φ, φ' and φ'' vanish at the cutoff."""

    exponent: int = 10
    rc: float = 1.5  # in λ

    summary: ClassVar[str] = "soft repulsive spheres (λ/r)^exponent, smooth at rc"

    def __post_init__(self) -> None:
        good = self.exponent >= 2 and self.exponent % 2 == 0
        check(good, "potential inverse_power", "exponent", self.exponent, "an even integer of at least 2")
        check(self.rc > 0.0, "potential inverse_power", "rc", self.rc, "positive")

    @property
    def cutoff(self) -> float:
        return self.rc

    def numbers(self) -> tuple[float, ...]:
        return smooth_cutoff(self.derivatives()(self.rc**2, (0.0, 0.0, 0.0)), self.rc**2)

    def derivatives(self) -> Radial:
        half = self.exponent // 2

        def phi(u, c):
            w = 1.0 / u
            p0 = w**half
            p1 = -half * p0 * w
            p2 = -(half + 1) * p1 * w
            p3 = -(half + 2) * p2 * w
            p4 = -(half + 3) * p3 * w
            return p0 + c[0] + u * (c[1] + u * c[2]), p1 + c[1] + 2.0 * c[2] * u, p2 + 2.0 * c[2], p3, p4

        return phi
