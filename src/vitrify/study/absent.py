"""Reading of a study whose plugin is missing: everything else that it asks for is still read."""

from __future__ import annotations

from typing import Any

from vitrify.toml_file import parsed

from .observables import OBSERVABLES
from .reading import NAMING, study_of
from .spec import StudySpec


def parse_stored_study(text: str, source: str) -> tuple[StudySpec, str]:
    """Read the study that a store or a folder of tables holds, without observables that nothing here knows. Returns it with
    one sentence that names these, which is empty where there are none. Raises UsageError."""
    file = parsed(text, source, "study", NAMING)
    absent = _absent(file.content)
    said = f"{source} asks for {', '.join(absent)}, which needs a plugin that is not loaded (vitrify --plugin FILE)"
    return study_of(file, leave_out=absent), said if absent else ""


def _absent(table: dict[str, Any]) -> tuple[str, ...]:
    """Names of observables that are not registered, in their order. A value that is no list of names is left to the
    reader."""
    ensembles = table.get("ensemble")
    tables = [table.get("defaults"), *(ensembles if isinstance(ensembles, list) else [])]
    lists = [x.get("observables") for x in tables if isinstance(x, dict)]
    asked = [x.get("name") if isinstance(x, dict) else x for each in lists if isinstance(each, list) for x in each]
    return tuple(dict.fromkeys(x for x in asked if isinstance(x, str) and x not in OBSERVABLES))
