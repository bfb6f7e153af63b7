"""Piecewise sticky spheres (PSS): Lennard-Jones to its minimum, then an attraction of tunable range, Eq. (2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from math import comb
from typing import Any, ClassVar

from vitrify.errors import check
from vitrify.models.potential import Potential, Radial, parameter
from vitrify.models.registry import register_potential

POWERS = (-6, -3, 0, 1, 2, 3)  # of u in the tail: a, −b, c0, c2, c4, c6
TAU_DEGREES = ((3, 9), (2, 9), (1, 9), (0, 9), (0, 3))  # lowest and highest power of τ in φ ... φ_uuuu
SHORTEST = 1.002  # rc from which on the monomials lead a liquid
DIGITS = 60  # the six conditions lose up to 10 of them


@register_potential("pss")
@dataclass(frozen=True, slots=True)
class PiecewiseStickySpheres(Potential):
    """φ of Eq. (2). rc is the cutoff in units of x_min = 2^(1/6); φ, φ', φ'' are continuous at x_min and x_c.

    φ''' jumps at both joints, so third and fourth derivatives are the piecewise ones: each side has its own."""

    rc: float = parameter(1.2, "the cutoff over the distance of the minimum, r_c/2^(1/6) λ", "between 1 and 10")

    summary: ClassVar[str] = "piecewise sticky spheres, Eq. (2): Lennard-Jones with an attraction that ends at rc·2^(1/6)"

    def __post_init__(self) -> None:
        check(1.0 < self.rc < 10.0, "potential pss", "rc", self.rc, "between 1 and 10, in units of 2^(1/6) λ")

    @property
    def cutoff(self) -> float:
        return float(self.rc * 2.0 ** (1.0 / 6.0))

    def with_cutoff(self, cutoff: float) -> Potential:
        """The member that ends at this cutoff, in λ."""
        return PiecewiseStickySpheres(cutoff / 2.0 ** (1.0 / 6.0))

    def table_coefficients(self) -> dict[str, float]:
        """a, b, c0, c2, c4, c6 of Table II, in units of ε."""
        a, minus_b, *c = (float(x) for x in _tail(self.rc))
        return {"a": a, "b": -minus_b, "c0": c[0], "c2": c[1], "c4": c[2], "c6": c[3]}

    def numbers(self) -> tuple[float, ...]:
        return _numbers(self.rc)

    def derivatives(self) -> Radial:
        def phi(u, c):
            # Tail: with τ = 1 − u/u_c and v = u_c/u each derivative is v^(6+k) times a polynomial in τ that starts at
            # τ^(3-k). About x_c nothing large cancels: the force floor of Table II's monomials (5e-11 at rc = 1.1) goes.
            w = 1.0 / u
            w3 = w * w * w
            w6 = w3 * w3
            t = 1.0 - u * c[1]
            v = w * c[2]
            v3 = v * v * v
            v6 = v3 * v3
            t0 = c[3] + t * (c[4] + t * (c[5] + t * (c[6] + t * (c[7] + t * (c[8] + t * c[9])))))
            t1 = c[10] + t * (c[11] + t * (c[12] + t * (c[13] + t * (c[14] + t * (c[15] + t * (c[16] + t * c[17]))))))
            t2 = c[18] + t * (
                c[19] + t * (c[20] + t * (c[21] + t * (c[22] + t * (c[23] + t * (c[24] + t * (c[25] + t * c[26]))))))
            )
            t3 = c[27] + t * (
                c[28]
                + t
                * (c[29] + t * (c[30] + t * (c[31] + t * (c[32] + t * (c[33] + t * (c[34] + t * (c[35] + t * c[36])))))))
            )
            t4 = c[37] + t * (c[38] + t * (c[39] + t * c[40]))
            # Blended, not branched: with a branch here the force loop is no longer vector code (2.4 against 10 M/s).
            core = 1.0 if u < c[0] else 0.0
            tail = 1.0 - core
            w2 = w * w
            v7 = v6 * v
            v8 = v7 * v
            d0 = core * 4.0 * (w6 - w3) + tail * (v6 * t * t * t * t0)
            d1 = core * (12.0 * (w3 - 2.0 * w6) * w) + tail * (v7 * t * t * t1)
            d2 = core * (24.0 * (7.0 * w6 - 2.0 * w3) * w2) + tail * (v8 * t * t2)
            d3 = core * (48.0 * (5.0 * w3 - 28.0 * w6) * w2 * w) + tail * (v8 * v * t3)
            d4 = core * (288.0 * (42.0 * w6 - 5.0 * w3) * w2 * w2) + tail * (v8 * v * v * t4)
            return d0, d1, d2, d3, d4

        return phi

    def liquid_slope(self) -> Callable[[Any, Any], Any] | None:
        """Eq. (2) in Table II's monomials: a third of the multiplications, the whole force loop a quarter faster.

        Their sum loses digits as rc falls: good to 1e-9 of the force at contact at 1.02, to 1e-4 at 1.002, to none at
        1.0005."""
        if self.rc < SHORTEST:
            return None

        def slope(u, c):
            w = 1.0 / u
            w3 = w * w * w
            core = 1.0 if u < c[0] else 0.0  # adds what the core has beyond the tail
            powers = (c[41] + core * c[42]) * w3 + (c[43] + core * c[44])
            return powers * (w3 * w) + (1.0 - core) * (c[45] + u * (c[46] + u * c[47]))

        return slope


@cache
def _tail(rc: float) -> tuple[Decimal, ...]:
    """Solve the six conditions: φ, φ_u, φ_uu equal those of Lennard-Jones at x_min, and zero at x_c."""
    with localcontext() as context:
        context.prec = DIGITS
        u_min = Decimal(2) ** (Decimal(1) / Decimal(3))
        u_cut = u_min * Decimal(repr(float(rc))) ** 2
        rows = [_powers(u_min, order) for order in range(3)] + [_powers(u_cut, order) for order in range(3)]
        curvature = 24 * (7 * u_min**-8 - 2 * u_min**-5)
        return tuple(_solve(rows, [Decimal(-1), Decimal(0), curvature, Decimal(0), Decimal(0), Decimal(0)]))


@cache
def _numbers(rc: float) -> tuple[float, ...]:
    """u_min, 1/u_c, u_c, the polynomial coefficients in τ of φ ... φ_uuuu, then of φ_u in powers of u, Table II."""
    with localcontext() as context:
        context.prec = DIGITS
        u_min = Decimal(2) ** (Decimal(1) / Decimal(3))
        u_cut = u_min * Decimal(repr(float(rc))) ** 2
        polynomial = _in_tau(_tail(rc), u_cut)
        numbers = [u_min, 1 / u_cut, u_cut]
        for order, (first, last) in enumerate(TAU_DEGREES):
            numbers += polynomial[first : last + 1]
            polynomial = _derivative(polynomial, 6 + order, u_cut)
        a, minus_b, _, c2, c4, c6 = _tail(rc)
        numbers += [-6 * a, -24 + 6 * a, -3 * minus_b, 12 + 3 * minus_b, c2, 2 * c4, 3 * c6]
        return tuple(float(x) for x in numbers)


def _powers(u: Decimal, order: int) -> list[Decimal]:
    """The order-th u-derivative of each power in the tail."""
    values = []
    for power in POWERS:
        factor = Decimal(1)
        for k in range(order):
            factor *= power - k
        values.append(factor * u ** (power - order) if factor else Decimal(0))
    return values


def _solve(matrix: list[list[Decimal]], right: list[Decimal]) -> list[Decimal]:
    """Gauss-Jordan elimination with row pivots."""
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    n = len(rows)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(n):
            if i != k:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k], strict=True)]
    return [row[n] for row in rows]


def _in_tau(tail: tuple[Decimal, ...], u_cut: Decimal) -> list[Decimal]:
    """Coefficients of P(τ) in φ = v^6 P(τ): (1 − τ)^(power + 6) expanded for every term of the tail."""
    polynomial = [Decimal(0)] * 10
    for coefficient, power in zip(tail, POWERS, strict=True):
        for k in range(power + 7):
            polynomial[k] += coefficient * u_cut**power * comb(power + 6, k) * (-1) ** k
    return polynomial


def _derivative(polynomial: list[Decimal], order: int, u_cut: Decimal) -> list[Decimal]:
    """P of the u-derivative of v^order P: d/du = −(1/u_c) d/dτ, and dv/dτ = v²."""
    slope = [(k + 1) * p for k, p in enumerate(polynomial[1:])] + [Decimal(0)]
    shifted = [Decimal(0), *slope[:-1]]
    return [-(order * p + s - t) / u_cut for p, s, t in zip(polynomial, slope, shifted, strict=True)]
