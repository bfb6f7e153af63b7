"""Lennard-Jones, cut and shifted or with a smooth cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vitrify.errors import check
from vitrify.models.potential import Potential, Radial, parameter, smooth_cutoff
from vitrify.models.registry import register_potential

SMOOTH = (0, 1, 2, 3)  # derivatives that may vanish at the cutoff, beside φ itself


@register_potential("lennard_jones")
@dataclass(frozen=True, slots=True)
class LennardJones(Potential):
    """φ = 4 (u^-6 − u^-3) + c0 + c2 u + c4 u² + c6 u³; φ and its derivatives to the smooth_to-th vanish at the cutoff.

    smooth_to 0 is the truncated and shifted form of most simulations of liquids, Kob and Andersen's among them: its force
    jumps at the cutoff, so pairs there spoil moduli and modes, and a quench may not converge. 2, as in Eq. (1), makes the
    Hessian continuous; 3 its derivative too, which quartic modes feel."""

    rc: float = parameter(2.5, "the cutoff, in λ", "larger than 1")
    smooth_to: int = parameter(2, "the highest derivative that vanishes at the cutoff", "0, 1, 2 or 3")

    summary: ClassVar[str] = "Lennard-Jones 12-6, smooth at rc to the smooth_to-th derivative (0: truncated and shifted)"

    def __post_init__(self) -> None:
        check(self.rc > 1.0, "potential lennard_jones", "rc", self.rc, "larger than 1")
        check(self.smooth_to in SMOOTH, "potential lennard_jones", "smooth_to", self.smooth_to, "0, 1, 2 or 3")

    @property
    def cutoff(self) -> float:
        return self.rc

    def parameters(self) -> dict[str, float]:
        """The parameters, without smooth_to where it is 2: files and digests of earlier releases have rc alone."""
        return {"rc": self.rc} if self.smooth_to == 2 else {"rc": self.rc, "smooth_to": self.smooth_to}

    def numbers(self) -> tuple[float, ...]:
        bare = self.derivatives()(self.rc**2, (0.0,) * 4)
        c = smooth_cutoff(bare, self.rc**2, smooth_to=self.smooth_to)
        return (*c, 0.0, 0.0)[: max(self.smooth_to + 1, 3)]

    def derivatives(self) -> Radial:
        return _cubic if self.smooth_to == 3 else _quadratic


def _quadratic(u, c):
    w = 1.0 / u
    a = w * w * w
    b = a * a
    w2 = w * w
    return (
        4.0 * (b - a) + c[0] + u * (c[1] + u * c[2]),
        12.0 * (a - 2.0 * b) * w + c[1] + 2.0 * c[2] * u,
        24.0 * (7.0 * b - 2.0 * a) * w2 + 2.0 * c[2],
        48.0 * (5.0 * a - 28.0 * b) * w2 * w,
        288.0 * (42.0 * b - 5.0 * a) * w2 * w2,
    )


def _cubic(u, c):
    w = 1.0 / u
    a = w * w * w
    b = a * a
    w2 = w * w
    return (
        4.0 * (b - a) + c[0] + u * (c[1] + u * (c[2] + u * c[3])),
        12.0 * (a - 2.0 * b) * w + c[1] + u * (2.0 * c[2] + 3.0 * c[3] * u),
        24.0 * (7.0 * b - 2.0 * a) * w2 + 2.0 * c[2] + 6.0 * c[3] * u,
        48.0 * (5.0 * a - 28.0 * b) * w2 * w + 6.0 * c[3],
        288.0 * (42.0 * b - 5.0 * a) * w2 * w2,
    )
