"""From what is asked to what is to be done: a study as batches of tasks."""

from __future__ import annotations

from itertools import chain, zip_longest

from vitrify.campaign import Batch, Task
from vitrify.model.catalogue import is_shipped

from . import digest
from .folders import glass_folder, observable_folder, sample_name, temperature_key
from .spec import EnsembleSpec, StudySpec


def plan(study: StudySpec, *, samples: int | None = None, ensemble: str | None = None) -> list[Batch]:
    """Parent temperatures first, then the samples of all ensembles in turn, so that all progress together.

    samples: at most so many of each ensemble; ensemble: this one only. Raises UsageError for an unknown one."""
    limited = study.chosen(samples=samples, ensemble=ensemble)
    for x in limited:
        _require_usable(x)
    first = [_temperature_batch(study, x) for x in limited if x.parent_temperature == "auto"]
    groups = [group for x in limited for group in x.groups()]
    rows = zip_longest(*([_sample_batch(study, x, i) for i in range(x.n_samples)] for x in groups))
    return [*first, *(batch for batch in chain.from_iterable(rows) if batch is not None)]


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


def _sample_batch(study: StudySpec, spec: EnsembleSpec, index: int) -> Batch:
    """The glass and its observables, one after the other in one worker."""
    from . import work

    after = tuple(filter(None, [temperature_key(study, spec)]))
    glass = Task(
        f"{glass_folder(study, spec)}/{sample_name(index)}",
        digest.glass_digest(study, spec),
        work.glass_task,
        (spec, study.seed, index, *(after or ("",))),
        needs=after,
    )
    measured = (
        Task(
            f"{observable_folder(study, spec, x)}/{sample_name(index)}",
            digest.observable_digest(study, spec, x),
            work.observable_task,
            (x, glass.key, glass.digest),
            needs=(glass.key,),
        )
        for x in spec.measured
        if index < spec.samples_of(x)
    )
    return Batch(spec.name, (glass, *measured), after=after)
