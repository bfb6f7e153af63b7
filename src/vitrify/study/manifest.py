"""The manifest of a store: the study as it was last run, and in each folder of results their definition."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from vitrify.campaign import Store
from vitrify.campaign.plain_file import SMALL, read_plain_file
from vitrify.errors import BrokenFile, UsageError
from vitrify.strict_json import strict_json

from .digest import DIMENSION, FIRST_RULE, FORMULA, IMPORTED, PREPARATION, RULE, Definition
from .pair_tables import keep_tables, tables_of
from .products import GLASS, PILOTS, SHORT, Ledger
from .reading import parse_study
from .spec import StudySpec
from .study_text import with_imported

STUDY = "study.toml"
ABOUT = "spec.json"
SHOWN = 3  # names of ensembles in a sentence
DIGEST = re.compile(r"[0-9a-f]{64}")
About = Callable[[str], Definition]


def write_manifest(study: StudySpec | Ledger, store: Store) -> None:
    """Write study.toml, its tables of potentials, and spec.json into each folder that the study will fill. Existing files
    are left alone."""
    ledger = Ledger.of(study)
    keep_tables(ledger.study, store.directory, store.write_text)
    _write(store, STUDY, ledger.study.text)
    for folder, content in ledger.definitions.items():
        _write(store, f"{folder}/{ABOUT}", strict_json(content, indent=1, ensure_ascii=False) + "\n")


def stored_ledger(store: Store) -> Ledger:
    """The ledger of the study for which a store was last run. Raises UsageError where the store has none that can be
    read."""
    return Ledger(stored_study(store))


def stored_study(store: Store) -> StudySpec:
    """The study for which a store was last run, with the tables of potentials that stand beside it. Raises UsageError
    where the store has none that can be read."""
    return _parsed(store.read_text(STUDY), store)


def _parsed(text: str, store: Store) -> StudySpec:
    with tables_of(store.directory):
        return parse_study(text, f"{store.directory}/{STUDY}")


def joined_study(study: StudySpec, directory: Path | str) -> StudySpec:
    """The study with the ensembles that were imported into the store in this folder, if there is one: they belong to the
    store, and a study that is run on it goes on with them. Raises UsageError where both have an ensemble of one name."""
    stored = Path(directory) / STUDY
    if not stored.is_file():
        return study
    try:
        before = stored_study(Store(directory))
    except UsageError:  # of what `refuse_another_study` tells
        return study
    return with_imported(study, before)


def refuse_another_study(study: StudySpec, store: Store) -> None:
    """Raise UsageError where the store holds another study: one of another name, or without an ensemble of this one's.

    A study may change in every other way: `vitrify prune` offers to remove what it no longer asks for, and for another
    study that would be everything."""
    if not os.path.lexists(store.directory / STUDY):
        return
    way_out = f"give another --store, or --replace-study to put {study.name!r} in its place"
    try:
        text = store.read_text(STUDY)
        if text in (study.text, ""):
            return
        before = _parsed(text, store)
    except UsageError as error:
        raise UsageError(
            f"the study that the store {store.directory} holds cannot be read: {error.brief}; {way_out}"
        ) from None
    if _is_another(before, study):
        raise UsageError(
            f"the store {store.directory} holds the study {_named(before)}, which is not {_named(study)}: `vitrify prune` "
            f"would offer to remove its results; {way_out}"
        )


def read_definition(store: Store, folder: str) -> Definition:
    """The definition that a folder states, or an empty one where it states nothing that makes sense. Raises Unreadable."""
    try:
        found = json.loads(store.read_text(f"{folder}/{ABOUT}"))
    except (UsageError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def difference(now: Mapping[str, Definition], store: Store, folder: str) -> str:
    """Describe how a definition differs from the nearest one that the study asks for, such as "density 0.55, now 0.6". A
    folder that does not say what defines it is described by its digest alone. now: the definitions of a ledger."""
    ensemble, _, name = folder.partition("/")
    product, _, short = name.rpartition("-")
    if not any(x.startswith(f"{ensemble}/") for x in now):
        return "the study no longer has this ensemble"
    asked = [x for x in now if x.rpartition("-")[0] == f"{ensemble}/{product}"]
    if not asked:
        return f"{product} is no longer asked for"
    before = _unfolded(folder, lambda x: read_definition(store, x))
    differing = [_differing(before, _unfolded(x, lambda y: now.get(y, {}))) for x in asked]
    nearest = min(differing, key=lambda x: len(x))
    return "; ".join(nearest) or f"digest {short}, which does not belong to anything in the study now"


def _unfolded(folder: str, about: About, seen: frozenset[str] = frozenset()) -> Definition:
    """Everything that defines the results of a folder: definitions that it names by digest are put in their place. seen:
    folders that lead here, which a forged one may name again."""
    ensemble, _, name = folder.partition("/")
    found = dict(about(folder))
    if "physics" in found:
        found[f"code of {found.get('observable', 'the liquid')}"] = found.pop("physics")
    options = found.pop("options", {})
    found |= options if isinstance(options, dict) else {}
    for product in (GLASS, PILOTS):
        named = str(found.get(product, ""))
        within = f"{ensemble}/{product}-{named[:SHORT]}"
        if DIGEST.fullmatch(named) and not name.startswith(f"{PILOTS}-") and within not in seen:
            found = _unfolded(within, about, seen | {folder}) | found | {product: "auto"}
    return found


def _differing(before: Definition, after: Definition) -> list[str]:
    if "model" in before and before.get(FORMULA) != after.get(FORMULA):  # shipped families and older stores say none
        before, after = ({FORMULA: "not recorded"} | x for x in (before, after))
    if "model" in before:
        unsaid: Definition = {DIMENSION: 3, IMPORTED: False, PREPARATION: "none"}
        before, after = (unsaid | dict(x) for x in (before, after))
    if "n_pilots" in before and "n_pilots" in after:
        before, after = ({RULE: FIRST_RULE} | x for x in (before, after))
    return [f"{key} {value}, now {after[key]}" for key, value in before.items() if key in after and after[key] != value]


def _is_another(before: StudySpec, study: StudySpec) -> bool:
    """Tell whether a study is another one than the store's. A store of imported ensembles alone takes any, beside them."""
    if _names(study) >= _names(before) and all(x.imported for x in before.ensembles):
        return False
    return before.name != study.name or not _names(before) & _names(study)


def _names(study: StudySpec) -> set[str]:
    return {x.name for x in study.ensembles}


def _named(study: StudySpec) -> str:
    """Name a study and its ensembles, such as 'paper' (17 ensembles: DSS rho=0.55, DSS rho=0.60, ...)."""
    names = [x.name for x in study.ensembles]
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return f"{study.name!r} ({len(names)} {'ensemble' if len(names) == 1 else 'ensembles'}: {shown})"


def _write(store: Store, name: str, text: str) -> None:
    """Write a definition. A damaged file is replaced; a file that cannot be read now is not damaged, and stays."""
    path = store.directory / name
    try:
        present = read_plain_file(path, at_most=SMALL)
    except (FileNotFoundError, BrokenFile):
        present = None
    if present != text.encode(errors="backslashreplace"):
        store.write_text(name, text)
