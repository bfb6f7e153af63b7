"""Definitions, which contain exactly what defines a result and nothing else, and their digests, the identity of a
result."""

from __future__ import annotations

import hashlib
import json

from vitrify.models import Model
from vitrify.models.catalogue import is_shipped
from vitrify.models.own_files import is_of_file

from .observables import OBSERVABLES
from .spec import EnsembleSpec, ObservableSpec, StudySpec

# version of the code that makes liquids and glasses, raised when a change of it changes results
LIQUID = 4

RULE = "temperature of pilots"  # the way it follows from their G∞; changed with the code that finds it
FIRST_RULE = "4 G∞ a0³/30, two digits"  # the rule in stores whose pilots name none
TEMPERATURE_RULE = "4 (G∞ + 2σ) a0³/30, three digits"
DIMENSION = "dimension"  # not said of three
FORMULA = "formula of the potential"  # key for a family that the package does not ship
IMPORTED = "imported"  # not said of glasses that are made
PREPARATION = "steps between melt and quench"  # not said where there are none
LIQUID_FIELDS = ("name", "density", "minimiser", "force_tolerance", "melt_msd")
Definition = dict[str, object]


def parent_temperature_definition(study: StudySpec, spec: EnsembleSpec) -> Definition:
    """Definition of the parent temperature that pilots find. Raises UsageError for a formula without an identity."""
    pilots = {"n_pilots": spec.n_pilots, "pilot_particles": spec.particles_of_pilot}
    return {**_common(study, spec), **pilots, RULE: TEMPERATURE_RULE}


def glass_definition(study: StudySpec, group: EnsembleSpec, pilots: str = "") -> Definition:
    """Definition of the glasses of a group. It contains neither how many there are nor what is measured of them.

    pilots: digest of the parent temperature, which stands for it where it is automatic. Raises UsageError for a formula
    without an identity."""
    if group.imported:  # what defines a glass of another's making is that it came from a file, and what it is said to be
        known = {"name": group.name, IMPORTED: True, "n_particles": group.n_particles}
        return known | _model(group)
    own = {"n_particles": group.n_particles, "parent_temperature": pilots or repr(group.parent_temperature)}
    return _common(study, group) | own | _preparation(group)


def observable_definition(glass: str, observable: ObservableSpec) -> Definition:
    """Definition of an observable, without the number of glasses on which it is measured. glass: digest of the glasses."""
    version = OBSERVABLES[observable.name].version
    known: Definition = {"glass": glass, "observable": observable.name, "physics": version}
    return known | ({"options": observable.settings} if observable.settings else {})


def plain(definition: Definition) -> Definition:
    """A definition as JSON reads it back, with the same digest."""
    read: Definition = json.loads(json.dumps(definition, default=repr))
    return read


def digest_of(definition: Definition) -> str:
    """The digest of a definition: SHA-256 of its JSON with sorted keys."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True, default=repr).encode()).hexdigest()


def physics() -> dict[str, int]:
    """The versions of the code that enter digests: of liquids and glasses, and of each observable."""
    return {"liquid": LIQUID} | {name: x.version for name, x in OBSERVABLES.items()}


def _preparation(spec: EnsembleSpec) -> Definition:
    """The steps between melt and quench, each with the version of its code; empty where there are none."""
    steps = [{**x.described, "version": x.version} for x in spec.recipe.between]
    return {PREPARATION: steps} if steps else {}


def _common(study: StudySpec, spec: EnsembleSpec) -> Definition:
    fields = {name: getattr(spec, name) for name in LIQUID_FIELDS}
    return {**fields, "seed": study.seed, "physics": LIQUID} | _model(spec)


def _model(spec: EnsembleSpec) -> Definition:
    """The interaction and the dimension."""
    model = spec.parsed_model
    flat = {DIMENSION: spec.dimension} if spec.dimension != 3 else {}
    return {"model": str(model)} | flat | _formula(model)


def _formula(model: Model) -> Definition:
    """Identity of the formula of a user's own family, which its name alone does not tell. For a shipped family the name and
    LIQUID tell all, and for a model in a file its name, with the digest of that file. Raises UsageError."""
    if is_shipped(model.potential) or is_of_file(model.name):
        return {}
    from vitrify.formula import lasting_identity  # with numba, half a second that only an own family costs

    return {FORMULA: lasting_identity(model.potential)}
