"""Reading of a study file (TOML) into a StudySpec. All mistakes in it are told at once, each with its line and the path of
its key.

The records (`spec.py`, observables, steps of a preparation) say what a key may be. Here tables are joined with their
defaults, and mistakes are gathered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from vitrify.errors import MOST_FOUND, Mistakes, UsageError, shown, wrong
from vitrify.errors import Path as KeyPath
from vitrify.keys import Key, Schema, keys_of, missing, mistakes_in, table_schema, unknown
from vitrify.models import Mixture
from vitrify.models.catalogue import with_mixture
from vitrify.models.mixture import EXAMPLE
from vitrify.models.quoted import form_of
from vitrify.models.tables import beginning_in
from vitrify.shipped import read_study_text
from vitrify.toml_file import TomlFile, parsed

from .model_files import with_digests
from .spec import OF_RECIPE, SAID_BY_STEPS, EnsembleSpec, ObservableSpec, StudySpec, disagreements

TABLES = ("study", "defaults", "ensemble")
NAMING = {"observables": "name", "preparation": "step"}  # entries of these lists are called by their names
NOT_DEFAULTS = ("name", "model", "mixture", "density", "sets", "imported")  # keys that each ensemble has for itself
NUMBERS = ("density", "force_tolerance", "melt_msd", "parent_temperature")  # which digests say as such, 1 as 1.0


class MixtureBeside:
    """The form of a mixture given next to a model: its readable form, or a table with the names of its parts in Python."""

    may_be = f'a text such as "{EXAMPLE}", or a table'

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        """Every mistake in it."""
        if not isinstance(value, str | dict):
            yield wrong(owner, name, value, self.may_be)
            return
        keys = keys_of(Mixture)
        found = Mistakes()
        table = value if isinstance(value, dict) else {}
        found += [unknown("mixture", x, keys) for x in islice((x for x in table if x not in keys), MOST_FOUND)]
        with found.noted():
            _mixture({k: x for k, x in table.items() if k in keys} if isinstance(value, dict) else value)
        for x in found:
            yield x.within(owner).below(name)

    def schema(self) -> Schema:
        """JSON Schema of both ways to write it."""
        return {"anyOf": [{"type": "string"}, table_schema(keys_of(Mixture), "species of particles, or a size for each")]}


class ModelOrTable:
    """The form of a model: its readable form, or a table with a formula or the name of a file, and what belongs to it."""

    may_be = 'a text such as "pss(rc=1.2)", or a table such as { formula = "(l/r)^12", cutoff = 1.5 }'

    def mistakes(self, owner: str, name: str, value: object) -> Iterator[UsageError]:
        """Every mistake in it."""
        if isinstance(value, dict):
            try:
                form_of(value)
            except UsageError as error:
                yield error.within(owner).below(name)
        elif not isinstance(value, str):
            yield wrong(owner, name, value, self.may_be)

    def schema(self) -> Schema:
        """JSON Schema of both ways to write it."""
        told = {
            "formula": {
                "type": "string",
                "description": "φ(r) in ε, of numbers, + - * / ^, functions, r, l (λ), parameters",
            },
            "cutoff": {"type": "number", "description": "cutoff of the formula, in λ"},
            "table": {"type": "string", "description": "a file: LAMMPS' pair table, or columns of r and energy"},
            "section": {"type": "string", "description": "section of that file"},
            "smooth_to": {"type": "integer", "description": "highest derivative that vanishes at the cutoff, 0 to 4"},
        }
        number_or_text = {"type": ["number", "string"]}
        table = {"type": "object", "properties": told, "additionalProperties": number_or_text}
        return {"anyOf": [{"type": "string"}, table]}


MIXTURE = Key("mixture", MixtureBeside(), "mixture to use instead of the model's own", None, "that of the model")
OF_ENSEMBLE = keys_of(EnsembleSpec)


def ensemble_keys() -> dict[str, Key]:
    """The keys of [[ensemble]]. The mixture is joined to the model, whose readable form holds it."""
    found: dict[str, Key] = {}
    for name, key in OF_ENSEMBLE.items():
        found[name] = key
        if name == "model":
            found[name] = replace(key, form=ModelOrTable())
            found[MIXTURE.name] = MIXTURE
    return found


def default_keys() -> dict[str, Key]:
    """The keys of [defaults], which ensembles may have in common."""
    return {name: key for name, key in OF_ENSEMBLE.items() if name not in NOT_DEFAULTS}


def read_study(path: Path | str) -> StudySpec:
    """Read and check a study file, or the study of this name that the package brings, such as "quick" (`shipped_studies`
    lists them). Paths of files that it names begin in its folder; Python files among them are run. Raises UsageError with
    all its mistakes."""
    file, folder = parsed(read_study_text(path), str(path), "study", NAMING), Path(path).parent
    with beginning_in(folder):
        return study_of(with_digests(file, folder))


def parse_study(text: str, source: str = "study") -> StudySpec:
    """Check the text of a study, for which no Python file is run. source: what errors call it. Raises UsageError with all
    its mistakes."""
    return study_of(parsed(text, source, "study", NAMING))


def study_of(file: TomlFile, *, leave_out: Collection[str] = ()) -> StudySpec:
    """Check a study file that was parsed, as `parse_study` does. leave_out: names of observables to skip."""
    reading = _Reading(_without(file.content, leave_out) if leave_out else file.content)
    study = None
    with suppress(_Enough):
        study = reading.study(file.text)
    file.refuse(reading.mistakes)
    assert study is not None  # it is made unless there is a mistake
    return study


def _without(content: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The content of a study file without these observables. A value that is no list of observables is left to the
    reader."""

    def left(table: Any) -> Any:
        asked = table.get("observables") if isinstance(table, dict) else None
        if not isinstance(asked, list):
            return table
        return {**table, "observables": [x for x in asked if (x.get("name") if isinstance(x, dict) else x) not in names]}

    ensembles = content.get("ensemble")
    listed = {"ensemble": [left(x) for x in ensembles]} if isinstance(ensembles, list) else {}
    return {**content, **({"defaults": left(content["defaults"])} if "defaults" in content else {}), **listed}


class _Enough(Exception):
    """Signal that so many mistakes were found that no more are looked for."""


class _Reading:
    """Turns tables into specs, and gathers the mistakes in them."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.mistakes = Mistakes()
        self.tables = {name: self._table(name) for name in ("study", "defaults")}

    def study(self, text: str) -> StudySpec | None:
        """The study, or None where there is a mistake."""
        self._note(unknown("", x, TABLES, "table of a study") for x in self.content if x not in TABLES)
        head = self._sound("study", ("study",), keys_of(StudySpec), self.tables["study"])
        defaults = self._sound("[defaults]", ("defaults",), default_keys(), self.tables["defaults"])
        ensembles = self._ensembles(self.content.get("ensemble", []), defaults)
        if not self.mistakes:
            try:
                return StudySpec(**head, ensembles=tuple(ensembles), text=text)
            except UsageError as error:
                self._note(error.each)
        return None

    def _ensembles(self, tables: Any, defaults: dict[str, Any]) -> list[EnsembleSpec]:
        if not isinstance(tables, list) or not all(isinstance(x, dict) for x in tables):
            told = "ensembles are written as [[ensemble]], each with its keys below"
            self._note([UsageError(told, name="ensemble", value=tables)])
            return []
        names: set[str] = set()
        for number, table in enumerate(tables):
            name = table.get("name")
            if isinstance(name, str) and name in names:
                twice = UsageError(f"ensemble {shown(name)} is given twice", owner="study", name="name", value=name)
                self._note([twice.below("ensemble", number)])
            names.add(str(name))
        found = [self._ensemble(number, table, defaults) for number, table in enumerate(tables)]
        return [x for x in found if x is not None]

    def _ensemble(self, number: int, table: dict[str, Any], defaults: dict[str, Any]) -> EnsembleSpec | None:
        """An ensemble, or None where there is a mistake in it."""
        owner = f"ensemble {shown(table.get('name', f'number {number + 1}'))}"
        keys = ensemble_keys()
        given = {**defaults, **self._sound(owner, ("ensemble", number), keys, table)}
        absent = missing(owner, keys, {**self.tables["defaults"], **table})
        self._note(x.below("ensemble", number) for x in absent)
        if given.get("imported"):  # what is common to those that are made is nothing to it
            given = {x: y for x, y in given.items() if x in table or x not in OF_RECIPE}
        elif "preparation" in table:
            self._leave_to_steps(owner, number, table, given)
        if isinstance(given.get("model"), dict):
            given["model"] = form_of(given["model"])
        self._mix(owner, number, table, given)
        try:
            if all(x in given for x, key in OF_ENSEMBLE.items() if key.needed):
                return EnsembleSpec(**_values(given))
            together = tuple(disagreements(owner, given))
        except UsageError as error:
            together = error.each
        self._note(x.below(*self._place(x.path, number, table)) for x in together)
        return None

    def _leave_to_steps(self, owner: str, number: int, table: dict[str, Any], given: dict[str, Any]) -> None:
        """Take away the defaults that an ensemble's own preparation replaces, which the ensemble must not repeat itself."""
        for key in SAID_BY_STEPS:
            if key in table:
                told = f"{owner}: {key} must be left out if a preparation is given, because its steps contain it"
                twice = UsageError(told, owner=owner, name=key, value=table[key])
                self._note([twice.below("ensemble", number)])
            given.pop(key, None)

    def _mix(self, owner: str, number: int, table: dict[str, Any], given: dict[str, Any]) -> None:
        """Put the mixture into the readable form of the model. Without a valid mixture nothing is compared with the number
        of particles."""
        if MIXTURE.name not in table or "model" not in given:
            given.pop(MIXTURE.name, None)
            return
        mixture = given.pop(MIXTURE.name, None)
        if mixture is None:  # it is there, and not right
            given.pop("n_particles", None)
            return
        try:
            given["model"] = with_mixture(given["model"], mixture if isinstance(mixture, str) else str(_mixture(mixture)))
        except UsageError as error:
            self._note([error.within(owner, ("ensemble", number, MIXTURE.name))])
            given.pop("n_particles", None)

    def _sound(self, owner: str, path: KeyPath, keys: Mapping[str, Key], table: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of a table whose values are right each by itself."""
        forms, found = {name: x.form for name, x in keys.items()}, {}
        for name, value in table.items():
            before = len(self.mistakes)
            self._note(x.below(*path) for x in mistakes_in(owner, forms, {name: value}))
            if len(self.mistakes) == before:
                found[name] = value
        return found

    def _note(self, mistakes: Iterable[UsageError]) -> None:
        """Keep mistakes, up to as many as anybody reads."""
        for x in mistakes:
            self.mistakes.append(x)
            if len(self.mistakes) == MOST_FOUND:
                raise _Enough

    def _place(self, path: KeyPath, number: int, table: dict[str, Any]) -> KeyPath:
        """The table in which a key of an ensemble stands: its own, or the defaults."""
        inherited = path and path[0] not in table and path[0] in self.tables["defaults"]
        return ("defaults",) if inherited else ("ensemble", number)

    def _table(self, name: str) -> dict[str, Any]:
        part = self.content.get(name, {})
        if isinstance(part, dict):
            return part
        self.mistakes.append(UsageError(f"{name!r} must be a table, written [{name}]", name=name, value=part))
        return {}


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """Keys of an ensemble as TOML has them, in the types of the record."""
    values: dict[str, Any] = {key: float(x) if key in NUMBERS and not isinstance(x, str) else x for key, x in given.items()}
    if "observables" in values:
        values["observables"] = tuple(map(ObservableSpec.of, values["observables"]))
    if "preparation" in values:
        values["preparation"] = tuple(values["preparation"])
    return values | {"sets": {name: float(x) for name, x in given.get("sets", {}).items()}}


def _mixture(given: Any) -> Mixture:
    return Mixture.parse(given) if isinstance(given, str) else Mixture(**given)
