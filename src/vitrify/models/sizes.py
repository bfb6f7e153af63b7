"""A size for each particle: the distribution that sizes follow, and the interaction length of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, hint, shown

from .plain_numbers import DECIMAL, finite_number, shortest

FloatArray = NDArray[np.float64]
EXTREMES = (1e-3, 1e3)  # of a size, in λ; beyond them no box holds small and large particles together
STEEPEST = 100.0  # exponent of a power law, either way
MOST_VALUES = 1000  # of a discrete distribution
LAWS = {  # law → what its numbers are called
    "power_law": ("least", "largest", "exponent"),
    "uniform": ("least", "largest"),
    "discrete": (),
}
EXAMPLE = "sizes power_law 1,2.22,-3"
ONE_VALUE = 1e-9  # relative distance beyond the bounds that is rounding


@dataclass(frozen=True, slots=True)
class Sizes:
    """The distribution of particle sizes λ_i: p(λ) ~ λ^exponent or uniform between two sizes, or equally many of each of
    some values. Raises UsageError.

    Its readable form is "power_law 1,2.22,-3" (least, largest, exponent), "uniform 0.8,1.2" or "discrete 0.8,1,1.2"."""

    law: str
    numbers: tuple[float, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.law, str) or self.law not in LAWS:
            known = ", ".join(LAWS)
            raise UsageError(f"mixture: sizes follow {shown(self.law)}, must follow one of {known}{hint(self.law, LAWS)}")
        numbers = tuple(finite_number(x) for x in self.numbers) if isinstance(self.numbers, tuple | list) else ()
        if not numbers or None in numbers:
            raise UsageError(f"mixture: sizes {self.law} has {shown(self.numbers)}, must have finite numbers")
        object.__setattr__(self, "numbers", numbers)
        _require_distribution(self)

    def __str__(self) -> str:
        return f"{self.law} {','.join(map(shortest, self.numbers))}"

    @classmethod
    def power_law(cls, least: float, largest: float, exponent: float = -3.0) -> Sizes:
        """p(λ) ~ λ^exponent for least ≤ λ ≤ largest."""
        return cls("power_law", (least, largest, exponent))

    @classmethod
    def uniform(cls, least: float, largest: float) -> Sizes:
        """A distribution in which all sizes between two are equally frequent."""
        return cls("uniform", (least, largest))

    @classmethod
    def discrete(cls, *values: float) -> Sizes:
        """Equally many particles of each of these sizes."""
        return cls("discrete", values)

    @classmethod
    def parse(cls, text: str) -> Sizes:
        """Read the readable form. Raises UsageError."""
        law, _, rest = text.strip().partition(" ")
        words = [x.strip() for x in rest.split(",")] if rest.strip() else []
        wrong = next((x for x in words if not DECIMAL.fullmatch(x)), None)
        if wrong is not None:
            raise UsageError(f"mixture: {shown(wrong)} among its sizes is no number; write it like {EXAMPLE}")
        return cls(law, tuple(map(float, words)))

    @property
    def least(self) -> float:
        """The smallest size."""
        return min(self.numbers) if self.law == "discrete" else self.numbers[0]

    @property
    def largest(self) -> float:
        """The largest size."""
        return max(self.numbers) if self.law == "discrete" else self.numbers[1]

    def quantile(self, part: Any) -> FloatArray:
        """The size below which this part of the particles lies, of numbers from 0 to 1."""
        q = np.asarray(part, dtype=float)
        if self.law == "discrete":
            values = np.sort(self.numbers)
            return np.asarray(values[np.minimum((q * len(values)).astype(int), len(values) - 1)])
        a, b = self.least, self.largest
        power = 1.0 + (self.numbers[2] if self.law == "power_law" else 0.0)
        if power == 0.0:
            return np.asarray(np.clip(a * (b / a) ** q, a, b))
        ratio = (b / a) ** power  # in units of a, so that steep laws stay within what a computer holds
        return np.asarray(np.clip(a * (1.0 + q * (ratio - 1.0)) ** (1.0 / power), a, b))

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """(n,) sizes in random order, one from each n-th part of the distribution: as near to it as n particles can be,
        just as the fractions of species are exact."""
        return self.quantile((rng.permutation(n) + rng.random(n)) / n)

    def middle(self, n: int = 64) -> FloatArray:
        """(n,) the middles of n equal parts of the distribution: what means over it are taken of."""
        return self.quantile((np.arange(n) + 0.5) / n)

    def holds(self, sizes: FloatArray) -> NDArray[np.bool_]:
        """A mask of the sizes that may be of this distribution."""
        return np.asarray((sizes >= self.least * (1.0 - ONE_VALUE)) & (sizes <= self.largest * (1.0 + ONE_VALUE)))


def pair_length(first: Any, second: Any, nonadditivity: float) -> Any:
    """λ_ij = ½ (λ_i + λ_j)(1 − n_a |λ_i − λ_j|)."""
    return 0.5 * (first + second) * (1.0 - nonadditivity * abs(first - second))


def sizes_of(given: object) -> Sizes | None:
    """A distribution, or what its readable form says; None where none is given. Raises UsageError."""
    if given is None or isinstance(given, Sizes):
        return given
    if isinstance(given, str):
        return Sizes.parse(given)
    raise UsageError(f'mixture: sizes is {shown(given)}, must be a Sizes or its readable form, such as "{EXAMPLE[6:]}"')


def _require_distribution(sizes: Sizes) -> None:
    """Raise UsageError for numbers that make no distribution."""
    names, low, high = LAWS[sizes.law], *EXTREMES
    if names and len(sizes.numbers) != len(names):
        raise UsageError(f"mixture: sizes {sizes.law} has {len(sizes.numbers)} numbers, must have {', '.join(names)}")
    if len(sizes.numbers) > MOST_VALUES:
        raise UsageError(f"mixture: sizes has {len(sizes.numbers)} values, must have at most {MOST_VALUES}")
    for size in (sizes.least, sizes.largest):
        if not low <= size <= high:
            raise UsageError(f"mixture: sizes {sizes} has size {size:g}, must be positive, from {low:g} to {high:g}")
    if names and not sizes.least < sizes.largest:
        raise UsageError(f"mixture: sizes {sizes} has least {sizes.least:g}, must be below largest, {sizes.largest:g}")
    if sizes.law == "power_law" and not abs(sizes.numbers[2]) <= STEEPEST:
        raise UsageError(
            f"mixture: sizes {sizes} has exponent {sizes.numbers[2]:g}, must be from −{STEEPEST:g} to {STEEPEST:g}"
        )
