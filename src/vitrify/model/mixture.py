"""Which particles there are: fractions, interaction lengths, masses and names of the species."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isclose

from vitrify.errors import UsageError, check

Lengths = tuple[tuple[float, ...], ...]
LEAST_PARTICLES, MOST_PARTICLES = 2, 100_000_000  # of one glass: a pair, and more than a machine's memory holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Species of a glass former; the default is the paper's 50:50 mixture of small (A) and large (B) particles."""

    composition: tuple[float, ...] = (0.5, 0.5)  # fractions, sum to 1
    lengths: Lengths = ((1.0, 1.18), (1.18, 1.4))  # λ_ij, in λ(small, small)
    masses: tuple[float, ...] = (1.0, 1.0)
    labels: tuple[str, ...] = ("A", "B")

    def __post_init__(self) -> None:
        n = len(self.composition)
        positive = all(x > 0 for x in self.composition)
        check(
            positive and isclose(sum(self.composition), 1.0),
            "mixture",
            "composition",
            self.composition,
            "positive, summing to 1",
        )
        square = len(self.lengths) == n and all(len(row) == n for row in self.lengths)
        check(square, "mixture", "lengths", self.lengths, f"a {n} by {n} table, one row a species")
        symmetric = all(self.lengths[i][j] == self.lengths[j][i] > 0 for i in range(n) for j in range(n))
        check(symmetric, "mixture", "lengths", self.lengths, "symmetric and positive")
        check(
            len(self.masses) == n and all(m > 0 for m in self.masses),
            "mixture",
            "masses",
            self.masses,
            f"{n} positive numbers",
        )
        check(len(set(self.labels)) == n, "mixture", "labels", self.labels, f"{n} different names")

    @property
    def n_species(self) -> int:
        return len(self.composition)

    @property
    def largest_length(self) -> float:
        """Largest λ_ij."""
        return max(max(row) for row in self.lengths)

    def counts(self, n_particles: int) -> tuple[int, ...]:
        """Particles of each species; raises UsageError where the fractions do not give whole numbers."""
        require_number(n_particles)
        exact = [x * n_particles for x in self.composition]
        if not all(isclose(x, round(x), abs_tol=1e-9) for x in exact):
            ratio = ":".join(f"{100 * x:g}" for x in self.composition)
            raise UsageError(
                f"n_particles is {n_particles}, but a {ratio} mixture needs a whole number of each species"
                f"; take {self._nearest(n_particles)}"
            )
        return tuple(round(x) for x in exact)

    def _nearest(self, n_particles: int) -> int:
        """The smallest larger number that divides, searched over what any two-digit composition needs."""
        for n in range(n_particles, n_particles + 1000):
            if all(isclose(x * n, floor(x * n + 0.5), abs_tol=1e-9) for x in self.composition):
                return n
        return n_particles


def require_number(n_particles: int) -> None:
    """Raise UsageError unless a glass can have so many particles."""
    if not LEAST_PARTICLES <= n_particles <= MOST_PARTICLES:
        shown = n_particles if abs(n_particles) < 2**63 else "beyond 64 bits"  # Python refuses to print the longest
        raise UsageError(f"n_particles is {shown}, must be at least {LEAST_PARTICLES} and at most {MOST_PARTICLES:,}")
