"""What a store holds of what a study asks for, in numbers. Reads names, and the notes of failures; no result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from vitrify.campaign import Failure, Store

from .folders import PILOTS, Product, products, sample_name
from .spec import EnsembleSpec, StudySpec

AGAIN = " (the next run tries it again)"


@dataclass(frozen=True, slots=True)
class Counts:
    """How far an ensemble has come, in samples."""

    wanted: int
    done: int
    failed: int
    reasons: dict[str, int]  # of failure → samples


@dataclass(frozen=True, slots=True)
class Held:
    """One product in the store, by the names of its samples."""

    product: Product
    done: frozenset[str]  # asked for, and there
    failures: dict[str, Failure]  # asked for, and not there
    beyond: frozenset[str]  # there, and not asked for

    @property
    def lacking(self) -> frozenset[str]:
        """Asked for and not there, failed or not."""
        return _names(self.product.tasks) - self.done

    @property
    def missing(self) -> int:
        """Tasks that a run would do: what failed for good is not tried again."""
        return self.product.tasks - len(self.done) - sum(not x.again for x in self.failures.values())

    @property
    def reasons(self) -> dict[str, int]:
        """Of failure → tasks."""
        return _counted(self.failures.values())


def held(product: Product, store: Store) -> Held:
    """What is there of a product."""
    asked = _names(product.tasks)
    found = frozenset(store.names(product.folder))
    failures = {x.key.rpartition("/")[2]: x for x in store.failures(product.folder)}
    failed = {name: x for name, x in failures.items() if name in asked and name not in found}
    return Held(product, asked & found, failed, found - asked)


def ensemble_counts(study: StudySpec, spec: EnsembleSpec, store: Store) -> Counts:
    """Glasses wanted, finished with all their observables, and failed with the reasons."""
    return sample_counts(held(x, store) for x in products(study, spec))


def sample_counts(parts: Iterable[Held]) -> Counts:
    """The same of an ensemble whose products were looked at already. A sample fails once, for its first reason."""
    groups: dict[int, list[Held]] = {}
    for part in parts:
        if part.product.name != PILOTS:
            groups.setdefault(part.product.n_particles, []).append(part)
    wanted = sum(group[0].product.group.n_samples for group in groups.values())
    lacking = sum(len(frozenset().union(*(x.lacking for x in group))) for group in groups.values())
    failures: dict[tuple[int, str], Failure] = {}
    for n, group in groups.items():
        for part in reversed(group):  # the glass is the first, and stays
            failures |= {(n, name): x for name, x in part.failures.items()}
    return Counts(wanted, wanted - lacking, len(failures), _counted(failures.values()))


def _counted(failures: Iterable[Failure]) -> dict[str, int]:
    return dict(Counter(x.reason + (AGAIN if x.again else "") for x in failures))


@cache
def _names(number: int) -> frozenset[str]:
    """Those of the first samples; the same for all products of an ensemble."""
    return frozenset(map(sample_name, range(number)))
