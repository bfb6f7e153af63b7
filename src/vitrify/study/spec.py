"""What a study asks for, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Literal
from unicodedata import category

from vitrify.errors import UsageError, check
from vitrify.model import LEAST_DENSITY, LEAST_PARTICLES, MOST_DENSITY, MOST_PARTICLES, Model
from vitrify.model.catalogue import parse, usual_dimension
from vitrify.options import Option, check_option, defaults_of, options_of
from vitrify.recipe import Recipe, recipe_of_steps

from .observable import Observable, unknown_observable
from .observables import OBSERVABLES

SAID_BY_STEPS = ("minimiser", "force_tolerance", "melt_msd")  # keys that a preparation stands for
MOST_PILOT_PARTICLES = 3000  # a pilot tells the same of G∞ as a larger glass
UNPRINTED = ("Cc", "Cs", "Zl", "Zp")  # Unicode's control characters, halves of characters, ends of lines
MOST_SAMPLES = 10_000_000  # a thousand times the paper's; more is a slip. One run takes fewer: see plan.MOST_AT_ONCE


@dataclass(frozen=True, slots=True)
class ObservableSpec:
    """What is measured, of how many glasses of which size."""

    name: str
    n_samples: int = 0  # 0: of as many as the ensemble has
    n_particles: int = 0  # 0: of the ensemble's own glasses; else of glasses of this size, made for it
    options: dict[str, Option] = field(default_factory=dict)

    def __post_init__(self) -> None:
        owner = f"observables: {self.name}"
        if self.name not in OBSERVABLES:
            raise unknown_observable("ensemble", self.name)
        _check_size(owner, "n_samples", self.n_samples, 0, MOST_SAMPLES, " (0: as the ensemble)")
        _check_size(owner, "n_particles", self.n_particles, 0, MOST_PARTICLES, " (0: as the ensemble)")
        known = options_of(OBSERVABLES[self.name])
        for key, value in self.options.items():
            allowed = ", ".join(("n_samples", "n_particles", *known))
            check(key in known, owner, "key", key, f"one of {allowed}")
            check_option(owner, known[key], value)

    @property
    def settings(self) -> dict[str, Option]:
        """All options, those not given as they are by default."""
        return {**defaults_of(OBSERVABLES[self.name]), **self.options}

    @property
    def observable(self) -> Observable:
        """What measures it."""
        return OBSERVABLES[self.name](**self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleSpec:
    """One ensemble: how its glasses are made, how many, and what is measured of them."""

    name: str
    model: str  # readable form, such as "pss(rc=1.2)"
    density: float  # ρ = N/V, in λ⁻³; in two dimensions in λ⁻²
    n_particles: int
    n_samples: int
    dimension: int = 0  # 2 or 3; 0: that of the model
    parent_temperature: float | Literal["auto"] = "auto"  # in ε/k_B; auto = 4 (G∞ + 2σ) a0^d/30 from pilots, Sect. II B
    n_pilots: int = 2
    pilot_particles: int = 0  # 0: as many as a sample has, at most 3,000
    minimiser: str = "cg"
    force_tolerance: float = 1e-10  # in units of min(1 ε/λ, mean |pair force|)
    melt_msd: float = 10.0  # in a0²
    preparation: tuple[dict[str, Option], ...] = ()  # steps, in place of the three above; () where these say all
    observables: tuple[ObservableSpec | str, ...] = ("mechanics", "elasticity")  # ObservableSpec once checked
    sets: dict[str, float] = field(default_factory=dict)  # figure set → control parameter, such as {"DSS": 0.6}

    def __post_init__(self) -> None:
        owner = f"ensemble {self.name!r}"
        check(_is_name(self.name), "ensemble", "name", self.name, "a name without control characters")
        fits = LEAST_DENSITY <= self.density <= MOST_DENSITY
        check(fits, owner, "density", self.density, f"positive, from {LEAST_DENSITY:g} to {MOST_DENSITY:g}")
        _check_size(owner, "n_particles", self.n_particles, LEAST_PARTICLES, MOST_PARTICLES)
        _check_size(owner, "n_samples", self.n_samples, 1, MOST_SAMPLES)
        _check_size(owner, "n_pilots", self.n_pilots, 1, MOST_SAMPLES)
        _check_size(owner, "pilot_particles", self.pilot_particles, 0, MOST_PARTICLES, " (0: as a sample)")
        check(self.dimension in (0, 2, 3), owner, "dimension", self.dimension, "2 or 3 (0: that of the model)")
        hot = self.parent_temperature == "auto" or 0 < float(self.parent_temperature) < 1e6
        check(hot, owner, "parent_temperature", self.parent_temperature, 'positive, or "auto"')
        try:
            measured = tuple(ObservableSpec(x) if isinstance(x, str) else x for x in self.observables)
        except UsageError as error:
            raise UsageError(str(error).replace("ensemble:", f"{owner}:")) from None
        object.__setattr__(self, "observables", measured)
        names = [x.name for x in measured]
        check(len(set(names)) == len(names), owner, "observables", tuple(names), "named once each")
        named = all(_is_name(x) and isfinite(control) for x, control in self.sets.items())
        check(named, owner, "sets", self.sets, "names with a finite number each")
        self._check_physics(owner)

    def _check_physics(self, owner: str) -> None:
        """The model exists, its species divide the particles, and they fit a box, those of a pilot too."""
        try:
            model = self.parsed_model
            object.__setattr__(self, "dimension", self.dimension or usual_dimension(model))
            sizes = {x.n_particles for x in self.measured if x.n_particles}
            for n in (self.n_particles, self.particles_of_pilot, *sizes):
                model.fraction_counts(n)
                model.box_for(n, self.density, self.dimension)
            self._settle_recipe()
        except UsageError as error:
            raise UsageError(f"{owner}: {error}") from None

    def _settle_recipe(self) -> None:
        """The steps of a preparation; where it is no more than melt and quench, the keys that say as much stand for it, so
        that one recipe has one digest. Raises UsageError."""
        given: object = self.preparation
        tables = isinstance(given, list | tuple) and all(isinstance(x, Mapping) for x in given)
        check(tables, "recipe", "preparation", given, 'a list of steps such as [{ step = "melt" }, { step = "quench" }]')
        if self.preparation:
            found = recipe_of_steps(self.preparation)
            for key in SAID_BY_STEPS:
                here, there = getattr(self, key), getattr(found, key)
                free = here in (getattr(Recipe(), key), there)
                check(free, "recipe", key, here, f"left out beside a preparation, whose steps say {there}")
                object.__setattr__(self, key, there)
            steps = tuple(x.described for x in found.steps) if found.between else ()
            object.__setattr__(self, "preparation", steps)
        self.recipe  # noqa: B018  # checks itself

    @property
    def measured(self) -> tuple[ObservableSpec, ...]:
        """What is measured."""
        return tuple(x for x in self.observables if isinstance(x, ObservableSpec))

    def observable(self, name: str) -> ObservableSpec | None:
        """What is asked of an observable, if anything."""
        return next((x for x in self.measured if x.name == name), None)

    def samples_of(self, observable: ObservableSpec) -> int:
        """Of how many glasses it is measured."""
        return observable.n_samples or self.n_samples

    def particles_of(self, name: str) -> int:
        """N of the glasses that an observable is measured on: those of the ensemble, or of a group made for it."""
        asked = self.observable(name)
        return (asked.n_particles if asked else 0) or self.n_particles

    def groups(self) -> list[EnsembleSpec]:
        """The ensemble by size of its glasses: its own first, then those that an observable asks for.

        In each, n_samples is the number of glasses, and every observable says of how many it is measured. All share pilots
        and temperature."""
        sizes = dict.fromkeys([self.n_particles, *(x.n_particles for x in self.measured if x.n_particles)])
        return [self._group(n) for n in sizes]

    def limited(self, samples: int) -> EnsembleSpec:
        """The same with at most so many samples of everything."""
        fewer = tuple(replace(x, n_samples=min(x.n_samples, samples)) for x in self.measured)
        return replace(self, n_samples=min(self.n_samples, samples), observables=fewer)

    def _group(self, n_particles: int) -> EnsembleSpec:
        own = n_particles == self.n_particles
        chosen = [x for x in self.measured if (x.n_particles or self.n_particles) == n_particles]
        counted = tuple(replace(x, n_samples=self.samples_of(x), n_particles=0) for x in chosen)
        most = max([x.n_samples for x in counted] + [self.n_samples if own else 1])
        pilots = self.particles_of_pilot
        return replace(self, n_particles=n_particles, n_samples=most, pilot_particles=pilots, observables=counted)

    @property
    def parsed_model(self) -> Model:
        return parse(self.model)

    @property
    def recipe(self) -> Recipe:
        if self.preparation:
            return recipe_of_steps(self.preparation)
        return Recipe(minimiser=self.minimiser, force_tolerance=self.force_tolerance, melt_msd=self.melt_msd)

    @property
    def particles_of_pilot(self) -> int:
        """Particles of a pilot glass."""
        return self.pilot_particles or min(self.n_particles, MOST_PILOT_PARTICLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """A study: named ensembles under one seed."""

    name: str
    seed: int
    ensembles: tuple[EnsembleSpec, ...]
    text: str = ""  # the file it was read from

    def __post_init__(self) -> None:
        plain = _is_name(self.name) and "/" not in self.name  # the store is called for it unless a place is given
        check(plain, "study", "name", self.name, "a name without / and control characters")
        check(0 <= self.seed < 2**63, "study", "seed", self.seed, "an integer from 0 to 2^63 − 1")
        check(len(self.ensembles) > 0, "study", "ensemble", "missing", "given at least once, as [[ensemble]]")

    def chosen(self, *, samples: int | None = None, ensemble: str | None = None) -> list[EnsembleSpec]:
        """All ensembles, or the one of this name, with at most so many samples of each. Raises UsageError."""
        named = (self.ensemble(ensemble),) if ensemble else self.ensembles
        return [x if samples is None else x.limited(samples) for x in named]

    def ensemble(self, name: str) -> EnsembleSpec:
        """The ensemble of this name. Raises UsageError."""
        for spec in self.ensembles:
            if spec.name == name:
                return spec
        raise UsageError(
            f"study {self.name!r} has no ensemble {name!r}; it has {', '.join(x.name for x in self.ensembles)}"
        )


def _check_size(owner: str, name: str, value: int, least: int, most: int, meaning: str = "") -> None:
    check(least <= value <= most, owner, name, value, f"at least {least}{meaning} and at most {most:,}")


def _is_name(text: str) -> bool:
    """Something to read, and nothing that a terminal would obey: names are printed as they are."""
    return bool(text.strip()) and not any(category(x) in UNPRINTED for x in text)
