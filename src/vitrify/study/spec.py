"""What a study asks for, checked at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vitrify.errors import UsageError, check
from vitrify.model import Model
from vitrify.model.catalogue import parse
from vitrify.preparation import Recipe

OBSERVABLES = ("mechanics", "elasticity")
MOST_PILOT_PARTICLES = 3000  # a pilot tells the same of G∞ as a larger glass


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleSpec:
    """One ensemble: how its glasses are made, how many, and what is measured of them."""

    name: str
    model: str  # readable form, such as "pss(rc=1.2)"
    density: float  # ρ = N/V, in λ⁻³
    n_particles: int
    n_samples: int
    parent_temperature: float | Literal["auto"] = "auto"  # in ε/k_B; auto = 4 G∞ a0³/30 from pilots, Sect. II B
    n_pilots: int = 2
    pilot_particles: int = 0  # 0: as many as a sample has, at most 3,000
    minimiser: str = "cg"
    force_tolerance: float = 1e-10  # in units of min(1 ε/λ, mean |pair force|)
    melt_msd: float = 10.0  # in a0²
    observables: tuple[str, ...] = OBSERVABLES
    sets: dict[str, float] = field(default_factory=dict)  # figure set → control parameter, such as {"DSS": 0.6}

    def __post_init__(self) -> None:
        owner = f"ensemble {self.name!r}"
        check(bool(self.name.strip()), "ensemble", "name", self.name, "a name")
        check(0 < self.density < 1e6, owner, "density", self.density, "positive")
        check(self.n_particles >= 2, owner, "n_particles", self.n_particles, "at least 2")
        check(self.n_samples >= 1, owner, "n_samples", self.n_samples, "at least 1")
        check(self.n_pilots >= 1, owner, "n_pilots", self.n_pilots, "at least 1")
        check(
            self.pilot_particles >= 0,
            owner,
            "pilot_particles",
            self.pilot_particles,
            "0 or a number of particles",
        )
        hot = self.parent_temperature == "auto" or 0 < float(self.parent_temperature) < 1e6
        check(hot, owner, "parent_temperature", self.parent_temperature, 'positive, or "auto"')
        for observable in self.observables:
            check(
                observable in OBSERVABLES,
                owner,
                "observables",
                observable,
                "one of " + ", ".join(OBSERVABLES),
            )
        check(
            len(set(self.observables)) == len(self.observables),
            owner,
            "observables",
            self.observables,
            "named once each",
        )
        self._check_physics(owner)

    def _check_physics(self, owner: str) -> None:
        """The model exists, its species divide the particles, and they fit a box, those of a pilot too."""
        try:
            model = self.parsed_model
            for n in (self.n_particles, self.particles_of_pilot):
                model.fraction_counts(n)
                model.box_for(n, self.density)
            self.recipe  # noqa: B018  # checks itself
        except UsageError as error:
            raise UsageError(f"{owner}: {error}") from None

    @property
    def parsed_model(self) -> Model:
        return parse(self.model)

    @property
    def recipe(self) -> Recipe:
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
        check(bool(self.name.strip()), "study", "name", self.name, "a name")
        check(0 <= self.seed < 2**63, "study", "seed", self.seed, "an integer from 0 to 2^63 − 1")
        check(len(self.ensembles) > 0, "study", "ensemble", "missing", "given at least once, as [[ensemble]]")

    def ensemble(self, name: str) -> EnsembleSpec:
        """The ensemble of this name. Raises UsageError."""
        for spec in self.ensembles:
            if spec.name == name:
                return spec
        raise UsageError(
            f"study {self.name!r} has no ensemble {name!r}; it has {', '.join(x.name for x in self.ensembles)}"
        )
