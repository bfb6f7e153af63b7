"""The text of a study with imported ensembles, which `vitrify import` writes and a person may edit: an ensemble is put into
it, or put in place of what it says of it. All other lines stay as they are."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace

from vitrify.errors import UsageError
from vitrify.toml_lines import Path, lines_of

from .digest import glass_definition
from .reading import parse_study
from .spec import EnsembleSpec, ObservableSpec, StudySpec

TABLE = "[[ensemble]]"


def with_ensemble(text: str, spec: EnsembleSpec) -> StudySpec:
    """The study of this text with an imported ensemble, put in place of the one of its name where there is one. The text
    may have no ensemble yet. Raises UsageError for a text that writes ensembles in another form than as [[ensemble]]."""
    lines, tables = text.rstrip().split("\n"), tomllib.loads(text).get("ensemble", [])
    names = [x["name"] for x in tables]
    if tables and not any(_is_header(x) for x in lines):
        raise UsageError(f"the study writes its ensembles as one list, but must write each as {TABLE}")
    if spec.name in names:
        begin, end = _place(text, names.index(spec.name))
        lines[begin:end] = _lines(spec)
    else:
        lines += ["", *_lines(spec)]
    return parse_study("\n".join(lines) + "\n", "the study with what was imported")


def with_imported(study: StudySpec, stored: StudySpec) -> StudySpec:
    """The study with the ensembles that were imported into a store, which its own file need not name. Where it does, the
    number and density of the glasses are those of the store. stored: the study that the store holds. Raises UsageError
    where the study makes an ensemble of such a name."""
    for there in (x for x in stored.ensembles if x.imported):
        own = next((x for x in study.ensembles if x.name == there.name), None)
        if own is not None and not own.imported:
            raise UsageError(
                f"ensemble {own.name!r} was imported into the store, and the study would make one of that name; "
                "give it another"
            )
        if own is None:
            study = with_ensemble(study.text, there)
        elif glass_definition(study, own) == glass_definition(stored, there):
            counted = replace(own, n_samples=there.n_samples, density=there.density)
            study = study if counted == own else with_ensemble(study.text, counted)
    return study


def _place(text: str, number: int) -> tuple[int, int]:
    """The lines of an ensemble, from its header to before the next table and the comments above that."""
    lines, found = text.split("\n"), lines_of(text)
    begin = found["ensemble", number] - 1
    if not _is_header(lines[begin]):
        raise UsageError(f"line {begin + 1} of the study begins an ensemble in another form than {TABLE}")
    heads = [line - 1 for path, line in found.items() if _is_another_table(path, number) and line - 1 > begin]
    end = min(heads, default=len(lines))
    while end > begin + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return begin, end


def _is_header(line: str) -> bool:
    return line.partition("#")[0].strip() == TABLE


def _is_another_table(path: Path, number: int) -> bool:
    """Tell whether a path is that of a table at the top of a study, other than this ensemble."""
    return (len(path) == 1 and path[0] != "ensemble") or (len(path) == 2 and path[0] == "ensemble" and path[1] != number)


def _lines(spec: EnsembleSpec) -> list[str]:
    """An imported ensemble in TOML."""
    keys: dict[str, object] = {
        "name": spec.name,
        "imported": True,
        "model": spec.model,
        "density": spec.density,
        "dimension": spec.dimension,
        "n_particles": spec.n_particles,
        "n_samples": spec.n_samples,
        "observables": [_observable(x) for x in spec.measured],
        **({"sets": spec.sets} if spec.sets else {}),
    }
    return [TABLE, *(f"{name} = {_toml(value)}" for name, value in keys.items())]


def _observable(asked: ObservableSpec) -> object:
    """An observable by its name, or with what is asked beside it."""
    sizes = {x: y for x in ("n_samples", "n_particles") if (y := getattr(asked, x))}
    return {"name": asked.name, **sizes, **asked.options} if sizes or asked.options else asked.name


def _toml(value: object) -> str:
    """A value as TOML has it. A text in JSON is one in TOML, too."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_toml(name)} = {_toml(x)}' for name, x in value.items())} }}"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list | tuple) else repr(value)
