"""A study file (TOML) into a StudySpec; a mistake is named with its line and key."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from vitrify.errors import UsageError, hint, shown
from vitrify.model import Mixture
from vitrify.model.catalogue import with_mixture
from vitrify.model.mixture import EXAMPLE
from vitrify.toml_file import parse_toml, read_toml_text

from .spec import SAID_BY_STEPS, EnsembleSpec, ObservableSpec, StudySpec

STUDY_KEYS = ("name", "seed")
TABLES = ("study", "defaults", "ensemble")
ENSEMBLE_FIELDS = {f.name: f for f in fields(EnsembleSpec)}
MIXTURE = "mixture"  # a key beside the model, whose readable form holds it
MIXTURE_KEYS = tuple(f.name for f in fields(Mixture))
NOT_DEFAULTS = ("name", "model", "density", "sets")
NUMBERS = ("density", "force_tolerance", "melt_msd")
INTEGERS = ("n_particles", "n_samples", "dimension", "n_pilots", "pilot_particles")
TEXTS = ("name", "model", "minimiser")


def read_study(path: Path | str) -> StudySpec:
    """Read and check a study file. Raises UsageError: one sentence with file, line and key."""
    return parse_study(read_toml_text(path, "study"), str(path))


def parse_study(text: str, source: str = "study") -> StudySpec:
    """Check the text of a study. source: what errors call it."""
    return _Reader(text, source).study(parse_toml(text, source, "study"))


class _Reader:
    """Turns tables into specs, and knows on which line a key stands."""

    def __init__(self, text: str, source: str) -> None:
        self.text, self.source = text, source
        self.lines = text.split("\n")  # as editors count: splitlines() would end lines within texts, at U+2028

    def study(self, table: dict[str, Any]) -> StudySpec:
        for key in table:
            if key not in TABLES:
                self._fail(
                    None,
                    0,
                    key,
                    f"{shown(key)} is no table of a study{hint(key, TABLES)}; it has {', '.join(TABLES)}",
                )
        head = self._table(table, "study")
        for key in head:
            if key not in STUDY_KEYS:
                self._fail("study", 0, key, f"{shown(key)} is no key of [study]{hint(key, STUDY_KEYS)}")
        defaults = self._table(table, "defaults")
        self._check_keys("defaults", 0, "[defaults]", defaults, [k for k in ENSEMBLE_FIELDS if k not in NOT_DEFAULTS])
        ensembles = self._ensembles(table.get("ensemble", []), defaults)
        name, seed = head.get("name", "study"), head.get("seed", 0)
        if not isinstance(name, str):
            self._fail("study", 0, "name", f"name is {shown(name)}, must be a text")
        if isinstance(seed, bool) or not isinstance(seed, int):
            self._fail("study", 0, "seed", f"seed is {shown(seed)}, must be an integer")
        try:
            return StudySpec(name=name, seed=seed, ensembles=tuple(ensembles), text=self.text)
        except UsageError as error:
            raise UsageError(f"{self.source}: {error}") from None

    def _ensembles(self, tables: Any, defaults: dict[str, Any]) -> list[EnsembleSpec]:
        if not isinstance(tables, list) or not all(isinstance(x, dict) for x in tables):
            self._fail(None, 0, "ensemble", "ensembles are written as [[ensemble]], each with its keys below")
        found: dict[str, EnsembleSpec] = {}
        for number, table in enumerate(tables):
            spec = self._ensemble(number, table, defaults)
            if spec.name in found:
                self._fail("ensemble", number, "name", f"ensemble {spec.name!r} is given twice")
            found[spec.name] = spec
        return list(found.values())

    def _ensemble(self, number: int, table: dict[str, Any], defaults: dict[str, Any]) -> EnsembleSpec:
        owner = f"ensemble {table.get('name', f'number {number + 1}')!r}"
        self._check_keys("ensemble", number, owner, table, [*ENSEMBLE_FIELDS, MIXTURE])
        both = [k for k in SAID_BY_STEPS if k in table and "preparation" in table]
        if both:
            told = f"{owner}: {both[0]} stands beside a preparation, whose steps say it; it must be left out"
            self._fail("ensemble", number, both[0], told)
        replaced = SAID_BY_STEPS if "preparation" in table else ()
        merged = {**{k: x for k, x in defaults.items() if k not in replaced}, **table}
        if MIXTURE in merged and "model" in merged:
            merged["model"] = self._mixed(number, owner, merged["model"], merged.pop(MIXTURE))
        for key, field in ENSEMBLE_FIELDS.items():
            required = field.default is MISSING and field.default_factory is MISSING
            if required and key not in merged:
                self._fail("ensemble", number, None, f"{owner}: {key} is missing")
        if "observables" in merged:
            try:
                merged["observables"] = tuple(_observable(x) for x in merged["observables"])
            except UsageError as error:
                place = ("ensemble", number) if "observables" in table else ("defaults", 0)
                self._fail(*place, "observables", f"{owner}: {str(error).removeprefix('ensemble: ')}")
        if "preparation" in merged:
            merged["preparation"] = tuple(merged["preparation"])
        for key in (*NUMBERS, "parent_temperature"):
            if isinstance(merged.get(key), int):
                merged[key] = float(merged[key])
        try:
            return EnsembleSpec(**{**merged, "sets": {k: float(v) for k, v in merged.get("sets", {}).items()}})
        except UsageError as error:
            self._fail("ensemble", number, _key_in(str(error), table), str(error))
            raise

    def _mixed(self, number: int, owner: str, model: str, mixture: Any) -> str:
        """The readable form of a model and of the mixture that stands beside it."""
        try:
            return with_mixture(model, mixture if isinstance(mixture, str) else str(_mixture(mixture)))
        except UsageError as error:
            part = _key_in(str(error), mixture) if isinstance(mixture, dict) else None
            own_line = part and self._line("ensemble", number, part) > self._line("ensemble", number, None)
            self._fail("ensemble", number, part if own_line else MIXTURE, f"{owner}: {error}")
            raise

    def _check_keys(self, table: str, number: int, owner: str, given: dict[str, Any], known: list[str]) -> None:
        for key, value in given.items():
            if key not in known:
                self._fail(table, number, key, f"{owner}: {shown(key)} is no key of it{hint(key, known)}")
            wrong = _wrong_type(key, value)
            if wrong:
                self._fail(table, number, key, f"{owner}: {key} is {shown(value)}, must be {wrong}")

    def _table(self, table: dict[str, Any], name: str) -> dict[str, Any]:
        part = table.get(name, {})
        if not isinstance(part, dict):
            self._fail(None, 0, name, f"{name!r} must be a table, written [{name}]")
        return dict(part)

    def _fail(self, table: str | None, number: int, key: str | None, sentence: str) -> None:
        raise UsageError(f"{self.source}, line {self._line(table, number, key)}: {sentence}")

    def _line(self, table: str | None, number: int, key: str | None) -> int:
        """The line of a key: the first after the table's header that starts with it; the header's own otherwise."""
        header = re.compile(rf"\s*\[\[?\s*{table}\s*\]\]?") if table else None
        starts = [n for n, line in enumerate(self.lines) if header and header.match(line)]
        start = starts[number] if number < len(starts) else 0
        if key is not None:
            pattern = re.compile(rf"\s*(\[+\s*({table}\s*\.\s*)?)?[\"']?{re.escape(key)}\b")
            for n in range(start, len(self.lines)):
                if n > start and header and header.match(self.lines[n]) and "." not in self.lines[n]:
                    break
                if pattern.match(self.lines[n]):
                    return n + 1
        return start + 1


def _observable(value: str | dict[str, Any]) -> ObservableSpec:
    """A name, or a table with the name and what is asked of it."""
    if isinstance(value, str):
        return ObservableSpec(value)
    rest = {k: v for k, v in value.items() if k != "name"}
    sizes = {k: rest.pop(k) for k in ("n_samples", "n_particles") if k in rest}
    for key, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int):
            raise UsageError(f"observables: {value['name']}: {key} is {shown(size)}, must be an integer")
    return ObservableSpec(value["name"], **sizes, options=rest)


def _mixture(table: dict[str, Any]) -> Mixture:
    """A mixture from a table with the names that Python knows its parts by."""
    for key in table:
        if key not in MIXTURE_KEYS:
            raise UsageError(f"mixture has no {shown(key)}{hint(key, MIXTURE_KEYS)}; it has {', '.join(MIXTURE_KEYS)}")
    return Mixture(**table)


def _names_itself(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str)


def _wrong_type(key: str, value: Any) -> str | None:
    """What a value must be, where it is not."""
    number = _is_number(value)
    if key == MIXTURE:
        return None if isinstance(value, str | dict) else f"a text such as {EXAMPLE!r}, or a table"
    if key in TEXTS:
        return None if isinstance(value, str) else "a text"
    if key in INTEGERS:
        return None if number and isinstance(value, int) else "an integer"
    if key in NUMBERS:
        return None if number else "a finite number"
    if key == "parent_temperature":
        return None if number or value == "auto" else 'a finite number or "auto"'
    if key == "observables":
        right = isinstance(value, list) and all(isinstance(x, str) or _names_itself(x) for x in value)
        return None if right else 'a list of names or of tables such as { name = "modes", n_samples = 100 }'
    if key == "preparation":
        right = isinstance(value, list) and bool(value) and all(isinstance(x, dict) for x in value)
        return None if right else 'a list of steps such as [{ step = "melt" }, { step = "quench" }]'
    table = isinstance(value, dict) and all(_is_number(x) for x in value.values())
    return None if table else "a table such as { DSS = 0.60 }"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _key_in(sentence: str, table: dict[str, Any]) -> str | None:
    """The key that a sentence is about: the first of the table's that it names."""
    where = {key: sentence.find(f"{key} is ") for key in table}
    named = {key: n for key, n in where.items() if n >= 0}
    if named:
        return min(named, key=lambda key: named[key])
    spoken_of = {"particles at density": "n_particles", "potential": "model", "model": "model", "mixture": "model"}
    spoken_of |= {"preparation: ": "preparation", "step ": "preparation"}
    return next((key for words, key in spoken_of.items() if words in sentence and key in table), None)
