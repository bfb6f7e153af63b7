"""What is asked of a glass: the options of `vitrify measure` as one record, which many glasses share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from vitrify.errors import UsageError, check
from vitrify.models import Model
from vitrify.models.catalogue import is_shipped, model_of
from vitrify.observables.measurement import EQUILIBRIUM
from vitrify.observables.soft_spots import KINDS
from vitrify.physical_units import Units
from vitrify.statics.anharmonic import Order
from vitrify.study.observables import OBSERVABLES
from vitrify.study.spec import ObservableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of each glass. Its fields, and nothing else, tell whether two glasses were asked the same.

    model: what the particles are, None where the files say it; species: names in a file → names in the mixture; modes,
    soft_spots, dipoles: how many, 0 for none; observables: those of studies. Raises UsageError."""

    model: Model | str | None = None
    species: Mapping[str, str] = field(default_factory=dict)
    units: Units | None = None  # of the files' lengths, and of results beside the reduced ones
    reduced: bool = False  # whether the files' lengths are in λ already, so that units are those of results alone
    box: Any = None  # of files without one
    names: Mapping[str, str] = field(default_factory=dict)  # of species in the files that are written
    quench: bool = False
    energy_only: bool = False
    modes: int = 0
    qlm: bool = False
    soft_spots: int = 0
    kind: Order = KINDS[0]  # of soft spots
    dipoles: int = 0
    elastic_constants: bool = False
    observables: tuple[ObservableSpec, ...] = ()
    without_rattlers: bool = False
    force_tolerance: float = EQUILIBRIUM  # in mean |pair force|

    def __post_init__(self) -> None:
        check(self.force_tolerance > 0, "measure", "force_tolerance", self.force_tolerance, "a positive number")
        check(self.kind in KINDS, "measure", "kind", self.kind, f"one of {', '.join(KINDS)}")
        for name in ("modes", "soft_spots", "dipoles"):
            number = getattr(self, name)
            check(isinstance(number, int) and number >= 0, "measure", name, number, "a whole number, not negative")
        if self.energy_only and self._needs_minimum:
            raise UsageError(
                f"--energy-only is for configurations that are not minima, but {self._needs_minimum} needs a minimum"
            )
        check(isinstance(self.species, Mapping), "measure", "species", self.species, 'a dict such as {"Cu": "A"}')
        for x in self.observables:
            sizes = x.n_samples or x.n_particles
            check(
                not sizes,
                f"observable {x.name}",
                "n_samples or n_particles",
                sizes,
                "left out, because only studies use it",
            )
        names = [x.name for x in self.observables]
        twice = next((x for k, x in enumerate(names) if x in names[:k]), None)
        check(twice is None, "measure", "observables", twice, "named once each")

    @property
    def _needs_minimum(self) -> str:
        """The first option that makes sense for a minimum alone; empty where there is none."""
        asked = ("modes", "qlm", "soft_spots", "dipoles", "elastic_constants", "without_rattlers")
        return next((f"--{x.replace('_', '-')}" for x in asked if getattr(self, x)), "")

    @property
    def text(self) -> str:
        """What differs from the defaults, as JSON with sorted keys: the same text, the same numbers of the same file."""
        usual, names = Asked(), [x.name for x in fields(self)]
        said = {x: _plain(getattr(self, x)) for x in names if getattr(self, x) != getattr(usual, x)}
        return json.dumps(said, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """A field's value as JSON has it; what changes its numbers is part of it: versions of code, a formula of one's own."""
    if isinstance(value, tuple):
        return {x.name: {**x.settings, "version": OBSERVABLES[x.name].version} for x in value}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Units):
        return asdict(value)
    if isinstance(value, list | np.ndarray):
        return np.asarray(value).tolist()
    return _identity(model_of(value)) if isinstance(value, Model | str) else value


def _identity(model: Model) -> str:
    """The readable form of a model; behind that of a family which the package does not ship the identity of its formula."""
    if is_shipped(model.potential):
        return str(model)
    from vitrify.formula import lasting_identity  # with numba, half a second that only an own family costs

    return f"{model} {lasting_identity(model.potential)}"
