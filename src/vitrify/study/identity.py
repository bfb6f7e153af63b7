"""What a store says of itself: the study as it was last run, and beside each folder of results what defines them."""

from __future__ import annotations

import json

from vitrify.campaign import Store
from vitrify.errors import UsageError
from vitrify.strict_json import strict_json

from . import digest
from .folders import PILOTS, Product, products
from .spec import StudySpec

STUDY = "study.toml"
ABOUT = "spec.json"


def write_identity(study: StudySpec, store: Store) -> None:
    """Write study.toml, and spec.json into each folder that the study will fill; what is there already is left alone."""
    _write(store, STUDY, study.text)
    for folder, content in definitions(study).items():
        _write(store, f"{folder}/{ABOUT}", strict_json(content, indent=1, default=repr, ensure_ascii=False) + "\n")


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


def _write(store: Store, name: str, text: str) -> None:
    try:
        present = store.read_text(name)
    except UsageError:
        present = None
    if present != text:
        store.write_text(name, text)
