"""The identity of a result: a hash of exactly what defines it, and of nothing else."""

from __future__ import annotations

import hashlib
import json
import re

from vitrify.model import Potential
from vitrify.model.catalogue import is_shipped

from .observables import OBSERVABLES
from .spec import EnsembleSpec, ObservableSpec, StudySpec

# of what makes liquids and glasses; raised when a change of code changes results, as `version` is of an observable
LIQUID = 3
SHORT = 12  # hex digits in a folder's name

# what else stands at the top of a store, or will
RESERVED = ("failed", "quarantine", "report", "runs", "claims", "log", "study.toml", "vitrify-store.json")
LONGEST = 160  # characters of a folder's name; what is set aside has all its key in one name, and a name has 255 at most

RULE = "temperature of pilots"  # how it follows from their G∞; changed with the code that finds it
FIRST_RULE = "4 G∞ a0³/30, two digits"  # of stores whose pilots say no rule
TEMPERATURE_RULE = "4 (G∞ + 2σ) a0³/30, three digits"
DIMENSION = "dimension"  # not said of three
FORMULA = "formula of the potential"  # of a family that the package does not ship
PREPARATION = "steps between melt and quench"  # not said where there are none
LIQUID_FIELDS = ("name", "density", "minimiser", "force_tolerance", "melt_msd")
Definition = dict[str, object]


def parent_temperature_digest(study: StudySpec, spec: EnsembleSpec) -> str:
    """Of the parent temperature found from pilots."""
    return _hash(parent_temperature_definition(study, spec))


def glass_digest(study: StudySpec, spec: EnsembleSpec) -> str:
    """Of the glasses of an ensemble: not of how many there are, nor of what is measured of them."""
    return _hash(glass_definition(study, spec))


def observable_digest(study: StudySpec, group: EnsembleSpec, observable: ObservableSpec) -> str:
    """Of one observable of the glasses of a group: not of how many it is measured."""
    return _hash(observable_definition(study, group, observable))


def parent_temperature_definition(study: StudySpec, spec: EnsembleSpec) -> Definition:
    """What defines the parent temperature."""
    pilots = {"n_pilots": spec.n_pilots, "pilot_particles": spec.particles_of_pilot}
    return {**_common(study, spec), **pilots, RULE: TEMPERATURE_RULE}


def glass_definition(study: StudySpec, spec: EnsembleSpec) -> Definition:
    """What defines the glasses of an ensemble; an automatic temperature is the digest of how it is found."""
    automatic = spec.parent_temperature == "auto"
    temperature = parent_temperature_digest(study, spec) if automatic else repr(spec.parent_temperature)
    own = {"n_particles": spec.n_particles, "parent_temperature": temperature}
    return _common(study, spec) | own | _preparation(spec)


def observable_definition(study: StudySpec, group: EnsembleSpec, observable: ObservableSpec) -> Definition:
    """What defines an observable of the glasses of a group."""
    version = OBSERVABLES[observable.name].version
    known = {"glass": glass_digest(study, group), "observable": observable.name, "physics": version}
    return known | ({"options": observable.settings} if observable.settings else {})


def physics() -> dict[str, int]:
    """The versions of the code that enter digests: of liquids and glasses, and of each observable."""
    return {"liquid": LIQUID} | {name: x.version for name, x in OBSERVABLES.items()}


def _preparation(spec: EnsembleSpec) -> Definition:
    """The steps between melt and quench, each with the version of its code; nothing where there are none."""
    steps = [{**x.described, "version": x.version} for x in spec.recipe.between]
    return {PREPARATION: steps} if steps else {}


def digest_of(definition: Definition) -> str:
    """Of a definition that was written down."""
    return _hash(definition)


def folder(spec: EnsembleSpec, product: str, digest: str) -> str:
    """Where a product of an ensemble stands in the store."""
    return f"{safe_name(spec.name)}/{product}-{digest[:SHORT]}"


def safe_name(name: str) -> str:
    """An ensemble's name as a folder's: no way out of the store, nothing hidden, nothing that the store uses itself."""
    safe = re.sub(r"[^A-Za-z0-9.=+-]", "_", name).strip(".") or "_"
    if len(safe) > LONGEST:
        safe = f"{safe[: LONGEST - SHORT - 1]}-{hashlib.sha256(name.encode()).hexdigest()[:SHORT]}"
    return f"{safe}_" if safe.lower() in RESERVED else safe  # lower: some file systems know no case


def _common(study: StudySpec, spec: EnsembleSpec) -> Definition:
    fields = {name: getattr(spec, name) for name in LIQUID_FIELDS}
    model = spec.parsed_model
    known = {**fields, "model": str(model), "seed": study.seed, "physics": LIQUID}
    flat = {DIMENSION: spec.dimension} if spec.dimension != 3 else {}
    return known | flat | _formula(model.potential)


def _formula(potential: Potential) -> Definition:
    """What a user's own family is beside its name; of a shipped one the name and LIQUID tell all. Raises UsageError."""
    if is_shipped(potential):
        return {}
    from vitrify.formula import lasting_identity  # with numba, half a second that only an own family costs

    return {FORMULA: lasting_identity(potential)}


def _hash(content: Definition) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()
