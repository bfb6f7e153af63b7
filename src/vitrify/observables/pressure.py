"""Pressure from the virial, split by the sign of the pair force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vitrify.statics import Pairs


@dataclass(frozen=True, slots=True)
class Pressure:
    """p = p₊ − p₋ and its scale p₀ = p₊ + p₋, in ε/λ³."""

    positive: float
    negative: float

    @property
    def value(self) -> float:
        return self.positive - self.negative

    @property
    def over_p0(self) -> float:
        """p/p₀, or NaN where no pair exerts a force."""
        scale = self.positive + self.negative
        return self.value / scale if scale > 0 else float("nan")


def pressure(pairs: Pairs) -> Pressure:
    """p± = (1/Vd) Σ |f_ij| r_ij over repulsive and over attractive pairs, Eq. (A7)."""
    virial = -pairs.slope * pairs.distance
    scale = 0.5 / (pairs.dimension * pairs.volume)  # every pair is met twice
    return Pressure(scale * float(np.sum(virial[virial > 0])), scale * float(np.sum(-virial[virial < 0])))
