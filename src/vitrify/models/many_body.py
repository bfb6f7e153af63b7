"""What an energy has beyond pairs: a sum over particles of a function of their surroundings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, NamedTuple


class ManyBody(NamedTuple):
    """The energy Σ_i F(m_i) of particles in their surroundings: the moments m_i are sums over the bonds of particle i, the
    vectors r to all that are within the cutoff of the potential.

    Three-body energies of angles (Stillinger and Weber), embedded atoms and angular-dependent potentials have this form. It
    takes as long as a pair potential: no triplet is met. All functions are plain scalar Python that a backend can compile.
    They are given numbers by a force, and truncated series by statics, which take from them all derivatives; so they may
    use + − * /, ** with numbers, math.sqrt, math.exp and int, and compare, but call nothing else on what depends on r.
    Lengths are in λ and energies in ε. `mine` and `theirs` are the species at the two ends of a bond, `numbers` those of
    the potential.

    Where moments are functions of distances alone, and F is linear in all of them but the first, `along` (with `turned`, or
    `symmetric`) makes forces faster: a force then takes the functions of a pair of particles once, not four times, and
    gives `moment` zeros for x, y and z. `located` makes those of tables faster still."""

    n_moments: int
    radial: Callable[..., Any]  # (s, mine, theirs, numbers) -> values at s = r² that moment and pull take
    moment: Callable[..., Any]  # (radial, x, y, z) -> the moments of one bond
    joined: Callable[..., Any]  # (moments, moments) -> their sum
    nothing: Callable[..., Any]  # (zero) -> the moments of no bond, of which each is `zero`
    energy: Callable[..., Any]  # (moments, mine, numbers) -> F
    slopes: Callable[..., Any]  # (moments, mine, numbers) -> ∂F/∂m, in the form in which pull takes it
    pull: Callable[..., Any]  # (radial, x, y, z, slopes) -> ∂F/∂r of one bond; linear in the slopes
    symmetric: bool = False  # radial is the same at both ends of a bond
    turned: Callable[..., Any] | None = None  # (radial) -> radial at the other end, where that needs no numbers
    # (s, 1/r, mine, theirs, numbers) -> three numbers that radial then takes in place of s, such as the place in a table
    located: Callable[..., Any] | None = None
    along: Callable[..., Any] | None = None  # (radial) -> a, b: pull is (slopes[0] a + b) r

    def energy_of(self, bonds: Sequence[tuple[float, float, float, int]], mine: int, numbers: Any) -> float:
        """F of a particle by the plain functions. bonds: their vectors, each with the species at its far end."""
        moments = self.nothing(0.0)
        for x, y, z, theirs in bonds:
            s = x * x + y * y + z * z
            given = s if self.located is None else self.located(s, 1.0 / sqrt(s), mine, theirs, numbers)
            moments = self.joined(moments, self.moment(self.radial(given, mine, theirs, numbers), x, y, z))
        return float(self.energy(moments, mine, numbers))


def two_alone(beyond: ManyBody, r: float, i: int, j: int, numbers: Any) -> float:
    """The energy beyond pairs of particles of species i and j at a distance r, with nobody else near, above that of each by
    itself."""
    bonds = (i, (r, 0.0, 0.0, j)), (j, (-r, 0.0, 0.0, i))
    return sum(beyond.energy_of([bond], mine, numbers) - beyond.energy_of([], mine, numbers) for mine, bond in bonds)
