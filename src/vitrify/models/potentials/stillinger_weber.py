"""Stillinger and Weber's potential of particles that want their neighbours at one angle: silicon, coarse-grained water."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import ClassVar

from vitrify.errors import check
from vitrify.models.many_body import ManyBody
from vitrify.models.mixture import Mixture
from vitrify.models.potential import Potential, Radial, parameter
from vitrify.models.registry import register_potential

ENDS = 1e-12  # λ below the cutoff, from where on its exponentials are those of this distance, which are zero


@register_potential("stillinger_weber")
@dataclass(frozen=True, slots=True)
class StillingerWeber(Potential):
    """U = Σ_<ij> A (B/r⁴ − 1) exp(1/(r − a)) + strength Σ_i Σ_<jk> (cos θ_jik − cos0)² exp(γ/(r_ij − a) + γ/(r_ik − a)),
    r in λ (their σ) and U in ε: Stillinger and Weber, Phys. Rev. B 31, 5262 (1985), Eqs. (2.3) and (2.5), as for silicon.

    The sum over the angles at particle i is taken without meeting any: with e = exp(γ/(r − a)) and unit vectors n it is
    half of T:T − 2 cos0 V·V + cos0² S² − (1 − cos0)² Σ e², where T = Σ e n⊗n, V = Σ e n and S = Σ e. All derivatives
    vanish at the cutoff a. Raises UsageError."""

    strength: float = parameter(21.0, "strength of the angles, λ in the literature", "0 or more")
    A: float = parameter(7.049556277, "strength of the pairs, in ε", "positive")
    B: float = parameter(0.6022245584, "strength of their repulsion", "positive")
    a: float = parameter(1.8, "cutoff, in λ", "above 1")
    gamma: float = parameter(1.2, "range of the angles, in λ", "positive")
    cos0: float = parameter(-1.0 / 3.0, "cosine of the angle that costs nothing", "-1 to 1")

    summary: ClassVar[str] = "Stillinger and Weber's silicon: pairs and angles, smooth at 1.8 λ"
    usual_mixture: ClassVar[Mixture] = Mixture(composition=(1.0,), lengths=((1.0,),))

    def __post_init__(self) -> None:
        owner = "stillinger_weber"
        check(self.strength >= 0.0, owner, "strength", self.strength, "0 or more")
        for name in ("A", "B", "gamma"):
            check(getattr(self, name) > 0.0, owner, name, getattr(self, name), "positive")
        check(self.a > 1.0, owner, "a", self.a, "above 1")
        check(-1.0 <= self.cos0 <= 1.0, owner, "cos0", self.cos0, "from -1 to 1")

    @property
    def cutoff(self) -> float:
        return self.a

    def numbers(self) -> tuple[float, ...]:
        return self.A, self.B, self.a, self.gamma, self.strength, self.cos0

    def derivatives(self) -> Radial:
        def phi(u, c):
            x = sqrt(u)
            w = 1.0 / x
            y = 1.0 / min(x - c[2], -ENDS)
            y2 = y * y
            e = c[0] * exp(y)
            # derivatives of exp(1/(x − a)) and of B/x⁴ − 1 with respect to x, and those of their product
            e1, e2 = -y2 * e, (2.0 + y) * y2 * y * e
            e3, e4 = -(6.0 + (6.0 + y) * y) * y2 * y2 * e, (24.0 + (36.0 + (12.0 + y) * y) * y) * y2 * y2 * y * e
            b = c[1] * w * w * w * w
            b1, b2, b3, b4 = -4.0 * b * w, 20.0 * b * w * w, -120.0 * b * w * w * w, 840.0 * b * w * w * w * w
            b -= 1.0
            f1 = b1 * e + b * e1
            f2 = b2 * e + 2.0 * b1 * e1 + b * e2
            f3 = b3 * e + 3.0 * (b2 * e1 + b1 * e2) + b * e3
            f4 = b4 * e + 4.0 * (b3 * e1 + b1 * e3) + 6.0 * b2 * e2 + b * e4
            # the chain rule d/du = (1/2x) d/dx
            d1 = 0.5 * f1 * w
            d2 = 0.25 * (f2 - f1 * w) * w * w
            d3 = 0.125 * (f3 - 3.0 * (f2 - f1 * w) * w) * w * w * w
            d4 = 0.0625 * (f4 - 6.0 * f3 * w + 15.0 * (f2 - f1 * w) * w * w) * w * w * w * w
            return b * e, d1, d2, d3, d4

        return phi

    def many_body(self) -> ManyBody:
        """The energy of the angles."""
        return ManyBody(11, _radial, _moment, _joined, _nothing, _energy, _slopes, _pull, symmetric=True)


def _radial(s, mine, theirs, c):  # noqa: ARG001  # all terms have one signature
    """e/s, e/r, e and e², and their derivatives by s; e = exp(γ/(r − a))."""
    r = sqrt(s)
    y = 1.0 / (r - c[2])
    e = exp(c[3] * y)
    w = 1.0 / r
    slope = -0.5 * c[3] * y * y * e * w
    w2 = w * w
    of_r, of_s = e * w, e * w2
    return of_s, of_r, e, e * e, (slope - of_s) * w2, (slope - 0.5 * of_s) * w, slope, 2.0 * e * slope


def _moment(radial, x, y, z):
    """T by its components xx, yy, zz, xy, xz, yz; V; S; Σ e²."""
    t, v = radial[0], radial[1]
    return (
        t * x * x, t * y * y, t * z * z, t * x * y, t * x * z, t * y * z, v * x, v * y, v * z, radial[2], radial[3]
    )  # fmt: skip


def _joined(p, q):
    return (
        p[0] + q[0], p[1] + q[1], p[2] + q[2], p[3] + q[3], p[4] + q[4], p[5] + q[5], p[6] + q[6], p[7] + q[7],
        p[8] + q[8], p[9] + q[9], p[10] + q[10],
    )  # fmt: skip


def _nothing(zero):
    return zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero


def _energy(m, mine, c):  # noqa: ARG001  # all terms have one signature
    squared = m[0] * m[0] + m[1] * m[1] + m[2] * m[2] + 2.0 * (m[3] * m[3] + m[4] * m[4] + m[5] * m[5])
    along = m[6] * m[6] + m[7] * m[7] + m[8] * m[8]
    off = 1.0 - c[5]
    return 0.5 * c[4] * (squared - 2.0 * c[5] * along + c[5] * c[5] * m[9] * m[9] - off * off * m[10])


def _slopes(m, mine, c):  # noqa: ARG001  # all terms have one signature
    """∂F/∂T as a symmetric tensor, by V, by S and by Σ e²."""
    k, v, off = c[4], -2.0 * c[4] * c[5], 1.0 - c[5]
    return (
        k * m[0], k * m[1], k * m[2], k * m[3], k * m[4], k * m[5], v * m[6], v * m[7], v * m[8],
        k * c[5] * c[5] * m[9], -0.5 * k * off * off,
    )  # fmt: skip


def _pull(radial, x, y, z, m):
    tx = m[0] * x + m[3] * y + m[4] * z
    ty = m[3] * x + m[1] * y + m[5] * z
    tz = m[4] * x + m[5] * y + m[2] * z
    along, beside = x * tx + y * ty + z * tz, m[6] * x + m[7] * y + m[8] * z
    out = 2.0 * (radial[4] * along + radial[5] * beside + radial[6] * m[9] + radial[7] * m[10])
    t, v = 2.0 * radial[0], radial[1]
    return out * x + t * tx + v * m[6], out * y + t * ty + v * m[7], out * z + t * tz + v * m[8]
