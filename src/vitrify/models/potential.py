"""The base of every pair potential, and the smoothing of a cutoff that several of them share.

Everything is a function of u = r²/λ²: force, Hessian and the cubic and quartic contractions follow from φ and its
u-derivatives without a square root. φ is in units of ε.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, fields, is_dataclass, replace
from itertools import combinations_with_replacement
from math import factorial, inf, perm
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError

from .many_body import ManyBody, two_alone
from .mixture import MOST_SPECIES, PAPERS, Mixture

FloatArray = NDArray[np.float64]
# (u, numbers) -> φ, φ_u, φ_uu, φ_uuu, φ_uuuu: plain scalar Python that a backend can compile
Radial = Callable[[Any, Any], tuple[Any, Any, Any, Any, Any]]


STEP = 1e-4  # of r, in differences of an energy by which a time step goes
CUTOFF_PARAMETERS = ("cutoff", "rc", "xc")  # what families call theirs
TOO_LARGE = (inf, -inf, inf, -inf, inf)  # φ and its derivatives where a steep core leaves a computer's numbers


class CodeNotRunError(UsageError):
    """The potential of a model is code in a file that nobody named here, so that it was not run."""


class Potential:
    """A pair potential φ(u), u = r²/λ². A family is a frozen dataclass with its parameters, its cutoff and derivatives();
    numbers() and liquid_slope() where it wants them."""

    __slots__ = ()

    summary: ClassVar[str] = ""  # one line for `vitrify models`
    usual_mixture: ClassVar[Mixture] = PAPERS  # where none is given
    most_species: ClassVar[int] = MOST_SPECIES  # of a mixture: fewer where the numbers of each pair are the potential's own

    if TYPE_CHECKING:  # each family has its own, a field or a property; one here would stand in the way of a field

        @property
        def cutoff(self) -> float:
            """Range of the interaction in units of λ."""

    def numbers(self) -> tuple[float, ...] | FloatArray:
        """Coefficients handed to every call of the radial function, so that one compilation serves all of them. A tuple,
        or, of many, an array that is not writeable."""
        return (0.0,)

    def derivatives(self) -> Radial:
        """The function (u, numbers) -> φ, φ_u, φ_uu, φ_uuu, φ_uuuu, valid below the cutoff and finite just above it."""
        raise UsageError(f"potential {type(self).__name__} has no derivatives(); write it, as in docs/potentials.md")

    def liquid_slope(self) -> Callable[[Any, Any], Any] | None:
        """The function (u, numbers) -> φ_u that leads the liquid, where a family knows one cheaper than derivatives().

        Good to 1e-9 of the force at contact is enough: thermal motion forgets far larger differences, a quench does not."""
        return None

    def many_body(self) -> ManyBody | None:
        """The part of the energy that pairs do not have, or None. Its cutoff is that of the pairs, and its numbers are
        `numbers`."""
        return None

    def neighbour_distance(self) -> float:
        """About the distance of neighbours in what is dense, in λ: lengths of an algorithm go by it."""
        return 1.0

    def contact_laws(self, u: FloatArray) -> FloatArray:
        """φ, φ_u and φ_uu at each u as pairs in contact feel them, with what their surroundings make of it; a time step
        goes by the stiffest. u: (n,); returns (laws, 3, n), one law where pairs of species differ in λ and ε alone.

        Where all of the energy is beyond pairs, the energy of two particles by themselves."""
        laws, beyond = self.evaluate(u)[None, :3], self.many_body()
        if beyond is None or laws.any():
            return laws
        r, numbers, found = np.sqrt(u), self.numbers(), []
        for i, j in combinations_with_replacement(range(self.usual_mixture.n_species), 2):
            places = [(r * (1.0 + k * STEP)).tolist() for k in (-1, 0, 1)]
            below, here, above = np.array([[two_alone(beyond, x, i, j, numbers) for x in row] for row in places])
            slope, curvature = (above - below) / (2.0 * STEP * r), (above - 2.0 * here + below) / (STEP * r) ** 2
            found.append(law_of_u(u, here, slope, curvature))
        return np.array(found)

    def with_cutoff(self, cutoff: float) -> Potential:
        """The member of this family that ends at another cutoff, in λ, smoothed there in the same way. Raises UsageError
        where the cutoff is no parameter of the family."""
        name = next((x for x in CUTOFF_PARAMETERS if x in self.parameters()), None)
        if name is None or getattr(self, name) != self.cutoff:
            raise UsageError(f"potential {type(self).__name__} has no cutoff that could be chosen for each pair of species")
        return replace(self, **{name: cutoff})  # type: ignore[type-var]  # what has parameters is a dataclass

    def parameters(self) -> dict[str, float]:
        """The parameters that make this member of its family, in order."""
        return {f.name: getattr(self, f.name) for f in fields(self)} if is_dataclass(self) else {}

    def evaluate(self, u: FloatArray) -> FloatArray:
        """φ and its four u-derivatives at each u, zero beyond the cutoff, infinite where they are too large. u: (n,);
        returns (5, n)."""
        radial, numbers = self.derivatives(), self.numbers()

        def at(x: float) -> tuple[float, ...]:
            try:
                return radial(float(x), numbers) if x < self.cutoff**2 else (0.0,) * 5
            except (OverflowError, ZeroDivisionError):
                return TOO_LARGE

        return np.array([at(x) for x in np.ravel(u)], dtype=float).T.reshape(5, *np.shape(u))

    def energy(self, u: FloatArray) -> FloatArray:
        """φ(u) in units of ε, zero beyond the cutoff."""
        return np.asarray(self.evaluate(u)[0])


def no_pairs(u: Any, c: Any) -> tuple[Any, Any, Any, Any, Any]:  # noqa: ARG001  # all formulas have one signature
    """φ and its derivatives of a potential whose energy is all beyond pairs."""
    zero = 0.0 * u
    return zero, zero, zero, zero, zero


def law_of_u(u: FloatArray, energy: FloatArray, slope: FloatArray, curvature: FloatArray) -> FloatArray:
    """φ, φ_u and φ_uu, (3, n), of φ, φ' and φ'' by r at each u = r², (n,)."""
    r = np.sqrt(u)
    return np.array([energy, 0.5 * slope / r, 0.25 * (curvature - slope / r) / u])


def parameter(default: Any, meaning: str, within: str = "") -> Any:
    """A field of a family: one of its parameters. meaning: what it is, with its unit; within: the values that it may have,
    in words. Both are told by `help` of the family; its own checks refuse other values."""
    return field(default=default, metadata={"meaning": meaning, "within": within})


def smooth_cutoff(derivatives: tuple[float, ...], u_c: float, *, smooth_to: int = 2) -> tuple[float, ...]:
    """Coefficients c0, c2, c4, ... of c0 + c2 u + c4 u² + ... that take φ and its derivatives to the smooth_to-th to zero
    at u_c, as in Eq. (1).

    derivatives: the bare φ, φ_u, φ_uu, ... at u_c. Returns smooth_to + 1 coefficients."""
    coefficients: list[float] = []  # from the highest power down: the m-th derivative fixes that of u^m
    for m in range(smooth_to, -1, -1):
        slope = derivatives[m]
        for k, c in zip(range(m + 1, smooth_to + 1), reversed(coefficients), strict=True):
            slope += perm(k, m) * c * u_c ** (k - m)
        coefficients.append(-slope / factorial(m))
    return tuple(reversed(coefficients))
