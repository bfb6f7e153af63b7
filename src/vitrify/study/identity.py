"""What a store says of itself: the study as it was last run, and beside each folder of results what defines them."""

from __future__ import annotations

import json
import os

from vitrify.campaign import Store
from vitrify.campaign.plain_file import SMALL, read_plain_file
from vitrify.errors import BrokenFile, UsageError
from vitrify.strict_json import strict_json

from . import digest
from .folders import PILOTS, Product, products
from .reading import parse_study
from .spec import StudySpec

STUDY = "study.toml"
ABOUT = "spec.json"
SHOWN = 3  # names of ensembles in a sentence


def write_identity(study: StudySpec, store: Store) -> None:
    """Write study.toml, and spec.json into each folder that the study will fill; what is there already is left alone."""
    _write(store, STUDY, study.text)
    for folder, content in definitions(study).items():
        _write(store, f"{folder}/{ABOUT}", strict_json(content, indent=1, default=repr, ensure_ascii=False) + "\n")


def refuse_another_study(study: StudySpec, store: Store) -> None:
    """Raise UsageError where the store holds another study: one of another name, or without an ensemble of this one's.

    A study may change in every other way: `vitrify prune` offers what it no longer asks for, and of another study that is
    everything."""
    if not os.path.lexists(store.directory / STUDY):
        return
    way_out = f"give another --store, or --replace-study to put {study.name!r} in its place"
    try:
        text = store.read_text(STUDY)
        if text in (study.text, ""):
            return
        before = parse_study(text, f"{store.directory}/{STUDY}")
    except UsageError as error:
        raise UsageError(f"the study that the store {store.directory} holds cannot be read: {error}; {way_out}") from None
    if _is_another(before, study):
        raise UsageError(
            f"the store {store.directory} holds the study {_named(before)}, which is not {_named(study)}: `vitrify prune` "
            f"would offer to remove its results; {way_out}"
        )


def definitions(study: StudySpec) -> dict[str, digest.Definition]:
    """What defines the results of each folder that the study asks for, by folder."""
    return {x.folder: _definition(study, x) for spec in study.ensembles for x in products(study, spec)}


def read_definition(store: Store, folder: str) -> dict[str, object]:
    """What a folder says of itself; empty where it says nothing that makes sense. Raises Unreadable."""
    try:
        found = json.loads(store.read_text(f"{folder}/{ABOUT}"))
    except (UsageError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _definition(study: StudySpec, product: Product) -> digest.Definition:
    if product.name == PILOTS:
        return digest.parent_temperature_definition(study, product.group)
    if product.observable is None:
        return digest.glass_definition(study, product.group)
    return digest.observable_definition(study, product.group, product.observable)


def _is_another(before: StudySpec, study: StudySpec) -> bool:
    return before.name != study.name or not _names(before) & _names(study)


def _names(study: StudySpec) -> set[str]:
    return {x.name for x in study.ensembles}


def _named(study: StudySpec) -> str:
    """Such as 'paper' (17 ensembles: DSS rho=0.55, DSS rho=0.60, ...)."""
    names = [x.name for x in study.ensembles]
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return f"{study.name!r} ({len(names)} {'ensemble' if len(names) == 1 else 'ensembles'}: {shown})"


def _write(store: Store, name: str, text: str) -> None:
    """What is damaged there is replaced; what cannot be read now is not damaged."""
    path = store.directory / name
    try:
        present = read_plain_file(path, at_most=SMALL)
    except (FileNotFoundError, BrokenFile):
        present = None
    if present != text.encode(errors="backslashreplace"):
        store.write_text(name, text)
