"""A potential that is given as a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vitrify.errors import UsageError, check
from vitrify.models.potential import Potential, Radial
from vitrify.models.splines import Fitted, InterpolationError, fitted
from vitrify.models.tables import PairTable, remember, table_of

SMOOTH = (0, 1, 2, 3, 4)  # derivatives that may vanish at the end of the table, beside φ itself
HEAD = 6  # numbers before the coefficients


@dataclass(frozen=True, slots=True)
class Tabulated(Potential):
    """A spline through the rows of a table; φ and its derivatives to the smooth_to-th vanish at the last of them.

    φ to φ_uuu are continuous, and φ_uuuu is too, though made of straight pieces. Below the first row φ is continued by its
    parabola in u: that lets a liquid start from random places, and is no physics. Raises UsageError where the table is
    nowhere, and where it attracts at its core."""

    file: str  # as a person reads it
    digest: str  # of its rows
    smooth_to: int = 2

    summary: ClassVar[str] = "a table of your own, LAMMPS' format or columns, as a spline that is smooth at its last row"

    def __post_init__(self) -> None:
        owner = f"table {self.file!r}"
        check(self.smooth_to in SMOOTH, owner, "smooth_to", self.smooth_to, "0, 1, 2, 3 or 4")
        _require_sound(self, owner)

    @property
    def table(self) -> PairTable:
        """The rows."""
        return table_of(self.digest, self.file)

    @property
    def cutoff(self) -> float:
        return float(self.table.r[-1])

    @property
    def error(self) -> InterpolationError:
        """The error of the interpolation."""
        return _fitted(self.digest, self.file, self.smooth_to).error

    def parameters(self) -> dict[str, float]:
        """The smoothness at the cutoff, where it is not 2."""
        return {} if self.smooth_to == 2 else {"smooth_to": self.smooth_to}

    def numbers(self) -> tuple[float, ...]:
        return _numbers(self.digest, self.file, self.smooth_to)

    def derivatives(self) -> Radial:
        return _spline

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the rows."""
        return _restored, (self.file, self.digest, self.smooth_to, self.table)


def _restored(file: str, digest: str, smooth_to: int, table: PairTable) -> Tabulated:
    remember(table)
    return Tabulated(file, digest, smooth_to)


@cache
def _fitted(digest: str, file: str, smooth_to: int) -> Fitted:
    return fitted(table_of(digest, file), smooth_to)


@cache
def _numbers(digest: str, file: str, smooth_to: int) -> tuple[float, ...]:
    """First knot, 1/step, last piece, then φ, φ_u, φ_uu at the first knot, then the coefficients."""
    found = _fitted(digest, file, smooth_to)
    pieces = len(found.coefficients) - 5
    return (found.first, 1.0 / found.step, pieces - 1.0, *found.start, *found.coefficients.tolist())


@cache
def _require_sound(potential: Tabulated, owner: str) -> None:
    if not Path(potential.file).name == potential.file or '"' in potential.file:
        raise UsageError(f"{owner} has a name that is no plain file name")
    rows = potential.table.energy
    found = _fitted(potential.digest, potential.file, potential.smooth_to) if rows[0] > rows[1] else None
    if found is None or not found.start[1] < 0.0:
        raise UsageError(f"{owner} attracts at its first row, where its energy must fall with r")
    if not found.start[0] >= max(0.0, float(np.max(rows[1:]) - rows[-1]) * 0.999):
        raise UsageError(f"{owner} attracts at its core: its first row must have the largest energy, and above its last")


def _spline(u, c):
    """Uniform B-splines of fifth degree: derivatives are B-splines of differences of the coefficients."""
    x = (u - c[0]) * c[1]
    inside = 1.0 if x > 0.0 else 0.0
    x = x if x > 0.0 else 0.0
    piece = int(x if x < c[2] else c[2])
    t = x - piece
    t = t if t < 1.0 else 1.0
    s = 1.0 - t
    k = HEAD + piece
    a0, a1, a2, a3, a4, a5 = c[k], c[k + 1], c[k + 2], c[k + 3], c[k + 4], c[k + 5]
    b0, b1, b2, b3, b4 = a1 - a0, a2 - a1, a3 - a2, a4 - a3, a5 - a4
    e0, e1, e2, e3 = b1 - b0, b2 - b1, b3 - b2, b4 - b3
    f0, f1, f2 = e1 - e0, e2 - e1, e3 - e2
    g0, g1 = f1 - f0, f2 - f1
    # B-splines of second to fifth degree at t, each from those before (Cox and de Boor)
    p0, p2 = 0.5 * s * s, 0.5 * t * t
    p1 = 1.0 - p0 - p2
    q0, q3 = s * p0 / 3.0, t * p2 / 3.0
    q1 = ((t + 2.0) * p0 + (2.0 - t) * p1) / 3.0
    q2 = ((t + 1.0) * p1 + (3.0 - t) * p2) / 3.0
    m0, m4 = s * q0 / 4.0, t * q3 / 4.0
    m1 = ((t + 3.0) * q0 + (2.0 - t) * q1) / 4.0
    m2 = ((t + 2.0) * q1 + (3.0 - t) * q2) / 4.0
    m3 = ((t + 1.0) * q2 + (4.0 - t) * q3) / 4.0
    n0, n5 = s * m0 / 5.0, t * m4 / 5.0
    n1 = ((t + 4.0) * m0 + (2.0 - t) * m1) / 5.0
    n2 = ((t + 3.0) * m1 + (3.0 - t) * m2) / 5.0
    n3 = ((t + 2.0) * m2 + (4.0 - t) * m3) / 5.0
    n4 = ((t + 1.0) * m3 + (5.0 - t) * m4) / 5.0
    z = (1.0 - inside) * (u - c[0])  # below the first row
    h1 = inside * c[1]
    h2 = h1 * c[1]
    h3 = h2 * c[1]
    return (
        inside * (n0 * a0 + n1 * a1 + n2 * a2 + n3 * a3 + n4 * a4 + n5 * a5)
        + (1.0 - inside) * (c[3] + z * (c[4] + 0.5 * z * c[5])),
        h1 * (m0 * b0 + m1 * b1 + m2 * b2 + m3 * b3 + m4 * b4) + (1.0 - inside) * (c[4] + z * c[5]),
        h2 * (q0 * e0 + q1 * e1 + q2 * e2 + q3 * e3) + (1.0 - inside) * c[5],
        h3 * (p0 * f0 + p1 * f1 + p2 * f2),
        h3 * c[1] * (s * g0 + t * g1),
    )
