"""A number with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, hypot, isfinite, log10


@dataclass(frozen=True, slots=True)
class Estimate:
    """value ± error (one standard deviation); NaN where there are too few samples to tell."""

    value: float
    error: float

    def __str__(self) -> str:
        """Compact form: 0.350(4) is 0.350 ± 0.004."""
        if not isfinite(self.value):
            return "–"
        if not isfinite(self.error) or self.error <= 0:
            return f"{self.value:.4g}"
        decimals = max(-floor(log10(self.error)), 0)
        digits = round(self.error * 10**decimals)
        return f"{self.value:.{decimals}f}({digits})"

    @property
    def is_known(self) -> bool:
        """Tell whether both the value and its error are numbers."""
        return isfinite(self.value) and isfinite(self.error)

    def deviation(self, other: Estimate) -> float:
        """Distance between two estimates in units of their combined error."""
        return abs(self.value - other.value) / hypot(self.error, other.error)


UNKNOWN = Estimate(float("nan"), float("nan"))
