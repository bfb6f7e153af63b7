"""Hertzian spheres: a finite-range repulsion of elastic contacts."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from vitrify.models.potential import Potential, Radial
from vitrify.models.registry import register_potential


@register_potential("hertzian")
@dataclass(frozen=True, slots=True)
class Hertzian(Potential):
    """φ = (2/5) (1 − x)^(5/2), x = r/λ < 1. φ and φ' and φ'' vanish at contact; φ''' diverges there."""

    summary: ClassVar[str] = "Hertzian contacts (2/5)(1 − r/λ)^(5/2), range λ"

    @property
    def cutoff(self) -> float:
        return 1.0

    def derivatives(self) -> Radial:
        def phi(u, c):  # noqa: ARG001  # all formulas have one signature
            x = sqrt(u)
            y = max(1.0 - x, 1e-100)  # at contact φ''' is infinite; what lies beyond is masked by the cutoff
            s = sqrt(y)
            w = 1.0 / x
            # derivatives with respect to x, then the chain rule d/du = (1/2x) d/dx
            f1, f2, f3, f4 = -y * s, 1.5 * s, -0.75 / s, -0.375 / (s * y)
            d1 = 0.5 * f1 * w
            d2 = 0.25 * (f2 - f1 * w) * w * w
            d3 = 0.125 * (f3 - 3.0 * (f2 - f1 * w) * w) * w * w * w
            d4 = 0.0625 * (f4 - 6.0 * f3 * w + 15.0 * (f2 - f1 * w) * w * w) * w * w * w * w
            return 0.4 * y * y * s, d1, d2, d3, d4

        return phi
