"""The ledger of a study: every product that it asks for, made once.

Plan, status, prune, export, costs and manifest are views of it. It holds names and digests and computes nothing else, so
that a store of any size is looked at without what makes it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .digest import Definition, digest_of, glass_definition, observable_definition, parent_temperature_definition, plain
from .spec import EnsembleSpec, ObservableSpec, StudySpec

PILOTS = "parent_temperature"
GLASS = "glass"
SHORT = 12  # hex digits of a digest in a folder's name: two in 10^14 agree by chance
# other names at the top of a store, now or later
RESERVED = (
    "failed", "quarantine", "report", "runs", "claims", "log", "pair_tables", "model_files", "study.toml",
    "vitrify-store.json",
)  # fmt: skip
LONGEST = 160  # characters of a folder's name; what is set aside has all its key in one name, and a name has 255 at most


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of result of one group of glasses: a folder of the store, with a file for each sample."""

    group: EnsembleSpec
    name: str  # "parent_temperature", "glass" or an observable
    n_particles: int  # that of a glass, or of a pilot for the parent temperature
    count: int  # files that are asked for
    definition: Definition  # that of each result, as in spec.json
    digest: str  # that of the definition
    folder: str
    needs: Product | None = None  # source of each result: the pilots of a glass, the glass of an observable
    observable: ObservableSpec | None = None

    def key(self, index: int) -> str:
        """The key of a sample in the store."""
        return f"{self.folder}/{sample_name(index)}"

    def needed(self, index: int) -> str:
        """The key of the result from which a sample is made, empty where it needs none."""
        if self.needs is None:
            return ""
        return self.needs.key(0 if self.needs.name == PILOTS else index)  # the pilots of all glasses are one result


class Ledger:
    """All that a study asks for, in its order: made once and handed on."""

    def __init__(self, study: StudySpec) -> None:
        self.study = study
        self.products = tuple(x for spec in study.ensembles for x in ensemble_products(study, spec))

    @classmethod
    def of(cls, study: StudySpec | Ledger) -> Ledger:
        """The ledger of a study; a ledger stays as it is."""
        return study if isinstance(study, Ledger) else cls(study)

    @property
    def definitions(self) -> dict[str, Definition]:
        """Definition of the results of each folder, by folder."""
        return {x.folder: x.definition for x in self.products}

    def chosen(self, *, samples: int | None = None, ensemble: str | None = None) -> Ledger:
        """The ledger of one ensemble, or of at most so many samples of each. Raises UsageError for an unknown ensemble."""
        if samples is None and not ensemble:
            return self
        chosen = self.study.chosen(samples=samples, ensemble=ensemble)
        return Ledger(replace(self.study, ensembles=tuple(chosen)))

    def ensembles(self) -> dict[str, list[Product]]:
        """The products of each ensemble, by its name."""
        found: dict[str, list[Product]] = {spec.name: [] for spec in self.study.ensembles}
        for x in self.products:
            found[x.group.name].append(x)
        return found

    def groups(self) -> Iterator[tuple[Product, list[Product]]]:
        """The glasses of each group, with the observables measured on them."""
        return grouped(self.products)


def ensemble_products(study: StudySpec, spec: EnsembleSpec) -> Iterator[Product]:
    """Yield the pilots of an ensemble, where it has any, then each group of its glasses with the observables measured on
    them."""
    pilots = None
    if spec.parent_temperature == "auto" and not spec.imported:
        n = spec.particles_of_pilot
        pilots = _product(spec, PILOTS, 1, parent_temperature_definition(study, spec), n_particles=n)
        yield pilots
    for group in spec.groups():
        defined = glass_definition(study, group, pilots.digest if pilots else "")
        glasses = _product(group, GLASS, group.n_samples, defined, needs=pilots)
        yield glasses
        for x in group.measured:
            defined = observable_definition(glasses.digest, x)
            yield _product(group, x.name, x.n_samples, defined, needs=glasses, observable=x)


def grouped(products: Iterable[Product]) -> Iterator[tuple[Product, list[Product]]]:
    """Yield glasses with the observables measured on them, from products in their order. Pilots are left out."""
    chosen = [x for x in products if x.name != PILOTS]
    starts = [k for k, x in enumerate(chosen) if x.name == GLASS]
    for start, end in zip(starts, [*starts[1:], len(chosen)], strict=True):
        yield chosen[start], chosen[start + 1 : end]


def _product(
    group: EnsembleSpec, name: str, count: int, definition: Definition, *, n_particles: int = 0,
    needs: Product | None = None, observable: ObservableSpec | None = None,
) -> Product:  # fmt: skip
    defined = plain(definition)
    digest = digest_of(defined)
    folder = f"{safe_name(group.name)}/{name}-{digest[:SHORT]}"
    return Product(group, name, n_particles or group.n_particles, count, defined, digest, folder, needs, observable)


def safe_name(name: str) -> str:
    """An ensemble's name as the name of a folder, which cannot lead out of the store, is not hidden and is none that the
    store uses itself."""
    safe = re.sub(r"[^A-Za-z0-9.=+-]", "_", name).strip(".") or "_"
    if len(safe) > LONGEST:
        safe = f"{safe[: LONGEST - SHORT - 1]}-{hashlib.sha256(name.encode()).hexdigest()[:SHORT]}"
    return f"{safe}_" if safe.lower() in RESERVED else safe  # lower: some file systems know no case


def sample_name(index: int) -> str:
    """The last part of a sample's key."""
    return f"{index:06d}"
