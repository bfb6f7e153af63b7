"""The identity of a result: a hash of exactly what defines it, and of nothing else."""

from __future__ import annotations

import hashlib
import json
import re

from .spec import OBSERVABLES, EnsembleSpec, ObservableSpec, StudySpec

PHYSICS = dict.fromkeys(["liquid", *OBSERVABLES], 1) | {"liquid": 2}  # raised when a change of code changes results
SHORT = 12  # hex digits in a folder's name

LIQUID_FIELDS = ("name", "density", "minimiser", "force_tolerance", "melt_msd")


def parent_temperature_digest(study: StudySpec, spec: EnsembleSpec) -> str:
    """Of the parent temperature found from pilots."""
    return _hash({**_common(study, spec), "n_pilots": spec.n_pilots, "pilot_particles": spec.particles_of_pilot})


def glass_digest(study: StudySpec, spec: EnsembleSpec) -> str:
    """Of the glasses of an ensemble: not of how many there are, nor of what is measured of them."""
    automatic = spec.parent_temperature == "auto"
    temperature = parent_temperature_digest(study, spec) if automatic else repr(spec.parent_temperature)
    return _hash({**_common(study, spec), "n_particles": spec.n_particles, "parent_temperature": temperature})


def observable_digest(study: StudySpec, group: EnsembleSpec, observable: ObservableSpec) -> str:
    """Of one observable of the glasses of a group: not of how many it is measured."""
    known = {"glass": glass_digest(study, group), "observable": observable.name, "physics": PHYSICS[observable.name]}
    return _hash(known | ({"options": observable.settings} if observable.settings else {}))


def folder(spec: EnsembleSpec, product: str, digest: str) -> str:
    """Where a product of an ensemble stands in the store."""
    safe = re.sub(r"[^A-Za-z0-9.=+-]", "_", spec.name).strip(".") or "_"
    return f"{safe}/{product}-{digest[:SHORT]}"


def _common(study: StudySpec, spec: EnsembleSpec) -> dict[str, object]:
    fields = {name: getattr(spec, name) for name in LIQUID_FIELDS}
    return {**fields, "model": str(spec.parsed_model), "seed": study.seed, "physics": PHYSICS["liquid"]}


def _hash(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()
