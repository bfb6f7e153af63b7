"""Nonlinear quasilocalised modes: soft displacements π that solve Eq. (A14), M·π ∝ U''''⋮πππ, or one of its kin.

They are the stationary points of (π·M·π)²/(U''''::ππππ), cubic (π·M·π)³/(U''':πππ)²: but for a number the height of the
barrier that a Taylor series of U along π has. Two kin need no derivative of U beyond M: pseudo-harmonic modes with
Σ_<ij> (π_ij·π_ij)² over interacting pairs in the place of U''''::ππππ (Richard, Kapteijns, Giannini, Manning and Lerner,
Phys. Rev. Lett. 126, 015501, 2021), and those with Σ_i (π_i·π_i)², the same with particles for pairs: N times the
participation ratio then is Σ|π_i|² squared over it, so that a soft mode of few particles costs least.
The paper's iteration π ← M⁺·F(π) descends each; near its end Newton's method takes over, which needs no accurate M⁺ on
the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import SampleFailure
from vitrify.kernels.anharmonic import NewtonView
from vitrify.short_forms import Fact, ShortForm
from vitrify.waiting import doing, each

from .anharmonic import Order, forces, newton, slope_blocks
from .dipoles import responses, softest_bonds, stiffness
from .hessian import Hessian
from .pairs import Pairs
from .stability import require_minimum

FloatArray = NDArray[np.float64]
RESIDUAL = 1e-10  # in units of |M·π|
MAX_STEPS = 400
SCANNED = 24  # bonds whose responses are solved for, the softest-looking of all
STARTED = 8  # softest different responses that a mode is started from: they are solved for side by side
SAME = 0.9  # overlap from which two responses count as one, as long as eight are left
ARRIVED = 0.98  # overlap with a mode from which a settled start is that mode; two of a small soft glass reached 0.9
SETTLING = 3  # steps of all starts side by side
STARTS_TO = 1e-3  # part to which responses are solved for: their stiffness is then right to 1e-5
ROUGH = 1e-3  # residual at which a mode's stiffness is known to 1e-6, so that the softest can be told
# stiffness, in that of the softest known, up to which a settled start is followed; a cubic one may still fall sixfold
CONTENDERS = {"quartic": 2.0, "cubic": np.inf, "pseudo-harmonic": np.inf, "participation": np.inf}
FALL = 0.1  # part to which a step of the iteration solves for its change
LONGEST = 3.0  # longest step of the iteration, in units of the way to M⁺·F(π)
NEAR = 0.1  # residual from which Newton's method is tried
HALVINGS = 3  # halvings of a Newton step that does not lead down
MOST_PRODUCTS = 5_000  # in one step of Newton's


@dataclass(frozen=True, slots=True, repr=False)
class QuasilocalisedMode(ShortForm):
    """One nonlinear mode, or a displacement on its way there."""

    vector: FloatArray  # (n, 3), |π| = 1
    stiffness: float  # ω² = π·M·π, ε/λ²
    residual: float  # |M·π − ω²/(F·π) F| / |M·π| with F = U''''⋮πππ, U''':ππ or that of its kin
    derivative: float  # F·π: U''''::ππππ, U''':πππ, Σ_<ij> (π_ij·π_ij)² or Σ_i (π_i·π_i)²
    steps: int

    def _facts(self) -> list[Fact]:
        ended = "converged" if self.converged else "not converged"
        return [
            Fact("particles", f"{len(self.vector):,}", f"{len(self.vector):,} particles"),
            Fact("ω²", f"{self.stiffness:.4g} ε/λ²", f"ω² = {self.stiffness:.4g} ε/λ²"),
            Fact("residual", f"{self.residual:.2g}, {ended} in {self.steps} steps"),
        ]

    @property
    def converged(self) -> bool:
        return self.residual < 10 * RESIDUAL


def softest_mode(hessian: Hessian, order: Order = "quartic") -> QuasilocalisedMode:
    """The softest nonlinear mode found. The softest dipole responses of a scan of all pairs are each iterated towards their
    fixed point until the softest can be told. Raises SampleFailure where none converges, and for a glass that is no
    minimum."""
    pairs = hessian.pairs
    require_minimum(hessian)
    rough: list[QuasilocalisedMode] = []
    with doing("softest responses of all pairs"):
        first = _starts(hessian)
        if not len(first):  # of one particle among its images, which nothing displaces
            raise SampleFailure("no nonlinear mode converged: no pair of particles has a dipole response")
        starts = settled(hessian, first, order)
    for z in each(list(starts), "iteration from response {k} of {n}"):
        known = [x for x in rough if x.residual <= ROUGH]
        best = min((x.stiffness for x in known), default=np.inf)
        if _overlap(z, [x.vector for x in known]) < ARRIVED and stiffness(pairs, z) < CONTENDERS[order] * best:
            rough.append(iterate(hessian, z, order, residual=ROUGH))
    for x in sorted(rough, key=lambda x: x.stiffness):
        found = iterate(hessian, x.vector, order)
        if found.converged:
            return found
    raise SampleFailure(f"no nonlinear mode converged: smallest residual {min(x.residual for x in rough):.1e}")


def iterate(
    hessian: Hessian, start: FloatArray, order: Order = "quartic", *, residual: float = RESIDUAL
) -> QuasilocalisedMode:
    """Iterate from a displacement to the fixed point of π ← M⁺·F(π), normalised. start: (n, 3), any length.

    residual: the one below which the iteration ends."""
    here = _Places.of(hessian.pairs, start[None], order)
    steps = 0
    while here.residual[0] >= residual and np.isfinite(here.residual[0]) and steps < MAX_STEPS:
        here = _newton_step(hessian, here, order, residual) or _step(hessian, here, order)
        steps += 1
    k, left, derivative = (float(x[0]) for x in (here.stiffness, here.residual, here.derivative))
    return QuasilocalisedMode(here.pi[0], k, left, derivative, steps)


def _starts(hessian: Hessian) -> FloatArray:
    """The softest different responses, (m, n, 3). Where there are few, as in a small soft glass, others fill the eight."""
    soft = softest_bonds(hessian, SCANNED)
    found = np.array(list(responses(hessian, soft.bonds, tolerance=STARTS_TO)))
    first, others = _different(hessian.pairs, found)
    return np.concatenate([first, others])[:STARTED]


def settled(hessian: Hessian, rows: FloatArray, order: Order) -> FloatArray:
    """Displacements, up to eight, after some steps side by side, by ascending stiffness."""
    here = _Places.of(hessian.pairs, rows, order)
    for _ in range(SETTLING):
        here = _step(hessian, here, order)
    return here.pi[np.argsort(here.stiffness, kind="stable")]


def _different(pairs: Pairs, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Displacements by ascending stiffness: those that differ from all softer ones, and the others."""
    rows = rows[np.argsort([stiffness(pairs, z) for z in rows], kind="stable")]
    kept: list[int] = []
    for k, z in enumerate(rows):
        if _overlap(z, rows[kept]) < SAME:
            kept.append(k)
    return rows[kept], np.delete(rows, kept, axis=0)


def _overlap(z: FloatArray, others: Iterable[FloatArray]) -> float:
    """The largest overlap with any of the others."""
    return max((abs(float(np.vdot(z, x))) for x in others), default=0.0)


@dataclass(frozen=True, slots=True)
class _Places:
    """Displacements, up to eight, with their derivatives and barriers."""

    pi: FloatArray  # (m, n, 3), |π| = 1
    length: FloatArray  # (m,) before it was set to 1
    linear: FloatArray  # M·π
    stiffness: FloatArray  # (m,) κ = π·M·π
    derivative: FloatArray  # (m,) τ = F·π
    gradient: FloatArray  # M·π − κ/τ F: of the height, times κ/4 or κ/6
    height: FloatArray  # (m,) logarithm of |the barrier|

    @classmethod
    def of(cls, pairs: Pairs, rows: FloatArray, order: Order) -> _Places:
        free = rows - rows.mean(axis=1, keepdims=True)
        length = np.sqrt(_dot(free, free))
        pi = free / length[:, None, None]
        linear, force = forces(pairs, pi, order)
        k, derivative = _dot(pi, linear), _dot(pi, force)
        with np.errstate(divide="ignore", invalid="ignore"):
            gradient = linear - (k / derivative)[:, None, None] * force
            height = np.log(k**3 / derivative**2) if order == "cubic" else np.log(k**2 / abs(derivative))
        return cls(pi, length, linear, k, derivative, gradient, height)

    @property
    def residual(self) -> FloatArray:
        """|gradient| in units of |M·π|, (m,)."""
        return np.asarray(np.sqrt(_dot(self.gradient, self.gradient) / _dot(self.linear, self.linear)))

    def slope(self, change: FloatArray) -> FloatArray:
        """Slope of the height along a change of the displacement in this direction, (m,)."""
        return np.asarray(_dot(self.gradient, change) / (self.stiffness * self.length))


def _step(hessian: Hessian, here: _Places, order: Order) -> _Places:
    """A step towards M⁺·F(π), of the length that leads to the lowest barrier: the whole step may lead far beyond it, and
    falls short of it where the barrier is nearly flat."""
    change = -hessian.solve(here.gradient, tolerance=FALL).x_mid
    start = replace(here, length=np.ones(len(change))).slope(change)
    end = _Places.of(hessian.pairs, here.pi + change, order)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = start / (start - end.slope(change))  # where the slope falls through zero, by a secant
    part = np.where((part > 0.0) & (part < LONGEST), part, LONGEST)
    there = _Places.of(hessian.pairs, here.pi + part[:, None, None] * change, order)
    lower = (there.height < end.height)[:, None, None]
    return _Places.of(hessian.pairs, np.where(lower, there.pi, end.pi), order)


def _newton_step(hessian: Hessian, here: _Places, order: Order, residual: float) -> _Places | None:
    """A step of Newton's method, solved no more accurately than it can be right. Returns None far from the end, at a saddle
    of the barrier, or where it does not lead down. here: one displacement."""
    left = float(here.residual[0])
    change = _newton_change(hessian, here, order, max(left, 0.1 * residual / left)) if left <= NEAR else None
    if change is None:
        return None
    for halving in range(HALVINGS):
        there = _Places.of(hessian.pairs, here.pi + 0.5**halving * change, order)
        if there.residual[0] < 0.5 * left or there.height[0] < here.height[0]:
            return there
    return None


def _newton_change(hessian: Hessian, here: _Places, order: Order, tolerance: float) -> FloatArray | None:
    """x of P·J·x = −gradient among displacements with x·M·π = 0, J = M − κ/τ ∂F/∂π, or None where J is not positive there.

    J is the barrier's second derivative at a fixed point, except for a factor and for the direction of π, along which
    nothing changes."""
    pairs, pi = hessian.pairs, here.pi[0]
    weight = float(here.stiffness[0] / here.derivative[0])
    if pairs.surroundings is not None:
        return _newton_change_by_products(hessian, here, order, weight, tolerance)
    block = slope_blocks(pairs, pi, weight, order)
    x, rest, z, d, image = (np.empty_like(pi) for _ in range(5))
    normal, b = here.linear[0] / here.stiffness[0], -here.gradient[0]
    room = (rest, z, d, image)
    view = NewtonView(
        pairs.springs, block, weight, hessian.inverse_diagonal, pi, normal, b, x, *room, tolerance, MOST_PRODUCTS
    )
    return x if newton(order)(view) > 0 else None


def _newton_change_by_products(
    hessian: Hessian, here: _Places, order: Order, weight: float, tolerance: float
) -> FloatArray | None:
    """The result of `_newton_change` where J has no blocks of pairs: the conjugate gradients of
    kernels.anharmonic.newton_of, with products J·d from forms of displacements alone."""
    pairs, pi, inverse = hessian.pairs, here.pi[0], hessian.inverse_diagonal
    normal, b = here.linear[0] / here.stiffness[0], -here.gradient[0]

    def conditioned(rest: FloatArray) -> FloatArray:
        z = _free(np.einsum("iab,ib->ia", inverse, rest))
        return np.asarray(z - float(np.vdot(normal, z)) * pi)

    x, rest = np.zeros_like(pi), b
    z = d = conditioned(rest)
    descent, limit = float(np.vdot(z, rest)), tolerance**2 * float(np.vdot(b, b))
    for _ in range(MOST_PRODUCTS):
        image = _free(_product_of_newton(pairs, pi, d, order, weight))
        curvature = float(np.vdot(d, image))
        if curvature <= 0.0:
            return None
        far = descent / curvature
        x, rest = x + far * d, rest - far * (image - float(np.vdot(pi, image)) * normal)
        if float(np.vdot(rest, rest)) <= limit:
            return np.asarray(x)
        z = conditioned(rest)
        new = float(np.vdot(z, rest))
        d, descent = z + new / descent * d, new
    return np.asarray(x)


def _product_of_newton(pairs: Pairs, pi: FloatArray, d: FloatArray, order: Order, weight: float) -> FloatArray:
    """(M − weight ∂F/∂π)·d, (n, 3). F is of second or third degree in π, so that differences of it are no approximation:
    ∂F·d = (F(π + d) − F(π − d))/2, and less F(d) where it is of third degree."""
    size = float(np.linalg.norm(d))
    along = d / size
    linear, force = forces(pairs, np.array([pi + along, pi - along, along]), order)
    slope = 0.5 * (force[0] - force[1])
    if order != "cubic":
        slope = slope - force[2]
    return np.asarray(size * (linear[2] - weight * slope))


def _free(rows: FloatArray) -> FloatArray:
    return np.asarray(rows - rows.mean(axis=0))


def _dot(a_mid: FloatArray, b_mid: FloatArray) -> FloatArray:
    """Dot product of each displacement, (m,)."""
    return np.asarray(np.einsum("mid,mid->m", a_mid, b_mid))
