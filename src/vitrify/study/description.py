"""The study file described by its own records: as JSON Schema, from which editors complete, and as the tables of its
page."""

from __future__ import annotations

from vitrify.keys import Key, Schema, as_toml, keys_of, markdown, table_schema
from vitrify.options import option_keys
from vitrify.recipe import STEPS, Step

from .observable import OBSERVABLES, Observable
from .reading import default_keys, ensemble_keys
from .spec import StudySpec


def study_schema() -> Schema:
    """JSON Schema of a study file, with the observables and steps of the plugins that are loaded. It checks each key by
    itself. Only `read_study` checks what keys mean together, and whether a model exists."""
    defaults = table_schema(default_keys(), "values that hold for every ensemble, unless the ensemble gives its own")
    own = list(defaults.pop("required"))
    ensemble = table_schema(
        ensemble_keys(), "one ensemble: how its glasses are made, how many there are, and what is measured"
    )
    ensemble["required"] = [x for x in ensemble["required"] if x not in own]
    return {
        "type": "object",
        "properties": {
            "study": table_schema(keys_of(StudySpec), "the name of the study and the seed of all its random numbers"),
            "defaults": defaults,
            "ensemble": {"type": "array", "minItems": 1, "items": ensemble},
        },
        "required": ["ensemble"],
        "additionalProperties": False,
        "allOf": [_in_defaults_or_in_all(x) for x in own],
    }


def _in_defaults_or_in_all(key: str) -> Schema:
    """Require each needed key to stand in the defaults or in every ensemble."""
    in_defaults = {"required": ["defaults"], "properties": {"defaults": {"required": [key]}}}
    return {"anyOf": [in_defaults, {"properties": {"ensemble": {"items": {"required": [key]}}}}]}


def key_table() -> str:
    """The keys of a study file, where they stand, what they may be and what they mean, as Markdown."""
    shared = default_keys()
    rows = [(f"`{x.name}`", "`[study]`", x.form.may_be, x.meaning, x.unless_given) for x in keys_of(StudySpec).values()]
    for name, x in ensemble_keys().items():
        where = "`[[ensemble]]` or `[defaults]`" if name in shared else "`[[ensemble]]`"
        rows.append((f"`{name}`", where, x.form.may_be, x.meaning, x.unless_given))
    return markdown(("key", "stands in", "value", "meaning", "default"), rows)


def step_table() -> str:
    """The package's own steps of a preparation, with their options."""
    return _kinds("step", "what it does", [x for x in STEPS.values() if x.__module__.startswith("vitrify.")])


def observable_table() -> str:
    """The package's own observables, with their options."""
    return _kinds("name", "what it measures", [x for x in OBSERVABLES.values() if x.__module__.startswith("vitrify.")])


def _kinds(called: str, does: str, kinds: list[type[Step]] | list[type[Observable]]) -> str:
    rows = [(f"`{x.name}`", x.summary, _options(x)) for x in kinds]
    return markdown((called, does, "options and their defaults"), rows)


def _options(kind: type[Step] | type[Observable]) -> str:
    """Each option with its default, its meaning and its permitted values."""
    return "; ".join(map(_option, option_keys(kind).values()))


def _option(of: Key) -> str:
    default, needed = ("", ", required") if of.needed else (f" = {as_toml(of.default)}", "")
    return f"`{of.name}{default}` ({of.form.may_be}{needed}): {of.meaning}"
