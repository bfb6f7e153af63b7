"""Derivatives of U from energies and forces alone, by differences of two and more step sizes, each with an estimate of its
error.

Differences are central, so that their errors are even powers of the step h. Richardson's R(h) = (4 D(h/2) − D(h))/3 has
none of h². Where D is known on a ladder of steps, each half of the one before, R is taken where it agrees best with both
neighbours: a larger step is worse by what the Taylor series leaves out, a smaller one by the noise of the calculator. Twice
the larger of both deviations is the error that is told, which is cautious on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrify import seeds
from vitrify.errors import SampleFailure, UsageError
from vitrify.waiting import doing

from .force_calls import ForceCalls

FloatArray = NDArray[np.float64]
LARGEST = 0.05  # the first step of a ladder: largest displacement of a particle in (V/N)^(1/d), or the strain
LEVELS = 14  # of the ladder that the steps are chosen on: down to 6e-6
NOISE = 30.0  # rise of a deviation above the least one, beyond which a ladder is not followed further down
SIGNS = (1.0, -1.0)
DOUBT = 2.0  # by which a deviation is multiplied: of a number, unlike of a vector, it may be small by accident
AWAY = 0.02  # displacement, in (V/N)^(1/d), at which forces are compared with energies
RIGHT = 1e-3  # of the force: how well it must be the slope of the energy, where the noise is not larger
ROUGH = 0.1  # of the force: noise of the energy that hides what is to be compared
FEWEST, WHOLE = 8, 0.01  # differences that tell a grain, and how far from whole their numbers of grains may be
DRIFT = 1e-3  # of the force: largest sum of all forces
AT_NOISE = 10.0  # of the noise of a force: about where minimisations end whose forces are noisy
LOOSENED = 0.01  # displacement, in (V/N)^(1/d), whose forces are the unit in which balance is told
HIDDEN = 0.05  # part of U''''⋮zzz that noise is, from which finer steps tell nothing
DEFLECTED = 1e-3  # largest part of M·v by which a calculator's own derivative may depart from differences


@dataclass(frozen=True, slots=True)
class Told:
    """A number or a vector, and its error: of a vector the length of the error."""

    value: Any
    error: float


@dataclass(frozen=True, slots=True)
class Line:
    """Derivatives of U along x + s z, as forces: M·z, U''':zz and U''''⋮zzz, each (size,)."""

    linear: FloatArray
    cubic: FloatArray
    quartic: FloatArray


@dataclass(frozen=True, slots=True)
class Strained:
    """Derivatives by a strain γ of x(γ) = e^(γS)·x."""

    force: Told  # Ξ = ∂²U/∂γ∂x, (size,), free of translations
    slope: Told  # dU/dγ
    born: Told  # d²U/dγ²


def best_of_ladder(rows: Sequence[Any], least: Sequence[float] | None = None, *, power: int = 1) -> tuple[int, Told]:
    """The place on a ladder, and Richardson's value there with its error. rows: D(h), D(h/2), ..., four or more; least: the
    error that each has at least; power: of 1/h, by which noise rises.

    Two noisy numbers may agree by accident, and the least of many deviations is one that does. What finer steps differ by
    is therefore counted too, in the part of it that noise would be here."""
    values = [(4.0 * fine - coarse) / 3.0 for coarse, fine in pairwise(rows)]
    apart = [float(np.linalg.norm(np.subtract(a, b))) for a, b in pairwise(values)]
    noise = apart[-1:]
    for x in apart[-2::-1]:
        noise.insert(0, max(x, 0.5**power * noise[0]))
    floors = [0.0] * len(rows) if least is None else least
    worst = [max(a, b, c) for a, b, c in zip(noise, noise[1:], floors[2:], strict=False)]
    best = 0
    for k, x in enumerate(worst):
        if x > NOISE * worst[best]:  # of steps that are finer still, differences may agree by being nothing
            break
        best = k if x < worst[best] else best
    return best + 1, Told(values[best + 1], DOUBT * worst[best])


def last_digit(values: Sequence[float]) -> float:
    """The last digit of numbers of this size, in single precision where all of them have that."""
    most, given = float(np.abs(values).max()), np.asarray(values)
    single = bool((given.astype(np.float32) == given).all())
    return float(np.spacing(np.float32(most) if single else most))


def grain(energies: Sequence[float]) -> float:
    """What all differences of these are whole multiples of, 0.0 where there is nothing: a network in single precision
    rounds its energy before somebody converts and shifts it. Differences of grains may halve as steps do, and agree by
    that."""
    apart = np.diff(np.unique(np.asarray(energies)))
    if len(apart) < FEWEST:
        return 0.0
    counts = apart / apart.min()
    return float(apart.min()) if np.abs(counts - np.rint(counts)).max() < WHOLE else 0.0


class Differences:
    """Derivatives of a calculator's U at one configuration. Vectors are flat, (size,) = (n d,).

    Raises UsageError where forces are not the slope of the energy or do not sum to zero, or where the calculator's own
    derivative of the forces is not one."""

    def __init__(self, calls: ForceCalls) -> None:
        self.calls = calls
        self.n, self.d = calls.positions.shape
        self.size = self.n * self.d
        self.volume = abs(float(np.linalg.det(calls.cell)))
        self.spacing = (self.volume / self.n) ** (1.0 / self.d)
        self._random = np.random.default_rng(seeds.DIFFERENCES)
        self._line_level: int | None = None  # at which a search for the steps along lines begins
        with doing("forces and energies, compared"):
            self._compare()
        with doing("step sizes of differences"):
            self._choose_steps()

    def free(self, x: FloatArray) -> FloatArray:
        """Vectors without their translations, (..., size)."""
        parts = x.reshape(*x.shape[:-1], self.n, self.d)
        return np.asarray((parts - parts.mean(axis=-2, keepdims=True)).reshape(x.shape))

    def random(self) -> FloatArray:
        """A normal vector free of translations."""
        return self.free(self._random.normal(size=self.size))

    def product(self, v: FloatArray) -> FloatArray:
        """M·v by two calls, or by one where the calculator has a jvp; its error is `product_error` |M·v| of a random v."""
        return self.free(self._pushed(v) if self.calls.offers_push else self._slope(v, self._cheap))

    def accurate_product(self, v: FloatArray) -> Told:
        """M·v by six calls, with its error."""
        if self.calls.offers_push:
            found = self.product(v)
            return Told(found, self.product_error * float(np.linalg.norm(found)))
        coarse, middle, fine = (self._slope(v, self._step * x) for x in (2.0, 1.0, 0.5))
        value, other = (4.0 * fine - middle) / 3.0, (4.0 * middle - coarse) / 3.0
        return Told(self.free(value), float(np.linalg.norm(value - other)))

    def line(self, z: FloatArray, step: float, seen: dict[float, FloatArray] | None = None) -> Line:
        """The derivatives along z from six calls, or from five of a jvp. step: the least displacement of the particle that
        moves most, of h, 2h and 4h (of h and 2h with a jvp). seen: what the calls of other steps gave along the same z."""
        x, h = self.calls.positions, step / self._longest(z)
        known = {} if seen is None else seen

        def at(s: float) -> FloatArray:
            if s not in known:
                place = x + self._shaped(s * z)
                known[s] = self._pushed(z, place) if self.calls.offers_push else -self._forces(place)
            return known[s]

        if self.calls.offers_push:
            steps = h * np.array([1.0, 2.0])
            both, middle = [(at(s), at(-s)) for s in steps], at(0.0)
            even = np.array([0.5 * (a + b) - middle for a, b in both]) / steps[:, None] ** 2  # c3/2 + c5 s²/24
            odd = np.array([0.5 * (a - b) for a, b in both]) / steps[:, None]  # c2 + c4 s²/6
            return Line(self.free(middle), self.free((4 * odd[0] - odd[1]) / 3), self.free((4 * even[0] - even[1]) * 2 / 3))
        steps = h * np.array([1.0, 2.0, 4.0])
        sides = [[at(sign * s) for sign in SIGNS] for s in steps]
        odd = np.array([0.5 * (a - b) / s for (a, b), s in zip(sides, steps, strict=True)])
        even = np.array([0.5 * (a + b) for a, b in sides])
        powers = steps[:, None] ** [0, 2, 4]
        linear, third, _ = np.linalg.solve(powers, odd)  # M·z + c3 s²/6 + c5 s⁴/120
        _, second, _ = np.linalg.solve(powers, even)  # f0 + c2 s²/2 + c4 s⁴/24
        return Line(self.free(linear), self.free(2.0 * second), self.free(6.0 * third))

    def line_step(self, z: FloatArray) -> float:
        """The step at which U''''⋮zzz is known best: it differs least from what finer steps see, which noise does not hide.

        Learned potentials may be rough at a thousandth of an Å. Large steps see an average over that, and agree on it, so a
        first search goes down to where noise hides all; later ones look at steps that are a little larger and smaller."""
        levels = range(1, LEVELS) if self._line_level is None else range(max(self._line_level - 2, 1), self._line_level + 3)
        steps = [float(LARGEST * self.spacing * 0.5**k) for k in levels]
        seen, found, noise = dict[float, FloatArray](), list[FloatArray](), list[float]()
        for step in steps:
            found.append(self.line(z, step, seen).quartic)
            noise.append(self._noise_of_quartic(z, step))
            if noise[-1] > HIDDEN * float(np.linalg.norm(found[-1])):
                break
        next_to = [float(np.linalg.norm(a - b)) for a, b in pairwise(found)]  # with the noise of the finer
        errors = [x + _unlike(found[k:], noise[k:]) for k, x in enumerate(next_to)]
        best = int(np.argmin(errors)) if errors else 0
        self._line_level = levels[best]
        return steps[best]

    def _noise_of_quartic(self, z: FloatArray, step: float) -> float:
        """|U''''⋮zzz| of noise alone, by the sums of `line` that it is made of."""
        h = float(step / self._longest(z))
        if self.calls.offers_push:
            return float(3.3 * self.accurate_error * self.scale * np.linalg.norm(z) / h**2)
        return float(2.2 * self.noise * np.sqrt(self.size) / h**3)

    def strained(self, gradient: FloatArray) -> Strained:
        """Derivatives by the strain, of calls on a ladder. gradient: S, (d, d), with S² = 0 or S = 1."""
        steps = [LARGEST * 0.5**k for k in range(self._levels)]
        at = {s: {sign: self._strained(gradient, sign * s) for sign in SIGNS} for s in steps}
        middle = self.calls.first.energy
        pairs = [(s, at[s][1.0], at[s][-1.0]) for s in steps]
        force = best_of_ladder([-(a.forces - b.forces).ravel() / (2 * s) for s, a, b in pairs])[1]
        digit = max(self._grain, last_digit([middle, *(side.energy for _, *both in pairs for side in both)]))
        slopes = [(a.energy - b.energy) / (2 * s) for s, a, b in pairs]
        curvatures = [(a.energy - 2 * middle + b.energy) / s**2 for s, a, b in pairs]
        slope = best_of_ladder(slopes, [digit / s for s in steps])[1]
        born = best_of_ladder(curvatures, [4 * digit / s**2 for s in steps], power=2)[1]
        stressed = self._by_stress(gradient, pairs, slope)
        if stressed is not None:
            slope, born = (min(x, y, key=lambda t: t.error) for x, y in zip((slope, born), stressed, strict=True))
        return Strained(Told(self.free(force.value), force.error), slope, born)

    def _by_stress(self, gradient: FloatArray, pairs: Any, slope: Told) -> tuple[Told, Told] | None:
        """Slope and second derivative from the calculator's stress, where it has one that is the slope of its energy:
        dU/dγ = V(γ) σ(γ):S along x(γ) = e^(γS)·x."""
        if any(side.stress is None for _, *both in pairs for side in both):
            return None
        grown = float(np.trace(gradient))

        def work(answer: Any, strain: float) -> float:
            return self.volume * float(np.exp(grown * strain)) * float(np.sum(answer.stress * gradient))

        rows, steps = [(work(a, s), work(b, -s)) for s, a, b in pairs], [s for s, *_ in pairs]
        stresses = np.ravel([side.stress for _, *both in pairs for side in both])
        digit = self.volume * float(np.abs(gradient).sum()) * last_digit(stresses.tolist())
        born = best_of_ladder(
            [(a - b) / (2 * s) for s, (a, b) in zip(steps, rows, strict=True)], [digit / s for s in steps]
        )[1]
        mean = best_of_ladder([0.5 * (a + b) for a, b in rows], [digit] * len(rows), power=0)[1]
        change = float(abs(born.value)) * LOOSENED  # of the slope by a strain of one in a hundred
        agrees = abs(mean.value - slope.value) <= 10.0 * (slope.error + mean.error) + RIGHT * change
        return (mean, born) if agrees else None

    def _strained(self, gradient: FloatArray, strain: float) -> Any:
        unit = np.eye(self.d)
        deformed = np.exp(strain) * unit if np.array_equal(gradient, unit) else unit + strain * gradient
        return self.calls(self.calls.positions @ deformed.T, self.calls.cell @ deformed.T)

    def _forces(self, positions: FloatArray) -> FloatArray:
        return self.calls(positions).forces.ravel()

    def _pushed(self, v: FloatArray, positions: FloatArray | None = None) -> FloatArray:
        x = self.calls.positions if positions is None else positions
        return -self.calls.pushed(x, self._shaped(v)).ravel()

    def _shaped(self, v: FloatArray) -> FloatArray:
        return v.reshape(self.n, self.d)

    def _longest(self, v: FloatArray) -> float:
        """The largest displacement of a particle."""
        return float(np.sqrt(np.sum(self._shaped(v) ** 2, axis=1).max()))

    def _slope(self, v: FloatArray, step: float) -> FloatArray:
        """−∂f/∂x·v by one central difference. step: the displacement of the particle that moves most."""
        h, x = step / self._longest(v), self.calls.positions
        ahead, behind = (self._forces(x + sign * h * self._shaped(v)) for sign in SIGNS)
        return (behind - ahead) / (2.0 * h)

    def _compare(self) -> None:
        """Raise UsageError unless forces are the slope of the energy, where they are not balanced, and sum to zero."""
        shift = self._shaped(self.random())
        place = self.calls.positions + AWAY * self.spacing * shift / self._longest(shift)
        forces = self.calls(place).forces
        size = float(np.linalg.norm(forces))
        if not size > 0.0:
            raise UsageError("the calculator's forces vanish wherever the particles are; there is nothing to measure")
        along = forces / size + self._shaped(self.random()) / np.sqrt(self.size)
        steps = [LARGEST * self.spacing / self._longest(along) * 0.5**k for k in range(LEVELS)]
        energies = [[self.calls(place + sign * s * along).energy for sign in SIGNS] for s in steps]
        self._grain = grain(np.ravel(energies).tolist())
        digit = max(self._grain, last_digit(np.ravel(energies).tolist()))
        rows = [(b - a) / (2 * s) for (a, b), s in zip(energies, steps, strict=True)]
        slope = best_of_ladder(rows, [digit / s for s in steps])[1]
        wanted = float(np.vdot(forces, along))
        if slope.error > ROUGH * size:
            raise UsageError(
                f"the calculator's energies are too rough to be compared with its forces: their slope is {slope.value:.3g} "
                f"± {slope.error:.1g}; energies in double precision would do"
            )
        if abs(slope.value - wanted) > max(RIGHT * size, 5.0 * slope.error):
            raise UsageError(
                f"the calculator's forces are not the slope of its energy: along a displacement they give {wanted:.6g}, "
                f"the energy {slope.value:.6g}; forces must be −∂U/∂x"
            )
        drift = float(np.linalg.norm(forces.sum(axis=0)))
        if drift > DRIFT * size:
            raise UsageError(
                f"the calculator's forces sum to {drift:.3g}, must sum to zero: no particle may be held from outside"
            )

    def _choose_steps(self) -> None:
        """Choose the steps of M·v for a random v, and the unit in which the balance of forces is told."""
        v = self.random()
        v /= np.linalg.norm(v)
        steps = [LARGEST * self.spacing * 0.5**k for k in range(LEVELS)]
        rows = [self._slope(v, s) for s in steps]
        k, best = best_of_ladder(rows)
        errors = [float(np.linalg.norm(x - best.value)) for x in rows]
        size = float(np.linalg.norm(best.value))
        cheap = int(np.argmin(errors))
        self._step, self._cheap, self._levels = steps[k], steps[cheap], min(max(k + 3, 8), LEVELS)
        self.product_error = max(errors[cheap], best.error) / size
        self.accurate_error = best.error / size
        self.scale = size  # |M·v| of a random v: the root of the mean square of the spectrum
        finest = steps[-1] / self._longest(v)
        self.noise = errors[-1] * finest * float(np.sqrt(2.0 / self.size))  # of a component of a force, root mean square
        self.unit_force = LOOSENED * self.spacing * size / np.sqrt(self.d)  # root mean square of a component
        if self.calls.offers_push:
            self._check_push(v, best, size)

    def _check_push(self, v: FloatArray, wanted: Told, size: float) -> None:
        """Raise UsageError where the calculator's own derivative departs from differences. Its error is then told by how
        far M is from symmetric."""
        mine, other = self._pushed(v), self.random()
        apart = float(np.linalg.norm(mine - wanted.value)) / size
        if apart > max(DEFLECTED, 10.0 * self.accurate_error):
            raise UsageError(
                f"the calculator's jvp departs from differences of its forces by {apart:.2g} of them; jvp(positions, cell, "
                "v) must be the derivative of the forces along v"
            )
        other /= np.linalg.norm(other)
        skew = abs(float(mine @ other) - float(self._pushed(other) @ v)) * np.sqrt(self.size) / size
        self.product_error = self.accurate_error = max(skew, float(np.finfo(float).eps))


def _unlike(found: Sequence[FloatArray], noise: Sequence[float]) -> float:
    """The most by which the first of these vectors differs from others, beyond the noise of both."""
    apart = [float(np.linalg.norm(x - found[0])) - DOUBT * (y + noise[0]) for x, y in zip(found, noise, strict=True)]
    return max(0.0, *apart)


def require_balance(differences: Differences, force_tolerance: float) -> float:
    """The largest component of a force. Raises SampleFailure where it is larger than force_tolerance times the forces that
    displacements of a hundredth of (V/N)^(1/d) bring about."""
    largest = float(np.abs(differences.calls.first.forces).max())
    if not largest <= force_tolerance * differences.unit_force:
        part = largest / differences.unit_force
        enough = np.ceil(part * 10.0 ** -np.floor(np.log10(part))) * 10.0 ** np.floor(np.log10(part))
        raise SampleFailure(
            f"not at mechanical equilibrium: max|f| is {largest:.3g}, {part:.2g} of the forces that displacements of 0.01 "
            f"(V/N)^(1/d) bring about, more than {force_tolerance:g}; "
            + (
                f"the calculator's own noise is {differences.noise:.1g}, below which no minimisation gets: allow this "
                f"(force_tolerance={enough:.0e}, --force-tolerance {enough:.0e} on the command line), or calculate in "
                "double precision"
                if largest <= AT_NOISE * differences.noise
                else "minimise the energy with the same calculator first, "
                "or allow it (force_tolerance, --force-tolerance on the command line)"
            )
        )
    return largest
