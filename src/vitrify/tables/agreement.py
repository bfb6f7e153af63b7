"""Agreement between tables and a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from vitrify.errors import shown
from vitrify.study import EnsembleSpec, Ledger, StudySpec
from vitrify.study.observables import OBSERVABLES
from vitrify.study.spec import ObservableSpec

FIELDS = {x.name for x in fields(EnsembleSpec)}
COMPARED = [x.name for x in fields(EnsembleSpec) if x.name not in ("name", "n_samples", "sets")]  # they change results


def asks_for(study: StudySpec, other: StudySpec, spec: EnsembleSpec) -> bool:
    """Tell whether a study asks for all that another one's ensemble asks for. Numbers of samples do not matter, as digests
    do not count them."""
    named = [x for x in study.ensembles if x.name == spec.name]
    return set(_folders(other, [spec])) <= set(_folders(study, named))


def _folders(study: StudySpec, specs: Sequence[EnsembleSpec]) -> list[str]:
    """Folders of the store, one per digest."""
    return list(Ledger(replace(study, ensembles=tuple(specs))).definitions) if specs else []


def unlike(there: StudySpec, study: StudySpec, spec: EnsembleSpec, *, place: str = "the store's study") -> str:
    """The end of a sentence on how an ensemble differs, or that it is missing. place: the name of `study` in it."""
    now = next((x for x in study.ensembles if x.name == spec.name), None)
    if now is None:
        return f", which the study {study.name!r} of the store does not have"
    pairs = {name: (getattr(spec, name), getattr(now, name)) for name in COMPARED}
    pairs["seed"] = (there.seed, study.seed)
    said = [f"{name} {shown(old)}, there {shown(new)}" for name, (old, new) in pairs.items() if old != new]
    return f" of another definition than {place} has ({'; '.join(said) or 'by its digests'})"


def unlike_tables(study: StudySpec, spec: EnsembleSpec, about: Mapping[str, Any]) -> str:
    """The end of a sentence on how an ensemble of a study differs from that of these tables, by their provenance.

    Empty where they agree: numbers of samples, sets and observables that are no longer asked for may differ. Raises
    UsageError, TypeError or LookupError for a provenance that describes no ensemble."""
    written = _written(about["definition"])
    asked = tuple(x for x in written.measured if spec.observable(x.name) is not None)
    there = replace(study, seed=about["seed"], ensembles=(replace(written, name=spec.name, observables=asked),))
    if asks_for(study, there, there.ensembles[0]):
        return ""
    return f"they are{unlike(there, study, there.ensembles[0], place='study.toml')}"


def _written(definition: Mapping[str, Any]) -> EnsembleSpec:
    """An ensemble restored from a provenance. Keys that another version or a plugin added are left out."""
    known = {name: x for name, x in definition.items() if name in FIELDS}
    observables = tuple(ObservableSpec(**x) for x in known["observables"] if x["name"] in OBSERVABLES)
    return EnsembleSpec(**known | {"observables": observables})
