"""Recipes: how a liquid becomes a glass, as steps one after the other.

It imports nothing that computes, so that a study is read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import getattr_static
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from vitrify.errors import SampleFailure, UsageError, check, hint, refuse, shown, wrong
from vitrify.keys import Schema, table_schema
from vitrify.options import (
    Option,
    builtin_of,
    check_kind,
    check_options,
    code_of,
    is_word,
    mistakes_of_options,
    of_this_package,
    option,
    option_keys,
    options_of,
    values_of,
)
from vitrify.plugin_files import Registry

if TYPE_CHECKING:
    import numpy as np

MINIMISERS = ("cg", "fire")
OF_GLASS = (  # in the provenance of every glass; no step of a plugin says them
    "parent_temperature", "liquid_temperature", "liquid_steps", "time_step", "msd_over_a0_squared", "minimiser",
    "force_evaluations", "quench_max_force", "preparation", "seconds_liquid", "seconds", "device", "seed", "model", "box",
    "processor",
)  # fmt: skip
# force evaluations of a quench after a small strain over those of a liquid's (N = 1,000): 0.2 at 5e-5, 0.33 at 5e-4
SHEARED_OVER_QUENCHED = 0.35
LEAST_STEPS = 2000  # steps of a liquid, so that the heat of the start is gone even where particles run fast
Glass = Any  # a vitrify.Glass, whose module stands far above this one
Kept = Mapping[int, Mapping[str, str | float]]  # provenance of each sample: what a step did with it
Kind = TypeVar("Kind", bound="type[Step]")


class Preparing(Protocol):
    """All samples of a batch between two steps; see preparation/steps.py."""

    samples: Any  # preparation.samples.Samples
    temperature: float  # that of their liquids now, in ε/k_B
    rngs: Sequence[np.random.Generator]  # one for each sample

    def glasses(self) -> dict[int, Glass]:
        """The configuration of each sample that has not failed, by its number. It is that of a liquid where the sample was
        not quenched."""

    def put(self, glasses: Mapping[int, Glass]) -> None:
        """Replace the configurations of glasses() by these: their positions, cells, species or sizes may be new."""

    def move(self, one: Callable[[Glass, np.random.Generator], Glass], step: str) -> Kept:
        """Replace each configuration by what `one` makes of it with the random numbers of its sample. Returns the records
        of each."""

    def melt(self, msd: float) -> Kept:
        """Run the liquid at this temperature until its mean squared displacement reaches this value, in a0²."""

    def cool(self, to: float, steps: int) -> Kept:
        """Run so many steps of molecular dynamics evenly from this temperature to another, which the liquids then have."""

    def quench(self, minimiser: str, force_tolerance: float) -> Kept:
        """Bring the liquids to their inherent states."""

    def shear(self, strain: float, increments: int, minimiser: str, force_tolerance: float) -> Kept:
        """Shear the inherent states in the xy plane by equal increments, each followed by a quench."""


class Step:
    """Base class of all steps. Subclasses are frozen dataclasses, whose fields are options of the study file."""

    name: ClassVar[str]  # in study files, as `step`
    summary: ClassVar[str]  # its effect, in a few words
    version: ClassVar[int] = 1  # version of its code, part of a glass's identity: raise it where results change

    def __post_init__(self) -> None:
        check_options(f"step {self.name}", self)

    def run(self, on: Preparing) -> Kept:
        """Run the step on all samples that have not failed, and return the provenance of each, by sample.

        A step that does not define it moves the samples one after the other."""
        return on.move(self.move, self.name)

    def move(self, glass: Glass, rng: np.random.Generator) -> Glass:
        """Return the configuration that follows this one, with as many particles, and what its provenance records."""
        raise NotImplementedError

    @property
    def molecular_dynamics(self) -> float:
        """Number of molecular dynamics steps that `plan` counts, where they are known beforehand."""
        return 0.0

    @property
    def quenches(self) -> float:
        """Number of quenches of a liquid with the same duration, besides its molecular dynamics; `plan` counts them."""
        return 0.0

    @property
    def described(self) -> dict[str, Option]:
        """Its name and options, as in a study file."""
        return {"step": self.name} | values_of(self)


STEPS: Registry[type[Step]] = Registry("vitrify.observables")  # by name; plugins bring both in one file


def register_step(kind: Kind) -> Kind:
    """Register a step, so that preparations can ask for it. Raises UsageError for a class that is none, or that has a name
    that is taken."""
    name = check_kind("step", kind, ("run", "move"), Step)
    check(not STEPS.has(name), f"step {name}", "name", name, "one that is not taken")
    for cost in ("molecular_dynamics", "quenches"):
        is_property = isinstance(getattr_static(kind, cost), property)
        check(is_property, f"step {name}", cost, "no property", "one, with @property above it")
    STEPS[name] = kind
    return kind


@register_step
@dataclass(frozen=True)
class Melt(Step):
    """Molecular dynamics at the parent temperature."""

    msd: float = option(10.0, "mean squared displacement that the liquid must reach, in a0²", at_least=1.0)

    name: ClassVar[str] = "melt"
    summary: ClassVar[str] = "equilibrates the liquid at the parent temperature, until it has forgotten its initial state"

    def run(self, on: Preparing) -> Kept:
        return on.melt(self.msd)


@register_step
@dataclass(frozen=True)
class Cool(Step):
    """Molecular dynamics at a temperature that falls, or rises, evenly."""

    to: float = option(0.0, "temperature at the end, in ε/k_B", needed=True)
    steps: int = option(100_000, "number of steps of molecular dynamics", at_least=500, most=1e9)

    name: ClassVar[str] = "cool"
    summary: ClassVar[str] = (
        "cools or heats the liquid, by molecular dynamics, from the temperature of the step before to another"
    )

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

    minimiser: str = option("cg", "conjugate gradients (cg) or FIRE", choices=MINIMISERS)
    force_tolerance: float = option(
        1e-10,
        "largest force component that may remain, in units of min(1 ε/λ, mean pair force)",
        at_least=1e-300,
        most=1e-3,
    )

    name: ClassVar[str] = "quench"
    summary: ClassVar[str] = "minimises the energy, which brings the liquid to its inherent state"

    def run(self, on: Preparing) -> Kept:
        return on.quench(self.minimiser, self.force_tolerance)


@register_step
@dataclass(frozen=True)
class Shear(Step):
    """Athermal quasistatic shear of the inherent state."""

    strain: float = option(
        0.0, "shear strain γ in the xy plane, positive or negative", at_least=-1.0, most=1.0, needed=True
    )
    increments: int = option(10, "number of equal parts of the strain, each followed by a quench", at_least=1, most=1e6)
    minimiser: str = option("cg", "conjugate gradients (cg) or FIRE", choices=MINIMISERS)
    force_tolerance: float = option(1e-10, "as for the step quench", at_least=1e-300, most=1e-3)

    name: ClassVar[str] = "shear"
    summary: ClassVar[str] = "shears the inherent state in small increments, each followed by a quench"

    def __post_init__(self) -> None:
        Step.__post_init__(self)
        check(self.strain != 0.0, "step shear", "strain", self.strain, "given, and other than 0, such as 0.02")

    def run(self, on: Preparing) -> Kept:
        return on.shear(self.strain, self.increments, self.minimiser, self.force_tolerance)

    @property
    def quenches(self) -> float:
        """One quench, and a part of one for each increment, whose forces are small from the beginning."""
        return 1.0 + SHEARED_OVER_QUENCHED * self.increments


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Steps that turn a liquid into a glass: melt and quench, or with further steps between the two."""

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
        melts = [x.name for x in self.between if isinstance(x, Melt)]
        check(not melts, "recipe", "between", ", ".join(melts), "other steps than melt, which comes before them")
        object.__setattr__(self, "between", tuple(self.between))

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in their order."""
        quench = Quench(self.minimiser, float(self.force_tolerance))
        return (Melt(float(self.melt_msd)), *self.between, quench)

    @property
    def sentence(self) -> str:
        """Its steps with their options, such as `melt(msd=10.0) cool(to=0.5,steps=100000) quench(...)`; empty where nothing
        stands between melt and quench."""
        return " ".join(f"{x.name}({_options(x)})" for x in self.steps) if self.between else ""

    @property
    def instantaneous(self) -> Recipe:
        """The recipe without the steps between melt and quench, with which pilot glasses are made."""
        return replace(self, between=())


def _options(step: Step) -> str:
    return ",".join(f"{name}={value}" for name, value in values_of(step).items())


def done(step: Step, on: Preparing) -> Kept:
    """Run a step, and return the numbers and texts that it records of each sample, by name. Raises SampleFailure, also
    where code of a plugin fails."""
    with code_of(type(step), f"step {step.name}"):
        return {int(s): {_kept_name(step, key): _kept(key, x[key]) for key in x} for s, x in step.run(on).items()}


def _kept_name(step: Step, key: object) -> str:
    if not is_word(key) or (key in OF_GLASS and not of_this_package(type(step))):
        raise SampleFailure(
            f"step {step.name} records something as {shown(key)}, a word that is already in use; it must take another"
        )
    return str(key)


def _kept(key: object, value: Any) -> str | float:
    """A value of the provenance as a plain number or text."""
    given = builtin_of(value)
    if not isinstance(given, str | int | float):
        raise SampleFailure(f"a step recorded {shown(value)} as {key}, but must record numbers and texts")
    return given


def recipe_of(given: Recipe | None) -> Recipe:
    """The recipe that is given, or the default one. Raises UsageError for a value that is no recipe."""
    check(isinstance(given, Recipe | None), "glass", "recipe", given, 'a vitrify.Recipe, such as Recipe(minimiser="fire")')
    return given or Recipe()


def recipe_of_steps(steps: Sequence[Mapping[str, Any] | Step]) -> Recipe:
    """The recipe of a preparation: steps, or tables with a `step` and its options, as in a study file. Raises UsageError
    with every mistake."""
    listed = isinstance(steps, list | tuple) and all(isinstance(x, Mapping | Step) for x in steps)
    check(listed, "preparation", "steps", steps, 'a list such as [{"step": "melt"}, {"step": "quench"}], or of steps')
    refuse("the preparation", [*mistakes_of_steps(steps)])
    made = [x if isinstance(x, Step) else _step(x) for x in steps]
    first: Any = made[0]
    last: Any = made[-1]
    return Recipe(
        minimiser=last.minimiser, force_tolerance=last.force_tolerance, melt_msd=first.msd, between=tuple(made[1:-1])
    )


def mistakes_of_steps(steps: Sequence[Mapping[str, Any] | Step]) -> Iterator[UsageError]:
    """Every mistake in such a list, each with its place in it."""
    for place, given in enumerate(steps):
        for x in [] if isinstance(given, Step) else _mistakes_of_step(given):
            yield x.below(place)
    named = [x.name if isinstance(x, Step) else str(x.get("step")) for x in steps]
    ends = named.count(Melt.name) == 1 and named[0] == Melt.name and named[-1] == Quench.name
    if not ends and all(x in STEPS for x in named):
        order = "melt first and quench last, with others between"
        yield wrong("preparation", "steps", ", ".join(named) or "empty", order, path=())


def _mistakes_of_step(given: Mapping[str, Any]) -> list[UsageError]:
    name = given.get("step", "missing")
    if not isinstance(name, str) or name not in STEPS:
        known = f"one of {', '.join(STEPS)}, or of a plugin (vitrify --plugin FILE){hint(str(name), STEPS)}"
        return [wrong("preparation", "step", name, known)]
    return mistakes_of_options(f"step {name}", STEPS[name], {key: x for key, x in given.items() if key != "step"})


def _step(given: Mapping[str, Any]) -> Step:
    kind = STEPS[str(given["step"])]
    known = options_of(kind)
    options = {key: value for key, value in given.items() if key != "step"}
    return kind(**{key: float(x) if isinstance(known[key].default, float) else x for key, x in options.items()})


@dataclass(frozen=True, slots=True)
class Steps:
    """The form of a preparation in a study file."""

    may_be: str = 'a list of steps such as [{ step = "melt" }, { step = "quench" }]'

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        """Every mistake in the list; an empty tuple has none."""
        if value == ():
            return
        if not (isinstance(value, list | tuple) and value and all(isinstance(x, Mapping) for x in value)):
            yield wrong(owner, name, value, self.may_be)
            return
        for x in mistakes_of_steps(value):
            yield x.within(owner).below(name)

    def schema(self) -> Schema:
        """JSON Schema of the list, with the steps of plugins that are loaded."""
        steps = [
            table_schema(option_keys(kind), kind.summary, also={"step": {"enum": [name]}}) for name, kind in STEPS.items()
        ]
        return {"type": "array", "minItems": 2, "items": {"anyOf": steps}}


def _check_between(name: str, value: object, least: float, most: float, may_be: str) -> None:
    """Raise UsageError unless it is a positive number from `least` to below `most`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    check(number and value > 0 and least <= value < most, "recipe", name, value, may_be)  # type: ignore[operator]  # a number, as was just asked
