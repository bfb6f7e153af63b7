"""Rules about several sets of ensembles at once, and about how much a quantity grows along one."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf

from vitrify.ensemble import Estimate

from .claim import Judgement, Measured, Rule, Verdict
from .rules import WORST_FIRST, Trend, within

MOST_SHOWN = 2  # sets of which each is shown; of more, the one that decides


@dataclass(frozen=True, slots=True)
class EachSet:
    """A rule holds in each of several sets, told apart by the symbol in a label: "ρ = 0.55" is of the set "ρ". The worst
    verdict is that of all."""

    rule: Rule

    @property
    def margin(self) -> str:
        return f"in each: {self.rule.margin}"

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        found = {name: self.rule.judge(members) for name, members in _sets(parts).items()}
        name, worst = min(found.items(), key=lambda x: WORST_FIRST.index(x[1].verdict))
        shown = "; ".join(f"{name}: {x.shown}" for name, x in found.items())
        if len(found) > MOST_SHOWN:
            holds = sum(x.verdict in (Verdict.AGREES, Verdict.COMPATIBLE) for x in found.values())
            shown = f"{name}: {worst.shown}; it holds in {holds} of {len(found)}"
        return Judgement(worst.verdict, worst.value, shown, worst.would_decide)


@dataclass(frozen=True, slots=True)
class Grows:
    """Along a set a positive quantity rises, from one true end to the other by at least a factor."""

    factor: float
    slack: float = 0.1  # of the whole change: so much may a step between neighbours go the other way

    @property
    def margin(self) -> str:
        return f"{self._trend.margin}; at least {self.factor:g}-fold in all"

    @property
    def _trend(self) -> Trend:
        return Trend(rising=True, slack=self.slack)

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        trend = self._trend.judge(parts)
        known = sorted((x for x in parts if x.estimate.is_known and x.estimate.value > 0), key=lambda x: x.control)
        if len(known) < len(parts) or len(known) < 2:
            return trend
        growth = _ratio(known[-1].estimate, known[0].estimate)
        verdict = min(trend.verdict, within(growth, self.factor, inf), key=WORST_FIRST.index)
        return Judgement(verdict, growth, f"{growth}-fold: {trend.shown}", trend.would_decide)


def _sets(parts: tuple[Measured, ...]) -> dict[str, tuple[Measured, ...]]:
    sets: dict[str, tuple[Measured, ...]] = {}
    for x in parts:
        name = x.label.rpartition(" = ")[0]
        sets[name] = (*sets.get(name, ()), x)
    return sets


def _ratio(above: Estimate, below: Estimate) -> Estimate:
    value = above.value / below.value
    return Estimate(value, abs(value) * hypot(above.error / above.value, below.error / below.value))
