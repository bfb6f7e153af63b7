"""The records of what a study asks for, checked at the door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal
from unicodedata import category

from vitrify.errors import Path, UsageError, check, refuse, wrong
from vitrify.keys import Number, Numbers, Schema, Text, Truth, key, keys_of, table_schema
from vitrify.models import LEAST_DENSITY, LEAST_PARTICLES, MOST_DENSITY, MOST_PARTICLES, Model
from vitrify.models.catalogue import parse, usual_dimension
from vitrify.models.own_files import ModelFile, file_of
from vitrify.models.potential import CodeNotRunError
from vitrify.models.quoted import settled
from vitrify.options import Option, defaults_of, mistakes_of_options, option_keys
from vitrify.recipe import Melt, Quench, Recipe, Steps, recipe_of_steps

from .observable import Observable, unknown_observable
from .observables import OBSERVABLES

SAID_BY_STEPS = ("minimiser", "force_tolerance", "melt_msd")  # keys that a preparation stands for
OF_RECIPE = ("parent_temperature", "n_pilots", "pilot_particles", *SAID_BY_STEPS, "preparation")  # keys of the making
MOST_PILOT_PARTICLES = 3000  # a pilot tells the same of G∞ as a larger glass
UNPRINTED = ("Cc", "Cs", "Zl", "Zp")  # Unicode's control characters, halves of characters, ends of lines
MOST_SAMPLES = 10_000_000  # a thousand times the paper's; more is a slip. One run takes fewer: see plan.MOST_AT_ONCE
LARGEST_SEED = 2**63 - 1
HOTTEST = 1e6  # ε/k_B


def is_name(text: str) -> bool:
    """Tell whether a text has something to read and nothing that a terminal would obey: names are printed as they are."""
    return bool(text.strip()) and not any(category(x) in UNPRINTED for x in text)


def is_name_of_store(text: str) -> bool:
    """Tell whether a name can be that of a folder: by default the store is named after its study."""
    return is_name(text) and "/" not in text


def _count(least: int, most: int, meaning: str = "") -> Number:
    return Number(least, most, whole=True, within=f"at least {least}{meaning} and at most {most:,}")


@dataclass(frozen=True, slots=True)
class ObservableSpec:
    """An observable that is asked for, and the number and size of the glasses on which it is measured."""

    name: str
    n_samples: int = key(
        _count(0, MOST_SAMPLES, " (0: as the ensemble)"),
        "number of glasses on which it is measured",
        0,
        otherwise="as many as the ensemble has",
    )
    n_particles: int = key(
        _count(0, MOST_PARTICLES, " (0: as the ensemble)"),
        "number of particles of glasses that are made for it, at the same parent temperature", 0,
        otherwise="the ensemble's own",
    )  # fmt: skip
    options: dict[str, Option] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {"name": self.name, "n_samples": self.n_samples, "n_particles": self.n_particles, **self.options}
        refuse(f"observable {self.name}", mistakes_of_observable(given))

    @classmethod
    def of(cls, given: str | Mapping[str, Any]) -> ObservableSpec:
        """Read a name, or a table with the name and its options. Raises UsageError."""
        table: Mapping[str, Any] = {"name": given} if isinstance(given, str) else given
        sizes = {x: table[x] for x in keys_of(cls) if x in table}
        return cls(table["name"], **sizes, options={k: x for k, x in table.items() if k != "name" and k not in sizes})

    @property
    def settings(self) -> dict[str, Option]:
        """All options, with defaults for those that are not given."""
        return {**defaults_of(OBSERVABLES[self.name]), **self.options}

    @property
    def observable(self) -> Observable:
        """The observable that measures it."""
        return OBSERVABLES[self.name](**self.settings)


def mistakes_of_observable(given: Mapping[str, Any]) -> list[UsageError]:
    """Every mistake in a table that asks for an observable by its name."""
    name = given["name"]
    if name not in OBSERVABLES:
        return [unknown_observable(name)]
    sizes = {x: y.form for x, y in keys_of(ObservableSpec).items()}
    options = {key: x for key, x in given.items() if key != "name"}
    return mistakes_of_options(f"observables: {name}", OBSERVABLES[name], options, sizes)


@dataclass(frozen=True, slots=True)
class Observables:
    """The form of the list of observables."""

    may_be: str = 'a list of names or of tables such as { name = "modes", n_samples = 100 }'

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        """Every mistake in the list; entries that were checked already are right."""
        if not isinstance(value, list | tuple) or not all(map(_names_itself, value)):
            yield wrong(owner, name, value, self.may_be)
            return
        tables = [x if isinstance(x, Mapping) else {"name": getattr(x, "name", x)} for x in value]
        for place, (table, given) in enumerate(zip(tables, value, strict=True)):
            for x in () if isinstance(given, ObservableSpec) else mistakes_of_observable(table):
                yield x.within(owner).below(name, place)
        names = tuple(x["name"] for x in tables)
        first = {x: place for place, x in reversed([*enumerate(names)])}
        twice = next((place for place, x in enumerate(names) if first[x] < place), None)
        if twice is not None:
            yield wrong(owner, name, names, "named once each", path=(name, twice))

    def schema(self) -> Schema:
        """JSON Schema of the list, with the observables of plugins that are loaded."""
        tables = [
            table_schema({**keys_of(ObservableSpec), **option_keys(kind)}, kind.summary, also={"name": {"enum": [name]}})
            for name, kind in OBSERVABLES.items()
        ]
        return {"type": "array", "items": {"anyOf": [{"enum": list(OBSERVABLES)}, *tables]}}


def _names_itself(given: object) -> bool:
    return isinstance(given, str | ObservableSpec) or (isinstance(given, Mapping) and isinstance(given.get("name"), str))


def _of_step(kind: Any, option: str) -> Any:
    """Make a key that stands for an option of a step, and is like it."""
    like = option_keys(kind)[option]
    return key(like.form, like.meaning, like.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleSpec:
    """One ensemble: how its glasses are made, how many there are, and what is measured of them."""

    name: str = key(
        Text(holds=is_name, told="a name without control characters"),
        "unique name of the ensemble; it is part of the seed of its samples",
    )
    model: str = key(
        Text(told='a text such as "pss(rc=1.2)"'),
        "model of the particles: a family of potentials with its parameters, or a glass former of the literature "
        "(`vitrify models` lists both); another mixture may follow in brackets",
    )
    density: float = key(
        Number(LEAST_DENSITY, MOST_DENSITY, within=f"positive, from {LEAST_DENSITY:g} to {MOST_DENSITY:g}"),
        "number density ρ = N/V in λ⁻³, in two dimensions in λ⁻²",
    )
    dimension: int = key(
        Number(whole=True, among=(0, 2, 3), within="2 or 3 (0: that of the model)"),
        "3 makes glasses in a cube, 2 in a square", 0, otherwise="that of the model",
    )  # fmt: skip
    n_particles: int = key(
        _count(LEAST_PARTICLES, MOST_PARTICLES),
        "number of particles N; it must give a whole number of particles of each species, and the edge of the box must be "
        "at least twice the cutoff",
    )
    n_samples: int = key(_count(1, MOST_SAMPLES), "number of glasses")
    parent_temperature: float | Literal["auto"] = key(
        Number(0, HOTTEST, above=True, below=True, within=f"positive and below {HOTTEST:g}", words=("auto",)),
        "temperature of the liquid that is quenched, in ε/k_B; auto: 4 (G∞ + 2σ) a0^d/30, where G∞ is the shear modulus of "
        "pilot glasses and σ its error, rounded up to three digits (Sect. II B of the paper)",
        "auto",
    )
    n_pilots: int = key(
        _count(1, MOST_SAMPLES),
        "number of pilot glasses on which G∞ is measured; with a single pilot, its shear planes give the error",
        2,
    )
    pilot_particles: int = key(
        _count(0, MOST_PARTICLES, " (0: as a sample)"),
        "number of particles of a pilot glass", 0, otherwise=f"that of a sample, at most {MOST_PILOT_PARTICLES:,}",
    )  # fmt: skip
    minimiser: str = _of_step(Quench, "minimiser")
    force_tolerance: float = _of_step(Quench, "force_tolerance")
    melt_msd: float = _of_step(Melt, "msd")
    preparation: tuple[dict[str, Option], ...] = key(
        Steps(),
        "list of all steps, instead of `minimiser`, `force_tolerance` and `melt_msd`",
        (),
        otherwise="melt and quench",
    )
    observables: tuple[ObservableSpec | str, ...] = key(  # ObservableSpec once checked
        Observables(), "observables to measure: their names, or tables with a name and its options",
        ("mechanics", "elasticity"),
    )  # fmt: skip
    sets: dict[str, float] = key(
        Numbers("{ DSS = 0.60 }", holds=is_name),
        "sets of the figures to which the ensemble belongs, each with its control parameter there",
        default_factory=dict, otherwise="none",
    )  # fmt: skip
    imported: bool = key(
        Truth(),
        "true if the glasses come from files: `vitrify import` writes such an ensemble, of `n_samples` glasses with the "
        "mean `density`, and a run makes none of them",
        False,
    )

    def __post_init__(self) -> None:
        owner, keys = f"ensemble {self.name!r}", keys_of(type(self))
        refuse(owner, [x for name, y in keys.items() for x in y.form.mistakes(owner, name, getattr(self, name))])
        with suppress(UsageError):  # of a model that cannot be read, which is told below
            object.__setattr__(self, "model", settled(self.model))
            object.__setattr__(self, "dimension", self.dimension or usual_dimension(self.parsed_model))
        refuse(owner, [*disagreements(owner, {name: getattr(self, name) for name in keys})])
        measured = tuple(x if isinstance(x, ObservableSpec) else ObservableSpec.of(x) for x in self.observables)
        object.__setattr__(self, "observables", measured)
        try:
            self._settle_recipe()
        except UsageError as error:
            raise error.within(owner) from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the file that holds the model, where there is one: a worker runs what came with its task."""
        return _restored, (self.model_file, *(getattr(self, x.name) for x in fields(self)))

    @property
    def model_file(self) -> ModelFile | None:
        """The Python file that holds the model, where there is one and it may be run."""
        return file_of(self.model)

    def _settle_recipe(self) -> None:
        """Normalise the steps of a preparation: where it is no more than melt and quench, the keys that say as much stand
        for it, so that one recipe has one digest. Raises UsageError."""
        if self.preparation:
            found = recipe_of_steps(self.preparation)
            for key in SAID_BY_STEPS:
                here, there = getattr(self, key), getattr(found, key)
                free = here in (getattr(Recipe(), key), there)
                check(free, "recipe", key, here, f"left out if a preparation is given, whose steps say {there}")
                object.__setattr__(self, key, there)
            steps = tuple(x.described for x in found.steps) if found.between else ()
            object.__setattr__(self, "preparation", steps)
        self.recipe  # noqa: B018  # it checks itself when it is made

    @property
    def measured(self) -> tuple[ObservableSpec, ...]:
        """The names of the observables measured."""
        return tuple(x for x in self.observables if isinstance(x, ObservableSpec))

    def observable(self, name: str) -> ObservableSpec | None:
        """The spec of an observable, or None where it is not asked for."""
        return next((x for x in self.measured if x.name == name), None)

    def samples_of(self, observable: ObservableSpec) -> int:
        """Number of glasses on which it is measured: of imported ones at most those that there are."""
        asked = observable.n_samples or self.n_samples
        return min(asked, self.n_samples) if self.imported else asked

    def particles_of(self, name: str) -> int:
        """N of the glasses on which an observable is measured: those of the ensemble, or of a group made for it."""
        asked = self.observable(name)
        return (asked.n_particles if asked else 0) or self.n_particles

    def groups(self) -> list[EnsembleSpec]:
        """The ensemble by size of its glasses: its own first, then those that an observable asks for.

        In each, n_samples is the number of glasses, and every observable says on how many it is measured. All share pilots
        and temperature."""
        sizes = dict.fromkeys([self.n_particles, *(x.n_particles for x in self.measured if x.n_particles)])
        return [self._group(n) for n in sizes]

    def limited(self, samples: int) -> EnsembleSpec:
        """The ensemble with at most so many samples of everything."""
        fewer = tuple(replace(x, n_samples=min(x.n_samples, samples)) for x in self.measured)
        return replace(self, n_samples=min(self.n_samples, samples), observables=fewer)

    def _group(self, n_particles: int) -> EnsembleSpec:
        own = n_particles == self.n_particles
        chosen = [x for x in self.measured if (x.n_particles or self.n_particles) == n_particles]
        counted = tuple(replace(x, n_samples=self.samples_of(x), n_particles=0) for x in chosen)
        most = max([x.n_samples for x in counted] + [self.n_samples if own else 1])
        pilots = 0 if self.imported else self.particles_of_pilot
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
        return _of_pilot(self.n_particles, self.pilot_particles)


def _restored(_file: ModelFile | None, *values: Any) -> EnsembleSpec:
    """An ensemble that was checked before it was sent."""
    spec = object.__new__(EnsembleSpec)
    for x, value in zip(fields(EnsembleSpec), values, strict=True):
        object.__setattr__(spec, x.name, value)
    return spec


def disagreements(owner: str, given: Mapping[str, Any]) -> Iterator[UsageError]:
    """Contradictions between keys of an ensemble that are right each by itself: the species of the model must divide all
    particles, and these must fit a box; so must those of a pilot. given: the keys that are known; unknown ones are not
    compared."""
    if "model" not in given:
        return
    try:
        model = parse(given["model"])
    except UsageError as error:
        yield error.within(owner, ("model",))
        return
    if given.get("imported"):
        yield from _of_the_making(owner, given)
        return
    dimension = given.get("dimension") or usual_dimension(model)
    for n, path in _sizes(given).items():
        try:
            model.fraction_counts(n)
            if "density" in given:
                model.box_for(n, given["density"], dimension)
        except CodeNotRunError:  # of a store that is read: it was checked where it was made
            return
        except UsageError as error:
            yield error.within(owner, path)


def _of_the_making(owner: str, given: Mapping[str, Any]) -> Iterator[UsageError]:
    """Keys that say how glasses are made, which an imported ensemble cannot have."""
    keys = keys_of(EnsembleSpec)
    for name in (x for x in OF_RECIPE if given.get(x, keys[x].default) != keys[x].default):
        yield wrong(owner, name, given[name], "left out of an imported ensemble, whose glasses are not made")
    for place, x in enumerate(given.get("observables", ())):
        n = x.n_particles if isinstance(x, ObservableSpec) else x.get("n_particles") if isinstance(x, Mapping) else 0
        if n:
            path = ("observables", place, "n_particles")
            yield wrong(owner, "n_particles", n, "left out of an imported ensemble, which has one size", path)


def _sizes(given: Mapping[str, Any]) -> dict[int, Path]:
    """The sizes of all glasses of an ensemble, each with the key that says it."""
    found: dict[int, Path] = {}
    if "n_particles" in given:
        n, pilot = given["n_particles"], given.get("pilot_particles") or 0
        found = {n: ("n_particles",)}
        found.setdefault(_of_pilot(n, pilot), ("pilot_particles",) if pilot else ("n_particles",))
    for place, x in enumerate(given.get("observables", ())):
        n = x.n_particles if isinstance(x, ObservableSpec) else x.get("n_particles") if isinstance(x, Mapping) else 0
        if n:
            found.setdefault(n, ("observables", place, "n_particles"))
    return found


def _of_pilot(n_particles: int, pilot_particles: int) -> int:
    return pilot_particles or min(n_particles, MOST_PILOT_PARTICLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """A study: named ensembles under one seed."""

    name: str = key(
        Text(holds=is_name_of_store, told="a name without / and control characters"),
        "name of the study; by default its store is named after it",
        "study",
    )
    seed: int = key(Number(0, LARGEST_SEED, whole=True, within="from 0 to 2^63 − 1"), "seed of all random numbers", 0)
    ensembles: tuple[EnsembleSpec, ...]
    text: str = ""  # the file it was read from

    def __post_init__(self) -> None:
        keys = keys_of(type(self)).items()
        refuse("study", [x for name, y in keys for x in y.form.mistakes("study", name, getattr(self, name))])
        check(len(self.ensembles) > 0, "study", "ensemble", "missing", "given at least once, as [[ensemble]]")

    def chosen(self, *, samples: int | None = None, ensemble: str | None = None) -> list[EnsembleSpec]:
        """The study with all ensembles, or with the one of this name, with at most so many samples of each. Raises
        UsageError."""
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
