"""Harmonic spheres: a finite-range repulsion of linear springs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from vitrify.models.potential import Potential, Radial
from vitrify.models.registry import register_potential


@register_potential("harmonic")
@dataclass(frozen=True, slots=True)
class Harmonic(Potential):
    """φ = ½ (1 − x)², x = r/λ < 1. φ and φ' vanish at contact; φ'' jumps there, so a contact that opens changes moduli."""

    summary: ClassVar[str] = "harmonic contacts (1/2)(1 − r/λ)^2, range λ"

    @property
    def cutoff(self) -> float:
        return 1.0

    def derivatives(self) -> Radial:
        def phi(u, c):  # noqa: ARG001  # all formulas have one signature
            x = sqrt(u)
            w = 1.0 / x
            w2 = w * w
            y = 1.0 - x
            # d/du = (1/2x) d/dx of ½ (1 − √u)²
            d1 = 0.5 * (1.0 - w)
            d2 = 0.25 * w2 * w
            return 0.5 * y * y, d1, d2, -1.5 * d2 * w2, 3.75 * d2 * w2 * w2

        return phi
