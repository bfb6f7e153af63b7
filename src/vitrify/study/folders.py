"""Where the products of a study stand in its store, and how many of each it asks for. Names alone: nothing is computed, so
that a store of any size is looked at without what makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import digest
from .spec import EnsembleSpec, ObservableSpec, StudySpec

PILOTS = "parent_temperature"
GLASS = "glass"


@dataclass(frozen=True, slots=True)
class Product:
    """One folder of the store, and how many files it is to hold."""

    group: EnsembleSpec
    name: str  # "parent_temperature", "glass" or an observable
    folder: str
    digest: str  # of every result in it
    tasks: int
    observable: ObservableSpec | None = None

    @property
    def n_particles(self) -> int:
        """Of a glass; of a pilot for the parent temperature."""
        return self.group.particles_of_pilot if self.name == PILOTS else self.group.n_particles


def products(study: StudySpec, spec: EnsembleSpec) -> Iterator[Product]:
    """Those of an ensemble: its pilots where it has any, then each group of glasses with what is measured of them."""
    if spec.parent_temperature == "auto":
        yield _product(spec, PILOTS, digest.parent_temperature_digest(study, spec), 1)
    for group in spec.groups():
        yield from group_products(study, group)


def group_products(study: StudySpec, group: EnsembleSpec) -> Iterator[Product]:
    """The glasses of a group, then each observable of them."""
    yield _product(group, GLASS, digest.glass_digest(study, group), group.n_samples)
    for x in group.measured:
        yield _product(group, x.name, digest.observable_digest(study, group, x), x.n_samples, x)


def _product(group: EnsembleSpec, name: str, found: str, tasks: int, observable: ObservableSpec | None = None) -> Product:
    return Product(group, name, digest.folder(group, name, found), found, tasks, observable)


def temperature_key(study: StudySpec, spec: EnsembleSpec) -> str:
    """Where the parent temperature of an ensemble stands; empty where the spec gives it."""
    if spec.parent_temperature != "auto":
        return ""
    return f"{digest.folder(spec, PILOTS, digest.parent_temperature_digest(study, spec))}/{sample_name(0)}"


def glass_folder(study: StudySpec, spec: EnsembleSpec) -> str:
    """Where the glasses of an ensemble stand."""
    return digest.folder(spec, GLASS, digest.glass_digest(study, spec))


def observable_folder(study: StudySpec, group: EnsembleSpec, observable: ObservableSpec) -> str:
    """Where an observable of a group of glasses stands."""
    return digest.folder(group, observable.name, digest.observable_digest(study, group, observable))


def sample_name(index: int) -> str:
    """The last part of a sample's key."""
    return f"{index:06d}"
