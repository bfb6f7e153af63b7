"""How a liquid becomes a glass: what may be chosen, as steps one after the other.

It imports nothing that computes, so that a study is read at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import getattr_static
from numbers import Real
from typing import Any, ClassVar, Protocol, TypeVar

from vitrify.errors import SampleFailure, check, hint, shown
from vitrify.options import (
    Option,
    builtin_of,
    check_kind,
    check_option,
    check_options,
    code_of,
    is_word,
    of_this_package,
    option,
    options_of,
    values_of,
)

MINIMISERS = ("cg", "fire")
OF_GLASS = (  # in the provenance of every glass; no step of a plugin says them
    "parent_temperature", "liquid_temperature", "liquid_steps", "time_step", "msd_over_a0_squared", "minimiser",
    "force_evaluations", "quench_max_force", "preparation", "seconds_liquid", "seconds", "device", "seed", "model", "box",
    "processor", "strains",
)  # fmt: skip
LEAST_STEPS = 2000  # of a liquid, so that the heat of the start is gone even where particles run fast
Kept = Mapping[int, Mapping[str, str | float]]  # what a step did with each sample, as its provenance
Kind = TypeVar("Kind", bound="type[Step]")


class Preparing(Protocol):
    """All samples of a batch between two steps; see preparation/steps.py."""

    samples: Any  # preparation.samples.Samples
    temperature: float  # of their liquids now, in ε/k_B

    def melt(self, msd: float) -> Kept:
        """Run the liquid at this temperature until its mean squared displacement is so large, in a0²."""

    def cool(self, to: float, steps: int) -> Kept:
        """Run so many steps of molecular dynamics from this temperature evenly to another, which the liquids then have."""

    def quench(self, minimiser: str, force_tolerance: float) -> Kept:
        """Bring the liquids to their inherent states."""


class Step:
    """The base of all steps; subclasses are frozen dataclasses, whose fields are options of the study file."""

    name: ClassVar[str]  # in study files, as `step`
    summary: ClassVar[str]  # what it does, in a few words
    version: ClassVar[int] = 1  # of its code, part of a glass's identity: raise it where results change

    def __post_init__(self) -> None:
        check_options(f"step {self.name}", self)

    def run(self, on: Preparing) -> Kept:
        """Do it with all samples that have not failed; what is kept of each as its provenance, by sample."""
        raise NotImplementedError

    @property
    def molecular_dynamics(self) -> float:
        """Steps of molecular dynamics that `plan` counts, where they are known before."""
        return 0.0

    @property
    def described(self) -> dict[str, Option]:
        """Its name and options, as in a study file."""
        return {"step": self.name} | values_of(self)


STEPS: dict[str, type[Step]] = {}  # by name: the package's own, then those of plugins


def register_step(kind: Kind) -> Kind:
    """Let preparations ask for a step. Raises UsageError for what is none, or has a name that is taken."""
    name = check_kind("step", kind, "run", Step)
    check(name not in STEPS, f"step {name}", "name", name, "one that is not taken")
    lasts = isinstance(getattr_static(kind, "molecular_dynamics"), property)
    check(lasts, f"step {name}", "molecular_dynamics", "no property", "one, with @property above it")
    STEPS[name] = kind
    return kind


@register_step
@dataclass(frozen=True)
class Melt(Step):
    """Molecular dynamics at the parent temperature."""

    msd: float = option(10.0, "mean squared displacement that the liquid must reach, in a0²", at_least=1.0)

    name: ClassVar[str] = "melt"
    summary: ClassVar[str] = "the liquid at the parent temperature, until it has forgotten its start"

    def run(self, on: Preparing) -> Kept:
        return on.melt(self.msd)


@register_step
@dataclass(frozen=True)
class Cool(Step):
    """Molecular dynamics at a temperature that falls, or rises, evenly."""

    to: float = option(0.0, "temperature at its end, in ε/k_B")
    steps: int = option(100_000, "steps of molecular dynamics", at_least=500, most=1e9)

    name: ClassVar[str] = "cool"
    summary: ClassVar[str] = "molecular dynamics from the temperature of the step before to another"

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        check(self.to > 0, "step cool", "to", self.to or "missing", "a positive temperature, in ε/k_B")

    def run(self, on: Preparing) -> Kept:
        return on.cool(self.to, self.steps)

    @property
    def molecular_dynamics(self) -> float:
        return float(self.steps)


@register_step
@dataclass(frozen=True)
class Quench(Step):
    """Minimisation of the energy."""

    minimiser: str = option("cg", "conjugate gradients or FIRE", choices=MINIMISERS)
    force_tolerance: float = option(
        1e-10, "largest force component, in units of min(1 ε/λ, mean pair force)", at_least=1e-300, most=1e-3
    )

    name: ClassVar[str] = "quench"
    summary: ClassVar[str] = "from the liquid to its inherent state"

    def run(self, on: Preparing) -> Kept:
        return on.quench(self.minimiser, self.force_tolerance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a liquid becomes a glass: melted and quenched, or by steps of one's own between the two."""

    minimiser: str = "cg"  # or "fire"
    force_tolerance: float = 1e-10  # largest |component| after the quench, in units of min(1 ε/λ, mean |pair force|)
    melt_msd: float = 10.0  # mean squared displacement after which the liquid has forgotten its start, in a0²
    between: Sequence[Step] = field(default=())  # steps after the melt and before the quench

    def __post_init__(self) -> None:
        known = " or ".join(map(repr, MINIMISERS))
        check(self.minimiser in MINIMISERS, "recipe", "minimiser", self.minimiser, known)
        _check_between("force_tolerance", self.force_tolerance, 0.0, 1e-3, "between 0 and 1e-3")
        _check_between("melt_msd", self.melt_msd, 1.0, 1e6, "at least 1 and below 1e6 (in a0²)")
        steps = isinstance(self.between, list | tuple) and all(
            isinstance(x, Step) and type(x) is not Step for x in self.between
        )
        check(steps, "recipe", "between", self.between, "a list of steps, such as [Cool(to=0.5)]")
        ends = [x.name for x in self.between if isinstance(x, Melt | Quench)]
        check(not ends, "recipe", "between", ", ".join(ends), "without melt and quench, which stand around it")
        object.__setattr__(self, "between", tuple(self.between))

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them, in their order."""
        quench = Quench(self.minimiser, float(self.force_tolerance))
        return (Melt(float(self.melt_msd)), *self.between, quench)

    @property
    def instantaneous(self) -> Recipe:
        """The same without what stands between melt and quench, as pilot glasses are made."""
        return replace(self, between=())


def done(step: Step, on: Preparing) -> Kept:
    """Run a step; what it keeps of each sample, numbers and texts by name. Raises SampleFailure, for code of a plugin that
    fails too."""
    with code_of(type(step), f"step {step.name}"):
        return {int(s): {_kept_name(step, key): _kept(key, x[key]) for key in x} for s, x in step.run(on).items()}


def _kept_name(step: Step, key: object) -> str:
    if not is_word(key) or (key in OF_GLASS and not of_this_package(type(step))):
        raise SampleFailure(f"step {step.name} keeps something as {shown(key)}, must take a word that no glass has yet")
    return str(key)


def _kept(key: object, value: Any) -> str | float:
    """A value of the provenance as a plain number or text."""
    given = builtin_of(value)
    if not isinstance(given, str | int | float):
        raise SampleFailure(f"a step keeps {shown(value)} as {key}, must keep numbers and texts")
    return given


def recipe_of(given: Recipe | None) -> Recipe:
    """The recipe that is given, or the default one. Raises UsageError for what is none."""
    check(isinstance(given, Recipe | None), "glass", "recipe", given, 'a vitrify.Recipe, such as Recipe(minimiser="fire")')
    return given or Recipe()


def recipe_of_steps(steps: Sequence[Mapping[str, Any]]) -> Recipe:
    """The recipe of a preparation as a study file has it: tables with a `step` and its options. Raises UsageError."""
    made = [_step(x) for x in steps]
    named = [x.name for x in made]
    once = named.count(Melt.name) == named.count(Quench.name) == 1
    ends = once and named[0] == Melt.name and named[-1] == Quench.name
    check(ends, "preparation", "steps", ", ".join(named) or "empty", "melt first and quench last, with others between")
    first: Any = made[0]
    last: Any = made[-1]
    return Recipe(
        minimiser=last.minimiser, force_tolerance=last.force_tolerance, melt_msd=first.msd, between=tuple(made[1:-1])
    )


def _step(given: Mapping[str, Any]) -> Step:
    name = given.get("step", "missing")
    known_steps = f"one of {', '.join(STEPS)}, or of a plugin (vitrify --plugin FILE)"
    check(isinstance(name, str) and name in STEPS, "preparation", "step", name, f"{known_steps}{hint(str(name), STEPS)}")
    kind, owner = STEPS[str(name)], f"step {name}"
    known = options_of(kind)
    options = {key: value for key, value in given.items() if key != "step"}
    for key, value in options.items():
        check(key in known, owner, "key", key, f"one of {', '.join(known) or 'none'}")
        check_option(owner, known[key], value)
    return kind(**{key: float(x) if isinstance(known[key].default, float) else x for key, x in options.items()})


def _check_between(name: str, value: object, least: float, most: float, may_be: str) -> None:
    """Raise UsageError unless it is a positive number from `least` to below `most`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    check(number and value > 0 and least <= value < most, "recipe", name, value, may_be)  # type: ignore[operator]
