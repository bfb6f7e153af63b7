"""What a store holds of what a study asks for, in numbers. Reads names, and the notes of failures; no result."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vitrify.campaign import Failure, Store

from .folders import PILOTS, Product, products, sample_name
from .spec import EnsembleSpec, StudySpec

NAME = re.compile(r"\d{6}|[1-9]\d{6,}", re.ASCII)  # of a sample
AGAIN = " (the next run tries it again)"


@dataclass(frozen=True, slots=True)
class Counts:
    """How far the glasses of one size have come, in samples."""

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
    def missing(self) -> int:
        """Tasks that a run would do: what failed for good is not tried again."""
        return self.product.tasks - len(self.done) - sum(not x.again for x in self.failures.values())

    @property
    def reasons(self) -> dict[str, int]:
        """Of failure → tasks."""
        return _counted(self.failures.values())


def held(product: Product, store: Store) -> Held:
    """What is there of a product. The work is that of the names that are there, however many are asked for."""
    found = frozenset(store.names(product.folder))
    done = _asked(found, product.tasks)
    failures = {x.key.rpartition("/")[2]: x for x in store.failures(product.folder)}
    failed = _asked(failures, product.tasks) - done
    return Held(product, done, {name: x for name, x in failures.items() if name in failed}, found - done)


def ensemble_counts(study: StudySpec, spec: EnsembleSpec, store: Store) -> Counts:
    """Glasses of the ensemble's own size wanted, finished with all their observables, and failed with the reasons."""
    return sample_counts(held(x, store) for x in products(study, spec))[spec.n_particles]


def sample_counts(parts: Iterable[Held]) -> dict[int, Counts]:
    """The same by size of the glasses, of an ensemble whose products were looked at already: its own size first, then those
    that an observable asks for."""
    groups: dict[int, list[Held]] = {}
    for part in parts:
        if part.product.name != PILOTS:
            groups.setdefault(part.product.n_particles, []).append(part)
    return {n: _group_counts(*group) for n, group in groups.items()}


def _group_counts(glass: Held, *measured: Held) -> Counts:
    """A sample is done with all that is asked of it, and fails once, for its first reason."""
    done, failures = glass.done, dict(glass.failures)
    for part in measured:
        done -= _asked(done - part.done, part.product.tasks)
        for name, failure in part.failures.items():
            failures.setdefault(name, failure)
    return Counts(glass.product.tasks, len(done), len(failures), _counted(failures.values()))


def samples_there(store: Store, folder: str, number: int) -> list[int]:
    """Which of so many samples have a file in a folder, in order. The work is that of the names that are there."""
    return sorted(map(int, _asked(store.names(folder), number)))


def _asked(names: Iterable[str], number: int) -> frozenset[str]:
    """Those of these names that are samples below this number."""
    last = sample_name(number - 1)
    width = len(last)
    return frozenset(x for x in names if (len(x) < width or (len(x) == width and x <= last)) and NAME.fullmatch(x))


def _counted(failures: Iterable[Failure]) -> dict[str, int]:
    return dict(Counter(x.reason + (AGAIN if x.again else "") for x in failures))
