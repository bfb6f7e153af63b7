"""The study of a store as its results stand, also where an earlier release found the temperatures."""

from __future__ import annotations

from dataclasses import replace

from vitrify.campaign import Store

from .counting import samples_there
from .digest import FIRST_RULE, TEMPERATURE_RULE
from .folders import temperature_key
from .identity import SHOWN, STUDY
from .reading import parse_study
from .spec import StudySpec


def stored_study(store: Store) -> StudySpec:
    """The study that a store holds, to read its results. An ensemble whose temperature stands there by the first release's
    rule, and by this one's not yet, is read with the earlier: its glasses are those that it has. Raises UsageError."""
    study = parse_study(store.read_text(STUDY), f"{STUDY} of the store")
    return replace(study, by_first_rule=frozenset(_by_first_rule(study, store)))


def temperatures_made_anew(study: StudySpec, store: Store) -> str:
    """One sentence where a run of this study finds temperatures anew that stand in the store by the first release's rule,
    and makes the glasses of these ensembles anew; empty where there are none."""
    names = _by_first_rule(study, store)
    if not names:
        return ""
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return (
        f"the store {store.directory} has temperatures by an earlier rule, {FIRST_RULE}, which can fall short of "
        f"4 G a0³/30 of an ensemble's own glasses: {shown} ({len(names)} in all); they are found anew by "
        f"{TEMPERATURE_RULE}, and these glasses made anew; what is there stays"
    )


def _by_first_rule(study: StudySpec, store: Store) -> list[str]:
    """Ensembles whose pilots stand in the store by the first rule alone."""
    automatic = [x for x in study.ensembles if x.parent_temperature == "auto"]
    before = replace(study, by_first_rule=frozenset(x.name for x in automatic))
    now = replace(study, by_first_rule=frozenset())
    return [
        x.name
        for x in automatic
        if _is_there(store, temperature_key(before, x)) and not _is_there(store, temperature_key(now, x))
    ]


def _is_there(store: Store, key: str) -> bool:
    return bool(samples_there(store, key.rpartition("/")[0], 1))
