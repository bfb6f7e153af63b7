"""Conversion of a Record into the files of one ensemble in a folder of tables, and back."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from vitrify import __version__
from vitrify.campaign import Result
from vitrify.ensemble import ParentTemperature
from vitrify.errors import BrokenFile
from vitrify.strict_json import strict_json
from vitrify.study import Counts, EnsembleSpec, StudySpec
from vitrify.study.digest import physics
from vitrify.study.products import GLASS, PILOTS
from vitrify.study.results import PROVENANCE as MADE

from . import arrays
from .cells import read_rows, write_rows
from .record import Part, Record, Row

FORMAT = 1
ANY = "_arrays.csv"  # ends the name of a table of arrays that no other form suits
SAMPLES, QLM, PARENT, PROVENANCE = "samples.csv", "qlm.csv", "parent_temperature.json", "provenance.json"
UNSAID = ("preparation", "imported")  # keys of an ensemble that are not written where they say nothing
KEYS = {"n_particles": int, "sample": int, "finished": bool}  # keys that a row of samples.csv must have


def to_files(study: StudySpec, record: Record) -> dict[str, str]:
    """Texts by file name. provenance.json has the checksums of all others, and comes last."""
    qlm = record.results.get("qlm", {})
    apart = next((x.columns for x in record.parts if x.name == "qlm"), ())
    observed = [name for x in record.parts for name in x.columns if name not in apart]
    made = [name for name in MADE if any(name in row for row in record.rows)]
    found = {SAMPLES: write_rows(record.rows, [*KEYS, "glass", *dict.fromkeys(observed), *made])}
    if qlm:
        rows: list[Row] = [{"sample": k, **x.values, **arrays.in_columns(x)} for k, x in qlm.items()]
        found[QLM] = write_rows(rows, ["sample", *apart, *(name for name, *_ in arrays.AXES)])
    for name, write in arrays.WRITERS.items():
        if record.results.get(name):
            found[f"{name}.csv"] = write(record.results[name])
    for name, results in record.results.items():
        if name not in (*arrays.WRITERS, "qlm") and any(x.arrays for x in results.values()):
            found[f"{name}{ANY}"] = arrays.of_any(results)
    if record.parent is not None:
        found[PARENT] = strict_json(asdict(record.parent), indent=1) + "\n"
    return found | {PROVENANCE: strict_json(_provenance(study, record, found), indent=1, ensure_ascii=False) + "\n"}


def from_files(spec: EnsembleSpec, texts: Mapping[str, str], about: Mapping[str, Any]) -> Record:
    """Restore the record of an ensemble. about: its parsed provenance. Raises BrokenFile where a file has changed, or makes
    no sense."""
    for name, stated in about["files"].items():
        if checksum(texts[name]) != stated:
            raise BrokenFile(f"{name} does not match its checksum in {PROVENANCE}: it was changed after it was written")
    parts = tuple(Part(**x | {"columns": tuple(x["columns"])}) for x in about["products"])
    rows = read_rows(texts[SAMPLES])
    if not all(type(row.get(name)) is kind for row in rows for name, kind in KEYS.items()):
        raise BrokenFile(f"{SAMPLES} does not say of each row which sample it is")
    if len({(x["n_particles"], x["sample"]) for x in rows}) < len(rows):
        raise BrokenFile(f"{SAMPLES} has a sample twice")
    if QLM in texts:
        rows = _joined(rows, {int(x["sample"]): x for x in read_rows(texts[QLM])}, parts)
    counts = Counts(spec.groups()[0].n_samples, **{x: about["samples"][x] for x in ("done", "failed", "reasons")})
    results = {x.name: _results(x, rows, texts) for x in parts if x.name not in (GLASS, PILOTS)}
    return Record(spec, rows, results, _parent(texts.get(PARENT)), counts, parts, tuple(about["left_out"]))


def checksum(text: str) -> str:
    """SHA-256 of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _provenance(study: StudySpec, record: Record, files: Mapping[str, str]) -> dict[str, Any]:
    """Provenance of the tables: what these numbers are, where they come from and who made them."""
    processors = Counter(str(x["processor"]) for x in record.rows if "processor" in x)
    counted = record.counts
    return {
        "format": FORMAT,
        "ensemble": record.spec.name,
        "study": study.name,
        "seed": study.seed,
        "written": datetime.now(UTC).strftime("%Y-%m-%d"),
        "vitrify": __version__,
        "physics": physics(),
        "processors": dict(processors),
        "definition": {key: x for key, x in asdict(record.spec).items() if key not in UNSAID or x},
        "finished": record.finished,
        "samples": {"wanted": counted.wanted, "done": counted.done, "failed": counted.failed, "reasons": counted.reasons},
        "products": [asdict(x) for x in record.parts],
        "left_out": record.broken,
        "files": {name: checksum(text) for name, text in files.items()},
    }


def _joined(rows: list[Row], qlm: Mapping[int, Row], parts: tuple[Part, ...]) -> list[Row]:
    """Join each sample with its quasilocalised mode, where it has one."""
    size = next(x.n_particles for x in parts if x.name == "qlm")
    return [{**qlm.get(int(x["sample"]), {}), **x} if x["n_particles"] == size else x for x in rows]


def _results(part: Part, rows: list[Row], texts: Mapping[str, str]) -> dict[int, Result]:
    """Results of one observable: for g(r) one per part of the samples, for all others one per sample."""
    text = texts.get(f"{part.name}.csv", texts.get(f"{part.name}{ANY}", ""))
    if part.name == "structure":
        means = arrays.read_structure(text) if text else []
        return {k: Result({arrays.GLASSES: part.there / len(means)}, x) for k, x in enumerate(means)}
    own = {int(x["sample"]): x for x in rows if x["n_particles"] == part.n_particles}
    measured = {k: x for k, x in own.items() if any(name in x for name in part.columns)}
    if f"{part.name}{ANY}" in texts:
        kept = arrays.read_any(text, list(measured))
        measured |= {k: own[k] for k in kept if k in own}  # of an observable that has arrays alone
    else:
        kept = _arrays(part.name, measured, text)
    return {k: Result({c: x[c] for c in part.columns if c in x}, kept[k]) for k, x in measured.items() if k in kept}


def _arrays(name: str, measured: Mapping[int, Row], text: str) -> dict[int, arrays.Arrays]:
    if name == "qlm":
        return {k: arrays.out_of_columns(x) for k, x in measured.items()}
    if name not in arrays.READERS:
        return {k: {} for k in measured}
    return arrays.READERS[name](text, list(measured)) if text else {}


def _parent(text: str | None) -> ParentTemperature | None:
    if text is None:
        return None
    said: Any = {name: math.nan if x is None else x for name, x in json.loads(text).items()}
    if not all(type(x) in (int, float) for x in said.values()):
        raise BrokenFile(f"{PARENT} contains something other than numbers")
    return ParentTemperature(**said)
