"""Lennard-Jones, with the smooth cutoff of Eq. (1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vitrify.errors import check

from .base import Potential, Radial, smooth_cutoff


@dataclass(frozen=True, slots=True)
class LennardJones(Potential):
    """φ = 4 (u^-6 − u^-3) + c0 + c2 u + c4 u²; φ, φ' and φ'' vanish at the cutoff."""

    rc: float = 2.5  # in λ

    summary: ClassVar[str] = "Lennard-Jones 12-6, smooth at rc"

    def __post_init__(self) -> None:
        check(self.rc > 1.0, "potential lennard_jones", "rc", self.rc, "larger than 1")

    @property
    def cutoff(self) -> float:
        return self.rc

    def numbers(self) -> tuple[float, ...]:
        return smooth_cutoff(self.derivatives()(self.rc**2, (0.0, 0.0, 0.0)), self.rc**2)

    def derivatives(self) -> Radial:
        def phi(u, c):
            w = 1.0 / u
            a = w * w * w
            b = a * a
            w2 = w * w
            return (
                4.0 * (b - a) + c[0] + u * (c[1] + u * c[2]),
                12.0 * (a - 2.0 * b) * w + c[1] + 2.0 * c[2] * u,
                24.0 * (7.0 * b - 2.0 * a) * w2 + 2.0 * c[2],
                48.0 * (5.0 * a - 28.0 * b) * w2 * w,
                288.0 * (42.0 * b - 5.0 * a) * w2 * w2,
            )

        return phi
