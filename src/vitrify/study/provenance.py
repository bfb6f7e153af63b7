"""On which kind of processor the glasses of a store were made."""

from __future__ import annotations

from vitrify.backends.processor import processor_kind
from vitrify.campaign import Store
from vitrify.errors import BrokenFile, Unreadable

from .counting import samples_there
from .folders import GLASS, products, sample_name
from .spec import StudySpec


def other_processor(study: StudySpec, store: Store) -> str:
    """One sentence where the store was begun on another kind of processor than this one; empty where it was not, and where
    that is not known. Reads one glass."""
    before, here = _first_processor(study, store), processor_kind()
    if not before or before == here:
        return ""
    return (
        f"the store {store.directory} was begun on {before}, and this is {here}: a glass that is made again here differs "
        "in last bits and so, as a liquid is chaotic, becomes another one of its ensemble; its observables are then "
        "measured again too"
    )


def _first_processor(study: StudySpec, store: Store) -> str:
    """What the first glass in the store says."""
    for product in (x for spec in study.ensembles for x in products(study, spec) if x.name == GLASS):
        there = samples_there(store, product.folder, product.tasks)  # not what else somebody left in the folder
        if there:
            return _processor_of(store, f"{product.folder}/{sample_name(there[0])}")
    return ""


def _processor_of(store: Store, key: str) -> str:
    try:
        return str(store.read(key).values.get("processor", ""))
    except (BrokenFile, FileNotFoundError, Unreadable):  # a run that meets it tells of it
        return ""
