"""A spline through a table, in u = r²/λ²: pieces of fifth degree between evenly spaced knots, four times differentiable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError

from .potential import smooth_cutoff
from .tables import PairTable

FloatArray = NDArray[np.float64]
DEGREE = 5
LEAST_PIECES, MOST_PIECES = 512, 32_768  # of the spline; more do not fit the second-level cache beside particles
EVEN = 1e-6  # of the mean step of u: rows that are as even as this are the knots themselves
NEAR_WELL = 10.0  # ε above the least energy: where interpolation is judged, since no liquid goes beyond
LOOKED_AT = 200  # places in the outer half of the table
QUIET = 1e-8  # of the largest value there: a derivative that is smaller at the end has vanished
ORDERS = 3  # φ, φ_u, φ_uu: the derivatives whose error is told


@dataclass(frozen=True, slots=True)
class InterpolationError:
    """Errors of a table's interpolation where φ is less than 10 ε above its least value, each the largest and the rms.

    By leaving out every second row, which makes them larger than they are; force_column: −dφ/dr against the column of the
    file, NaN where there is none."""

    energy: tuple[float, float]  # ε
    slope: tuple[float, float]  # of φ_u, over the rms of φ_u
    stiffness: tuple[float, float]  # of φ_uu, over the rms of φ_uu
    force_column: tuple[float, float]  # over the rms of the force

    def __str__(self) -> str:
        told = [
            f"energies to {self.energy[1]:.1g} ε",
            f"forces to {self.slope[1]:.1g}",
            f"stiffnesses to {self.stiffness[1]:.1g} (rms, by leaving out every second row)",
        ]
        beside = "" if np.isnan(self.force_column[1]) else f"; its force column differs by {self.force_column[1]:.1g}"
        return f"interpolation is good in {', '.join(told)}{beside}"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A spline that ends smoothly: knots first + k step, B-spline coefficients, and φ, φ_u, φ_uu at the first knot."""

    first: float
    step: float
    coefficients: FloatArray
    start: tuple[float, float, float]
    error: InterpolationError


def fitted(table: PairTable, smooth_to: int) -> Fitted:
    """The spline of a table. Its rows are interpolated in u by pieces of fifth degree; c0 + c2 u + ... is added, so that φ
    and its derivatives to the smooth_to-th vanish at the last row; and knots that are not even are made so."""
    u = table.r**2
    through = _through(u, table.energy)
    last = float(u[-1])
    fewer = _through(u[::-2][::-1], table.energy[::-2][::-1])  # every second row, the last among them
    bare = tuple(_unless_noise(through, fewer, u, k) for k in range(smooth_to + 1))
    added = np.polynomial.Polynomial(smooth_cutoff(bare, last, smooth_to=smooth_to))
    knots = _even_knots(u)
    energy = through(knots) + added(knots)
    if len(knots) == len(u):  # as even as they are
        energy = table.energy + added(u)
    ends = [[float(through(x, nu=k)) + float(added.deriv(k)(x)) for k in (1, 2)] for x in (u[0], last)]
    ends[1] = [0.0 if k <= smooth_to else x for k, x in zip((1, 2), ends[1], strict=True)]
    energy[-1] = 0.0
    coefficients = _coefficients(knots, energy, ends)
    error = _error(table, u, through, fewer, added)
    return Fitted(float(knots[0]), float(knots[1] - knots[0]), coefficients, (float(energy[0]), *ends[0]), error)  # type: ignore[arg-type]  # two of them


def _unless_noise(through: Any, fewer: Any, u: FloatArray, k: int) -> float:
    """The k-th derivative at the last row; zero where it is no more than noise, or than half the rows leave uncertain: that
    is not to be taken away from all of the potential."""
    there, noise = float(through(u[-1], nu=k)), abs(float(through(u[-1], nu=k) - fewer(u[-1], nu=k)))
    outer = through(np.linspace(0.5 * (u[0] + u[-1]), u[-1], LOOKED_AT), nu=k)
    return 0.0 if abs(there) <= QUIET * np.abs(outer).max() + 2.0 * noise else there


def _through(u: FloatArray, energy: FloatArray) -> Any:
    from scipy.interpolate import make_interp_spline  # a tenth of a second

    return make_interp_spline(u, energy, k=DEGREE)


def _even_knots(u: FloatArray) -> FloatArray:
    """Evenly spaced u: the rows themselves where they are, else enough of them."""
    steps = np.diff(u)
    if np.ptp(steps) < EVEN * steps.mean() and len(steps) <= MOST_PIECES:
        return np.linspace(u[0], u[-1], len(u))
    wanted = int(np.clip(np.ptp(u) / steps.min(), LEAST_PIECES, MOST_PIECES))
    return np.linspace(u[0], u[-1], wanted + 1)


def _coefficients(knots: FloatArray, energy: FloatArray, ends: list[list[float]]) -> FloatArray:
    """Coefficients of the uniform B-splines: energies at the knots, and φ_u and φ_uu at both ends."""
    from scipy.interpolate import BSpline
    from scipy.sparse import csc_matrix, csr_matrix, vstack
    from scipy.sparse.linalg import spsolve

    pieces, step = len(knots) - 1, float(knots[1] - knots[0])
    t = np.arange(-DEGREE, pieces + DEGREE + 1, dtype=float)  # in units of the step, from the first knot on
    at = BSpline.design_matrix(np.arange(pieces + 1, dtype=float), t, DEGREE)
    rows, right = [], []
    for place, k in ((0, 1), (0, 2), (1, 1), (1, 2)):
        values = np.zeros(pieces + DEGREE)
        first = (0, pieces - 1)[place]
        for j in range(DEGREE + 1):
            one = np.zeros(pieces + DEGREE)
            one[first + j] = 1.0
            values[first + j] = BSpline(t, one, DEGREE)(float((0, pieces)[place]), nu=k)
        rows.append(csr_matrix(values))
        right.append(ends[place][k - 1] * step**k)
    matrix = csc_matrix(vstack([rows[0], rows[1], at, rows[2], rows[3]]))
    return np.asarray(spsolve(matrix, np.concatenate([right[:2], energy, right[2:]])))


def _error(table: PairTable, u: FloatArray, through: Any, fewer: Any, added: Any) -> InterpolationError:
    """The spline of every second row against all of them."""
    low = table.energy + added(u)
    looked = (low < low.min() + NEAR_WELL) & (u >= u[::-2][-1])
    looked[::-2] = False  # those were not left out
    if not looked.any():
        raise UsageError(
            f"table {table.file!r} has too few rows within {NEAR_WELL:g} ε of its least energy for an interpolation; "
            "its energies must be in ε, and its rows denser there"
        )
    at = u[looked]
    off = [np.abs(fewer(at, nu=k) - through(at, nu=k)) for k in range(ORDERS)]
    scale = [1.0, *(_rms(through(at, nu=k) + added.deriv(k)(at)) for k in (1, 2))]
    found = [(float(x.max() / s), _rms(x) / s) for x, s in zip(off, scale, strict=True)]
    column = (np.nan, np.nan)
    if table.force is not None:
        force = -2.0 * table.r * through(u, nu=1)
        apart, size = np.abs(force - table.force)[looked], _rms(table.force[looked])
        column = (float(apart.max() / size), _rms(apart) / size) if size > 0.0 else column
    return InterpolationError(found[0], found[1], found[2], column)


def _rms(x: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(x))))
