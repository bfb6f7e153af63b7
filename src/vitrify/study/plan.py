"""From what is asked to what is to be done: a study as batches of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from vitrify.campaign import Batch, Task
from vitrify.errors import UsageError
from vitrify.model.catalogue import is_shipped

from . import digest
from .folders import Product, group_products, sample_name, temperature_key
from .spec import EnsembleSpec, StudySpec

MOST_AT_ONCE = 1_000_000  # samples of a run: some 300 MB of memory, and as many files in a folder; twenty times the paper's
NO_RESOURCES: dict[str, float] = {}  # one for all batches


def plan(study: StudySpec, *, samples: int | None = None, ensemble: str | None = None) -> list[Batch]:
    """Parent temperatures first, then the samples of all ensembles in turn, so that all progress together.

    samples: at most so many of each ensemble; ensemble: this one only. Raises UsageError for an unknown one, and where
    there are more samples than one run can take."""
    limited = study.chosen(samples=samples, ensemble=ensemble)
    for x in limited:
        _require_usable(x)
    groups = [group for x in limited for group in x.groups()]
    _require_few(study, sum(x.n_samples for x in groups))
    first = [_temperature_batch(study, x) for x in limited if x.parent_temperature == "auto"]
    return [*first, *_in_turn(_sample_batches(study, x) for x in groups)]


def _require_few(study: StudySpec, samples: int) -> None:
    if samples > MOST_AT_ONCE:
        raise UsageError(
            f"study {study.name!r} asks for {samples:,} samples, must be at most {MOST_AT_ONCE:,} in one run; "
            "--samples and --ensemble choose a part of them"
        )


def _require_usable(spec: EnsembleSpec) -> None:
    """Raise UsageError for a family of the user's own whose formula is wrong, before any worker meets it."""
    potential = spec.parsed_model.potential
    if not is_shipped(potential):
        from vitrify.formula import formula_of  # with numba

        formula_of(potential)


def _temperature_batch(study: StudySpec, spec: EnsembleSpec) -> Batch:
    from . import work  # with numba and SciPy, half a second that only those who plan spend

    task = Task(
        temperature_key(study, spec),
        digest.parent_temperature_digest(study, spec),
        work.parent_temperature_task,
        (spec, study.seed),
    )
    return Batch(f"{spec.name}: pilots", (task,), counts=0)


def _sample_batches(study: StudySpec, group: EnsembleSpec) -> Iterator[Batch]:
    """A batch for each glass of a group. What they share is found once: models are parsed and digests taken here."""
    after = tuple(filter(None, [temperature_key(study, group)]))
    glass, *measured = group_products(study, group)
    shared = _Samples(group, study.seed, after, glass, tuple(measured))
    for index in range(group.n_samples):
        yield Batch(group.name, SampleTasks(shared, index), after=after, resources=NO_RESOURCES)


def _in_turn(groups: Iterable[Iterator[Batch]]) -> Iterator[Batch]:
    """One batch of each group, then the next of each that has more."""
    left = list(groups)
    while left:
        row = [(group, next(group, None)) for group in left]
        yield from (batch for _, batch in row if batch is not None)
        left = [group for group, batch in row if batch is not None]


@dataclass(frozen=True, slots=True)
class _Samples:
    """What all samples of a group have in common."""

    group: EnsembleSpec
    seed: int
    after: tuple[str, ...]
    glass: Product
    measured: tuple[Product, ...]

    def tasks(self, index: int) -> Iterator[Task]:
        """The glass and its observables, one after the other in one worker."""
        from . import work

        name = sample_name(index)
        key, arguments = f"{self.glass.folder}/{name}", (self.group, self.seed, index, *(self.after or ("",)))
        yield Task(key, self.glass.digest, work.glass_task, arguments, needs=self.after, identity=work.glass_checksum)
        for x in self.measured:
            if index < x.tasks:
                measure = (x.observable, key, self.glass.digest)
                yield Task(f"{x.folder}/{name}", x.digest, work.observable_task, measure, needs=(key,))


class SampleTasks(Sequence[Task]):
    """The tasks of one sample, made when they are looked at: those of a million samples would fill the memory."""

    __slots__ = ("sample", "shared")

    def __init__(self, shared: _Samples, sample: int) -> None:
        self.shared, self.sample = shared, sample

    def __iter__(self) -> Iterator[Task]:
        return self.shared.tasks(self.sample)

    def __len__(self) -> int:
        return 1 + sum(self.sample < x.tasks for x in self.shared.measured)

    @overload
    def __getitem__(self, k: int) -> Task: ...
    @overload
    def __getitem__(self, k: slice) -> tuple[Task, ...]: ...
    def __getitem__(self, k: int | slice) -> Task | tuple[Task, ...]:
        return next(iter(self)) if k == 0 else tuple(self)[k]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return repr(tuple(self))
