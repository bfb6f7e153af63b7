"""A check that a potential is what it says: each derivative the slope of the one before, and all quiet at the cutoff.

Slopes are not taken by differences, which drown in round-off or in the curvature of a core: the change of a derivative over
an interval must be the integral of the next one. A right derivative agrees for some width of the interval, a wrong one for
none. A joint of two pieces, at which a high derivative jumps, spoils the intervals that it lies in and no others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import pairwise
from math import exp, inf, isfinite, log, nan

import numpy as np
from numpy.typing import NDArray

from vitrify.errors import UsageError, shown
from vitrify.short_forms import Fact, ShortForm

from .embedded_splines import EmbeddingError
from .model import Model
from .offers import cutoff_of, liquid_slope_of, name_of, numbers_of, radial_of, require_energy, told
from .potentials import LennardJones, Potential, Radial
from .splines import InterpolationError

FloatArray = NDArray[np.float64]
Values = Callable[[float], FloatArray]  # u -> φ ... φ_uuuu; NaN beyond a computer's numbers

SYMBOLS = ("φ", "φ_u", "φ_uu", "φ_uuu", "φ_uuuu")
PRIMES = ("φ", "φ'", "φ''", "φ'''", "φ''''")
CLOSEST = 0.25  # u, in units of λ² or of the cutoff's where that is less, from which on a potential is looked at: r = λ/2
SPACING = 0.02  # of ln u between two points that are looked at
WIDTHS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)  # of an interval, in units of u
NODES, WEIGHTS = np.polynomial.legendre.leggauss(6)
TOLERANCE = 3e-4  # largest relative deviation; of the shipped ones 6e-6, of steep tails that lose digits
LIQUID = 1e-4  # of the force at contact, to which a liquid's slope must be right; 1e-9 is asked for
HALVINGS = 36  # of the distance between two points: 3e-13 of u are left
JUMP = 1e-4  # of the larger value on either side of an interval, from which on a change in no distance is a jump
ROUNDING = 1e-12  # of a derivative: what its change over an interval is uncertain by
LEAST = 1e-290  # below it numbers lose their digits
LOOKED_AT = 1000  # distances at which the minimum is looked for
NEAR = (1e-11, 1e-13, 1e-15)  # relative distances below u_c at which it is seen what becomes of a derivative
YARDSTICK = LennardJones()  # the shipped family beside which a force is timed
QUIET = 1e-8  # of its largest value in the outer half: a derivative that is smaller at the cutoff has vanished


@dataclass(frozen=True, slots=True)
class DerivativeReport:
    """One of φ ... φ_uuuu: how far it is from the slope of the one before, where most, and its value at the cutoff."""

    symbol: str
    deviation: float  # relative; 0 for φ, which is the slope of nothing
    u: float  # where; NaN for φ
    value: float  # there
    slope: float  # of the one before, there
    at_cutoff: float  # just below it
    vanishes: bool  # at the cutoff


@dataclass(frozen=True, slots=True, repr=False)
class PotentialReport(ShortForm):
    """Findings about a potential; printed, they are a table."""

    name: str
    u_range: tuple[float, float]  # that was looked at
    derivatives: tuple[DerivativeReport, ...]  # φ ... φ_uuuu; empty where they could not be evaluated
    smooth_to: int  # the highest derivative up to which all vanish at the cutoff; −1: not even φ
    faults: tuple[str, ...]  # with which it cannot be used
    cautions: tuple[str, ...]  # what its author should know
    notes: tuple[str, ...] = ()  # its minimum, and the error of its interpolation where it is a table
    nanoseconds: float = field(
        default=nan, compare=False
    )  # that the compiled φ_u of one pair takes; NaN where that was not measured
    relative_time: float = field(default=nan, compare=False)  # that over the time of φ_u of YARDSTICK

    def _facts(self) -> list[Fact]:
        rows = [Fact(f"deviation of {x.symbol}", f"{x.deviation:.2g}", "") for x in self.derivatives[1:]]
        smooth = [Fact("smooth at the cutoff", _smooth(self.smooth_to))] if rows else []
        notes = [Fact("minimum" if k == 0 else "interpolation", x, "") for k, x in enumerate(self.notes)]
        force = [Fact("force", _timed(self.nanoseconds, self.relative_time))] if isfinite(self.nanoseconds) else []
        said = [Fact("finding", x) for x in (*self.faults, *self.cautions)]
        verdict = "ok" if self.ok else "NOT ok"
        return [
            Fact("potential", self.name, self.name),
            Fact("verdict", verdict, verdict),
            *rows,
            *smooth,
            *notes,
            *force,
            *said,
        ]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults and not self.cautions

    def __str__(self) -> str:
        lines = [f"{self.name}: {'ok' if self.ok else 'NOT ok'}"]
        if self.derivatives:
            lines += [
                f"u = r²/λ² from {self.u_range[0]:.4g} to {self.u_range[1]:.4g}",
                f"{'':8}{'largest deviation':>18}{'at u':>10}{'value':>14}{'slope before':>14}{'at the cutoff':>16}",
                *(_line(x) for x in self.derivatives),
                f"smooth at the cutoff {_smooth(self.smooth_to)}",
            ]
        if isfinite(self.nanoseconds):
            lines.append(f"force: {_timed(self.nanoseconds, self.relative_time)}")
        return "\n".join([*lines, *self.notes, *self.faults, *self.cautions])


def check(what: Potential | Model | str, *, speed: bool = True) -> PotentialReport:
    """Report what is right and wrong with a potential, that of a model, or that of a model's readable name such as
    "pss(rc=1.2)" or mine.py:mine.

    speed: whether its force is compiled too, and timed beside that of a shipped family, for which a second or two may pass.
    Raises nothing for what it finds, only UsageError for a name that cannot be read."""
    if isinstance(what, str):
        from .catalogue import model_of  # stands after this module

        what = model_of(what)
    potential = what.potential if isinstance(what, Model) else what
    report = examine(potential)
    if not speed or report.faults:
        return report
    timing = import_module("vitrify.pair_speed")  # made above us, with Numba
    try:
        own, yardstick = timing.nanoseconds_of_force(potential, YARDSTICK)
    except UsageError as error:
        return replace(report, faults=(str(error),))
    return replace(report, nanoseconds=own, relative_time=own / yardstick)


def examine(potential: Potential) -> PotentialReport:
    """Report what is right and wrong with a potential."""
    name = name_of(potential)
    try:
        values, cutoff2 = _evaluated(potential), cutoff_of(potential) ** 2
        require_energy(potential)
        first = _first_finite(name, values, cutoff2)
        found = [_deviations(values, u, cutoff2) for u in _points(first, cutoff2)]
        rows = tuple(_row(k, found, values, cutoff2) for k in range(5))
        liquid = [_liquid_fault(potential, values, [x.u for x in found])]
        jumps = _jumps(values, [x.u for x in found])
        notes = _notes(potential, values, first)
    except UsageError as error:
        return PotentialReport(name, (nan, nan), (), -1, (str(error),), ())
    vanishing = [x.vanishes for x in rows]
    smooth_to = vanishing.index(False) - 1 if False in vanishing else 4
    wrong = [_fault(x, before) for x, before in zip(rows[1:], SYMBOLS, strict=False) if not x.deviation < TOLERANCE]
    faults = [f"{name}: {x}" for x in (*wrong, *liquid) if x]
    said = ([_caution(rows)] if smooth_to < 2 else []) + ([_jump(jumps)] if jumps else [])
    cautions = tuple(f"{name}: {x}" for x in said)
    return PotentialReport(name, (first, cutoff2), rows, smooth_to, tuple(faults[:1]), cautions, notes)


def _smooth(order: int) -> str:
    return f"to {PRIMES[order]}" if order >= 0 else "not even in φ"


def _timed(nanoseconds: float, relative: float) -> str:
    return f"{nanoseconds:.2g} ns a pair, {relative:.2g} times that of Lennard-Jones"


def _notes(potential: Potential, values: Values, first: float) -> tuple[str, ...]:
    """Sentences about the minimum, and about the interpolation of a table."""
    r = np.linspace(first**0.5, cutoff_of(potential), LOOKED_AT, endpoint=False)
    phi = np.array([values(x * x)[0] for x in r])
    k = int(np.nanargmin(phi))
    told = "no minimum: nothing attracts" if not phi[k] < 0.0 else f"least φ {phi[k]:.6g} ε at r = {r[k]:.4g} λ"
    if potential.many_body() is not None:
        told = f"of the energy of its pairs alone, which is not all: {told}"
    error = getattr(potential, "error", None)
    return (told, *([str(error)] if isinstance(error, InterpolationError | EmbeddingError) else []))


def values_at(radial: Radial, u: float, numbers: tuple[float, ...]) -> FloatArray:
    """(5,) φ and its derivatives as the plain function gives them; NaN where Python says that they are too large."""
    try:
        with np.errstate(all="ignore"):
            return np.array([float(x) for x in radial(float(u), numbers)])
    except ArithmeticError:
        return np.full(5, nan)


def _evaluated(potential: Potential) -> Values:
    """The radial function of a potential, which raises UsageError for all that is not five numbers."""
    name, radial, numbers = name_of(potential), radial_of(potential), numbers_of(potential)

    def values(u: float) -> FloatArray:
        try:
            with np.errstate(all="ignore"):
                found = radial(float(u), numbers)
            if (given := _not_five(found)) is not None:
                raise UsageError(f"{name}: derivatives() gives {given} at u = {u:.6g}, must be five, {', '.join(SYMBOLS)}")
            return np.array([float(x) for x in found])
        except ArithmeticError:
            return np.full(5, nan)
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(f"{name}: derivatives() fails at u = {u:.6g}: {told(error)}") from None

    return values


def _not_five(found: object) -> str | None:
    """A sentence about what was given instead of five numbers."""
    if not isinstance(found, tuple | list):
        return shown(found)
    return None if len(found) == 5 else f"{len(found)} numbers"


# --- slopes --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Deviations:
    """Relative deviations at one u of φ_u ... φ_uuuu, their mean values over the interval, and the slopes."""

    u: float
    deviation: FloatArray
    value: FloatArray
    slope: FloatArray


def _points(first: float, cutoff2: float) -> list[float]:
    """Points to look at derivatives: evenly in ln u, away from round numbers, at which pieces like to be joined."""
    first, last = first * 1.00037, cutoff2 * 0.9963
    number = max(int(log(last / first) / SPACING), 16)
    return [first * exp(log(last / first) * i / number) for i in range(number + 1)]


def _first_finite(name: str, values: Values, cutoff2: float) -> float:
    """The u from which on all five are numbers that a computer holds. A steep core may overflow. Raises UsageError for
    what is not a number further out."""
    closest = CLOSEST * min(1.0, cutoff2)
    points = _points(closest, cutoff2)
    finite = [bool(np.isfinite(values(u)).all()) for u in points]
    if True not in finite or False in finite[finite.index(True) :]:
        bad = points[len(finite) - 1 - finite[::-1].index(False)]
        wrong = ", ".join(f"{s} = {x:g}" for s, x in zip(SYMBOLS, values(bad), strict=True) if not isfinite(x))
        raise UsageError(f"{name}: derivatives() gives no finite number at u = {bad:.6g} ({wrong})")
    return points[finite.index(True)] if False in finite else closest


def _deviations(values: Values, u: float, cutoff2: float) -> _Deviations:
    """The least deviations over all widths of the interval."""
    best = _about(values, u, WIDTHS[0], cutoff2)
    for width in WIDTHS[1:]:
        if np.all(best.deviation < 0.01 * TOLERANCE):
            break
        other = _about(values, u, width, cutoff2)
        better = other.deviation < best.deviation
        pairs = ((other.deviation, best.deviation), (other.value, best.value), (other.slope, best.slope))
        best = _Deviations(u, *(np.where(better, a, b) for a, b in pairs))
    return best


def _about(values: Values, u: float, width: float, cutoff2: float) -> _Deviations:
    """Deviations over an interval about u that ends at the cutoff at the latest."""
    return _over(values, u, u * (1.0 - 0.5 * width), min(u * (1.0 + 0.5 * width), cutoff2 * (1.0 - 1e-9)))


def _over(values: Values, u: float, a: float, b: float) -> _Deviations:
    """Compare over one interval the change of each derivative with the integral of the next one."""
    ends = np.array([values(a), values(b)])
    inner = np.array([values(0.5 * (a + b) + 0.5 * (b - a) * x) for x in NODES])
    weights = 0.5 * (b - a) * WEIGHTS
    with np.errstate(all="ignore"):
        change, integral = (ends[1] - ends[0])[:4], (weights @ inner)[1:]
        size = np.maximum(np.abs(change), (weights @ np.abs(inner))[1:])
        value, slope = integral / (b - a), change / (b - a)
        deviation = np.abs(change - integral) / (size + ROUNDING * np.abs(ends[:, :4]).max(axis=0) + LEAST)
    return _Deviations(u, np.where(np.isfinite(deviation), deviation, inf), value, slope)


def _row(k: int, found: list[_Deviations], values: Values, cutoff2: float) -> DerivativeReport:
    """The report on the k-th derivative. A deviation counts where the neighbouring point has it too: a joint that falls
    on one point is no fault."""
    at_cutoff, vanishes = _at_cutoff(k, values, cutoff2)
    if k == 0:
        return DerivativeReport(SYMBOLS[0], 0.0, nan, nan, nan, at_cutoff, vanishes)
    pairs = [min(x.deviation[k - 1], y.deviation[k - 1]) for x, y in pairwise(found)]
    worst = found[int(np.argmax(pairs))]
    value, slope = float(worst.value[k - 1]), float(worst.slope[k - 1])
    return DerivativeReport(SYMBOLS[k], float(max(pairs)), worst.u, value, slope, at_cutoff, vanishes)


def _fault(row: DerivativeReport, before: str) -> str:
    off = abs(row.value - row.slope) / max(abs(row.slope), LEAST)
    return (
        f"{row.symbol} is not the slope of {before}: at u = {row.u:.6g} it is {row.value:.6g}, must be {row.slope:.6g} "
        f"(off by {100.0 * off:.3g} %)"
    )


def _jumps(values: Values, points: list[float]) -> list[tuple[int, float, float]]:
    """Jumps of φ, φ_u or φ_uu between two of the points: which of them, at what u, by how much.

    Of an interval over which a change is not the integral the worse half is taken, and its worse half: at a jump all of the
    change stays in it, at a kink nothing does."""
    found = []
    for a, b in pairwise(points):
        for k in np.flatnonzero(_over(values, a, a, b).deviation[:3] > TOLERANCE):
            scale = max(abs(values(a)[k]), abs(values(b)[k]))
            low, high = _worst_part(values, a, b, int(k))
            size = values(high)[k] - values(low)[k]
            if abs(size) > JUMP * scale:
                found.append((int(k), high, float(size)))
    return found


def _worst_part(values: Values, a: float, b: float, k: int) -> tuple[float, float]:
    for _ in range(HALVINGS):
        middle = 0.5 * (a + b)
        left, right = (_over(values, x, x, y) for x, y in ((a, middle), (middle, b)))
        amiss = [abs(x.slope[k] - x.value[k]) for x in (left, right)]  # of halves of one length
        a, b = (a, middle) if amiss[0] >= amiss[1] else (middle, b)
    return a, b


def _liquid_fault(potential: Potential, values: Values, points: list[float]) -> str:
    """A sentence where liquid_slope() differs from φ_u by more than LIQUID of the largest further out or at contact."""
    slope, numbers = liquid_slope_of(potential), numbers_of(potential)
    if slope is None:
        return ""
    scale = abs(values(min(0.9, 0.9 * points[-1]))[1])
    for u in reversed(points):
        right = values(u)[1]
        scale = max(scale, abs(right))
        try:
            given = float(slope(u, numbers))
        except Exception as error:
            return f"liquid_slope() fails at u = {u:.6g}: {told(error)}"
        if not abs(given - right) <= LIQUID * scale:
            return f"liquid_slope() gives {given:.6g} at u = {u:.6g}, must be φ_u, {right:.6g}"
    return ""


# --- the cutoff ------------------------------------------------------------------------------------------------------


def _at_cutoff(k: int, values: Values, cutoff2: float) -> tuple[float, bool]:
    """The k-th derivative just below the cutoff, and whether it vanishes there, if only as a root does."""
    near = [float(values(cutoff2 * (1.0 - x))[k]) for x in NEAR]
    outer = [float(values(u)[k]) for u in np.linspace(0.5, 0.999, 24) * cutoff2]
    scale = max([abs(x) for x in (*near, *outer) if isfinite(x)], default=0.0)
    falls = all(abs(y) < 0.2 * abs(x) for x, y in pairwise(near))  # as the third root, or faster
    return near[-1], abs(near[-1]) <= QUIET * scale + LEAST or falls


def _caution(rows: tuple[DerivativeReport, ...]) -> str:
    which = [(PRIMES[k], rows[k]) for k in range(3) if not rows[k].vanishes]
    words = " and ".join(f"{name} ({row.symbol} = {row.at_cutoff:.3g})" for name, row in which)
    return (
        f"{words} {'does' if len(which) == 1 else 'do'} not vanish at the cutoff, so forces or stiffnesses jump there; "
        "vitrify.models.smooth_cutoff gives coefficients that make them vanish"
    )


def _jump(jumps: list[tuple[int, float, float]]) -> str:
    k, u, size = min(jumps)
    return (
        f"{SYMBOLS[k]} jumps by {size:.3g} at u = {u:.6g}, where two pieces do not match; forces or stiffnesses jump there"
    )


def _line(row: DerivativeReport) -> str:
    end = f"{row.at_cutoff:>16.6g}"
    if row.symbol == SYMBOLS[0]:
        return f"{row.symbol:8}{'':56}{end}"
    return f"{row.symbol:8}{row.deviation:>18.2g}{row.u:>10.5g}{row.value:>14.6g}{row.slope:>14.6g}{end}"
