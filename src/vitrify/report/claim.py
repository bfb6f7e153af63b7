"""A claim as data: the statement of a paper, the numbers that decide it, the rule that judges them, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from vitrify.ensemble import Estimate
from vitrify.ensemble.estimate import UNKNOWN

from .gathered import Study

MOST_LISTED = 3  # names in a sentence


class Verdict(StrEnum):
    """The outcome of a claim. `MEANINGS` explains each verdict, also at the head of the page."""

    AGREES = "agrees"
    COMPATIBLE = "compatible"
    DISAGREES = "disagrees"
    NOT_DECIDED = "not decided"
    ABSENT = "not in this study"


MEANINGS = {
    Verdict.AGREES: "the value with twice its error lies wholly within the margin",
    Verdict.COMPATIBLE: "the value lies within the margin, but twice its error reaches beyond it",
    Verdict.DISAGREES: "the value with twice its error lies wholly outside the margin",
    Verdict.NOT_DECIDED: "the errors or the sizes of the glasses allow none of these verdicts; the report says what would",
    Verdict.ABSENT: "the study lacks an ensemble or an observable that the claim needs",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One number by which a claim is judged."""

    label: str  # its quantity and ensemble, such as "G/K at ρ = 1.20"
    estimate: Estimate  # not a number where it was asked for and is not known yet
    n_particles: int  # that of the smallest glasses on which it was measured
    n_samples: int  # the least number of glasses, or modes, on which it was measured
    control: float = float("nan")  # the control parameter of its ensemble, where the claim is about a set
    group: str = ""  # which of several parts of the claim it belongs to, where these have rules of their own
    by_samples: bool = True  # its error falls as 1/√n, so that the n that decides can be told


@dataclass(frozen=True, slots=True)
class Evidence:
    """All numbers by which a claim is judged; empty where the study does not ask for the observables that it takes."""

    parts: tuple[Measured, ...] = ()
    missing: tuple[str, ...] = ()  # names of what the study lacks, such as "CSS 1.1: dipoles"
    beside: tuple[Measured, ...] = ()  # shown with them and not judged


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes below which no verdict is given: smaller glasses or fewer of them are biased, whatever their error says."""

    n_particles: int = 0
    n_samples: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a rule."""

    verdict: Verdict
    value: Estimate  # the number in the table: the one judged, or the one of many that decided
    shown: str  # the measurement as a reader sees it
    would_decide: str = ""  # for "not decided": what n or N would


class Rule(Protocol):
    """Base class of rules: what a claim expects, and how far from it still counts. `rules` has them."""

    @property
    def margin(self) -> str:
        """The margin in words or numbers, as the page prints it beside the verdict."""
        ...

    def judge(self, parts: tuple[Measured, ...]) -> Judgement:
        """The verdict on numbers, of which at least one is known."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a paper."""

    number: int  # within the paper's list of claims
    figure: str  # the place, such as "Fig. 4" or "Sect. II B"
    text: str  # the paper's statement in our words
    quantity: Callable[[Study], Evidence]
    rule: Rule
    settles: str  # sizes (N, n) that bring the error inside the margin
    least: Sizes = Sizes()
    remark: str = ""  # why it does not hold, or holds in part only, where that is known


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim together with the measured numbers."""

    claim: Claim
    judgement: Judgement
    n_particles: int  # that of the smallest glasses
    n_samples: int  # the least number
    parts: tuple[Measured, ...]
    beside: tuple[Measured, ...] = ()


def listed(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    more = len(names) - MOST_LISTED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:MOST_LISTED])} and {more} more"


def judged(claim: Claim, study: Study) -> JudgedClaim:
    """Judge a claim by the results of a study."""
    evidence = claim.quantity(study)
    parts = evidence.parts
    n_particles = min((x.n_particles for x in parts), default=0)
    n_samples = min((x.n_samples for x in parts), default=0)
    found = _judgement(claim, evidence, n_particles, n_samples)
    if evidence.beside:
        beside = ", ".join(f"{x.label}: {x.estimate}" for x in evidence.beside)
        found = replace(found, shown=f"{found.shown}; for comparison: {beside}")
    return JudgedClaim(claim, found, n_particles, n_samples, parts, evidence.beside)


def _judgement(claim: Claim, evidence: Evidence, n_particles: int, n_samples: int) -> Judgement:
    if evidence.missing or not evidence.parts:
        return Judgement(
            Verdict.ABSENT, UNKNOWN, "the study lacks " + listed(evidence.missing or ("what the claim needs",))
        )
    found = claim.rule.judge(evidence.parts)
    short = []
    if n_particles < claim.least.n_particles:
        short.append(f"glasses of N = {claim.least.n_particles:,} or more")
    if n_samples < claim.least.n_samples:
        short.append(f"n = {claim.least.n_samples:,} or more")
    if short:
        return Judgement(
            Verdict.NOT_DECIDED,
            found.value,
            found.shown,
            f"a verdict takes {' and '.join(short)}; {claim.settles} would settle it",
        )
    if found.verdict is Verdict.NOT_DECIDED and not found.would_decide:
        return Judgement(found.verdict, found.value, found.shown, f"{claim.settles} would settle it")
    return found
