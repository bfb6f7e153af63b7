"""The rules that judge claims. Each compares numbers with a margin; none can give a better verdict for a larger error.

Every rule comes down to one comparison, `within`: a value with twice its error against an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, hypot, inf, isfinite, log10

from vitrify.ensemble import Estimate
from vitrify.ensemble.estimate import UNKNOWN

from .claim import Judgement, Measured, Rule, Verdict, listed

SIGMAS = 2.0  # number of standard errors around a value
MOST_TIMES = 30.0  # an error that must shrink more than so many times is not a matter of samples
WORST_FIRST = (Verdict.DISAGREES, Verdict.NOT_DECIDED, Verdict.COMPATIBLE, Verdict.AGREES)


def within(found: Estimate, low: float, high: float) -> Verdict:
    """Compare a value with twice its error to the interval from low to high."""
    if not found.is_known:
        return Verdict.NOT_DECIDED
    least, most = found.value - SIGMAS * found.error, found.value + SIGMAS * found.error
    if low <= least and most <= high:
        return Verdict.AGREES
    if most < low or least > high:
        return Verdict.DISAGREES
    return Verdict.COMPATIBLE if low <= found.value <= high else Verdict.NOT_DECIDED


@dataclass(frozen=True, slots=True)
class Between:
    """Requires every number to lie between two bounds. Where there are many, the worst verdict counts for all."""

    low: float = -inf
    high: float = inf
    percent: bool = False

    @property
    def margin(self) -> str:
        return _interval(self.low, self.high, self.percent)

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        return _worst([(x, within(x.estimate, self.low, self.high)) for x in parts], self)

    def needed(self, part: Measured) -> str:
        """The number of glasses that would decide it, from the distance to the nearer bound. It is empty where samples
        alone would not decide it, or where there is no number yet."""
        times = self.takes(part)
        if not part.by_samples or not part.estimate.is_known:
            return ""
        if times > MOST_TIMES:
            return (
                f"the value lies at the edge of the margin: over {MOST_TIMES**2:,.0f} times as many samples would decide it"
            )
        size = f" of N = {part.n_particles:,}" if part.n_particles else ""
        return f"about n = {_two_digits(times**2 * part.n_samples):,}{size} would decide it"

    def takes(self, part: Measured) -> float:
        """The factor by which the error must become smaller, infinite where that is not known."""
        room = min(abs(part.estimate.value - x) for x in (self.low, self.high) if isfinite(x))
        reach = SIGMAS * part.estimate.error
        return reach / room if part.estimate.is_known and room > 0 else inf


def about(expected: float, *, part: float = 0.0, room: float = 0.0, percent: bool = False) -> Between:
    """Interval around a number: within a part of it, or within an absolute distance."""
    half = room or part * abs(expected)
    return Between(expected - half, expected + half, percent)


def within_factor(expected: float, factor: float) -> Between:
    """Interval around a number: at most so many times larger or smaller."""
    return Between(expected / factor, expected * factor)


def above(bound: float = 0.0) -> Between:
    """Interval above a bound."""
    return Between(low=bound)


def below(bound: float = 0.0) -> Between:
    """Interval below a bound."""
    return Between(high=bound)


@dataclass(frozen=True, slots=True)
class Trend:
    """Requires a quantity to rise, or to fall, along a set: from one true end to the other, where no step between
    neighbours goes the other way by more than a part of the whole change."""

    rising: bool
    slack: float = 0.1  # part of the whole change by which a step may go the other way

    @property
    def margin(self) -> str:
        whole, step = ("rises", "falls") if self.rising else ("falls", "rises")
        least = f"{100 * self.slack:g} % of the whole change"
        return (
            f"it {whole} from one end of the set to the other, and no step between neighbours {step} by more than {least}"
        )

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        known = sorted((x for x in parts if x.estimate.is_known and isfinite(x.control)), key=lambda x: x.control)
        if len(known) < len(parts) or len(known) < 2:
            placed = tuple(x if isfinite(x.control) else replace(x, estimate=UNKNOWN) for x in parts)
            return Judgement(Verdict.NOT_DECIDED, UNKNOWN, _lacking(placed) or "one point does not show a trend")
        sign = 1.0 if self.rising else -1.0
        whole = _difference(known[-1], known[0], sign)
        shown = f"from {known[0].estimate} at {known[0].control:.4g} to {known[-1].estimate} at {known[-1].control:.4g}"
        ends = within(whole, 0.0, inf)
        doubtful = self._doubtful_steps(known, sign, whole.value)
        verdict = next(x for x in WORST_FIRST if x is ends or any(y is x for _, y in doubtful))
        named = [f"{step.control:.4g} to {step.label}" for step, found in doubtful if found is verdict]
        steps = "the step" if len(named) == 1 else "steps"
        said = f"; the other way: {steps} from {', '.join(named)}" if named else ""
        if not doubtful:
            said = "; no step between neighbours goes the other way"
        needed = self._needed(known, whole, doubtful) if verdict is Verdict.NOT_DECIDED else ""
        return Judgement(verdict, whole, shown + said, needed)

    def _doubtful_steps(self, known: list[Measured], sign: float, whole: float) -> list[tuple[Measured, Verdict]]:
        """Steps that go against the trend, and how certainly they do. Only the values let a step pass, so a larger error
        never does; the ends alone say how clear the trend is."""
        least = self._least(whole)
        steps = [_step(a, b, sign) for a, b in pairwise(known)]
        found = [(x, within(x.estimate, least, inf)) for x in steps]
        return [(step, x) for step, x in found if x in (Verdict.DISAGREES, Verdict.NOT_DECIDED)]

    def _least(self, whole: float) -> float:
        """The least change that a step may have; a negative one goes the other way."""
        return -self.slack * abs(whole)

    def _needed(self, known: list[Measured], whole: Estimate, doubtful: list[tuple[Measured, Verdict]]) -> str:
        """The number of glasses that decides all steps in doubt, and the ends where these are."""
        steps = above(self._least(whole.value))
        each = [(steps, x) for x, found in doubtful if found is Verdict.NOT_DECIDED]
        if within(whole, 0.0, inf) is Verdict.NOT_DECIDED:
            each.append((above(0.0), replace(_step(known[0], known[-1], 1.0), estimate=whole)))
        rule, most = max(each, key=lambda pair: pair[0].takes(pair[1]))
        return rule.needed(most)


@dataclass(frozen=True, slots=True)
class Flat:
    """Requires a quantity to stay within a part of its mean along a set."""

    part: float

    @property
    def margin(self) -> str:
        return f"every value lies within {100 * self.part:g} % of the mean"

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        known = [x.estimate for x in parts]
        if not all(x.is_known for x in known) or len(known) < 2:
            return Judgement(Verdict.NOT_DECIDED, UNKNOWN, _lacking(parts) or "one point cannot be compared with others")
        mean = sum(x.value for x in known) / len(known)
        if mean == 0:
            return Judgement(Verdict.NOT_DECIDED, UNKNOWN, "the mean is zero, so that no part of it can be a margin")
        away = [_relative(x, mean) for x in parts]
        found = Between(-self.part, self.part, percent=True).judge(tuple(away))
        return Judgement(
            found.verdict, found.value, f"the mean is {mean:.3g}; farthest from it: {found.shown}", found.would_decide
        )


@dataclass(frozen=True, slots=True)
class Least:
    """Requires the first number to be smaller than each of the others."""

    @property
    def margin(self) -> str:
        return "it is below every other number"

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        first, *others = parts
        gaps = [replace(x, estimate=_difference(x, first, 1.0)) for x in others]
        found = above(0.0).judge(tuple(gaps))
        nearest = min(others, key=lambda x: x.estimate.value if x.estimate.is_known else inf)
        shown = f"{first.label}: {first.estimate}; the lowest of the others is {nearest.label}: {nearest.estimate}"
        return Judgement(found.verdict, first.estimate, shown, found.would_decide)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Judges a claim of several parts, each by a rule of its own. The worst verdict counts for all.

    rules: one for each group of numbers, by its name."""

    rules: Mapping[str, Rule]

    @property
    def margin(self) -> str:
        names: dict[str, list[str]] = {}
        for name, rule in self.rules.items():
            names.setdefault(rule.margin, []).append(name)
        return "; ".join(f"{', '.join(of)}: {margin}" for margin, of in names.items())

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        groups = {name: tuple(x for x in parts if x.group == name) for name in self.rules}
        each = {name: self._judged(name, group) for name, group in groups.items()}
        verdict = next(x for x in WORST_FIRST if any(y.verdict is x for y in each.values()))
        worst = next(x for x in each.values() if x.verdict is verdict)
        shown = "; ".join(f"{name}: {x.shown}" for name, x in each.items())
        needed = "; ".join(f"{name}: {x.would_decide}" for name, x in each.items() if x.would_decide)
        return Judgement(verdict, worst.value, shown, needed if verdict is Verdict.NOT_DECIDED else "")

    def _judged(self, name: str, group: tuple[Measured, ...]) -> Judgement:
        return self.rules[name].judge(group) if group else Judgement(Verdict.NOT_DECIDED, UNKNOWN, "not measured")


def _lacking(parts: tuple[Measured, ...]) -> str:
    """Names of the numbers that are not known yet, each once; empty where all are known."""
    unknown = [x.label for x in parts if not x.estimate.is_known]
    if unknown and len(unknown) == len(parts):
        return "no number is known yet"
    return f"not known yet: {listed(list(dict.fromkeys(unknown)))}" if unknown else ""


def _worst(each: list[tuple[Measured, Verdict]], rule: Between) -> Judgement:
    verdict = next(x for x in WORST_FIRST if any(y is x for _, y in each))
    part = max((x for x, y in each if y is verdict), key=lambda x: _outside(x.estimate, rule))
    shown = _shown(part.estimate, rule.percent)
    if len(each) > 1:
        holds = sum(y in (Verdict.AGREES, Verdict.COMPATIBLE) for _, y in each)
        shown = f"{part.label}: {shown}; {holds} of {len(each)} numbers lie within the margin"
    open_parts = [x for x, y in each if y is Verdict.NOT_DECIDED]
    needed = rule.needed(max(open_parts, key=rule.takes)) if verdict is Verdict.NOT_DECIDED else ""
    return Judgement(verdict, part.estimate, shown, needed)


def _outside(found: Estimate, rule: Between) -> float:
    """Distance of a value outside the margin, negative inside it. An unknown value is farthest."""
    return max(rule.low - found.value, found.value - rule.high) if isfinite(found.value) else inf


def _difference(a: Measured, b: Measured, sign: float) -> Estimate:
    return Estimate(sign * (a.estimate.value - b.estimate.value), hypot(a.estimate.error, b.estimate.error))


def _step(a: Measured, b: Measured, sign: float) -> Measured:
    """The step from one number of a set to another, with the number of glasses of the smaller, the first one's control and
    the second one's label."""
    fewer = min(a, b, key=lambda x: x.n_samples)
    by_samples = a.by_samples and b.by_samples
    return replace(
        fewer, label=f"{b.control:.4g}", control=a.control, estimate=_difference(b, a, sign), by_samples=by_samples
    )


def _relative(x: Measured, mean: float) -> Measured:
    """x/mean − 1."""
    return replace(x, estimate=Estimate(x.estimate.value / mean - 1.0, x.estimate.error / abs(mean)))


def _shown(found: Estimate, percent: bool) -> str:
    if percent and isfinite(found.value):
        return f"{Estimate(100 * found.value, 100 * found.error)} %"
    return str(found)


def _two_digits(number: float) -> int:
    """A number rounded up to two digits, since it is said to be enough."""
    unit = int(10 ** max(floor(log10(max(number, 1.0))) - 1, 0))
    return ceil(number / unit) * unit


def _interval(low: float, high: float, percent: bool) -> str:
    scale, unit = (100.0, " %") if percent else (1.0, "")
    if not isfinite(low):
        return f"below {_plain(scale * high)}{unit}"
    if not isfinite(high):
        return f"above {_plain(scale * low)}{unit}"
    return f"{_plain(scale * low)} to {_plain(scale * high)}{unit}"


def _plain(number: float) -> str:
    return f"{number:,.0f}" if 1000.0 <= abs(number) < 1e6 else f"{number:.3g}"
