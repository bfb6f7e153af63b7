"""Inventory of a store: what it holds of the products that a study asks for. Only names and notes of failures are read,
never a result."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vitrify.campaign import Failure, Store

from .products import GLASS, PILOTS, Product, ensemble_products, sample_name
from .spec import EnsembleSpec, StudySpec

NAME = re.compile(r"\d{6}|[1-9]\d{6,}", re.ASCII)  # name of a sample
AGAIN = " (the next run tries it again)"


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of samples of one size that are wanted, done and failed."""

    wanted: int
    done: int
    failed: int
    reasons: dict[str, int]  # of failure → samples


@dataclass(frozen=True, slots=True)
class ProductInventory:
    """The samples of one product that are in the store, by their names."""

    asked: Product
    there: frozenset[str] = frozenset()  # asked for, and there
    failures: dict[str, Failure] = field(default_factory=dict)  # asked for, and not there
    beyond: frozenset[str] = frozenset()  # there, and not asked for

    @property
    def product(self) -> str:
        """Name of the product: "parent_temperature", "glass" or an observable."""
        return self.asked.name

    @property
    def n_particles(self) -> int:
        """Particles of a glass, or of a pilot for the parent temperature."""
        return self.asked.n_particles

    @property
    def wanted(self) -> int:
        """Number of tasks asked for."""
        return self.asked.count

    @property
    def done(self) -> int:
        """Number of tasks whose results are there."""
        return len(self.there)

    @property
    def failed(self) -> int:
        """Number of tasks that failed."""
        return len(self.failures)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of tasks by reason of failure."""
        return _counted(self.failures.values())

    @property
    def missing(self) -> int:
        """Number of tasks that a run would do: neither done nor failed for good. No run makes glasses that are imported."""
        if self.asked.group.imported and self.product == GLASS:
            return 0
        return self.wanted - self.done - sum(not x.again for x in self.failures.values())


def take_inventory(product: Product, store: Store | None) -> ProductInventory:
    """List what a store holds of a product, which is nothing where there is no store yet. The work grows with the names
    that are there, however many are asked for. Raises Unreadable."""
    if store is None:
        return ProductInventory(product)
    found = frozenset(store.names(product.folder))
    there = _asked(found, product.count)
    failures = {x.key.rpartition("/")[2]: x for x in store.failures(product.folder)}
    failed = _asked(failures, product.count) - there
    return ProductInventory(product, there, {name: x for name, x in failures.items() if name in failed}, found - there)


def samples_there(product: Product, store: Store) -> list[int]:
    """Numbers of the samples of a product that have a file, in order. The work grows with the names that are there."""
    return sorted(map(int, _asked(store.names(product.folder), product.count)))


def ensemble_counts(study: StudySpec, spec: EnsembleSpec, store: Store) -> Counts:
    """Number of glasses of the ensemble's own size that are wanted, that are finished with all their observables, and that
    failed with the reasons."""
    return sample_counts([take_inventory(x, store) for x in ensemble_products(study, spec)])[spec.n_particles]


def sample_counts(parts: Sequence[ProductInventory]) -> dict[int, Counts]:
    """Counts by size of the glasses, for an ensemble whose products have been listed already: its own size first, then
    those that an observable asks for."""
    groups: dict[int, list[ProductInventory]] = {}
    for part in parts:
        if part.product != PILOTS:
            groups.setdefault(part.n_particles, []).append(part)
    return {n: _group_counts(*group) for n, group in groups.items()}


def _group_counts(glass: ProductInventory, *measured: ProductInventory) -> Counts:
    """Counts of one group. A sample is done when all that is asked of it is done, and fails once, for its first reason."""
    done, failures = glass.there, dict(glass.failures)
    for part in measured:
        done -= _asked(done - part.there, part.wanted)
        for name, failure in part.failures.items():
            failures.setdefault(name, failure)
    return Counts(glass.wanted, len(done), len(failures), _counted(failures.values()))


def _asked(names: Iterable[str], number: int) -> frozenset[str]:
    """The names among these that belong to samples below this number."""
    last = sample_name(number - 1)
    width = len(last)
    return frozenset(x for x in names if (len(x) < width or (len(x) == width and x <= last)) and NAME.fullmatch(x))


def _counted(failures: Iterable[Failure]) -> dict[str, int]:
    return dict(Counter(x.reason + (AGAIN if x.again else "") for x in failures))
