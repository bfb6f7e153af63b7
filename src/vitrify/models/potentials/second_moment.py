"""The second-moment approximation of tight binding: transition and noble metals, and alloys of two of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import exp, sqrt
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, check
from vitrify.models.many_body import ManyBody
from vitrify.models.mixture import Mixture
from vitrify.models.potential import Potential, Radial, law_of_u, no_pairs, parameter
from vitrify.models.registry import register_potential

FloatArray = NDArray[np.float64]
LARGEST = {"A": 1e3, "xi": 1e3, "p": 100.0, "q": 100.0, "r0": 100.0}  # exp(p) stays a number that a computer holds
HEAD, OF_PAIR = 2, 5  # numbers before those of pairs: outer, 1/(outer − inner); of a pair: 1/r0, A, p, ξ², 2q
FARTHEST = 5.0  # r0; beyond it no published set goes, and lists of neighbours grow with its third power
ALONE = 1e-30  # ε² that an atom without neighbours has under its root, whose slope is then a number; 1e-15 ε in F


class PairNumbers(NamedTuple):
    """The five numbers of a pair of species."""

    A: float
    xi: float
    p: float
    q: float
    r0: float


@register_potential("second_moment")
@dataclass(frozen=True, slots=True)
class SecondMoment(Potential):
    """E_i = Σ_j A exp(−p (r/r0 − 1)) − √(Σ_j ξ² exp(−2q (r/r0 − 1))), with A, ξ, p, q and r0 of the species of i and j:
    Gupta, Phys. Rev. B 23, 6265 (1981); Cleri and Rosato, Phys. Rev. B 48, 22 (1993), whose copper the default is.

    Both exponentials are multiplied by a switch that goes from 1 at inner r0 to 0 at outer r0 as the polynomial of degree 9
    whose first four derivatives vanish at both ends: U has four continuous derivatives. Cleri and Rosato end their sums
    behind the fifth shell of neighbours, √5 r0, without a switch; inner=2.25, outer=2.44 leaves these crystals as they are.

    Numbers of a second species are those with _2; of unlike species those with _12, or, where they are 0, the geometric
    means of A and ξ and the arithmetic means of p, q and r0. λ is 1 Å and ε is 1 eV. Raises UsageError."""

    A: float = parameter(0.0855, "strength of the repulsion, in ε", "positive")
    xi: float = parameter(1.224, "effective hopping integral ξ, in ε", "positive")
    p: float = parameter(10.960, "steepness of the repulsion", "above q, up to 100")
    q: float = parameter(2.278, "steepness of the hopping", "positive")
    r0: float = parameter(2.556, "distance of neighbours in the crystal, in λ", "positive")
    A_12: float = parameter(0.0, "A of unlike species", "0 (the geometric mean) or positive")
    xi_12: float = parameter(0.0, "ξ of unlike species", "0 (the geometric mean) or positive")
    p_12: float = parameter(0.0, "p of unlike species", "0 (the mean) or above q of these")
    q_12: float = parameter(0.0, "q of unlike species", "0 (the mean) or positive")
    r0_12: float = parameter(0.0, "r0 of unlike species", "0 (the mean) or positive")
    A_2: float = parameter(0.0, "A of the second species", "0 (as of the first) or positive")
    xi_2: float = parameter(0.0, "ξ of the second species", "0 (as of the first) or positive")
    p_2: float = parameter(0.0, "p of the second species", "0 (as of the first) or above q of it")
    q_2: float = parameter(0.0, "q of the second species", "0 (as of the first) or positive")
    r0_2: float = parameter(0.0, "r0 of the second species", "0 (as of the first) or positive")
    inner: float = parameter(1.732, "where the switch begins, in r0", "from 1 to below outer")
    outer: float = parameter(2.236, "where the switch ends, in r0", "above inner, up to 5")

    summary: ClassVar[str] = "metals in the second-moment approximation (Gupta; Cleri and Rosato), in eV and Å: copper"
    usual_mixture: ClassVar[Mixture] = Mixture(composition=(1.0,), lengths=((1.0,),))
    most_species: ClassVar[int] = 2

    def __post_init__(self) -> None:
        owner = "second_moment"
        for name, most in LARGEST.items():
            for label in ("", "_12", "_2"):
                value = getattr(self, name + label)
                right = 0.0 < value <= most or (bool(label) and value == 0.0)
                check(right, owner, name + label, value, f"positive, up to {most:g}{', or 0' if label else ''}")
        for label, pair in zip(("", "_12", "_2"), self.pairs, strict=True):
            may_be = f"above q{label}, which is {pair.q:g}, or nothing keeps atoms apart"
            check(pair.p > pair.q, owner, f"p{label}", pair.p, may_be)
        check(1.0 <= self.inner <= FARTHEST, owner, "inner", self.inner, f"from 1 to {FARTHEST:g}")
        if not self.inner < self.outer <= FARTHEST:
            raise UsageError(f"{owner}: outer is {self.outer:g}, must be above inner ({self.inner:g}), up to {FARTHEST:g}")

    @property
    def pairs(self) -> tuple[PairNumbers, PairNumbers, PairNumbers]:
        """The numbers of two of the first, of unlike ones and of two of the second."""
        first = self._given("")
        second = PairNumbers(*[x or own for x, own in zip(self._given("_2"), first, strict=True)])
        geometric = [sqrt(first.A * second.A), sqrt(first.xi * second.xi)]
        means = geometric + [0.5 * (x + y) for x, y in zip(first[2:], second[2:], strict=True)]
        unlike = PairNumbers(*[x or mean for x, mean in zip(self._given("_12"), means, strict=True)])
        return first, unlike, second

    def _given(self, pair: str) -> PairNumbers:
        return PairNumbers(*[getattr(self, name + pair) for name in PairNumbers._fields])

    @property
    def cutoff(self) -> float:
        return self.outer * max(pair.r0 for pair in self.pairs)

    def parameters(self) -> dict[str, float]:
        """The numbers of the first species, and all others that are not the default."""
        given = {x.name: getattr(self, x.name) for x in fields(self)}
        return {x.name: given[x.name] for x in fields(self) if x.name in LARGEST or given[x.name] != x.default}

    def numbers(self) -> tuple[float, ...]:
        first, unlike, second = self.pairs
        each = [(1.0 / x.r0, x.A, x.p, x.xi**2, 2.0 * x.q) for x in (first, unlike, unlike, second)]
        return self.outer, 1.0 / (self.outer - self.inner), *each[0], *each[1], *each[2], *each[3]

    def derivatives(self) -> Radial:
        """Nothing: the repulsion stands beside the hopping, as it depends on the species."""
        return no_pairs

    def many_body(self) -> ManyBody:
        """All of the energy, as moments Σ ξ² exp and Σ A exp."""
        return ManyBody(2, _radial, _moment, _joined, _nothing, _energy, _slopes, _pull, symmetric=True, along=_along)

    def neighbour_distance(self) -> float:
        """That of the smaller element in its crystal."""
        return min(self.pairs[0].r0, self.pairs[2].r0)

    def contact_laws(self, u: FloatArray) -> FloatArray:
        """φ + F'_i f + F'_j f of each pair of species, with φ = 2 A exp, f = ξ² exp and F' = −1/(2√Σf) in fcc crystals."""
        first, unlike, second = self.pairs
        slopes = [-0.5 / (x.xi * self._shells(x.q)) for x in (first, second)]
        r, laws = np.sqrt(u), []
        for pair, slope in ((first, 2.0 * slopes[0]), (unlike, sum(slopes)), (second, 2.0 * slopes[1])):
            switch = self._switch(r / pair.r0)
            repulsion = 2.0 * pair.A * _switched(pair.p, r / pair.r0, switch)
            energy, first_t, second_t = repulsion + slope * pair.xi**2 * _switched(2.0 * pair.q, r / pair.r0, switch)
            laws.append(law_of_u(u, energy, first_t / pair.r0, second_t / pair.r0**2))
        return np.array(laws)

    def _shells(self, q: float) -> float:
        """√Σ exp(−2q (r/r0 − 1)) over the neighbours of an atom in the fcc crystal whose neighbours are at r0."""
        k = np.arange(-8, 9)  # to beyond 5 r0
        at = np.stack(np.meshgrid(k, k, k, indexing="ij"), -1).reshape(-1, 3)
        t = np.sqrt(0.5 * (at**2).sum(1)[(at.sum(1) % 2 == 0) & at.any(1)])
        return float(np.sqrt(np.sum(_switched(2.0 * q, t, self._switch(t))[0])))

    def _switch(self, t: FloatArray) -> FloatArray:
        """(3, n) the switch at t = r/r0 and its first two derivatives."""
        width = self.outer - self.inner
        y = np.clip((self.outer - t) / width, 0.0, 1.0)
        value = y**5 * (126.0 - y * (420.0 - y * (540.0 - y * (315.0 - 70.0 * y))))
        return np.array(
            [value, -630.0 * (y * (1.0 - y)) ** 4 / width, 2520.0 * (y * (1.0 - y)) ** 3 * (1.0 - 2.0 * y) / width**2]
        )


def _switched(steepness: float, t: FloatArray, switch: FloatArray) -> FloatArray:
    """(3, n) exp(−steepness (t − 1)) with the switch, and its first two derivatives by t."""
    w, w1, w2 = switch
    k = steepness
    return np.asarray(np.exp(-k * (t - 1.0)) * np.array([w, w1 - k * w, w2 - 2.0 * k * w1 + k * k * w]))


def _radial(s, mine, theirs, c):
    """Hopping and repulsion of a bond, and what times r gives their slopes."""
    k = HEAD + OF_PAIR * (2 * mine + theirs)
    r = sqrt(s)
    t = r * c[k]
    beyond = t - 1.0
    repulsion = c[k + 1] * exp(-c[k + 2] * beyond)
    hopping = c[k + 3] * exp(-c[k + 4] * beyond)
    y = (c[0] - t) * c[1]  # 1 where the switch begins, 0 where it ends
    before = 1.0 if y >= 1.0 else 0.0
    within = 1.0 if y > 0.0 else 0.0
    within -= before
    y = y * within + before
    y4, z = y * y * y * y, 1.0 - y
    w = y4 * y * (126.0 - y * (420.0 - y * (540.0 - y * (315.0 - 70.0 * y))))
    slope = -630.0 * c[1] * y4 * (z * z * z * z)
    g = c[k] / r
    return hopping * w, repulsion * w, g * hopping * (slope - c[k + 4] * w), g * repulsion * (slope - c[k + 2] * w)


def _moment(radial, x, y, z):  # noqa: ARG001  # all terms have one signature
    return radial[0], radial[1]


def _joined(p, q):
    return p[0] + q[0], p[1] + q[1]


def _nothing(zero):
    return zero, zero


def _energy(m, mine, c):  # noqa: ARG001  # all terms have one signature
    return m[1] - sqrt(m[0] + ALONE)


def _slopes(m, mine, c):  # noqa: ARG001  # all terms have one signature
    return -0.5 / sqrt(m[0] + ALONE), 1.0


def _along(radial):
    return radial[2], radial[3]


def _pull(radial, x, y, z, m):
    along = radial[2] * m[0] + radial[3] * m[1]
    return along * x, along * y, along * z
