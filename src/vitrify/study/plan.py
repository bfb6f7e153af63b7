"""From what is asked to what is to be done: a study as work units, each of some tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from vitrify.campaign import Task, WorkUnit
from vitrify.errors import UsageError
from vitrify.models.catalogue import is_shipped

from .products import PILOTS, Ledger, Product
from .spec import EnsembleSpec, StudySpec

MOST_AT_ONCE = 1_000_000  # samples of a run: some 300 MB of memory, and as many files in a folder; twenty times the paper's
NO_RESOURCES: dict[str, float] = {}  # one object for all units


def plan(study: StudySpec | Ledger, *, samples: int | None = None, ensemble: str | None = None) -> list[WorkUnit]:
    """Parent temperatures first, then the samples of all ensembles in turn, so that all progress together.

    samples: at most so many of each ensemble; ensemble: plan this one only. Raises UsageError for an unknown one, and where
    there are more samples than one run can take."""
    ledger = Ledger.of(study).chosen(samples=samples, ensemble=ensemble)
    for x in ledger.study.ensembles:
        _require_usable(x)
    groups = list(ledger.groups())
    _require_few(ledger.study, sum(glasses.count for glasses, _ in groups))
    seed = ledger.study.seed
    first = [_temperature_unit(x, seed) for x in ledger.products if x.name == PILOTS]
    return [*first, *_in_turn(_sample_units((glasses, *measured), seed) for glasses, measured in groups)]


def _require_few(study: StudySpec, samples: int) -> None:
    if samples > MOST_AT_ONCE:
        raise UsageError(
            f"study {study.name!r} asks for {samples:,} samples, must be at most {MOST_AT_ONCE:,} in one run; "
            "--samples and --ensemble choose a part of them"
        )


def _require_usable(spec: EnsembleSpec) -> None:
    """Raise UsageError for a user's own family whose formula is wrong, before any worker meets it."""
    potential = spec.parsed_model.potential
    if not is_shipped(potential):
        from vitrify.formula import formula_of  # with numba

        formula_of(potential)


def _temperature_unit(pilots: Product, seed: int) -> WorkUnit:
    from . import work  # with numba and SciPy, half a second that only those who plan spend

    task = Task(pilots.key(0), pilots.digest, work.parent_temperature_task, (pilots.group, seed))
    return WorkUnit(f"{pilots.group.name}: pilots", (task,), counts=0)


def _sample_units(products: tuple[Product, ...], seed: int) -> Iterator[WorkUnit]:
    """One work unit per glass of a group. products: the glasses, then what is measured of them."""
    glasses = products[0]
    after = tuple(filter(None, [glasses.needed(0)]))
    for index in range(glasses.count):
        yield WorkUnit(glasses.group.name, SampleTasks(products, seed, index), after=after, resources=NO_RESOURCES)


def _in_turn(groups: Iterable[Iterator[WorkUnit]]) -> Iterator[WorkUnit]:
    """One unit of each group, then the next of each that has more."""
    left = list(groups)
    while left:
        row = [(group, next(group, None)) for group in left]
        yield from (unit for _, unit in row if unit is not None)
        left = [group for group, unit in row if unit is not None]


class SampleTasks(Sequence[Task]):
    """The tasks of one sample, made when they are looked at, since those of a million samples would fill the memory."""

    __slots__ = ("products", "sample", "seed")

    def __init__(self, products: tuple[Product, ...], seed: int, sample: int) -> None:
        self.products, self.seed, self.sample = products, seed, sample

    def __iter__(self) -> Iterator[Task]:
        """Yield the glass and its observables, which one worker does one after the other."""
        from . import work

        glass, *measured = self.products
        key, needed = glass.key(self.sample), glass.needed(self.sample)
        arguments, needs = (glass.group, self.seed, self.sample, needed), tuple(filter(None, [needed]))
        if glass.group.imported:
            yield Task(key, glass.digest, work.imported_task, identity=work.glass_checksum)
        else:
            yield Task(key, glass.digest, work.glass_task, arguments, needs=needs, identity=work.glass_checksum)
        for x in measured:
            if self.sample < x.count:
                measure = (x.observable, key, glass.digest, *filter(None, [glass.group.model_file]))
                yield Task(x.key(self.sample), x.digest, work.observable_task, measure, needs=(key,))

    def __len__(self) -> int:
        return sum(self.sample < x.count for x in self.products)

    @overload
    def __getitem__(self, k: int) -> Task: ...
    @overload
    def __getitem__(self, k: slice) -> tuple[Task, ...]: ...
    def __getitem__(self, k: int | slice) -> Task | tuple[Task, ...]:
        return next(iter(self)) if k == 0 else tuple(self)[k]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __reduce__(self) -> tuple[type, tuple[tuple[Task, ...]]]:
        """Travel to a worker as plain tasks: these take a third of the bytes of the products that they belong to."""
        return tuple, (tuple(self),)

    def __repr__(self) -> str:
        return repr(tuple(self))
